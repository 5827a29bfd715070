"""The door for who has a link: what became of a request, and writing to it again.

There are two: the sender's own, of a 202, and the one that mails carry, which ends when its request's links are ended.

The token in the address is the secret: there are no cookies, so nothing a foreign site could misuse.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from services.intake import follow_pages as pages
from services.intake.api import Door, checked_key, good_key
from services.intake.bodies import Body, read
from services.intake.follow_pages import Box
from services.intake.followed import LINK_ENDED, OVER, SAID, Followed, Requests, Sent
from services.intake.negotiation import cors, language_of, preflight, wants_page
from services.intake.pages import render_problem
from services.intake.refusals import answer, faults_of, title_of
from services.intake.texts import say
from shared.errors import BadInput, Conflict, DependencyDown, NotFound, SportelloError, TooMany
from shared.events import Language
from shared.forms.reply import REPLY, Narrowed, check_reply
from shared.forms.texts import say as files_refused
from shared.identity import follow_token, information_token, read_follow_token, read_submission_token
from shared.ids import digest, random_id
from shared.policy import Person

NO_STORE = {"Cache-Control": "no-store"}
HOUR = 3600
NEW_LINK = "new-link"


class Kind(NamedTuple):
    """A kind of link: the address it begins with, and who holds its token."""

    path: str
    read: Callable[[str, str], Person]


SENDERS = Kind("submissions", read_submission_token)
MAILED = Kind("requests", read_follow_token)
KINDS = (SENDERS, MAILED)


def routes(door: Door, requests: Requests) -> APIRouter:
    """`/submissions/{token}` and `/requests/{token}`"""
    router = APIRouter()
    _asking(router, door)
    for kind in KINDS:
        _following(router, door, requests, kind)
        _writing(router, door, requests, kind)
        _saying(router, door, requests, kind)
    return router


def _asking(router: APIRouter, door: Door) -> None:
    @router.options("/submissions/{token}", include_in_schema=False)
    async def may_follow(token: str, request: Request) -> Response:
        """A browser asks before it reads from another origin."""
        return Response(status_code=204, headers=preflight(request, door.all_origins))


def _following(router: APIRouter, door: Door, requests: Requests, kind: Kind) -> None:
    @router.get(f"/{kind.path}/{{token}}", name=f"follow_{kind.path}")
    async def follow(token: str, request: Request, before: Annotated[int | None, Query(ge=1)] = None) -> Response:
        """What became of a submission: its number once it has one, and its state in plain words."""
        door.guard.look_up(request, language_of(request))
        holder = kind.read(token, door.settings.signing_key)
        followed: Followed | None
        try:
            followed = await requests.read(holder, before)
        except NotFound as error:
            if error.extra.get("code") == LINK_ENDED or kind is MAILED:
                return refusal(request, error, language_of(request), renewing(door, holder))
            # Accepted, and still on its way through the queues.
            followed = None
        headers = {**cors(request, door.all_origins), **NO_STORE}
        if wants_page(request):
            language = language_of(request)
            box = Box(box_url(kind, token, language), random_id()) if followed else None
            said = request.query_params.get("said", "")
            return page(followed_page(door, holder, followed, language, box, said=said), None, headers)
        number, state = (followed.number, followed.state) if followed else (None, "received")
        return JSONResponse({"number": number, "state": state}, headers=headers)


def _writing(router: APIRouter, door: Door, requests: Requests, kind: Kind) -> None:
    @router.post(f"/{kind.path}/{{token}}", name=f"write_{kind.path}")
    async def write(token: str, request: Request) -> Response:
        """Write to a request again: words, files or both, as JSON, form data or multipart. It reopens a closed one.

        `Idempotency-Key` (or the field `_key`) makes a repeat the same reply.
        """
        holder, language = kind.read(token, door.settings.signing_key), language_of(request)
        body: Body | None = None
        try:
            body = await read(request, REPLY, language, spare=REPLY.max_upload_bytes)
            sent = await send(door, requests, holder, REPLY, body, request, language)
        except SportelloError as error:
            if not wants_page(request) or body is None:
                return refusal(request, error, language, renewing(door, holder))
            if error.extra.get("code") == LINK_ENDED:
                return refusal(request, error, language, renewing(door, holder))
            box = again(box_url(kind, token, language), body, error, language)
            followed: Followed | None = None
            # Whoever could not take it can't be asked for the rest of the page either, nor for who sends too much.
            if not isinstance(error, (DependencyDown, TooMany)):
                try:
                    followed = await requests.read(holder)
                except SportelloError as worse:
                    if worse.extra.get("code") == LINK_ENDED:
                        return refusal(request, worse, language, renewing(door, holder))
            return page(followed_page(door, holder, followed, language, box), error)
        return arrived(request, f"/{kind.path}/{token}", door, sent, language)


def _saying(router: APIRouter, door: Door, requests: Requests, kind: Kind) -> None:
    """What is said with one tap. Each comes back to the page, which says that it was understood."""

    @router.post(f"/{kind.path}/{{token}}/{{what}}", name=f"say_{kind.path}")
    async def say_it(token: str, what: str, request: Request) -> Response:
        """`thanks`, `rating` (`helpful`: `yes` or `no`), `end` all links to this request, or mail a `new-link`."""
        holder, language = kind.read(token, door.settings.signing_key), language_of(request)
        door.guard.look_up(request, language)
        if what == NEW_LINK:
            return await _mailed_anew(door, requests, holder, request, language)
        try:
            body = await read(request, REPLY, language) if "content-type" in request.headers else Body({})
            helpful, given = str(body.values.get("helpful")), checked_key(request, body, language)
            if what not in SAID:
                raise HTTPException(404)
            if what == "rating" and helpful not in ("yes", "no"):
                raise BadInput(say(language, "rating_which"))
            this = digest([holder.ticket, given, what, helpful]) if given else None
            door.guard.reply(request, language, holder.ticket, this)
            await requests.say(holder, what, helpful == "yes", given or random_id())
        except SportelloError as error:
            if not (isinstance(error, Conflict) and wants_page(request)):
                return refusal(request, error, language, renewing(door, holder))
            # Opened again or joined in another window, or closed for too long: the page shows it.
            return RedirectResponse(f"/{kind.path}/{token}?lang={language}&said=late", 303, NO_STORE)
        if what == "end":
            words = (say(language, "links_ended_title"), say(language, "links_ended"))
            return problem_page(words, language) if wants_page(request) else JSONResponse({"said": what})
        url = f"/{kind.path}/{token}?lang={language}&said={what}"
        return RedirectResponse(url, 303, NO_STORE) if wants_page(request) else JSONResponse({"said": what})


async def _mailed_anew(
    door: Door, requests: Requests, holder: Person, request: Request, language: Language
) -> Response:
    """Whose link was ended has a new one with one press: at the request's own address, where only its owner reads."""
    try:
        door.guard.reply(request, language, None)
        await requests.mail_link_of(holder)
    except SportelloError as error:
        return refusal(request, error, language)
    told = " ".join((say(language, "new_link_mailed"), say(language, "new_link_wait_own")))
    if wants_page(request):
        html = render_problem(202, say(language, "new_link_title"), told, language)
        return HTMLResponse(html, 202, headers=NO_STORE)
    return JSONResponse({"message": told}, 202, NO_STORE)


