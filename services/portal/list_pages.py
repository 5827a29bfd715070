"""The page of the list: what it reads, and what it shows beside the rows."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.portal.arrangement import MINE, OTHERS
from services.portal.bulk_form import OFFERS
from services.portal.gate import Visitor
from services.portal.i18n import marked as _
from services.portal.list_columns import COLUMNS, Column
from services.portal.list_filter import LIST, ORDERS, UNFILTERED, Chip, Names, Wanted, chips
from services.portal.list_store import LONGEST_NAME, MOST_FILTERS, Choices, SavedFilter
from services.portal.notices import Notices
from services.portal.pages import Pages
from services.portal.store import store_of
from services.portal.tickets import Page, Summary, Tickets
from services.portal.widgets import not_mine
from shared.errors import BadInput, DependencyDown
from shared.people import People
from shared.policy import Person
from shared.queues import Queues

ROWS = 25
# What is wrong with a part of the address, by its name.
UNFIT: Mapping[str, str] = {
    "state": _("There is no such state."),
    "order": _("There is no such order."),
    "level": _("There is no such kind of ticket."),
    "after": _("This page of the list does not exist, or belongs to another order."),
}
UNFIT_OTHERWISE = _("A part of this address says nothing that the list knows, or is too long.")
UNKNOWN_FILTER = _("There is no such saved filter: it was removed, or it is another person’s.")


@dataclass(frozen=True)
class Shown:
    """A page of the list and the ways on from it. `here`: its own address; `current`: the saved filter it shows."""

    wanted: Wanted
    page: Page
    columns: Sequence[Column]
    choices: Choices
    chips: Sequence[Chip]
    people: Mapping[str, str]
    wrong: str
    naming: str
    naming_wrong: str

    @property
    def here(self) -> str:
        return self.wanted.here(self.wanted.after or None)

    @property
    def beginning(self) -> str:
        """The address of the filter from its beginning."""
        return self.wanted.here()

    @property
    def start(self) -> str | None:
        return self.beginning if self.wanted.after else None

    @property
    def older(self) -> str | None:
        return self.wanted.here(self.page.next) if self.page.next else None

    @property
    def current(self) -> SavedFilter | None:
        return next((each for each in self.choices.filters if each.address == self.beginning), None)

    def has(self, column: str) -> bool:
        """Whether this column is shown."""
        return column in self.choices.columns


class ListPages:
    """Reads and shows the list."""

    def __init__(self, pages: Pages, tickets: Tickets, queues: Queues, people: People, notices: Notices) -> None:
        self._pages = pages
        self._tickets = tickets
        self._queues = queues
        self._people = people
        self._notices = notices

    async def show(
        self,
        request: Request,
        visitor: Visitor,
        wanted: Wanted,
        *,
        wrong: str = "",
        naming: str = "",
        naming_wrong: str = "",
        status: int = 200,
    ) -> HTMLResponse:
        """The page. `wrong`: why a bulk action did not begin; `naming`: a filter's name that was not taken, and why."""
        page, choices, notice = await asyncio.gather(
            self._read(wanted, visitor.person),
            store_of(request).list_choices.of(visitor.person.id),
            self._notices.read(request, visitor.person),
        )
        people = self._operators()
        names = Names(lambda queue: self._queues.name(queue, visitor.language), people)
        parent = page.items[0].parent.number if wanted.parent and page.items and page.items[0].parent else ""
        shown = Shown(
            wanted=wanted,
            page=page,
            columns=[COLUMNS[name] for name in choices.columns if name in COLUMNS],
            choices=choices,
            chips=chips(wanted, names, self._pages.tongue(visitor), parent),
            people=people,
            wrong=wrong,
            naming=naming,
            naming_wrong=naming_wrong,
        )
        context = {"queues": self._queues, "notice": notice, "orders": ORDERS, "columns": COLUMNS, "offers": OFFERS}
        limits = {"most_filters": MOST_FILTERS, "longest_name": LONGEST_NAME, "unfiltered": UNFILTERED}
        return self._pages.show(request, visitor, "tickets.html", status, shown=shown, **context, **limits)

    async def rows(self, visitor: Visitor, wanted: Wanted) -> Sequence[Summary]:
        """The tickets on this page of the list; none when it can't be read: their subjects only help the eye."""
        try:
            return (await self._read(wanted, visitor.person)).items
        except (BadInput, DependencyDown):
            return ()

    async def subjects(self, visitor: Visitor, wanted: Wanted) -> Mapping[str, str]:
        """The subjects on this page of the list by number."""
        return {ticket.number: ticket.subject for ticket in await self.rows(visitor, wanted)}

    def unfit(self, request: Request, visitor: Visitor, parts: Sequence[str], rest: str) -> HTMLResponse:
        """The page of an address that says nothing: what is wrong with it, and the list without that."""
        sentences = list(dict.fromkeys(UNFIT.get(part, UNFIT_OTHERWISE) for part in parts))
        return self._fault(request, visitor, 422, sentences, rest)

    def unknown_filter(self, request: Request, visitor: Visitor) -> HTMLResponse:
        """The page of a saved filter that is nobody's, or another person's: both look the same."""
        return self._fault(request, visitor, 404, [UNKNOWN_FILTER], LIST)

    def _fault(
        self, request: Request, visitor: Visitor, status: int, sentences: Sequence[str], rest: str
    ) -> HTMLResponse:
        return self._pages.show(
            request, visitor, "list_fault.html", status, sentences=sentences, rest=rest, fault_status=status
        )

    def _operators(self) -> dict[str, str]:
        operators = (each for each in self._people.all() if each.is_operator)
        return {each.id: each.name for each in sorted(operators, key=lambda each: each.name)}

    async def _read(self, wanted: Wanted, person: Person) -> Page:
        queues = await self._those(wanted.queue, person)
        if wanted.queue and not queues:
            # Nobody's queue is mine: without any queue the list would have all.
            return Page(items=())

        def who(value: str) -> str | None:
            return person.id if value == "me" else value or None

        return await self._tickets.page(
            person,
            queues=queues,
            states=wanted.states,
            owner=who(wanted.owner),
            responsible=who(wanted.responsible),
            watcher=who(wanted.watcher),
            level=int(wanted.level) if wanted.level else None,
            parent=wanted.parent or None,
            asked_by=who(wanted.asked_by),
            overdue=True if wanted.overdue else None,
            waiting=wanted.waiting or None,
            tag=wanted.tag.strip().lower() or None,
            text=wanted.text.strip() or None,
            order=wanted.order,
            after=wanted.after or None,
            limit=ROWS,
        )

    async def _those(self, queue: str, person: Person) -> Sequence[str]:
        """The queues that the filter names."""
        if queue not in (MINE, OTHERS):
            return [queue] if queue else []
        mine = [each.id for each in self._queues.of_groups(person.groups)]
        # Only the counts know the queues that left the configuration.
        return mine if queue == MINE else not_mine(self._queues, await self._tickets.counts(person), mine)
