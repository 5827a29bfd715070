"""The relay with a real broker and store: what one process left behind, another publishes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from services.tickets.handlers import open_ticket
from services.tickets.repository import Tickets
from shared.broker import Bus
from shared.events import Event, TicketOpened
from shared.mongo import Database
from shared.relay import Relay
from tests.conftest import eventually
from tests.integration.ticketing import RULES, Desk
from tests.unit.samples import routed

pytestmark = pytest.mark.integration


@pytest.fixture
async def heard(amqp_url: str) -> AsyncIterator[list[TicketOpened]]:
    """What notifier hears."""
    found: list[TicketOpened] = []
    bus = Bus(amqp_url, "notifier")

    @bus.hears(TicketOpened)
    async def on_ticket_opened(event: TicketOpened) -> None:
        found.append(event)

    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    yield found
    await bus.stop()


async def test_facts_left_behind_by_a_crash_are_published_at_the_next_start(
    amqp_url: str, database: Database, heard: list[TicketOpened]
) -> None:
    tickets = Tickets(database)
    await tickets.prepare()
    # Stored, and then the process was gone: nobody published.
    outcome = await open_ticket(routed(), tickets, RULES, datetime.now(UTC))
    bus = Bus(amqp_url, "tickets")
    relay = Relay(bus, tickets, sweep_after=0.0)
    await bus.start()
    await relay.start()
    await eventually(lambda: heard)
    assert heard == outcome.facts

    async def settled() -> bool:
        return not await tickets.unpublished(-5)

    await eventually(settled)
    assert await tickets.page_of_facts(await tickets.find(outcome.ticket.id)) == outcome.facts  # type: ignore[arg-type]
    await relay.stop()
    await bus.stop()


async def test_a_wish_is_answered_while_the_broker_is_away_and_published_when_it_returns(
    amqp_url: str, database: Database, heard: list[TicketOpened]
) -> None:
    tickets = Tickets(database)
    await tickets.prepare()
    bus = Bus(amqp_url, "tickets")
    relay = Relay(bus, tickets, sweep_after=0.0)
    await relay.start()
    outcome = await open_ticket(routed(), tickets, RULES, datetime.now(UTC))
    relay.publish_soon(outcome.ticket)
    assert heard == []
    await bus.start()
    await eventually(lambda: heard)
    assert heard[0].event_id == outcome.facts[0].event_id
    await relay.stop()
    await bus.stop()


async def test_a_root_that_cannot_be_read_keeps_no_other_waiting(
    amqp_url: str, database: Database, heard: list[TicketOpened]
) -> None:
    tickets = Tickets(database)
    await tickets.prepare()
    await tickets.roots.insert_one({"_id": "broken", "number": "0", "outbox": [{"name": "x"}], "outbox_since": 1.0})
    outcome = await open_ticket(routed(), tickets, RULES, datetime.now(UTC))
    bus = Bus(amqp_url, "tickets")
    relay = Relay(bus, tickets, sweep_after=0.0)
    await bus.start()
    await relay.start()
    await eventually(lambda: heard)
    assert heard == outcome.facts
    await relay.stop()
    await bus.stop()


async def test_many_writers_of_one_root_do_not_each_say_what_all_have_stored(
    amqp_url: str, database: Database, heard: list[TicketOpened]
) -> None:
    """Forty notes stored before the first is published: each is said once, not as often as there are writers."""
    desk = Desk(database)
    await desk.tickets.prepare()
    ticket = await desk.open()
    outcomes = [await desk.note(ticket, f"Nota {place}.") for place in range(40)]
    bus = Counting(amqp_url, "tickets")
    relay = Relay(bus, desk.tickets)
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    await asyncio.gather(*(relay.publish(outcome.ticket) for outcome in outcomes))
    now = await desk.now(ticket)
    assert now.outbox == ()
    facts = [fact.event_id for fact in await desk.tickets.page_of_facts(now)]
    assert bus.said == facts
    assert [fact.event_id for fact in await eventually(lambda: heard)] == facts[:1]
    # Nobody waits: what is to be published again is said again.
    await relay.publish(outcomes[0].ticket)
    assert bus.said[41:] == facts[:2]
    await bus.stop()


class Counting(Bus):
    """A bus that remembers what was said."""

    def __init__(self, url: str, service: str) -> None:
        super().__init__(url, service)
        self.said: list[str] = []

    async def publish(self, event: Event) -> None:
        await super().publish(event)
        self.said.append(event.event_id)
