"""Three sites of a pretend university, each an origin of its own, that show our forms as any site would.

    online   Servizi Online: a signed-in user, and a service in use with a form in it
    www      the information site, with three forms on one page
    faq      the students' FAQ: answers that intake gives as JSON, and a form below each, loaded when it is wanted

`python -m demo.site --port 8190 --intake URL --portal URL`; the others listen on the two ports that follow.
No university of this name exists. SITE_KEY in the environment lets Servizi Online vouch for its users.
"""

import argparse
import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.sitetexts import TEXTS, USERS
from demo.webpages import add_static, language, page, secure
from shared.events import Requester
from shared.identity import site_context
from shared.web import bind

USER_COOKIE: Final = "servizi_online"
# The forms that the students' FAQ may show (config/forms).
OF_FAQ: Final = frozenset({"credentials", "enrolment", "exams", "fees", "online-services"})


class Site(NamedTuple):
    """`id`: its name in config/sites.yml; its style sheet; its pages, and their templates."""

    id: str
    theme: str
    pages: Mapping[str, str]


SITES: Final = {
    "online": Site(
        "demo-site",
        "online",
        {"/": "home", "/servizi": "services", "/credenziali": "credentials", "/piano-di-studi": "plan"},
    ),
    "www": Site("www", "www", {"/": "www", "/contatti": "three"}),
    "faq": Site("faq", "faq", {"/": "faq"}),
}


class Around(NamedTuple):
    """The public addresses of our services and of the three sites."""

    intake: str
    portal: str
    online: str
    www: str
    faq: str


def create_app(name: str, around: Around, key: str = "") -> FastAPI:
    """One of the sites. `key`: signs who its user is."""
    site = SITES[name]
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # As strict as a careful site's: itself, and the one origin the forms come from.
    strangers = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    secure(app, f"default-src 'self' {around.intake}; form-action 'self' {around.intake}; {strangers}")
    add_static(app)

    @app.get("/health/ready", status_code=204)
    async def ready() -> Response:
        return Response(status_code=204)

    for path, template in site.pages.items():
        _add_page(app, path, template, site, around, key)
    if key:
        _add_sign_in(app)
    return app


def _add_page(app: FastAPI, path: str, template: str, site: Site, around: Around, key: str) -> None:
    async def show(request: Request) -> HTMLResponse:
        tongue = language(request)
        values: dict[str, Any] = {"t": TEXTS[tongue], "here": path, "site": site.id, "theme": site.theme}
        user = USERS.get(request.cookies.get(USER_COOKIE, "")) if key else None
        context = site_context(site.id, Requester(**user, verified=True), key) if user else ""
        known = {"user": user, "users": USERS if key else {}, "context": context}
        questions = await _questions(around.intake, tongue) if template == "faq" else []
        return page(request, f"site_{template}.html", **values, **known, **around._asdict(), questions=questions)

    app.add_api_route(path, show, methods=["GET"], response_class=HTMLResponse, name=template)


def _add_sign_in(app: FastAPI) -> None:
    @app.get("/accedi/{user}")
    async def sign_in(user: str, request: Request) -> RedirectResponse:
        """Be one of the pretend users; any other name: nobody."""
        answer = RedirectResponse(f"/servizi?lang={language(request)}", 303)
        if user in USERS:
            answer.set_cookie(USER_COOKIE, user, httponly=True, samesite="lax")
        else:
            answer.delete_cookie(USER_COOKIE)
        return answer


async def _questions(intake: str, tongue: str) -> list[dict[str, Any]]:
    """What intake has answered; the site's own few when it can't be asked."""
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            answer = await client.get(f"{intake}/faq", params={"lang": tongue}, headers={"Accept": "application/json"})
            found: list[dict[str, Any]] = answer.raise_for_status().json()["questions"]
    except (httpx.HTTPError, ValueError, KeyError):
        found = [
            {"id": f"q{number}", "question": question, "html": f"<p>{text}</p>", "forms": [form]}
            for number, (question, text, form) in enumerate(TEXTS[tongue]["faq"])
        ]
    return [{**each, "form": each["forms"][0], "embed": each["forms"][0] in OF_FAQ} for each in found]


class ByPort:
    """One program, a listener for each site: who comes to a port sees that site."""

    def __init__(self, apps: Mapping[int, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][1]](scope, receive, send)


def main() -> None:
    """Runs them until SIGTERM."""
    arguments = argparse.ArgumentParser(prog="python -m demo.site", description=__doc__)
    arguments.add_argument("--port", type=int, default=8190)
    arguments.add_argument("--www-port", type=int, help="else the port after --port")
    arguments.add_argument("--faq-port", type=int, help="else the port after that")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--intake", required=True, help="public address of intake")
    arguments.add_argument("--portal", required=True, help="public address of the portal")
    told = arguments.parse_args()
    ports = {"online": told.port, "www": told.www_port or told.port + 1, "faq": told.faq_port or told.port + 2}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    around = Around(told.intake.rstrip("/"), told.portal.rstrip("/"), **urls)
    key = os.environ.get("SITE_KEY", "")
    apps = {port: create_app(name, around, key if name == "online" else "") for name, port in ports.items()}
    config = uvicorn.Config(
        ByPort(apps), lifespan="off", access_log=False, log_level="warning", timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[bind(told.host, port) for port in ports.values()])


if __name__ == "__main__":
    main()
