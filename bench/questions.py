"""Questions to the second level, made by the domain: a ticket asks, the child opens and answers, the ticket hears."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bench.fill import FIRST, Stored, submission_of, tickets
from bench.lives import APART, TEXT
from bench.workload import FORM, RULES, SITE
from services.tickets.articles import Words, words_of
from services.tickets.commands import AnswerQuestion, AskSecondLevel, Command, HearAnswer, OpenChild, TakeTicket
from services.tickets.domain import Root, apply_all, decide
from services.tickets.numbers import number
from shared.events import (
    SYSTEM,
    About,
    Actor,
    ActorKind,
    ChildClosed,
    ChildRouted,
    PersonRef,
    RootEvent,
    SecondLevelRequested,
    TicketRef,
)
from shared.ids import derived, fact_id, ticket_id

GIULIA = Actor(id="giulia.conti", name="Giulia Conti", kind=ActorKind.OPERATOR)
ANNA = Actor(id="anna.villa", name="Anna Villa", kind=ActorKind.OPERATOR)
# Far away: a clock that finds a thousand questions overdue would be all we measure.
DUE = datetime(2099, 1, 1, tzinfo=UTC)
TITLE, QUEUE, RULE = "La casella è piena?", "credentials-mail", "asked"


class Step(NamedTuple):
    """What one command left: the root afterwards, with its articles and facts."""

    root: Root
    words: list[Words]
    facts: list[RootEvent]


def parents(start: int, count: int) -> Iterator[Stored[Root]]:
    """`count` tickets that Giulia has taken in charge."""
    for stored in tickets(_place(start), _place(start + count - 1) + 1):
        if stored.ticket.owner is None:
            yield joined(stored, do(stored.ticket, stored.ticket.id, GIULIA, TakeTicket(seen=99)))


def parent_at(position: int) -> str:
    """The id of the n-th of them."""
    return ticket_id(submission_of(_place(position)))


def ask(parent: Root, key: object = "") -> Step:
    """Giulia asks the queue of the mail systems."""
    about = About(
        queue=parent.queue,
        form=FORM,
        version=parent.form_version,
        site=SITE,
        language="it",
        submitted_at=parent.opened_at,
    )
    wish = AskSecondLevel(seen=99_999, title=TITLE, text=TEXT, queue=QUEUE, due_at=DUE, about=about)
    return do(parent, parent.id, GIULIA, wish, key)


def routed(request: SecondLevelRequested) -> ChildRouted:
    """What routing says to it."""
    return ChildRouted(
        event_id=fact_id(request.event_id, 0),
        occurred_at=request.occurred_at,
        correlation_id=request.correlation_id,
        cause_id=request.event_id,
        actor=SYSTEM,
        request=request,
        queue=QUEUE,
        rule=RULE,
    )


def opened(request: SecondLevelRequested, position: int) -> Step:
    """The child opens."""
    drawn = number("20260108", position)
    wish = OpenChild(request=request, queue=QUEUE, rule=RULE, number=drawn, text=TEXT)
    return do(None, request.child_id, SYSTEM, wish)


def answered(child: Root) -> Step:
    """Anna answers."""
    return do(child, child.id, ANNA, AnswerQuestion(seen=99_999, text=TEXT))


def heard(parent: Root, closed: RootEvent) -> Step:
    """The answer becomes an article of the ticket."""
    assert isinstance(closed, ChildClosed)
    child = TicketRef(id=closed.ticket_id, number=closed.number)
    by = PersonRef(id=closed.actor.id, name=closed.actor.name)
    wish = HearAnswer(child=child, child_queue=closed.queue, ending=closed.ending, by=by, round=closed.round, text=TEXT)
    return do(parent, parent.id, closed.actor, wish, child.id)


def do(root: Root | None, root_id: str, actor: Actor, wish: Any, key: object = "") -> Step:
    """One command; `key` tells it from others of its kind on the same root."""
    command = Command(id=derived(root_id, type(wish).__name__, key), ticket_id=root_id, actor=actor, wish=wish)
    facts = decide(root, command, _moment(root), RULES)
    after: Root = apply_all(root, facts)
    return Step(after, words_of(command), facts)


def joined(before: Stored[Root], *steps: Step) -> Stored[Root]:
    """All of it together."""
    words = [*before.words, *(each for step in steps for each in step.words)]
    facts = [*before.facts, *(each for step in steps for each in step.facts)]
    return Stored(steps[-1].root, words, facts)


def _moment(root: Root | None) -> datetime:
    return FIRST + timedelta(minutes=root.seq if root else 0)


def _place(position: int) -> int:
    """Five in ten tickets are in nobody's charge yet: where the n-th of those lies."""
    return 2 * APART + 10 * (position // 5) + position % 5
