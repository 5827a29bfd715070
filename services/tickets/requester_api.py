"""The door of tickets for who asked: they write, thank, rate, end the links that were mailed, and get a new one."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.tickets import commands as c
from services.tickets.api import Done, Doors, Key, doors
from services.tickets.bodies import LimitedRoute
from services.tickets.domain import Ticket
from services.tickets.numbers import is_number
from shared import policy
from shared.errors import BadInput, Forbidden
from shared.events import State
from shared.ids import random_id
from shared.policy import Person, Role
from shared.web import internal_caller

# What the requester wishes beside writing, and who may.
THEIRS: Final[dict[str, tuple[type[c.OfRequester], Callable[[Person], bool]]]] = {
    "thanks": (c.ThankTicket, policy.may_thank),
    "rating": (c.RateTicket, policy.may_rate),
    "follow-links/end": (c.EndFollowLinks, policy.may_end_follow_links),
}


class Lost(BaseModel):
    """What somebody knows who has lost the link to a request; or, of a link of ours that was ended, its `ticket`."""

    number: str = Field("", max_length=40)
    email: str = Field("", max_length=320)
    ticket: str = Field("", max_length=40)


def routes(internal_key: str) -> APIRouter:
    """All routes, each asking who calls; they come before those of `api`, one of which is `/tickets/{name}`."""
    router = APIRouter(route_class=LimitedRoute)
    caller: Callable[..., Any] = internal_caller(internal_key)
    asker = Annotated[Person, Depends(caller)]
    parts = Annotated[Doors, Depends(doors)]
    _counts(router, asker, parts)
    _replies(router, asker, parts)
    for path, (wished, may) in THEIRS.items():
        _wish(router, asker, parts, path, wished, may)
    _links(router, asker, parts)
    return router


def _counts(router: APIRouter, asker: Any, parts: Any) -> None:
    @router.get("/my/counts")
    async def count_mine(person: asker, door: parts) -> dict[State, int]:
        """How many requests of their own a user has, by state."""
        if not policy.may_list(person):
            raise Forbidden("This link is good for one request only.")
        found: dict[State, int] = await door.lists.counts_of(person.id)
        return found


def _replies(router: APIRouter, asker: Any, parts: Any) -> None:
    @router.post("/tickets/{name}/replies")
    async def reply(name: str, wish: c.ReplyTicket, key: Key, person: asker, door: parts) -> Done:
        """The requester writes, as a signed-in user or by a link."""
        ticket = await door.find.open(name, person)
        if not policy.may_reply(person):
            raise Forbidden("Only the requester replies; operators answer.")
        if any(not file.key.startswith(f"{ticket.id}/") for file in wish.attachments):
            raise BadInput("A reply can only bring files that were stored for its own ticket.")
        done: Done = await door.do(ticket.id, person, key, wish)
        return done


def _wish(router: APIRouter, asker: Any, parts: Any, path: str, wished: Any, may: Callable[[Person], bool]) -> None:
    @router.post(f"/tickets/{{name}}/{path}", name=wished.__name__, description=wished.__doc__)
    async def command(name: str, wish: wished, key: Key, person: asker, door: parts) -> Done:
        ticket = await door.find.open(name, person)
        if not may(person):
            raise Forbidden("Only who asked may say this.")
        done: Done = await door.do(ticket.id, person, key, wish)
        return done


def _links(router: APIRouter, asker: Any, parts: Any) -> None:
    @router.post("/follow-links", status_code=202)
    async def mail_a_link(wanted: Lost, person: asker, door: parts) -> None:
        """Mail a new link to the request's own address, if it is the one given; the answer never says whether."""
        if not policy.may_have_links_mailed(person):
            raise Forbidden("Links are mailed for people who come to one of our doors.")
        number = "".join(wanted.number.split())
        ticket: Any = await door.tickets.find_by_number(number) if is_number(number) else None
        ours = isinstance(ticket, Ticket) and policy.is_address_of(wanted.email, ticket.requester)
        if wanted.ticket:
            ticket, ours = await door.tickets.find(wanted.ticket), True
        if ours and isinstance(ticket, Ticket):
            holder = Person(id=f"holder:{ticket.id}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket.id)
            await door.do(ticket.id, holder, random_id(), c.MailFollowLink())
