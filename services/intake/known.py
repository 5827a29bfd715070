"""Submissions that this copy has heard of: whoever sends one of them again is told the same, and never counted."""

from collections import OrderedDict

from shared.events import Event, TicketOpened

# About a day of a busy week; some hundred bytes each.
MOST = 50_000


class Known:
    """By the id of the ticket that a submission becomes; the longest unheard of goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._numbers: OrderedDict[str, str | None] = OrderedDict()
        self._most = most

    def __contains__(self, ticket: str) -> bool:
        return ticket in self._numbers

    def number(self, ticket: str) -> str | None:
        """The ticket's number, when it was opened and this copy heard of it."""
        return self._numbers.get(ticket)

    def add(self, ticket: str, number: str | None = None) -> None:
        """It was accepted, here or by another copy."""
        self._numbers[ticket] = number or self._numbers.get(ticket)
        self._numbers.move_to_end(ticket)
        while len(self._numbers) > self._most:
            self._numbers.popitem(last=False)

    async def on_event(self, event: Event) -> None:
        """A ticket was opened, whichever copy accepted it."""
        if isinstance(event, TicketOpened):
            self.add(event.ticket_id, event.number)
