"""What somebody wrote and sent when their session had ended: it waits as their draft, or stands on a page to copy.

A text becomes a draft only when its form's token is that of a session which was this browser's and merely expired:
not one that was signed out, nor another person's. Nothing is read this way: the draft is shown to its person alone,
once they have signed in again.
"""

import time
from contextlib import suppress

from fastapi import Request

from services.portal import csrf
from services.portal.drafts import LONGEST_BACK, typed
from services.portal.drafts_pages import Place, drafted
from services.portal.gate import Asking, Gate, Visitor
from services.portal.kept_drafts import FORMS, WRITTEN
from services.portal.store import store_of
from shared.errors import Forbidden, NotSignedIn, SportelloError, TooLarge
from shared.mongo import STORE_DOWN


class Stranded(SportelloError):
    """`texts`: what was written. `kept`: it waits for its writer in the form of `where`; `before`: that form was sent
    once already, while the session lasted."""

    def __init__(self, where: Place, texts: list[str], kept: bool, before: bool, signed_in: bool) -> None:
        super().__init__("The session has ended.")
        self.where, self.texts, self.kept, self.before, self.signed_in = where, texts, kept, before, signed_in


def writing(gate: Gate, then: Asking) -> Asking:
    """`then`; who is turned away with something written finds it again."""

    async def writing(request: Request) -> Visitor:
        try:
            return await then(request)
        except (NotSignedIn, Forbidden) as error:
            if isinstance(error, Forbidden) and str(error) != csrf.REFUSED:
                raise
            stranded = await _stranded(request, gate)
            if stranded is None:
                raise
            raise stranded from error

    return writing


async def _stranded(request: Request, gate: Gate) -> Stranded | None:
    """None: the form is not one of our own pages', or nothing was written into it."""
    if not gate.is_from_our_pages(request):
        return None
    form = await request.form()
    number = str(request.path_params.get("number", ""))
    where = Place(number, request.url.path.removeprefix(f"/tickets/{number}/"))
    texts = [text for name in WRITTEN for text in typed(form).get(name, ()) if text.strip()]
    if not texts or sum(map(len, texts)) > LONGEST_BACK:
        return None
    kept, before, visitor = False, False, await gate.visitor(request)
    token = form.get(csrf.FIELD)
    session = await gate.lapsed(request, token) if isinstance(token, str) else None
    theirs = session is not None and (visitor.known is None or visitor.known.id == session.person.id)
    if session is not None and theirs and session.person.is_operator and where.form in FORMS and number.isdecimal():
        with suppress(TooLarge, *STORE_DOWN):
            draft = drafted(session.person.id, where, form)
            kept = await store_of(request).drafts.take_over(draft, time.time())
            before = not kept
            await store_of(request).make_room(draft, time.time())
    return Stranded(where, texts, kept, before, visitor.known is not None)
