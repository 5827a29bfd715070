"""A small HTTP/1.1 client for measuring: kept connections, ready-made bytes, little work of its own."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

# Seconds an answer may take before the measurement is void.
PATIENCE = 30.0


class Answer(NamedTuple):
    """Status, body, and when it was complete (epoch seconds)."""

    status: int
    body: bytes
    at: float


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as bytes, with its Content-Length."""
    told = {"Host": "127.0.0.1", **headers, "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body


def split_answer(received: bytes) -> tuple[int, bytes] | None:
    """Status and body once all of it is there, else None. `ValueError` when it has no Content-Length."""
    head, found, rest = received.partition(b"\r\n\r\n")
    if not found:
        return None
    status = int(head[9:12])
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
            return (status, rest[:length]) if len(rest) >= length else None
    if status in (204, 304):
        return status, b""
    raise ValueError("an answer without Content-Length")


class Connection(asyncio.Protocol):
    """One connection to `url`, opened when it is first used and again when the server has closed it meanwhile."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, raw: bytes) -> Answer:
        """Send `raw` and wait for the answer. `ConnectionError` when it is cut, `TimeoutError` after 30 s."""
        if self._transport is None or self._transport.is_closing():
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
        assert self._transport is not None
        self._received = b""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        async with asyncio.timeout(PATIENCE):
            return await self._waiting

    def close(self) -> None:
        """Let go of it."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio has connected it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A part of the answer came."""
        self._received += data
        whole = split_answer(self._received)
        if whole and self._waiting and not self._waiting.done():
            self._waiting.set_result(Answer(*whole, time.time()))

    def connection_lost(self, exc: Exception | None) -> None:
        """The server has closed it."""
        self._transport = None
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("cut while waiting for the answer"))


@dataclass
class Load:
    """What a round took: `times` in seconds each, `seconds` for all, `processor` seconds of the server's process."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.times) / self.seconds


async def hammer(url: str, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    """`clients` connections, each asking again as soon as it was answered, for `seconds`; all must be 2xx."""
    load = Load()
    started = time.monotonic()
    end = started + seconds

    async def client() -> None:
        connection = Connection(url)
        try:
            while (before := time.monotonic()) < end:
                expect_success(await connection.ask(next(requests)))
                load.times.append(time.monotonic() - before)
        finally:
            connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    load.seconds = time.monotonic() - started
    return load


def expect_success(answer: Answer) -> Answer:
    """The answer, if it is 2xx; `RuntimeError` with its words if not: the measurement would be of refusals."""
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"answered {answer.status}: {answer.body[:300]!r}")
    return answer


class Pool:
    """Connections to one server for requests that start when their time has come, not when the last one is done."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[Connection] = []

    async def ask(self, raw: bytes) -> Answer:
        """On a free connection, or a new one."""
        connection = self._free.pop() if self._free else Connection(self._url)
        answer = await connection.ask(raw)
        self._free.append(connection)
        return answer

    def close(self) -> None:
        """Let go of all."""
        for connection in self._free:
            connection.close()
