"""Gathers what a view needs: a page of facts, what became of its mails, its words, the tickets that belong to it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from services.tickets.articles import MAILS, about, named_by
from services.tickets.asked import question_of, question_open
from services.tickets.domain import Root, Ticket
from services.tickets.fates import is_over
from services.tickets.repository import Tickets
from services.tickets.rules import Rules
from services.tickets.shapes import Question, View
from services.tickets.views import Read, may_see, shown, view
from shared import policy
from shared.events import RootEvent, SecondLevelRequested
from shared.policy import Person

# Facts of a page, and the most that may be asked for.
PAGE: Final = 40
LONGEST_PAGE: Final = 500
# Most facts of a ticket are not for its requester: earlier ones are read till so many articles can be shown, but never
# more facts than this for one page.
FULL: Final = 20
MOST_FACTS: Final = 1_000
# Tickets merged into tickets that were merged: shown so deep, and so many.
DEEPEST: Final = 3
MOST_ABSORBED: Final = 20
# Open questions that a page shows beside those asked on it.
MOST_QUESTIONS: Final = 20


class Reader:
    """Reads one ticket, page by page."""

    def __init__(self, tickets: Tickets, rules: Rules) -> None:
        self._tickets = tickets
        self._rules = rules

    async def view(self, ticket: Root, person: Person, before: int | None = None, limit: int = PAGE) -> View:
        """The page that ends before the fact `before`; without it the newest, with all that belongs to the ticket."""
        read = await self._read(ticket, person, before, limit)
        absorbed: list[Read] = []
        if read.is_newest:
            parts = await self._absorbed(ticket, person)
            absorbed = list(await asyncio.gather(*(self._read(part, person, None, limit) for part in parts)))
        inside = policy.may_see_history(person)
        wanted = {named.ref.id for each in (read, *absorbed) for named in shown(each, person)}
        wanted |= set(ticket.answers) if isinstance(ticket, Ticket) else set()
        links = ticket.links if isinstance(ticket, Ticket) and inside else ()
        if read.request:
            wanted.add(read.request.ref.id)
        words, linked, asked = await asyncio.gather(
            self._tickets.words(list(wanted)),
            self._tickets.find_many(link.ticket.id for link in links),
            self._questions(read) if inside else _none(),
        )
        silently = self._rules.queue(ticket.queue).may_close_silently
        return view(read, person, words, absorbed, linked, silently, asked)

    async def _questions(self, read: Read) -> list[Question]:
        """The first open ones, and those that were asked on this page, in the order they were asked."""
        root = read.ticket
        first = list(root.open_questions)[:MOST_QUESTIONS]
        on_page = {fact.child_id: fact for fact in read.facts if isinstance(fact, SecondLevelRequested)}
        if not first and not on_page:
            return []
        missing = [child for child in first if child not in on_page]
        children = await self._tickets.find_many([*on_page, *missing])
        # A child says itself who asked it and when: only for one that isn't open yet the asking fact is looked up, and
        # that is a trip to the store for each.
        unopened = [child for child in missing if child not in children]
        facts = {**on_page, **await self._tickets.requests_of(root, unopened)}
        found = [question_of(fact, children.get(child), root) for child, fact in facts.items()]
        found += [question_open(children[child], root) for child in missing if child in children]
        return sorted(found, key=lambda question: question.asked_at)

    async def _read(self, ticket: Root, person: Person, before: int | None, limit: int) -> Read:
        facts = await self._tickets.page_of_facts(ticket, before, limit)
        first: Sequence[RootEvent] = facts[:1]
        if not facts or facts[0].seq > 1:
            first = await self._tickets.first_facts(ticket)
        read = Read(ticket, facts, first)
        if policy.may_see_history(person):
            return read if read.is_newest else read._replace(newer=await self._newer(read))
        while read.facts and read.facts[0].seq > 1 and len(shown(read, person)) < FULL and len(facts) < MOST_FACTS:
            # Twice as many each time: few trips to the store, and not much more than is needed.
            more = min(len(facts), LONGEST_PAGE)
            facts = [*await self._tickets.page_of_facts(ticket, facts[0].seq, more), *facts]
            read = read._replace(facts=facts)
        return read

    async def _newer(self, read: Read) -> list[RootEvent]:
        """What was said later of mails on an earlier page whose fate was still open where the page ends."""
        mails = {named.ref.id for fact in read.facts for named in named_by(fact) if named.ref.kind in MAILS}
        over = {about(fact) for fact in read.facts if is_over(fact)}
        return await self._tickets.facts_about(read.ticket, mails - over)

    async def _absorbed(self, ticket: Root, person: Person) -> list[Ticket]:
        """The tickets that are part of this one, and those that are part of them, as far as the person may see them."""
        found: dict[str, Ticket] = {}
        level, known = [ticket] if isinstance(ticket, Ticket) else [], {ticket.id}
        for _ in range(DEEPEST):
            ids = [part.source.id for each in level for part in each.absorbed if part.source.id not in known]
            if not (ids := ids[: MOST_ABSORBED - len(found)]):
                break
            roots = await self._tickets.find_many(ids)
            level = [root for root in roots.values() if isinstance(root, Ticket) and may_see(person, root)]
            found |= {root.id: root for root in level}
            known |= set(ids)
        return list(found.values())


async def _none() -> list[Question]:
    return []
