"""Tickets and questions in the store: slim roots, articles, the journal of published facts, counters of numbers.

One root per write, by compare-and-set on `version`. History is journal + outbox; whoever reads both reads the root
first, then the journal, and drops doubles: a fact moves from one to the other, never the other way.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from services.tickets.articles import Named, Words, about, named_by
from services.tickets.commands import Command
from services.tickets.domain import Child, Root, Ticket
from services.tickets.numbers import day_of, number
from services.tickets.shelf import PLACES, answered_between, shelved
from shared.errors import BadInput
from shared.events import RootEvent, SecondLevelRequested, from_wire, to_wire
from shared.mongo import Database, Document, Duplicate, insert_once
from shared.relay import Root as Published

R = TypeVar("R", bound=Root)
# Rows that are brought up to date at once when the service starts on a store of an earlier version.
BATCH = 500


class Tickets:
    """The repository. Every operation is one the embedded server and MongoDB agree on (docs/adr/0004)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.roots = database.collection("tickets")
        self._articles = database.collection("articles")
        self._journal = database.collection("journal")
        self._counters = database.collection("counters")

    async def prepare(self) -> None:
        """Create the indexes; harmless when they are there."""
        await self.roots.create_index([("number", 1)], unique=True)
        await self.roots.create_index([("outbox_since", 1)])
        await self.roots.create_index([("wake_at", 1)])
        # One list of all and one of what is not closed, in each order; then by what lists are narrowed to most.
        for place in PLACES:
            await self.roots.create_index([(place, 1)])
            await self.roots.create_index([("live", 1), (place, 1)])
        for field in ("queue", "state", "live_queue", "owner.id", "responsible.id", "requester.subject"):
            await self.roots.create_index([(field, 1), ("place", 1)])
        # Counts are answered from this alone: 3 ms at 10,000 tickets on the embedded server, not 30.
        await self.roots.create_index([("tally", 1), ("place", 1)])
        # One field each: the embedded server reads the whole collection when only a compound index begins with it.
        for field in (
            *("live", "live_queue", "live_owner", "live_responsible", "live_asker", "second", "waits", "late"),
            "answered_place",
            *("requester.subject", "parent.id", "asked_by.id", "email", "watched", "watcher_ids", "tags", "words"),
            "shelf",
        ):
            await self.roots.create_index([(field, 1)])
        for field in ("place", "cause_id", "about", "asks"):
            await self._journal.create_index([(field, 1)])
        await self._place_old_rows()

    async def _place_old_rows(self) -> None:
        """Rows written before the journal had places get theirs: else their tickets would show no history."""
        while rows := await self._journal.find({"place": None}).limit(BATCH).to_list(None):
            for row in rows:
                fact = _fact(row)
                found = {"place": journal_place(fact.ticket_id, fact.seq), "about": about(fact)}
                await self._journal.update_one({"_id": row["_id"]}, {"$set": found})

    async def find(self, root_id: str) -> Root | None:
        """The ticket or question with this id."""
        document = await self.roots.find_one({"_id": root_id})
        return from_document(document) if document else None

    async def find_many(self, root_ids: Iterable[str]) -> dict[str, Root]:
        """Those of these tickets and questions that exist, by id."""
        rows = await _by_ids(self.roots, root_ids)
        return {row["_id"]: from_document(row) for row in rows}

    async def find_by_number(self, ticket_number: str) -> Root | None:
        """The ticket with this number."""
        document = await self.roots.find_one({"number": ticket_number})
        return from_document(document) if document else None

    async def draw_number(self, submitted_at: datetime) -> str:
        """The next number of the submission's day; a number drawn and not used leaves a gap, never a double."""
        day = day_of(submitted_at)
        with contextlib.suppress(Duplicate):
            return number(day, await self._count(day))
        # Two copies drew the day's first number at once: the counter is there now.
        return number(day, await self._count(day))

    async def _count(self, day: str) -> int:
        counter: Document = await self._counters.find_one_and_update(
            {"_id": day}, {"$inc": {"n": 1}}, upsert=True, return_document=True
        )
        return int(counter["n"])

    async def add(self, ticket: R, facts: Sequence[RootEvent]) -> R | None:
        """Store a new ticket with its first facts. None: its id or its number is already there."""
        stored = ticket.model_copy(update={"version": 1, "outbox": tuple(facts)})
        return stored if await insert_once(self.roots, to_document(stored, time.time())) else None

    async def save(self, ticket: R, facts: Sequence[RootEvent]) -> R | None:
        """Store the ticket after `facts`, unless somebody wrote since it was read at `ticket.version`: then None."""
        changed = ticket.model_copy(update={"version": ticket.version + 1, "outbox": (*ticket.outbox, *facts)})
        result = await self.roots.replace_one(
            {"_id": ticket.id, "version": ticket.version}, to_document(changed, time.time())
        )
        return changed if result.matched_count else None

    async def caused_by(self, ticket: Root, command: Command) -> list[RootEvent]:
        """The facts this very command has caused before. `BadInput` when it came with another body then."""
        facts = {fact.event_id: fact for fact in ticket.outbox if fact.cause_id == command.id}
        # By one field: a ticket with a thousand facts must not read them all for each verb.
        async for document in self._journal.find({"cause_id": command.id}):
            if document["ticket_id"] == ticket.id:
                facts.setdefault(document["_id"], _fact(document))
        if any(fact.cause_digest != command.digest for fact in facts.values()):
            raise BadInput("This key was used for another wish: send the new one with a new key.")
        return sorted(facts.values(), key=lambda fact: fact.seq)

    async def page_of_facts(self, ticket: Root, before: int | None = None, limit: int = 100) -> list[RootEvent]:
        """The newest `limit` facts below the sequence `before` of a ticket that was just read, in order."""
        # Sequences have no gaps, so the page is known by its ends.
        end = min(before or ticket.seq + 1, ticket.seq + 1)
        start = max(1, end - limit)
        facts = {fact.seq: fact for fact in ticket.outbox if start <= fact.seq < end}
        if len(facts) < end - start:
            wanted = {"$gte": journal_place(ticket.id, start), "$lt": journal_place(ticket.id, end)}
            async for document in self._journal.find({"place": wanted}):
                if document["seq"] not in facts:
                    facts[document["seq"]] = _fact(document)
        return [facts[seq] for seq in sorted(facts)]

    async def answered(self, queue: str, since: datetime, most: int) -> list[Document]:
        """The rows of what the queue answered first after `since`, latest first, with their places only."""
        found = self.roots.find(answered_between(queue, since), {"place": 1, "answered_place": 1})
        rows: list[Document] = await found.sort([("answered_place", -1)]).limit(most).to_list(None)
        return rows

    async def first_facts(self, ticket: Root) -> list[RootEvent]:
        """The fact that opened the ticket."""
        return await self.page_of_facts(ticket, 2, 1)

    async def facts_about(self, ticket: Root, article_ids: Iterable[str]) -> list[RootEvent]:
        """All that is told of these articles, in order."""
        wanted = list(article_ids)
        facts = {fact.seq: fact for fact in ticket.outbox if about(fact) in wanted}
        # One by one: with many values at once the embedded server reads the whole collection.
        rows = await asyncio.gather(*(self._journal.find({"about": each}).to_list(None) for each in wanted))
        for document in (row for found in rows for row in found):
            # Later than the root that was read: for whoever reads next.
            if document["ticket_id"] == ticket.id and document["seq"] <= ticket.seq:
                facts.setdefault(document["seq"], _fact(document))
        return [facts[seq] for seq in sorted(facts)]

    async def requests_of(self, ticket: Root, children: Sequence[str]) -> dict[str, SecondLevelRequested]:
        """The facts that asked these questions of a root, by the child's id."""
        found = {
            fact.child_id: fact
            for fact in ticket.outbox
            if isinstance(fact, SecondLevelRequested) and fact.child_id in children
        }
        wanted = [child for child in children if child not in found]
        rows = await asyncio.gather(*(self._journal.find({"asks": child}).to_list(None) for child in wanted))
        for fact in (_fact(row) for each in rows for row in each):
            if isinstance(fact, SecondLevelRequested):
                found[fact.child_id] = fact
        return found

    async def named(self, ticket: Root, article_id: str) -> Named | None:
        """The article of this ticket as the fact that made it visible tells of it."""
        facts = [*await self.first_facts(ticket), *await self.facts_about(ticket, [article_id])]
        found = (named for fact in facts for named in named_by(fact) if named.ref.id == article_id)
        return next(found, None)

    async def due(self, now: float, limit: int) -> list[str]:
        """At most `limit` tickets of which a timer was due at `now` (epoch seconds), the most overdue first."""
        rows = self.roots.find({"wake_at": {"$lte": now}}, {"_id": 1}).sort("wake_at", 1).limit(limit)
        return [row["_id"] async for row in rows]

    async def write(self, words: Words) -> None:
        """Store an article's words, once."""
        document = words.model_dump(mode="json")
        await insert_once(self._articles, {"_id": document.pop("id"), **document})

    async def words(self, ids: Sequence[str]) -> dict[str, Words]:
        """What these articles say, by article id; words whose fact was never stored are among them."""
        rows = await _by_ids(self._articles, ids)
        return {row["_id"]: Words(**{**row, "id": row["_id"]}) for row in rows}

    async def existing(self, ticket_ids: Sequence[str]) -> set[str]:
        """Which of these tickets exist."""
        rows = self.roots.find({"_id": {"$in": list(ticket_ids)}}, {"_id": 1})
        return {row["_id"] async for row in rows}

    async def unpublished(self, older_than: float) -> list[str]:
        """Roots whose facts have waited longer than `older_than` seconds for their publication."""
        rows = self.roots.find({"outbox_since": {"$lt": time.time() - older_than}}, {"_id": 1})
        return [row["_id"] async for row in rows.sort("outbox_since", 1).limit(500)]

    async def settle(self, root: Published) -> None:
        """Move published facts into the journal, then empty the outbox unless a newer writer holds the root."""
        ticket = root
        assert isinstance(ticket, Root)  # noqa: S101  # the relay hands back what `find` and `save` gave
        for fact in ticket.outbox:
            await insert_once(self._journal, to_journal(fact))
        await self.roots.update_one(
            {"_id": ticket.id, "version": ticket.version}, {"$set": {"outbox": [], "outbox_since": None}}
        )


