"""Signing in and out, language and theme. Until there is OIDC, the demo lets one choose a sample person, guarded."""

import ipaddress
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.portal.gate import Asking, Gate, Visitor, local_path
from services.portal.pages import Pages
from services.portal.tastes import Taste, Theme
from shared.config import Settings
from shared.errors import ConfigError, Forbidden, NotFound
from shared.events import Language
from shared.people import People


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


def routes(gate: Gate, pages: Pages, people: People | None) -> APIRouter:
    """`/sign-in`, `/sign-out`, `/language`, `/theme`. Without `people` nobody can sign in."""
    router = APIRouter()
    wishing = gate.wishing(gate.visitor)
    _sign_in(router, wishing, gate, pages, people)
    _others(router, wishing, gate)
    return router


def _sign_in(router: APIRouter, wishing: Asking, gate: Gate, pages: Pages, people: People | None) -> None:
    @router.get("/sign-in", include_in_schema=False)
    async def sign_in_page(
        request: Request,
        visitor: Annotated[Visitor, Depends(gate.visitor)],
        wanted: Annotated[str, Query(alias="next")] = "",
    ) -> HTMLResponse:
        """Choose who to be."""
        return pages.show(request, visitor, "sign_in.html", people=people, wanted=local_path(wanted, ""))

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
        response = RedirectResponse(local_path(wanted, "/" if chosen.is_operator else "/my"), 303)
        await gate.sign_in(request, response, chosen)
        return response


def _others(router: APIRouter, wishing: Asking, gate: Gate) -> None:
    @router.post("/sign-out", include_in_schema=False)
    async def sign_out(request: Request, visitor: Annotated[Visitor, Depends(wishing)]) -> RedirectResponse:
        """End the session here and in the store."""
        response = RedirectResponse("/sign-in", 303)
        await gate.sign_out(request, response)
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
