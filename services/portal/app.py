"""Builds the portal and wires its parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from services.portal import (
    arrange_page,
    bulk_pages,
    dashboard,
    dead_page,
    drafts_pages,
    faults,
    inbox_pages,
    list_choices_pages,
    live_stream,
    my,
    new_request,
    palette,
    preferences_pages,
    presence_pages,
    preview_pages,
    queue_tree,
    reading_pages,
    sign_in,
    text_pages,
    ticket,
    ticket_list,
)
from services.portal.answers import watched_answers
from services.portal.assets import Assets
from services.portal.bulk_run import BulkRunner
from services.portal.desk import Desk
from services.portal.gate import Gate, person_now
from services.portal.headers import SecurityHeaders
from services.portal.hub import HEARD, Hub
from services.portal.inbox import Inbox
from services.portal.large import LargePages
from services.portal.list_pages import ListPages
from services.portal.notices import Notices
from services.portal.pages import Pages
from services.portal.preview_pages import PreviewPages
from services.portal.previews import Previews
from services.portal.store import Store
from services.portal.tickets import Tickets
from shared.blobs import Blobs
from shared.config import Settings
from shared.dead import DeadLetters
from shared.forms import keeping
from shared.internal import InternalClient
from shared.live import LiveQueue
from shared.mongo import Database
from shared.people import People, watched
from shared.queues import Queues
from shared.reload import Kept
from shared.scan import Scan
from shared.web import Lifespan, create_app

# Bytes of the largest form that these pages send.
LARGEST_FORM = 1_000_000


def build(settings: Settings) -> FastAPI:
    """The app; it connects when it starts, and waits for what isn't there yet."""
    sign_in.check_demo(settings)
    queues = Queues.load(settings.config_dir)
    forms = keeping.load(settings.config_dir)
    people = People.load(settings.config_dir, queues)
    assets, hub, config = Assets(), Hub(), watched(settings.config_dir, queues, people)
    client = InternalClient(settings.tickets_urls, settings.internal_key)
    notifier = InternalClient(settings.notifier_urls, settings.internal_key)
    tickets, inbox, blobs = Tickets(client), Inbox(notifier), Blobs(settings.blobs_url)
    pages, gate = Pages(settings, queues, assets), Gate(settings.portal_url, people)
    answers = watched_answers(settings.config_dir, forms)
    newer_forms = keeping.watched(settings.config_dir, forms, answers.again)
    desk = Desk(pages, forms, queues, people, settings.send_window, lambda: answers.current)
    prepared = asyncio.Event()

    async def ready() -> bool:
        connected: bool = app.state.live.connected.is_set()
        return connected and prepared.is_set() and await app.state.store.database.alive()

    runner = BulkRunner(tickets, lambda language: pages.tongues[language], lambda person: person_now(person, people))
    app = create_app(
        "Sportello portal",
        _life(settings, (client, notifier), hub, prepared, (config, newer_forms, answers), runner),
        ready,
        max_body_size=LARGEST_FORM,
        openapi_url=None,
    )
    app.state.config, app.state.answers, app.state.newer_forms = config, answers, newer_forms
    _outer_wall(app, settings, faults.install(app, gate, pages))
    app.state.scan = Scan()
    notices, letters = Notices(tickets), DeadLetters(settings.amqp_url)
    lists = ListPages(pages, tickets, queues, people, notices)
    for router in (
        dashboard.routes(gate, dashboard.Cruscotto(pages, tickets, inbox, queues, notices)),
        arrange_page.routes(gate, pages, queues),
        queue_tree.routes(gate, pages, tickets, queues),
        presence_pages.routes(gate, pages),
        preview_pages.routes(gate, tickets, PreviewPages(pages, Previews(blobs))),
        reading_pages.routes(gate, pages, desk, tickets),
        ticket_list.routes(gate, lists),
        list_choices_pages.routes(gate, pages, lists),
        bulk_pages.routes(gate, bulk_pages.BulkDesk(pages, lists, queues, people, runner)),
        drafts_pages.routes(gate, pages, desk, tickets),
        text_pages.routes(gate, pages, tickets, desk.names),
        ticket.routes(gate, desk, tickets, blobs),
        # Pictures of their own: nobody who asks for many keeps an operator waiting.
        my.routes(gate, pages, tickets, forms, blobs, PreviewPages(pages, Previews(blobs, at_once=1))),
        new_request.routes(gate, settings),
        inbox_pages.routes(gate, pages, inbox),
        preferences_pages.routes(gate, pages, inbox, people, queues),
        dead_page.routes(gate, pages, letters),
        palette.routes(gate, pages, tickets, queues),
        sign_in.routes(gate, pages, sign_in.Doors.of(settings, people)),
        live_stream.routes(gate, hub, pages),
    ):
        app.include_router(router)
    app.mount("/static", assets.app())
    return app


def _life(
    settings: Settings,
    clients: tuple[InternalClient, ...],
    hub: Hub,
    prepared: asyncio.Event,
    configs: tuple[Kept[Any], ...],
    runner: BulkRunner,
) -> Lifespan:
    """From the first connection to the last; `prepared` is set once the store is."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.mongo_url, f"{settings.mongo_prefix}_portal")
        store = Store(database, sign_in.ways(settings))
        live = LiveQueue(settings.amqp_url, "portal", HEARD, hub.hear, hub.read_again)
        app.state.store, app.state.live = store, live
        preparing = asyncio.create_task(database.prepare(store.prepare, prepared))
        loop = asyncio.get_running_loop()
        app.state.leaving.append(lambda: loop.call_soon_threadsafe(hub.close))
        await live.start()
        for config in configs:
            await config.start()
        runner.start(store.bulk_jobs)
        yield
        hub.close()
        preparing.cancel()
        await runner.stop()
        for config in configs:
            await config.stop()
        await live.stop()
        for client in clients:
            await client.close()
        await database.close()

    return lifespan


def _outer_wall(app: FastAPI, settings: Settings, large: Callable[[Request], Awaitable[Response]]) -> None:
    portal = urlsplit(settings.portal_url)
    if settings.demo == "on":
        # Where anybody may be anyone, no other site may reach us by giving its own name this machine's address.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", portal.hostname or ""])
    https, inner = portal.scheme == "https", app.build_middleware_stack
    app.add_middleware(SecurityHeaders, https=https)

    def with_large_pages() -> ASGIApp:
        # The framework's own limit stands outside of all that is added.
        return SecurityHeaders(LargePages(inner(), large), https)

    app.build_middleware_stack = with_large_pages  # type: ignore[method-assign]
