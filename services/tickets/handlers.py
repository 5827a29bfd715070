"""The verbs: load, look for a repeat, decide, save. The same lines for every verb and every channel."""

import asyncio
import random
from datetime import datetime
from typing import NamedTuple

from services.tickets.articles import words_of
from services.tickets.commands import Command, Excerpt, OpenChild, OpenTicket
from services.tickets.domain import Root, apply_all, decide
from services.tickets.repository import Tickets
from services.tickets.rules import Rules
from shared.errors import DependencyDown, NotFound
from shared.events import SYSTEM, ChildRouted, RootEvent, Submission, SubmissionRouted, TicketRef, TicketSplit
from shared.ids import derived, ticket_id

# Times a command starts over because a colleague wrote first.
TRIES = 20


class Outcome(NamedTuple):
    """The root after a command and the facts it caused, now or at its first coming (`repeated`)."""

    ticket: Root
    facts: list[RootEvent]
    repeated: bool = False


class TooBusy(DependencyDown):
    """Too many writers at once; the same command may pass in a moment."""

    retry_after = 1


async def handle(command: Command, tickets: Tickets, rules: Rules, now: datetime) -> Outcome:
    """Do what the command asks of its ticket, once."""
    for attempt in range(TRIES):
        ticket = await tickets.find(command.ticket_id)
        if ticket is None:
            raise NotFound("There is no such ticket.")
        if facts := await tickets.caused_by(ticket, command):
            return Outcome(ticket, facts, repeated=True)
        facts = decide(ticket, command, now, rules)
        if not facts:
            return Outcome(ticket, [])
        for words in words_of(command):
            await tickets.write(words)
        if saved := await tickets.save(apply_all(ticket, facts), facts):
            return Outcome(saved, facts)
        await _stand_aside(attempt)
    raise TooBusy("Many colleagues are writing to this ticket: try again in a moment.")


async def open_ticket(event: SubmissionRouted, tickets: Tickets, rules: Rules, now: datetime) -> Outcome:
    """The ticket of a routed submission, opened at most once however often the submission comes."""
    opening = ticket_id(event.submission.id)
    wish = OpenTicket(
        submission=event.submission, queue=event.queue, rule=event.rule, number="", questions=event.questions
    )
    return await _open(opening, wish, event.submission.submitted_at, tickets, rules, now)


async def open_child(event: ChildRouted, tickets: Tickets, rules: Rules, now: datetime) -> Outcome:
    """A routed question as a root of its own, with a copy of the words that it was asked in."""
    asked = event.request
    words = (await tickets.words([asked.article.id])).get(asked.article.id)
    wish = OpenChild(
        request=asked,
        queue=event.queue,
        rule=event.rule,
        number="",
        text=words.text if words else "",
        excerpt=Excerpt(values=words.values or {}, quotes=words.quotes) if words else Excerpt(),
        attachments=words.attachments if words else (),
    )
    return await _open(asked.child_id, wish, asked.occurred_at, tickets, rules, now)


async def open_split(event: TicketSplit, tickets: Tickets, rules: Rules, now: datetime) -> Outcome:
    """The ticket that was split off another one: the words and files of the article are copied, so that it stands
    by itself."""
    words = (await tickets.words([event.article.id])).get(event.article.id)
    submission = Submission(
        id=event.correlation_id,
        form=event.form,
        version=event.version,
        site=event.site,
        language=event.language,
        subject=event.subject,
        values=(words.values or {}) if words else {},
        attachments=words.attachments if words else (),
        requester=event.requester,
        submitted_at=event.occurred_at,
    )
    wish = OpenTicket(
        submission=submission,
        queue=event.child_queue,
        rule="split",
        number="",
        split_from=TicketRef(id=event.ticket_id, number=event.number),
        text=words.text if words else "",
    )
    return await _open(event.child_id, wish, event.occurred_at, tickets, rules, now)


async def _open(
    opening: str, wish: OpenTicket | OpenChild, day: datetime, tickets: Tickets, rules: Rules, now: datetime
) -> Outcome:
    for attempt in range(TRIES):
        # Looked up before a number is drawn: a repeat must not burn one.
        if ticket := await tickets.find(opening):
            return Outcome(ticket, await tickets.first_facts(ticket), repeated=True)
        number = await tickets.draw_number(day)
        numbered = wish.model_copy(update={"number": number})
        command = Command(id=derived("open", opening), ticket_id=opening, actor=SYSTEM, wish=numbered)
        facts = decide(None, command, now, rules)
        for words in words_of(command):
            await tickets.write(words)
        new: Root | None = None
        if saved := await tickets.add(apply_all(new, facts), facts):
            return Outcome(saved, facts)
        await _stand_aside(attempt)
    raise TooBusy("No free number could be drawn.")


async def _stand_aside(attempt: int) -> None:
    await asyncio.sleep(random.uniform(0, 0.005 * (attempt + 1)))  # noqa: S311  # jitter, not a secret
