"""Dead messages on a real broker: looking loses nothing, a replay has its effect once, only a drop destroys."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aio_pika
import pytest
from typer.testing import CliRunner, Result

from shared import topology
from shared.broker import Bus
from shared.cli import app
from shared.dead import DeadLetters
from shared.errors import DependencyDown, Hopeless, NotFound
from shared.events import FormSubmitted
from shared.retry import ATTEMPT, ERROR, ORIGIN, REASON
from tests.conftest import eventually
from tests.unit.samples import submitted

pytestmark = pytest.mark.integration

QUEUE = topology.queue_name("routing", FormSubmitted)


class Hearer:
    """Routing's place on the bus: refuses everything while `broken`."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.broken = True
        self.done: list[str] = []
        bus.hears(FormSubmitted)(self.hear)

    async def hear(self, event: FormSubmitted) -> None:
        if self.broken:
            raise Hopeless("no rule for this form")
        self.done.append(event.event_id)


@pytest.fixture
async def hearer(amqp_url: str) -> AsyncIterator[Hearer]:
    bus = Bus(amqp_url, "routing")
    hearer = Hearer(bus)
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    yield hearer
    await bus.stop()


@pytest.fixture
def letters(amqp_url: str) -> DeadLetters:
    return DeadLetters(amqp_url)


Bury = Callable[[int], Awaitable[list[FormSubmitted]]]


@pytest.fixture
async def bury(hearer: Hearer, letters: DeadLetters) -> Bury:
    """Publish so many facts that nobody can handle; they are all dead when it returns."""

    async def bury(count: int) -> list[FormSubmitted]:
        events = [submitted() for _ in range(count)]
        for event in events:
            await hearer.bus.publish(event)
        await eventually(lambda: resting(letters, count))
        return events

    return bury


async def resting(letters: DeadLetters, count: int) -> bool:
    """Whether exactly so many messages rest."""
    return (await letters.counts())[QUEUE] == count


async def test_a_dead_message_is_listed_with_its_reason(bury: Bury, letters: DeadLetters) -> None:
    (event,) = await bury(1)
    (message,) = await letters.list()
    assert (message.queue, message.event) == (QUEUE, "form.submitted.v1")
    assert (message.message_id, message.correlation_id) == (event.event_id, event.correlation_id)
    assert (message.error, message.reason) == ("Hopeless", "no rule for this form")
    assert message.died_at is not None
    assert message.size > 0


async def test_looking_again_and_again_loses_nothing(bury: Bury, letters: DeadLetters) -> None:
    events = {event.event_id for event in await bury(3)}
    for _ in range(30):
        assert {message.message_id for message in await letters.list(QUEUE)} == events
    shown = await letters.show(QUEUE, min(events))
    assert '"submission"' in shown.body
    assert shown.headers[ORIGIN] == QUEUE
    assert await resting(letters, 3)


async def test_people_who_look_at_once_take_turns(bury: Bury, amqp_url: str) -> None:
    events = [event.event_id for event in await bury(3)]
    lookers = [DeadLetters(amqp_url) for _ in range(9)]
    shown = await asyncio.gather(*(looker.show(QUEUE, events[n % 3]) for n, looker in enumerate(lookers)))
    assert [letter.message_id for letter in shown] == events * 3


async def test_a_replayed_message_has_its_effect_once(hearer: Hearer, bury: Bury, letters: DeadLetters) -> None:
    first, second = await bury(2)
    hearer.broken = False
    assert await letters.replay(QUEUE, second.event_id) == 1
    await eventually(lambda: hearer.done == [second.event_id])
    with pytest.raises(NotFound):
        await letters.replay(QUEUE, second.event_id)
    assert [message.message_id for message in await letters.list()] == [first.event_id]
    assert hearer.done == [second.event_id]


