"""The internal HTTP door of tickets: queries and commands, each signed with the asker and filtered by the policy."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field

from services.tickets.commands import Command, TakeTicket
from services.tickets.domain import Ticket
from services.tickets.handlers import handle
from services.tickets.lists import Counts, Filter, Lists
from services.tickets.numbers import is_number
from services.tickets.repository import Tickets
from services.tickets.views import Summary, View, allowed, summary, view
from shared import policy
from shared.errors import Forbidden
from shared.events import TicketEvent
from shared.ids import command_id, is_id, ticket_id
from shared.policy import Person, Role
from shared.relay import Relay
from shared.web import internal_caller

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=100)]


class Page(BaseModel):
    """One page of a list; `next` is the cursor of the following one."""

    items: list[Summary]
    next: str | None


class Said(BaseModel):
    """A fact a command caused."""

    event_id: str
    name: str
    seq: int
    occurred_at: datetime


class Done(BaseModel):
    """The answer to a command: the same for every repeat."""

    ticket_id: str
    number: str
    facts: list[Said]


class Owners(BaseModel):
    """Ids of submissions that own blobs."""

    owners: list[str] = Field(max_length=10_000)


class Unnamed(BaseModel):
    """Those of the owners that became no ticket."""

    unnamed: list[str]


class Doors:
    """What the routes need, built by `app`."""

    def __init__(self, tickets: Tickets, lists: Lists, relay: Relay) -> None:
        self.tickets = tickets
        self.lists = lists
        self.relay = relay

    async def open(self, name: str, person: Person) -> Ticket:
        """The ticket called `name` (id or number), if the person may see it."""
        found = None
        if is_id(name):
            found = await self.tickets.find(name)
        elif is_number(name):
            found = await self.tickets.find_by_number(name)
        return allowed(found, person)


def doors(request: Request) -> Doors:
    """The running app's parts."""
    found: Doors = request.app.state.doors
    return found


def routes(internal_key: str) -> APIRouter:
    """All routes, each asking who calls."""
    router = APIRouter()
    caller: Callable[..., Any] = internal_caller(internal_key)
    asker = Annotated[Person, Depends(caller)]
    parts = Annotated[Doors, Depends(doors)]
    _queries(router, asker, parts)
    _commands(router, asker, parts)
    return router


def _queries(router: APIRouter, asker: Any, parts: Any) -> None:
    @router.get("/tickets")
    async def list_tickets(person: asker, door: parts, wanted: Annotated[Filter, Query()]) -> Page:
        """Newest or oldest first, by queue, state, owner, responsible, requester. A user gets only their own."""
        if not policy.may_list(person):
            raise Forbidden("This link is good for one request only.")
        if not person.is_operator:
            wanted = wanted.model_copy(update={"requester": person.id, "owner": None, "responsible": None})
        tickets, following = await door.lists.page(wanted)
        seen = [each for each in tickets if policy.may_see_ticket(person, each.id, each.requester)]
        return Page(items=[summary(each, person) for each in seen], next=following)

    @router.get("/tickets/counts")
    async def count_tickets(person: asker, door: parts) -> Counts:
        """The numbers of an operator's dashboard."""
        if not person.is_operator:
            raise Forbidden("Counts are for operators.")
        counts: Counts = await door.lists.counts(person.id)
        return counts

    @router.get("/tickets/{name}")
    async def read_ticket(name: str, person: asker, door: parts) -> View:
        """One ticket by id or number, with its articles and journal."""
        ticket = await door.open(name, person)
        history = await door.tickets.history(ticket)
        return view(ticket, history, await door.tickets.words(ticket.id), person)

    @router.post("/blobs/unnamed")
    async def unnamed_blobs(owners: Owners, person: asker, door: parts) -> Unnamed:
        """Which submissions with stored files became no ticket."""
        if Role.SERVICE not in person.roles:
            raise Forbidden("This is for the operations command line.")
        named = await door.tickets.existing([ticket_id(owner) for owner in owners.owners])
        return Unnamed(unnamed=[owner for owner in owners.owners if ticket_id(owner) not in named])


def _commands(router: APIRouter, asker: Any, parts: Any) -> None:
    @router.post("/tickets/{name}/take")
    async def take_ticket(name: str, wish: TakeTicket, key: Key, person: asker, door: parts) -> Done:
        """Take in charge. 409 when a colleague did meanwhile: `changed` says who and when."""
        ticket = await door.open(name, person)
        if not policy.may_act(person):
            raise Forbidden("Only operators take tickets in charge.")
        command = Command(id=command_id(ticket.id, person.id, key), ticket_id=ticket.id, actor=person.actor, wish=wish)
        return await do(command, door)


async def do(command: Command, door: Doors) -> Done:
    """Answer as soon as it is stored; the facts are published right after, whatever the broker does."""
    outcome = await handle(command, door.tickets, datetime.now(UTC))
    door.relay.publish_soon(outcome.ticket)
    return Done(
        ticket_id=outcome.ticket.id, number=outcome.ticket.number, facts=[_said(fact) for fact in outcome.facts]
    )


def _said(fact: TicketEvent) -> Said:
    return Said(event_id=fact.event_id, name=fact.name, seq=fact.seq, occurred_at=fact.occurred_at)
