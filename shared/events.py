"""The facts that travel between the services: one class each, frozen, JSON on the wire, named in the past tense.

A class's `name` is its routing key. Optional new fields stay v1; anything else is a new class with v2.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

Id = Annotated[str, Field(min_length=1, max_length=64)]
Language = Literal["it", "en"]


class Frozen(BaseModel):
    """Immutable; unknown fields are ignored so that a newer publisher is still understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ActorKind(StrEnum):
    REQUESTER = "requester"
    OPERATOR = "operator"
    SYSTEM = "system"


class Actor(Frozen):
    """Who caused a fact. `id` is the person's id; for an unverified requester it is their submission's."""

    id: str
    name: str
    kind: ActorKind


SYSTEM = Actor(id="system", name="Sportello", kind=ActorKind.SYSTEM)


class PersonRef(Frozen):
    """A person as others see them."""

    id: str
    name: str


class Requester(Frozen):
    """Who asked. `subject` is the person's id when a site or sign-in vouched for it (`verified`)."""

    name: str
    email: str
    verified: bool = False
    subject: str | None = None


class Attachment(Frozen):
    """A stored file: `key` is its blob, `size` in bytes."""

    key: str
    name: str
    media_type: str
    size: int
    field: str


class ArticleKind(StrEnum):
    """What a row of a ticket is; the kind fixes who may see it (`shared.policy`)."""

    REQUEST = "request"
    MAIL_RECEIPT = "mail_receipt"
    MAIL_TAKEN = "mail_taken"
    MAIL_INFORMATION_REQUEST = "mail_information_request"
    MAIL_ANSWER = "mail_answer"
    MAIL_FORWARD = "mail_forward"
    REQUESTER_REPLY = "requester_reply"
    NOTE = "note"
    CHILD_OPENED = "child_opened"
    CHILD_ANSWER = "child_answer"
    SYSTEM = "system"


class ArticleRef(Frozen):
    """A fact names the article it made visible; the words are in tickets' `articles` under `id`."""

    id: Id
    kind: ArticleKind


class State(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    CLOSED_SUCCESSFUL = "closed_successful"
    CLOSED_UNSUCCESSFUL = "closed_unsuccessful"
    MERGED = "merged"


class Event(Frozen):
    """What every fact says: what happened, when, why, and by whom."""

    name: ClassVar[str] = ""

    event_id: Id
    occurred_at: AwareDatetime
    correlation_id: Id
    cause_id: Id
    # Of the command's body: the same command id with another body is refused.
    cause_digest: str = ""
    actor: Actor


class Submission(Frozen):
    """What the user sent, checked against its form contract; `id` is also the correlation id of all that follows."""

    id: Id
    form: str
    version: int
    site: str
    language: Language
    subject: str
    values: dict[str, JsonValue]
    attachments: tuple[Attachment, ...] = ()
    requester: Requester
    submitted_at: AwareDatetime


class FormSubmitted(Event):
    name: ClassVar[str] = "form.submitted.v1"
    submission: Submission


class SubmissionRouted(Event):
    """Routing chose the first-level queue; `rule` says which rule decided, `questions` go to the second level."""

    name: ClassVar[str] = "submission.routed.v1"
    submission: Submission
    queue: str
    rule: str


class TicketEvent(Event):
    """A fact of one ticket; people and queue are as they are once it is applied."""

    ticket_id: Id
    number: str
    seq: int
    queue: str
    owner: PersonRef | None = None
    responsible: PersonRef | None = None
    watchers: tuple[PersonRef, ...] = ()
    requester: Requester
    language: Language


class TicketOpened(TicketEvent):
    """`request` is the article with what the user sent; `mail` the receipt that notifier owes."""

    name: ClassVar[str] = "ticket.opened.v1"
    subject: str
    form: str
    version: int
    site: str
    submitted_at: AwareDatetime
    rule: str
    request: ArticleRef
    mail: ArticleRef


class TicketTaken(TicketEvent):
    """`mail` tells the requester; absent when somebody took over a ticket that was already in charge."""

    name: ClassVar[str] = "ticket.taken.v1"
    subject: str
    former_owner: PersonRef | None = None
    mail: ArticleRef | None = None


class MailEvent(Event):
    """What became of one mail; `ticket_id` and `article_id` come from the fact that caused it."""

    mail_id: Id
    ticket_id: Id
    article_id: Id
    message_id: str
    subject: str
    text: str


class MailSent(MailEvent):
    name: ClassVar[str] = "mail.sent.v1"


class MailFailed(MailEvent):
    """`reason` is the mail server's own words."""

    name: ClassVar[str] = "mail.failed.v1"
    reason: str


class ArticleDelivered(TicketEvent):
    """The mail of `article` left for the requester's mail server."""

    name: ClassVar[str] = "article.delivered.v1"
    article: ArticleRef


class ArticleRefused(TicketEvent):
    """The mail of `article` was refused for good."""

    name: ClassVar[str] = "article.refused.v1"
    article: ArticleRef
    reason: str


def leaves(base: type[Event] = Event) -> Iterator[type[Event]]:
    """Every concrete event class."""
    for child in base.__subclasses__():
        if child.name:
            yield child
        yield from leaves(child)


EVENTS: dict[str, type[Event]] = {event.name: event for event in leaves()}


def from_wire(document: dict[str, Any]) -> Event:
    """A stored fact as its class; `document` is `{"name": ..., ...fields}`."""
    return EVENTS[document["name"]].model_validate(document)


def to_wire(event: Event) -> dict[str, Any]:
    """The fact as JSON-ready fields with its name, as stored in `outbox` and `journal`."""
    return {"name": event.name, **event.model_dump(mode="json")}
