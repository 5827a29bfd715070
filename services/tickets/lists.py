"""Lists and counts over the slim roots: filters, four orders in keyset pages, and one grouped count for all boards."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, Field, PrivateAttr

from services.tickets.domain import Root
from services.tickets.domain.root import LIVE
from services.tickets.repository import Tickets, from_document
from services.tickets.shelf import Tally, folded, words_in
from shared.errors import BadInput
from shared.events import State
from shared.mongo import Database, Document

LONGEST_PAGE = 200
WORKING: Final = frozenset({State.OPEN, State.PENDING})
# More words than that narrow nothing.
MOST_WORDS: Final = 12
# So many queues are asked one by one: the embedded server walks through everything when it is given a choice.
FEW: Final = 4
Order = Literal["newest", "oldest", "changed", "unchanged", "priority", "due"]
Board = Literal["new", "working", "held", "responsible", "waiting", "asked", "second", "overdue"]


class Sorting(NamedTuple):
    """The field an order sorts by, and whether upwards. `mark`: begins its cursors, so that no other takes them."""

    field: str
    upwards: bool
    mark: str


ORDERS: Final[dict[str, Sorting]] = {
    "newest": Sorting("place", False, "n"),
    "oldest": Sorting("place", True, "o"),
    "changed": Sorting("changed_place", False, "c"),
    "unchanged": Sorting("changed_place", True, "u"),
    "priority": Sorting("priority_place", True, "p"),
    "due": Sorting("due_place", True, "d"),
}

# Which board shows what, to a person.
BOARDS: Final[dict[Board, Callable[[Tally, str], bool]]] = {
    "new": lambda tally, _: tally.state is State.NEW and tally.level == 1,
    "working": lambda tally, _: tally.state in WORKING and tally.level == 1,
    "held": lambda tally, person: tally.owner == person,
    "responsible": lambda tally, person: tally.responsible == person,
    "waiting": lambda tally, _: tally.for_user,
    "asked": lambda tally, person: tally.asked_by == person,
    "second": lambda tally, _: tally.level == 2,
    "overdue": lambda tally, _: tally.late,
}
# Answered from one index alone, and what is closed isn't in it: an old store counts as fast as a young one.
GROUPED: Final[list[Document]] = [
    {"$match": {"tally": {"$gt": ""}}},
    {"$group": {"_id": "$tally", "n": {"$sum": 1}, "oldest": {"$min": "$place"}}},
]
_CURSOR: Final = re.compile(r"[0-9A-Za-z-]+")


class Filter(BaseModel):
    """Which tickets. `owner` is a person's id or `none`; `after` is the cursor of the page before.

    `level`: 1 for users' tickets, 2 for questions; `parent`: the questions of this root; `watcher`: a person's id.
    `asked_by`: who asked the question; `overdue`: an answer that is waited for should have come; `waiting`: pending
    for the user; `email`: the requester's; `text`: each of its words begins one of the subject, the requester's name,
    the number or a tag.
    `order`: `changed` last, or `unchanged` for longest, first; highest `priority`, or first `due`, and of these the
    oldest first.
    """

    queue: list[str] = Field(default_factory=list, max_length=100)
    state: list[State] = Field(default_factory=list)
    owner: str | None = None
    responsible: str | None = None
    requester: str | None = None
    level: int | None = Field(default=None, ge=1, le=2)
    parent: str | None = Field(default=None, max_length=64)
    watcher: str | None = None
    asked_by: str | None = None
    overdue: bool | None = None
    waiting: Literal["user"] | None = None
    tag: str | None = Field(default=None, max_length=100)
    email: str | None = Field(default=None, max_length=320)
    text: str | None = Field(default=None, max_length=300)
    order: Order = "newest"
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=LONGEST_PAGE)
    # Only `of_user` sets it: whose words `text` is compared with.
    _words: Literal["words", "own_words"] = PrivateAttr(default="words")

    def queries(self) -> list[Document]:
        """The filter for the store: several when each of a few queues is quicker asked by itself."""
        found = self._elsewhere() | (self._live() if self._is_live else self._any())
        if self.level == 1:
            # Only a question says how deep it lies.
            found["level"] = {"$exists": False}
        if self.after:
            sorting = self.sorting
            found[sorting.field] = {"$gt" if sorting.upwards else "$lt": _place_of(self.after, sorting)}
        if self._is_live and 1 < len(self.queue) <= FEW:
            return [found | {"live_queue": queue} for queue in dict.fromkeys(self.queue)]
        return [found]

    @property
    def _is_live(self) -> bool:
        return bool(self.state) and LIVE.issuperset(self.state)

    def _live(self) -> Document:
        """Of what is not closed. Each of these fields is found by an index that holds nothing else."""
        plain = {
            "live_owner": self.owner if self.owner != "none" else None,
            "live_responsible": self.responsible,
            "live_asker": self.asked_by,
            "second": "live" if self.level == 2 else None,
        }
        found: Document = {field: wanted for field, wanted in plain.items() if wanted}
        if self.queue:
            found["live_queue"] = _one_or_many(self.queue)
        if not (found or self.waiting or self.overdue) or len(self.queue) > FEW:
            found["live"] = True
        if self.owner == "none":
            found["owner"] = None
        if not LIVE.issubset(self.state):
            found["state"] = _one_or_many(self.state)
        return found

    def _any(self) -> Document:
        """Of what may be closed."""
        plain = {"owner.id": self.owner, "responsible.id": self.responsible, "asked_by.id": self.asked_by}
        found: Document = {field: wanted for field, wanted in plain.items() if wanted and wanted != "none"}
        if self.owner == "none":
            found["owner"] = None
        if self.queue:
            found["queue"] = _one_or_many(self.queue)
        if self.state:
            found["state"] = _one_or_many(self.state)
        if self.level == 2:
            found["second"] = {"$in": ["live", "closed"]}
        return found

    def _elsewhere(self) -> Document:
        """What is found in the same way wherever it is."""
        plain = {
            "requester.subject": self.requester,
            "parent.id": self.parent,
            "waits": self.waiting,
            "email": folded(self.email) if self.email is not None else None,
        }
        # An empty one is nobody's: without it the list would be everybody's.
        found: Document = {field: wanted for field, wanted in plain.items() if wanted is not None}
        if self.overdue is not None:
            found["late"] = self.overdue
        # Always `$in`: the embedded server finds no single value in an indexed array.
        if self.watcher:
            found |= {"watched": True, "watcher_ids": {"$in": [self.watcher]}}
        if self.tag:
            found["tags"] = {"$in": [self.tag]}
        return found | (_of_words(self._words, words_in(self.text)[:MOST_WORDS]) if self.text else {})

    def of_user(self, person_id: str) -> "Filter":
        """What a user may filter their own tickets by: everything else stays among operators.

        Its `text` finds what they know themselves, subject and number: no tag is found out by searching for it.
        """
        kept = self.model_dump(include={"queue", "state", "text", "after", "limit"})
        order: Order = "newest" if self.order in ("priority", "due") else self.order
        theirs = Filter(**kept, order=order, requester=person_id, level=1)
        theirs._words = "own_words"
        return theirs

    @property
    def sorting(self) -> Sorting:
        """What the list is sorted by."""
        return ORDERS[self.order]


class Count(BaseModel):
    """How many, and when the oldest of them was opened."""

    n: int
    oldest: AwareDatetime

    def and_also(self, other: "Count") -> "Count":
        """Both together."""
        return Count(n=self.n + other.n, oldest=min(self.oldest, other.oldest))


class Counts(BaseModel):
    """How many roots are not closed: by state, by queue and state, of the asker's own, and on each board by queue.

    Boards: `new` and `working` (open or pending) are users' tickets; `held` and `responsible` are the asker's;
    `waiting` for the user; `asked` by the asker; `second`, all questions; `overdue`.
    """

    by_state: dict[str, int]
    by_queue: dict[str, dict[str, int]]
    mine: int
    my_responsibility: int
    boards: dict[Board, dict[str, Count]]


class Lists:
    """Reads that concern many tickets."""

    def __init__(self, tickets: Tickets, database: Database) -> None:
        self._roots = tickets.roots
        self._database = database

    async def page(self, wanted: Filter) -> tuple[list[Root], str | None]:
        """One page, and the cursor of the next, or None at the end."""
        sorting = wanted.sorting
        answers = await asyncio.gather(*(self._rows(query, sorting, wanted.limit + 1) for query in wanted.queries()))
        rows = answers[0]
        if len(answers) > 1:
            each = (row for rows in answers for row in rows)
            rows = sorted(each, key=lambda row: str(row[sorting.field]), reverse=not sorting.upwards)
        more = len(rows) > wanted.limit
        rows = rows[: wanted.limit]
        return [from_document(row) for row in rows], sorting.mark + rows[-1][sorting.field] if more else None

    async def _rows(self, query: Document, sorting: Sorting, limit: int) -> list[Document]:
        found = self._roots.find(query).sort(sorting.field, 1 if sorting.upwards else -1).limit(limit)
        rows: list[Document] = await found.to_list(None)
        return rows

    async def counts(self, person_id: str) -> Counts:
        """Counts for one operator's dashboard, of one grouped query."""
        counts = Counts(by_state={}, by_queue={}, mine=0, my_responsibility=0, boards={board: {} for board in BOARDS})
        for tally, count in await self._tallies():
            counts.by_state[tally.state] = counts.by_state.get(tally.state, 0) + count.n
            of_queue = counts.by_queue.setdefault(tally.queue, {})
            of_queue[tally.state] = of_queue.get(tally.state, 0) + count.n
            for board in (board for board, shows in BOARDS.items() if shows(tally, person_id)):
                queues = counts.boards[board]
                before = queues.get(tally.queue)
                queues[tally.queue] = before.and_also(count) if before else count
        counts.mine, counts.my_responsibility = (
            sum(count.n for count in counts.boards[board].values()) for board in ("held", "responsible")
        )
        return counts

    async def counts_of(self, person_id: str) -> dict[State, int]:
        """A user's own, by state as they are told it."""
        mine = [
            {"$match": {"requester.subject": person_id, "level": {"$exists": False}}},
            {"$group": {"_id": "$state", "n": {"$sum": 1}}},
        ]
        rows = await self._database.aggregate("tickets", mine)
        return {State(row["_id"]): row["n"] for row in rows}

    async def _tallies(self) -> list[tuple[Tally, Count]]:
        rows = await self._database.aggregate("tickets", GROUPED)
        return [(Tally.read(row["_id"]), Count(n=row["n"], oldest=_moment_of(row["oldest"]))) for row in rows]


def _one_or_many(values: Sequence[str]) -> str | Document:
    return str(values[0]) if len(values) == 1 else {"$in": [str(value) for value in values]}


def _of_words(field: str, words: list[str]) -> Document:
    """Roots of which each of these words begins one. One pattern: two cost the embedded server a hundred times more."""
    if not words:
        # Nothing that could be found was typed.
        return {"_id": ""}
    return {field: {"$regex": "^" + "".join(f"(?=.* {re.escape(word)})" for word in words)}}


def _place_of(cursor: str, sorting: Sorting) -> str:
    if not (cursor.startswith(sorting.mark) and _CURSOR.fullmatch(cursor)):
        raise BadInput("This is not a cursor of this list.")
    return cursor[len(sorting.mark) :]


def _moment_of(place: str) -> datetime:
    return datetime.fromtimestamp(int(place.partition("-")[0]) / 1000, UTC)
