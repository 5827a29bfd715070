"""Live queues on a real broker: they come back after a cut and after a silent, half-open connection, and say so."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aio_pika
import pytest
from pamqp.common import FieldTable

from shared import topology
from shared.broker import Bus
from shared.errors import PublishFailed
from shared.events import Event, FormSubmitted
from shared.live import LiveQueue
from tests.cable import Cable, through
from tests.conftest import eventually
from tests.unit.samples import submitted

pytestmark = pytest.mark.integration


@pytest.fixture
async def cable(amqp_url: str) -> AsyncIterator[tuple[Cable, str]]:
    """A cable to the broker and the address at its near end."""
    parts = urlsplit(amqp_url)
    found = Cable(str(parts.hostname), int(parts.port or 5672))
    port = await found.plug_in()
    yield found, through(amqp_url, port)
    await found.unplug()


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[Bus]:
    found = Bus(amqp_url, "intake")
    await found.start()
    await asyncio.wait_for(found.connected.wait(), 10)
    yield found
    await found.stop()


@pytest.mark.parametrize("accident", ["cut", "half-open"])
async def test_a_live_queue_comes_back_and_tells_of_the_gap(cable: tuple[Cable, str], bus: Bus, accident: str) -> None:
    line, near = cable
    heard: list[Event] = []
    gaps: list[int] = []

    async def on_event(event: Event) -> None:
        heard.append(event)

    live = LiveQueue(near, "portal", [FormSubmitted], on_event, lambda: gaps.append(1), heartbeat=2)
    await live.start()
    await asyncio.wait_for(live.connected.wait(), 10)
    before = submitted()
    await bus.publish(before)
    await eventually(lambda: before in heard)
    started = len(gaps)
    if accident == "cut":
        line.cut()
    else:
        line.swallow()
        # The broker notices within two heartbeats, and so does the client; only then does the line heal.
        await eventually(lambda: not live.connected.is_set(), timeout=20)
        line.heal()
    await eventually(lambda: len(gaps) > started, timeout=20)
    after = submitted()
    await bus.publish(after)
    await eventually(lambda: after in heard)
    await live.stop()


async def test_a_live_queue_is_not_exclusive_and_expires(amqp_url: str, bus: Bus) -> None:
    async def on_event(event: Event) -> None:
        """Nothing to do."""

    live = LiveQueue(amqp_url, "portal", [FormSubmitted], on_event)
    await live.start()
    await asyncio.wait_for(live.connected.wait(), 10)
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        arguments: FieldTable = {"x-expires": 60_000, "x-max-length": 10_000}
        same = await channel.declare_queue(live.name, durable=True, exclusive=False, arguments=arguments)
        assert same.declaration_result.consumer_count == 1
    await live.stop()


async def test_a_publish_into_a_silent_line_fails_in_time_and_the_bus_comes_back(cable: tuple[Cable, str]) -> None:
    line, near = cable
    bus = Bus(near, "intake", heartbeat=2)
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    line.swallow()
    started = asyncio.get_running_loop().time()
    with pytest.raises(PublishFailed):
        await bus.publish(submitted())
    assert asyncio.get_running_loop().time() - started < 8
    line.heal()

    async def published() -> bool:
        try:
            await bus.publish(submitted())
        except PublishFailed:
            return False
        return True

    await eventually(published, timeout=20)
    await bus.stop()


async def test_a_work_queue_hears_again_after_a_cut(cable: tuple[Cable, str], bus: Bus) -> None:
    line, near = cable
    heard: list[str] = []
    listening = Bus(near, "routing")

    @listening.hears(FormSubmitted)
    async def on_form_submitted(event: FormSubmitted) -> None:
        heard.append(event.event_id)

    await listening.start()
    await asyncio.wait_for(listening.connected.wait(), 10)
    line.cut()
    event = submitted()
    await bus.publish(event)
    await eventually(lambda: event.event_id in heard, timeout=20)
    await listening.stop()
    assert topology.queue_name("routing", FormSubmitted) == "routing.form.submitted.v1"
