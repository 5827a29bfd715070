"""Works on bulk jobs: every copy of the portal looks for those nobody works on; what a dead one began goes on.

Each wish goes to `tickets` under a key made of the job and the ticket's number: whatever was cut is sent again, and
done once. The wishes of an undo are worked out from the ticket and stored before they are sent: sent again, they are
the same.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Final

from services.portal.bulk import Item, Job
from services.portal.bulk_store import BulkJobs
from services.portal.bulk_undo import inverse
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.shapes import JournalRow, View
from services.portal.tickets import Tickets
from shared.errors import BadInput, Conflict, DependencyDown, Forbidden, NotFound
from shared.events import Language
from shared.log import get_logger
from shared.mongo import STORE_DOWN
from shared.policy import Person

# Seconds between two looks for work that another copy left, that a job belongs to who works on it, and that a job
# rests when nothing answers.
EVERY: Final = 2.0
LEASE: Final = 15.0
REST: Final = 3.0
# Wishes at once, and seconds that those under way get at the end.
AT_ONCE: Final = 4
GRACE: Final = 3.0
# Pages of a ticket's history that an undo reads back.
FARTHEST: Final = 20
REFUSALS: Final = (BadInput, Conflict, Forbidden, NotFound)
REASON: Final = _("A bulk action was undone")

log = get_logger()


class BulkRunner:
    """Works from `start` to `stop`. `now`: a person with the rights of this moment, for a job may stand still for long.
    `lease`: seconds until another copy may take over a job that does."""

    def __init__(
        self,
        tickets: Tickets,
        tongue: Callable[[Language], Tongue],
        now: Callable[[Person], Person],
        lease: float = LEASE,
    ) -> None:
        self._tickets = tickets
        self._now = now
        self._tongue = tongue
        self._lease = lease
        self._leaving = False
        self._work_there = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, jobs: BulkJobs) -> None:
        """Start looking."""
        self._task = asyncio.create_task(self._run(jobs))

    async def stop(self) -> None:
        """Finish the wishes under way, then stop: another copy goes on at once."""
        self._leaving = True
        self._work_there.set()
        if self._task:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(self._task, GRACE)

    def wake(self) -> None:
        """There is a new job."""
        self._work_there.set()

    async def _run(self, jobs: BulkJobs) -> None:
        while not self._leaving:
            self._work_there.clear()
            try:
                while not self._leaving and (job := await jobs.claim(time.time(), self._lease)):
                    await self.work(job, jobs)
            except STORE_DOWN:
                log.warning("bulk jobs wait for the store")
            except Exception as error:
                # One job that can't be worked on must not stop the others; its lease brings it back.
                log.error("a bulk job failed", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._work_there.wait(), EVERY)

    async def work(self, job: Job, jobs: BulkJobs) -> None:
        """Go on with a job that is ours until it is over, nothing answers, we leave, or another copy has it."""
        held: Job | None = job
        while held and held.running:
            before, held = held, await self._batch(held, jobs)
            if held and held.lease_until < before.lease_until:
                return

    async def _batch(self, job: Job, jobs: BulkJobs) -> Job | None:
        """A few more items, stored; None when another copy has the job."""
        job = job.given_up(time.time())
        items = job.next_items(AT_ONCE)
        if not items:
            return await jobs.save(job.over(), 0.0)
        if job.undoes and (unplanned := [item for item in items if item.wish is None]):
            items = unplanned
            after = await asyncio.gather(*(_answered(item, self._plan(job, item)) for item in items))
        else:
            after = await asyncio.gather(*(_answered(item, self._do(job, item)) for item in items))
        return await jobs.save(job.with_items(after), self._until(job, items, after))

    def _until(self, job: Job, before: list[Item], after: list[Item]) -> float:
        """Until when nobody else works on it: free at once when we leave, at rest for a while when nothing answers."""
        now = time.time()
        if self._leaving:
            return now
        if all(new.tries > old.tries for old, new in zip(before, after, strict=True)):
            return min(now + REST, job.lease_until - 0.001)
        return max(now + self._lease, job.lease_until)

    async def _do(self, job: Job, item: Item) -> Item:
        path, wish = job.wish_of(item)
        return item.done(
            (await self._tickets.wish(self._now(job.person), item.number, path, wish, item.key(job.id))).facts
        )

    async def _plan(self, job: Job, item: Item) -> Item:
        """Look at the ticket, and store what would take back what was done to it."""
        ticket, rows = await self._since(self._now(job.person), item)
        reason = self._tongue(job.person.language).say(REASON)
        found = inverse(job.verb, item.undoes, ticket, rows, reason)
        if not found.path:
            return item.done(())
        return item.model_copy(update={"path": found.path, "wish": dict(found.wish)})

    async def _since(self, person: Person, item: Item) -> tuple[View, list[JournalRow]]:
        """The ticket, and its history back to the first fact that is undone."""
        ticket = page = await self._tickets.view(person, item.number)
        rows, first = list(page.journal), min(fact.seq for fact in item.undoes)
        for _page in range(FARTHEST):
            if page.earlier is None or page.earlier <= first:
                break
            page = await self._tickets.view(person, item.number, page.earlier)
            rows = [*page.journal, *rows]
        return ticket, rows


async def _answered(item: Item, doing: Awaitable[Item]) -> Item:
    """What the item came to: a refusal is an outcome too; without an answer it is tried again."""
    try:
        return await doing
    except REFUSALS as error:
        return item.refused(error)
    except DependencyDown:
        return item.unanswered()
    except Exception as error:
        # Whatever it is, the other tickets of the job don't wait for it.
        log.error("a ticket of a bulk job failed", number=item.number, error=type(error).__name__)
        return item.unanswered()
