"""What can be asked of a ticket. A wish is also the HTTP body; the door adds asker, ticket and id.

`seen` is the sequence of the last fact the operator was shown: what came later may stand against the wish.
"""

from typing import Annotated

from pydantic import AwareDatetime, Field

from services.tickets.typed import Address, Answers, Files, Line, MaybeLine, MaybeWritten, Tags, Until, Written
from shared.events import Actor, ArticleRef, Frozen, Id, Outcome, Requester, Submission, Then, TicketRef
from shared.ids import digest


class Seen(Frozen):
    """Every operator's wish."""

    seen: Annotated[int, Field(ge=0)]


class OpenTicket(Frozen):
    """Routing found the queue for a submission, or an article was split off `split_from`; `number` was drawn for it.

    `text`: what the user wrote, when it is no form.
    """

    submission: Submission
    queue: str
    rule: str
    number: str
    split_from: TicketRef | None = None
    text: str = ""


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
    """Write something that only operators ever see."""

    text: Written


class AnswerTicket(Seen):
    """Answer the user by mail; `outcome`: and close, when the mail leaves."""

    text: Written
    outcome: Outcome | None = None
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
    """Close without an answer: with a reason the user gets by mail, or `silent` where the queue allows it."""

    outcome: Outcome
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


class LinkTicket(Seen):
    """These two have to do with each other. `other`: an id or a number; the door fills in `found`."""

    other: Line
    found: TicketRef | None = None


class UnlinkTicket(Seen):
    """They don't."""

    other: Line
    found: TicketRef | None = None


class MergeTicket(Seen):
    """Make it part of `target`: an id or a number; the door fills in `found` and whose it is."""

    target: Line
    found: TicketRef | None = None
    requester: Requester | None = None


class UnmergeTicket(Seen):
    """Make it a ticket of its own again."""


class SplitArticle(Seen):
    """Make what the user wrote in `article` a ticket of its own. The door fills in `found`."""

    article: Id
    subject: Line
    queue: MaybeLine = ""
    found: ArticleRef | None = None


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


class ReflectLink(Frozen):
    """Another ticket says that it is linked to this one, or no longer; a message overtaken by one of a later `turn`
    changes nothing."""

    other: TicketRef
    linked: bool
    turn: int = 1


class AcceptMerge(Frozen):
    """Another ticket, `requester`'s, wants to become part of this one."""

    source: TicketRef
    attempt: Id
    requester: Requester
    closed: bool = False


class SettleMerge(Frozen):
    """The target's answer; `because` is why it refused, None when it accepted."""

    target: TicketRef
    attempt: Id
    because: str | None = None


class ReleaseMerged(Frozen):
    """A ticket that was part of this one is on its own again."""

    source: TicketRef
    attempt: Id


class FollowReply(Frozen):
    """The user wrote to a ticket that is part of this one."""

    source: TicketRef
    article: ArticleRef


InnerWish = RecordDelivery | Wake | ReflectLink | AcceptMerge | SettleMerge | ReleaseMerged | FollowReply
Wish = Seen | OpenTicket | ReplyTicket | InnerWish


class Command(Frozen):
    """A wish with its id: the same id is the same command, and does its work once."""

    id: Id
    ticket_id: Id
    actor: Actor
    wish: Wish

    @property
    def digest(self) -> str:
        """Of the wish: the same id with another body is refused."""
        wished = self.wish.model_dump(mode="json", exclude=set(_FOUND.get(type(self.wish).__name__, ())))
        return digest([type(self.wish).__name__, wished])


# What the door or the handler finds out, beside what was wished.
_FOUND: dict[str, tuple[str, ...]] = {
    "OpenTicket": ("number",),
    "LinkTicket": ("found",),
    "UnlinkTicket": ("found",),
    "MergeTicket": ("found", "requester"),
    "SplitArticle": ("found",),
    "SendMail": ("subject", "text"),
    "Wake": ("subject", "text"),
}