async def send(
    door: Door,
    requests: Requests,
    holder: Person,
    form: Narrowed,
    body: Body,
    request: Request,
    language: Language,
    information: str | None = None,
) -> Sent:
    """Check what was written and its files; hand it to tickets. `information`: the article that it answers."""
    given = checked_key(request, body, language)
    key = given or random_id()
    this = digest([holder.ticket, given, information, body.entries]) if given else None
    door.guard.reply(request, language, holder.ticket, this)
    reply = check_reply(form, body.values, body.uploads, language)
    await door.desk.scan.look(reply.files, body.contents, language, files_refused(language, "reply_detail"))
    try:
        return await requests.reply(holder, reply, body.contents, key, information)
    except NotFound as error:
        if error.extra.get("code") == LINK_ENDED:
            raise
        # Accepted, and still on its way through the queues.
        raise DependencyDown(error.detail) from error


def box_url(kind: Kind, token: str, language: Language) -> str:
    """Where the box of a request's page writes to."""
    return f"/{kind.path}/{token}?lang={language}"


def own_link(door: Door, holder: Person) -> str:
    """The page of the request, for who came by another link to it: for an hour, no longer than a visit."""
    return f"/{MAILED.path}/{follow_token(str(holder.ticket), holder.follow_epoch, door.settings.signing_key, HOUR)}"


