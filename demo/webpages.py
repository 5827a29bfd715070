"""What the mail catcher's pages and the pretend site share: templates, static files, safe headers, the language."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.templating import Jinja2Templates
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent
_TEMPLATES = Jinja2Templates(directory=_HERE / "templates")


def secure(app: FastAPI, policy: str) -> None:
    """Adds the Content-Security-Policy `policy` and its usual company to every answer that doesn't bring its own."""

    @app.middleware("http")
    async def headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response


def add_static(app: FastAPI) -> None:
    """Serves the style sheets and the one small script under /static."""
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


def page(request: Request, template: str, **values: Any) -> HTMLResponse:
    """`template` filled in, in the language that `?lang=` asks for."""
    return _TEMPLATES.TemplateResponse(request, template, {"lang": language(request), **values})


def language(request: Request) -> str:
    """`it`, or `en` when `?lang=en` says so."""
    return "en" if request.query_params.get("lang") == "en" else "it"
