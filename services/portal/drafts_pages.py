"""Drafts that are kept by themselves: the list of one's own, and what a form's page asks of them."""

import time
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from services.portal.answers import TEXT_OF
from services.portal.around import around
from services.portal.desk import Desk, Said
from services.portal.drafts import Draft, check_page_holds, typed
from services.portal.gate import Gate, Visitor
from services.portal.kept_drafts import FORMS, MOST, Kept, Newer, a_draft, is_blank, joined
from services.portal.pages import Pages
from services.portal.refused import TOO_LARGE, Refusal
from services.portal.store import store_of
from services.portal.tickets import Tickets
from services.portal.uploads import LARGEST_UPLOAD, form_read, has_files
from shared.errors import NotFound, TooLarge

# Whoever reads the answer is a script that puts it beside the form.
SCRIPT = "x-draft"


class Place(NamedTuple):
    """A form of a ticket's page."""

    number: str
    form: str

    @property
    def address(self) -> str:
        """Where it is."""
        return f"/tickets/{self.number}#form-{self.form.replace('/', '-')}"

    @property
    def page(self) -> str:
        """The ticket's page, for a form that may not be there."""
        return self.address if self.form in FORMS else f"/tickets/{self.number}"

    def after(self, said: str) -> str:
        """There again, to be told `said` of it."""
        return f"/tickets/{self.number}?{said}={self.form}#form-{self.form.replace('/', '-')}"


def place(number: str, form: str) -> Place:
    """`NotFound` unless that is a form whose text is kept."""
    if form not in FORMS or not (number.isascii() and number.isdigit() and len(number) <= 30):
        raise NotFound("There is no such form.")
    return Place(number, form)


def drafted(person: str, where: Place, form: FormData) -> Kept:
    """The draft that a sent form is. `TooLarge` when it is more than may be sent."""
    count = _line(form, "draft_count")[:9]
    more = {"key": _line(form, "key"), "tab": _line(form, "draft_tab"), "count": int(count) if count.isdecimal() else 0}
    return a_draft(person, where.number, where.form, typed(form), time.time(), **more)


def base_of(form: FormData) -> str:
    """The version that the form began from. Of two the last: the button of a choice stands below that of the page."""
    return next((each for each in reversed(form.getlist("draft_base")) if isinstance(each, str)), "")


def routes(gate: Gate, pages: Pages, desk: Desk, tickets: Tickets) -> APIRouter:
    """`/drafts`"""
    router = APIRouter()
    _listing(router, gate, pages)
    _saving(router, gate, pages, desk, tickets)
    _throwing(router, gate)
    _moving(router, gate, tickets)
    _beginning(router, gate, desk, tickets)
    return router


def _listing(router: APIRouter, gate: Gate, pages: Pages) -> None:
    @router.get("/drafts", include_in_schema=False)
    async def list_drafts(request: Request, visitor: Annotated[Visitor, Depends(gate.operator)]) -> HTMLResponse:
        """All that the reader has begun and not sent."""
        mine = await store_of(request).drafts.of_person(visitor.person.id, time.time())
        rows = [(each, Place(each.number, each.form).address) for each in mine]
        number, _, form = request.query_params.get("thrown", "").partition("/")
        thrown = Place(number, form) if form in FORMS and number.isdecimal() else None
        return pages.show(request, visitor, "drafts.html", rows=rows, forms=FORMS, thrown=thrown, most=MOST)


def _saving(router: APIRouter, gate: Gate, pages: Pages, desk: Desk, tickets: Tickets) -> None:
    @router.post("/drafts/{number}/save/{form:path}", include_in_schema=False)
    async def save_draft(
        request: Request, number: str, form: str, visitor: Annotated[Visitor, Depends(gate.wishing(gate.operator))]
    ) -> Response:
        """Keep what is in the form: by itself, by a button without JavaScript, or as the choice between two texts."""
        where, sent = place(number, form), await request.form()
        newer: Kept | None = None
        kept: Kept | None = None
        refused: Refusal | None = None
        try:
            kept = await store_of(request).drafts.save(drafted(visitor.person.id, where, sent), base_of(sent))
            # Not with every pause in typing: only the first saving of a tab adds one.
            if kept and kept.count <= 1:
                await store_of(request).make_room(kept, time.time())
        except Newer as found:
            newer = found.found
        except TooLarge:
            refused = Refusal(desk.tongue(visitor).say(TOO_LARGE))
        status = 413 if refused else 409 if newer else 200
        if SCRIPT in request.headers:
            told = {"number": number, "kept": kept, "newer": newer, "too_long": refused}
            return pages.show(request, visitor, "draft_line.html", status, **told)
        if newer is None and refused is None:
            return RedirectResponse(where.address, 303)
        ticket = await tickets.view(visitor.person, number)
        draft = Draft(form, typed(sent), newer=newer)
        beside = await around(request, visitor, ticket, tickets)
        return desk.show(request, visitor, ticket, Said(refusal=refused, draft=draft, put=True), beside)


