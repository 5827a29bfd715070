"""Bodies on their way in: none takes for ever, none holds a connection after it was answered, and the files of all
requests together stay within bounds.

Outermost, because each door reads bodies in its own way. What is too large for its form is said where it is read.
"""

import asyncio
import time
from typing import Final, NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import DependencyDown, TooSlow

ROOM: Final = "sportello.room"


class Limits(NamedTuple):
    """Seconds and bytes. A body has `grace` seconds, and one more for each `slowest` bytes that came; at most `most`.

    What a refused request still sends is thrown away for `drain` seconds and bytes, so that a browser, which listens
    only when it has sent all, hears the answer; then the connection is closed.
    """

    grace: float = 30.0
    slowest: int = 16_000
    most: float = 600.0
    drain_seconds: float = 5.0
    drain_bytes: int = 64_000_000
    # Bytes of files in memory, of all requests together, and seconds until who waits for room is told to come again.
    room: int = 256_000_000
    wait: float = 15.0


class Room:
    """Room for the files that are being looked into and stored."""

    def __init__(self, size: int, wait: float) -> None:
        self._free = self._size = size
        self._wait = wait
        self._changed = asyncio.Condition()

    async def take(self, size: int) -> int:
        """As much as was asked for, or all of it when that is less. `DependencyDown` when others don't leave."""
        size = min(size, self._size)
        try:
            async with asyncio.timeout(self._wait), self._changed:
                await self._changed.wait_for(lambda: self._free >= size)
                self._free -= size
        except TimeoutError as error:
            raise DependencyDown("Too many files are arriving just now.") from error
        return size

    async def leave(self, size: int) -> None:
        """Others may have it."""
        async with self._changed:
            self._free += size
            self._changed.notify_all()


class Lease:
    """What one request has of the room; it ends with the request."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.held = 0

    async def take(self, size: int) -> None:
        """So many bytes of files are about to come into memory."""
        if size:
            self.held += await self._room.take(size)

    async def end(self) -> None:
        """The request is over."""
        await self._room.leave(self.held)


class Arriving:
    """The middleware."""

    def __init__(self, app: ASGIApp, limits: Limits | None = None) -> None:
        self.app = app
        self.limits = limits or Limits()
        self._room = Room(self.limits.room, self.limits.wait)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lease, body = Lease(self._room), _Body(scope, receive, self.limits)
        scope[ROOM] = lease

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.is_over():
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        try:
            await self.app(scope, body.receive, answer)
        finally:
            if lease.held:
                await asyncio.shield(lease.end())


class _Body:
    def __init__(self, scope: Scope, receive: Receive, limits: Limits) -> None:
        headers = Headers(scope=scope)
        self._receive, self._limits = receive, limits
        self._over = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
        self._given_up = False
        self._started = time.monotonic()
        self._received = 0

    async def receive(self) -> Message:
        """The next piece; `TooSlow` when it doesn't come in time."""
        if self._over:
            return await self._receive()
        limits = self._limits
        deadline = self._started + min(limits.most, limits.grace + self._received / limits.slowest)
        try:
            return await self._next(deadline - time.monotonic())
        except TimeoutError as error:
            self._given_up = True
            raise TooSlow from error

    async def is_over(self) -> bool:
        """Whether all has come; what hasn't is thrown away for a while."""
        if self._given_up:
            return False
        deadline, most = time.monotonic() + self._limits.drain_seconds, self._received + self._limits.drain_bytes
        try:
            while not self._over and self._received < most:
                await self._next(deadline - time.monotonic())
        except TimeoutError:
            return False
        return self._over

    async def _next(self, seconds: float) -> Message:
        # No task of its own, as `wait_for` makes: this is on everybody's way.
        async with asyncio.timeout(max(0.0, seconds)):
            message = await self._receive()
        self._received += len(message.get("body", b""))
        self._over = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message
