"""Le mie richieste: a person's own requests, in plain words, with nothing of our inner life."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.portal import my_replies
from services.portal.download import download
from services.portal.gate import Gate, Visitor
from services.portal.my_replies import Draft
from services.portal.pages import Pages, with_query
from services.portal.rows import form_of, rows_of
from services.portal.shapes import Article, View
from services.portal.tickets import Tickets
from services.portal.uploads import LARGEST_UPLOAD, form_read, scan_of
from services.portal.wording import NOT_LEFT
from shared.blobs import Blobs
from shared.config import Settings
from shared.errors import BadInput, Conflict, DependencyDown, NotFound
from shared.forms import Forms
from shared.forms.reply import FILES, MESSAGE, REPLY
from shared.forms.view import fields
from shared.identity import information_token
from shared.ids import random_id
from shared.policy import Person, Role, may_see_article, may_see_ticket

ROWS = 20


def routes(gate: Gate, pages: Pages, tickets: Tickets, forms: Forms, blobs: Blobs, settings: Settings) -> APIRouter:
    """`/my`"""
    router = APIRouter()
    page = MyPage(pages, forms, settings)
    _reading(router, gate, page, tickets, blobs)
    _writing(router, gate, page, tickets, blobs)
    return router


class MyPage:
    """Shows one of a person's own requests."""

    def __init__(self, pages: Pages, forms: Forms, settings: Settings) -> None:
        self.pages = pages
        self._forms = forms
        self._intake = settings.intake_url.rstrip("/")
        self._key = settings.signing_key

    def show(
        self,
        request: Request,
        visitor: Visitor,
        ticket: View,
        *,
        draft: Draft | None = None,
        written: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        """The request with its messages, the question that is open, and the box to write in."""
        form = form_of(ticket, self._forms)
        question = ticket.information
        answer_url = ""
        if question:
            token = information_token(ticket.id, question.article, self._key)
            answer_url = f"{self._intake}/information/{token}?lang={visitor.language}"
        return self.pages.show(
            request,
            visitor,
            "my_request.html",
            status,
            ticket=ticket,
            rows=rows_of(ticket, form, visitor.language),
            form=form,
            answer_url=answer_url,
            said=my_replies.said_of(written, ticket),
            **self._box(visitor, draft),
        )

    def unsent(self, request: Request, visitor: Visitor, number: str, draft: Draft) -> HTMLResponse:
        """What was typed, while nobody can say anything about its request."""
        status = DependencyDown.status
        page = self.pages.show(request, visitor, "my_unsent.html", status, number=number, **self._box(visitor, draft))
        page.headers["Retry-After"] = str(DependencyDown.retry_after)
        return page

    def _box(self, visitor: Visitor, draft: Draft | None) -> dict[str, object]:
        asked = {field["id"]: field for field in fields(REPLY, visitor.language)}
        box = draft or Draft(key=random_id())
        return {"draft": box, "message_field": asked[MESSAGE], "files_field": asked[FILES]}


def _reading(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, blobs: Blobs) -> None:
    @router.get("/my", include_in_schema=False)
    async def my_requests(
        request: Request, visitor: Annotated[Visitor, Depends(gate.signed_in)], after: str = ""
    ) -> HTMLResponse:
        """The person's own requests, newest first."""
        person = as_requester(visitor.person)
        found = await tickets.page(person, requester=person.id, after=after or None, limit=ROWS)
        older = with_query("/my", [("after", found.next)]) if found.next else None
        return page.pages.show(request, visitor, "my.html", page=found, start=after, older=older)

    @router.get("/my/{number}", include_in_schema=False)
    async def my_request(
        request: Request,
        number: str,
        visitor: Annotated[Visitor, Depends(gate.signed_in)],
        before: Annotated[int | None, Query(ge=1)] = None,
        written: str = "",
    ) -> HTMLResponse:
        """One of them."""
        return page.show(request, visitor, await own(visitor.person, number, tickets, before), written=written)

    @router.get("/my/{number}/attachments/{key:path}", include_in_schema=False)
    async def my_attachment(number: str, key: str, visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> Response:
        """A file of one of them, however far back it came."""
        ticket = await own(visitor.person, number, tickets)
        while ticket.attachment(key) is None and ticket.earlier is not None:
            ticket = await own(visitor.person, number, tickets, ticket.earlier)
        return await download(ticket, key, blobs)


def _writing(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, blobs: Blobs) -> None:
    wishing = form_read(gate.wishing(gate.signed_in))

    @router.post("/my/{number}/replies", include_in_schema=False, max_body_size=LARGEST_UPLOAD)
    async def write(request: Request, number: str, visitor: Annotated[Visitor, Depends(wishing)]) -> Response:
        """Write to it again. What is refused comes back with everything that was typed, and with the reason."""
        form, person = await request.form(), as_requester(visitor.person)
        ticket: View | None = None
        try:
            ticket = await own(person, number, tickets)
            done = await my_replies.write(person, ticket, form, visitor.language, tickets, blobs, scan_of(request))
        except (BadInput, Conflict, DependencyDown) as error:
            draft = my_replies.draft_of(form, error, page.pages.tongue(visitor))
            if ticket is None:
                return page.unsent(request, visitor, number, draft)
            return page.show(request, visitor, ticket, draft=draft, status=error.status)
        return RedirectResponse(f"/my/{number}?written={done}", 303)


def as_requester(person: Person) -> Person:
    """The person without an operator's rights: here everybody is somebody who asked."""
    return person.model_copy(update={"roles": frozenset({Role.USER}), "groups": frozenset()})


async def own(person: Person, number: str, tickets: Tickets, before: int | None = None) -> View:
    """The person's own request with what a requester may see. `NotFound` for everybody else's."""
    requester = as_requester(person)
    ticket = await tickets.view(requester, number, before)
    # tickets has filtered already; this page asks the policy once more, because a leak here is public.
    if ticket.requester is None or not may_see_ticket(requester, ticket.id, ticket.requester):
        raise NotFound("There is no such request.")
    seen = tuple(
        _outside(article)
        for article in ticket.articles
        if may_see_article(requester, article.kind, left=article.delivery not in NOT_LEFT)
    )
    inside = {"journal": (), "owner": None, "responsible": None, "links": (), "tags": (), "waiting": None}
    return ticket.model_copy(update={**inside, "articles": seen})


def _outside(article: Article) -> Article:
    return article.model_copy(update={"author": None, "to": None, "delivery_detail": None, "stopped": None})
