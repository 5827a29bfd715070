"""Tickets in the real store, through both drivers: once, in order, never two winners."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.tickets.commands import AddNote, AnswerTicket, Command, TakeTicket
from services.tickets.domain import Ticket
from services.tickets.handlers import handle, open_ticket
from services.tickets.lists import Filter, Lists
from services.tickets.repository import Tickets
from shared.errors import BadInput, Conflict, NotFound
from shared.events import RootEvent, State, TicketOpened
from shared.ids import command_id, random_id, ticket_id
from shared.mongo import Database
from shared.policy import Person
from tests.integration.ticketing import HOLDING, RULES, WINDOW, Desk, last_article, now
from tests.unit.samples import GIULIA, MARCO, NOON, a_requester, a_submission, routed

pytestmark = pytest.mark.integration


@pytest.fixture
async def tickets(database: Database) -> Tickets:
    found = Tickets(database)
    await found.prepare()
    return found


@pytest.fixture
def desk(tickets: Tickets, database: Database) -> Desk:
    return Desk(database)


def taking(ticket: str, person: Person, seen: int, key: str) -> Command:
    identity = command_id(ticket, person.id, key)
    return Command(id=identity, ticket_id=ticket, actor=person.actor, wish=TakeTicket(seen=seen))


async def test_a_submission_that_comes_twice_is_one_ticket_with_one_number(tickets: Tickets) -> None:
    event = routed()
    first, again = [await open_ticket(event, tickets, RULES, now()) for _ in range(2)]
    assert again.repeated
    assert first.facts == again.facts
    later = await open_ticket(routed(), tickets, RULES, now())
    assert int(later.ticket.number[:-1]) == int(first.ticket.number[:-1]) + 1


async def test_a_submission_that_comes_eight_times_at_once_is_one_ticket(tickets: Tickets) -> None:
    event = routed()
    outcomes = await asyncio.gather(*(open_ticket(event, tickets, RULES, now()) for _ in range(8)))
    assert len({outcome.ticket.number for outcome in outcomes}) == 1
    assert sum(not outcome.repeated for outcome in outcomes) == 1


async def test_of_six_who_take_at_once_one_wins_and_five_are_told(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, RULES, now())).ticket
    people = [GIULIA.model_copy(update={"id": f"p{n}", "name": f"P {n}"}) for n in range(6)]
    answers = await asyncio.gather(
        *(handle(taking(opened.id, person, 1, "k"), tickets, RULES, now()) for person in people), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) == 5
    stored = await tickets.find(opened.id)
    assert stored
    assert stored.owner
    assert {answer.extra["changed"]["by"] for answer in refused} == {stored.owner.name}


async def test_a_repeated_command_gives_the_same_answer_before_and_after_publication(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, RULES, now())).ticket
    command = taking(opened.id, GIULIA, 1, "k")
    first = await handle(command, tickets, RULES, now())
    waiting = await handle(command, tickets, RULES, now() + timedelta(minutes=1))
    await tickets.settle(waiting.ticket)
    published = await handle(command, tickets, RULES, now() + timedelta(minutes=2))
    assert first.facts == waiting.facts == published.facts
    assert published.repeated


async def test_the_same_command_with_another_body_is_refused(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, RULES, now())).ticket
    await handle(taking(opened.id, GIULIA, 1, "k"), tickets, RULES, now())
    with pytest.raises(BadInput):
        await handle(taking(opened.id, GIULIA, 2, "k"), tickets, RULES, now())


async def test_settling_empties_the_outbox_unless_somebody_wrote_since(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, RULES, now())).ticket
    taken = (await handle(taking(opened.id, GIULIA, 1, "k"), tickets, RULES, now())).ticket
    await tickets.settle(opened)
    stored = await tickets.find(opened.id)
    assert stored
    assert len(stored.outbox) == 2
    await tickets.settle(taken)
    stored = await tickets.find(opened.id)
    assert stored
    assert stored.outbox == ()
    assert [fact.seq for fact in await tickets.page_of_facts(stored)] == [1, 2]
    assert await tickets.unpublished(-5) == []


async def test_what_was_left_unpublished_is_found(tickets: Tickets) -> None:
    opened = (await open_ticket(routed(), tickets, RULES, now())).ticket
    assert await tickets.unpublished(60) == []
    assert await tickets.unpublished(-5) == [opened.id]
    found = await tickets.find(opened.id)
    assert found
    assert isinstance(found.outbox[0], TicketOpened)


async def test_a_mail_brings_its_words_to_its_article(desk: Desk) -> None:
    ticket = await desk.open()
    (article,) = ticket.waiting_mails
    await desk.deliver(ticket, article)
    request, receipt = (await desk.view(ticket)).articles
    assert request.fields == {"kind": "password", "description": "Non riesco a entrare."}
    assert (receipt.text, receipt.delivery) == ("Testo", "sent")


async def test_a_command_on_an_unknown_ticket_is_refused(tickets: Tickets) -> None:
    with pytest.raises(NotFound):
        await handle(taking(random_id(), GIULIA, 1, "k"), tickets, RULES, now())


async def test_lists_filter_and_page_without_overlap(tickets: Tickets, database: Database) -> None:
    lists = Lists(tickets, database)
    for n in range(7):
        submission = a_submission(submitted_at=NOON + timedelta(minutes=n), requester=a_requester(subject=f"s{n % 2}"))
        await open_ticket(routed(submission, queue="fees" if n % 3 else "credentials"), tickets, RULES, now())
    first, cursor = await lists.page(Filter(limit=4))
    second, end = await lists.page(Filter(limit=4, after=cursor))
    assert [t.opened_at for t in first + second] == [NOON + timedelta(minutes=n) for n in (6, 5, 4, 3, 2, 1, 0)]
    assert end is None
    oldest, _ = await lists.page(Filter(order="oldest", limit=1))
    assert oldest[0].opened_at == NOON
    assert {t.queue for t in (await lists.page(Filter(queue=["credentials"])))[0]} == {"credentials"}
    mine, _ = await lists.page(Filter(requester="s1"))
    assert {t.requester.subject for t in mine if isinstance(t, Ticket)} == {"s1"}
    await handle(taking(oldest[0].id, MARCO, 1, "k"), tickets, RULES, now())
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
    await open_ticket(routed(submission), tickets, RULES, now())
    here = ticket_id(submission.id)
    assert await tickets.existing([here, random_id()]) == {here}


def seqs(facts: Sequence[RootEvent]) -> list[int]:
    return [fact.seq for fact in facts]


async def test_a_page_of_facts_is_the_newest_below_a_sequence_wherever_they_lie(desk: Desk) -> None:
    ticket, other = await desk.open(), await desk.open()
    await desk.notes(ticket, 11)
    await desk.notes(other, 3)
    for _ in range(3):
        # Not published: in the outbox only.
        await desk.note(ticket)
    ticket = await desk.now(ticket)
    page = desk.tickets.page_of_facts
    assert seqs(await page(ticket)) == list(range(1, 16))
    assert seqs(await page(ticket, limit=5)) == [11, 12, 13, 14, 15]
    assert seqs(await page(ticket, 11, 5)) == [6, 7, 8, 9, 10]
    assert seqs(await page(ticket, 4, 5)) == [1, 2, 3]
    assert seqs(await page(ticket, 99, 2)) == [14, 15]
    assert seqs(await page(ticket, 1, 5)) == []
    assert {fact.ticket_id for fact in await page(ticket)} == {ticket.id}
    assert seqs(await desk.tickets.first_facts(ticket)) == [1]


async def test_a_fact_on_its_way_from_outbox_to_journal_is_read_once(desk: Desk, database: Database) -> None:
    ticket = await desk.open()
    await desk.note(ticket)
    before = await desk.now(ticket)
    await desk.publish(ticket)
    # Whoever read the root earlier finds its facts in both; what came later is not yet theirs.
    await desk.notes(ticket, 2)
    assert seqs(await desk.tickets.page_of_facts(before)) == [1, 2]
    assert seqs(await desk.tickets.page_of_facts(await desk.now(ticket))) == [1, 2, 3, 4]
    rows = await database.collection("journal").find({}).to_list(None)
    assert sorted(row["place"] for row in rows) == [f"{ticket.id}:{seq:09d}" for seq in (1, 2, 3, 4)]


async def test_what_a_command_caused_is_found_among_many(desk: Desk) -> None:
    tickets = [await desk.open() for _ in range(3)]
    for ticket in tickets:
        await desk.notes(ticket, 4)
    done = await desk.do(tickets[1], AddNote(seen=0, text="Questa."), key="k")
    await desk.publish(tickets[1])
    await desk.notes(tickets[1], 2)
    again = await desk.do(tickets[1], AddNote(seen=0, text="Questa."), key="k")
    assert again.facts == done.facts
    assert again.repeated
    # The same key of the same person on another ticket is another command.
    assert not (await desk.do(tickets[2], AddNote(seen=0, text="Questa."), key="k")).repeated


async def test_all_that_is_told_of_an_article_is_found_by_it(desk: Desk) -> None:
    ticket = await desk.open()
    answer = await desk.do(ticket, AnswerTicket(seen=1, text="Ecco."))
    article = last_article(answer)
    await desk.publish(ticket)
    await desk.deliver(ticket, article, reason="550 no such user")
    names = [fact.name for fact in await desk.tickets.facts_about(await desk.now(ticket), [article])]
    assert names == ["article.prepared.v1", "ticket.answered.v1", "article.refused.v1"]
    assert await desk.tickets.facts_about(await desk.now(ticket), []) == []
    assert await desk.tickets.facts_about(await desk.open(), [article]) == []
    named = await desk.tickets.named(await desk.now(ticket), article)
    assert named
    assert named.ref.kind == "mail_answer"
    request = (await desk.view(ticket)).articles[0].id
    found = await desk.tickets.named(await desk.now(ticket), request)
    assert found
    assert found.ref.kind == "request"
    assert await desk.tickets.named(await desk.now(ticket), random_id()) is None


async def test_words_are_found_by_their_ids_only(desk: Desk) -> None:
    ticket = await desk.open()
    first, second = [last_article(await desk.note(ticket, text)) for text in ("Prima.", "Seconda.")]
    found = await desk.tickets.words([second, random_id()])
    assert {key: words.text for key, words in found.items()} == {second: "Seconda."}
    assert first not in found
    assert await desk.tickets.words([]) == {}


async def test_tickets_with_a_timer_that_is_due_are_found_the_most_overdue_first(desk: Desk) -> None:
    desk.rules = HOLDING
    opened = [await desk.open() for _ in range(3)]
    moment = now()
    for seconds, ticket in zip((20, 0, 10), opened, strict=True):
        await desk.do(ticket, AnswerTicket(seen=9, text="Ecco."), at=moment + timedelta(seconds=seconds))

    async def due(seconds: float, limit: int = 10) -> list[Ticket]:
        found = await desk.tickets.due((moment + WINDOW).timestamp() + seconds, limit)
        return [ticket for each in found for ticket in opened if ticket.id == each]

    assert await due(-1) == []
    assert await due(0) == [opened[1]]
    assert await due(10) == [opened[1], opened[2]]
    assert await due(60, limit=2) == [opened[1], opened[2]]
    assert await due(60) == [opened[1], opened[2], opened[0]]


async def test_a_journal_of_an_earlier_version_gets_its_places_at_the_next_start(
    desk: Desk, database: Database
) -> None:
    ticket = await desk.open()
    await desk.do(ticket, AnswerTicket(seen=1, text="Ecco."))
    await desk.publish(ticket)
    facts = await desk.tickets.page_of_facts(await desk.now(ticket))
    journal = database.collection("journal")
    for fact in facts:
        await journal.update_one({"_id": fact.event_id}, {"$unset": {"place": "", "about": ""}})
    assert await desk.tickets.page_of_facts(await desk.now(ticket)) == []
    await desk.tickets.prepare()
    assert await desk.tickets.page_of_facts(await desk.now(ticket)) == facts
    assert len(await desk.tickets.facts_about(await desk.now(ticket), [facts[2].article.id])) == 2  # type: ignore[attr-defined]


async def test_many_tickets_are_found_by_their_ids(desk: Desk) -> None:
    one, two = await desk.open(), await desk.open()
    found = await desk.tickets.find_many([one.id, two.id, random_id()])
    assert {key: ticket.number for key, ticket in found.items()} == {one.id: one.number, two.id: two.number}
    assert await desk.tickets.find_many([]) == {}
