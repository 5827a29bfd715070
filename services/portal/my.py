"""Le mie richieste: a person's own requests, in plain words, with nothing of our inner life."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.portal.download import download
from services.portal.gate import Gate, Visitor
from services.portal.pages import Pages, with_query
from services.portal.ticket import form_of, rows_of
from services.portal.tickets import Tickets, View
from shared.blobs import Blobs
from shared.errors import NotFound
from shared.forms import Forms
from shared.policy import Person, Role, may_see_article, may_see_ticket

ROWS = 20


def routes(gate: Gate, pages: Pages, tickets: Tickets, forms: Forms, blobs: Blobs) -> APIRouter:
    """`/my`"""
    router = APIRouter()

    @router.get("/my", include_in_schema=False)
    async def my_requests(
        request: Request, visitor: Annotated[Visitor, Depends(gate.signed_in)], after: str = ""
    ) -> HTMLResponse:
        """The person's own requests, newest first."""
        person = as_requester(visitor.person)
        page = await tickets.page(person, requester=person.id, after=after or None, limit=ROWS)
        older = with_query("/my", [("after", page.next)]) if page.next else None
        return pages.show(request, visitor, "my.html", page=page, start=after, older=older)

    @router.get("/my/{number}", include_in_schema=False)
    async def my_request(
        request: Request, number: str, visitor: Annotated[Visitor, Depends(gate.signed_in)]
    ) -> HTMLResponse:
        """One of them."""
        ticket = await own(visitor.person, number, tickets)
        form = form_of(ticket, forms)
        rows = rows_of(ticket, form, visitor.language)
        return pages.show(request, visitor, "my_request.html", ticket=ticket, rows=rows, form=form)

    @router.get("/my/{number}/attachments/{key:path}", include_in_schema=False)
    async def my_attachment(number: str, key: str, visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> Response:
        """A file of one of them."""
        return await download(await own(visitor.person, number, tickets), key, blobs)

    return router


def as_requester(person: Person) -> Person:
    """The person without an operator's rights: here everybody is somebody who asked."""
    return person.model_copy(update={"roles": frozenset({Role.USER}), "groups": frozenset()})


async def own(person: Person, number: str, tickets: Tickets) -> View:
    """The person's own request with what a requester may see. `NotFound` for everybody else's."""
    requester = as_requester(person)
    ticket = await tickets.view(requester, number)
    # tickets has filtered already; this page asks the policy once more, because a leak here is public.
    if ticket.requester is None or not may_see_ticket(requester, ticket.id, ticket.requester):
        raise NotFound("There is no such request.")
    seen = tuple(article for article in ticket.articles if may_see_article(requester, article.kind))
    return ticket.model_copy(update={"articles": seen, "journal": (), "owner": None, "responsible": None})
