"""What every fact says, and the parts that facts are made of."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

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
    """Who asked. `subject` is the person's id when a site or sign-in vouched for it (`verified`).

    `role` and `course`: what they are at the university, as the site that vouched for them says.
    """

    name: str
    email: str
    verified: bool = False
    subject: str | None = None
    role: str | None = None
    course: str | None = None


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
    MAIL_CLOSED = "mail_closed"
    MAIL_REOPENED = "mail_reopened"
    MAIL_REMINDER = "mail_reminder"
    MAIL_LINK = "mail_link"
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


class TicketRef(Frozen):
    """A ticket as another one names it."""

    id: Id
    number: str


class State(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    CLOSED_SUCCESSFUL = "closed_successful"
    CLOSED_UNSUCCESSFUL = "closed_unsuccessful"
    MERGED = "merged"


# What closing can come to.
Outcome = Literal[State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL]


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


class RootEvent(Event):
    """A fact of one root, a ticket or a child of one; people and queue are as they are once it is applied.

    `ticket_id` and `number` are the root's own, `ticket_subject` its subject, which holds nothing personal.
    """

    ticket_id: Id
    number: str
    seq: int
    queue: str
    owner: PersonRef | None = None
    responsible: PersonRef | None = None
    watchers: tuple[PersonRef, ...] = ()
    ticket_subject: str = ""


class TicketEvent(RootEvent):
    """A fact of a ticket that a user opened. `follow_epoch`: what a link to it must carry to lead anywhere."""

    requester: Requester
    language: Language
    follow_epoch: int = 0


class ChildEvent(RootEvent):
    """A fact of a second-level question. It knows no requester: no rule written for users can match it."""

    parent: TicketRef
