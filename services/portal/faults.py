"""Errors as pages a person can use: what happened, what to do, in their language. Nothing of our inner life."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.portal import csrf
from services.portal.drafts_pages import SCRIPT
from services.portal.gate import Gate
from services.portal.i18n import marked as _
from services.portal.pages import Pages, address
from services.portal.stranded import Stranded
from shared.errors import NotSignedIn, SportelloError
from shared.log import get_logger
from shared.mongo import STORE_DOWN

log = get_logger()


class Fault(NamedTuple):
    """A title and what to do, as message ids."""

    title: str
    advice: str


FAULTS: dict[int, Fault] = {
    403: Fault(_("This page is not for you"), _("Your account has no access here. Sign in as somebody who has.")),
    404: Fault(
        _("There is nothing here"),
        _("The address may be mistyped, or what it names is not yours to see. Check the number."),
    ),
    409: Fault(_("This changed meanwhile"), _("Somebody was faster. Go back, look at it again, then decide.")),
    413: Fault(
        _("That was too much"),
        _(
            "What was sent is larger than this page takes: a text can have 50,000 characters at most. Go back with your"
            " browser’s button: what you wrote is still in its field."
        ),
    ),
    422: Fault(_("Something in this request doesn’t fit"), _("Go back and try again from the page itself.")),
    500: Fault(
        _("Something went wrong on our side"),
        _("Nothing you had confirmed is lost. Try again; if it happens again, tell the help desk what you did."),
    ),
    503: Fault(
        _("A part of Sportello doesn’t answer just now"),
        _("Nothing is lost. It usually comes back by itself within moments: try again."),
    ),
}
REFUSED_FORM = Fault(_("This form can’t be accepted"), csrf.REFUSED)


def install(app: FastAPI, gate: Gate, pages: Pages) -> Callable[[Request], Awaitable[Response]]:
    """Replace the problem+json of the internal services by pages. Returns the page for a body that is too large."""

    async def show(request: Request, status: int, fault: Fault) -> HTMLResponse:
        visitor = await gate.visitor_if_possible(request)
        retry = address(request) if status == 503 and request.method == "GET" else None
        return pages.show(request, visitor, "error.html", status, code=status, fault=fault, retry=retry)

    async def large(request: Request) -> Response:
        return await show(request, 413, FAULTS[413])

    def answering(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def answer(request: Request, _: Exception) -> Response:
            return await show(request, status, FAULTS[status])

        return answer

    async def ours(request: Request, error: Exception) -> Response:
        if isinstance(error, NotSignedIn):
            return _to_sign_in(request)
        if isinstance(error, Stranded):
            visitor = await gate.visitor_if_possible(request)
            status = 403 if error.signed_in else 401
            return pages.show(request, visitor, "stranded.html", status, stranded=error)
        status = error.status if isinstance(error, SportelloError) and error.status in FAULTS else 500
        fault = REFUSED_FORM if str(error) == csrf.REFUSED else FAULTS[status]
        return await show(request, status, fault)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await show(request, status, FAULTS.get(status, FAULTS[404]))

    app.add_exception_handler(SportelloError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, answering(422))
    app.add_exception_handler(Exception, answering(500))
    for error in STORE_DOWN:
        app.add_exception_handler(error, answering(503))
    return large


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, and back afterwards. A stream or a draft is just refused: the page around asks."""
    if "text/event-stream" in request.headers.get("accept", "") or SCRIPT in request.headers:
        return Response(status_code=401)
    page = address(request)
    if request.headers.get("hx-request") or request.method != "GET":
        # A part of a page, or a form: what the person was looking at is the page around it.
        around = urlsplit(request.headers.get("hx-current-url") or request.headers.get("referer") or "/")
        page = around.path + (f"?{around.query}" if around.query else "")
    target = f"/sign-in?{urlencode({'next': page})}" if page != "/" else "/sign-in"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)
