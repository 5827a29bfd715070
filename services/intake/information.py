"""The door for who was asked for information: a small form of just those questions, of the form's version of then."""

import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.intake import follow_pages as pages
from services.intake.api import Door
from services.intake.bodies import Body, read
from services.intake.follow import NO_STORE, again, arrived, followed_page, own_link, page, refusal, renewing, send
from services.intake.follow_pages import Box
from services.intake.followed import OVER, Followed, Requests, Sent
from services.intake.negotiation import language_of, wants_page
from services.intake.texts import say
from shared.errors import BadInput, Conflict, DependencyDown, NotFound, SportelloError
from shared.events import Language
from shared.forms.reply import MESSAGE, Narrowed, narrowed
from shared.forms.view import display
from shared.identity import read_information_token
from shared.ids import random_id
from shared.policy import Person


def routes(door: Door, requests: Requests) -> APIRouter:
    """`/information/{token}`"""
    router = APIRouter()

    @router.get("/information/{token}")
    async def ask(token: str, request: Request) -> Response:
        """The small form of a request for information: just the fields that were asked, and room for a message."""
        door.guard.look_up(request, language_of(request))
        holder, article = read_information_token(token, door.settings.signing_key)
        try:
            followed = await requests.read(holder)
        except NotFound as error:
            return refusal(request, error, language_of(request), renewing(door, holder))
        language = _language(request, followed)
        if not _is_asked(followed, article):
            return _over(door, request, holder, followed, language)
        question = _question(door, request, followed, article)
        return _information_page(question, language, Box(_question_url(token, question, language), random_id()))

    @router.post("/information/{token}")
    async def answer_question(token: str, request: Request) -> Response:
        """Answer it, as JSON, form data or multipart, with an `Idempotency-Key` (or the field `_key`).

        409 when it was answered or replaced meanwhile.
        """
        return await _Answer(door, requests, token, request).given()

    return router


class Question(NamedTuple):
    """What an information link asks. `number` is None when only the page's own address could say what it asked."""

    form: Narrowed
    number: str | None


class _Answer:
    """One answer to a question: what is known of it so far decides how a refusal looks."""

    def __init__(self, door: Door, requests: Requests, token: str, request: Request) -> None:
        self.door, self.requests, self.token, self.request = door, requests, token, request
        self.holder, self.article = read_information_token(token, door.settings.signing_key)
        self.language = language_of(request)
        self.followed: Followed | None = None
        # The page's own address says what it asked, for when nobody else can.
        self.question = _by_address(door, request)
        self.body: Body | None = None

    async def given(self) -> Response:
        try:
            sent = await self._send()
        except SportelloError as error:
            return await self._refused(error)
        return arrived(self.request, own_link(self.door, self.holder), self.door, sent, self.language)

    async def _send(self) -> Sent:
        try:
            self.followed = await self.requests.read(self.holder)
        except DependencyDown:
            if self.question:
                self.body = await self._read(self.question.form)
            raise
        self.language = _language(self.request, self.followed)
        self.question = _question(self.door, self.request, self.followed, self.article)
        self.body = await self._read(self.question.form)
        # Sent also when the question is over: a repeat of the very answer that ended it gets the same answer.
        form = self.question.form
        return await send(
            self.door, self.requests, self.holder, form, self.body, self.request, self.language, self.article
        )

    async def _read(self, form: Narrowed) -> Body:
        return await read(self.request, form, self.language, spare=form.max_upload_bytes)

    async def _refused(self, error: SportelloError) -> Response:
        followed, body = self.followed, self.body
        if not wants_page(self.request) or body is None or self.question is None:
            return refusal(self.request, error, self.language, renewing(self.door, self.holder))
        if followed and _is_over(error, followed, self.article):
            # It may have been answered just now, in another window.
            with contextlib.suppress(SportelloError):
                followed = await self.requests.read(self.holder)
            return _over(self.door, self.request, self.holder, followed, self.language, body)
        box = again(_question_url(self.token, self.question, self.language), body, error, self.language)
        return _information_page(self.question, self.language, box, error)


def _language(request: Request, followed: Followed) -> Language:
    """The ticket's own, unless the reader chose another."""
    return language_of(request) if "lang" in request.query_params else followed.language


def _is_asked(followed: Followed, article: str) -> bool:
    return followed.information is not None and followed.information.article == article


def _is_over(error: SportelloError, followed: Followed, article: str) -> bool:
    stale = isinstance(error, BadInput) and not _is_asked(followed, article)
    return stale or error.extra.get("code") == OVER


def _question(door: Door, request: Request, followed: Followed, article: str) -> Question:
    """What is asked now; for a question that is over, what the page of then asked."""
    if followed.information is None or followed.information.article != article:
        if then := _by_address(door, request):
            return then._replace(number=followed.number)
        form = door.forms.get(followed.form, followed.version)
        return Question(narrowed(form, tuple(form.by_id)), followed.number)
    form = door.forms.get(followed.form, followed.version)
    return Question(narrowed(form, followed.information.fields), followed.number)


def _by_address(door: Door, request: Request) -> Question | None:
    name, _, rest = request.query_params.get("asked", "").partition(".")
    version, *asked = rest.split(".")
    # Longer than any version will ever be.
    if not (version.isascii() and version.isdigit() and len(version) < 6):
        return None
    try:
        return Question(narrowed(door.forms.get(name, int(version)), asked), None)
    except NotFound:
        return None


def _question_url(token: str, question: Question, language: Language) -> str:
    form = question.form
    asked = ".".join([form.id, str(form.version), *(field for field in form.by_id if field != MESSAGE)])
    return f"/information/{token}?lang={language}&asked={asked}"


def _over(
    door: Door, request: Request, holder: Person, followed: Followed, language: Language, body: Body | None = None
) -> Response:
    """The question is asked no more: what was typed goes into the box for everything else."""
    sentence = say(language, "information_over")
    if not wants_page(request):
        return refusal(request, Conflict(sentence, code=OVER), language)
    url = f"{own_link(door, holder)}?lang={language}"
    box = Box(url, random_id())
    if body is not None:
        typed = _in_words(door, followed, body.values, language)
        box = Box(url, random_id(), {MESSAGE: typed}, notice=sentence)
    html = followed_page(door, holder, followed, language, box, over=body is None)
    return HTMLResponse(html, Conflict.status, headers=NO_STORE)


def _in_words(door: Door, followed: Followed, values: Mapping[str, Any], language: Language) -> str:
    form = door.forms.get(followed.form, followed.version)
    given = {field: value for field, value in values.items() if field in form.by_id and value not in ("", [], None)}
    lines = [f"{label}: {text}" for label, text in display(form, given, language)]
    return "\n".join([*lines, *filter(None, [str(values.get(MESSAGE, ""))])])


def _information_page(
    question: Question, language: Language, box: Box, error: SportelloError | None = None
) -> HTMLResponse:
    return page(pages.render_information(question.form, question.number, language, box), error)
