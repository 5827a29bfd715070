"""The internal HTTP door of tickets: queries and commands, each signed with the asker and filtered by the policy.

What only a requester asks or wishes is in `requester_api`.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field

from services.tickets import commands as c
from services.tickets.answer_times import AnswerTimes, QueueTimes
from services.tickets.bodies import LimitedRoute
from services.tickets.commands import Command
from services.tickets.domain import Root
from services.tickets.finding import Finder
from services.tickets.handlers import handle
from services.tickets.lists import Counts, Filter, Lists
from services.tickets.reading import LONGEST_PAGE, PAGE, Reader
from services.tickets.repository import Tickets
from services.tickets.rules import Rules
from services.tickets.shapes import Summary, View
from services.tickets.views import may_see, summary
from shared import policy
from shared.errors import BadInput, Forbidden, NotFound
from shared.events import RootEvent
from shared.forms import Forms
from shared.ids import command_id, ticket_id
from shared.policy import Person, Role
from shared.relay import Relay
from shared.web import internal_caller

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=100)]

# What operators wish, by the path below the ticket; the body is the wish.
WISHES: Final[dict[str, type[c.Seen]]] = {
    "take": c.TakeTicket,
    "release": c.ReleaseTicket,
    "hand-over": c.HandOver,
    "responsible": c.ChangeResponsible,
    "move": c.MoveTicket,
    "priority": c.SetPriority,
    "tags": c.TagTicket,
    "notes": c.AddNote,
    "answers": c.AnswerTicket,
    "information-requests": c.AskInformation,
    "forwards": c.ForwardTicket,
    "close": c.CloseTicket,
    "reopen": c.ReopenTicket,
    "pending": c.DeferTicket,
    "resume": c.ResumeTicket,
    "mails/undo": c.UndoMail,
    "mails/send": c.SendMail,
    "mails/retry": c.RetryMail,
    "links": c.LinkTicket,
    "links/remove": c.UnlinkTicket,
    "merge": c.MergeTicket,
    "unmerge": c.UnmergeTicket,
    "split": c.SplitArticle,
    "watch": c.WatchTicket,
    "unwatch": c.UnwatchTicket,
    "questions": c.AskSecondLevel,
    "questions/withdraw": c.WithdrawQuestion,
    "question/answer": c.AnswerQuestion,
    "question/return": c.ReturnQuestion,
}


class Page(BaseModel):
    """One page of a list; `next` is the cursor of the following one."""

    items: list[Summary]
    next: str | None


class Several(BaseModel):
    """Lists that are wanted at once."""

    pages: list[Filter] = Field(min_length=1, max_length=20)


class Pages(BaseModel):
    """A page of each, in the same order."""

    pages: list[Page]


class Said(BaseModel):
    """A fact a command caused."""

    event_id: str
    name: str
    seq: int
    occurred_at: datetime


class Done(BaseModel):
    """The answer to a command: the same for every repeat. `seq`: of the ticket afterwards; no facts: nothing to do."""

    ticket_id: str
    number: str
    seq: int
    facts: list[Said]


class Owners(BaseModel):
    """Ids of submissions and tickets that own blobs."""

    owners: list[str] = Field(max_length=10_000)


class Times(BaseModel):
    """By queue."""

    queues: dict[str, QueueTimes]


class Unnamed(BaseModel):
    """Those of the owners that became no ticket."""

    unnamed: list[str]


class Doors:
    """What the routes need, built by `app`."""

    def __init__(self, tickets: Tickets, lists: Lists, rules: Rules, forms: Forms, relay: Relay) -> None:
        self.tickets = tickets
        self.lists = lists
        self.rules = rules
        self.relay = relay
        self.find = Finder(tickets, forms)
        self.read = Reader(tickets, rules)
        self.times = AnswerTimes(tickets, lambda: [name for name, queue in rules.queues.items() if queue.level == 1])

    async def page(self, person: Person, wanted: Filter) -> Page:
        """A page of a list, as the person may see it."""
        if not policy.may_list(person):
            raise Forbidden("This link is good for one request only.")
        if not person.is_operator:
            wanted = wanted.of_user(person.id)
        tickets, following = await self.lists.page(wanted)
        return Page(items=[summary(each, person) for each in tickets if may_see(person, each)], next=following)

    async def wish(self, ticket: Root, person: Person, key: str, wish: Any) -> Done:
        """What an operator wishes, once the door has found out what belongs to it."""
        try:
            found = await self.find.fill(ticket, wish)
        except (BadInput, NotFound):
            # What a repeat names may be gone since it was done: its answer stays the same.
            if not await self.tickets.caused_by(ticket, command_of(ticket.id, person, key, wish)):
                raise
            found = wish
        return await self.do(ticket.id, person, key, found)

    async def do(self, ticket: str, person: Person, key: str, wish: Any) -> Done:
        """Answer as soon as it is stored; the facts are published right after, whatever the broker does."""
        command = command_of(ticket, person, key, wish)
        outcome = await handle(command, self.tickets, self.rules, datetime.now(UTC))
        self.relay.publish_soon(outcome.ticket)
        facts = [_said(fact) for fact in outcome.facts]
        # Of the first time, also when it is asked again much later.
        seq = facts[-1].seq if facts else outcome.ticket.seq
        return Done(ticket_id=ticket, number=outcome.ticket.number, seq=seq, facts=facts)


def command_of(ticket: str, person: Person, key: str, wish: Any) -> Command:
    """The same key of the same person is the same command."""
    return Command(id=command_id(ticket, person.id, key), ticket_id=ticket, actor=person.actor, wish=wish)


def doors(request: Request) -> Doors:
    """The running app's parts."""
    found: Doors = request.app.state.doors
    return found


