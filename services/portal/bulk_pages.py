"""`/bulk`: the form of a bulk action, its job's progress and report, and what takes it back."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from services.portal.bulk import Item, Job, job_id, undo_id, undoing
from services.portal.bulk_form import AT_ONCE, OFFERS, Offer, Ticks, check, offer_of, ticks_of, wish_of
from services.portal.bulk_run import BulkRunner
from services.portal.bulk_undo import UNDOABLE
from services.portal.drafts import Draft, typed
from services.portal.gate import Asking, Gate, Visitor, local_path
from services.portal.list_filter import LIST, UNFILTERED, of_address
from services.portal.list_pages import ListPages
from services.portal.pages import Pages
from services.portal.refused import DOWN, Refusal, refusal, unknown_ticket
from services.portal.store import store_of
from services.portal.stranded import writing
from shared.errors import BadInput, NotFound
from shared.ids import random_id
from shared.mongo import STORE_DOWN
from shared.people import People
from shared.queues import Queues

# Jobs of the list of one's own.
NEWEST = 50
# Fields of a form that are read; what has more of them comes from no page.
MOST_FIELDS = 10_000


class Told(NamedTuple):
    """An item that was refused, and why."""

    item: Item
    why: Refusal


class Asked(NamedTuple):
    """A form of a bulk action that came in. `back`: the list where its tickets were ticked."""

    request: Request
    visitor: Visitor
    form: FormData
    offer: Offer
    ticks: Ticks
    back: str

    @property
    def key(self) -> str:
        """The idempotency key of the form."""
        given = self.form.get("key")
        return given if isinstance(given, str) and 0 < len(given) <= 100 else random_id()


def routes(gate: Gate, desk: "BulkDesk") -> APIRouter:
    """`/bulk`"""
    router = APIRouter()
    wishing = writing(gate, _with_room(gate.wishing(gate.operator)))

    @router.post("/bulk", include_in_schema=False)
    async def choose(request: Request, visitor: Annotated[Visitor, Depends(wishing)]) -> Response:
        """What was ticked in the list: its form, or with that form filled in, its job."""
        return await desk.choose(request, visitor)

    @router.get("/bulk", include_in_schema=False)
    async def mine(request: Request, visitor: Annotated[Visitor, Depends(gate.operator)]) -> HTMLResponse:
        """One's own jobs; also the address of a form that was refused, opened anew."""
        return await desk.mine(request, visitor)

    @router.get("/bulk/{job}", include_in_schema=False)
    async def read(request: Request, job: str, visitor: Annotated[Visitor, Depends(gate.operator)]) -> HTMLResponse:
        """How far it is, then what it came to."""
        return await desk.report(request, visitor, job)

    @router.get("/bulk/{job}/undo", include_in_schema=False)
    async def look(job: str, visitor: Annotated[Visitor, Depends(gate.operator)]) -> RedirectResponse:
        """The address of the wish to undo, opened anew: the job."""
        return RedirectResponse(f"/bulk/{job}", 303)

    @router.post("/bulk/{job}/undo", include_in_schema=False)
    async def undo(request: Request, job: str, visitor: Annotated[Visitor, Depends(wishing)]) -> RedirectResponse:
        """Begin the job that takes this one back."""
        return await desk.undo(request, visitor, job)

    return router


