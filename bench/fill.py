"""Fills a store with tickets through the domain and the repository's own documents, not through HTTP."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from bench.workload import DOMAIN, RULES, walk
from services.tickets.articles import Words, words_of
from services.tickets.commands import Command, OpenTicket, RecordDelivery, TakeTicket, Wish
from services.tickets.domain import Root, Ticket, apply_all, decide
from services.tickets.numbers import day_of, number
from services.tickets.repository import to_document, to_journal
from shared.events import SYSTEM, Actor, ActorKind, MailSent, Requester, RootEvent, Submission, TicketOpened
from shared.ids import derived, ticket_id
from shared.mongo import Database, Document

R = TypeVar("R", bound=Root, covariant=True)
QUEUES = ("credentials", "students", "fees", "online-services", "internships")
OPERATORS = tuple(Actor(id=f"operator-{n}", name=f"Operator {n}", kind=ActorKind.OPERATOR) for n in range(10))
# So many verified users have an equal share of the tickets.
USERS = 100
BATCH = 500
FIRST = datetime(2026, 1, 7, 8, 0, tzinfo=UTC)


class Stored(NamedTuple, Generic[R]):
    """One ticket or question with everything that is stored of it."""

    ticket: R
    words: list[Words]
    facts: list[RootEvent]


def user(position: int) -> str:
    """The id of the user whose ticket is the n-th."""
    return f"user-{position % USERS}"


def submission_of(position: int) -> str:
    """The id of the submission that became the n-th ticket."""
    return derived("bench", position)


def tickets(start: int, end: int) -> Iterator[Stored[Ticket]]:
    """Tickets `start` to `end` (exclusive): in five queues, all mails sent, every other one in charge of somebody."""
    pattern = walk(subject="user")
    told = pattern.mail_done.outbox[0]
    assert isinstance(told, MailSent)
    for position in range(start, end):
        yield _ticket(pattern.submitted.submission, told, position)


async def fill(database: Database, start: int, end: int) -> None:
    """Store them, in batches."""
    for first in range(start, end, BATCH):
        await store(database, list(tickets(first, min(first + BATCH, end))))


async def store(database: Database, batch: Sequence[Stored[Root]]) -> None:
    """Store these."""
    await database.collection("tickets").insert_many([root_of(stored.ticket) for stored in batch])
    words = [each for stored in batch for each in stored.words]
    await database.collection("articles").insert_many([article_of(each) for each in words])
    facts = [each for stored in batch for each in stored.facts]
    await database.collection("journal").insert_many([journal_row(each) for each in facts])


def root_of(ticket: Root) -> Document:
    """The root with nothing left to publish."""
    return to_document(ticket.model_copy(update={"outbox": (), "version": ticket.seq}), 0)


def article_of(words: Words) -> Document:
    """The article as the repository stores it."""
    document = words.model_dump(mode="json")
    return {"_id": document.pop("id"), **document}


def journal_row(fact: RootEvent) -> Document:
    """The fact as the repository stores it."""
    return to_journal(fact)


def _ticket(pattern: Submission, told: MailSent, position: int) -> Stored[Ticket]:
    moment = FIRST + timedelta(minutes=position)
    person, key = user(position), submission_of(position)
    submission = pattern.model_copy(
        update={
            "id": key,
            "submitted_at": moment,
            "requester": Requester(name="Lucia Bianchi", email=f"{person}@{DOMAIN}", verified=True, subject=person),
        }
    )
    queue, drawn = QUEUES[position % len(QUEUES)], number(day_of(moment), position)
    opening = _command(key, SYSTEM, OpenTicket(submission=submission, queue=queue, rule="bench", number=drawn))
    facts = decide(None, opening, moment, RULES)
    ticket: Ticket = apply_all(None, facts)
    assert isinstance(facts[0], TicketOpened)
    record = RecordDelivery(article_id=facts[0].mail.id, subject=told.subject, text=told.text)
    commands = [_command(key, SYSTEM, record)]
    if (position // len(QUEUES)) % 2:
        commands.append(_command(key, OPERATORS[(position // 10) % len(OPERATORS)], TakeTicket(seen=2)))
    for command in commands:
        caused = decide(ticket, command, moment, RULES)
        ticket, facts = apply_all(ticket, caused), [*facts, *caused]
    return Stored(ticket, [words for command in (opening, *commands) for words in words_of(command)], facts)


def _command(submission: str, actor: Actor, wish: Wish) -> Command:
    ticket = ticket_id(submission)
    return Command(id=derived(ticket, type(wish).__name__), ticket_id=ticket, actor=actor, wish=wish)
