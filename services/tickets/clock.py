"""The clock: every copy looks each second for timers that are due, and wakes their tickets; the store picks the winner.

A timer's command has an id of ticket, timer and moment: however many copies ring, it does its work once.
"""

import asyncio
import contextlib
import random
import time
from datetime import UTC, datetime
from typing import Final, NamedTuple

from services.tickets.commands import Command, Wake
from services.tickets.domain import Root, Ticket
from services.tickets.domain.root import PENDING_TIMER
from services.tickets.domain.ticket import timer_of_mail
from services.tickets.handlers import handle
from services.tickets.repository import Tickets
from services.tickets.rules import Rules
from shared.errors import DependencyDown
from shared.events import SYSTEM
from shared.ids import derived
from shared.log import get_logger
from shared.mongo import STORE_DOWN
from shared.relay import Relay

# Seconds between two looks; tickets of one look, and how many of them at once.
EVERY: Final = 1.0
BATCH: Final = 100
AT_ONCE: Final = 8
# Seconds after which a ticket that could not be woken is tried again: at first, doubled each time, and at most.
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
# Seconds that what is being done gets at the end.
GRACE: Final = 3.0

log = get_logger()


class _Pause(NamedTuple):
    """Until when (monotonic seconds) a ticket is left alone, and for how long that was."""

    until: float
    seconds: float


class Clock:
    """Wakes tickets from `start` to `stop`. `batch`: of one look; `pause`: seconds before the second try of one."""

    def __init__(
        self, tickets: Tickets, rules: Rules, relay: Relay, batch: int = BATCH, pause: float = FIRST_PAUSE
    ) -> None:
        self._tickets = tickets
        self._rules = rules
        self._relay = relay
        self._batch = batch
        self._first_pause = pause
        self._leaving = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._pauses: dict[str, _Pause] = {}

    async def start(self) -> None:
        """Start looking."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is being done, then stop. What was cut is done by another copy, or at the next start."""
        self._leaving.set()
        if self._running:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self._running, GRACE)

    async def ring(self, now: datetime) -> int:
        """Wake what is due at `now`, once each; how many tickets that were. Raises when the store is down."""
        # Those that wait for another try still come first: they must not fill the whole batch.
        due = await self._tickets.due(now.timestamp(), self._batch + len(self._pauses))
        self._pauses = {ticket: pause for ticket, pause in self._pauses.items() if ticket in due}
        moment = time.monotonic()
        ready = [ticket for ticket in due if ticket not in self._pauses or self._pauses[ticket].until <= moment]
        # Each copy in its own order: they share the work instead of racing for each ticket.
        random.shuffle(ready)
        gate = asyncio.Semaphore(AT_ONCE)

        async def wake(ticket: str) -> None:
            async with gate:
                if not self._leaving.is_set():
                    await self._wake(ticket, now)

        await asyncio.gather(*(wake(ticket) for ticket in ready))
        return len(ready)

    async def _run(self) -> None:
        while not self._leaving.is_set():
            woken = 0
            try:
                woken = await self.ring(datetime.now(UTC))
            except STORE_DOWN as error:
                log.warning("clock waits for the store", error=type(error).__name__)
            except Exception as error:  # whatever it was, the clock must go on: nobody else sends what is held
                log.error("clock failed", error=type(error).__name__, exc_info=True)
            if woken < self._batch:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), EVERY)

    async def _wake(self, ticket_id: str, now: datetime) -> None:
        """All due timers of one ticket. Whatever happens here stops no other ticket."""
        try:
            ticket = await self._tickets.find(ticket_id)
            if ticket is None:
                return
            due = [(timer, at) for timer, at in ticket.timers.items() if at <= now]
            for timer, at in sorted(due, key=lambda each: each[1]):
                await self._ring(ticket, timer, at, now)
        except (DependencyDown, *STORE_DOWN) as error:
            log.warning("not woken", ticket=ticket_id, error=type(error).__name__)
        except Exception as error:  # one ticket that can't be woken must not keep all others waiting
            log.error("not woken", ticket=ticket_id, error=type(error).__name__, exc_info=True)
            self._pause(ticket_id)

    async def _ring(self, ticket: Root, timer: str, at: datetime, now: datetime) -> None:
        wish = Wake(timer=timer, due=at)
        if article := written(ticket, timer):
            words = (await self._tickets.words([article]))[article]
            wish = wish.model_copy(update={"subject": words.subject, "text": words.text})
        identity = derived(ticket.id, timer, at.astimezone(UTC).isoformat())
        command = Command(id=identity, ticket_id=ticket.id, actor=SYSTEM, wish=wish)
        outcome = await handle(command, self._tickets, self._rules, max(now, at))
        if outcome.facts:
            if not outcome.repeated:
                self._relay.publish_soon(outcome.ticket)
        elif timer in outcome.ticket.timers:
            # It can't be done just now, because the ticket is being merged.
            self._pause(ticket.id)

    def _pause(self, ticket_id: str) -> None:
        before = self._pauses.get(ticket_id)
        seconds = min(2 * before.seconds, LONGEST_PAUSE) if before else self._first_pause
        self._pauses[ticket_id] = _Pause(time.monotonic() + seconds, seconds)


def written(root: Root, timer: str) -> str | None:
    """The article whose words are due with this timer: a held mail, or why a ticket closes by itself."""
    if isinstance(root, Ticket):
        held = next((each for each in root.held if timer_of_mail(each) == timer), None)
        if held:
            return held
    closing = root.waiting.closing if root.waiting and timer == PENDING_TIMER else None
    return closing.article.id if closing and closing.article else None
