"""The facts one command says of one root, numbered, each applied before the next is said.

The verbs that tickets and questions share speak of tickets: what a question says in their stead stands here.
"""

from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from services.tickets.commands import Command
from services.tickets.domain.child import Child
from services.tickets.domain.effects import apply
from services.tickets.domain.root import Root
from services.tickets.domain.ticket import Ticket
from services.tickets.rules import Rules
from shared import events as e
from shared.events import ArticleKind, ArticleRef, PersonRef, RootEvent
from shared.ids import derived, fact_id

# A question or a user's ticket; whoever can handle any root can handle each.
R_co = TypeVar("R_co", bound=Root, covariant=True)
AS_CHILD: Final[dict[type[RootEvent], type[RootEvent]]] = {
    e.TicketTaken: e.ChildTaken,
    e.TicketReleased: e.ChildReleased,
    e.TicketHandedOver: e.ChildHandedOver,
    e.ResponsibleChanged: e.ChildResponsibleChanged,
    e.TicketMoved: e.ChildMoved,
    e.TicketPrioritized: e.ChildPrioritized,
    e.TicketTagged: e.ChildTagged,
    e.TicketNoted: e.ChildNoted,
    e.TicketWatched: e.ChildWatched,
    e.TicketUnwatched: e.ChildUnwatched,
    e.TicketDeferred: e.ChildDeferred,
    e.TicketResumed: e.ChildResumed,
}


class Saying(Generic[R_co]):
    """`ticket`, a user's or a question, is as it is after all `facts` said so far."""

    def __init__(self, ticket: R_co, command: Command, now: datetime, rules: Rules) -> None:
        self.ticket = ticket
        self.command = command
        self.now = now
        self.rules = rules
        self.facts: list[RootEvent] = []

    @property
    def me(self) -> PersonRef:
        """Who wishes it."""
        return PersonRef(id=self.command.actor.id, name=self.command.actor.name)

    def say(self, event: type[RootEvent], **fields: Any) -> None:
        """One more fact; people and queue are those of the ticket unless given."""
        ticket, command = self.ticket, self.command
        said = {
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
            "ticket_subject": ticket.subject,
            **_whose(ticket),
            **fields,
        }
        if isinstance(ticket, Child):
            event = AS_CHILD.get(event, event)
            # What only a user's ticket tells: its mails.
            said = {name: value for name, value in said.items() if name in event.model_fields}
        fact = event(**said)
        self.facts.append(fact)
        self.ticket = apply(ticket, fact)

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


def _whose(root: Root) -> dict[str, Any]:
    """A ticket's facts name its requester, a question's the root that asked it."""
    if isinstance(root, Ticket):
        return {"requester": root.requester, "language": root.language, "follow_epoch": root.follow_epoch}
    return {"parent": root.parent} if isinstance(root, Child) else {}
