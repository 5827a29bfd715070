"""The door for answered questions: the page, JSON for sites, what is like a few typed words, and "this helped".

What somebody types comes in a body, so that no log on the way has it; it is looked up in this process and forgotten.
"""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.intake import faq_pages as pages
from services.intake.faq import Answered
from services.intake.faq_search import LONGEST as LONGEST_TEXT
from services.intake.negotiation import cors, language_of, preflight, wants_page
from services.intake.refusals import answer
from services.intake.script import packed_json, sent_small
from services.intake.small import small_json
from services.intake.texts import say
from shared.errors import BadInput, NotFound, SportelloError
from shared.log import get_logger

if TYPE_CHECKING:
    from services.intake.api import Door

log = get_logger()
# Bytes of a question: a text of up to four bytes each, and what is around it.
LONGEST: Final = 4 * LONGEST_TEXT + 500
LONGEST_SEARCH: Final = 200
MOST_FOUND: Final = 10
_NO_STORE: Final = {"Cache-Control": "no-store"}


def routes(door: "Door") -> APIRouter:
    """`/faq` and below."""
    router = APIRouter()
    _reading(router, door)
    _asking(router, door)
    return router


def _reading(router: APIRouter, door: "Door") -> None:
    @router.options("/faq/{rest:path}", include_in_schema=False)
    async def may_ask(rest: str, request: Request) -> Response:
        """A browser asks before it sends from another origin."""
        return Response(status_code=204, headers=preflight(request, door.all_origins))

    @router.get("/faq", response_class=HTMLResponse)
    async def all_questions(request: Request, form: str = "") -> Response:
        """Every answered question, or those of one form; with `?q=`: those that are about these words.

        A page, or JSON for sites: the answers are HTML that is safe to show.
        """
        language = language_of(request)
        asked = request.query_params.get("q", "")[:LONGEST_SEARCH].strip()
        faq = door.faq.current
        if asked:
            door.guard.look_up(request, language, "faq")
            shown = faq.similar(asked, language, form, MOST_FOUND)
        else:
            shown = faq.all(language, form)
        if wants_page(request):
            return HTMLResponse(pages.render_faq(shown, door.forms, language, asked, form))
        url = f"{door.settings.intake_url.rstrip('/')}/faq?{urlencode({'lang': language})}"
        listed = [{**_said(each), "forms": each.forms, "url": f"{url}#{each.id}"} for each in shown]
        headers = {**cors(request, door.all_origins), "Cache-Control": "public, max-age=60"}
        answer = {"language": language, "questions": listed}
        if asked:
            # What was looked for stays out of what is compressed.
            return JSONResponse(answer, headers=headers)
        return sent_small(request, packed_json(answer), headers)


def _asking(router: APIRouter, door: "Door") -> None:
    @router.post("/faq/similar")
    async def similar(request: Request) -> Response:
        """Up to three answered questions like what is being typed: `{"text": ..., "form": ...}`."""
        language, headers = language_of(request), {**cors(request, door.all_origins), **_NO_STORE}
        try:
            door.guard.look_up(request, language, "faq")
            said = await small_json(request, LONGEST)
            text, form = said.get("text"), said.get("form", "")
            if not isinstance(text, str) or not isinstance(form, str):
                raise BadInput(say(language, "takes_json"))
        except SportelloError as error:
            return answer(request, error, headers)
        found = door.faq.current.similar(text, language, form)
        return JSONResponse({"questions": [_said(each) for each in found]}, headers=headers)

    @router.post("/faq/helped", status_code=204)
    async def helped(request: Request) -> Response:
        """Somebody found their answer and sends nothing: `{"question": ..., "form": ...}`. Counted, without them."""
        language, headers = language_of(request), {**cors(request, door.all_origins), **_NO_STORE}
        try:
            door.guard.look_up(request, language, "faq")
            said = await small_json(request, LONGEST)
            question, form = said.get("question"), said.get("form")
            if str(question) not in door.faq.current or form not in door.forms.ids():
                raise NotFound
        except SportelloError as error:
            return answer(request, error, headers)
        log.info("answer helped", question=question, form=form, language=language)
        return Response(status_code=204, headers=headers)


def _said(one: Answered) -> dict[str, object]:
    return {"id": one.id, "question": one.question, "html": one.html}
