"""Everybody's inbox in the store: one slim row per fact and person, inserted once, then only marked.

The embedded server uses an index over one field only, so what is asked for together stands in one text: `line` is
`person|microseconds-id`, the place in that person's inbox; `unread` repeats it as long as the notice is unread; `about`
is `person|number of the root`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import AwareDatetime

from services.notifier.notices import Why
from services.notifier.preferences import Kind, When
from shared.events import Frozen, Id, PersonRef
from shared.mongo import Database, Document, insert_once

COLLECTION: Final = "notices"
# Rows that one write marks.
CHUNK: Final = 500


class Notice(Frozen):
    """A notice as stored. `key` and `data` make its sentence, `article` is where it leads to within the root.

    `heard`: when it was stored, epoch seconds: the order of the inbox. `by_mail`: what was decided when it was stored,
    so that a repeat decides nothing anew. `slot`: the digest that it waits for, empty when it waits for none.
    `read`: the mark that read it, empty while it is unread.
    """

    id: Id
    person: Id
    fact: str
    key: str
    data: dict[str, str]
    kind: Kind
    why: tuple[Why, ...]
    at: AwareDatetime
    heard: float
    by: PersonRef
    ticket_id: Id
    number: str
    subject: str
    child: bool
    article: str = ""
    instead_of: tuple[PersonRef, ...] = ()
    by_mail: When = When.NEVER
    slot: str = ""
    read: str = ""

    @property
    def place(self) -> str:
        """Where it stands in its person's inbox: the cursor of pages."""
        return f"{int(self.heard * 1_000_000):017d}-{self.id}"


class Asked(Frozen):
    """Which notices of a person. `until`: down from this place, itself too; `after`: below this one."""

    person: Id
    unread: bool = False
    kinds: tuple[Kind, ...] = ()
    why: Why | None = None
    ticket: str = ""
    until: str = ""
    after: str = ""

    def filter(self) -> tuple[dict[str, Any], str]:
        """The query, and the field to sort by."""
        field, first = ("unread" if self.unread else "line"), f"{self.person}|"
        # "}" stands right after "|".
        place: dict[str, str] = {"$gte": first, "$lt": f"{self.person}}}"}
        if self.after:
            place["$lt"] = first + self.after
        elif self.until:
            place = {"$gte": first, "$lte": first + self.until}
        found: dict[str, Any] = {field: place}
        if self.kinds:
            found["kind"] = {"$in": [kind.value for kind in self.kinds]}
        if self.why:
            found["why"] = {"$in": [self.why.value]}
        if self.ticket:
            found["about"] = f"{self.person}|{self.ticket}"
        return found, field


class Inbox:
    """The repository."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database.collection(COLLECTION)

    async def prepare(self) -> None:
        """Create the indexes; harmless when they are there."""
        for field in ("line", "unread", "about", "mark", "slot"):
            await self._rows.create_index([(field, 1)])

    async def add(self, notice: Notice) -> Notice:
        """Store it, or find it stored before: then what was decided then stands."""
        if await insert_once(self._rows, to_document(notice)):
            return notice
        row = await self._rows.find_one({"_id": notice.id})
        return _from_document(row) if row else notice

    async def page(self, asked: Asked, limit: int) -> list[Notice]:
        """The newest of what is asked for."""
        query, field = asked.filter()
        return [_from_document(row) async for row in self._rows.find(query).sort(field, -1).limit(limit)]

    async def of_ids(self, ids: Iterable[str]) -> list[Notice]:
        """These notices, the oldest first."""
        wanted, found = list(ids), []
        for start in range(0, len(wanted), CHUNK):
            rows = self._rows.find({"_id": {"$in": wanted[start : start + CHUNK]}})
            found += [_from_document(row) async for row in rows]
        return sorted(found, key=lambda notice: notice.place)

    async def unread(self, person: str) -> dict[str, int]:
        """How many of each kind are unread."""
        query, _ = Asked(person=person, unread=True).filter()
        pipeline = [{"$match": query}, {"$group": {"_id": "$kind", "n": {"$sum": 1}}}]
        return {row["_id"]: row["n"] for row in await self._database.aggregate(COLLECTION, pipeline)}

    async def read(self, asked: Asked, mark: str) -> int:
        """Mark all that is asked for as read, under the name `mark`; how many were unread."""
        query, field = asked.model_copy(update={"unread": True}).filter()
        return await self._mark(query, field, mark)

    async def read_these(self, person: str, ids: Sequence[str], mark: str) -> int:
        """Mark these notices of the person as read; whose they are not, stay as they are."""
        query, field = Asked(person=person, unread=True).filter()
        return await self._mark({**query, "_id": {"$in": list(ids)}}, field, mark)

    async def unread_these(self, person: str, ids: Sequence[str] = (), mark: str = "") -> int:
        """Mark as unread again: these, or all that `mark` has read; how many were read."""
        if mark:
            query: dict[str, Any] = {"mark": f"{person}|{mark}"}
        else:
            query, _ = Asked(person=person).filter()
            query["_id"] = {"$in": list(ids)}
        changed = 0
        rows = [row async for row in self._rows.find(query) if not row["unread"]]
        for row in rows:
            await self._rows.update_one({"_id": row["_id"]}, {"$set": {"unread": row["line"], "mark": ""}})
            changed += 1
        return changed

    async def _mark(self, query: dict[str, Any], field: str, mark: str) -> int:
        changed = 0
        while rows := [row async for row in self._rows.find(query).sort(field, -1).limit(CHUNK)]:
            changed += len(rows)
            name = f"{rows[0]['person']}|{mark}"
            ids = [row["_id"] for row in rows]
            await self._rows.update_many({"_id": {"$in": ids}}, {"$set": {"unread": "", "mark": name}})
        return changed

    # --- What waits for a digest: services/notifier/digests.py says how it leaves. ---

    async def due_slots(self, now: float) -> list[str]:
        """The slots whose time has come and for which notices wait, the oldest first."""
        query = {"slot": {"$gt": "", "$lte": f"{int(now):012d}~"}}
        rows = await self._database.aggregate(COLLECTION, [{"$match": query}, {"$group": {"_id": "$slot"}}])
        return sorted(row["_id"] for row in rows)

    async def waiting(self, slot: str, limit: int) -> list[Notice]:
        """The notices that wait for this slot."""
        return [_from_document(row) async for row in self._rows.find({"slot": slot}).limit(limit)]

    async def put(self, ids: Sequence[str], slot: str, into: str) -> None:
        """Those of `ids` that still wait for `slot` wait for `into` from now on; empty: for none."""
        for start in range(0, len(ids), CHUNK):
            query = {"_id": {"$in": list(ids[start : start + CHUNK])}, "slot": slot}
            await self._rows.update_many(query, {"$set": {"slot": into}})


def to_document(notice: Notice) -> Document:
    """The notice as stored."""
    document: Document = notice.model_dump(mode="json", exclude={"id", "read"})
    line = f"{notice.person}|{notice.place}"
    about = f"{notice.person}|{notice.number}"
    return {"_id": notice.id, **document, "line": line, "unread": line, "about": about, "mark": ""}


def _from_document(document: Document) -> Notice:
    fields = {key: value for key, value in document.items() if key in Notice.model_fields}
    read = "" if document["unread"] else document["mark"].partition("|")[2] or "read"
    return Notice.model_validate({**fields, "id": document["_id"], "read": read})
