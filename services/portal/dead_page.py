"""Messages that nobody could handle, for operators: why they died, what they say, send them back or destroy them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.portal.gate import Asking, Gate, Visitor
from services.portal.pages import Pages, with_query
from shared.dead import DeadLetters
from shared.errors import BadInput, Forbidden
from shared.policy import may_see_dead_messages

# Messages shown of each queue, oldest first.
ROWS = 50


def routes(gate: Gate, pages: Pages, letters: DeadLetters) -> APIRouter:
    """`/dead`"""

    async def allowed(request: Request) -> Visitor:
        visitor = await gate.signed_in(request)
        if not may_see_dead_messages(visitor.person):
            raise Forbidden
        return visitor

    router = APIRouter()
    _reading(router, allowed, pages, letters)
    _wishes(router, gate.wishing(allowed), letters)
    return router


def _reading(router: APIRouter, allowed: Asking, pages: Pages, letters: DeadLetters) -> None:
    @router.get("/dead", include_in_schema=False)
    async def list_dead(
        request: Request,
        visitor: Annotated[Visitor, Depends(allowed)],
        replayed: Annotated[int | None, Query(ge=0)] = None,
        dropped: bool = False,
    ) -> HTMLResponse:
        """All dead queues, with their messages."""
        counts, messages = await asyncio.gather(letters.counts(), letters.list(limit=ROWS))
        queues = [
            (queue, count, [message for message in messages if message.queue == queue])
            for queue, count in counts.items()
        ]
        return pages.show(request, visitor, "dead.html", queues=queues, replayed=replayed, dropped=dropped)

    @router.get("/dead/message", include_in_schema=False)
    async def show_dead(
        request: Request,
        visitor: Annotated[Visitor, Depends(allowed)],
        queue: str,
        message_id: Annotated[str, Query(alias="id")],
    ) -> HTMLResponse:
        """One message with its headers and body."""
        letter = await letters.show(queue, message_id)
        return pages.show(request, visitor, "dead_message.html", letter=letter)


def _wishes(router: APIRouter, wishing: Asking, letters: DeadLetters) -> None:
    @router.post("/dead/replay", include_in_schema=False)
    async def replay(
        visitor: Annotated[Visitor, Depends(wishing)],
        queue: Annotated[str, Form()],
        message_id: Annotated[str, Form(alias="id")] = "",
    ) -> RedirectResponse:
        """Send one message back to its work queue, or all of the queue."""
        count = await letters.replay(queue, message_id or None)
        return RedirectResponse(with_query("/dead", [("replayed", str(count))]), 303)

    @router.post("/dead/drop", include_in_schema=False)
    async def drop(
        visitor: Annotated[Visitor, Depends(wishing)],
        queue: Annotated[str, Form()],
        message_id: Annotated[str, Form(alias="id", min_length=1)],
        sure: Annotated[str, Form()] = "",
    ) -> RedirectResponse:
        """Destroy one message, if the person said to be sure."""
        if sure != "yes":
            raise BadInput("Nothing was destroyed: tick the box first.")
        await letters.drop(queue, message_id)
        return RedirectResponse("/dead?dropped=true", 303)
