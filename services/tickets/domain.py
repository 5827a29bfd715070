"""The ticket: pure. `decide` turns a command into facts or refuses it, `apply` turns a fact into the next ticket."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import AwareDatetime, Field

from services.tickets.commands import Command, OpenTicket, RecordDelivery, TakeTicket
from shared.errors import Conflict, Hopeless
from shared.events import (
    Actor,
    ArticleDelivered,
    ArticleKind,
    ArticleRef,
    ArticleRefused,
    Frozen,
    Language,
    PersonRef,
    Requester,
    State,
    TicketEvent,
    TicketOpened,
    TicketTaken,
)
from shared.ids import derived, fact_id

T = TypeVar("T", bound=TicketEvent)

CLOSED = frozenset({State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL, State.MERGED})


class LastFact(Frozen):
    """The last fact of a kind: compared with what a command's sender had seen."""

    seq: int
    actor: Actor
    at: AwareDatetime


class Ticket(Frozen):
    """The root: state, people and the facts not yet published. `version` is the store's compare-and-set."""

    id: str
    number: str
    state: State
    queue: str
    owner: PersonRef | None = None
    responsible: PersonRef | None = None
    watchers: tuple[PersonRef, ...] = ()
    requester: Requester
    language: Language
    subject: str
    form: str
    form_version: int
    site: str
    correlation_id: str
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    seq: int
    # Mail articles whose fate is still open, and the kind of each.
    waiting_mails: dict[str, ArticleKind] = Field(default_factory=dict)
    last: dict[str, LastFact] = Field(default_factory=dict)
    outbox: tuple[TicketEvent, ...] = ()
    version: int = 0


class AlreadyTaken(Conflict):
    """A colleague took the ticket after the asker last looked."""

    def __init__(self, by: PersonRef, at: datetime) -> None:
        changed = {"what": TicketTaken.name, "by": by.name, "at": at.isoformat()}
        super().__init__(f"{by.name} took this ticket meanwhile.", changed=changed)


class TicketIsClosed(Conflict):
    """The state does not allow the verb."""

    def __init__(self, number: str, state: State) -> None:
        super().__init__(f"Ticket {number} is {state.replace('_', ' ')}: reopen it first.")


def decide(ticket: Ticket | None, command: Command, now: datetime) -> list[TicketEvent]:
    """The facts a command causes; none when there is nothing left to do; raises when it is refused."""
    wish = command.wish
    if isinstance(wish, OpenTicket):
        return [] if ticket else open_ticket(command, wish, now)
    if ticket is None:
        raise Hopeless(f"Ticket {command.ticket_id} does not exist.")
    if isinstance(wish, TakeTicket):
        return take(ticket, command, wish, now)
    return record_delivery(ticket, command, wish, now)


def open_ticket(command: Command, wish: OpenTicket, now: datetime) -> list[TicketEvent]:
    """A submission becomes a ticket: the request is its first article, the receipt to the user its second."""
    submission = wish.submission
    return [
        TicketOpened(
            event_id=fact_id(command.id, 0),
            occurred_at=now,
            correlation_id=submission.id,
            cause_id=command.id,
            cause_digest=command.digest,
            actor=command.actor,
            ticket_id=command.ticket_id,
            number=wish.number,
            seq=1,
            queue=wish.queue,
            requester=submission.requester,
            language=submission.language,
            subject=submission.subject,
            form=submission.form,
            version=submission.version,
            site=submission.site,
            submitted_at=submission.submitted_at,
            rule=wish.rule,
            request=ArticleRef(id=request_article_id(command), kind=ArticleKind.REQUEST),
            mail=_mail_article(command, ArticleKind.MAIL_RECEIPT),
        )
    ]


def take(ticket: Ticket, command: Command, wish: TakeTicket, now: datetime) -> list[TicketEvent]:
    """The actor becomes the owner, and the responsible when there is none. Taking claims, it never locks out:
    whoever saw the present owner may still take over; whoever didn't is told first."""
    me = PersonRef(id=command.actor.id, name=command.actor.name)
    if ticket.state in CLOSED:
        raise TicketIsClosed(ticket.number, ticket.state)
    if ticket.owner and ticket.owner.id == me.id:
        return []
    taken = ticket.last.get(TicketTaken.name)
    if ticket.owner and taken and taken.seq > wish.seen:
        raise AlreadyTaken(ticket.owner, taken.at)
    # Only the first taking is news to the user; a change of hands among colleagues is not.
    mail = _mail_article(command, ArticleKind.MAIL_TAKEN) if ticket.state is State.NEW else None
    fact = _fact(
        TicketTaken,
        ticket,
        command,
        now,
        owner=me,
        responsible=ticket.responsible or me,
        former_owner=ticket.owner,
        subject=ticket.subject,
        mail=mail,
    )
    return [fact]


