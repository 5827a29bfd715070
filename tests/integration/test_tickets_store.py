"""Tickets in the real store, through both drivers: once, in order, never two winners."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.tickets.commands import Command, RecordDelivery, TakeTicket
from services.tickets.handlers import handle, open_ticket
from services.tickets.lists import Filter, Lists
from services.tickets.repository import Tickets
from services.tickets.views import view
from shared.errors import BadInput, Conflict, NotFound
from shared.events import SYSTEM, State, TicketOpened
from shared.ids import command_id, random_id, ticket_id
from shared.mongo import Database
from shared.policy import Person
from tests.unit.samples import GIULIA, MARCO, NOON, a_requester, a_submission, routed

pytestmark = pytest.mark.integration


@pytest.fixture
async def tickets(database: Database) -> Tickets:
    found = Tickets(database)
    await found.prepare()
    return found


def taking(ticket: str, person: Person, seen: int, key: str) -> Command:
    identity = command_id(ticket, person.id, key)
    return Command(id=identity, ticket_id=ticket, actor=person.actor, wish=TakeTicket(seen=seen))


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_submission_that_comes_twice_is_one_ticket_with_one_number(tickets: Tickets) -> None:
    event = routed()
    first, again = [await open_ticket(event, tickets, now()) for _ in range(2)]
    assert again.repeated
    assert first.facts == again.facts
    later = await open_ticket(routed(), tickets, now())
    assert int(later.ticket.number[:-1]) == int(first.ticket.number[:-1]) + 1


async def test_a_submission_that_comes_eight_times_at_once_is_one_ticket(tickets: Tickets) -> None:
    event = routed()
    outcomes = await asyncio.gather(*(open_ticket(event, tickets, now()) for _ in range(8)))
    assert len({outcome.ticket.number for outcome in outcomes}) == 1
    assert sum(not outcome.repeated for outcome in outcomes) == 1


async def test_of_six_who_take_at_once_one_wins_and_five_are_told(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, now())).ticket
    people = [GIULIA.model_copy(update={"id": f"p{n}", "name": f"P {n}"}) for n in range(6)]
    answers = await asyncio.gather(
        *(handle(taking(opened.id, person, 1, "k"), tickets, now()) for person in people), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) == 5
    stored = await tickets.find(opened.id)
    assert stored
    assert stored.owner
    assert {answer.extra["changed"]["by"] for answer in refused} == {stored.owner.name}


async def test_a_repeated_command_gives_the_same_answer_before_and_after_publication(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, now())).ticket
    command = taking(opened.id, GIULIA, 1, "k")
    first = await handle(command, tickets, now())
    waiting = await handle(command, tickets, now() + timedelta(minutes=1))
    await tickets.settle(waiting.ticket)
    published = await handle(command, tickets, now() + timedelta(minutes=2))
    assert first.facts == waiting.facts == published.facts
    assert published.repeated


async def test_the_same_command_with_another_body_is_refused(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, now())).ticket
    await handle(taking(opened.id, GIULIA, 1, "k"), tickets, now())
    with pytest.raises(BadInput):
        await handle(taking(opened.id, GIULIA, 2, "k"), tickets, now())


async def test_settling_empties_the_outbox_unless_somebody_wrote_since(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, now())).ticket
    taken = (await handle(taking(opened.id, GIULIA, 1, "k"), tickets, now())).ticket
    await tickets.settle(opened)
    stored = await tickets.find(opened.id)
    assert stored
    assert len(stored.outbox) == 2
    await tickets.settle(taken)
    stored = await tickets.find(opened.id)
    assert stored
    assert stored.outbox == ()
    assert [fact.seq for fact in await tickets.history(stored)] == [1, 2]
    assert await tickets.unpublished(-5) == []


async def test_what_was_left_unpublished_is_found(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, now())).ticket
    assert await tickets.unpublished(60) == []
    assert await tickets.unpublished(-5) == [opened.id]
    found = await tickets.find(opened.id)
    assert found
    assert isinstance(found.outbox[0], TicketOpened)


async def test_a_mail_brings_its_words_to_its_article(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, now())).ticket
    (article,) = opened.waiting_mails
    wish = RecordDelivery(article_id=article, subject="[Ticket#1] Ricevuta", text="Abbiamo ricevuto…")
    command = Command(id=random_id(), ticket_id=opened.id, actor=SYSTEM, wish=wish)
    ticket = (await handle(command, tickets, now())).ticket
    shown = view(ticket, await tickets.history(ticket), await tickets.words(ticket.id), GIULIA)
    request, receipt = shown.articles
    assert request.fields == {"kind": "password", "description": "Non riesco a entrare."}
    assert (receipt.text, receipt.delivery) == ("Abbiamo ricevuto…", "sent")
    assert [row.name for row in shown.journal] == ["ticket.opened.v1", "article.delivered.v1"]


async def test_a_command_on_an_unknown_ticket_is_refused(tickets: Tickets) -> None:
    with pytest.raises(NotFound):
        await handle(taking(random_id(), GIULIA, 1, "k"), tickets, now())


async def test_lists_filter_and_page_without_overlap(tickets: Tickets, database: Database) -> None:
    lists = Lists(tickets, database)
    for n in range(7):
        submission = a_submission(submitted_at=NOON + timedelta(minutes=n), requester=a_requester(subject=f"s{n % 2}"))
        await open_ticket(routed(submission, queue="fees" if n % 3 else "credentials"), tickets, now())
    first, cursor = await lists.page(Filter(limit=4))
    second, end = await lists.page(Filter(limit=4, after=cursor))
    assert [t.opened_at for t in first + second] == [NOON + timedelta(minutes=n) for n in (6, 5, 4, 3, 2, 1, 0)]
    assert end is None
    oldest, _ = await lists.page(Filter(order="oldest", limit=1))
    assert oldest[0].opened_at == NOON
    assert {t.queue for t in (await lists.page(Filter(queue=["credentials"])))[0]} == {"credentials"}
    mine, _ = await lists.page(Filter(requester="s1"))
    assert {t.requester.subject for t in mine} == {"s1"}
    await handle(taking(oldest[0].id, MARCO, 1, "k"), tickets, now())
    assert [t.id for t in (await lists.page(Filter(owner=MARCO.id)))[0]] == [oldest[0].id]
    assert len((await lists.page(Filter(owner="none")))[0]) == 6
    assert len((await lists.page(Filter(state=[State.NEW], queue=["fees", "credentials"])))[0]) == 6
    counts = await lists.counts(MARCO.id)
    assert (counts.by_state, counts.mine, counts.my_responsibility) == ({"new": 6, "open": 1}, 1, 1)
    assert counts.by_queue == {"credentials": {"new": 2, "open": 1}, "fees": {"new": 4}}


async def test_a_forged_cursor_is_refused(tickets: Tickets, database: Database) -> None:
    with pytest.raises(BadInput):
        await Lists(tickets, database).page(Filter(after='{"$gt": ""}'))


async def test_ids_of_tickets_that_exist(tickets: Tickets) -> None:
    submission = a_submission()
    await open_ticket(routed(submission), tickets, now())
    here = ticket_id(submission.id)
    assert await tickets.existing([here, random_id()]) == {here}