def renewing(door: Door, holder: Person) -> str:
    """Where a link to this request is asked for, for who comes by one that was ended: the path of `NEW_LINK`."""
    return f"{own_link(door, holder)}/{NEW_LINK}"


def problem_page(words: tuple[str, str], language: Language, status: int = 200) -> HTMLResponse:
    """A page that says one thing."""
    return HTMLResponse(render_problem(status, *words, language, new_link=True), status, headers=NO_STORE)


def again(action: str, body: Body, error: SportelloError, language: Language) -> Box:
    """What was typed, with its key, so that sending it again is the same reply; and what is wrong."""
    faults = faults_of(error)
    notice = None
    if isinstance(error, DependencyDown):
        notice = say(language, "reply_later")
    elif not faults:
        # `code`: tickets' own words, which are for operators.
        notice = say(language, "reply_refused") if "code" in error.extra else error.detail
    return Box(action, good_key(body.key) or random_id(), body.values, {} if notice else faults, notice)


def followed_page(
    door: Door,
    holder: Person,
    followed: Followed | None,
    language: Language,
    box: Box | None,
    *,
    over: bool = False,
    said: str = "",
) -> str:
    """The page of a request, with the way to the question that is open."""
    url = ""
    if followed and followed.information:
        key, article = door.settings.signing_key, followed.information.article
        token = information_token(str(holder.ticket), article, key, holder.follow_epoch)
        url = f"/information/{token}?lang={language}"
    usual = door.usual_of(followed.form, language, followed.queue) if followed and followed.unanswered else ""
    told = {"information_url": url, "usual": usual, "said": said}
    return pages.render_followed(followed, language, box, over=over, queues=door.queues, forms=door.forms, **told)


def page(html: str, error: SportelloError | None, headers: Mapping[str, str] = NO_STORE) -> HTMLResponse:
    """The page as an answer, with the status of what went wrong."""
    later = {"Retry-After": str(error.retry_after)} if error and error.retry_after else {}
    return HTMLResponse(html, error.status if error else 200, headers={**headers, **later})


def refusal(request: Request, error: SportelloError, language: Language, renew: str = "") -> Response:
    """A refusal in words of its own where those for forms don't fit. `renew`: where a new link is asked for, if it
    was ended."""
    words = None
    if isinstance(error, NotFound) and error.extra.get("code") == LINK_ENDED:
        words = (say(language, "link_ended_title"), say(language, "link_ended"))
        if renew and wants_page(request):
            html = render_problem(error.status, *words, language, renew_url=f"{renew}?lang={language}")
            return HTMLResponse(html, error.status, headers=NO_STORE)
    elif isinstance(error, NotFound):
        words = (say(language, "link_gone_title"), say(language, "link_gone"))
    elif isinstance(error, DependencyDown):
        words = (say(language, "retry_title"), say(language, "reply_later"))
    elif error.extra.get("code") == OVER:
        words = (title_of(error, language), say(language, "information_over"))
    elif "code" in error.extra:
        words = (title_of(error, language), say(language, "reply_refused"))
    return answer(request, error, NO_STORE, words)


def arrived(request: Request, path: str, door: Door, sent: Sent, language: Language) -> Response:
    """Thanks, with the number and the way to the request's page at `path`."""
    url = door.settings.intake_url.rstrip("/") + path
    if wants_page(request):
        return HTMLResponse(pages.render_replied(sent, url, language), headers=NO_STORE)
    said = {"number": sent.number, "status_url": url, "message": pages.said_of(sent, language)}
    return JSONResponse(said, headers=NO_STORE)
