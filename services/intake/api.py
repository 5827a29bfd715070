"""The public door: forms as pages and contracts, and submissions in three body types. What follows is in `follow`."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.intake import challenges, pages
from services.intake.bodies import Body, place_of, read
from services.intake.challenges import KEY
from services.intake.faq import Faq
from services.intake.followed import Requests
from services.intake.guide import Shown
from services.intake.handlers import Accepted, Desk, Sender
from services.intake.negotiation import (
    cors,
    language_of,
    origin_of,
    prefers_async,
    preflight,
    site_of,
    wants_page,
)
from services.intake.pages import FormPage
from services.intake.refusals import answer, faults_of, in_words
from services.intake.retired import FormChanged, again_of, earlier
from services.intake.script import embedded, sent_small
from services.intake.texts import say
from services.intake.vouching import UNFIT, SignInAgain, mendable, vouched
from shared.config import Settings
from shared.errors import BadInput, NotFound, SportelloError
from shared.events import Language, Requester
from shared.forms.data import TRAP_FIELD, from_pairs
from shared.forms.model import Form
from shared.identity import submission_token
from shared.ids import random_id
from shared.reload import PAUSE, Kept
from shared.usual import Usual

STATIC = Path(__file__).parent / "static"
LONGEST_QUESTION = 200
# Seconds until every copy has read a file that one of them has: it takes two looks, and more while a machine is busy.
LONGEST_LAG = 8 * PAUSE


class Door:
    """What the routes need, built by `app`."""

    def __init__(
        self,
        settings: Settings,
        shown: Shown,
        desk: Desk,
        requests: Requests,
        faq: Kept[Faq],
        usual: Usual,
        watches: Sequence[Kept[Any]] = (),
    ) -> None:
        self.settings = settings
        self.forms, self.queues, self.guide = shown
        self.desk = desk
        self.guard = desk.guard
        self.requests = requests
        self.faq = faq
        self.usual = usual
        self.watches = watches
        self.origin = origin_of(settings.intake_url)

    @property
    def all_origins(self) -> frozenset[str]:
        """The origins of every site."""
        return frozenset(origin for site in self.forms.sites.values() for origin in site.origins)

    async def version(self, form_id: str, version: str) -> Form | None:
        """A version that somebody has filled in; one that this copy hasn't read yet is waited for."""
        deadline = time.monotonic() + LONGEST_LAG
        while (found := self.forms.at(form_id, version)) is None and self._may_come(form_id, version):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(PAUSE / 4)
        return found

    def _may_come(self, form_id: str, version: str) -> bool:
        return version.isascii() and version.isdigit() and int(version[:9]) == self.forms.current(form_id).version + 1

    def refused_files(self) -> list[str]:
        """What keeps newer files of the configuration out: `file:line: sentence`, the file below its folder."""
        folder = f"{self.settings.config_dir}/"
        return [kept.fault.replace(folder, "") for kept in self.watches if kept.fault]

    def status_url(self, ticket: str) -> str:
        """Where the sender may ask what became of it."""
        token = submission_token(ticket, self.settings.signing_key)
        return f"{self.settings.intake_url.rstrip('/')}/submissions/{token}"

    def usual_of(self, form: str, language: Language, queue: str = "") -> str:
        """When an answer usually comes from `queue`, or where requests of this form go; empty when nobody knows."""
        return self.usual.sentence(queue or self.guide.queue_of(form), language)

    def vouched(self, token: str | None, site: str, language: Language) -> Requester | None:
        """The requester the site vouches for. A wrong or expired context is refused, not ignored."""
        return vouched(token, self.forms.sites[site], self.settings.site_key(site), language)


def routes(door: Door) -> APIRouter:
    """All public routes."""
    router = APIRouter()
    # Routes are tried in order: first the one that everybody's hurry is about.
    _submissions(router, door)
    challenges.routes(router, door)
    _forms(router, door)
    return router


