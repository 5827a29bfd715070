"""Builds the portal and wires its parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from services.portal import (
    dashboard,
    dead_page,
    faults,
    inbox_pages,
    live_stream,
    my,
    new_request,
    preferences_pages,
    presence_pages,
    preview_pages,
    reading_pages,
    sign_in,
    ticket,
    ticket_list,
)
from services.portal.assets import Assets
from services.portal.desk import Desk
from services.portal.gate import Gate
from services.portal.headers import SecurityHeaders
from services.portal.hub import HEARD, Hub
from services.portal.inbox import Inbox
from services.portal.notices import Notices
from services.portal.pages import Pages
from services.portal.previews import Previews
from services.portal.store import Store, store_of
from services.portal.tickets import Tickets
from shared.blobs import Blobs
from shared.config import Settings
from shared.dead import DeadLetters
from shared.forms import Forms
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
    forms = Forms.load(settings.config_dir)
    people = People.load(settings.config_dir, queues)
    assets, hub, config = Assets(), Hub(), watched(settings.config_dir, queues, people)
    client = InternalClient(settings.tickets_urls, settings.internal_key)
    notifier = InternalClient(settings.notifier_urls, settings.internal_key)
    tickets, inbox, blobs = Tickets(client), Inbox(notifier), Blobs(settings.blobs_url)
    pages, gate = Pages(settings, queues, assets), Gate(lambda request: store_of(request).sessions, settings.portal_url)
    desk, prepared = Desk(pages, forms, queues, people, settings.send_window), asyncio.Event()

    async def ready() -> bool:
        connected: bool = app.state.live.connected.is_set()
        return connected and prepared.is_set() and await app.state.store.database.alive()

    app = create_app(
        "Sportello portal",
        _life(settings, (client, notifier), hub, prepared, config),
        ready,
        max_body_size=LARGEST_FORM,
        openapi_url=None,
    )
    app.state.config = config
    app.state.scan = Scan()
    _outer_wall(app, settings)
    faults.install(app, gate, pages)
    notices, letters = Notices(tickets), DeadLetters(settings.amqp_url)
    for router in (
        dashboard.routes(gate, pages, tickets, queues, notices),
        ticket_list.routes(gate, pages, tickets, queues, notices),
        presence_pages.routes(gate, pages),
        preview_pages.routes(gate, pages, desk, tickets, Previews(blobs)),
        reading_pages.routes(gate, pages, desk, tickets),
        ticket.routes(gate, desk, tickets, blobs),
        my.routes(gate, pages, tickets, forms, blobs, settings),
        new_request.routes(gate, settings),
        inbox_pages.routes(gate, pages, inbox),
        preferences_pages.routes(gate, pages, inbox, people, queues),
        dead_page.routes(gate, pages, letters),
        sign_in.routes(gate, pages, people if settings.demo != "off" else None),
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
    config: Kept[tuple[Queues, People]],
) -> Lifespan:
    """From the first connection to the last; `prepared` is set once the store is."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.mongo_url, f"{settings.mongo_prefix}_portal")
        store = Store(database, frozenset({"demo"}) if settings.demo != "off" else frozenset())
        live = LiveQueue(settings.amqp_url, "portal", HEARD, hub.hear, hub.read_again)
        app.state.store, app.state.live = store, live
        preparing = asyncio.create_task(database.prepare(store.prepare, prepared))
        loop = asyncio.get_running_loop()
        app.state.leaving.append(lambda: loop.call_soon_threadsafe(hub.close))
        await live.start()
        await config.start()
        yield
        hub.close()
        preparing.cancel()
        await config.stop()
        await live.stop()
        for client in clients:
            await client.close()
        await database.close()

    return lifespan


def _outer_wall(app: FastAPI, settings: Settings) -> None:
    portal = urlsplit(settings.portal_url)
    if settings.demo == "on":
        # Where anybody may be anyone, no other site may reach us by giving its own name this machine's address.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", portal.hostname or ""])
    app.add_middleware(SecurityHeaders, https=portal.scheme == "https")