def _throwing(router: APIRouter, gate: Gate) -> None:
    wishing = gate.wishing(gate.operator)

    @router.post("/drafts/{number}/throw/{form:path}", include_in_schema=False)
    async def throw_away(
        request: Request, number: str, form: str, visitor: Annotated[Visitor, Depends(wishing)]
    ) -> Response:
        """Throw a draft away, with what its form holds just now; it can be undone."""
        where, sent, drafts = place(number, form), await request.form(), store_of(request).drafts
        now, person = time.time(), visitor.person.id
        draft = None
        if not is_blank(typed(sent)):
            draft = drafted(person, where, sent)
        elif found := await drafts.get(person, number, form, now):
            draft = found.model_copy(update={"saved_at": now})
        if draft:
            await drafts.throw(draft, base_of(sent) or draft.version)
        back = sent.get("back") == "/drafts"
        return RedirectResponse("/drafts?thrown=" + f"{number}/{form}" if back else where.after("thrown"), 303)

    @router.post("/drafts/{number}/undo/{form:path}", include_in_schema=False)
    async def undo(request: Request, number: str, form: str, visitor: Annotated[Visitor, Depends(wishing)]) -> Response:
        """What was thrown away is there again."""
        where, sent = place(number, form), await request.form()
        await store_of(request).drafts.undo(visitor.person.id, number, form, time.time())
        return RedirectResponse("/drafts" if sent.get("back") == "/drafts" else where.address, 303)


def _moving(router: APIRouter, gate: Gate, tickets: Tickets) -> None:
    wishing = form_read(gate.wishing(gate.operator))

    @router.post("/drafts/{number}/move/{form:path}", include_in_schema=False, max_body_size=LARGEST_UPLOAD)
    async def move_draft(
        request: Request, number: str, form: str, visitor: Annotated[Visitor, Depends(wishing)]
    ) -> Response:
        """What was written on a ticket that became part of another one goes on there, below what stands there."""
        where, sent, drafts = place(number, form), await request.form(), store_of(request).drafts
        ticket, person, now = await tickets.view(visitor.person, number), visitor.person.id, time.time()
        if ticket.merged_into is None:
            return RedirectResponse(where.address, 303)
        there = Place(ticket.merged_into.number, form)
        # It is in the one place before it leaves the other.
        await drafts.take_over(drafted(person, there, sent), now)
        await drafts.sent(drafted(person, where, sent), base_of(sent))
        if "hx-request" in request.headers:
            return Response(status_code=204, headers={"HX-Redirect": there.address})
        return RedirectResponse(there.address, 303)


def _beginning(router: APIRouter, gate: Gate, desk: Desk, tickets: Tickets) -> None:
    """From an answer template."""
    wishing = form_read(gate.wishing(gate.operator))

    @router.get("/drafts/{number}/template/{form:path}", include_in_schema=False)
    async def read_template(
        number: str, form: str, template: str, visitor: Annotated[Visitor, Depends(gate.operator)]
    ) -> PlainTextResponse:
        """The template's text for this ticket: a script puts it where the caret is."""
        where, ticket = place(number, form), await tickets.view(visitor.person, number)
        return PlainTextResponse(desk.filled(visitor, ticket, where.form, template))

    @router.post("/drafts/{number}/template/{form:path}", include_in_schema=False, max_body_size=LARGEST_UPLOAD)
    async def put_template(
        request: Request, number: str, form: str, visitor: Annotated[Visitor, Depends(wishing)]
    ) -> HTMLResponse:
        """The page with all that was typed, and the template's text below it."""
        where, sent = place(number, form), await request.form()
        check_page_holds(sent)
        ticket, values = await tickets.view(visitor.person, number), typed(sent)
        text = desk.filled(visitor, ticket, where.form, _line(sent, "template"))
        draft = Draft(form, joined(values, {TEXT_OF[form]: [text]}), files=has_files(sent))
        beside = await around(request, visitor, ticket, tickets)
        return desk.show(request, visitor, ticket, Said(draft=draft, put=True), beside)


def _line(form: FormData, name: str) -> str:
    given = form.get(name)
    return given[:100] if isinstance(given, str) else ""
