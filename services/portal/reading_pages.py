"""What leads on from a ticket's page to be read: everything its requester asked, and the ticket on paper."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.portal.around import by_identity, page_of_theirs
from services.portal.desk import Desk
from services.portal.gate import Gate, Visitor
from services.portal.pages import Pages
from services.portal.shapes import Article, View
from services.portal.tickets import Tickets
from services.portal.wording import NOT_LEFT
from shared.policy import Person, Visibility

ROWS = 25
# Pages of a ticket that one print takes: 600 facts.
MOST_PAGES = 10


class Whole(NamedTuple):
    """A ticket with the articles of all its pages, as far back as one print goes. `cut`: there are earlier ones."""

    ticket: View
    articles: Sequence[Article]
    cut: bool


def routes(gate: Gate, pages: Pages, desk: Desk, tickets: Tickets) -> APIRouter:
    """`/tickets/{number}/others` and `/tickets/{number}/print`"""
    router = APIRouter()

    @router.get("/tickets/{number}/others", include_in_schema=False)
    async def others(
        request: Request,
        number: str,
        visitor: Annotated[Visitor, Depends(gate.operator)],
        after: Annotated[str, Query(max_length=100)] = "",
    ) -> HTMLResponse:
        """Every request of the ticket's requester; the address of the page names neither person nor mailbox."""
        ticket = await tickets.view(visitor.person, number)
        page = await page_of_theirs(ticket, visitor.person, tickets, after or None, ROWS)
        return pages.show(
            request, visitor, "ticket_others.html", ticket=ticket, page=page, after=after, sure=by_identity(ticket)
        )

    @router.get("/tickets/{number}/print", include_in_schema=False)
    async def on_paper(
        request: Request,
        number: str,
        visitor: Annotated[Visitor, Depends(gate.operator)],
        notes: Literal["", "with"] = "",
    ) -> HTMLResponse:
        """The whole ticket, calm and without forms; what is internal only when it was asked for."""
        whole = await _whole(number, visitor.person, tickets)
        inside = notes == "with" or whole.ticket.is_question
        articles = [article for article in whole.articles if inside or _is_theirs(article)]
        return desk.paper(request, visitor, whole.ticket, articles, inside=inside, cut=whole.cut)

    return router


async def _whole(number: str, person: Person, tickets: Tickets) -> Whole:
    ticket = page = await tickets.view(person, number)
    found = {article.id: article for article in page.articles}
    for _ in range(MOST_PAGES - 1):
        if page.earlier is None:
            break
        page = await tickets.view(person, number, page.earlier)
        found |= {article.id: article for article in page.articles if article.id not in found}
    return Whole(ticket, sorted(found.values(), key=lambda article: article.at), page.earlier is not None)


def _is_theirs(article: Article) -> bool:
    """Whether the requester may see it too: then it may lie on a desk."""
    return article.visibility is Visibility.REQUESTER and article.delivery not in NOT_LEFT
