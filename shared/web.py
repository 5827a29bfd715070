"""The web side of every service: health, errors as problem+json, one log line per request, clean start and stop."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import log as logs
from shared.config import Settings
from shared.errors import ConfigError, SportelloError
from shared.identity import read_internal_token
from shared.mongo import STORE_DOWN
from shared.policy import Person

PROBLEM = "application/problem+json"
# Seconds open streams get on shutdown before they are cut.
STREAMS_GRACE = 2

log = logs.get_logger()
Ready = Callable[[], Awaitable[bool]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(title: str, lifespan: Lifespan, ready: Ready, **options: Any) -> FastAPI:
    """A FastAPI app with our errors and `/health/live` (204) and `/health/ready` (204 or 503)."""
    app = FastAPI(title=title, lifespan=lifespan, docs_url=None, redoc_url=None, **options)
    # Called at the first signal, from within a signal handler: where endless streams are told to end.
    app.state.leaving = []
    app.add_middleware(RequestLog)
    app.add_exception_handler(SportelloError, _sportello_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    for error in STORE_DOWN:
        app.add_exception_handler(error, _store_down)

    @app.get("/health/live", status_code=204, include_in_schema=False)
    async def live() -> None:
        """The process runs."""

    @app.get("/health/ready", include_in_schema=False)
    async def readiness() -> Response:
        """Whether what this service needs can be reached."""
        return Response(status_code=204 if await ready() else 503)

    return app


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None, **extra: Any) -> JSONResponse:
    """RFC 9457: a title for the kind, a sentence for the person."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extra}
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM)


def internal_caller(key: str) -> Callable[[Request], Awaitable[Person]]:
    """A dependency: the person a colleague service asks for. 401 without a valid token."""

    async def caller(request: Request) -> Person:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return read_internal_token(token if scheme.lower() == "bearer" else "", key)

    return caller


def bind(host: str, port: int) -> socket.socket:
    """A listening socket that copies of the same service share (SO_REUSEPORT): more copies change no address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only then: without it each answer on a kept connection
    # waits 40 ms for the client's delayed ACK.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise ConfigError(f"port {port} on {host} is taken: stop what uses it, or set SPORTELLO_PORT") from error
    return listening


def run(service: str, build: Callable[[Settings], FastAPI], *need: str) -> None:
    """Start `service` and stay until SIGTERM. A wrong setting or file ends it with one sentence and status 2."""
    try:
        settings = Settings.load("internal_key", "port", *need)
        logs.set_up(service, settings.log_level)
        app = build(settings)
        listening = bind(settings.host, settings.port)
    except ConfigError as error:
        raise SystemExit(f"{service}: {error.detail}") from error
    # Whose X-Forwarded-For is believed is a setting (services/intake/addresses.py), not the server's guess.
    config = uvicorn.Config(
        app,
        proxy_headers=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STREAMS_GRACE,
        server_header=False,
    )
    asyncio.run(_Server(config, app).serve(sockets=[listening]))


class _Server(uvicorn.Server):
    """Tells the app that it is leaving before it waits for open answers: a stream would keep it to the last second."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT came."""
        for leave in self._app.state.leaving:
            leave()
        super().handle_exit(sig, frame)


class RequestLog:
    """One line per request: method, route (never the path: it may hold a token), status, milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/"):
            await self.app(scope, receive, send)
            return
        logs.forget()
        started, status = time.monotonic(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", "?")
            milliseconds = round((time.monotonic() - started) * 1000)
            log.info("request", method=scope["method"], route=route, status=status, ms=milliseconds)


async def _sportello_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, SportelloError)  # noqa: S101  # registered for this class only
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return problem(error.status, error.title, error.detail, headers, **{"code": type(error).__name__, **error.extra})


async def _invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class only
    faults = [{"field": ".".join(map(str, fault["loc"][1:])), "message": fault["msg"]} for fault in error.errors()]
    return problem(422, "Unprocessable request", "Some values don't fit.", errors=faults)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
    return problem(error.status_code, error.detail, error.detail, dict(error.headers or {}))


async def _store_down(_: Request, error: Exception) -> Response:
    log.warning("store not reachable", error=type(error).__name__)
    return problem(503, "Temporarily unavailable", "The store can't be reached.", {"Retry-After": "5"})


Startup = AsyncIterator[None]
