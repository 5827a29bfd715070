"""Real servers for the tests: one private broker and store per run, a fresh virtual host and database per test."""

import asyncio
import inspect
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
import structlog
from hypothesis import settings

from demo.ports import Ports
from demo.servers import Broker, Server, find_broker, find_store
from shared.mongo import Database

if TYPE_CHECKING:
    from playwright.async_api import Browser

# How long one example takes says something of the machine, not of us.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
# What our code logs in this process: the usual picture of a traceback, with all its variables, took seconds to draw, on
# the loop whose timers the tests watch.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def servers_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run's servers keep their data and logs."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def broker(servers_dir: Path) -> Iterator[Broker]:
    """RabbitMQ for this run: `SPORTELLO_TEST_AMQP_URL`, else a private one. Tests that kill it start their own."""
    server = find_broker(os.environ.get("SPORTELLO_TEST_AMQP_URL"), servers_dir, Ports.free(), os.environ)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def store(servers_dir: Path) -> Iterator[Server]:
    """The store for this run: `SPORTELLO_TEST_MONGO_URL`, else the machine's or the embedded one."""
    server = find_store(os.environ.get("SPORTELLO_TEST_MONGO_URL"), servers_dir, Ports.free(), os.environ)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def amqp_url(broker: Broker) -> Iterator[str]:
    """A fresh virtual host."""
    url = broker.new_vhost()
    yield url
    broker.drop_vhost(url)


@pytest.fixture
def store_url(store: Server) -> str:
    """The store's address; take a database of your own in it."""
    return store.url


@pytest.fixture(params=["motor", "pymongo"])
async def database(request: pytest.FixtureRequest, store_url: str) -> AsyncIterator[Database]:
    """A fresh database, once through each driver that the seam allows."""
    found = Database(store_url, f"t_{secrets.token_hex(6)}", driver=request.param)
    yield found
    await found.drop()
    await found.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator["Browser"]:
    """One browser for a file; each person in it has a page of their own (`tests/e2e/browser.py`)."""
    from tests.e2e.browser import a_browser  # only tests with a browser have to load it

    async with a_browser() as found:
        yield found


async def eventually(check: Callable[[], Any], timeout: float = 10.0, every: float = 0.05) -> Any:
    """The first true answer of `check`, asked again and again; fails after `timeout` seconds with the last one."""
    deadline = time.monotonic() + timeout
    while True:
        answer = check()
        found = await answer if inspect.isawaitable(answer) else answer
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s; last answer: {found!r}")
        await asyncio.sleep(every)
