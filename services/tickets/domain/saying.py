"""The facts one command says of one ticket, numbered, each applied before the next is said."""

from datetime import datetime
from typing import Any, TypeVar

from services.tickets.commands import Command
from services.tickets.domain.effects import apply
from services.tickets.domain.ticket import Ticket
from services.tickets.rules import Rules
from shared.events import ArticleKind, ArticleRef, PersonRef, TicketEvent
from shared.ids import derived, fact_id

T = TypeVar("T", bound=TicketEvent)


class Saying:
    """`ticket` is as it is after all `facts` said so far."""

    def __init__(self, ticket: Ticket, command: Command, now: datetime, rules: Rules) -> None:
        self.ticket = ticket
        self.command = command
        self.now = now
        self.rules = rules
        self.facts: list[TicketEvent] = []

    @property
    def me(self) -> PersonRef:
        """Who wishes it."""
        return PersonRef(id=self.command.actor.id, name=self.command.actor.name)

    def say(self, event: type[T], **fields: Any) -> T:
        """One more fact; people and queue are those of the ticket unless given."""
        ticket, command = self.ticket, self.command
        fact = event(
            **{
                "event_id": self.next_id,
                "occurred_at": self.now,
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
        self.facts.append(fact)
        self.ticket = apply(ticket, fact)
        return fact

    @property
    def next_id(self) -> str:
        """The id of the fact to be said next."""
        return fact_id(self.command.id, len(self.facts))

    def article(self, kind: ArticleKind) -> ArticleRef:
        """The article of this kind that the command brings."""
        return article_of(self.command, kind)


def article_of(command: Command, kind: ArticleKind) -> ArticleRef:
    """The same command with the same content writes the same article, once."""
    return ArticleRef(id=derived(command.id, command.digest, kind), kind=kind)