async def test_a_replay_begins_a_new_life(hearer: Hearer, bury: Bury, letters: DeadLetters, amqp_url: str) -> None:
    """Same id, same body; no attempts, no old reasons: else it would die of its past."""
    (event,) = await bury(1)
    await hearer.bus.stop()
    await letters.replay(QUEUE, event.event_id)
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        message = await (await channel.get_queue(QUEUE)).get()
        assert message
        assert message.message_id == event.event_id
        assert FormSubmitted.model_validate_json(message.body) == event
        assert message.delivery_mode is aio_pika.DeliveryMode.PERSISTENT
        assert not {ATTEMPT, ERROR, REASON, ORIGIN, "x-death"} & set(message.headers)
        await message.ack()


async def test_all_of_a_queue_are_sent_back_and_the_incurable_return(
    hearer: Hearer, bury: Bury, letters: DeadLetters
) -> None:
    events = await bury(4)
    assert await letters.replay(QUEUE) == 4
    await eventually(lambda: resting(letters, 4))
    hearer.broken = False
    assert await letters.replay(QUEUE) == 4
    await eventually(lambda: sorted(hearer.done) == sorted(event.event_id for event in events))
    assert await letters.replay(QUEUE) == 0


async def test_only_the_dropped_message_is_destroyed(bury: Bury, letters: DeadLetters) -> None:
    keep, lose, also = await bury(3)
    await letters.drop(QUEUE, lose.event_id)
    assert {message.message_id for message in await letters.list()} == {keep.event_id, also.event_id}
    with pytest.raises(NotFound):
        await letters.drop(QUEUE, lose.event_id)


async def test_a_message_the_broker_buried_tells_why(hearer: Hearer, letters: DeadLetters, amqp_url: str) -> None:
    """One that came back too often, or was rejected: no header of ours, only the broker's note."""
    await hearer.bus.stop()
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        foreign = aio_pika.Message(b"not even JSON")
        await channel.default_exchange.publish(foreign, routing_key=QUEUE)
        message = await (await channel.get_queue(QUEUE)).get()
        assert message
        await message.reject(requeue=False)
    await eventually(lambda: resting(letters, 1))
    (found,) = await letters.list()
    assert (found.error, found.reason) == ("rejected", "rejected by its consumer")
    assert found.died_at is not None
    assert (await letters.show(QUEUE, found.message_id)).body == "not even JSON"
    await letters.drop(QUEUE, found.message_id)
    assert await resting(letters, 0)


async def test_before_anything_is_declared_there_is_nothing_dead(letters: DeadLetters) -> None:
    assert set((await letters.counts()).values()) == {0}
    assert await letters.list() == []


async def test_an_unknown_queue_is_named(letters: DeadLetters) -> None:
    with pytest.raises(NotFound, match=r"There is no queue nobody\.knows"):
        await letters.replay("nobody.knows")


async def test_without_a_broker_it_says_so() -> None:
    with pytest.raises(DependencyDown):
        await DeadLetters("amqp://127.0.0.1:1").counts()


async def test_the_same_from_a_terminal(
    hearer: Hearer, bury: Bury, letters: DeadLetters, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPORTELLO_AMQP_URL", amqp_url)

    async def sportello(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["dead", *arguments])

    first, second = await bury(2)
    listed = await sportello("list")
    assert listed.exit_code == 0
    assert all(text in listed.output for text in (QUEUE, first.event_id, "no rule for this form"))
    shown = await sportello("show", QUEUE, first.event_id)
    assert first.submission.subject in shown.output
    assert (await sportello("replay", QUEUE)).exit_code == 1
    assert (await sportello("drop", QUEUE, first.event_id)).exit_code == 1, "nobody said yes"
    hearer.broken = False
    assert f"1 sent back to {QUEUE}." in (await sportello("replay", QUEUE, second.event_id)).output
    assert (await sportello("drop", QUEUE, first.event_id, "--yes")).exit_code == 0
    assert "No dead messages." in (await sportello("list")).output
    assert (await sportello("show", QUEUE, first.event_id)).exit_code == 1
    await eventually(lambda: hearer.done == [second.event_id])
