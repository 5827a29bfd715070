"""One ticket for operators: its rows, its people, its history, its files, and "Prendi in carico"."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import JsonValue

from services.portal.download import download
from services.portal.gate import Gate, Visitor
from services.portal.notices import after_taking, notice_on
from services.portal.pages import Pages
from services.portal.tickets import Article, Tickets, View
from shared.blobs import Blobs
from shared.errors import Conflict, NotFound
from shared.events import Language
from shared.forms import Forms
from shared.forms.model import Form as FormVersion
from shared.forms.view import display


class Row(NamedTuple):
    """An article with its form's answers as that version of the form words them."""

    article: Article
    answers: Sequence[tuple[str, str]]


def routes(gate: Gate, pages: Pages, tickets: Tickets, forms: Forms, blobs: Blobs) -> APIRouter:
    """`/tickets/{number}`"""
    router = APIRouter()
    wishing = gate.wishing(gate.operator)

    @router.get("/tickets/{number}", include_in_schema=False)
    async def read_ticket(
        request: Request, number: str, visitor: Annotated[Visitor, Depends(gate.signed_in)]
    ) -> Response:
        """The ticket; somebody who is no operator is led to their own page of it."""
        if not visitor.person.is_operator:
            return RedirectResponse(f"/my/{number}", 303)
        ticket = await tickets.view(visitor.person, number)
        form = form_of(ticket, forms)
        rows = rows_of(ticket, form, visitor.language)
        notice = notice_on(request, ticket, visitor.person)
        return pages.show(request, visitor, "ticket.html", ticket=ticket, rows=rows, form=form, notice=notice)

    @router.post("/tickets/{number}/take", include_in_schema=False)
    async def take_ticket(
        number: str,
        visitor: Annotated[Visitor, Depends(wishing)],
        seen: Annotated[int, Form()],
        key: Annotated[str, Form(min_length=1, max_length=100)],
        back: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Take in charge what was seen; when a colleague was first, the page says who and when."""
        refused: Conflict | None = None
        try:
            await tickets.take(visitor.person, number, seen, key)
        except Conflict as conflict:
            refused = conflict
        return RedirectResponse(after_taking(number, back, refused), 303)

    @router.get("/tickets/{number}/attachments/{key:path}", include_in_schema=False)
    async def attachment(number: str, key: str, visitor: Annotated[Visitor, Depends(gate.operator)]) -> Response:
        """A file of the ticket."""
        return await download(await tickets.view(visitor.person, number), key, blobs)

    return router


def form_of(ticket: View, forms: Forms) -> FormVersion | None:
    """The form in the version that was filled in; None when its file is gone."""
    try:
        return forms.get(ticket.form, ticket.version)
    except NotFound:
        return None


def rows_of(ticket: View, form: FormVersion | None, language: Language) -> list[Row]:
    """The articles in order, with readable answers; with bare ones when the form is gone: better than none."""

    def answers(fields: Mapping[str, JsonValue] | None) -> Sequence[tuple[str, str]]:
        if not fields:
            return ()
        return display(form, fields, language) if form else [(name, str(value)) for name, value in fields.items()]

    return [Row(article, answers(article.fields)) for article in ticket.articles]
