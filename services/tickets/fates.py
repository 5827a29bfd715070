"""What became of a mail: held, stopped, undone, on its way, sent or refused. Pure: from the root and its facts."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel

from services.tickets.articles import Named, named_by
from services.tickets.domain import Root, Ticket
from shared.events import (
    ArticleDelivered,
    ArticlePrepared,
    ArticleRefused,
    ArticleRetried,
    ArticleStopped,
    ArticleWithdrawn,
    InformationRequested,
    Outcome,
    RootEvent,
    TicketAnswered,
    TicketClosed,
    TicketEvent,
    TicketForwarded,
)

Delivery = Literal["held", "stopped", "withdrawn", "waiting", "sent", "refused"]
# What a held mail says when it leaves.
_LEFT = (TicketAnswered, InformationRequested, TicketForwarded, TicketClosed)
_ENDS: dict[type[RootEvent], Delivery] = {
    ArticleDelivered: "sent",
    ArticleRefused: "refused",
    ArticleWithdrawn: "withdrawn",
}


class Stopped(BaseModel):
    """Why a mail did not leave: the fact `what`, done by whom (a name) and when."""

    what: str
    by: str
    at: AwareDatetime


class Fate(NamedTuple):
    """A mail's way so far. `to`: its address; `outcome`: the closing that leaves with it; `asked`: ids of fields."""

    delivery: Delivery
    delivery_detail: str | None = None
    due_at: AwareDatetime | None = None
    stopped: Stopped | None = None
    to: str | None = None
    outcome: Outcome | None = None
    asked: tuple[str, ...] = ()

    @property
    def has_left(self) -> bool:
        """Nobody but operators sees a mail that hasn't left the house."""
        return self.delivery not in ("held", "stopped", "withdrawn")


def named_when_it_left(fact: RootEvent) -> list[Named]:
    """The articles that a fact made visible to the requester: a mail when it left, not when it was written."""
    if isinstance(fact, ArticlePrepared):
        return []
    if isinstance(fact, _LEFT):
        return [Named(ref=fact.mail, author=fact.actor, at=fact.occurred_at)] if fact.mail else []
    return named_by(fact)


def is_over(fact: RootEvent) -> bool:
    """Whether nothing more can be told of a mail after this fact about it."""
    return isinstance(fact, (ArticleDelivered, ArticleWithdrawn))


def fate_of(root: Root, article: str, facts: Iterable[RootEvent]) -> Fate:
    """The fate of a mail of `ticket`; `facts` are those about it, in order, as far as they are known."""
    assert isinstance(root, Ticket)  # noqa: S101  # a question sends no mails
    ticket = root
    told = Fate(_delivery(ticket, article, facts := list(facts)))
    for fact in facts:
        told = _tell(told, fact)
    held = ticket.held.get(article)
    if held:
        told = told._replace(
            due_at=None if held.stopped else held.release_at, to=held.plan.to or ticket.requester.email
        )
    if told.delivery != "stopped":
        told = told._replace(stopped=None)
    return told if told.delivery == "refused" else told._replace(delivery_detail=None)


def _delivery(ticket: Ticket, article: str, facts: Iterable[RootEvent]) -> Delivery:
    if held := ticket.held.get(article):
        return "stopped" if held.stopped else "held"
    if article in ticket.waiting_mails:
        return "waiting"
    if article in ticket.refused_mails:
        return "refused"
    ends = [_ENDS[type(fact)] for fact in facts if type(fact) in _ENDS]
    return ends[-1] if ends else "sent"


def _tell(told: Fate, fact: RootEvent) -> Fate:
    """One fact more."""
    match fact:
        case ArticlePrepared(plan=plan):
            return told._replace(to=plan.to or fact.requester.email, outcome=plan.outcome, asked=plan.fields)
        case TicketForwarded():
            return told._replace(to=fact.to)
        case TicketAnswered() | TicketClosed():
            return told._replace(to=fact.requester.email, outcome=fact.outcome)
        case InformationRequested():
            return told._replace(to=fact.requester.email, asked=fact.fields)
        case ArticleStopped():
            return told._replace(stopped=Stopped(what=fact.because, by=fact.by.name, at=fact.since))
        case ArticleRefused():
            return told._replace(delivery_detail=fact.reason)
        case ArticleRetried():
            return told._replace(to=fact.to or told.to)
        case ArticleDelivered() | ArticleWithdrawn():
            return told
        case TicketEvent():
            # A mail that leaves by itself: received, taken, reopened, reminder.
            return told._replace(to=fact.requester.email)
        case _:
            return told
