"""The life of an article that is a mail: prepared, held, undone or stopped; delivered, refused, sent again."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.events.base import (
    ArticleRef,
    Attachment,
    Frozen,
    Outcome,
    PersonRef,
    TicketEvent,
)
from shared.events.tickets import Waiting

# What becomes of a root's open questions when it is closed: taken back, or it closes by itself once they are answered.
OpenQuestions = Literal["withdraw", "wait"]


class Plan(Frozen):
    """What happens when a held mail leaves. `to`: a third party; else it goes to the requester.

    `questions`: what becomes of the open ones when it closes the ticket; None: nobody said.
    """

    to: str | None = None
    subject: str = ""
    outcome: Outcome | None = None
    questions: OpenQuestions | None = None
    fields: tuple[str, ...] = ()
    waiting: Waiting | None = None
    attachments: tuple[Attachment, ...] = ()


class ArticlePrepared(TicketEvent):
    """A mail was written and is held until `release_at`. Nobody but operators sees it before."""

    name: ClassVar[str] = "article.prepared.v1"
    article: ArticleRef
    plan: Plan
    release_at: AwareDatetime


class ArticleStopped(TicketEvent):
    """A held mail did not leave, because meanwhile `because` happened, done by `by` at `since`: a person decides."""

    name: ClassVar[str] = "article.stopped.v1"
    article: ArticleRef
    because: str
    by: PersonRef
    since: AwareDatetime


class ArticleWithdrawn(TicketEvent):
    """A held mail was undone: it never left, its text is kept for operators."""

    name: ClassVar[str] = "article.withdrawn.v1"
    article: ArticleRef


class ArticleDelivered(TicketEvent):
    """The mail of `article` left for the recipient's mail server."""

    name: ClassVar[str] = "article.delivered.v1"
    article: ArticleRef


class ArticleRefused(TicketEvent):
    """The mail of `article` was refused for good."""

    name: ClassVar[str] = "article.refused.v1"
    article: ArticleRef
    reason: str


class ArticleRetried(TicketEvent):
    """The refused mail of `article` is sent again, to `to`, or when that is empty to where it went.

    `former_to`: an operator corrected the requester's address; `requester` has the new one.
    """

    name: ClassVar[str] = "article.retried.v1"
    article: ArticleRef
    to: str
    former_to: str | None = None
