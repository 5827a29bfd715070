"""The clock on a real store and broker: what is due happens once, whoever rings, whatever went down meanwhile."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.ports import Ports
from demo.servers import find_store
from services.tickets import commands as c
from services.tickets.clock import AT_ONCE, BATCH, Clock
from services.tickets.domain import Ticket
from shared.broker import Bus
from shared.events import State, TicketAnswered
from shared.mongo import Database
from shared.relay import Relay
from tests.conftest import eventually
from tests.integration.ticketing import HOLDING, RULES, WINDOW, Desk, last_article, now
from tests.unit.samples import LUCA

pytestmark = pytest.mark.integration

Wind = Callable[..., Clock]


@pytest.fixture
async def desk(database: Database) -> Desk:
    found = Desk(database, HOLDING)
    await found.tickets.prepare()
    return found


@pytest.fixture
async def wind(desk: Desk) -> AsyncIterator[Wind]:
    """A copy's clock, with a relay of its own; without `bus` the broker is away, which the clock needn't know."""
    relays: list[Relay] = []

    def wound(bus: Bus | None = None, **options: Any) -> Clock:
        relays.append(Relay(bus or Bus("amqp://localhost:1", "tickets"), desk.tickets))
        return Clock(desk.tickets, HOLDING, relays[-1], **options)

    yield wound
    for relay in relays:
        await relay.stop()


async def answered(desk: Desk, text: str = "Ecco.", at: datetime | None = None) -> Ticket:
    """A ticket with an answer that is held."""
    ticket = await desk.open()
    await desk.do(ticket, c.AnswerTicket(seen=9, text=text), at=at)
    return await desk.now(ticket)


async def answers(desk: Desk, ticket: Ticket) -> list[str]:
    """The answers that left, by what they say."""
    facts = await desk.tickets.page_of_facts(await desk.now(ticket))
    return [fact.text for fact in facts if isinstance(fact, TicketAnswered)]


async def test_of_two_clocks_one_sends_each_held_mail(desk: Desk, wind: Wind) -> None:
    tickets = [await answered(desk, f"Risposta {number}.") for number in range(12)]
    first, second = wind(), wind()
    assert await first.ring(now()) == 0
    due = now() + WINDOW
    await asyncio.gather(first.ring(due), second.ring(due), first.ring(due))
    for number, ticket in enumerate(tickets):
        assert await answers(desk, ticket) == [f"Risposta {number}."]
        assert (await desk.now(ticket)).timers == {}
    assert await first.ring(due + WINDOW) == 0


async def test_what_leaves_is_published_at_once(desk: Desk, wind: Wind, amqp_url: str) -> None:
    bus = Bus(amqp_url, "tickets")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 30)
    ticket = await answered(desk)
    await wind(bus).ring(now() + WINDOW)

    async def published() -> bool:
        return not (await desk.now(ticket)).outbox

    await eventually(published)
    await bus.stop()


async def test_what_came_due_while_no_copy_ran_happens_at_the_next_start(desk: Desk, wind: Wind) -> None:
    ticket = await answered(desk, at=now() - timedelta(hours=2))
    clock = wind()
    await clock.start()

    async def left() -> list[str]:
        return await answers(desk, ticket)

    assert await eventually(left) == ["Ecco."]
    # It goes on looking: what comes due later leaves as well.
    later = await answered(desk, at=now() - WINDOW)
    await eventually(lambda: answers(desk, later))
    await clock.stop()
    stopped = await answered(desk, at=now() - WINDOW)
    assert await answers(desk, stopped) == []


async def test_a_clock_that_was_never_started_stops(wind: Wind) -> None:
    await wind().stop()


async def test_a_hundred_that_are_due_at_once_all_leave_in_one_round(desk: Desk, wind: Wind) -> None:
    tickets = [await answered(desk) for _ in range(BATCH)]
    assert await wind().ring(now() + WINDOW) == BATCH
    for ticket in tickets[:: BATCH // AT_ONCE]:
        assert await answers(desk, ticket) == ["Ecco."]
    assert await desk.tickets.due((now() + WINDOW).timestamp(), BATCH) == []


async def test_tickets_that_cannot_be_woken_keep_no_other_waiting(desk: Desk, wind: Wind) -> None:
    # More than one batch of roots that nobody can read, all more overdue than the good one.
    broken = [{"_id": f"broken-{number}", "number": str(number), "wake_at": 1.0} for number in range(4)]
    await desk.tickets.roots.insert_many(broken)
    ticket = await answered(desk)
    clock, due = wind(batch=3, pause=60), now() + WINDOW
    assert await clock.ring(due) == 3
    assert await answers(desk, ticket) == []
    assert await clock.ring(due) == 2
    assert await answers(desk, ticket) == ["Ecco."]
    # They are left alone for a while, not tried each second.
    assert await clock.ring(due) == 0


async def test_a_ticket_that_could_not_be_woken_is_tried_again(desk: Desk, wind: Wind, database: Database) -> None:
    ticket = await answered(desk)
    (article,) = ticket.held
    words = await database.collection("articles").find_one({"_id": article})
    await database.collection("articles").delete_many({"_id": article})
    clock, due = wind(), now() + WINDOW
    assert await clock.ring(due) == 1
    assert await answers(desk, ticket) == []
    await database.collection("articles").insert_one(words)

    async def left() -> list[str]:
        await clock.ring(due)
        return await answers(desk, ticket)

    assert await eventually(left) == ["Ecco."]


async def test_a_reminder_leaves_once_and_then_the_ticket_opens(desk: Desk, wind: Wind) -> None:
    desk.rules = RULES
    ticket, until = await desk.open(), now() + timedelta(days=3)
    question = c.AskInformation(seen=1, fields=("description",), text="Quale?", until=until)
    asked = last_article(await desk.do(ticket, question))
    clocks = wind(), wind()
    for _ in range(2):
        await asyncio.gather(*(clock.ring(until) for clock in clocks))
    reminded = await desk.now(ticket)
    names = [fact.name for fact in await desk.tickets.page_of_facts(reminded)]
    assert names.count("ticket.reminded.v1") == 1
    assert reminded.information
    assert reminded.information.article == asked
    assert reminded.waiting
    assert reminded.waiting.until
    await asyncio.gather(*(clock.ring(reminded.waiting.until) for clock in clocks))
    assert (await desk.now(ticket)).state is State.OPEN


async def test_a_mail_whose_user_wrote_meanwhile_stops_and_is_not_tried_again(desk: Desk, wind: Wind) -> None:
    ticket = await answered(desk)
    await desk.do(ticket, c.ReplyTicket(text="Aspettate!"), LUCA)
    clock, due = wind(), now() + WINDOW
    assert await clock.ring(due) == 1
    assert await answers(desk, ticket) == []
    (held,) = (await desk.now(ticket)).held.values()
    assert held.stopped
    assert await clock.ring(due) == 0


async def test_a_ticket_that_is_being_merged_waits_and_the_clock_comes_again(desk: Desk, wind: Wind) -> None:
    until = now() + timedelta(days=1)
    ticket, target = await desk.open(), await desk.open()
    await desk.do(ticket, c.DeferTicket(seen=9, until=until))
    merging = c.MergeTicket(seen=9, target=target.number, found=target.ref, requester=target.requester)
    attempt = (await desk.do(ticket, merging)).facts[0].event_id
    clock = wind()
    await clock.ring(until)
    assert (await desk.now(ticket)).state is State.PENDING
    assert await clock.ring(until) == 0
    await desk.do(ticket, c.SettleMerge(target=target.ref, attempt=attempt, because="closed"))

    async def opened() -> bool:
        await clock.ring(until)
        return (await desk.now(ticket)).state is State.OPEN

    await eventually(opened)


async def test_the_clock_goes_on_when_the_store_comes_back(tmp_path: Path) -> None:
    store = find_store(None, tmp_path, Ports.free(), os.environ)
    await asyncio.to_thread(store.start)
    database = Database(store.url, "clock", timeout=0.5)
    desk = Desk(database, HOLDING)
    await desk.tickets.prepare()
    relay = Relay(Bus("amqp://localhost:1", "tickets"), desk.tickets)
    clock = Clock(desk.tickets, HOLDING, relay)
    await clock.start()
    try:
        await asyncio.to_thread(store.kill)
        with pytest.raises(Exception, match=r"refused|closed|Timeout"):
            await clock.ring(now())
        await asyncio.to_thread(store.start)
        ticket = await answered(desk, at=now() - WINDOW)
        assert await eventually(lambda: answers(desk, ticket), timeout=20) == ["Ecco."]
        await clock.stop()
    finally:
        await relay.stop()
        await database.close()
        await asyncio.to_thread(store.stop)
