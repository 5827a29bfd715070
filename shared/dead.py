"""Dead messages: list, show, replay, drop. For the command line and the operators' page.

One short connection per call. Looking takes messages without acking them and gives all back by closing the channel,
so nothing is lost whatever happens here. Meanwhile nobody else would see them, so lookers take turns.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from aio_pika import connect
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity, DeliveryError
from aiormq.exceptions import ChannelLockedResource

from shared import topology
from shared.broker import with_heartbeat
from shared.deadmessage import DeadLetter, DeadMessage, describe, identity, reborn
from shared.errors import DependencyDown, NotFound, PublishFailed

# Seconds the broker gets to answer.
TIMEOUT = 5.0
# Who has declared this exclusive queue has the turn; it vanishes with its connection, however that ends.
TURN = "sportello.dead.turn"
# Seconds one waits for a turn; whoever has it longer has been cut off, and the broker will notice.
PATIENCE = 3.0
# A message in somebody else's hands is back within an instant: look again this often, this many seconds apart.
LOOKS, PAUSE = 3, 0.25
# More dead messages than anybody handles in one go.
ALL = 100_000

Act = Callable[[AbstractChannel, AbstractIncomingMessage], Awaitable[None]]


class DeadLetters:
    """The dead queues of one broker. `queue` is always the work queue's name. `DependencyDown`: no answer."""

    def __init__(self, amqp_url: str) -> None:
        self._url = with_heartbeat(amqp_url, 15)

    async def counts(self) -> dict[str, int]:
        """How many messages rest, for every work queue there is."""
        async with self._connected() as connection:
            return {queue: await _count(connection, queue) for queue in work_queues()}

    async def list(self, queue: str | None = None, limit: int = 200) -> list[DeadMessage]:
        """The oldest `limit` messages of each dead queue, or of one."""
        found: list[DeadMessage] = []

        async with self._connected() as connection:
            for name in [known(queue)] if queue else work_queues():
                found += [describe(name, message) for message in await _look(connection, name, limit)]
        return found

    async def show(self, queue: str, message_id: str) -> DeadLetter:
        """One message with its body. `NotFound` when it isn't there (any more)."""
        found: list[DeadLetter] = []

        async def keep(_: AbstractChannel, message: AbstractIncomingMessage) -> None:
            found.append(describe(queue, message))

        await self._each(queue, message_id, keep)
        return found[0]

    async def replay(self, queue: str, message_id: str | None = None) -> int:
        """Send one message, or all that rest now, back to their work queue under the same id; how many.

        Each is confirmed in the work queue before it leaves the dead one: a crash in between leaves a double, which
        its consumer knows by its id. `PublishFailed`: this one and the rest stay where they are.
        """

        async def send_back(channel: AbstractChannel, message: AbstractIncomingMessage) -> None:
            try:
                async with asyncio.timeout(TIMEOUT):
                    await channel.default_exchange.publish(reborn(message), routing_key=queue, mandatory=True)
            except DeliveryError as error:
                raise PublishFailed(f"The queue {queue} did not take the message back.") from error
            await message.ack()

        return await self._each(queue, message_id, send_back)

    async def drop(self, queue: str, message_id: str) -> None:
        """Destroy one message for good."""

        async def destroy(_: AbstractChannel, message: AbstractIncomingMessage) -> None:
            await message.ack()

        await self._each(queue, message_id, destroy)

    async def _each(self, queue: str, message_id: str | None, act: Act) -> int:
        """`act` on every message of `queue` with this id (on all, when None); how many. What `act` doesn't ack stays.

        `NotFound` when an id was given and is not there, after looking a few times.
        """
        known(queue)
        async with self._connected() as connection:
            for look in range(LOOKS):
                channel = await _channel(connection)
                done = 0
                # All are in hand before the first is sent back: one that dies again at once is not met twice.
                for message in await _take(channel, queue, ALL):
                    if message_id in (None, identity(message)):
                        await act(channel, message)
                        done += 1
                await channel.close()
                if done or message_id is None:
                    return done
                await asyncio.sleep(PAUSE if look + 1 < LOOKS else 0)
        raise NotFound(f"No message {message_id} rests in the dead queue of {queue}.")

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[AbstractConnection]:
        try:
            connection = await connect(self._url, timeout=TIMEOUT)
            try:
                await _wait_for_turn(connection)
                yield connection
            finally:
                # Closing gives back whatever is still in our hands, and the turn.
                await connection.close()
        except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
            raise DependencyDown("The broker doesn't answer just now.") from error


def work_queues() -> list[str]:
    """Every work queue that can have dead messages."""
    return [queue.name for queue in topology.work_queues()]


def known(queue: str) -> str:
    """`queue`, if the topology has it."""
    if queue not in work_queues():
        raise NotFound(f"There is no queue {queue}. There are: {', '.join(work_queues())}.")
    return queue


async def _wait_for_turn(connection: AbstractConnection) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        channel = await _channel(connection)
        try:
            await channel.declare_queue(TURN, exclusive=True)
        except ChannelLockedResource:
            await asyncio.sleep(random.uniform(0.02, 0.08))  # noqa: S311  # only so that two don't knock in step
        else:
            return


async def _channel(connection: AbstractConnection) -> AbstractChannel:
    async with asyncio.timeout(TIMEOUT):
        return await connection.channel(publisher_confirms=True, on_return_raises=True)


async def _look(connection: AbstractConnection, queue: str, limit: int) -> list[AbstractIncomingMessage]:
    channel = await _channel(connection)
    messages = await _take(channel, queue, limit)
    await channel.close()
    return messages


async def _take(channel: AbstractChannel, queue: str, limit: int) -> list[AbstractIncomingMessage]:
    """Up to `limit` messages, oldest first, unacked: those nobody acks return when the channel closes."""
    taken: list[AbstractIncomingMessage] = []
    try:
        grave = await channel.get_queue(topology.dead_name(queue), ensure=True)
    except ChannelNotFoundEntity:
        return taken  # nobody has declared the topology yet
    while len(taken) < limit and (message := await grave.get(fail=False, timeout=TIMEOUT)):
        taken.append(message)
    return taken


async def _count(connection: AbstractConnection, queue: str) -> int:
    channel = await _channel(connection)
    try:
        declared = await channel.declare_queue(topology.dead_name(queue), passive=True)
    except ChannelNotFoundEntity:
        return 0
    await channel.close()
    return declared.declaration_result.message_count or 0
