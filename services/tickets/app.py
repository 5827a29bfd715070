"""Builds the tickets service and wires its parts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import FastAPI

from services.tickets import requester_api
from services.tickets.api import Doors, routes
from services.tickets.clock import Clock
from services.tickets.consumers import Ear, wire
from services.tickets.lists import Lists
from services.tickets.repository import Tickets
from services.tickets.rules import QueueRule, Rules
from services.tickets.upkeep import Upkeep
from shared.broker import Bus
from shared.config import Settings
from shared.forms import keeping
from shared.mongo import Database
from shared.people import People, kept_with_people
from shared.queues import Queues
from shared.relay import Relay
from shared.web import create_app


def build(settings: Settings) -> FastAPI:
    """The app; it connects when it starts, and waits for what isn't there yet."""
    prepared = asyncio.Event()
    rules, forms = rules_of(settings), keeping.load(settings.config_dir)
    config = kept_with_people(settings.config_dir, lambda: rules_of(settings), rules.take)
    newer_forms = keeping.watched(settings.config_dir, forms)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.mongo_url, f"{settings.mongo_prefix}_tickets")
        bus = Bus(settings.amqp_url, "tickets", settings.prefetch)
        tickets = Tickets(database)
        relay = Relay(bus, tickets, settings.sweep_after)
        upkeep = Upkeep(tickets)
        clock = Clock(tickets, rules, relay)
        app.state.doors = Doors(tickets, Lists(tickets, database), rules, forms, relay)
        app.state.bus, app.state.database = bus, database
        wire(Ear(bus, tickets, rules, relay))
        preparing = asyncio.create_task(database.prepare(upkeep.prepare, prepared))
        await bus.start()
        await relay.start()
        await clock.start()
        await upkeep.start()
        await config.start()
        await newer_forms.start()
        yield
        preparing.cancel()
        await newer_forms.stop()
        await config.stop()
        await upkeep.stop()
        await clock.stop()
        await bus.stop_consuming()
        await relay.stop()
        await bus.stop()
        await database.close()

    async def ready() -> bool:
        return prepared.is_set() and await app.state.database.alive() and await app.state.bus.ready()

    app = create_app("Sportello tickets", lifespan, ready)
    app.state.config, app.state.newer_forms = config, newer_forms
    app.include_router(requester_api.routes(settings.internal_key))
    app.include_router(routes(settings.internal_key))
    return app


def rules_of(settings: Settings) -> Rules:
    """What the settings and the files of the configuration say. `ConfigError` with file and line."""
    queues = Queues.load(settings.config_dir)
    people = People.load(settings.config_dir, queues)
    return Rules(
        send_window=timedelta(seconds=settings.send_window),
        queues={
            queue.id: QueueRule(
                level=queue.level,
                follow_up=timedelta(days=queue.follow_up_days),
                may_close_silently=queue.may_close_silently,
                due=timedelta(hours=queue.due_hours) if queue.due_hours else None,
            )
            for queue in queues
        },
        operators={person.id: person.ref for person in people.all() if person.is_operator},
    )
