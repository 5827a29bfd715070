"""What stands around a ticket on its page and is read for itself: who else looks at it, what else its requester asked,
and the answers of the second level that an earlier page holds."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request

from services.portal.asking import is_answer
from services.portal.gate import Visitor
from services.portal.kept_drafts import Kept
from services.portal.presence import Present
from services.portal.shapes import Article, Page, Summary, View
from services.portal.store import store_of
from services.portal.tickets import Tickets
from shared.errors import DependencyDown
from shared.policy import Person

# Other requests of the same person that the page shows.
MOST_OTHERS = 5
# Earlier pages on which answers are looked for.
MOST_PAGES = 4


@dataclass(frozen=True)
class Theirs:
    """Other requests of the same requester, the newest first; `more`: there are more than these.

    `sure`: by a verified identity; else only the address is the same.
    """

    requests: Sequence[Summary]
    sure: bool
    more: bool


@dataclass(frozen=True)
class Around:
    """All of it. `answers`: what the second level answered, the newest first, from whatever page. `drafts`: what the
    reader has begun on it, by form."""

    present: Sequence[Present] = ()
    theirs: Theirs | None = None
    answers: Sequence[Article] = ()
    drafts: Mapping[str, Kept] = field(default_factory=dict)


def answers_of(ticket: View) -> Around:
    """What the page itself says of it, when nothing else was read."""
    return Around(answers=[article for article in reversed(ticket.articles) if is_answer(ticket, article)])


async def around(request: Request, visitor: Visitor, ticket: View, tickets: Tickets) -> Around:
    """Read at once; what the ticket's page can do without is left out when tickets doesn't answer."""
    person, store, now = visitor.person, store_of(request), time.time()
    return Around(
        *await asyncio.gather(
            store.presence.others(ticket.number, person, now),
            _theirs(ticket, person, tickets),
            _answers(ticket, person, tickets),
            store.drafts.of_ticket(person.id, ticket.number, now),
        )
    )


async def page_of_theirs(ticket: View, person: Person, tickets: Tickets, after: str | None, limit: int) -> Page:
    """What the ticket's requester asked, this included: by a verified identity, else by the address."""
    who = ticket.requester
    if who is None:
        return Page(items=())
    if by_identity(ticket):
        return await tickets.page(person, requester=who.subject, after=after, limit=limit)
    return await tickets.page(person, email=who.email, after=after, limit=limit)


async def _theirs(ticket: View, person: Person, tickets: Tickets) -> Theirs | None:
    """None for a question: it knows no requester."""
    if ticket.requester is None:
        return None
    try:
        page = await page_of_theirs(ticket, person, tickets, None, MOST_OTHERS + 2)
    except DependencyDown:
        return None
    found = [each for each in page.items if each.id != ticket.id]
    return Theirs(found[:MOST_OTHERS], by_identity(ticket), len(found) > MOST_OTHERS)


def by_identity(ticket: View) -> bool:
    """Whether the requester is surely one person, and not just whoever writes from an address."""
    return bool(ticket.requester and ticket.requester.verified and ticket.requester.subject)


async def _answers(ticket: View, person: Person, tickets: Tickets) -> Sequence[Article]:
    """The answers of this page, and of as many before it as it takes to find those of all answered questions."""
    found = {article.id: article for article in ticket.articles if is_answer(ticket, article)}
    page, left = ticket, MOST_PAGES
    try:
        wanted = await _answered(ticket, person, tickets) if ticket.earlier is not None else set()
        while page.earlier is not None and left and wanted - {each.child.id for each in found.values() if each.child}:
            page = await tickets.view(person, ticket.number, page.earlier)
            found |= {article.id: article for article in page.articles if is_answer(page, article)}
            left -= 1
    except DependencyDown:
        pass  # those of this page, then
    return sorted(found.values(), key=lambda article: article.at, reverse=True)


async def _answered(ticket: View, person: Person, tickets: Tickets) -> set[str]:
    """The newest questions of the ticket that were answered, by id."""
    page = await tickets.page(person, parent=ticket.id, limit=50)
    return {question.id for question in page.items if question.ending == "answered"}
