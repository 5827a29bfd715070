"""Submissions that this copy has heard of: whoever sends one of them again is told the same, and never counted."""

from collections import OrderedDict
from typing import NamedTuple

from shared.events import Event, TicketOpened

# About a day of a busy week; some hundred bytes each.
MOST = 50_000


class Opened(NamedTuple):
    """A ticket just opened: its number, and the queue that it went to."""

    number: str
    queue: str


class Known:
    """By the id of the ticket that a submission becomes; the longest unheard of goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._opened: OrderedDict[str, Opened | None] = OrderedDict()
        self._most = most

    def __contains__(self, ticket: str) -> bool:
        return ticket in self._opened

    def opened(self, ticket: str) -> Opened | None:
        """The ticket, when it was opened and this copy heard of it."""
        return self._opened.get(ticket)

    def add(self, ticket: str, opened: Opened | None = None) -> None:
        """It was accepted, here or by another copy."""
        self._opened[ticket] = opened or self._opened.get(ticket)
        self._opened.move_to_end(ticket)
        while len(self._opened) > self._most:
            self._opened.popitem(last=False)

    async def on_event(self, event: Event) -> None:
        """A ticket was opened, whichever copy accepted it."""
        if isinstance(event, TicketOpened):
            self.add(event.ticket_id, Opened(event.number, event.queue))
