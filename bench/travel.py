"""Requests on their way through a system: sent at a fixed rate or all at once, followed until their mail is out."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from bench.client import Pool, expect_success, request
from bench.workload import DOMAIN, post
from demo.mails import Mails
from services.tickets.lists import ORDERS

# Seconds until a request that did not arrive voids the measurement.
PATIENCE = 60.0
# Seconds between two looks at the list: what "visible" may be late by, beside the look itself.
LOOK = 0.002


@dataclass(frozen=True)
class Target:
    """A system to send requests through. `credentials` are made anew for each look: ours are good for a minute."""

    name: str
    door: str
    tickets: str
    database: str
    credentials: Callable[[], dict[str, str]]


@dataclass
class Journey:
    """When a request was sent, answered with its number, seen in the list, taken by the mail server (epoch seconds)."""

    sent: float
    numbered: float | None = None
    visible: float | None = None
    mailed: float | None = None


@dataclass
class Trip:
    """One round: its requests by address, and when everything about them was written down."""

    started: float
    journeys: dict[str, Journey] = field(default_factory=dict)
    recorded: float = 0.0

    def times(self, what: str) -> list[float]:
        """Milliseconds from sending to `numbered`, `visible` or `mailed`."""
        moments = [(journey.sent, getattr(journey, what)) for journey in self.journeys.values()]
        return [1000 * (moment - sent) for sent, moment in moments if moment is not None]

    @property
    def unnumbered(self) -> int:
        """Requests answered without a number, because it was not there in time."""
        return sum(journey.numbered is None for journey in self.journeys.values())

    @property
    def mailed_rate(self) -> float:
        """Tickets per second from the first request to the last mail handed over."""
        return len(self.journeys) / (max(journey.mailed or 0 for journey in self.journeys.values()) - self.started)

    @property
    def recorded_rate(self) -> float:
        """Tickets per second from the first request to the last delivery on its ticket."""
        return len(self.journeys) / (self.recorded - self.started)


async def steadily(target: Target, run: str, rate: float, seconds: float) -> Trip:
    """Send at `rate` per second, whatever is still under way, each waiting for its number; watch the list."""
    trip = Trip(time.time())
    door, looks = Pool(target.door), Pool(target.tickets)
    first = time.monotonic()

    async def one(number: int) -> None:
        await asyncio.sleep(max(0.0, first + number / rate - time.monotonic()))
        email = f"{run}-{number}@{DOMAIN}"
        journey = trip.journeys[email] = Journey(time.time())
        answer = expect_success(await door.ask(post(email, email, at_once=False)))
        if answer.status == 201:
            journey.numbered = answer.at

    watching = asyncio.create_task(_watch(target, looks, trip))
    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    await _until(lambda: all(journey.visible for journey in trip.journeys.values()), "visible")
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    door.close()
    looks.close()
    return trip


async def at_once(target: Target, run: str, count: int, clients: int = 16) -> Trip:
    """Send `count` requests as fast as they are accepted."""
    door = Pool(target.door)
    room = asyncio.Semaphore(clients)
    trip = Trip(time.time())

    async def one(number: int) -> None:
        email = f"{run}-{number}@{DOMAIN}"
        async with room:
            trip.journeys[email] = Journey(time.time())
            expect_success(await door.ask(post(email, email, at_once=True)))

    await asyncio.gather(*(one(number) for number in range(count)))
    door.close()
    return trip


async def arrive(trip: Trip, mails: Mails, mongo_url: str, target: Target, before: int) -> None:
    """Wait for all mails and for their delivery on the tickets (`before`: deliveries already there), note the times."""
    wanted = len(trip.journeys)
    await _until(lambda: mails.count() >= wanted, "mails", every=0.1)
    deadline = time.monotonic() + PATIENCE
    while await deliveries(mongo_url, target.database) < before + wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{target.name}: not every delivery was recorded within {PATIENCE:.0f} s")
        await asyncio.sleep(0.1)
    trip.recorded = time.time()
    for mail in mails.all():
        for address in mail["to"]:
            if journey := trip.journeys.get(address):
                journey.mailed = datetime.fromisoformat(mail["received_at"]).timestamp()


async def deliveries(mongo_url: str, database: str) -> int:
    """How many deliveries are in the journal."""
    client: Any = AsyncIOMotorClient(mongo_url)
    pipeline = [{"$match": {"name": "article.delivered.v1"}}, {"$group": {"_id": "$name", "n": {"$sum": 1}}}]
    rows = [row async for row in client[database].journal.aggregate(pipeline)]
    client.close()
    return int(rows[0]["n"]) if rows else 0


def cursor_at(moment: float) -> str:
    """The cursor of a list of tickets, the oldest first, that goes on after `moment` (seconds since 1970)."""
    return f"{ORDERS['oldest'].mark}{int(moment * 1000):015d}-0"


async def _watch(target: Target, looks: Pool, trip: Trip) -> None:
    while True:
        missing = [journey.sent for journey in trip.journeys.values() if journey.visible is None]
        if missing:
            # From a moment before the oldest that is missing: a short page, however many tickets there are.
            after = cursor_at(min(missing) - 0.05)
            raw = request("GET", f"/tickets?order=oldest&limit=200&after={after}", target.credentials())
            answer = expect_success(await looks.ask(raw))
            for item in json.loads(answer.body)["items"]:
                journey = trip.journeys.get(item["requester"]["email"])
                if journey and journey.visible is None:
                    journey.visible = answer.at
        await asyncio.sleep(LOOK)


async def _until(check: Callable[[], bool], what: str, every: float = 0.01) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not every request was {what} within {PATIENCE:.0f} s")
        await asyncio.sleep(every)