def routes(internal_key: str) -> APIRouter:
    """All routes, each asking who calls."""
    router = APIRouter(route_class=LimitedRoute)
    caller: Callable[..., Any] = internal_caller(internal_key)
    asker = Annotated[Person, Depends(caller)]
    parts = Annotated[Doors, Depends(doors)]
    _queries(router, asker, parts)
    for path, wish in WISHES.items():
        _command(router, asker, parts, path, wish)
    return router


def _queries(router: APIRouter, asker: Any, parts: Any) -> None:
    @router.get("/tickets")
    async def list_tickets(person: asker, door: parts, wanted: Annotated[Filter, Query()]) -> Page:
        """In one of six orders, by whatever the filter names. A user gets only their own, by queue and state."""
        page: Page = await door.page(person, wanted)
        return page

    @router.post("/tickets/pages")
    async def list_several(person: asker, door: parts, wanted: Several) -> Pages:
        """The same several times with one question: what a page full of short lists shows."""
        return Pages(pages=await asyncio.gather(*(door.page(person, each) for each in wanted.pages)))

    @router.get("/tickets/counts")
    async def count_tickets(person: asker, door: parts) -> Counts:
        """The numbers of an operator's dashboard."""
        if not person.is_operator:
            raise Forbidden("Counts are for operators.")
        counts: Counts = await door.lists.counts(person.id)
        return counts

    @router.get("/answer-times")
    async def answer_times(person: asker, door: parts) -> Times:
        """How long each queue's first answers took lately: what users are told is made of it."""
        if not (person.is_operator or Role.SERVICE in person.roles):
            raise Forbidden("This is for our own services and operators.")
        return Times(queues=await door.times.all())

    @router.get("/tickets/{name}")
    async def read_ticket(
        name: str,
        person: asker,
        door: parts,
        before: Annotated[int | None, Query(ge=1)] = None,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = PAGE,
    ) -> View:
        """One ticket by id or number, page by page from the newest: `limit` facts, those below `before`."""
        found: View = await door.read.view(await door.find.open(name, person), person, before, limit)
        return found

    @router.post("/blobs/unnamed")
    async def unnamed_blobs(owners: Owners, person: asker, door: parts) -> Unnamed:
        """Which submissions, or tickets, with stored files became no ticket, or are none."""
        if Role.SERVICE not in person.roles:
            raise Forbidden("This is for the operations command line.")
        tickets = {owner: {ticket_id(owner), owner} for owner in owners.owners}
        named = await door.tickets.existing([each for pair in tickets.values() for each in pair])
        return Unnamed(unnamed=[owner for owner in owners.owners if tickets[owner].isdisjoint(named)])


def _command(router: APIRouter, asker: Any, parts: Any, path: str, wished: Any) -> None:
    @router.post(f"/tickets/{{name}}/{path}", name=wished.__name__, description=wished.__doc__)
    async def command(name: str, wish: wished, key: Key, person: asker, door: parts) -> Done:
        ticket = await door.find.open(name, person)
        if not policy.may_act(person):
            raise Forbidden("Only operators act on tickets; users reply.")
        done: Done = await door.wish(ticket, person, key, wish)
        return done


def _said(fact: RootEvent) -> Said:
    return Said(event_id=fact.event_id, name=fact.name, seq=fact.seq, occurred_at=fact.occurred_at)
