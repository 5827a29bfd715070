"""(f) One verb against the bare operations it needs, and (g) a very long ticket against a short one."""

import asyncio
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from aio_pika import DeliveryMode, Message, connect_robust

from bench.bed import Bed
from bench.client import Connection, expect_success, request
from bench.figures import Aim, Row, Table, paired, percentile
from bench.fill import Stored, article_of, journal_row, root_of, store
from bench.lives import OPERATOR, TEXT, lived, ticket_at
from bench.plan import Plan
from bench.turns import Call, Turns, in_turn
from bench.workload import RULES
from services.tickets.articles import words_of
from services.tickets.commands import AddNote, AnswerTicket, Command, Seen
from services.tickets.domain import Ticket, apply_all, decide
from services.tickets.handlers import handle
from services.tickets.repository import Tickets, to_document
from shared.broker import Bus
from shared.events import Actor
from shared.identity import internal_token
from shared.ids import random_id
from shared.mongo import Database, Document
from shared.policy import Person, Role
from shared.relay import Relay

ARTICLES = 20
SHORT, LONG = 10, 1_000
PREFIX = "bench_long"
WARM_UP = 3
PERSON = Person(id=OPERATOR.id, name=OPERATOR.name, roles=frozenset({Role.OPERATOR}))
NOTE_OF_VERBS = """\
A ticket with {articles} articles; one verb at a time, from the wish to the last confirmed and settled fact, through the
handler, the repository and the relay, against the same store operations and confirmed publishes by the two drivers
alone, with ready-made documents and messages, in turn. An answer leaves at once: two facts."""
NOTE_OF_LENGTH = """\
Through the internal HTTP API of tickets, one request at a time on a kept connection: a ticket with {long:,} articles
against one with {short}, in turn."""


