"""Signing in and out, language and theme: by the university's accounts, or in a demo by choosing a sample person."""

import ipaddress
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.portal.gate import Asking, Gate, Visitor, local_path
from services.portal.i18n import marked as _
from services.portal.pages import Pages
from services.portal.sessions import Way
from services.portal.tastes import Taste, Theme
from services.portal.university import BACK, SignInFailed, University
from shared.config import Settings
from shared.errors import ConfigError, Forbidden, NotFound
from shared.events import Language
from shared.people import People
from shared.policy import Person

# What is said to somebody whom the university's sign-in sent back and who isn't in.
PROBLEMS: Final = {
    "cancelled": _("You did not complete the sign-in."),
    "stale": _("This sign-in took too long, or was begun in another window."),
    "incomplete": _("Your university account doesn’t tell us your name or your e-mail address. Tell the help desk."),
    "refused": _("The university’s sign-in gave an answer that we can’t accept. Nothing was lost."),
}


def check_demo(settings: Settings) -> None:
    """`ConfigError` where the demo sign-in would let strangers in: anybody may be anyone with it."""
    if settings.demo == "off":
        return
    if settings.oidc_issuer:
        raise ConfigError(
            f"SPORTELLO_DEMO is {settings.demo} while SPORTELLO_OIDC_ISSUER is set: choose one way to sign in"
        )
    if settings.demo != "public" and not _is_loopback(settings.host):
        raise ConfigError(
            f"SPORTELLO_DEMO is on while listening on {settings.host}: anybody who reaches it could be anyone; "
            "listen on 127.0.0.1, or say SPORTELLO_DEMO=public if that is meant"
        )


class Doors(NamedTuple):
    """The ways in that are open: the sample `people` of a demo, or the `university`; neither, and nobody can."""

    people: People | None = None
    university: University | None = None

    @classmethod
    def of(cls, settings: Settings, people: People) -> "Doors":
        """Those that the settings open. `ConfigError` when they are incomplete."""
        university = University(settings, people) if settings.oidc_issuer else None
        return cls(people if settings.demo != "off" else None, university)


def ways(settings: Settings) -> frozenset[Way]:
    """The sessions that count: those of a door that is open now."""
    demo: frozenset[Way] = frozenset({"demo"}) if settings.demo != "off" else frozenset()
    return demo | (frozenset({"oidc"}) if settings.oidc_issuer else frozenset())


def routes(gate: Gate, pages: Pages, doors: Doors) -> APIRouter:
    """`/sign-in`, `/sign-out`, `/language`, `/theme`."""
    router = APIRouter()
    wishing = gate.wishing(gate.visitor)
    _sign_in(router, wishing, gate, pages, doors)
    if doors.university:
        _by_university(router, gate, pages, doors.university)
    _others(router, wishing, gate, doors.university)
    return router


def _sign_in(router: APIRouter, wishing: Asking, gate: Gate, pages: Pages, doors: Doors) -> None:
    people, university = doors

    @router.get("/sign-in", include_in_schema=False)
    async def sign_in_page(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.visitor)],
        wanted: Annotated[str, Query(alias="next")] = "",
    ) -> Response:
        """Choose who to be; or straight on to the university's sign-in, unless one has just left."""
        wanted = local_path(wanted, "")
        if university is None:
            return pages.show(request, visitor, "sign_in.html", people=people, wanted=wanted)
        if visitor.known:
            return RedirectResponse(wanted or _home(visitor.known), 303)
        if not university.was_left(request):
            return RedirectResponse(_to_university(wanted), 303)
        way_out = await university.way_out()
        return pages.show(
            request, visitor, "sign_in.html", university=_to_university(wanted), left=True, way_out=way_out
        )

    @router.post("/sign-in", include_in_schema=False)
    async def sign_in(
        request: Request,
        visitor: Annotated[Visitor, Depends(wishing)],
        person: Annotated[str, Form()],
        wanted: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Be that person, and go where one wanted to go."""
        if people is None:
            raise Forbidden("No sign-in is configured.")
        chosen = people.get(person)
        if chosen is None:
            raise NotFound("There is no such person.")
        response = RedirectResponse(local_path(wanted, _home(chosen)), 303)
        await gate.sign_in(request, response, chosen)
        return response


def _by_university(router: APIRouter, gate: Gate, pages: Pages, university: University) -> None:
    @router.get("/sign-in/university", include_in_schema=False)
    async def begin(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.visitor)],
        wanted: Annotated[str, Query(alias="next")] = "",
    ) -> Response:
        """On to the university's own sign-in."""
        return await university.begin(request, wanted, visitor.language)

    @router.get(BACK, include_in_schema=False)
    async def back(request: Request, visitor: Annotated[Visitor, Depends(gate.visitor)]) -> Response:
        """Back from there: in, or told what went wrong and how to try again."""
        try:
            person, wanted = await university.complete(request)
        except SignInFailed as error:
            if visitor.known and error.reason == "stale":
                # The browser's back button, once all was done.
                return RedirectResponse(_home(visitor.known), 303)
            told = {"university": _to_university(error.wanted), "problem": PROBLEMS[error.reason]}
            response: Response = pages.show(request, visitor, "sign_in.html", error.status, **told)
            university.forget(request, response, entered=False)
        else:
            response = RedirectResponse(wanted or _home(person), 303)
            if visitor.known is None or visitor.known.id != person.id:
                # Another tab may be in already: its forms belong to the session that it has.
                await gate.sign_in(request, response, person, "oidc")
            university.forget(request, response, entered=True)
        return response


def _home(person: Person) -> str:
    return "/" if person.is_operator else "/my"


def _to_university(wanted: str) -> str:
    return f"/sign-in/university?{urlencode({'next': wanted})}" if wanted else "/sign-in/university"


def _others(router: APIRouter, wishing: Asking, gate: Gate, university: University | None) -> None:
    @router.post("/sign-out", include_in_schema=False)
    async def sign_out(request: Request, visitor: Annotated[Visitor, Depends(wishing)]) -> RedirectResponse:
        """End the session here and in the store."""
        response = RedirectResponse("/sign-in", 303)
        await gate.sign_out(request, response)
        if university:
            university.leave(response)
        return response

    @router.post("/language", include_in_schema=False)
    async def choose_language(
        request: Request,
        visitor: Annotated[Visitor, Depends(wishing)],
        language: Annotated[Language, Form()],
        back: Annotated[str, Form()] = "/",
    ) -> RedirectResponse:
        """Speak this language from now on."""
        return await _liked(request, gate, Taste(language=language), back)

    @router.post("/theme", include_in_schema=False)
    async def choose_theme(
        request: Request,
        visitor: Annotated[Visitor, Depends(wishing)],
        theme: Annotated[Theme, Form()],
        back: Annotated[str, Form()] = "/",
    ) -> RedirectResponse:
        """Light, dark, or as the system has it, from now on."""
        return await _liked(request, gate, Taste(theme=theme), back)


async def _liked(request: Request, gate: Gate, taste: Taste, back: str) -> RedirectResponse:
    response = RedirectResponse(local_path(back), 303)
    await gate.like(request, response, taste)
    return response


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
