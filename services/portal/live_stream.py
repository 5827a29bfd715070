"""`/events`: what changes, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.portal.gate import Gate, Visitor
from services.portal.hub import Hub, Word
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.pages import Pages

# Seconds a stream lives; then the browser connects again and its session is checked anew.
LIFE = 600.0
# Milliseconds the browser waits before it connects again.
RETRY = 2000


HANDED = _("%(name)s handed ticket %(number)s over to you: %(reason)s")


def routes(gate: Gate, hub: Hub, pages: Pages, life: float = LIFE) -> APIRouter:
    """One stream per visible tab."""
    router = APIRouter()

    @router.get("/events", response_class=EventSourceResponse, include_in_schema=False)
    async def events(visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> AsyncIterator[ServerSentEvent]:
        """`changed` with `{"number", "what"}`, or with neither: read everything again. Comments keep it alive.
        `parent`: the number of the ticket whose question changed, which shows it too.

        `noticed`: one notice more. `handed` with `{"number", "says"}`: a colleague gave this person a ticket.
        """
        with hub.stream(lambda: gate.now(visitor)) as stream:
            yield ServerSentEvent(event="hello", data={}, retry=RETRY)
            async for word in stream.words(life):
                if word.noticed:
                    yield ServerSentEvent(event="noticed", data={})
                    continue
                yield ServerSentEvent(
                    event="changed", data=word.model_dump(exclude_none=True, exclude={"handed", "noticed"})
                )
                if word.handed:
                    yield ServerSentEvent(event="handed", data=_handed(word, pages.tongue(visitor)))

    return router


def _handed(word: Word, tongue: Tongue) -> dict[str, Any]:
    handed = word.handed
    if handed is None:
        return {}
    reason = f"{handed.reason} ({handed.subject})"
    return {"number": word.number, "says": tongue.say(HANDED, name=handed.by, number=word.number, reason=reason)}
