"""Request bodies: read up to a limit before anybody parses them, never further."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from shared.errors import TooLarge

# Bytes of one wish: more than the longest text and all answers of a form, however they are escaped.
LIMIT: Final = 1_000_000


class LimitedRoute(APIRoute):
    """A route whose body is refused with 413 when it is larger than `LIMIT`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, which parses the body before anything else is asked, behind the limit."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            return await handle(Request(request.scope, _again(await _read(request))))

        return limited


async def _read(request: Request) -> bytes:
    """The whole body. `TooLarge` as soon as that is known: what the sender claims, or what came."""
    claimed = request.headers.get("content-length", "")
    body = bytearray()
    if not claimed.isdigit() or int(claimed) <= LIMIT:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LIMIT:
                break
        else:
            return bytes(body)
    raise TooLarge("This is larger than one wish may be: shorten the text.")


def _again(body: bytes) -> Callable[[], Coroutine[Any, Any, Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
