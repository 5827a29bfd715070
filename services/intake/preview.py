"""The form maker's view: every form as people see it, in both languages and three widths, and what changed when.

It shows no data of people, but it is nobody's business either: there only in the demonstration, or with the link that
`sportello forms preview-link` makes. Nothing can be sent from it. (docs/forms.md)
"""

from itertools import pairwise
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.intake import pages
from services.intake.api import Door
from services.intake.negotiation import language_of, wants_page
from services.intake.pages import FormPage
from services.intake.preview_links import read_preview_token
from services.intake.refusals import answer
from services.intake.security import POLICY
from services.intake.texts import say
from shared.errors import NotFound, NotSignedIn
from shared.forms import Form
from shared.forms.changes import changes

WIDTHS: Final = (360, 768, 1280)
_FRAMES: Final = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'", "Cache-Control": "no-store"}
_FRAMED: Final = {
    "Content-Security-Policy": POLICY.replace("connect-src 'self'", "connect-src 'none'")
    .replace("form-action 'self'", "form-action 'none'")
    .replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
    "Cache-Control": "no-store",
}


def routes(door: Door) -> APIRouter:
    """`/forms/preview`"""
    router = APIRouter(include_in_schema=False)

    @router.get("/forms/preview")
    async def every_form(request: Request) -> Response:
        """All forms with their versions, what changed between them, and what is wrong with a file that was saved."""
        if refusal := _refused(door, request):
            return refusal
        forms = [_history(door, form) for form in door.forms.all_current()]
        return _page(request, "preview.html", forms=forms, refused=door.refused_files())

    @router.get("/forms/preview/{form_id}/{version}")
    async def one_version(form_id: str, version: str, request: Request) -> Response:
        """A version in frames of three widths, in both languages."""
        if refusal := _refused(door, request):
            return refusal
        form = _found(door, form_id, version)
        return _page(request, "preview_form.html", form=form, widths=WIDTHS, versions=door.forms.versions(form_id))

    @router.get("/forms/preview/{form_id}/{version}/frame")
    async def frame(form_id: str, version: str, request: Request) -> Response:
        """The form's own page, that can't be sent."""
        if refusal := _refused(door, request):
            return refusal
        form = _found(door, form_id, version)
        html = pages.render_form(form, language_of(request), FormPage("", "/forms/preview", preview=True))
        return HTMLResponse(html, headers=_FRAMED)

    return router


def _refused(door: Door, request: Request) -> Response | None:
    """None when the reader may look; without a link it is as if there were nothing here."""
    token, language = request.query_params.get("token", ""), language_of(request)
    if door.settings.demo != "off":
        return None
    if not token:
        return answer(request, NotFound())
    try:
        read_preview_token(token, door.settings.signing_key)
    except NotSignedIn as error:
        words = (say(language, "preview_title"), say(language, "preview_expired"))
        return answer(request, error, None, words) if wants_page(request) else answer(request, error)
    return None


def _found(door: Door, form_id: str, version: str) -> Form:
    form = door.forms.at(form_id, version)
    if form is None:
        raise NotFound("There is no such form.")
    return form


def _history(door: Door, form: Form) -> dict[str, object]:
    versions = door.forms.versions(form.id)
    steps = [{"new": new.version, "old": old.version, "changes": changes(old, new)} for new, old in pairwise(versions)]
    return {"form": form, "versions": versions, "steps": steps}


def _page(request: Request, template: str, **facts: object) -> Response:
    language, token = language_of(request), request.query_params.get("token", "")
    other = pages.other_address("", language, token=token)
    query = f"&token={token}" if token else ""
    html = pages.render(template, language, other_url=other, query=query, **facts)
    return HTMLResponse(html, headers=_FRAMES)
