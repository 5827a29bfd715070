"""Builds the tickets service and wires its parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services.tickets.api import Doors, routes
from services.tickets.consumers import wire
from services.tickets.lists import Lists
from services.tickets.repository import Tickets
from shared.broker import Bus
from shared.config import Settings
from shared.mongo import Database
from shared.relay import Relay
from shared.web import create_app


def build(settings: Settings) -> FastAPI:
    """The app; it connects when it starts, and waits for what isn't there yet."""
    prepared = asyncio.Event()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.mongo_url, f"{settings.mongo_prefix}_tickets")
        bus = Bus(settings.amqp_url, "tickets", settings.prefetch)
        tickets = Tickets(database)
        relay = Relay(bus, tickets, settings.sweep_after)
        app.state.doors = Doors(tickets, Lists(tickets, database), relay)
        app.state.bus, app.state.database = bus, database
        wire(bus, tickets, relay)
        preparing = asyncio.create_task(database.prepare(tickets.prepare, prepared))
        await bus.start()
        await relay.start()
        yield
        preparing.cancel()
        await bus.stop_consuming()
        await relay.stop()
        await bus.stop()
        await database.close()

    async def ready() -> bool:
        return prepared.is_set() and await app.state.database.alive() and await app.state.bus.ready()

    app = create_app("Sportello tickets", lifespan, ready)
    app.include_router(routes(settings.internal_key))
    return app
