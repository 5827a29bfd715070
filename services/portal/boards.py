"""What a widget of the Cruscotto shows just now: one grouped count for all of them, rows only where there are any."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.portal.arrangement import MINE, OTHERS, Placed
from services.portal.gate import Visitor
from services.portal.inbox import Inbox, InboxPage
from services.portal.queue_tree import Branch, tree
from services.portal.tickets import Counts, Summary, Tickets
from services.portal.widgets import WIDGETS, Widget, asked, chosen, full_list, not_mine, tally
from shared.policy import Person
from shared.queues import Queues

# However many of mine there are, so many rows are kept for everybody else's.
THEIRS = 2


@dataclass(frozen=True)
class Part:
    """`total` tickets, the first `rows` of them. `more`: the list of all; `heading`: one of several parts, `mine` or
    `others`."""

    rows: Sequence[Summary]
    total: int
    more: str
    heading: str = ""


@dataclass(frozen=True)
class Content:
    """A widget with what is in it: `parts`, or `notices`, or the `tree`."""

    widget: Widget
    placed: Placed
    total: int
    more: str
    oldest: datetime | None = None
    parts: Sequence[Part] = ()
    notices: InboxPage | None = None
    tree: Sequence[Branch] | None = None


@dataclass(frozen=True)
class Glance:
    """One number of the strip on top."""

    widget: Widget
    n: int
    oldest: datetime | None


class Reading:
    """One reading of the Cruscotto by one person. The counts are asked for once, when the first part needs them."""

    def __init__(self, tickets: Tickets, inbox: Inbox, queues: Queues, visitor: Visitor) -> None:
        self._tickets = tickets
        self._inbox = inbox
        self._queues = queues
        self._visitor = visitor
        self._mine = [queue.id for queue in queues.of_groups(visitor.person.groups)]
        self._counting: asyncio.Task[Counts] | None = None

    @property
    def _person(self) -> Person:
        return self._visitor.person

    async def counts(self) -> Counts:
        """The numbers, the same for every part of this reading."""
        if self._counting is None:
            self._counting = asyncio.create_task(self._tickets.counts(self._person))
        # Whoever is no longer waited for must not take the counts away from the others.
        return await asyncio.shield(self._counting)

    def stop(self) -> None:
        """Nobody waits any more."""
        if self._counting is not None:
            self._counting.cancel()

    async def glance(self, placed: Sequence[Placed]) -> list[Glance]:
        """The numbers of these widgets, in their order."""
        counts = await self.counts()
        found = []
        for each in placed:
            widget = WIDGETS[each.id]
            if widget.of_tickets:
                there = tally(counts, widget, chosen(each, self._mine))
                found.append(Glance(widget, there.n if there else 0, there.oldest if there else None))
        return found

    async def content(self, placed: Placed) -> Content:
        """A widget's."""
        widget = WIDGETS[placed.id]
        more = full_list(widget, placed)
        if widget.id == "notices":
            return await self._notices(widget, placed, more)
        counts = await self.counts()
        if widget.id == "queues":
            grown = tree(self._queues, counts, self._mine, only_mine=placed.queue == MINE)
            return Content(widget, placed, sum(1 for top in grown for _ in top), more, tree=grown)
        there = tally(counts, widget, chosen(placed, self._mine))
        if there is None:
            return Content(widget, placed, 0, more)
        parts = await self._parts(widget, placed, counts)
        return Content(widget, placed, there.n, more, there.oldest, parts)

    async def _notices(self, widget: Widget, placed: Placed, more: str) -> Content:
        page = await self._inbox.page(self._person, self._visitor.language, unread=True, limit=placed.rows)
        # The newest come first: the oldest is only known when all are here.
        oldest = page.items[-1].at if page.items and page.unread <= len(page.items) else None
        return Content(widget, placed, page.unread, more, oldest, notices=page)

    async def _parts(self, widget: Widget, placed: Placed, counts: Counts) -> Sequence[Part]:
        """Mine and the others' apart where new tickets of all queues are shown: groups choose what comes first."""
        if widget.id != "new" or placed.queue or not self._mine:
            return [await self._part(widget, placed, counts, chosen(placed, self._mine), placed.rows)]
        others = not_mine(self._queues, counts, self._mine)
        mine, theirs = tally(counts, widget, self._mine), tally(counts, widget, others)
        kept = min(THEIRS, theirs.n) if theirs else 0
        first = min(mine.n, placed.rows - kept) if mine else 0
        return await asyncio.gather(
            self._part(widget, placed, counts, self._mine, first, MINE),
            self._part(widget, placed, counts, others, placed.rows - first, OTHERS),
        )

    async def _part(
        self, widget: Widget, placed: Placed, counts: Counts, those: Sequence[str] | None, most: int, heading: str = ""
    ) -> Part:
        there = tally(counts, widget, those)
        more = full_list(widget, placed, heading or None)
        if there is None:
            return Part((), 0, more, heading)
        wanted = asked(widget, placed, self._person, those or ())
        page = await self._tickets.page(self._person, limit=most, **wanted)
        return Part(page.items, there.n, more, heading)
