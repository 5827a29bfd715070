"""How long answers take: working days only, and what half and four in five of them took."""

from datetime import UTC, datetime

import pytest

from services.tickets.answer_times import times_of, working_hours


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-26T10:00+01:00", "2026-11-26T12:30+01:00", 2.5),
        # Friday to Monday: the evening, and the morning.
        ("2026-11-27T18:00+01:00", "2026-11-30T09:00+01:00", 15),
        ("2026-11-28T08:00+01:00", "2026-11-29T20:00+01:00", 0),
        ("2026-11-28T08:00+01:00", "2026-11-30T01:00+01:00", 1),
        # A week has five working days; this one has an hour more, on a Sunday.
        ("2026-10-19T12:00+02:00", "2026-10-26T12:00+01:00", 120),
        ("2026-11-26T23:30+00:00", "2026-11-27T00:30+00:00", 1),
        ("2026-11-26T12:00+01:00", "2026-11-26T12:00+01:00", 0),
        ("2026-11-26T12:00+01:00", "2026-11-25T12:00+01:00", 0),
    ],
)
def test_weekends_do_not_count(start: str, end: str, hours: float) -> None:
    assert working_hours(rome(start), rome(end)) == hours
    assert working_hours(rome(start).astimezone(UTC), rome(end).astimezone(UTC)) == hours


def test_half_and_four_in_five() -> None:
    found = times_of([10, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert (found.answered, found.median, found.usual) == (10, 5, 8)
    alone = times_of([0.26])
    assert (alone.answered, alone.median, alone.usual) == (1, 0.3, 0.3)
