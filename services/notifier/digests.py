"""When a digest leaves, and what it holds. Pure.

A slot is one person's next digest: its text is `epoch seconds|how often|person`, so that slots sort by their time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.notifier.letters import ROME
from services.notifier.preferences import When
from shared.ids import derived

# The hour at which the daily digest leaves, in Rome.
DAILY_AT: Final = (7, 30)
_HOUR: Final = 3600


class Slot(NamedTuple):
    """A slot taken apart."""

    at: int
    often: When
    person: str

    @property
    def text(self) -> str:
        return f"{self.at:012d}|{self.often.value}|{self.person}"

    @property
    def digest_id(self) -> str:
        """One digest per person and slot."""
        return derived("digest", self.person, self.often.value, self.at)


def read_slot(text: str) -> Slot:
    """From its text."""
    at, often, person = text.split("|", 2)
    return Slot(int(at), When(often), person)


def next_slot(often: When, person: str, now: float) -> str:
    """The first slot after `now`: the full hour, or half past seven in Rome; empty when nothing is collected."""
    if often is When.HOURLY:
        return Slot(int(now // _HOUR + 1) * _HOUR, often, person).text
    if often is When.DAILY:
        return Slot(_next_morning(now), often, person).text
    return ""


def later(slot: Slot, now: float) -> str:
    """Where what came too late for `slot` waits."""
    return next_slot(slot.often, slot.person, max(now, float(slot.at)))


def _next_morning(now: float) -> int:
    local = datetime.fromtimestamp(now, ROME)
    hour, minute = DAILY_AT
    morning = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if morning.timestamp() <= now:
        # Wall clock, not 24 hours: the night in which the clock is changed is longer or shorter.
        day = local.date() + timedelta(days=1)
        morning = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ROME)
    return int(morning.timestamp())


def parted(ids_frozen: Iterable[str], waiting: Iterable[tuple[str, bool]]) -> tuple[list[str], list[str], list[str]]:
    """What waits for a frozen slot (`(id, read)`): in its digest; read meanwhile, so in none; for the next one."""
    frozen = set(ids_frozen)
    told: list[str] = []
    known: list[str] = []
    late: list[str] = []
    for notice_id, read in waiting:
        (told if notice_id in frozen else known if read else late).append(notice_id)
    return told, known, late
