"""More bytes than a route takes: a page that says what to do, where the framework answers with three bare words."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Bytes that are still read, and thrown away: a browser that is cut off while it sends shows no page at all.
READ_ON: Final = 64_000_000


class LargePages:
    """`page` makes the answer."""

    def __init__(self, app: ASGIApp, page: Callable[[Request], Awaitable[Response]]) -> None:
        self.app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bare = False

        async def unless_bare(message: Message) -> None:
            nonlocal bare
            if message["type"] == "http.response.start" and message["status"] == 413:
                bare = Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")
            if not bare:
                await send(message)

        await self.app(scope, receive, unless_bare)
        if bare:
            await _read_on(receive)
            response = await self._page(Request(scope, receive))
            await response(scope, receive, send)


async def _read_on(receive: Receive) -> None:
    read, more = 0, True
    while more and read < READ_ON:
        message = await receive()
        read += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
