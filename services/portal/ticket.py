"""One ticket for operators: its page, its files, and every verb as a plain form."""

import contextlib
import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from services.portal.answers import TEXT_OF, unfilled
from services.portal.around import around
from services.portal.asking import using
from services.portal.desk import NOTHING, Desk, Said
from services.portal.download import download
from services.portal.drafts import Draft, check_page_holds, typed
from services.portal.drafts_pages import Place, base_of, drafted
from services.portal.gate import Gate, Visitor
from services.portal.kept_drafts import FORMS as KEEPABLE
from services.portal.notices import after_taking
from services.portal.refused import Refusal, refusal, unknown_ticket
from services.portal.rows import form_of, rows_of
from services.portal.shapes import View
from services.portal.store import store_of
from services.portal.stranded import writing
from services.portal.tickets import Done, Tickets
from services.portal.uploads import LARGEST_UPLOAD, form_read, has_files, holding, saying, scan_of, sent_along
from services.portal.verbs import VERBS, Verb, verb_of
from shared.blobs import Blobs
from shared.errors import BadInput, Conflict, DependencyDown, NotFound, SportelloError, TooLarge
from shared.mongo import STORE_DOWN

__all__ = ["form_of", "routes", "rows_of"]

SEEN = re.compile(r"[0-9]{1,9}")
# Verbs that name another ticket, which may not exist.
JOINS = frozenset({"links", "links/remove", "merge"})


def routes(gate: Gate, desk: Desk, tickets: Tickets, blobs: Blobs) -> APIRouter:
    """`/tickets/{number}`"""
    router = APIRouter()
    _reading(router, gate, desk, tickets, blobs)
    _writing(router, gate, desk, tickets, blobs)
    _wishing(router, gate, desk, tickets, blobs)
    return router


def _reading(router: APIRouter, gate: Gate, desk: Desk, tickets: Tickets, blobs: Blobs) -> None:
    @router.get("/tickets/{number}", include_in_schema=False)
    async def read_ticket(
        request: Request,
        number: str,
        visitor: Annotated[Visitor, Depends(gate.signed_in)],
        before: Annotated[int | None, Query(ge=1)] = None,
    ) -> Response:
        """The ticket; somebody who is no operator is led to their own page of it."""
        if not visitor.person.is_operator:
            return RedirectResponse(f"/my/{number}", 303)
        ticket = await tickets.view(visitor.person, number, before)
        used = await _used(ticket, request.query_params.get("use"), tickets, visitor)
        return desk.show(request, visitor, ticket, used, await around(request, visitor, ticket, tickets))

    @router.get("/tickets/{number}/attachments/{key:path}", include_in_schema=False)
    async def attachment(number: str, key: str, visitor: Annotated[Visitor, Depends(gate.operator)]) -> Response:
        """A file of the ticket, however far back it came."""
        ticket = await tickets.view(visitor.person, number)
        return await download(await holding(ticket, key, tickets, visitor.person), key, blobs)


async def _used(ticket: View, answer: str | None, tickets: Tickets, visitor: Visitor) -> Said | None:
    """An answer of the second level that stands on an earlier page, in the form that answers."""
    if not answer or ticket.article(answer):
        return None
    page = await saying(ticket, answer, tickets, visitor.person)
    return Said(draft=using(page, answer))


def _writing(router: APIRouter, gate: Gate, desk: Desk, tickets: Tickets, blobs: Blobs) -> None:
    """What may bring files; before the other verbs, whose route would take them too."""
    wishing = form_read(writing(gate, gate.wishing(gate.operator)))

    def written_by(verb: Verb) -> None:
        @router.post(f"/tickets/{{number}}/{verb.path}", include_in_schema=False, max_body_size=LARGEST_UPLOAD)
        async def write(request: Request, number: str, visitor: Annotated[Visitor, Depends(wishing)]) -> Response:
            """A mail, a question or its answer, with files."""
            return await _do(request, number, verb, visitor, desk, tickets, blobs)

    for verb in VERBS.values():
        if verb.files:
            written_by(verb)


