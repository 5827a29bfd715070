"""What can be asked of a ticket, or of a question. A wish is also the HTTP body; the door adds asker, root and id.

tickets     a ticket's verbs, many of them a question's too        joins    link, split, merge
questions   asking the second level, answering, watching   requester   what only the requester wishes
"""

from services.tickets.commands.base import Seen
from services.tickets.commands.joins import (
    AcceptMerge,
    FollowReply,
    LinkTicket,
    MergeTicket,
    ReflectLink,
    ReleaseMerged,
    SettleMerge,
    SplitArticle,
    UnlinkTicket,
    UnmergeTicket,
)
from services.tickets.commands.questions import (
    AnswerQuestion,
    AskSecondLevel,
    Excerpt,
    HearAnswer,
    HearOpened,
    HearOverdue,
    HearReopened,
    InnerQuestion,
    OpenChild,
    Quote,
    ReturnQuestion,
    UnwatchTicket,
    WatchTicket,
    WithdrawChild,
    WithdrawQuestion,
)
from services.tickets.commands.requester import EndFollowLinks, MailFollowLink, RateTicket, ThankTicket
from services.tickets.commands.tickets import (
    AddNote,
    AnswerTicket,
    AskInformation,
    ChangeResponsible,
    CloseTicket,
    DeferTicket,
    ForwardTicket,
    HandOver,
    MoveTicket,
    OpenTicket,
    RecordDelivery,
    ReleaseTicket,
    ReopenTicket,
    ReplyTicket,
    ResumeTicket,
    RetryMail,
    SendMail,
    SetPriority,
    TagTicket,
    TakeTicket,
    UndoMail,
    Wake,
)
from shared.events import Actor, Frozen, Id
from shared.ids import digest

InnerWish = (
    RecordDelivery | Wake | ReflectLink | AcceptMerge | SettleMerge | ReleaseMerged | FollowReply | InnerQuestion
)
OfRequester = ReplyTicket | ThankTicket | RateTicket | EndFollowLinks | MailFollowLink
Wish = Seen | OpenTicket | OpenChild | OfRequester | InnerWish


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
    "OpenChild": ("number",),
    "AskSecondLevel": ("about", "excerpt"),
    "WithdrawQuestion": ("found",),
    "HearOpened": ("live",),
    "HearAnswer": ("text", "attachments"),
    "LinkTicket": ("found",),
    "UnlinkTicket": ("found",),
    "MergeTicket": ("found", "requester"),
    "SplitArticle": ("found",),
    "SendMail": ("subject", "text"),
    "Wake": ("subject", "text"),
}


__all__ = [
    "AcceptMerge",
    "AddNote",
    "AnswerQuestion",
    "AnswerTicket",
    "AskInformation",
    "AskSecondLevel",
    "ChangeResponsible",
    "CloseTicket",
    "Command",
    "DeferTicket",
    "EndFollowLinks",
    "Excerpt",
    "FollowReply",
    "ForwardTicket",
    "HandOver",
    "HearAnswer",
    "HearOpened",
    "HearOverdue",
    "HearReopened",
    "InnerQuestion",
    "InnerWish",
    "LinkTicket",
    "MailFollowLink",
    "MergeTicket",
    "MoveTicket",
    "OfRequester",
    "OpenChild",
    "OpenTicket",
    "Quote",
    "RateTicket",
    "RecordDelivery",
    "ReflectLink",
    "ReleaseMerged",
    "ReleaseTicket",
    "ReopenTicket",
    "ReplyTicket",
    "ResumeTicket",
    "RetryMail",
    "ReturnQuestion",
    "Seen",
    "SendMail",
    "SetPriority",
    "SettleMerge",
    "SplitArticle",
    "TagTicket",
    "TakeTicket",
    "ThankTicket",
    "UndoMail",
    "UnlinkTicket",
    "UnmergeTicket",
    "UnwatchTicket",
    "Wake",
    "WatchTicket",
    "Wish",
    "WithdrawChild",
    "WithdrawQuestion",
]
