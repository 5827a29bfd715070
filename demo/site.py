"""A pretend university's web site, on another origin than ours, that shows our forms as any site would.

`python -m demo.site --port 8190 --intake URL --portal URL`. No university of this name exists.
"""

import argparse
from typing import Final

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.responses import HTMLResponse

from demo.sitetexts import TEXTS
from demo.webpages import add_static, language, page, secure

# The names of our own forms, and of this site, in config/.
SITE_ID: Final = "demo-site"
PAGES: Final = {
    "/": "home",
    "/servizi": "services",
    "/credenziali": "credentials",
    "/piano-di-studi": "plan",
    "/domande-frequenti": "faq",
}


def create_app(intake: str, portal: str) -> FastAPI:
    """The site; `intake` and `portal` are the public addresses of our services."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # As strict as a careful site's: itself, and the one origin the forms come from.
    strangers = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    secure(app, f"default-src 'self' {intake}; form-action 'self' {intake}; {strangers}")
    add_static(app)

    @app.get("/health/ready", status_code=204)
    async def ready() -> Response:
        return Response(status_code=204)

    for path, name in PAGES.items():
        _add_page(app, path, name, {"intake": intake, "portal": portal, "site": SITE_ID})
    return app


def _add_page(app: FastAPI, path: str, name: str, values: dict[str, str]) -> None:
    async def show(request: Request) -> HTMLResponse:
        return page(request, f"site_{name}.html", t=TEXTS[language(request)], here=path, **values)

    app.add_api_route(path, show, methods=["GET"], response_class=HTMLResponse, name=name)


def main() -> None:
    """Runs it until SIGTERM."""
    arguments = argparse.ArgumentParser(prog="python -m demo.site", description=__doc__)
    arguments.add_argument("--port", type=int, default=8190)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--intake", required=True, help="public address of intake")
    arguments.add_argument("--portal", required=True, help="public address of the portal")
    told = arguments.parse_args()
    app = create_app(told.intake.rstrip("/"), told.portal.rstrip("/"))
    uvicorn.run(app, host=told.host, port=told.port, access_log=False, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
