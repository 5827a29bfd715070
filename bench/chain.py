"""The bare chain: the hops and store operations of one request, with plain aio-pika, motor and SMTP, and no more.

`python -m bench.chain door|route|open|mail`, four processes like intake, routing, tickets and notifier; told by
`BENCH_AMQP_URL`, `BENCH_PORT`, `BENCH_MONGO_URL`, `BENCH_SMTP_PORT` and `BENCH_WALK`, a file with one request's
messages and documents as our services make them: here only ids and the address are put into copies of them.
Imports nothing of Sportello.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aio_pika import DeliveryMode, ExchangeType, Message, connect_robust
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from motor.motor_asyncio import AsyncIOMotorClient

from bench.bare import serve

EXCHANGE, DATABASE, PREFETCH = "bench.events", "bench_chain", 16
QUEUES = ("submitted", "routed", "opened", "sent")
Json = dict[str, Any]
Heard = Callable[[Json], Awaitable[None]]


class Wire:
    """A role's place on the bus: one channel to publish on, one for each queue it hears."""

    async def open(self, url: str, queues: tuple[str, ...] = QUEUES) -> None:
        """Connect and declare."""
        self.connection = await connect_robust(url)
        self.channel = await self.connection.channel(publisher_confirms=True, on_return_raises=True)
        self.exchange: AbstractExchange = await self._exchange(self.channel)
        for name in queues:
            queue = await self.channel.declare_queue(
                f"bench.{name}", durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind(self.exchange, routing_key=name)

    async def say(self, key: str, body: Json, mandatory: bool = True) -> None:
        """Publish with confirm."""
        message = Message(
            json.dumps(body, ensure_ascii=False).encode(),
            delivery_mode=DeliveryMode.PERSISTENT,
            content_type="application/json",
        )
        await self.exchange.publish(message, routing_key=key, mandatory=mandatory)

    async def hear(self, name: str, heard: Heard, live: str | None = None) -> None:
        """Call `heard` for each message of queue `name`, or of a live queue bound to `live`, then ack it."""
        channel = await self.connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH if live is None else 100)
        if live is None:
            queue = await channel.get_queue(f"bench.{name}")
        else:
            queue = await channel.declare_queue(f"bench.{name}", durable=True, arguments={"x-expires": 60_000})
            await queue.bind(await self._exchange(channel), routing_key=live)

        async def on_message(message: AbstractIncomingMessage) -> None:
            async with message.process():
                await heard(json.loads(message.body))

        await queue.consume(on_message)

    async def _exchange(self, channel: AbstractChannel) -> AbstractExchange:
        return await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)