def _wishing(router: APIRouter, gate: Gate, desk: Desk, tickets: Tickets, blobs: Blobs) -> None:
    wishing = writing(gate, gate.wishing(gate.operator))

    @router.post("/tickets/{number}/take", include_in_schema=False)
    async def take_ticket(
        number: str,
        visitor: Annotated[Visitor, Depends(wishing)],
        seen: Annotated[int, Form()],
        key: Annotated[str, Form(min_length=1, max_length=100)],
        back: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Take in charge what was seen, from any list; when a colleague was first, the page says who and when."""
        refused: Conflict | None = None
        try:
            await tickets.take(visitor.person, number, seen, key)
        except Conflict as conflict:
            refused = conflict
        return RedirectResponse(after_taking(number, back, refused), 303)

    @router.get("/tickets/{number}/{path:path}", include_in_schema=False)
    async def read_again(
        number: str, path: str, visitor: Annotated[Visitor, Depends(gate.operator)]
    ) -> RedirectResponse:
        """The address of a refused wish, opened anew: the ticket."""
        verb_of(path)
        return RedirectResponse(f"/tickets/{number}", 303)

    @router.post("/tickets/{number}/{path:path}", include_in_schema=False)
    async def any_other(
        request: Request, number: str, path: str, visitor: Annotated[Visitor, Depends(wishing)]
    ) -> Response:
        """Any other verb."""
        return await _do(request, number, verb_of(path), visitor, desk, tickets, blobs)


async def _do(
    request: Request, number: str, verb: Verb, visitor: Visitor, desk: Desk, tickets: Tickets, blobs: Blobs
) -> Response:
    """What is refused comes back with everything that was typed, and with the reason."""
    form, person = await request.form(), visitor.person
    seen, key = _ours(form)
    check_page_holds(form)
    wish = {**verb.wish(form), "seen": seen}
    try:
        _check_filled(verb, form)
        if verb.files:
            wish["attachments"] = await sent_along(
                person, number, form, visitor.language, tickets, blobs, scan_of(request)
            )
        done = await tickets.wish(person, number, verb.path, wish, key)
    except (Conflict, BadInput, DependencyDown, NotFound) as error:
        return await _refused(request, number, verb, visitor, error, desk, tickets)
    await _left(request, visitor, number, verb)
    return RedirectResponse(_after(number, verb, form, done), 303)


def _check_filled(verb: Verb, form: FormData) -> None:
    """`BadInput` while a text still has the marks of a template, unless that was seen and is meant."""
    text = form.get(TEXT_OF.get(verb.path, ""))
    if isinstance(text, str) and not form.get("unfilled") and (marks := unfilled(text)):
        raise BadInput("Something is not filled in yet.", code="unfilled", marks=" ".join(marks[:5]))


async def _left(request: Request, visitor: Visitor, number: str, verb: Verb) -> None:
    """The draft of what was done goes. It was done whether or not the store answers just now."""
    form, where = await request.form(), Place(number, verb.path)
    if verb.path in KEEPABLE:
        # What was done was not too large.
        with contextlib.suppress(TooLarge, *STORE_DOWN):
            await store_of(request).drafts.sent(drafted(visitor.person.id, where, form), base_of(form))


def _ours(form: FormData) -> tuple[int, str]:
    """`seen` and the idempotency key that each of our forms carries."""
    seen, key = form.get("seen"), form.get("key")
    if not isinstance(seen, str) or not SEEN.fullmatch(seen) or not isinstance(key, str) or not 0 < len(key) <= 100:
        raise BadInput("This form did not come from a page of Sportello.")
    return int(seen), key


def _after(number: str, verb: Verb, form: FormData, done: Done) -> str:
    """The ticket's page, which says what was done; an undone mail's text is back in its form."""
    address = f"/tickets/{number}?done={done.facts[-1].event_id if done.facts else NOTHING}"
    return f"{address}&again={form['article']}" if verb.path == "mails/undo" and done.facts else address


async def _refused(
    request: Request,
    number: str,
    verb: Verb,
    visitor: Visitor,
    error: SportelloError,
    desk: Desk,
    tickets: Tickets,
) -> Response:
    form, tongue = await request.form(), desk.tongue(visitor)
    given = form.get("form")
    draft = Draft(given if isinstance(given, str) else verb.path, typed(form))
    why: Refusal
    if isinstance(error, NotFound):
        if verb.path not in JOINS:
            raise error
        why = unknown_ticket(verb.path, tongue)
    else:
        why = refusal(error, verb.path, tongue, lambda queue: desk.queue_name(visitor, queue), datetime.now(UTC))
    # Whether it was done is not known: the same key again, so that it is done once.
    key = str(form["key"]) if why.down else None
    draft = Draft(draft.form, draft.values, why.errors, key, has_files(form))
    try:
        ticket = await tickets.view(visitor.person, number)
    except DependencyDown:
        where = f"/tickets/{number}/{verb.path}"
        seen, _ = _ours(form)
        return desk.unsent(request, visitor, address=where, number=number, seen=seen, draft=draft, refusal=why)
    return desk.show(
        request, visitor, ticket, Said(refusal=why, draft=draft), await around(request, visitor, ticket, tickets)
    )