def measure_verbs(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (f), in a virtual host of its own: nobody hears what is published."""
    url = bed.stack.broker.new_vhost()
    try:
        rows = asyncio.run(_verbs(url, bed.stack.urls.mongo, plan))
    finally:
        bed.stack.broker.drop_vhost(url)
    say(f"  (f) {rows[0].what} {rows[0].ours:.0f}, bare {rows[0].bare:.0f}")
    return Table("(f) One verb", "tickets", "bare operations", tuple(rows), NOTE_OF_VERBS.format(articles=ARTICLES))


async def _verbs(amqp_url: str, mongo_url: str, plan: Plan) -> list[Row]:
    wishes: dict[str, Seen] = {"note": AddNote(seen=9_999, text=TEXT), "answer": AnswerTicket(seen=9_999, text=TEXT)}
    count = plan.store_rounds * plan.store_calls + WARM_UP
    rows = []
    async with AsyncExitStack() as ends:
        database = Database(mongo_url, "bench_verbs")
        ends.push_async_callback(database.close)
        repository = Tickets(database)
        await repository.prepare()
        bus = Bus(amqp_url, "tickets")
        await bus.start()
        ends.push_async_callback(bus.stop)
        await asyncio.wait_for(bus.connected.wait(), 30)
        connection = await ends.enter_async_context(await connect_robust(amqp_url))
        exchange = await (await connection.channel(publisher_confirms=True)).get_exchange("sportello.events")
        for number, (what, wish) in enumerate(wishes.items()):
            made = list(lived(2 * number * count, 2 * count, ARTICLES))
            for start in range(0, len(made), 50):
                await store(database, made[start : start + 50])
            ours = _handled(repository, Relay(bus, repository), made[:count], wish)
            bare = _Bare(database, exchange, made[count:], wish)
            turns = await in_turn(ours, bare.verb, plan.store_rounds, plan.store_calls)
            rows += _rates(what, turns)
    return rows


def _rates(what: str, turns: Turns) -> list[Row]:
    """Verbs per second, and the time of one."""
    ours, bare = ([1000 / statistics.mean(times) for times in side] for side in (turns.ours, turns.bare))
    return [
        paired(f"{what}: verbs", "/s", ours, bare, Aim("at least", 0.5)),
        turns.row(what, 0.50),
        turns.row(what, 0.95),
    ]


def _handled(repository: Tickets, relay: Relay, made: Sequence[Stored[Ticket]], wish: Seen) -> Call:
    waiting = iter(made)

    async def verb() -> None:
        ticket = next(waiting).ticket.id
        outcome = await handle(_command(ticket, OPERATOR, wish), repository, RULES, datetime.now(UTC))
        await relay.publish(outcome.ticket)

    return verb


def _command(ticket: str, actor: Actor, wish: Any) -> Command:
    return Command(id=random_id(), ticket_id=ticket, actor=actor, wish=wish)


class _Bare:
    """The same without Sportello: what is written and published was made beforehand."""

    def __init__(self, database: Database, exchange: Any, made: Sequence[Stored[Ticket]], wish: Seen) -> None:
        self._tickets, self._articles, self._journal = map(database.collection, ("tickets", "articles", "journal"))
        self._exchange = exchange
        self._prepared: Iterator[tuple[Document, Document, list[Document], str]] = iter(
            [self._prepare(stored, wish) for stored in made]
        )

    def _prepare(self, stored: Stored[Ticket], wish: Seen) -> tuple[Document, Document, list[Document], str]:
        ticket = stored.ticket.model_copy(update={"version": root_of(stored.ticket)["version"]})
        command = _command(ticket.id, OPERATOR, wish)
        facts = decide(ticket, command, datetime.now(UTC), RULES)
        after = apply_all(ticket, facts).model_copy(update={"version": ticket.version + 1, "outbox": tuple(facts)})
        (words,) = words_of(command)
        return to_document(after, 0), article_of(words), [journal_row(fact) for fact in facts], command.id

    async def verb(self) -> None:
        """Read, look for a repeat, write the words, compare and set, publish and settle."""
        root, article, facts, command = next(self._prepared)
        read = await self._tickets.find_one({"_id": root["_id"]})
        await self._journal.find({"cause_id": command}).to_list(None)
        await self._articles.insert_one(article)
        wanted = {"_id": root["_id"], "version": read["version"]}
        assert (await self._tickets.replace_one(wanted, root)).matched_count
        for fact in facts:
            message = Message(
                json.dumps(fact, ensure_ascii=False).encode(),
                delivery_mode=DeliveryMode.PERSISTENT,
                content_type="application/json",
            )
            await self._exchange.publish(message, routing_key=fact["name"], mandatory=False)
        for fact in facts:
            await self._journal.insert_one(fact)
        emptied: Document = {"$set": {"outbox": [], "outbox_since": None}}
        await self._tickets.update_one({"_id": root["_id"], "version": root["version"]}, emptied)


def measure_length(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (g), on a database and with a tickets service of its own."""
    with bed.tickets_service(PREFIX) as url:
        rows = asyncio.run(_lengths(bed, url, plan))
    say(f"  (g) {rows[0].what} {rows[0].ours:.1f} ms, short {rows[0].bare:.1f} ms")
    note = NOTE_OF_LENGTH.format(long=LONG, short=SHORT)
    return Table("(g) A very long ticket", f"{LONG:,} articles", f"{SHORT} articles", tuple(rows), note)


async def _lengths(bed: Bed, url: str, plan: Plan) -> list[Row]:
    # Each short one takes one note only, so that it stays short.
    count = plan.list_rounds * plan.list_calls + WARM_UP
    database = Database(bed.stack.urls.mongo, f"{PREFIX}_tickets")
    await Tickets(database).prepare()
    (long,) = lived(0, 1, LONG)
    for each in (long, *lived(1, count, SHORT)):
        await store(database, [each])
    await database.close()
    user = Person(id=str(long.ticket.requester.subject), name="Lucia Bianchi", roles=frozenset({Role.USER}))
    connection, key = Connection(url), bed.stack.internal_key

    def asked(person: Person, tickets: Iterator[str], verb: str = "") -> Call:
        async def ask() -> object:
            headers = {"Authorization": f"Bearer {internal_token(person, key)}", "Idempotency-Key": random_id()}
            body = json.dumps({"seen": 9_999, "text": TEXT}).encode() if verb else b""
            told = {**headers, "Content-Type": "application/json"}
            path = f"/tickets/{next(tickets)}{verb}"
            return expect_success(await connection.ask(request("POST" if verb else "GET", path, told, body)))

        return ask

    def always(position: int) -> Iterator[str]:
        return iter(lambda: ticket_at(position), None)

    short_users = user.model_copy(update={"id": next(lived(1, 1, SHORT)).ticket.requester.subject})
    calls = {
        "open the first page": (asked(PERSON, always(0)), asked(PERSON, always(1))),
        "open it as its requester": (asked(user, always(0)), asked(short_users, always(1))),
        "write a note": (
            asked(PERSON, always(0), "/notes"),
            asked(PERSON, iter([ticket_at(1 + number) for number in range(count)]), "/notes"),
        ),
    }
    rows = []
    for what, (ours, bare) in calls.items():
        turns = await in_turn(ours, bare, plan.list_rounds, plan.list_calls)
        long_times, short_times = ([percentile(times, 0.50) for times in side] for side in (turns.ours, turns.bare))
        rows.append(paired(f"{what}, p50", "ms", long_times, short_times, Aim("at most", 3.0)))
        rows.append(turns.row(what, 0.95))
    connection.close()
    return rows
