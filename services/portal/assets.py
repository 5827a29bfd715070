"""Static files: addressed by their content, so that a browser keeps them for a year and still sees every change."""

import hashlib
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from shared.log import get_logger

FOLDER = Path(__file__).with_name("static")
# Filled at build time from npm; never committed.
NEEDED = (
    "vendor/bootstrap-italia/css/bootstrap-italia.min.css",
    "vendor/bootstrap-italia/svg/sprites.svg",
    "vendor/htmx/htmx.min.js",
)

# A long page names this file hundreds of times: a short name is a tenth of it.
SHORT = {"i.svg": "vendor/bootstrap-italia/svg/sprites.svg"}

log = get_logger()


class Assets:
    """The files under `static/`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._versions: dict[str, str] = {}
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            log.warning("front-end files are missing: run `make setup`", missing=missing)

    def address(self, name: str) -> str:
        """`/static/portal.css?v=3f9a1c02`"""
        if name not in self._versions:
            file = self._folder / SHORT.get(name, name)
            content = file.read_bytes() if file.is_file() else b""
            self._versions[name] = hashlib.sha256(content).hexdigest()[:8]
        return f"/static/{name}?v={self._versions[name]}"

    def app(self) -> ASGIApp:
        """Serves them, compressed."""
        return GZipMiddleware(_Kept(directory=self._folder), minimum_size=1000)


class _Kept(StaticFiles):
    """With a version in the address a file never changes; without one (fonts) it may, after a day."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(SHORT.get(path, path), scope)
        if response.status_code < 400:
            versioned = b"v=" in scope["query_string"]
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if versioned else "public, max-age=86400"
            )
        return response
