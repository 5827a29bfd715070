"""Requests that wait for their ticket: registered before the submission is published, woken by the fact."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from services.intake.known import Opened
from shared.events import Event, TicketOpened


class Waiting:
    """Who waits for which ticket in this process."""

    def __init__(self) -> None:
        self._futures: dict[str, list[asyncio.Future[Opened]]] = {}

    @contextlib.asynccontextmanager
    async def for_ticket(self, ticket: str) -> AsyncIterator[asyncio.Future[Opened]]:
        """What is known of the ticket once it is opened, while the block runs."""
        future: asyncio.Future[Opened] = asyncio.get_running_loop().create_future()
        waiters = self._futures.setdefault(ticket, [])
        waiters.append(future)
        try:
            yield future
        finally:
            future.cancel()
            waiters.remove(future)
            if not waiters:
                self._futures.pop(ticket, None)

    async def on_event(self, event: Event) -> None:
        """A ticket was opened: wake who waits for it."""
        if isinstance(event, TicketOpened):
            for future in self._futures.get(event.ticket_id, ()):
                if not future.done():
                    future.set_result(Opened(event.number, event.queue))