class BulkDesk:
    """What the pages of bulk actions are made of."""

    def __init__(self, pages: Pages, lists: ListPages, queues: Queues, people: People, runner: BulkRunner) -> None:
        self._pages = pages
        self._lists = lists
        self._queues = queues
        self._people = people
        self._runner = runner

    async def choose(self, request: Request, visitor: Visitor) -> Response:
        """The verb's form, or its job. Without a tick, or with too many, the list says so."""
        form, back = await request.form(), _back(await request.form())
        offer, ticks = offer_of(form.get("verb")), ticks_of(form, self._pages.tongue(visitor))
        asked = Asked(request, visitor, form, offer, ticks, back)
        if ticks.wrong and form.get("go"):
            # What was typed stays: the tickets are ticked again from the list.
            return await self._ask(asked, Draft(offer.path, typed(form)), Refusal(ticks.wrong), 422)
        if ticks.wrong:
            return await self._lists.show(request, visitor, of_address(back), wrong=ticks.wrong, status=422)
        if offer.path not in AT_ONCE and not form.get("go"):
            return await self._ask(asked, Draft(offer.path, {"outcome": ("closed_successful",)}))
        return await self._begin(asked)

    async def _begin(self, asked: Asked) -> Response:
        """Store the job; what doesn't fit comes back as it was typed."""
        visitor, offer, form = asked.visitor, asked.offer, asked.form
        wish = wish_of(offer.path, form)
        try:
            check(offer.path, wish, self._queues, self._people)
        except BadInput as error:
            why = refusal(error, offer.path, self._pages.tongue(visitor), self._name(visitor), datetime.now(UTC))
            return await self._ask(asked, Draft(offer.path, typed(form), why.errors, asked.key), why, 422)
        items = asked.ticks.named(await self._lists.subjects(visitor, of_address(asked.back)))
        name = job_id(visitor.person.id, asked.key, offer.path, wish, items)
        job = Job(id=name, person=visitor.person, verb=offer.path, wish=wish, items=items, created_at=time.time())
        try:
            await store_of(asked.request).bulk_jobs.begin(job)
        except STORE_DOWN:
            down = Refusal(self._pages.tongue(visitor).say(DOWN), down=True)
            return await self._ask(asked, Draft(offer.path, typed(form), key=asked.key), down, 503)
        self._runner.wake()
        return RedirectResponse(f"/bulk/{job.id}", 303)

    async def _ask(self, asked: Asked, draft: Draft, why: Refusal | None = None, status: int = 200) -> HTMLResponse:
        """The form of the verb, with the tickets it is about."""
        visitor, language = asked.visitor, asked.visitor.language
        shown = await self._lists.rows(visitor, of_address(asked.back))
        ticked = asked.ticks.numbers
        # Nothing was ticked any more: all that the list shows can be.
        items = asked.ticks.named({each.number: each.subject for each in shown}) or [
            Item(number=each.number, subject=each.subject, seen=each.seq) for each in shown
        ]
        operators = sorted((each for each in self._people.all() if each.is_operator), key=lambda each: each.name)
        levels = (self._queues.first_level(), self._queues.second_level())
        return self._pages.show(
            asked.request,
            visitor,
            "bulk_form.html",
            status,
            offer=asked.offer,
            items=items,
            ticked=ticked,
            draft=draft,
            why=why,
            back=asked.back,
            queue_groups=[[(queue.id, queue.names.say(language), None) for queue in those] for those in levels],
            others=[(each.id, each.name) for each in operators],
        )

    async def mine(self, request: Request, visitor: Visitor) -> HTMLResponse:
        """The newest jobs of this person."""
        jobs = await store_of(request).bulk_jobs.of(visitor.person.id, NEWEST)
        rows = [(job, begun(job)) for job in jobs]
        return self._pages.show(request, visitor, "bulk_mine.html", jobs=rows, offers=OFFERS)

    async def report(self, request: Request, visitor: Visitor, name: str) -> HTMLResponse:
        """One job."""
        job = await _own(request, visitor, name)
        undone = None if job.undoes else await store_of(request).bulk_jobs.find(undo_id(job.id))
        return self._pages.show(
            request,
            visitor,
            "bulk.html",
            job=job,
            offer=OFFERS[job.verb],
            begun=begun(job),
            wished=self._wished(job, visitor),
            stuck=any(item.tries for item in job.having("waiting")),
            refused=[self._told(item, job, visitor) for item in job.having("refused")],
            can_undo=_can_undo(job) and not undone,
            undone=undone,
        )

    async def undo(self, request: Request, visitor: Visitor, name: str) -> RedirectResponse:
        """Begin the job that takes this one back; once, however often it is asked."""
        job = await _own(request, visitor, name)
        if not _can_undo(job):
            return RedirectResponse(f"/bulk/{job.id}", 303)
        other = undoing(job, visitor.person, time.time())
        await store_of(request).bulk_jobs.begin(other)
        self._runner.wake()
        return RedirectResponse(f"/bulk/{other.id}", 303)

    def _told(self, item: Item, job: Job, visitor: Visitor) -> Told:
        tongue = self._pages.tongue(visitor)
        if item.is_unknown:
            return Told(item, unknown_ticket(job.verb, tongue))
        verb = item.path or job.verb
        return Told(item, refusal(item.fault, verb, tongue, self._name(visitor), datetime.now(UTC)))

    def _name(self, visitor: Visitor) -> Callable[[str], str]:
        return lambda queue: self._queues.name(queue, visitor.language)

    def _wished(self, job: Job, visitor: Visitor) -> Mapping[str, str | Sequence[str]]:
        """What a job's wish names, for the report."""
        wish = job.wish
        to = self._people.get(str(wish.get("to", "")))
        return {
            "queue": self._queues.name(str(wish["queue"]), visitor.language) if wish.get("queue") else "",
            "to": to.name if to else str(wish.get("to", "")),
            "tags": wish.get("add", ()),
            "outcome": str(wish.get("outcome") or ""),
        }


def _with_room(then: Asking) -> Asking:
    """`then`, with the form read up to more ticks than are allowed: whoever sends them is told so."""

    async def reading(request: Request) -> Visitor:
        await request.form(max_fields=MOST_FIELDS)
        return await then(request)

    return reading


def begun(job: Job) -> datetime:
    """When it was asked for."""
    return datetime.fromtimestamp(job.created_at, UTC)


def _can_undo(job: Job) -> bool:
    return job.verb in UNDOABLE and not job.running and not job.undoes and bool(job.having("done"))


async def _own(request: Request, visitor: Visitor, name: str) -> Job:
    """The person's job; anybody else's is as good as none."""
    found = await store_of(request).bulk_jobs.find(name)
    if found is None or found.person.id != visitor.person.id:
        raise NotFound("There is no such bulk action.")
    return found


def _back(form: FormData) -> str:
    given = form.get("back")
    back = local_path(given if isinstance(given, str) else "", UNFILTERED)
    return back if back.split("?")[0] == LIST else UNFILTERED
