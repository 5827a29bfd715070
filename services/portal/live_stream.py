"""`/events`: what changes, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.portal.gate import Gate, Visitor
from services.portal.hub import Hub

# Seconds a stream lives; then the browser connects again and its session is checked anew.
LIFE = 600.0
# Milliseconds the browser waits before it connects again.
RETRY = 2000


def routes(gate: Gate, hub: Hub, life: float = LIFE) -> APIRouter:
    """One stream per visible tab."""
    router = APIRouter()

    @router.get("/events", response_class=EventSourceResponse, include_in_schema=False)
    async def events(visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> AsyncIterator[ServerSentEvent]:
        """`changed` with `{"number", "what"}`, or with neither: read everything again. Comments keep it alive."""
        with hub.stream(visitor.person) as stream:
            yield ServerSentEvent(event="hello", data={}, retry=RETRY)
            async for word in stream.words(life):
                yield ServerSentEvent(event="changed", data=word.model_dump(exclude_none=True))

    return router