def record_delivery(ticket: Ticket, command: Command, wish: RecordDelivery, now: datetime) -> list[TicketEvent]:
    """A mail left, or was refused. Causes no mail in turn; changes neither state nor people."""
    kind = ticket.waiting_mails.get(wish.article_id)
    if kind is None:
        return []
    article = ArticleRef(id=wish.article_id, kind=kind)
    if wish.reason is None:
        return [_fact(ArticleDelivered, ticket, command, now, article=article)]
    return [_fact(ArticleRefused, ticket, command, now, article=article, reason=wish.reason)]


def apply(ticket: Ticket | None, fact: TicketEvent) -> Ticket:
    """The ticket after `fact`."""
    if isinstance(fact, TicketOpened):
        ticket = _opened(fact)
    if ticket is None:
        raise Hopeless(f"{fact.name} cannot be the first fact of a ticket.")
    changes: dict[str, Any] = {
        "seq": fact.seq,
        "changed_at": fact.occurred_at,
        "last": {**ticket.last, fact.name: LastFact(seq=fact.seq, actor=fact.actor, at=fact.occurred_at)},
        **_EFFECTS.get(type(fact), _no_effect)(ticket, fact),
    }
    return ticket.model_copy(update=changes)


def apply_all(ticket: Ticket | None, facts: Iterable[TicketEvent]) -> Ticket:
    """The ticket after all of `facts`."""
    for fact in facts:
        ticket = apply(ticket, fact)
    if ticket is None:
        raise ValueError("no facts")
    return ticket


def request_article_id(command: Command) -> str:
    """The request's article: the same command with the same content writes it once."""
    return derived(command.id, command.digest, "request")


def _mail_article(command: Command, kind: ArticleKind) -> ArticleRef:
    return ArticleRef(id=derived(command.id, command.digest, kind), kind=kind)


def _fact(event: type[T], ticket: Ticket, command: Command, now: datetime, **fields: Any) -> T:
    return event(
        **{
            "event_id": fact_id(command.id, 0),
            "occurred_at": now,
            "correlation_id": ticket.correlation_id,
            "cause_id": command.id,
            "cause_digest": command.digest,
            "actor": command.actor,
            "ticket_id": ticket.id,
            "number": ticket.number,
            "seq": ticket.seq + 1,
            "queue": ticket.queue,
            "owner": ticket.owner,
            "responsible": ticket.responsible,
            "watchers": ticket.watchers,
            "requester": ticket.requester,
            "language": ticket.language,
            **fields,
        }
    )


def _opened(fact: TicketOpened) -> Ticket:
    return Ticket(
        id=fact.ticket_id,
        number=fact.number,
        state=State.NEW,
        queue=fact.queue,
        requester=fact.requester,
        language=fact.language,
        subject=fact.subject,
        form=fact.form,
        form_version=fact.version,
        site=fact.site,
        correlation_id=fact.correlation_id,
        opened_at=fact.submitted_at,
        changed_at=fact.occurred_at,
        seq=fact.seq,
    )


def _on_opened(ticket: Ticket, fact: Any) -> dict[str, Any]:
    return {"waiting_mails": {fact.mail.id: fact.mail.kind}}


def _on_taken(ticket: Ticket, fact: Any) -> dict[str, Any]:
    mails = {**ticket.waiting_mails, fact.mail.id: fact.mail.kind} if fact.mail else ticket.waiting_mails
    state = State.OPEN if ticket.state is State.NEW else ticket.state
    return {"owner": fact.owner, "responsible": fact.responsible, "state": state, "waiting_mails": mails}


def _on_mail_settled(ticket: Ticket, fact: Any) -> dict[str, Any]:
    return {"waiting_mails": {key: kind for key, kind in ticket.waiting_mails.items() if key != fact.article.id}}


def _no_effect(ticket: Ticket, fact: Any) -> dict[str, Any]:
    return {}


_EFFECTS: dict[type[TicketEvent], Callable[[Ticket, Any], dict[str, Any]]] = {
    TicketOpened: _on_opened,
    TicketTaken: _on_taken,
    ArticleDelivered: _on_mail_settled,
    ArticleRefused: _on_mail_settled,
}
