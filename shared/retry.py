"""What becomes of a message whose handler fails: the table of promise 4, in one place.

| the handler raises | the message |
|---|---|
| `Hopeless`, or the body doesn't fit its class | goes to its dead queue at once, with the reason |
| `DependencyDown`, store or broker unreachable | is held here and tried again, for 10 minutes, then waits 5 more |
| anything else | climbs the ladder 5 s, 30 s, 5 min, 30 min, then goes to its dead queue |
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from faststream.exceptions import RejectMessage
from faststream.rabbit import RabbitExchange, RabbitMessage
from pydantic import ValidationError

from shared import topology
from shared.errors import ConfigError, DependencyDown, Hopeless, PublishFailed
from shared.events import Event
from shared.log import correlation, forget, get_logger
from shared.mongo import STORE_DOWN

# Headers the broker writes; a copy must not carry them, or cycle detection and counts would act on old news.
BROKER_HEADERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count")
ATTEMPT, ERROR, REASON, ORIGIN = "x-attempt", "x-error", "x-reason", "x-origin-queue"
# Seconds a message is held in the process, well below the broker's consumer timeout of 30 minutes.
LONGEST_HOLD = 600.0
DOWN = (DependencyDown, *STORE_DOWN)

log = get_logger()


class PublishRaw(Protocol):
    """`Bus._publish_raw`"""

    async def __call__(self, body: bytes, exchange: RabbitExchange, routing_key: str, **options: Any) -> None: ...


class Delivery:
    """One subscriber's life with its messages. `handle` returns when the message may be acked.

    `events`: the facts that its queue gets, one, or all of a stream.
    """

    def __init__(
        self,
        queue: str,
        events: Sequence[type[Event]],
        handler: Callable[[Any], Awaitable[None]],
        publish: PublishRaw,
        stopping: asyncio.Event,
    ) -> None:
        self.queue = queue
        self._events = {event.name: event for event in events}
        self._handler = handler
        self._publish = publish
        self._stopping = stopping

    async def handle(self, message: RabbitMessage) -> None:
        """Handle one message to its end: done, moved to a retry or dead queue, or given back on shutdown."""
        started = time.monotonic()
        attempt = int(message.headers.get(ATTEMPT, 0))
        fact = self._fact(message)
        if fact is None:
            await self._bury(message, "schema", "unknown fact")
            return
        try:
            event = fact.model_validate_json(message.body)
        except ValidationError as error:
            await self._bury(message, "schema", _places(error))
            return
        forget()
        correlation(correlation_id=event.correlation_id)
        try:
            await self._hold(event)
            outcome = "done"
        except (Hopeless, ConfigError) as error:
            outcome = "dead"
            await self._bury(message, type(error).__name__, error.detail)
        except DOWN as error:
            # Held long enough: wait in the broker. This rung has no end; a long outage buries nobody.
            outcome = "waiting"
            await self._send_back(message, topology.LADDER[2], attempt, error)
        except Exception as error:  # the one place on the bus that decides about all others
            log.warning("handler failed", queue=self.queue, error=type(error).__name__, exc_info=True)
            if attempt < len(topology.LADDER):
                outcome = "retry"
                await self._send_back(message, topology.LADDER[attempt], attempt + 1, error)
            else:
                outcome = "dead"
                await self._bury(message, type(error).__name__, "every retry failed")
        milliseconds = round((time.monotonic() - started) * 1000)
        log.info(
            "message", queue=self.queue, event_id=event.event_id, outcome=outcome, attempt=attempt, ms=milliseconds
        )

    def _fact(self, message: RabbitMessage) -> type[Event] | None:
        """Which fact the message is: the only one that its queue gets, or what its type says."""
        if len(self._events) == 1:
            return next(iter(self._events.values()))
        return self._events.get(_type(message))

    async def _hold(self, event: Event) -> None:
        """Run the handler; while something it needs is down, wait here, so that no attempt is burned."""
        deadline = time.monotonic() + LONGEST_HOLD
        delay = 0.2
        while True:
            try:
                return await self._handler(event)
            except DOWN as error:
                if time.monotonic() + delay > deadline:
                    raise
                log.warning("held", queue=self.queue, event_id=event.event_id, error=type(error).__name__)
            await self._pause(delay)
            delay = min(delay * 2, 10.0)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
            # Shutting down: leave the message unacked, the broker gives it to another copy.
            raise asyncio.CancelledError

    async def _send_back(self, message: RabbitMessage, rung: topology.Rung, attempt: int, error: Exception) -> None:
        headers = {ATTEMPT: attempt, ERROR: type(error).__name__, ORIGIN: self.queue}
        await self._copy(message, rung.exchange, self.queue, headers)

    async def _bury(self, message: RabbitMessage, error: str, reason: str) -> None:
        log.error("message is dead", queue=self.queue, event_id=message.message_id, error=error)
        headers = {ERROR: error, REASON: reason[:500], ORIGIN: self.queue}
        await self._copy(message, topology.DEAD, topology.dead_name(self.queue), headers)

    async def _copy(self, message: RabbitMessage, exchange: RabbitExchange, key: str, headers: dict[str, Any]) -> None:
        kept = {name: value for name, value in message.headers.items() if not name.startswith(BROKER_HEADERS)}
        delay = 0.2
        for _ in range(6):
            try:
                await self._publish(
                    message.body,
                    exchange,
                    key,
                    message_id=message.message_id,
                    correlation_id=message.correlation_id,
                    type=_type(message),
                    headers={**kept, **headers},
                )
                return
            except PublishFailed:
                await self._pause(delay)
                delay *= 2
        # The copy can't be made: return the original instead; this counts on every version of the broker.
        raise RejectMessage(requeue=True)


def _type(message: RabbitMessage) -> str:
    """The fact's name. Earlier publishers gave no type: then the key says it, as long as nobody moved the message."""
    return message.raw_message.type or message.raw_message.routing_key or ""


def _places(error: ValidationError) -> str:
    """Where the message breaks its contract, without what it says there."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['type']}" for fault in faults[:5])
