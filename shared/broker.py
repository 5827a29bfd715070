"""The bus: publish with confirm, hear with retries. The only module that touches FastStream's broker.

FastStream's defaults lose messages in six ways (docs/adr/0005); each setting here closes one of them.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import AMQPError
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange, RabbitMessage
from pamqp.commands import Basic

from shared import topology
from shared.errors import PublishFailed
from shared.events import Event
from shared.log import get_logger
from shared.retry import Delivery

# Seconds a confirm may take. FastStream's own timeout does not fire on a half-open connection.
CONFIRM_TIMEOUT = 5.0
# Seconds running handlers get to finish on shutdown; less than any orchestrator's grace period.
GRACE = 5.0

log = get_logger()
E = TypeVar("E", bound=Event)


class Bus:
    """One service's place on the bus. Register with `hears`, then `start`; the broker may come up later."""

    def __init__(self, url: str, service: str, prefetch: int = 16, heartbeat: int = 15) -> None:
        self.service = service
        self.connected = asyncio.Event()
        self._stopping = asyncio.Event()
        self._prefetch = prefetch
        self._opening: asyncio.Task[None] | None = None
        self._on_connect: list[Callable[[], None]] = []
        self._exchanges: dict[str, AbstractExchange] = {}
        self._broker = RabbitBroker(
            with_heartbeat(url, heartbeat),
            default_channel=Channel(on_return_raises=True),
            ack_policy=AckPolicy.REJECT_ON_ERROR,
            graceful_timeout=GRACE,
            reconnect_interval=1.0,
            decoder=_whole_message,
            apply_types=False,
            logger=None,
            on_reconnected=[lambda *_: self._announce()],
            on_close=[lambda *_: self.connected.clear()],
        )

    def hears(self, event: type[E]) -> Callable[[Callable[[E], Awaitable[None]]], Callable[[E], Awaitable[None]]]:
        """Register the handler of `event`. It may be called twice, late, or after a newer fact; never in parallel
        beyond the prefetch. What its exceptions mean: `shared.retry`."""
        name = topology.queue_name(self.service, event)
        if self.service not in topology.HEARERS[event]:
            raise LookupError(f"{name} is not in shared.topology.HEARERS")
        return self._registering(topology.WorkQueue(name, (event,)))

    def hears_stream(self, stream: str) -> Callable[[Callable[[Any], Awaitable[None]]], Any]:
        """Register the handler of every fact of a stream of `shared.topology.STREAMS`."""
        name = f"{self.service}.{stream}"
        return self._registering(topology.WorkQueue(name, topology.STREAMS[name]))

    def _registering(self, work: topology.WorkQueue) -> Callable[[Callable[[Any], Awaitable[None]]], Any]:
        def register(handler: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
            delivery = Delivery(work.name, work.events, handler, self._publish_raw, self._stopping)
            subscriber = self._broker.subscriber(
                work.queue,
                topology.EVENTS,
                # A channel of its own: a publish that kills the default channel must not redeliver our messages.
                channel=Channel(prefetch_count=self._prefetch, on_return_raises=True),
                ack_policy=AckPolicy.REJECT_ON_ERROR,
                no_reply=True,
            )
            subscriber(delivery.handle)
            return handler

        return register

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Call `callback` at the first connection and after each reconnect."""
        self._on_connect.append(callback)

    async def publish(self, event: Event) -> None:
        """Publish a fact and wait until a quorum has it. `PublishFailed`: it may or may not be stored; repeat it."""
        await self._publish_raw(
            event.model_dump_json().encode(),
            exchange=topology.EVENTS,
            routing_key=event.name,
            message_id=event.event_id,
            correlation_id=event.correlation_id,
            # Tells a stream's hearer which fact it is: the routing key of a copy that was retried is its queue.
            type=event.name,
            mandatory=topology.is_kept(type(event)),
        )

    async def start(self) -> None:
        """Connect in the background, for as long as it takes."""
        self._opening = asyncio.create_task(self._open())

    async def ready(self, timeout: float = 1.0) -> bool:
        """Whether the broker answers within `timeout` seconds and every subscriber is started."""
        return self.connected.is_set() and await self._broker.ping(timeout)

    async def stop_consuming(self) -> None:
        """Take no more messages; those in hand are finished, those held go back to the broker."""
        self._stopping.set()
        if self._opening:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._opening
        for subscriber in self._broker.subscribers:
            # FastStream cancels the consumer only after waiting; meanwhile messages would arrive and be ignored.
            queue, tag = getattr(subscriber, "_queue_obj", None), getattr(subscriber, "_consumer_tag", None)
            if queue is not None and tag is not None and not queue.channel.is_closed:
                with contextlib.suppress(AMQPError, RuntimeError, TimeoutError):
                    await asyncio.wait_for(queue.cancel(tag), 2)

    async def stop(self) -> None:
        """Take no more messages, let running handlers finish, leave."""
        await self.stop_consuming()
        with contextlib.suppress(AMQPError, RuntimeError, TimeoutError):
            await asyncio.wait_for(self._broker.stop(), GRACE + 2)
        self.connected.clear()

    async def _open(self) -> None:
        delay = 0.2
        while True:
            try:
                await self._broker.connect()
                await self._declare()
                await self._broker.start()
            except (AMQPError, OSError, RuntimeError, TimeoutError, asyncio.CancelledError) as error:
                if is_asked_to_stop(error):
                    raise
                log.warning("broker not reachable yet", error=type(error).__name__)
                with contextlib.suppress(AMQPError, RuntimeError, OSError):
                    await self._broker.stop()
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
            else:
                self._announce()
                return

    async def _declare(self) -> None:
        # Exchanges first and on the default channel: FastStream caches an exchange on the channel that declares it,
        # and only the default channel's returns are sure to raise. We publish through these objects.
        for exchange in (topology.EVENTS, topology.DEAD, *(rung.exchange for rung in topology.LADDER)):
            self._exchanges[exchange.name] = await self._broker.declare_exchange(exchange)
        for rung in topology.LADDER:
            await (await self._broker.declare_queue(rung.queue)).bind(self._exchanges[rung.exchange.name])
        for work in topology.work_queues():
            # Dead queues before work queues: a message buried before its grave exists was seen lost for minutes.
            grave = await self._broker.declare_queue(topology.dead_queue(work.name))
            await grave.bind(self._exchanges[topology.DEAD.name], routing_key=grave.name)
            queue = await self._broker.declare_queue(work.queue)
            for event in work.events:
                await queue.bind(self._exchanges[topology.EVENTS.name], routing_key=event.name)

    def _announce(self) -> None:
        self.connected.set()
        log.info("broker connected")
        for callback in self._on_connect:
            callback()

    async def _publish_raw(
        self, body: bytes, exchange: RabbitExchange, routing_key: str, mandatory: bool = True, **properties: Any
    ) -> None:
        declared = self._exchanges.get(exchange.name)
        if declared is None:
            raise PublishFailed("The broker was never reached yet.")
        message = Message(
            body,
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            # A dead message tells by it when it died.
            timestamp=datetime.now(UTC),
            **properties,
        )
        try:
            async with asyncio.timeout(CONFIRM_TIMEOUT):
                frame = await declared.publish(message, routing_key, mandatory=mandatory)
        except asyncio.CancelledError as error:
            if is_asked_to_stop(error):
                raise
            raise PublishFailed("The connection was lost before the confirm.") from None
        except (TimeoutError, AMQPError, RuntimeError, OSError, AssertionError) as error:
            raise PublishFailed(f"The broker did not confirm ({type(error).__name__}).") from error
        if isinstance(frame, Basic.Return) or isinstance(getattr(frame, "delivery", None), Basic.Return):
            raise PublishFailed(f"No queue takes {routing_key}.")


def with_heartbeat(url: str, seconds: int) -> str:
    """`url` with a heartbeat, unless it names one: a half-open connection is noticed within two of them."""
    return url if "heartbeat=" in url else f"{url}{'&' if '?' in url else '?'}heartbeat={seconds}"


def is_asked_to_stop(error: BaseException) -> bool:
    """Whether `error` is somebody's wish that this task ends; a lost connection surfaces as a cancellation too."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def _whole_message(message: RabbitMessage) -> RabbitMessage:
    return message
