"""When digests leave, and what becomes of what is read meanwhile or comes too late."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.digests import Slot, later, next_slot, parted, read_slot
from services.notifier.letters import ROME
from services.notifier.preferences import When

SARA = "sara.lombardi"
SECONDS = st.integers(min_value=1_700_000_000, max_value=2_000_000_000)


def at(text: str) -> float:
    """A moment in Rome."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME).timestamp()


def said(slot: str) -> str:
    """When a slot is, in Rome."""
    return f"{datetime.fromtimestamp(read_slot(slot).at, ROME):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "hourly", "daily"),
    [
        ("2026-11-23 18:45", "2026-11-23 19:00", "2026-11-24 07:30"),
        ("2026-11-23 07:29", "2026-11-23 08:00", "2026-11-23 07:30"),
        # What is heard at the very moment goes with the next.
        ("2026-11-23 07:30", "2026-11-23 08:00", "2026-11-24 07:30"),
        ("2026-11-23 08:00", "2026-11-23 09:00", "2026-11-24 07:30"),
        # The nights in which the clock is changed.
        ("2026-10-24 08:00", "2026-10-24 09:00", "2026-10-25 07:30"),
        ("2026-03-28 08:00", "2026-03-28 09:00", "2026-03-29 07:30"),
    ],
)
def test_digests_leave_at_the_full_hour_and_at_half_past_seven_in_rome(now: str, hourly: str, daily: str) -> None:
    assert said(next_slot(When.HOURLY, SARA, at(now))) == hourly
    assert said(next_slot(When.DAILY, SARA, at(now))) == daily


@pytest.mark.parametrize("when", [When.NOW, When.NEVER])
def test_what_is_not_collected_waits_for_no_digest(when: When) -> None:
    assert next_slot(when, SARA, at("2026-11-23 18:45")) == ""


@given(now=SECONDS, often=st.sampled_from([When.HOURLY, When.DAILY]))
def test_a_slot_is_always_ahead_and_no_longer_than_its_pace(now: int, often: When) -> None:
    slot = read_slot(next_slot(often, SARA, now))
    assert 0 < slot.at - now <= (3600 if often is When.HOURLY else 25 * 3600)
    assert read_slot(slot.text) == slot


@given(one=SECONDS, other=SECONDS)
def test_slots_sort_by_their_time(one: int, other: int) -> None:
    texts = [Slot(each, When.HOURLY, SARA).text for each in (one, other)]
    assert (texts[0] < texts[1]) == (one < other)


@given(now=SECONDS, often=st.sampled_from([When.HOURLY, When.DAILY]))
def test_what_came_too_late_waits_for_a_later_one(now: int, often: When) -> None:
    slot = read_slot(next_slot(often, SARA, now))
    assert read_slot(later(slot, now)).at > slot.at
    assert read_slot(later(slot, slot.at + 90_000)).at > slot.at + 90_000


def test_each_person_pace_and_time_has_a_digest_of_its_own() -> None:
    slots = [Slot(at_, often, who) for at_ in (1, 2) for often in (When.HOURLY, When.DAILY) for who in (SARA, "marco")]
    assert len({slot.digest_id for slot in slots}) == 8


def test_the_frozen_are_told_the_read_are_dropped_and_the_late_wait() -> None:
    waiting = [("frozen", False), ("frozen and read since", True), ("read", True), ("late", False)]
    told, known, late = parted(("frozen", "frozen and read since"), waiting)
    assert (told, known, late) == (["frozen", "frozen and read since"], ["read"], ["late"])
