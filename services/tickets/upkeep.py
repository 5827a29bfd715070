"""Brings roots that an earlier version stored up to date, while others read and write them.

Every copy does so when it starts, and looks again now and then: while a new version is rolled out, copies of the one
before still write rows as they knew them.
"""

import asyncio
from typing import Any, Final

from pydantic import ValidationError

from services.tickets.domain import Child, Root, Ticket
from services.tickets.domain.ticket import FirstAnswer
from services.tickets.repository import Tickets, from_document, to_document
from services.tickets.shelf import SHELF
from shared.events import TicketAnswered
from shared.log import get_logger
from shared.mongo import STORE_DOWN, Document

# Roots of one look, and seconds between two.
BATCH: Final = 500
EVERY: Final = 60.0

log = get_logger()


class Upkeep:
    """Looks from `start` to `stop`."""

    def __init__(self, tickets: Tickets, every: float = EVERY) -> None:
        self._tickets = tickets
        self._every = every
        self._running: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Indexes first, then what is old: nothing is answered before."""
        await self._tickets.prepare()
        await shelve_old_rows(self._tickets)

    async def start(self) -> None:
        """Start looking."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop at once: each root is one write."""
        if self._running:
            self._running.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                if found := await shelve_old_rows(self._tickets):
                    log.info("roots of an earlier version brought up to date", roots=found)
            except STORE_DOWN as error:
                log.warning("upkeep waits for the store", error=type(error).__name__)
            except Exception as error:
                # Whatever it was this time, rows that nobody brings up to date are in no list: it looks again.
                log.error("upkeep failed", error=type(error).__name__)


async def shelve_old_rows(tickets: Tickets) -> int:
    """Old roots get the fields that lists need; how many did. A root that nobody can read is left as it is."""
    done, broken = 0, set[str]()
    for earlier in (None, *range(1, SHELF)):
        # Whatever somebody wrote between our reading and our writing is read again, unless it is up to date by then.
        while rows := await _rows(tickets.roots, earlier, broken):
            for row in rows:
                try:
                    done += await _shelve(tickets, row)
                except (ValidationError, KeyError) as error:
                    broken.add(row["_id"])
                    log.error("not brought up to date", ticket=row["_id"], error=type(error).__name__)
    return done


async def _rows(roots: Any, earlier: int | None, broken: set[str]) -> list[Document]:
    rows = await roots.find({"shelf": earlier}).limit(BATCH + len(broken)).to_list(None)
    return [row for row in rows if row["_id"] not in broken]


async def _shelve(tickets: Tickets, row: Document) -> bool:
    root = from_document(row)
    root = root.model_copy(update={"version": root.version + 1, "late_questions": await _late(tickets, root, row)})
    if isinstance(root, Ticket) and root.first_answer is None:
        root = root.model_copy(update={"first_answer": _first_answer(root)})
    # A write like any other: whoever read the root before it finds out, and does theirs again.
    unchanged = {"_id": row["_id"], "version": row["version"]}
    result = await tickets.roots.replace_one(unchanged, to_document(root, row.get("outbox_since") or 0))
    return bool(result.matched_count)


def _first_answer(ticket: Ticket) -> FirstAnswer | None:
    """Earlier versions knew the last answer only: most tickets have one."""
    known = ticket.last.get(TicketAnswered.name)
    return FirstAnswer(queue=ticket.queue, at=known.at) if known else None


async def _late(tickets: Tickets, root: Root, row: Document) -> tuple[str, ...]:
    """Earlier versions left it to the questions to know that they are late."""
    if "late_questions" in row or not root.open_questions:
        return root.late_questions
    children = await tickets.find_many(root.open_questions)
    return tuple(child for child, found in children.items() if isinstance(found, Child) and found.overdue)
