"""Builds the routing service: queue tree and rules are read and checked before anything starts."""

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services.routing.api import routes
from services.routing.consumers import wire
from services.routing.table import Table
from shared.broker import Bus
from shared.config import Settings
from shared.forms import Forms
from shared.queues import Queues
from shared.web import create_app


def build(settings: Settings) -> FastAPI:
    """The app. `ConfigError` with file and line when the configuration is wrong."""
    queues = Queues.load(settings.config_dir)
    table = Table.load(settings.config_dir, queues, Forms.load(settings.config_dir))

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.bus = bus = Bus(settings.amqp_url, "routing", settings.prefetch)
        wire(bus, table)
        await bus.start()
        yield
        await bus.stop()

    async def ready() -> bool:
        return await app.state.bus.ready()  # type: ignore[no-any-return]

    app = create_app("Sportello routing", lifespan, ready)
    app.include_router(routes(settings.internal_key, queues, table))
    return app