def journal_place(ticket_id: str, seq: int) -> str:
    """Where a fact stands in the journal: one sortable text, so that a page is one range of one index."""
    return f"{ticket_id}:{seq:09d}"


def to_journal(fact: RootEvent) -> Document:
    """The published fact as stored."""
    found: Document = {"place": journal_place(fact.ticket_id, fact.seq), "about": about(fact)}
    if isinstance(fact, SecondLevelRequested):
        found["asks"] = fact.child_id
    return {"_id": fact.event_id, **to_wire(fact), **found}


def to_document(ticket: Root, now: float) -> Document:
    """The root as stored."""
    document: Document = ticket.model_dump(mode="json", exclude={"id", "outbox"})
    document["outbox"] = [to_wire(fact) for fact in ticket.outbox]
    document["outbox_since"] = now if ticket.outbox else None
    document |= shelved(ticket)
    document["wake_at"] = ticket.wake_at.timestamp() if ticket.wake_at else None
    # Plain texts: the embedded server finds no value within the objects of an array.
    document["watcher_ids"] = [each.id for each in ticket.watchers]
    return {"_id": ticket.id, **document}


def from_document(document: Document) -> Root:
    """The stored root: a question knows the root that asked it."""
    fields: dict[str, Any] = {key: value for key, value in document.items() if key not in ("_id", "outbox")}
    outbox = tuple(from_wire(fact) for fact in document["outbox"])
    kind: type[Root] = Child if document.get("parent") else Ticket
    return kind.model_validate({**fields, "id": document["_id"]}).model_copy(update={"outbox": outbox})


async def _by_ids(collection: Any, ids: Iterable[str]) -> list[Document]:
    wanted = list(ids)
    rows: list[Document] = await collection.find({"_id": {"$in": wanted}}).to_list(None) if wanted else []
    return rows


def _fact(document: Document) -> RootEvent:
    fact = from_wire(document)
    assert isinstance(fact, RootEvent)  # noqa: S101  # only ticket facts are written to the journal
    return fact
