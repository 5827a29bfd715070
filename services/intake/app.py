"""Builds the intake service: forms are read and checked before anything starts."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from services.intake import faq_api, follow, information, new_link, preview
from services.intake.api import STATIC, Door, routes
from services.intake.arriving import Arriving
from services.intake.faq import watched_faq
from services.intake.followed import Requests
from services.intake.guard import Guard
from services.intake.guide import Shown
from services.intake.handlers import Desk
from services.intake.known import Known
from services.intake.refusals import on_crash, on_error, on_http_error, on_invalid
from services.intake.security import SecurityHeaders
from services.intake.waiting import Waiting
from shared.blobs import Blobs
from shared.broker import Bus
from shared.config import Settings
from shared.errors import SportelloError
from shared.events import Event, TicketOpened
from shared.forms.guarding import FILE, Guarding
from shared.internal import InternalClient
from shared.live import LiveQueue
from shared.reload import Kept
from shared.scan import Scan
from shared.usual import Usual
from shared.web import create_app


def build(settings: Settings) -> FastAPI:
    """The app. `ConfigError` with file and line when a form is wrong."""
    shown = Shown.load(settings.config_dir, settings.extra_origins)
    forms = shown.forms
    bus = Bus(settings.amqp_url, "intake")
    waiting = Waiting()
    tickets = InternalClient(settings.tickets_urls, settings.internal_key, timeout=5.0)
    blobs = Blobs(settings.blobs_url)
    requests, known = Requests(tickets, blobs), Known()
    rules = Kept([settings.config_dir / FILE], lambda: Guarding.load(settings.config_dir, forms.ids()))
    guard = Guard(settings, rules, known, requests)
    faq, usual = watched_faq(settings.config_dir, forms), Usual(tickets, "intake")

    def check_again() -> None:
        rules.again()
        faq.again()

    newer = shown.watched(settings.config_dir, settings.extra_origins, check_again)
    desk = Desk(bus, blobs, waiting, settings.answer_wait, Scan(), guard)

    async def hear(event: Event) -> None:
        await waiting.on_event(event)
        await known.on_event(event)

    live = LiveQueue(settings.amqp_url, "intake", [TicketOpened], hear)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await bus.start()
        await live.start()
        for config in (newer, rules, faq):
            await config.start()
        await usual.start()
        yield
        await usual.stop()
        for config in (newer, rules, faq):
            await config.stop()
        await bus.stop()
        await live.stop()
        await tickets.close()

    app = create_app("Sportello intake", lifespan, bus.ready)
    app.state.config = newer
    app.add_exception_handler(SportelloError, on_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_crash)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Arriving)
    door = Door(settings, shown, desk, requests, faq, usual, watches=(newer, rules, faq))
    # Before the forms: it stands among their addresses.
    app.include_router(preview.routes(door))
    app.include_router(routes(door))
    app.include_router(faq_api.routes(door))
    app.include_router(follow.routes(door, requests))
    app.include_router(information.routes(door, requests))
    app.include_router(new_link.routes(door, requests))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
