"""The door for who has lost their link, or whose link is over: a new one is mailed to the request's own address.

The answer is the same whether or not there is such a request with such an address, and takes as long.
"""

import asyncio
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.intake.api import Door
from services.intake.bodies import read
from services.intake.follow import NO_STORE, refusal
from services.intake.followed import Requests
from services.intake.negotiation import language_of, wants_page
from services.intake.pages import other_address, render
from services.intake.refusals import faults_of
from services.intake.texts import say
from shared.errors import BadInput, DependencyDown, SportelloError
from shared.events import Language
from shared.forms.reply import REPLY

# Seconds that every answer takes at least: what was found or not can't be told by the clock.
LEAST: Final = 0.4
LONGEST: Final = {"number": 40, "email": 320}
_MISSING: Final = {"number": "new_link_no_number", "email": "new_link_no_email"}


def routes(door: Door, requests: Requests) -> APIRouter:
    """`/new-link`"""
    router = APIRouter()

    @router.get("/new-link")
    async def ask(request: Request) -> Response:
        """Number and address, as the first e-mail had them."""
        return _page(language_of(request), {})

    @router.post("/new-link")
    async def mail(request: Request) -> Response:
        """`number` and `email`. 202, whatever they are; 422 when one is missing."""
        language = language_of(request)
        given: dict[str, str] = {}
        try:
            values = (await read(request, REPLY, language)).values
            given = {name: str(values.get(name, "")).strip()[:most] for name, most in LONGEST.items()}
            door.guard.look_up(request, language)
            door.guard.reply(request, language, None)
            missing = [name for name in LONGEST if not given[name]]
            if missing:
                errors = [{"field": name, "message": say(language, _MISSING[name])} for name in missing]
                raise BadInput(say(language, "new_link_missing"), errors=errors)
            await asyncio.gather(requests.mail_link(given["number"], given["email"]), asyncio.sleep(LEAST))
        except SportelloError as error:
            if not (wants_page(request) and given):
                return refusal(request, error, language)
            return _page(language, given, error)
        if not wants_page(request):
            return JSONResponse({"message": say(language, "new_link_done")}, 202, NO_STORE)
        return _page(language, {}, done=True)

    return router


def _page(
    language: Language, given: dict[str, str], error: SportelloError | None = None, *, done: bool = False
) -> HTMLResponse:
    notice = error.detail if error else None
    if isinstance(error, DependencyDown):
        notice = say(language, "new_link_later")
    html = render(
        "new_link.html",
        language,
        other_url=None if error else other_address("", language),
        given=given,
        errors=faults_of(error) if error else {},
        notice=notice,
        done=done,
    )
    headers = {**NO_STORE, **({"Retry-After": str(error.retry_after)} if error and error.retry_after else {})}
    return HTMLResponse(html, error.status if error else 202 if done else 200, headers=headers)
