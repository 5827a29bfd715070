"""(c) The store operations of one ticket, through the repository and by the driver alone."""

import asyncio
import time
from collections.abc import Callable, Iterator

from bench.bed import Bed
from bench.figures import Row, Table
from bench.fill import QUEUES, Stored, article_of, fill, journal_row, tickets
from bench.plan import Plan
from bench.turns import Call, in_turn
from services.tickets.domain import Ticket
from services.tickets.lists import Filter, Lists
from services.tickets.repository import Tickets, to_document
from shared.mongo import Database, Document, insert_once

DATABASE = "bench_store"
PAGE = 50
NOTE = """\
One call at a time on a store that holds {size:,} tickets, through the repository of tickets (documents to objects and
back) and by the driver with ready-made documents, in turn."""


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (c)."""
    rows = asyncio.run(_operations(bed.stack.urls.mongo, plan))
    say(f"  (c) {rows[0].what} {rows[0].ours:.2f} ms, bare {rows[0].bare:.2f} ms")
    return Table("(c) Store operations", "repository", "bare driver", tuple(rows), NOTE.format(size=plan.fills[0]))


async def _operations(mongo_url: str, plan: Plan) -> list[Row]:
    database = Database(mongo_url, DATABASE)
    repository = Tickets(database)
    await repository.prepare()
    size = plan.fills[0]
    await fill(database, 0, size)
    operations = _Operations(database, repository, size, plan.store_rounds * plan.store_calls + 10)
    rows = []
    for what, (ours, bare) in operations.calls().items():
        turns = await in_turn(ours, bare, plan.store_rounds, plan.store_calls)
        rows.append(turns.row(what, 0.50))
    await database.close()
    return rows


class _Operations:
    """Each operation in both ways. Tickets and documents to store are made beforehand: only storing is measured."""

    def __init__(self, database: Database, repository: Tickets, size: int, count: int) -> None:
        self._database, self._repository = database, repository
        self._known = next(tickets(7, 8))
        self._version = self._known.ticket.seq
        made = list(tickets(size, size + 2 * count))
        mine, theirs = made[:count], made[count:]
        self._words = iter([stored.words[0] for stored in mine])
        self._articles = iter([article_of(stored.words[0]) for stored in theirs])
        self._tickets: Iterator[Stored[Ticket]] = iter(mine)
        self._roots = iter([_with_outbox(stored, 1) for stored in theirs])
        self._facts = iter([stored.facts[0] for stored in mine])
        self._rows = iter([journal_row(stored.facts[0]) for stored in theirs])
        self._replacement = _with_outbox(self._known, 0)

    def calls(self) -> dict[str, tuple[Call, Call]]:
        """Ours and the bare one, by name."""
        repository, collection = self._repository, self._database.collection
        key, day = self._known.ticket.id, self._known.ticket.opened_at
        page = Filter(queue=[QUEUES[0]], limit=PAGE)
        return {
            "insert an article": (
                lambda: repository.write(next(self._words)),
                lambda: collection("articles").insert_one(next(self._articles)),
            ),
            "insert a root": (self._add, lambda: repository.roots.insert_one(next(self._roots))),
            "find a root": (lambda: repository.find(key), lambda: repository.roots.find_one({"_id": key})),
            "draw a number": (
                lambda: repository.draw_number(day),
                lambda: collection("counters").find_one_and_update(
                    {"_id": "bench"}, {"$inc": {"n": 1}}, upsert=True, return_document=True
                ),
            ),
            "replace a root": (self._save, self._replace),
            "insert into the journal": (
                lambda: insert_once(collection("journal"), journal_row(next(self._facts))),
                lambda: collection("journal").insert_one(next(self._rows)),
            ),
            "settle: empty the outbox": (self._settle, self._empty),
            f"list a queue, {PAGE} a page": (
                lambda: Lists(repository, self._database).page(page),
                lambda: repository.roots.find({"queue": QUEUES[0]}).sort("place", -1).limit(PAGE + 1).to_list(None),
            ),
        }

    async def _add(self) -> None:
        stored = next(self._tickets)
        assert await self._repository.add(stored.ticket, stored.facts[:1])

    async def _save(self) -> None:
        ticket = self._known.ticket.model_copy(update={"version": self._version})
        saved = await self._repository.save(ticket, self._known.facts[:1])
        assert saved
        self._version = saved.version

    async def _replace(self) -> None:
        document = {**self._replacement, "version": self._version + 1}
        wanted = {"_id": self._known.ticket.id, "version": self._version}
        assert (await self._repository.roots.replace_one(wanted, document)).matched_count
        self._version += 1

    async def _settle(self) -> None:
        await self._repository.settle(self._known.ticket.model_copy(update={"version": self._version}))

    async def _empty(self) -> None:
        wanted = {"_id": self._known.ticket.id, "version": self._version}
        await self._repository.roots.update_one(wanted, {"$set": {"outbox": [], "outbox_since": None}})


def _with_outbox(stored: Stored[Ticket], version: int) -> Document:
    ticket = stored.ticket.model_copy(update={"version": version, "outbox": tuple(stored.facts[:1])})
    return to_document(ticket, time.time())
