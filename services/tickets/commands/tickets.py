"""What can be asked of a user's ticket; much of it of a question too. A wish is also the HTTP body."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from services.tickets.commands.base import Seen
from services.tickets.typed import Address, Answers, Files, Line, MaybeLine, MaybeWritten, Tags, Until, Written
from shared.events import Frozen, Id, OpenQuestions, Outcome, RuleQuestion, Submission, Then, TicketRef


class OpenTicket(Frozen):
    """Routing found the queue for a submission, or an article was split off `split_from`; `number` was drawn for it.

    `text`: what the user wrote, when it is no form. `questions`: those that rules ask the second level at once.
    """

    submission: Submission
    queue: str
    rule: str
    number: str
    split_from: TicketRef | None = None
    text: str = ""
    questions: tuple[RuleQuestion, ...] = ()


class RecordDelivery(Frozen):
    """What became of a mail: `reason` is None when it left, else the mail server's words."""

    article_id: Id
    subject: str
    text: str
    reason: str | None = None


class TakeTicket(Seen):
    """Become the owner."""


class ReleaseTicket(Seen):
    """Give it back to the queue."""

    reason: MaybeLine = ""


class HandOver(Seen):
    """Give it to the operator `to` (a person's id), who is told why."""

    to: Line
    reason: Written


class ChangeResponsible(Seen):
    """Make the operator `to` (a person's id) the responsible."""

    to: Line


class MoveTicket(Seen):
    """Put it into another queue."""

    queue: Line
    reason: MaybeLine = ""


class SetPriority(Seen):
    """1 very low, 2 low, 3 normal, 4 high, 5 very high."""

    priority: Annotated[int, Field(ge=1, le=5)]


class TagTicket(Seen):
    """Put words on it, or take them off."""

    add: Tags = ()
    remove: Tags = ()


class AddNote(Seen):
    """Write something that only operators ever see; `@` before an operator's id tells that colleague."""

    text: Written


class AnswerTicket(Seen):
    """Answer the user by mail; `outcome`: and close, when the mail leaves.

    `questions`: what becomes then of the open questions to the second level.
    """

    text: Written
    outcome: Outcome | None = None
    questions: OpenQuestions | None = None
    attachments: Files = ()


class AskInformation(Seen):
    """Ask the user by mail for `fields` of the form; the ticket is pending until they answer.

    At `until` it reminds them, or closes without success.
    """

    fields: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    text: Written
    until: Until | None = None
    then: Then = "remind"


class ForwardTicket(Seen):
    """Send something on to a third party; the user doesn't see it."""

    to: Address
    subject: Line
    text: Written
    attachments: Files = ()


class CloseTicket(Seen):
    """Close without an answer: with a reason the user gets by mail, or `silent` where the queue allows it.

    `questions`: what becomes of the open questions to the second level.
    """

    outcome: Outcome
    questions: OpenQuestions | None = None
    reason: MaybeWritten = ""
    silent: bool = False


class ReopenTicket(Seen):
    """Open it again; the user is told."""

    reason: MaybeWritten = ""


class DeferTicket(Seen):
    """Pending until a date, or until the user answers; at `until` it reminds or closes with `outcome`."""

    for_user: bool = False
    until: Until | None = None
    then: Then = "remind"
    outcome: Outcome | None = None


class ResumeTicket(Seen):
    """Pending no longer."""


class UndoMail(Seen):
    """A held mail shall not leave."""

    article: Id


class SendMail(Seen):
    """A held or stopped mail shall leave now. The door fills in its `subject` and `text`."""

    article: Id
    subject: str = ""
    text: str = ""


class RetryMail(Seen):
    """A refused mail shall be sent again; `to`: to the right address."""

    article: Id
    to: Address | None = None


class ReplyTicket(Frozen):
    """The requester writes. `information`: the article of the request for information that they answer with `values`
    and with attachments whose `field` says what they are."""

    text: MaybeWritten = ""
    values: Answers = Field(default_factory=dict)
    attachments: Files = ()
    information: Id | None = None


class Wake(Frozen):
    """The time of one of the root's timers has come. `subject` and `text` are those of the mail it holds."""

    timer: str
    due: AwareDatetime
    subject: str = ""
    text: str = ""
