"""The one seam to the MongoDB driver: motor by default, PyMongo Async for the contract tests, switched here only.

Repositories use the operations measured as safe on every server we run on: insert_one, insert_many, find_one, find,
replace_one, update_one with `$set` of lists and scalars, update_many with `$set` of scalars by `_id`,
find_one_and_update with `$inc`, delete_many, create_index.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, DuplicateKeyError, PyMongoError, WaitQueueTimeoutError

from shared.errors import DependencyDown
from shared.log import get_logger

log = get_logger()
Document = dict[str, Any]
# What a driver raises when the store can't be reached: wait, don't give up.
STORE_DOWN = (ConnectionFailure, WaitQueueTimeoutError)
Duplicate = DuplicateKeyError


class Database:
    """One service's database.

    `timeout`: seconds until an unreachable server is reported; the driver reconnects by itself.
    """

    def __init__(
        self, url: str, name: str, driver: Literal["motor", "pymongo"] = "motor", timeout: float = 3.0
    ) -> None:
        client_class: Any = AsyncIOMotorClient if driver == "motor" else AsyncMongoClient
        milliseconds = int(timeout * 1000)
        self._client = client_class(
            url,
            tz_aware=True,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            # A server that hangs must not hold a handler for ever.
            socketTimeoutMS=20_000,
            w="majority",
        )
        self._database = self._client[name]

    def collection(self, name: str) -> Any:
        """A collection of the driver; the two drivers agree on all calls but `aggregate`."""
        return self._database[name]

    async def aggregate(self, name: str, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        """All rows of a pipeline."""
        cursor = self._database[name].aggregate(list(pipeline))
        if inspect.isawaitable(cursor):
            cursor = await cursor
        return [row async for row in cursor]

    async def ping(self) -> None:
        """`DependencyDown` when the server doesn't answer."""
        try:
            await self._client.admin.command("ping")
        except STORE_DOWN as error:
            raise DependencyDown("The store can't be reached.") from error

    async def alive(self) -> bool:
        """Whether the server answers."""
        try:
            await self.ping()
        except DependencyDown:
            return False
        return True

    async def prepare(self, create_indexes: Callable[[], Awaitable[None]], prepared: asyncio.Event) -> None:
        """Run `create_indexes` as soon as the server is there, then set `prepared`."""
        while not prepared.is_set():
            try:
                await create_indexes()
            except PyMongoError as error:
                # Also a server that refuses while it starts or elects: the service is not ready till then.
                log.warning("store not ready yet", error=type(error).__name__)
                await asyncio.sleep(1)
            else:
                prepared.set()

    async def drop(self) -> None:
        """Forget everything: tests only."""
        await self._client.drop_database(self._database.name)

    async def close(self) -> None:
        """Close the connections."""
        closing = self._client.close()
        if inspect.isawaitable(closing):
            await closing


async def insert_once(collection: Any, document: Document) -> bool:
    """Insert unless a document with this `_id` is there; whether it was new."""
    try:
        await collection.insert_one(document)
    except DuplicateKeyError:
        return False
    return True