def _forms(router: APIRouter, door: Door) -> None:
    @router.get("/forms", response_class=HTMLResponse)
    async def list_forms(request: Request) -> Response:
        """Every form, as a page (with `?q=`: what fits these words) or as JSON."""
        language = language_of(request)
        if wants_page(request):
            asked = request.query_params.get("q", "")[:LONGEST_QUESTION].strip()
            context = request.query_params.get("context", "")
            return HTMLResponse(pages.render_list(door.guide, language, asked, context=context))
        forms = door.forms.all_current()
        listed = [{"form": form.id, "version": form.version, "title": form.title.say(language)} for form in forms]
        return JSONResponse({"forms": listed})

    @router.get("/forms/{form_id}", response_class=HTMLResponse)
    async def show_form(form_id: str, request: Request) -> Response:
        """The form as an accessible page that works without JavaScript.

        `f.<field>=` answers beforehand (nothing personal), `page` says in words where the person comes from.
        """
        form, language = door.forms.current(form_id), language_of(request)
        context = request.query_params.get("context", "")
        site = site_of(request, form, door.forms, door.origin, language)
        page = place_of(request.query_params.get("page")) or ""
        try:
            person = door.vouched(context, site, language)
        except SignInAgain as error:
            # Told before anything is typed; the form is there all the same.
            given = Body(_beforehand(form, request), page=page)
            return _refused(door, request, form, language, given, error, {})
        known = {"name": person.name, "email": person.email} if person else {}
        values = {**_beforehand(form, request), **known}
        return _page(door, request, form, language, values=values, context=context, page=page)

    @router.get("/forms/{form_id}/contract")
    async def contract(form_id: str, request: Request, since: str = "", level: str = "2") -> Response:
        """The form as JSON Schema with what a page needs to draw it. `since`: the version begun with, to say what is
        new; `level`: of its heading.
        """
        try:
            form, language = door.forms.current(form_id), language_of(request)
        except NotFound as error:
            # Told to every site we know: a page with a wrong form's name should learn it, not try again.
            return answer(request, error, cors(request, door.all_origins))
        # Asked again each time: a form that changed is on every site at once.
        headers = {**cors(request, door.forms.origins(form)), "Cache-Control": "no-cache"}
        headings = int(level) if level in ("1", "2", "3", "4") else 2
        old = door.forms.at(form_id, since)
        packet = pages.packed_contract(form, language, door.settings.intake_url, old, headings)
        return sent_small(request, packet, headers)

    @router.options("/forms/{form_id}/{rest:path}", include_in_schema=False)
    async def may_send(form_id: str, rest: str, request: Request) -> Response:
        """A browser asks before it sends from another origin."""
        return Response(status_code=204, headers=preflight(request, door.forms.origins(door.forms.current(form_id))))

    @router.get("/embed.js", include_in_schema=False)
    async def script(request: Request) -> Response:
        """`<sportello-form>`: one script for every site."""
        return embedded(request)


def _submissions(router: APIRouter, door: Door) -> None:
    @router.post("/forms/{form_id}/submissions", status_code=201)
    async def submit(form_id: str, request: Request) -> Response:
        """Send a form. 201 with the number, or 202 when the ticket isn't open yet; both point to its status.

        JSON, form data or multipart; `Idempotency-Key` (or the field `_key`) makes a repeat the same submission.
        422 names each field, 413 and 415 the file, 401 a site's word that doesn't hold, 403 a site that may not; with
        `Retry-After` 429 who sends too much, and 503 what was not stored.
        """
        language = language_of(request)
        form = door.forms.current(form_id)
        headers = cors(request, door.forms.origins(form))
        body: Body | None = None
        try:
            site = site_of(request, form, door.forms, door.origin, language)
            body = await read(request, form, language, versions=door.version)
            # While it was read, a newer version may have come.
            form = door.forms.current(form_id)
            accepted = await _sent(door, request, form, body, site, language)
        except SportelloError as error:
            return _refused(door, request, form, language, body, error, headers)
        return _accepted(door, request, language, accepted, headers, door.usual_of(form.id, language, accepted.queue))


