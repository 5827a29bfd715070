"""tickets, portal and routing, running, for tests of the portal's pages: the bus brings submissions, browsers look."""

import asyncio
import contextlib
import html
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from demo.ports import free_port
from demo.servers import Broker, Server
from services.portal import app as portal_app
from services.routing import app as routing_app
from services.tickets import app as tickets_app
from shared.blobs import Blobs
from shared.broker import Bus
from shared.config import Settings
from shared.events import Submission
from shared.mongo import Database
from shared.web import bind
from tests.conftest import eventually
from tests.unit.samples import a_requester, a_submission, routed

KEY = "k" * 40


class House:
    """tickets and portal, running, and the bus that brings submissions; routing finds the queues of questions."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self.settings = settings
        self.bus = bus
        self.blobs = Blobs(settings.blobs_url)

    def browser(self) -> httpx.AsyncClient:
        """Somebody not signed in."""
        return httpx.AsyncClient(base_url=self.settings.portal_url, timeout=10)

    @contextlib.asynccontextmanager
    async def person(self, person_id: str) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody signed in, who follows redirects."""
        async with self.browser() as browser:
            answer = await browser.post("/sign-in", data={"person": person_id})
            assert answer.status_code == 303
            browser.follow_redirects = True
            yield browser

    async def ticket(self, **changes: object) -> str:
        """The number of a new ticket: Luca's, in the queue of credentials."""
        submission = a_request(**changes)
        await self.bus.publish(routed(submission))
        return await self.number_of(submission)

    async def number_of(self, submission: Submission) -> str:
        """The number on Giulia's list of the ticket with this subject."""
        async with self.person("giulia.conti") as giulia:

            async def listed() -> str | None:
                page = (await giulia.get("/tickets?state=any")).text
                found = re.search(rf'href="/tickets/(\d+)">{re.escape(html.escape(submission.subject))}<', page)
                return found[1] if found else None

            return str(await eventually(listed))


def a_request(**changes: object) -> Submission:
    """Luca's, with a subject of its own, sent just now: so that it stands first on the newest page of any list."""
    own = {
        "requester": a_requester(subject="luca.bianchi"),
        "subject": f"Richiesta {secrets.token_hex(6)}",
        "submitted_at": datetime.now(UTC),
    }
    return a_submission(**{**own, **changes})


def field(page: str, name: str) -> str:
    """The value of the page's first hidden field called `name`."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return html.unescape(found[1])


def fields(page: str, *names: str) -> dict[str, str]:
    """Several of them."""
    return {name: field(page, name) for name in names}


@contextlib.asynccontextmanager
async def serving(app: FastAPI, port: int) -> AsyncIterator[None]:
    """`app` on a port of this machine, as `shared.web.run` does it."""
    server = uvicorn.Server(uvicorn.Config(app, proxy_headers=False, log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[bind("127.0.0.1", port)]))
    try:
        async with httpx.AsyncClient() as asker:

            async def ready() -> bool:
                return (await asker.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 204

            await eventually(lambda: server.started)
            await eventually(ready, timeout=20)
        yield
    finally:
        server.should_exit = True
        await task
        # A connection that was open till now is closed in the loop's next turn, which may be its last.
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def a_house(broker: Broker, store: Server, folder: Path, **changes: Any) -> AsyncIterator[House]:
    """All three on ports of their own, in a fresh virtual host and fresh databases; `changes`: to the settings."""
    prefix, portal, tickets, routing = f"t_{secrets.token_hex(6)}", free_port(), free_port(), free_port()
    amqp_url = await asyncio.to_thread(broker.new_vhost)
    told: dict[str, Any] = {
        "amqp_url": amqp_url,
        "mongo_url": store.url,
        "mongo_prefix": prefix,
        "blobs_url": folder.as_uri(),
        "internal_key": KEY,
        "signing_key": KEY,
        "tickets_urls": f"http://127.0.0.1:{tickets}",
        "intake_url": "http://forms.example",
        "portal_url": f"http://127.0.0.1:{portal}",
        "port": portal,
        "demo": "on",
    }
    settings = Settings(**{**told, **changes})
    bus = Bus(amqp_url, "routing")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    async with (
        serving(tickets_app.build(settings), tickets),
        serving(portal_app.build(settings), portal),
        serving(routing_app.build(settings), routing),
    ):
        yield House(settings, bus)
    await bus.stop()
    for name in ("tickets", "portal"):
        database = Database(store.url, f"{prefix}_{name}")
        await database.drop()
        await database.close()
    await asyncio.to_thread(broker.drop_vhost, amqp_url)
