"""One text of a ticket on a page of its own, whole: what the ticket's page shows only the beginning of."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from services.portal.gate import Gate, Visitor
from services.portal.keyless import keyless
from services.portal.mentions import Piece, pieces
from services.portal.pages import Pages
from services.portal.shapes import Article
from services.portal.tickets import Tickets
from services.portal.uploads import saying
from services.portal.wording import ARTICLES, WRITTEN
from shared.errors import NotFound
from shared.events import ArticleKind


def routes(gate: Gate, pages: Pages, tickets: Tickets, names: Callable[[], Mapping[str, str]]) -> APIRouter:
    """`/tickets/{number}/texts/{article}`, for whoever may read the ticket. `names`: colleagues by id."""
    router = APIRouter()

    @router.get("/tickets/{number}/texts/{article}", include_in_schema=False)
    async def whole_text(
        request: Request,
        number: str,
        article: str,
        visitor: Annotated[Visitor, Depends(gate.operator)],
        quote: Annotated[int | None, Query(ge=0, le=1000)] = None,
    ) -> HTMLResponse:
        """An article's text, or that of the `quote`th article that a question shows."""
        ticket = await saying(await tickets.view(visitor.person, number), article, tickets, visitor.person)
        one = ticket.article(article)
        if one is None:
            raise NotFound("There is no such text.")
        kind, at, text = one.kind, one.at, _text_of(one)
        if quote is not None:
            if quote >= len(one.quotes):
                raise NotFound("There is no such text.")
            quoted = one.quotes[quote]
            kind, at, text = quoted.kind, quoted.at, keyless(quoted.text)
        # A note names colleagues; anywhere else a name tells nobody.
        told = list(pieces(text, names())) if kind is ArticleKind.NOTE else [Piece(text)]
        return pages.show(request, visitor, "ticket_text.html", ticket=ticket, look=ARTICLES[kind], at=at, pieces=told)

    return router


def _text_of(one: Article) -> str:
    """As the ticket's page shows it: our mails without the key that their link is."""
    return keyless(one.text) if one.delivery and one.kind not in WRITTEN else one.text