async def _sent(door: Door, request: Request, form: Form, body: Body, site: str, language: Language) -> Accepted:
    """Accepts it, or tells again what was accepted of it before."""
    key, now = checked_key(request, body, language), datetime.now(UTC)
    sender = Sender(site, language, key, None, door.guard.address_of(request))
    try:
        sender = replace(sender, person=door.vouched(body.context, site, language))
    except SignInAgain as error:
        # Perhaps it was accepted while the word held, and only the answer was lost.
        was = replace(sender, person=error.was)
        if error.was and (accepted := await again_of(door.forms, door.guard, form, body, was, now)):
            return accepted
        raise
    if body.version in (None, str(form.version)):
        try:
            return await door.desk.accept(form, body, sender, now, wait=not prefers_async(request))
        except BadInput as refused:
            raise (mendable(refused, door.forms.sites[site], language) if sender.person else refused) from None
    return await earlier(door.forms, door.guard, form, body, sender, now)


def _accepted(
    door: Door, request: Request, language: Language, accepted: Accepted, headers: dict[str, str], usual: str
) -> Response:
    status = 201 if accepted.number else 202
    url = door.status_url(accepted.ticket_id)
    headers = {**headers, "Location": url}
    if wants_page(request):
        return HTMLResponse(pages.render_result(accepted.number, url, language, usual), status, headers=headers)
    body = {"status_url": url, **({"number": accepted.number} if accepted.number else {})}
    body |= {"usual": usual} if usual else {}
    return JSONResponse(body, status, headers=headers)


def _refused(
    door: Door,
    request: Request,
    form: Form,
    language: Language,
    body: Body | None,
    error: SportelloError,
    headers: dict[str, str],
) -> Response:
    if error.retry_after:
        headers = {**headers, "Retry-After": str(error.retry_after)}
    if wants_page(request) and body is not None:
        # What was typed stays on the page; so does its key, so that sending again is the same submission.
        # Without a word that doesn't hold: the next try is signed in anew, or from nobody in particular.
        unvouched = isinstance(error, SignInAgain) or error.extra.get("code") == UNFIT
        context = "" if unvouched else body.context or ""
        kept = {"key": good_key(body.key), "context": context, "page": body.page or ""}
        if isinstance(error, FormChanged):
            page = _page(door, request, form, language, values=error.values, changes=error.news, **kept)
        else:
            faults = {field: words for field, words in faults_of(error).items() if field != TRAP_FIELD}
            notice = None if faults else in_words(error, language)[1]
            page = _page(door, request, form, language, values=body.values, errors=faults, notice=notice, **kept)
        page.status_code = error.status
        page.headers.update(headers)
        return page
    return answer(request, error, headers)


def _page(
    door: Door, request: Request, form: Form, language: Language, *, key: str | None = None, **shown: Any
) -> HTMLResponse:
    """The form's page. `shown`: what `FormPage` has."""
    site = request.query_params.get("site", "")
    action = f"/forms/{form.id}/submissions?lang={language}" + (f"&site={site}" if site in door.forms.sites else "")
    answers = door.faq.current.all(language, form.id)
    html = pages.render_form(form, language, FormPage(key or random_id(), action, answers=answers, **shown))
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _beforehand(form: Form, request: Request) -> dict[str, Any]:
    """Answers in the page's address: what anybody may know, and the person sees and can change."""
    given = [(name[2:], value) for name, value in request.query_params.multi_items() if name.startswith("f.")]
    may = {question.id for question in form.fields if not question.personal}
    return from_pairs(form, [(name, value) for name, value in given if name in may])


def good_key(given: str | None) -> str | None:
    """The idempotency key, if it is one."""
    return given if given and KEY.fullmatch(given) else None


def checked_key(request: Request, body: Body, language: Language) -> str | None:
    """The idempotency key, or None when there is none. `BadInput` when it is something else."""
    given = request.headers.get("idempotency-key") or body.key
    if given is not None and not KEY.fullmatch(given):
        raise BadInput(say(language, "bad_key"))
    return given or None
