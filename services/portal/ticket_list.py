"""All tickets, filtered and paged by key: a page's address always shows the same place in the list."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from services.portal.gate import Gate, Visitor
from services.portal.notices import Notices
from services.portal.pages import Pages, with_query
from services.portal.tickets import Order, Page, Tickets
from shared.events import State
from shared.policy import Person
from shared.queues import Queues

ROWS = 25
NOT_CLOSED = (State.NEW, State.OPEN, State.PENDING)


class Wanted(BaseModel):
    """The filter, as it stands in the address. Empty: no such condition; `state` empty: what is not closed."""

    state: Literal["", "any"] | State = ""
    queue: str = Field(default="", max_length=60)
    owner: Literal["", "me", "none"] = ""
    responsible: Literal["", "me"] = ""
    watcher: Literal["", "me"] = ""
    level: Literal["", "1", "2"] = ""
    parent: str = Field(default="", max_length=64)
    order: Order = "newest"
    after: str = Field(default="", max_length=100)

    def address(self, after: str | None = None) -> str:
        """The list with this filter, from its beginning or `after` a cursor."""
        return with_query(
            "/tickets",
            [
                ("state", str(self.state)),
                ("queue", self.queue),
                ("owner", self.owner),
                ("responsible", self.responsible),
                ("watcher", self.watcher),
                ("level", self.level),
                ("parent", self.parent),
                ("order", self.order if self.order != "newest" else None),
                ("after", after),
            ],
        )

    @property
    def states(self) -> tuple[State, ...]:
        """The states asked for; none means every state."""
        if self.state == "any":
            return ()
        return (self.state,) if isinstance(self.state, State) else NOT_CLOSED


@dataclass(frozen=True)
class Shown:
    """A page of the list and the ways on from it."""

    wanted: Wanted
    page: Page
    start: str | None
    older: str | None
    narrowed: bool


def routes(gate: Gate, pages: Pages, tickets: Tickets, queues: Queues, notices: Notices) -> APIRouter:
    """`/tickets` and `/find`"""
    router = APIRouter()

    @router.get("/tickets", include_in_schema=False)
    async def list_tickets(
        request: Request, wanted: Annotated[Wanted, Query()], visitor: Annotated[Visitor, Depends(gate.operator)]
    ) -> HTMLResponse:
        """One page of the tickets that fit the filter."""
        shown, notice = await asyncio.gather(
            _read(wanted, visitor.person, tickets, queues), notices.read(request, visitor.person)
        )
        return pages.show(request, visitor, "tickets.html", shown=shown, queues=queues, notice=notice)

    @router.get("/find", include_in_schema=False)
    async def find(
        request: Request, visitor: Annotated[Visitor, Depends(gate.operator)], number: str = ""
    ) -> RedirectResponse:
        """To the ticket with this number, however it was written down."""
        digits = "".join(character for character in number if character.isascii() and character.isdigit())
        return RedirectResponse(f"/tickets/{digits[:20]}" if digits else "/tickets", 303)

    return router


async def _read(wanted: Wanted, person: Person, tickets: Tickets, queues: Queues) -> Shown:
    those = [queue.id for queue in queues.of_groups(person.groups)] if wanted.queue == "mine" else [wanted.queue]
    page = await tickets.page(
        person,
        queues=[queue for queue in those if queue],
        states=wanted.states,
        owner=person.id if wanted.owner == "me" else wanted.owner or None,
        responsible=person.id if wanted.responsible else None,
        watcher=person.id if wanted.watcher else None,
        level=int(wanted.level) if wanted.level else None,
        parent=wanted.parent or None,
        order=wanted.order,
        after=wanted.after or None,
        limit=ROWS,
    )
    return Shown(
        wanted=wanted,
        page=page,
        start=wanted.address() if wanted.after else None,
        older=wanted.address(page.next) if page.next else None,
        narrowed=wanted.model_copy(update={"after": "", "order": "newest"}) != Wanted(),
    )
