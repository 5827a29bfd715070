"""How long each queue's first answers took lately, for what users are told: from the shelf's index, kept for minutes.

Counted in the hours of working days, Monday to Friday in Rome; holidays are not known, and count.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from services.tickets.repository import Tickets
from services.tickets.shelf import opened_and_answered

ROME: Final = ZoneInfo("Europe/Rome")
# How far back, how many answers of each queue at most, and for how many seconds a look is good.
PAST: Final = timedelta(days=90)
MOST: Final = 500
KEPT: Final = 300.0
HALF, USUAL = 0.5, 0.8
_SATURDAY: Final = 5


class QueueTimes(BaseModel):
    """Working hours to the first answer: of half of the requests, and of four in five."""

    answered: int
    median: float
    usual: float


class AnswerTimes:
    """Those of each queue."""

    def __init__(self, tickets: Tickets, queues: Callable[[], Sequence[str]], kept: float = KEPT) -> None:
        self._tickets, self._queues, self._kept = tickets, queues, kept
        self._lock = asyncio.Lock()
        self._found: dict[str, QueueTimes] = {}
        self._good_until = 0.0

    async def all(self) -> dict[str, QueueTimes]:
        """By queue; one without answers isn't there."""
        async with self._lock:
            if time.monotonic() >= self._good_until:
                self._found = await self._look(datetime.now(UTC))
                self._good_until = time.monotonic() + self._kept
        return self._found

    async def _look(self, now: datetime) -> dict[str, QueueTimes]:
        found = {}
        for queue in self._queues():
            rows = await self._tickets.answered(queue, now - PAST, MOST)
            if rows:
                found[queue] = times_of([working_hours(*opened_and_answered(row)) for row in rows])
        return found


def times_of(hours: Sequence[float]) -> QueueTimes:
    """Of at least one answer."""
    ordered = sorted(hours)

    def part(share: float) -> float:
        return round(ordered[math.ceil(share * len(ordered)) - 1], 1)

    return QueueTimes(answered=len(ordered), median=part(HALF), usual=part(USUAL))


def working_hours(start: datetime, end: datetime) -> float:
    """The hours from `start` to `end` without those of Saturdays and Sundays."""
    hours, moment = 0.0, start.astimezone(ROME)
    while moment < end:
        midnight = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        if moment.weekday() < _SATURDAY:
            # In UTC: a day on which the clock changes has 23 or 25 of them.
            hours += (min(midnight, end).astimezone(UTC) - moment.astimezone(UTC)).total_seconds() / 3600
        moment = midnight
    return hours
