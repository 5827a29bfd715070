"""Calls between services: a copy that can't be reached or dies in the middle is replaced, with the same key."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from demo.ports import free_port
from shared.errors import Conflict, DependencyDown, NotFound
from shared.internal import InternalClient
from tests.unit.samples import GIULIA

pytestmark = pytest.mark.integration

KEY = "k" * 32
Answer = Callable[[str], bytes | None]
Serve = Callable[[Answer], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a copy: `answer(request)` gives the raw answer, or None to cut the connection. Its address."""
    servers: list[asyncio.Server] = []

    async def begin(answer: Answer) -> str:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length")), 0
            )
            await reader.readexactly(length)
            if raw := answer(head):
                writer.write(raw)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield begin
    for server in servers:
        server.close()


def http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def key_of(request: str) -> str:
    return next(line.split(": ")[1] for line in request.splitlines() if line.lower().startswith("idempotency-key"))


async def test_a_wish_cut_in_the_middle_goes_to_the_next_copy_with_the_same_key(serve: Serve) -> None:
    keys: list[str] = []

    def dies(request: str) -> None:
        keys.append(key_of(request))

    def answers(request: str) -> bytes:
        keys.append(key_of(request))
        return http(200, b'{"done": true}')

    client = InternalClient(f"{await serve(dies)} {await serve(answers)}", KEY)
    assert await client.post("/tickets/1/take", GIULIA, {"seen": 1}, "the-key") == {"done": True}
    assert keys == ["the-key", "the-key"]
    await client.close()


async def test_a_copy_that_is_not_there_is_passed_over(serve: Serve) -> None:
    absent = f"http://127.0.0.1:{free_port()}"
    client = InternalClient(f"{absent} {await serve(lambda _: http(200, b'[]'))}", KEY)
    assert await client.get("/tickets", GIULIA) == []
    await client.close()


async def test_when_nobody_answers_it_says_so() -> None:
    client = InternalClient(f"http://127.0.0.1:{free_port()}", KEY)
    with pytest.raises(DependencyDown):
        await client.get("/tickets", GIULIA)
    await client.close()


async def test_a_refusal_keeps_its_words(serve: Serve) -> None:
    changed = b'{"detail": "Giulia took it.", "changed": {"by": "Giulia"}}'
    client = InternalClient(await serve(lambda _: http(409, changed)), KEY)
    with pytest.raises(Conflict) as refusal:
        await client.post("/tickets/1/take", GIULIA, {"seen": 1}, "k")
    assert (refusal.value.detail, refusal.value.extra["changed"]) == ("Giulia took it.", {"by": "Giulia"})
    await client.close()
    client = InternalClient(await serve(lambda _: http(404, b"{}")), KEY)
    with pytest.raises(NotFound):
        await client.get("/tickets/1", GIULIA)
    await client.close()
