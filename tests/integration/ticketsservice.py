"""The tickets service, running, and its HTTP clients: for the tests of its door."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn

from demo.ports import free_port
from demo.servers import Broker, Server
from services.tickets.app import build
from shared.broker import Bus
from shared.config import Settings
from shared.identity import internal_token
from shared.ids import random_id
from shared.internal import InternalClient
from shared.mongo import Database
from shared.policy import Person
from shared.web import bind
from tests.conftest import eventually
from tests.integration.ticketing import Desk
from tests.unit.samples import GIULIA
from tests.unit.tickets.house import route

KEY = "k" * 40


class Service:
    """The running service, its HTTP clients, the desk at which tickets are opened, and routing's place on the bus."""

    def __init__(self, url: str, desk: Desk, bus: Bus) -> None:
        self.url = url
        self.desk = desk
        self.bus = bus
        self.client = InternalClient(url, KEY)
        self.http = httpx.AsyncClient(base_url=url, timeout=30)

    async def ask(
        self, method: str, path: str, person: Person = GIULIA, key: str | None = None, **options: Any
    ) -> httpx.Response:
        """One call as bare HTTP."""
        headers = {"Authorization": f"Bearer {internal_token(person, KEY)}", "Idempotency-Key": key or random_id()}
        return await self.http.request(method, path, headers=headers | options.pop("headers", {}), **options)

    async def wish(self, ticket: Any, verb: str, person: Person = GIULIA, key: str | None = None, **body: Any) -> Any:
        """The answer to a verb, which has seen everything."""
        wished = body if verb == "replies" else {"seen": 999, **body}
        return await self.client.post(f"/tickets/{ticket.id}/{verb}", person, wished, key or random_id())

    async def view(self, ticket: Any, person: Person = GIULIA, **page: Any) -> Any:
        return await self.client.get(f"/tickets/{ticket.id}", person, **page)

    async def asked(self, root: Any, person: Person = GIULIA, **given: Any) -> Any:
        """A question of `root` (its view), routed and open: its view."""
        body = {"title": "Account", "text": "È attivo?", "queue": "credentials-identity", **given}
        done = await self.client.post(
            f"/tickets/{root['id']}/questions", person, {"seen": root["seq"], **body}, random_id()
        )
        child = await self.routed(root["id"], done["facts"][-1]["event_id"])

        async def opened() -> Any:
            return (await self.ask("GET", f"/tickets/{child}")).status_code == 200

        await eventually(opened, timeout=20)
        return await self.client.get(f"/tickets/{child}", GIULIA)

    async def routed(self, root: str, fact: str) -> str:
        """Routing hears that a question was asked, and says where it goes; the id of the question."""
        found = await self.desk.tickets.find(root)
        assert found
        facts = await self.desk.tickets.page_of_facts(found)
        asked: Any = next(each for each in facts if each.event_id == fact)
        await self.bus.publish(route(asked))
        return str(asked.child_id)

    async def until(self, root: Any, check: Any) -> Any:
        """The view of `root` once `check` holds of it."""

        async def seen() -> Any:
            view = await self.client.get(f"/tickets/{root['id']}", GIULIA)
            return view if check(view) else None

        return await eventually(seen, timeout=20)


@contextlib.asynccontextmanager
async def a_service(broker: Broker, store: Server) -> AsyncIterator[Service]:
    """The service on a port of its own, in a fresh virtual host and database."""
    port, prefix = free_port(), f"t_{secrets.token_hex(6)}"
    amqp_url = await asyncio.to_thread(broker.new_vhost)
    settings = Settings(
        amqp_url=amqp_url, mongo_url=store.url, mongo_prefix=prefix, internal_key=KEY, send_window=0, sweep_after=1
    )
    server = uvicorn.Server(uvicorn.Config(build(settings), log_config=None))
    running = asyncio.create_task(server.serve(sockets=[bind("127.0.0.1", port)]))
    database = Database(store.url, f"{prefix}_tickets")
    bus = Bus(amqp_url, "routing")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 20)
    found = Service(f"http://127.0.0.1:{port}", Desk(database), bus)

    async def ready() -> bool:
        return (await found.http.get("/health/ready")).status_code == 204

    await eventually(lambda: server.started)
    await eventually(ready, timeout=60)
    yield found
    await bus.stop()
    await found.client.close()
    await found.http.aclose()
    server.should_exit = True
    await running
    await database.drop()
    await database.close()
    await asyncio.to_thread(broker.drop_vhost, amqp_url)