class Chain:
    """What the roles share: the wire, the store and the walk to copy from."""

    def __init__(self) -> None:
        self.walk: Json = json.loads(Path(os.environ["BENCH_WALK"]).read_text(encoding="utf-8"))
        self.wire = Wire()
        self.waiting: dict[str, asyncio.Future[str]] = {}
        self._mongo: Any = None

    @property
    def store(self) -> Any:
        """The chain's database, with the indexes of ours."""
        if self._mongo is None:
            self._mongo = AsyncIOMotorClient(os.environ["BENCH_MONGO_URL"], w="majority")
        return self._mongo[DATABASE]

    async def accept(self, values: Json, wait: bool) -> Response:
        """intake: publish, then wait for the number."""
        key = str(uuid.uuid4())
        base = self.walk["submitted"]
        requester = {**base["submission"]["requester"], "email": values["email"]}
        now = datetime.now(UTC).isoformat()
        submission = {**base["submission"], "id": key, "requester": requester, "submitted_at": now}
        future = self.waiting[key] = asyncio.get_running_loop().create_future()
        try:
            await self.wire.say("submitted", {**base, "event_id": key, "submission": submission})
            if not wait:
                return JSONResponse({"status_url": key}, 202)
            return JSONResponse({"number": await asyncio.wait_for(future, 30)}, 201)
        finally:
            del self.waiting[key]

    async def wake(self, event: Json) -> None:
        """intake: the number is there."""
        future = self.waiting.get(event["ticket_id"])
        if future and not future.done():
            future.set_result(event["number"])

    async def route(self, event: Json) -> None:
        """routing"""
        await self.wire.say("routed", {**self.walk["routed"], "submission": event["submission"]})

    async def open(self, event: Json) -> None:
        """tickets: article, root, fact, journal."""
        store, submission = self.store, event["submission"]
        key, requester = submission["id"], submission["requester"]
        if await store.tickets.find_one({"_id": key}):
            return
        counter = await store.counters.find_one_and_update(
            {"_id": "20261123"}, {"$inc": {"n": 1}}, upsert=True, return_document=True
        )
        number = f"20261123{counter['n']:05d}0"
        await store.articles.insert_one({**self.walk["words"], "_id": f"{key}-r", "ticket_id": key})
        fact = {**self.walk["opened_fact"], "event_id": f"{key}-1", "ticket_id": key, "number": number}
        fact["requester"], fact["cause_id"] = requester, f"{key}-o"
        place = f"{int(time.time() * 1000):015d}-{key}"
        root = {**self.walk["opened"], "_id": key, "number": number, "place": place, "requester": requester}
        await store.tickets.insert_one({**root, "outbox": [fact], "outbox_since": time.time()})
        await self.wire.say("opened", fact)
        await self._settle(key, fact)

    async def record(self, event: Json) -> None:
        """tickets: what became of the mail."""
        store, key = self.store, event["ticket_id"]
        root = await store.tickets.find_one({"_id": key})
        await store.journal.find({"cause_id": f"{key}-d"}).to_list(None)
        await store.articles.insert_one({**self.walk["mail_words"], "_id": f"{key}-m", "ticket_id": key})
        fact = {**self.walk["delivered_fact"], "event_id": f"{key}-2", "ticket_id": key, "number": root["number"]}
        fact["requester"], fact["cause_id"] = root["requester"], f"{key}-d"
        kept = {name: root[name] for name in ("_id", "number", "place", "requester")}
        after = {**self.walk["delivered"], **kept, "outbox": [fact], "outbox_since": time.time()}
        await store.tickets.replace_one({"_id": key, "version": root["version"]}, after)
        await self.wire.say("delivered", fact, mandatory=False)
        await self._settle(key, fact)

    async def mail(self, fact: Json) -> None:
        """notifier: row, claim, conversation, row, fact."""
        rows, key, address = self.store.mails, fact["ticket_id"], fact["requester"]["email"]
        row = {**self.walk["mail"], "_id": key, "ticket_id": key, "recipient": address, "version": 1}
        row["next_try"] = time.time()
        await rows.insert_one(row)
        due = {"state": "waiting", "next_try": {"$lte": time.time()}}
        await rows.find(due).sort("next_try", 1).limit(1).to_list(None)
        await rows.replace_one({"_id": key, "version": 1}, {**row, "version": 2, "next_try": time.time() + 60})
        await converse(int(os.environ["BENCH_SMTP_PORT"]), row["sender"], address, self.walk["mail_bytes"])
        told = {**self.walk["sent"], "ticket_id": key}
        done = {**self.walk["mail_done"], "_id": key, "ticket_id": key, "recipient": address, "version": 3}
        await rows.replace_one({"_id": key, "version": 2}, done)
        await self.wire.say("sent", told)
        await rows.update_one({"_id": key, "version": 3}, {"$set": {"outbox": [], "outbox_since": None}})

    async def listing(self, after: str, limit: int) -> Response:
        """tickets: a page of the list."""
        rows = self.store.tickets.find({"place": {"$gt": after}}).sort("place", 1).limit(limit + 1)
        return JSONResponse({"items": await rows.to_list(None)})

    async def _settle(self, key: str, fact: Json) -> None:
        place = {"place": f"{key}:{fact['seq']:09d}", "about": f"{key}-m"}
        await self.store.journal.insert_one({**fact, **place, "_id": fact["event_id"]})
        await self.store.tickets.update_one({"_id": key}, {"$set": {"outbox": [], "outbox_since": None}})


async def converse(port: int, sender: str, recipient: str, content: str) -> None:
    """One SMTP conversation. `RuntimeError` when the server says no."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def hear(expected: bytes) -> None:
        while (line := await reader.readline())[3:4] == b"-":
            pass
        if not line.startswith(expected):
            raise RuntimeError(f"the mail server said {line!r}")

    await hear(b"220")
    said = (("EHLO bench.example", b"250"), (f"MAIL FROM:<{sender}>", b"250"), (f"RCPT TO:<{recipient}>", b"250"))
    for line, expected in (*said, ("DATA", b"354"), (f"To: {recipient}\r\n{content}\r\n.", b"250")):
        writer.write(line.encode() + b"\r\n")
        await hear(expected)
    writer.write(b"QUIT\r\n")
    writer.close()


def create_app(role: str) -> FastAPI:
    """One role as an app."""
    chain = Chain()
    hears: dict[str, list[tuple[str, Heard, str | None]]] = {
        "door": [(f"live.{uuid.uuid4().hex}", chain.wake, "opened")],
        "route": [("submitted", chain.route, None)],
        "open": [("routed", chain.open, None), ("sent", chain.record, None)],
        "mail": [("opened", chain.mail, None)],
    }

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await chain.wire.open(os.environ["BENCH_AMQP_URL"])
        for name, heard, live in hears[role]:
            await chain.wire.hear(name, heard, live)
        yield
        await chain.wire.connection.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/health/ready")
    async def ready() -> Response:
        return Response(status_code=204)

    @app.post("/forms/{form_id}/submissions")
    async def submit(form_id: str, request: Request) -> Response:
        return await chain.accept(await request.json(), "prefer" not in request.headers)

    @app.get("/tickets")
    async def tickets(after: str, limit: int) -> Response:
        # Without the mark of its order, which Sportello's cursors begin with.
        return await chain.listing(after[1:], limit)

    return app


if __name__ == "__main__":
    serve(create_app(sys.argv[1]), int(os.environ["BENCH_PORT"]))
