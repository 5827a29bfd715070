"""Articles: the rows of a ticket. Facts name them (`named_by`); their words are stored once, under the same id."""

from typing import Any

from pydantic import AwareDatetime, JsonValue

from services.tickets.commands import Command, OpenTicket, RecordDelivery
from services.tickets.domain import request_article_id
from shared.events import (
    Actor,
    ActorKind,
    ArticleKind,
    ArticleRef,
    Attachment,
    Frozen,
    TicketEvent,
    TicketOpened,
    TicketTaken,
)


class Words(Frozen):
    """What an article says, written before the fact that names it: a crash in between leaves words nobody sees."""

    id: str
    ticket_id: str
    subject: str = ""
    text: str = ""
    values: dict[str, JsonValue] | None = None
    attachments: tuple[Attachment, ...] = ()


class Named(Frozen):
    """An article as its fact tells of it: kind, author, time; visible from then on."""

    ref: ArticleRef
    author: Actor
    at: AwareDatetime


MAILS = frozenset(kind for kind in ArticleKind if kind.value.startswith("mail_"))


def words_of(command: Command) -> list[Words]:
    """The words a command brings with it, to be stored before its facts."""
    wish: Any = command.wish
    if isinstance(wish, OpenTicket):
        submission = wish.submission
        words = Words(
            id=request_article_id(command),
            ticket_id=command.ticket_id,
            subject=submission.subject,
            values=submission.values,
            attachments=submission.attachments,
        )
        return [words]
    if isinstance(wish, RecordDelivery):
        return [Words(id=wish.article_id, ticket_id=command.ticket_id, subject=wish.subject, text=wish.text)]
    return []


def named_by(fact: TicketEvent) -> list[Named]:
    """The articles a fact made visible."""
    if isinstance(fact, TicketOpened):
        requester = Actor(
            id=fact.requester.subject or fact.correlation_id, name=fact.requester.name, kind=ActorKind.REQUESTER
        )
        return [
            Named(ref=fact.request, author=requester, at=fact.submitted_at),
            Named(ref=fact.mail, author=fact.actor, at=fact.occurred_at),
        ]
    if isinstance(fact, TicketTaken) and fact.mail:
        return [Named(ref=fact.mail, author=fact.actor, at=fact.occurred_at)]
    return []
