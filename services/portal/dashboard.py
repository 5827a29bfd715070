"""The Cruscotto: what is new, what is open, what is mine; my queues first, everybody's within reach."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.portal.gate import Gate, Visitor
from services.portal.notices import Notices
from services.portal.pages import Pages
from services.portal.tickets import Counts, Summary, Tickets
from shared.events import State
from shared.policy import Person
from shared.queues import Queue, Queues

# Rows of one part of a board; the list page has the rest.
ROWS = 8
WAITING_STATES = (State.NEW,)
WORKING_STATES = (State.OPEN, State.PENDING)


@dataclass(frozen=True)
class Board:
    """Tickets in some states: those of my queues, those of the others, and how many of each there are in all."""

    mine: Sequence[Summary]
    mine_total: int
    others: Sequence[Summary]
    others_total: int

    @property
    def total(self) -> int:
        return self.mine_total + self.others_total


@dataclass(frozen=True)
class QueueRow:
    """A queue with what waits in it. `above`: the queue it answers, when that isn't the row before."""

    queue: Queue
    above: Queue | None
    new: int
    working: int


@dataclass(frozen=True)
class Overview:
    """All that the Cruscotto shows."""

    counts: Counts
    new: Board
    working: Board
    held: Sequence[Summary]
    my_queues: Sequence[QueueRow]
    other_queues: Sequence[QueueRow]


def routes(gate: Gate, pages: Pages, tickets: Tickets, queues: Queues, notices: Notices) -> APIRouter:
    """`/`"""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    async def dashboard(request: Request, visitor: Annotated[Visitor, Depends(gate.signed_in)]) -> Response:
        """Operators see the Cruscotto; everybody else their own requests."""
        if not visitor.person.is_operator:
            return RedirectResponse("/my", 303)
        seen, notice = await asyncio.gather(
            overview(visitor.person, tickets, queues), notices.read(request, visitor.person)
        )
        page: HTMLResponse = pages.show(request, visitor, "dashboard.html", seen=seen, notice=notice)
        return page

    return router


async def overview(person: Person, tickets: Tickets, queues: Queues) -> Overview:
    """One grouped count first; then only the lists that have something in them."""
    counts = await tickets.counts(person)
    mine = [queue.id for queue in queues.of_groups(person.groups)]
    # A queue that left the configuration may still hold tickets.
    every = dict.fromkeys([*(queue.id for queue in queues), *counts.by_queue])
    others = [queue for queue in every if queue not in mine]

    async def some(those: Sequence[str], states: Sequence[State]) -> Sequence[Summary]:
        if not _total(counts, those, states):
            return ()
        return (await tickets.page(person, queues=those, states=states, limit=ROWS)).items

    async def held() -> Sequence[Summary]:
        if not counts.mine:
            return ()
        states = (*WAITING_STATES, *WORKING_STATES)
        return (await tickets.page(person, owner=person.id, states=states, limit=ROWS)).items

    async def board(states: Sequence[State]) -> Board:
        rows = await asyncio.gather(some(mine, states), some(others, states))
        return Board(rows[0], _total(counts, mine, states), rows[1], _total(counts, others, states))

    new, working, my_tickets = await asyncio.gather(board(WAITING_STATES), board(WORKING_STATES), held())
    return Overview(
        counts=counts,
        new=new,
        working=working,
        held=my_tickets,
        my_queues=queue_rows(queues, counts, mine),
        other_queues=queue_rows(queues, counts, others),
    )


def queue_rows(queues: Queues, counts: Counts, those: Sequence[str]) -> list[QueueRow]:
    """`those` queues in the order of the configuration, each with what waits in it."""
    rows: list[QueueRow] = []
    shown: set[str] = set()
    for queue in queues:
        if queue.id not in those:
            continue
        above = queues.get(queue.parent) if queue.parent and queue.parent not in shown else None
        shown.add(queue.id)
        rows.append(
            QueueRow(
                queue,
                above,
                _total(counts, [queue.id], WAITING_STATES),
                _total(counts, [queue.id], WORKING_STATES),
            )
        )
    return rows


def _total(counts: Counts, those: Sequence[str], states: Sequence[State]) -> int:
    return sum(counts.by_queue.get(queue, {}).get(state, 0) for queue in those for state in states)
