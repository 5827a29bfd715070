"""What a person does with a request of theirs: write, answer what was asked, thank, rate, end the mailed links."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.portal import my_question, my_replies
from services.portal.gate import Gate, Visitor
from services.portal.my_limits import Limits
from services.portal.my_own import as_requester, own
from services.portal.my_page import MyPage
from services.portal.my_replies import Draft, key_of, text_of
from services.portal.shapes import View
from services.portal.tickets import Tickets
from services.portal.uploads import LARGEST_UPLOAD, form_read, scan_of
from shared.blobs import Blobs
from shared.errors import BadInput, Conflict, DependencyDown, TooMany

# The last part of the address, the wish's path in tickets, and what the page says then.
TAPS: Final = {
    "thanks": ("thanks", "thanked"),
    "rating": ("rating", "rated"),
    "end-links": ("follow-links/end", "ended"),
}


def wire(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, blobs: Blobs) -> None:
    """`POST /my/{number}/...`"""
    limits = Limits()
    _writing(router, gate, page, tickets, blobs, limits)
    _answering(router, gate, page, tickets, blobs, limits)
    for path in TAPS:
        _tap(router, gate, page, tickets, path, limits)


def _writing(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, blobs: Blobs, limits: Limits) -> None:
    wishing = form_read(gate.wishing(gate.signed_in))

    @router.post("/my/{number}/replies", include_in_schema=False, max_body_size=LARGEST_UPLOAD)
    async def write(request: Request, number: str, visitor: Annotated[Visitor, Depends(wishing)]) -> Response:
        """Write to it again. What is refused comes back with everything that was typed, and with the reason."""
        form, person = await request.form(), as_requester(visitor.person)
        ticket: View | None = None
        try:
            ticket = await own(person, number, tickets)
            limits.count(person)
            done = await my_replies.write(person, ticket, form, visitor.language, tickets, blobs, scan_of(request))
        except (BadInput, Conflict, DependencyDown, TooMany) as error:
            draft = my_replies.draft_of(form, error, page.pages.tongue(visitor))
            if ticket is None:
                return page.unsent(request, visitor, number, draft)
            return page.show(request, visitor, ticket, draft=draft, error=error)
        return _back(number, done)


def _answering(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, blobs: Blobs, limits: Limits) -> None:
    wishing = form_read(gate.wishing(gate.signed_in))

    @router.post("/my/{number}/information", include_in_schema=False, max_body_size=LARGEST_UPLOAD)
    async def answer(request: Request, number: str, visitor: Annotated[Visitor, Depends(wishing)]) -> Response:
        """Answer what was asked. When it is asked no more, what was typed goes into the box for everything else."""
        form, person, tongue = await request.form(), as_requester(visitor.person), page.pages.tongue(visitor)
        given = (page.forms, visitor.language, tickets, blobs, scan_of(request))
        try:
            ticket = await own(person, number, tickets)
        except DependencyDown as error:
            draft = Draft(my_question.in_words(form), key_of(form), {}, tongue.say(my_replies.DOWN))
            return page.unsent(request, visitor, number, draft) if draft.text else _raise(error)
        try:
            limits.count(person)
            await my_question.send(person, ticket, form, *given)
        except (BadInput, Conflict, DependencyDown, TooMany) as error:
            question = my_question.asked(ticket, page.forms)
            if question is None or my_question.is_over(error, ticket, form):
                draft = Draft(my_question.in_words(form), key_of(form), {}, tongue.say(my_replies.OVER))
                return page.show(request, visitor, ticket, draft=draft, error=Conflict(my_replies.OVER))
            answering = my_question.again(question, form, error, tongue)
            return page.show(request, visitor, ticket, answering=answering, error=error)
        return _back(number, "answered")


def _tap(router: APIRouter, gate: Gate, page: MyPage, tickets: Tickets, path: str, limits: Limits) -> None:
    wish, said = TAPS[path]

    @router.post(f"/my/{{number}}/{path}", include_in_schema=False, name=f"my_{path}")
    async def tap(
        request: Request, number: str, visitor: Annotated[Visitor, Depends(gate.wishing(gate.signed_in))]
    ) -> Response:
        """One tap; what is not possible any more is said on the page."""
        form, person = await request.form(), as_requester(visitor.person)
        ticket = await own(person, number, tickets)
        helpful = text_of(form, "helpful")
        if path == "rating" and helpful not in ("yes", "no"):
            raise BadInput("Say yes or no.")
        body = {"helpful": helpful == "yes"} if path == "rating" else {}
        try:
            limits.count(person)
            await tickets.wish(person, ticket.number, wish, body, key_of(form))
        except TooMany as error:
            return page.show(request, visitor, ticket, error=error)
        except Conflict:
            # It was opened again, or joined to another one, in another window: the page shows it.
            return _back(number, "late")
        return _back(number, said)


def _back(number: str, written: str) -> Response:
    return RedirectResponse(f"/my/{number}?written={written}", 303)


def _raise(error: DependencyDown) -> Response:
    raise error
