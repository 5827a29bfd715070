"""The bus on a real broker: nothing published is lost, nothing bad stops the rest."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import aio_pika
import pytest

from shared import topology
from shared.broker import Bus
from shared.errors import DependencyDown, Hopeless, PublishFailed
from shared.events import ArticleDelivered, ArticleKind, ArticleRef, FormSubmitted, RootEvent, SubmissionRouted
from shared.retry import ATTEMPT, ERROR, REASON
from tests.conftest import eventually
from tests.unit.samples import a_submission, routed, submitted

pytestmark = pytest.mark.integration

Start = Callable[..., Awaitable[Bus]]
QUEUE = topology.queue_name("routing", FormSubmitted)


@pytest.fixture
async def start(amqp_url: str) -> AsyncIterator[Start]:
    """Start a service's bus, with handlers registered by `wire`."""
    running: list[Bus] = []

    async def begin(service: str, wire: Callable[[Bus], None] = lambda bus: None) -> Bus:
        bus = Bus(amqp_url, service)
        wire(bus)
        await bus.start()
        running.append(bus)
        await asyncio.wait_for(bus.connected.wait(), 10)
        return bus

    yield begin
    for bus in running:
        await bus.stop()


async def dead(amqp_url: str, queue: str) -> aio_pika.abc.AbstractIncomingMessage | None:
    """The first message of a work queue's dead queue, taken out."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        grave = await channel.get_queue(topology.dead_name(queue))
        message = await grave.get(fail=False)
        if message:
            await message.ack()
        return message


async def test_a_fact_waits_for_a_hearer_that_does_not_run_yet(start: Start) -> None:
    """Published while the subscriber's service has never run: the topology table made its queue."""
    intake = await start("intake")
    event = submitted()
    await intake.publish(event)
    heard: list[FormSubmitted] = []

    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            heard.append(fact)

    await start("routing", wire)
    await eventually(lambda: heard)
    assert heard == [event]


async def test_a_fact_that_no_queue_takes_is_not_taken_for_stored(start: Start, amqp_url: str) -> None:
    """Also in a process with subscribers, where the library would cache the exchange on the wrong channel."""

    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            """Nothing to do."""

    bus = await start("routing", wire)
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(topology.queue_name("tickets", SubmissionRouted))
        await queue.unbind(topology.EVENTS.name, SubmissionRouted.name)
    with pytest.raises(PublishFailed):
        await bus.publish(routed())


async def test_a_publish_before_the_first_connection_fails_in_the_usual_way() -> None:
    """Intake answers 503 then, and the relay leaves the fact to its sweeper."""
    with pytest.raises(PublishFailed):
        await Bus("amqp://127.0.0.1:1", "intake").publish(submitted())


async def test_a_fact_heard_only_live_needs_no_queue(start: Start) -> None:
    bus = await start("tickets")
    article = ArticleRef(id="a", kind=ArticleKind.MAIL_RECEIPT)
    event = ArticleDelivered.model_validate({**_ticket_fields(), "article": article})
    await bus.publish(event)


async def test_a_message_that_breaks_its_contract_is_dead_at_once_with_the_reason(start: Start, amqp_url: str) -> None:
    heard: list[FormSubmitted] = []

    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            heard.append(fact)

    bus = await start("routing", wire)
    for body in (b"not json", json.dumps({"event_id": "x"}).encode()):
        await bus._publish_raw(body, topology.EVENTS, FormSubmitted.name, message_id="m1")
        buried = await eventually(lambda: dead(amqp_url, QUEUE))
        assert buried.message_id == "m1"
        assert buried.headers[ERROR] == "schema"
        assert buried.headers[REASON]
        assert buried.body == body
    good = submitted()
    await bus.publish(good)
    await eventually(lambda: heard)
    assert heard == [good]


async def test_a_stream_knows_the_facts_of_publishers_that_gave_no_type(start: Start) -> None:
    """Two versions run side by side while one takes the other's place: nobody's notice dies of it."""
    heard: list[RootEvent] = []

    def wire(bus: Bus) -> None:
        @bus.hears_stream("notices")
        async def on_fact(fact: RootEvent) -> None:
            heard.append(fact)
            if len(heard) == 1:
                raise ValueError

    bus = await start("notifier", wire)
    article = ArticleRef(id="a", kind=ArticleKind.MAIL_RECEIPT)
    event = ArticleDelivered.model_validate({**_ticket_fields(), "article": article})
    await bus._publish_raw(event.model_dump_json().encode(), topology.EVENTS, event.name, message_id=event.event_id)
    # The second time it comes by way of a retry queue, whose copies have another routing key.
    await eventually(lambda: heard[1:], 15)
    assert heard == [event, event]


async def test_a_hopeless_message_is_dead_at_once(start: Start, amqp_url: str) -> None:
    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            raise Hopeless("There is no such form.")

    bus = await start("routing", wire)
    await bus.publish(submitted())
    buried = await eventually(lambda: dead(amqp_url, QUEUE))
    assert buried.headers[REASON] == "There is no such form."


async def test_while_a_dependency_is_down_messages_are_held_and_no_attempt_is_burned(start: Start) -> None:
    calls: list[str] = []
    up = asyncio.Event()

    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            calls.append(fact.event_id)
            if not up.is_set():
                raise DependencyDown("The store can't be reached.")

    bus = await start("routing", wire)
    event = submitted()
    await bus.publish(event)
    await eventually(lambda: len(calls) >= 3)
    up.set()
    before = len(calls)
    await eventually(lambda: len(calls) > before)
    assert set(calls) == {event.event_id}


async def test_a_failing_message_climbs_the_ladder_and_comes_back_to_its_queue_only(start: Start) -> None:
    calls: list[str] = []

    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            calls.append(fact.event_id)
            if len(calls) == 1:
                raise ValueError("a passing fault")

    bus = await start("routing", wire)
    event = submitted()
    await bus.publish(event)
    await eventually(lambda: len(calls) == 2, timeout=15)
    assert calls == [event.event_id] * 2


async def test_the_last_rung_leads_to_the_dead_queue(start: Start, amqp_url: str) -> None:
    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            raise ValueError("always")

    bus = await start("routing", wire)
    event = submitted()
    body = event.model_dump_json().encode()
    headers = {ATTEMPT: len(topology.LADDER)}
    await bus._publish_raw(body, topology.EVENTS, event.name, message_id=event.event_id, headers=headers)
    buried = await eventually(lambda: dead(amqp_url, QUEUE))
    assert buried.message_id == event.event_id
    assert buried.headers[ERROR] == "ValueError"


async def test_a_stopping_service_gives_held_messages_back(start: Start, amqp_url: str) -> None:
    seen = asyncio.Event()

    def wire(bus: Bus) -> None:
        @bus.hears(FormSubmitted)
        async def on_form_submitted(fact: FormSubmitted) -> None:
            seen.set()
            raise DependencyDown("The store can't be reached.")

    bus = await start("routing", wire)
    await bus.publish(submitted(a_submission()))
    await asyncio.wait_for(seen.wait(), 10)
    await asyncio.wait_for(bus.stop(), 5)
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(QUEUE)
        assert await eventually(lambda: queue.get(fail=False))


def _ticket_fields() -> dict[str, object]:
    event = submitted()
    return {
        **{name: getattr(event, name) for name in ("event_id", "occurred_at", "correlation_id", "cause_id", "actor")},
        "ticket_id": "t",
        "number": "1",
        "seq": 1,
        "queue": "credentials",
        "requester": event.submission.requester,
        "language": "it",
    }
