"""Lists and counts over the slim roots: by queue, state, owner, requester; keyset pages; grouped counts."""

from typing import Literal

from pydantic import BaseModel, Field

from services.tickets.domain import Root
from services.tickets.repository import Tickets, from_document, place
from shared.errors import BadInput
from shared.events import State
from shared.mongo import Database, Document

LONGEST_PAGE = 200
# States in which a ticket still waits for somebody.
OPEN_STATES = (State.NEW, State.OPEN, State.PENDING)


class Filter(BaseModel):
    """Which tickets. `owner` is a person's id or `none`; `after` is the cursor of the page before.

    `level`: 1 for users' tickets, 2 for questions; `parent`: the questions of this root; `watcher`: a person's id.
    """

    queue: list[str] = Field(default_factory=list, max_length=100)
    state: list[State] = Field(default_factory=list)
    owner: str | None = None
    responsible: str | None = None
    requester: str | None = None
    level: int | None = Field(default=None, ge=1, le=2)
    parent: str | None = Field(default=None, max_length=64)
    watcher: str | None = None
    order: Literal["newest", "oldest"] = "newest"
    after: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=LONGEST_PAGE)

    def query(self) -> Document:
        """The filter for the store."""
        found: Document = {}
        if self.queue:
            found["queue"] = _one_or_many(self.queue)
        if self.state:
            found["state"] = _one_or_many([state.value for state in self.state])
        if self.owner:
            found["owner.id" if self.owner != "none" else "owner"] = None if self.owner == "none" else self.owner
        people_and_parent = {
            "responsible.id": self.responsible,
            "requester.subject": self.requester,
            "parent.id": self.parent,
        }
        found |= {field: wanted for field, wanted in people_and_parent.items() if wanted}
        if self.level:
            # Only a question says how deep it lies.
            found["level"] = {"$exists": self.level == 2}
        if self.watcher:
            # Always `$in`: the embedded server finds no single value in an indexed array.
            found["watcher_ids"] = {"$in": [self.watcher]}
        if self.after:
            if not self.after.replace("-", "").isalnum():
                raise BadInput("This is not a page's cursor.")
            found["place"] = {"$lt" if self.order == "newest" else "$gt": self.after}
        return found


class Counts(BaseModel):
    """How many tickets, by state, by queue and state, and of the asker's own."""

    by_state: dict[str, int]
    by_queue: dict[str, dict[str, int]]
    mine: int
    my_responsibility: int


class Lists:
    """Reads that concern many tickets."""

    def __init__(self, tickets: Tickets, database: Database) -> None:
        self._roots = tickets.roots
        self._database = database

    async def page(self, wanted: Filter) -> tuple[list[Root], str | None]:
        """One page, and the cursor of the next, or None at the end."""
        direction = -1 if wanted.order == "newest" else 1
        rows = self._roots.find(wanted.query()).sort("place", direction).limit(wanted.limit + 1)
        found = [from_document(row) async for row in rows]
        more = len(found) > wanted.limit
        found = found[: wanted.limit]
        return found, place(found[-1]) if more else None

    async def counts(self, person_id: str) -> Counts:
        """Counts for one operator's dashboard."""
        by_queue: dict[str, dict[str, int]] = {}
        for state in OPEN_STATES:
            for queue, count in (await self._group({"state": state.value}, "queue")).items():
                by_queue.setdefault(queue, {})[state.value] = count
        mine = await self._group({"owner.id": person_id}, "state")
        responsible = await self._group({"responsible.id": person_id}, "state")
        return Counts(
            by_state=await self._group({}, "state"),
            by_queue=by_queue,
            mine=sum(mine.get(state, 0) for state in OPEN_STATES),
            my_responsibility=sum(responsible.get(state, 0) for state in OPEN_STATES),
        )

    async def _group(self, match: Document, field: str) -> dict[str, int]:
        # By one field only: that is what every server we run on counts right.
        pipeline = [{"$match": match}, {"$group": {"_id": f"${field}", "n": {"$sum": 1}}}]
        return {row["_id"]: row["n"] for row in await self._database.aggregate("tickets", pipeline)}


def _one_or_many(values: list[str]) -> str | Document:
    return values[0] if len(values) == 1 else {"$in": values}
