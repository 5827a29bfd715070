"""The queues as a tree, with what waits in each: a widget of the Cruscotto, and a page of its own at `/queues`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from services.portal.gate import Gate, Visitor
from services.portal.pages import Pages
from services.portal.shapes import Counts
from services.portal.tickets import Tickets
from shared.events import State
from shared.queues import Queues

WORKING = (State.OPEN, State.PENDING)
# The boards whose oldest ticket is a queue's oldest: between them they hold all that isn't closed.
ALL_OPEN = ("new", "working", "second")


@dataclass(frozen=True)
class Branch:
    """A queue, what waits in it, and the queues below. `level` 0: the configuration no longer has it."""

    id: str
    level: int
    mine: bool
    new: int
    working: int
    oldest: datetime | None
    below: Sequence["Branch"] = ()

    def __iter__(self) -> Iterator["Branch"]:
        """This queue and all below it."""
        yield self
        for branch in self.below:
            yield from branch


def tree(queues: Queues, counts: Counts, mine: Iterable[str], only_mine: bool = False) -> list[Branch]:
    """Every queue below its parent, in the order of the configuration; those that left it and still hold tickets are
    at the end. `only_mine`: without branches that hold none of `mine`."""
    own = frozenset(mine)

    def branch(queue_id: str, level: int) -> Branch:
        waiting = counts.by_queue.get(queue_id, {})
        oldest = [board[queue_id].oldest for name in ALL_OPEN if queue_id in (board := counts.boards.get(name, {}))]
        return Branch(
            id=queue_id,
            level=level,
            mine=queue_id in own,
            new=waiting.get(State.NEW, 0),
            working=sum(waiting.get(state, 0) for state in WORKING),
            oldest=min(oldest, default=None),
            below=[branch(each.id, each.level) for each in queues.children(queue_id)],
        )

    top = [branch(queue.id, queue.level) for queue in queues if queue.parent is None]
    gone = [branch(queue_id, 0) for queue_id in counts.by_queue if queue_id not in queues]
    grown = [*top, *(each for each in gone if each.new or each.working)]
    return [each for each in grown if not only_mine or any(one.mine for one in each)]


def routes(gate: Gate, pages: Pages, tickets: Tickets, queues: Queues) -> APIRouter:
    """`/queues`"""
    router = APIRouter()

    @router.get("/queues", include_in_schema=False)
    async def show_queues(request: Request, visitor: Annotated[Visitor, Depends(gate.operator)]) -> HTMLResponse:
        """All queues, each with the way to its list."""
        person = visitor.person
        counts = await tickets.counts(person)
        mine = [queue.id for queue in queues.of_groups(person.groups)]
        return pages.show(request, visitor, "queues.html", tree=tree(queues, counts, mine))

    return router
