"""What tickets hears and says in turn, on a real broker and store: messages come twice, and must not multiply."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from services.tickets import commands as c
from services.tickets.consumers import Ear
from services.tickets.domain import Ticket
from services.tickets.handlers import open_ticket
from shared.broker import Bus
from shared.events import About, SecondLevelRequested, TicketOpened, TicketRef
from shared.ids import random_id
from shared.mongo import Database
from shared.relay import Relay
from tests.conftest import eventually
from tests.integration.ticketing import RULES, Desk
from tests.unit.samples import routed

pytestmark = pytest.mark.integration


@pytest.fixture
async def heard(amqp_url: str) -> AsyncIterator[list[str]]:
    """The names of what routing and notifier hear, in order; of a question its title."""
    found: list[str] = []
    buses = [Bus(amqp_url, "routing"), Bus(amqp_url, "notifier")]

    @buses[0].hears(SecondLevelRequested)
    async def on_second_level_requested(event: SecondLevelRequested) -> None:
        found.append(event.title)

    @buses[1].hears(TicketOpened)
    async def on_ticket_opened(event: TicketOpened) -> None:
        found.append(event.name)

    for bus in buses:
        await bus.start()
        await asyncio.wait_for(bus.connected.wait(), 10)
    yield found
    for bus in buses:
        await bus.stop()


@pytest.fixture
async def desk(database: Database) -> Desk:
    found = Desk(database)
    await found.tickets.prepare()
    return found


@pytest.fixture
async def ear(amqp_url: str, desk: Desk) -> AsyncIterator[Ear]:
    """A copy of tickets that was just started."""
    bus = Bus(amqp_url, "tickets")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    yield Ear(bus, desk.tickets, RULES, Relay(bus, desk.tickets))
    await bus.stop()


async def ask(desk: Desk, ticket: Ticket, title: str) -> SecondLevelRequested:
    """A question that is stored and not yet published."""
    about = About(
        queue="credentials", form="credentials", version=1, site="portal", language="it", submitted_at=ticket.opened_at
    )
    asked = (await desk.do(ticket, c.AskSecondLevel(seen=9, title=title, text="È attivo?", about=about))).facts[-1]
    assert isinstance(asked, SecondLevelRequested)
    return asked


async def test_hearing_what_changes_nothing_says_nothing(desk: Desk, ear: Ear, heard: list[str]) -> None:
    """Else each question that opens would say all questions of its ticket anew, and those would be opened anew."""
    event = routed()
    ticket = (await open_ticket(event, desk.tickets, RULES, datetime.now(UTC))).ticket
    assert isinstance(ticket, Ticket)
    asked = [await ask(desk, ticket, title) for title in ("Prima", "Seconda")]
    for each in asked:
        opened = event.model_copy(update={"event_id": random_id()})
        await ear.do(opened, ticket.id, c.HearOpened(child=TicketRef(id=each.child_id, number="1"), live=True))
    await ear.bus.publish(asked[1])
    await eventually(lambda: "Seconda" in heard)
    assert heard == ["Seconda"]


async def test_a_repeat_says_its_own_facts_again_and_no_others(desk: Desk, ear: Ear, heard: list[str]) -> None:
    event = routed()
    outcome = await open_ticket(event, desk.tickets, RULES, datetime.now(UTC))
    assert isinstance(outcome.ticket, Ticket)
    asked = [await ask(desk, outcome.ticket, title) for title in ("Prima", "Seconda")]
    for _ in range(3):
        await ear.say(await open_ticket(event, desk.tickets, RULES, datetime.now(UTC)))
    await ear.bus.publish(asked[1])
    await eventually(lambda: heard.count(TicketOpened.name) == 3 and "Seconda" in heard)
    assert sorted(heard) == ["Seconda", *[TicketOpened.name] * 3]
