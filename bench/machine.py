"""What machine and servers a run was made on, in general words: no names, no paths."""

import asyncio
import os
import platform
from typing import Any

import psutil
from aio_pika import connect
from motor.motor_asyncio import AsyncIOMotorClient

from demo.stack import Stack

GIGABYTE = 1024**3


def words(stack: Stack) -> list[str]:
    """Cores, memory, Python, broker and store of a running stack."""
    cores, memory = os.cpu_count() or 1, round(psutil.virtual_memory().total / GIGABYTE)
    return [
        f"{platform.system()}, {cores} core{'s' if cores > 1 else ''} and {memory} GB of memory for all together",
        f"{platform.python_implementation()} {platform.python_version()}",
        asyncio.run(_broker(stack.urls.amqp)),
        asyncio.run(_store(stack.urls.mongo, "embedded" in stack.store.what)),
    ]


async def _broker(url: str) -> str:
    async with await connect(url) as connection:
        assert connection.transport is not None
        told = connection.transport.connection.server_properties
    version = told.get("version", b"")
    return f"RabbitMQ {version.decode() if isinstance(version, bytes) else version}, one node"


async def _store(url: str, embedded: bool) -> str:
    client: Any = AsyncIOMotorClient(url)
    told = await client.admin.command("buildInfo")
    client.close()
    if embedded:
        return "the embedded store (nx-27017 on SQLite), as `make run` uses without a MongoDB"
    return f"MongoDB {told.get('version', 'of unknown version')}"
