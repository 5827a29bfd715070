"""A live queue: what one process hears only while it runs, to tell browsers or a waiting request at once.

Durable classic with a random name, not exclusive: an exclusive queue kept a process out for 46 s after a half-open
cut. It expires a minute after the process is gone. What happens during a gap is lost by nature: `on_gap` says
that there was one, and whoever shows something reads it again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from aio_pika import ExchangeType, connect_robust
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from aio_pika.exceptions import AMQPError
from pydantic import ValidationError

from shared import topology
from shared.broker import is_asked_to_stop, with_heartbeat
from shared.errors import SportelloError
from shared.events import Event
from shared.ids import random_id
from shared.log import get_logger

EXPIRES_MS = 60_000
LONGEST = 10_000

log = get_logger()


class LiveQueue:
    """Calls `on_event` for each fact of `events`, and `on_gap` after each reconnect."""

    def __init__(
        self,
        url: str,
        service: str,
        events: Sequence[type[Event]],
        on_event: Callable[[Event], Awaitable[None]],
        on_gap: Callable[[], None] = lambda: None,
        heartbeat: int = 10,
    ) -> None:
        self.name = f"{service}.live.{random_id()}"
        self.connected = asyncio.Event()
        self._url = with_heartbeat(url, heartbeat)
        self._events = {event.name: event for event in events}
        self._on_event = on_event
        self._on_gap = on_gap
        self._connection: AbstractRobustConnection | None = None
        self._opening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect in the background, on a connection of its own, for as long as it takes."""
        self._opening = asyncio.create_task(self._open())

    async def stop(self) -> None:
        """Leave; the queue expires by itself."""
        if self._opening:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        if self._connection:
            with contextlib.suppress(AMQPError, RuntimeError, OSError, TimeoutError):
                await asyncio.wait_for(self._connection.close(), 2)

    async def _open(self) -> None:
        delay = 0.2
        while True:
            try:
                self._connection = await connect_robust(self._url, reconnect_interval=1)
                await self._listen(self._connection)
                return
            except (AMQPError, OSError, RuntimeError, TimeoutError, asyncio.CancelledError) as error:
                if is_asked_to_stop(error):
                    raise
                log.warning("live queue not reachable yet", error=type(error).__name__)
                if self._connection:
                    with contextlib.suppress(AMQPError, RuntimeError, OSError):
                        await self._connection.close()
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _listen(self, connection: AbstractRobustConnection) -> None:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        exchange = await channel.declare_exchange(topology.EVENTS.name, ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(
            self.name, durable=True, arguments={"x-expires": EXPIRES_MS, "x-max-length": LONGEST}
        )
        for name in self._events:
            await queue.bind(exchange, routing_key=name)
        await queue.consume(self._hear)
        connection.reconnect_callbacks.add(self._gap)
        connection.close_callbacks.add(lambda *_: self.connected.clear())
        self.connected.set()
        self._on_gap()

    def _gap(self, *_: object) -> None:
        self.connected.set()
        log.info("live queue connected again")
        self._on_gap()

    async def _hear(self, message: AbstractIncomingMessage) -> None:
        async with message.process(requeue=False, ignore_processed=True):
            event = self._events.get(message.routing_key or "")
            if event is None:
                return
            try:
                await self._on_event(event.model_validate_json(message.body))
            except (ValidationError, SportelloError) as error:
                # Nobody waits for a repeat here: the page reads again at the next fact.
                log.warning("live message ignored", fact=event.name, error=type(error).__name__)
