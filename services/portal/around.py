"""What stands around a ticket on its page and is read for itself: who else looks at it, what else its requester asked,
and the answers of the second level that an earlier page holds."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from services.portal.asking import is_answer
from services.portal.gate import Visitor
from services.portal.pages import with_query
from services.portal.presence import Present
from services.portal.shapes import Article, Summary, View
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
    """Other requests of the same requester, the newest first. `all`: where the rest is listed.

    `sure`: by a verified identity; else only the address is the same.
    """

    requests: Sequence[Summary]
    all: str
    sure: bool
    more: bool


@dataclass(frozen=True)
class Around:
    """All of it. `answers`: what the second level answered, the newest first, from whatever page."""

    present: Sequence[Present] = ()
    theirs: Theirs | None = None
    answers: Sequence[Article] = ()


def answers_of(ticket: View) -> Around:
    """What the page itself says of it, when nothing else was read."""
    return Around(answers=[article for article in reversed(ticket.articles) if is_answer(ticket, article)])


async def around(request: Request, visitor: Visitor, ticket: View, tickets: Tickets) -> Around:
    """Read at once; what the ticket's page can do without is left out when tickets doesn't answer."""
    person = visitor.person
    present, theirs, answers = await asyncio.gather(
        store_of(request).presence.others(ticket.number, person, time.time()),
        _theirs(ticket, person, tickets),
        _answers(ticket, person, tickets),
    )
    return Around(present, theirs, answers)


async def _theirs(ticket: View, person: Person, tickets: Tickets) -> Theirs | None:
    """None for a question: it knows no requester."""
    who = ticket.requester
    if who is None:
        return None
    subject = who.subject if who.verified else None
    if subject is None:
        return None
    try:
        page = await tickets.page(person, requester=subject, limit=MOST_OTHERS + 2)
    except DependencyDown:
        return None
    found = [each for each in page.items if each.id != ticket.id]
    pairs = [("state", "any"), ("requester", subject), ("email", None if subject else who.email)]
    return Theirs(found[:MOST_OTHERS], with_query("/tickets", pairs), subject is not None, len(found) > MOST_OTHERS)


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
