"""Builds the routing service: queue tree and rules are read and checked before anything starts."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services.routing.api import routes
from services.routing.consumers import wire
from services.routing.laws import keep
from shared.broker import Bus
from shared.config import Settings
from shared.internal import InternalClient
from shared.web import create_app


def build(settings: Settings) -> FastAPI:
    """The app. `ConfigError` with file and line when the configuration is wrong."""
    laws = keep(settings.config_dir)
    tickets = InternalClient(settings.tickets_urls, settings.internal_key)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.bus = bus = Bus(settings.amqp_url, "routing", settings.prefetch)
        wire(bus, lambda: laws.current.table)
        await bus.start()
        await laws.start()
        yield
        await laws.stop()
        await bus.stop()
        await tickets.close()

    async def ready() -> bool:
        return await app.state.bus.ready()  # type: ignore[no-any-return]

    app = create_app("Sportello routing", lifespan, ready)
    app.include_router(routes(settings.internal_key, laws, tickets))
    return app
