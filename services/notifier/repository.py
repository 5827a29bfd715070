"""Outgoing mails in the store: one row each, changed by compare-and-set on `version` only."""

import time
from collections.abc import Callable
from typing import Any

from services.notifier.domain import MailState, OutgoingMail, accepted
from services.notifier.letters import Mail
from shared.events import from_wire, to_wire
from shared.mongo import Database, Document, insert_once
from shared.relay import Root


class OutgoingMails:
    """The repository; also the relay's way to facts not yet published."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("mails")
        self._on_added: list[Callable[[], None]] = []

    async def prepare(self) -> None:
        """Create the indexes; harmless when they are there."""
        # One field each: the embedded server reads every row when a range stands second in an index.
        await self._rows.create_index([("due", 1)])
        await self._rows.create_index([("first_due", 1)])
        await self._rows.create_index([("notice_due", 1)])
        await self._rows.create_index([("first_notice_due", 1)])
        await self._rows.create_index([("ticket_id", 1)])
        await self._rows.create_index([("article_id", 1)])
        await self._rows.create_index([("outbox_since", 1)])

    def on_added(self, callback: Callable[[], None]) -> None:
        """Call `callback` whenever this process has added a mail."""
        self._on_added.append(callback)

    async def add(self, mail: Mail) -> bool:
        """Store a mail to be sent; whether it was new. A repeat changes nothing."""
        new = await insert_once(self._rows, to_document(accepted(mail, time.time()), None))
        if new:
            for callback in self._on_added:
                callback()
        return new

    async def due(
        self, now: float, limit: int, first_try_only: bool = False, notices: bool = False
    ) -> list[OutgoingMail]:
        """Waiting mails whose time has come, the longest due first: those to users and third parties, or the notices.

        Two lines, so that however many notices wait, none stands before a user's mail.
        """
        field = ("first_" if first_try_only else "") + ("notice_due" if notices else "due")
        rows = self._rows.find({field: {"$lte": now}}).sort(field, 1).limit(limit)
        return [from_document(row) async for row in rows]

    async def swap(self, old: OutgoingMail, new: OutgoingMail) -> bool:
        """Put `new` in the place of `old`, unless somebody changed the row since; whether it was done."""
        since = time.time() if new.outbox else None
        result = await self._rows.replace_one({"_id": old.id, "version": old.version}, to_document(new, since))
        return bool(result.matched_count)

    async def find(self, root_id: str) -> OutgoingMail | None:
        """The mail with this id."""
        row = await self._rows.find_one({"_id": root_id})
        return from_document(row) if row else None

    async def of_ticket(self, ticket_id: str) -> list[OutgoingMail]:
        """All mails of a ticket, the oldest first."""
        return [from_document(row) async for row in self._rows.find({"ticket_id": ticket_id}).sort("first_at", 1)]

    async def of_article(self, article_id: str) -> list[OutgoingMail]:
        """The mail of an article and its repeats, the oldest first."""
        return [from_document(row) async for row in self._rows.find({"article_id": article_id}).sort("first_at", 1)]

    async def unpublished(self, older_than: float) -> list[str]:
        """Mails whose fact has waited longer than `older_than` seconds for its publication."""
        rows = self._rows.find({"outbox_since": {"$lt": time.time() - older_than}}, {"_id": 1})
        return [row["_id"] async for row in rows.sort("outbox_since", 1).limit(500)]

    async def settle(self, root: Root) -> None:
        """The fact is published: empty the outbox, unless the row has changed since."""
        row = root
        assert isinstance(row, OutgoingMail)  # noqa: S101  # the relay hands back what `find` and the sender gave
        await self._rows.update_one(
            {"_id": row.id, "version": row.version}, {"$set": {"outbox": [], "outbox_since": None}}
        )


def to_document(row: OutgoingMail, outbox_since: float | None) -> Document:
    """The row as stored. `outbox_since` (epoch seconds) is null when no fact waits to be published; `due` and
    `first_due` repeat `next_try` as long as the mail waits, and has never been tried; a notice has its own two."""
    document: Document = row.model_dump(mode="json", exclude={"id", "outbox"})
    document["outbox"] = [to_wire(fact) for fact in row.outbox]
    due = row.next_try if row.state is MailState.WAITING else None
    first_due = due if row.attempts == 0 else None
    document["due"], document["first_due"] = (None, None) if row.notice else (due, first_due)
    document["notice_due"], document["first_notice_due"] = (due, first_due) if row.notice else (None, None)
    return {"_id": row.id, **document, "outbox_since": outbox_since}


def from_document(document: Document) -> OutgoingMail:
    """The stored row as a mail."""
    fields: dict[str, Any] = {key: value for key, value in document.items() if key not in ("_id", "outbox")}
    outbox = tuple(from_wire(fact) for fact in document["outbox"])
    return OutgoingMail.model_validate({**fields, "id": document["_id"], "outbox": outbox})
