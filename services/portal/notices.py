"""What a page says at its top about the wish that led to it: `?taken=NUMBER`, `?missed=NUMBER`, `?refused=NUMBER`.

The address only names the ticket; what is said is read from the ticket itself, so a forged address says nothing false.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from fastapi import Request

from services.portal.gate import local_path
from services.portal.tickets import Tickets, View
from shared.errors import Conflict, NotFound
from shared.events import ChildHandedOver, ChildTaken, State, TicketHandedOver, TicketTaken
from shared.policy import Person

Kind = Literal["taken", "missed", "refused"]
TAKEABLE = (State.NEW, State.OPEN, State.PENDING)


@dataclass(frozen=True)
class Notice:
    """`taken`: you took it. `missed`: `by` was first, `at` that moment. `refused`: its state doesn't allow it."""

    kind: Kind
    number: str
    subject: str
    by: str = ""
    at: datetime | None = None


class Notices:
    """Reads what became of the wish."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    async def read(self, request: Request, person: Person) -> Notice | None:
        """The notice the address asks for, if it is true."""
        asked = _asked(request.query_params)
        if asked is None:
            return None
        kind, number = asked
        try:
            return notice_of(kind, await self._tickets.view(person, number), person)
        except NotFound:
            return None


def notice_on(request: Request, ticket: View, person: Person) -> Notice | None:
    """The same on the ticket's own page, which has it in hand."""
    asked = _asked(request.query_params)
    return notice_of(asked[0], ticket, person) if asked else None


def notice_of(kind: Kind, ticket: View, person: Person) -> Notice | None:
    """What is true of the wish to take `ticket`; None when `kind` claims something else."""
    if ticket.state not in TAKEABLE:
        return Notice("refused", ticket.number, ticket.subject) if kind == "refused" else None
    owning = (TicketTaken.name, TicketHandedOver.name, ChildTaken.name, ChildHandedOver.name)
    taking = next((row for row in reversed(ticket.journal) if row.name in owning), None)
    if taking is None or ticket.owner is None or (ticket.owner.id == person.id) != (kind == "taken"):
        return None
    return Notice(kind, ticket.number, ticket.subject, ticket.owner.name, taking.at)


def after_taking(number: str, back: str, conflict: Conflict | None) -> str:
    """Where a wish to take leads: back to where it was pressed, with what became of it."""
    path = local_path(back, f"/tickets/{number}")
    kind: Kind = "taken"
    if conflict is not None:
        kind = "missed" if conflict.extra.get("changed") else "refused"
    return f"{path}{'&' if '?' in path else '?'}{kind}={number}"


def _asked(query: Mapping[str, str]) -> tuple[Kind, str] | None:
    for kind in get_args(Kind):
        if number := query.get(kind):
            return kind, number
    return None
