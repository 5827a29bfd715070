"""`/palette`: what the command palette asks the server for, tickets by their words and queues; the rest it finds in the
page it stands on."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from services.portal import wording
from services.portal.gate import Gate, Visitor
from services.portal.pages import Pages
from services.portal.shapes import Summary
from services.portal.tickets import Tickets
from shared.events import Frozen
from shared.queues import Queues

# Tickets in one answer: more than fit are found by one word more.
ROWS: Final = 8
# Letters from which on it is worth looking.
ENOUGH: Final = 2


class Way(Frozen):
    """Somewhere to go: its words, and what tells it apart from others of the same words."""

    words: str
    about: str
    address: str


class Ways(Frozen):
    """What was found."""

    queues: list[Way]
    tickets: list[Way]


def routes(gate: Gate, pages: Pages, tickets: Tickets, queues: Queues) -> APIRouter:
    """For operators only: users have their own few requests in sight."""
    router = APIRouter()

    @router.get("/palette", include_in_schema=False)
    async def ways(
        visitor: Annotated[Visitor, Depends(gate.operator)], text: Annotated[str, Query(max_length=100)] = ""
    ) -> Ways:
        """The tickets that `text` finds, the latest changed first; without any, the person's queues."""
        words = text.strip()
        if not words:
            return Ways(queues=_queues(visitor, queues), tickets=[])
        if len(words) < ENOUGH:
            return Ways(queues=[], tickets=[])
        page = await tickets.page(visitor.person, text=words, order="changed", limit=ROWS)
        return Ways(queues=[], tickets=[_way(ticket, visitor, pages) for ticket in page.items])

    return router


def _queues(visitor: Visitor, queues: Queues) -> list[Way]:
    """The person's own first, then everybody's."""
    own = queues.of_groups(visitor.person.groups)
    rows = [*own, *(queue for queue in queues if queue not in own)]
    return [
        Way(
            words=queue.names.say(visitor.language),
            about=queues.name(queue.parent, visitor.language) if queue.parent else "",
            address=f"/tickets?queue={queue.id}",
        )
        for queue in rows
    ]


def _way(ticket: Summary, visitor: Visitor, pages: Pages) -> Way:
    state = pages.tongue(visitor).say(wording.STATES[ticket.state].words)
    asker = ticket.requester.name if ticket.requester else ""
    return Way(
        words=ticket.subject,
        about=" · ".join(part for part in (ticket.number, asker, state) if part),
        address=f"/tickets/{ticket.number}",
    )
