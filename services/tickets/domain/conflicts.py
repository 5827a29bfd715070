"""Which later facts stand against which wish (docs/verbs.md): all others pass, so that nobody is locked out.

A wish carries `seen`, the sequence of the last fact its sender was shown; own facts never stand against oneself.
"""

from typing import Final

from services.tickets import commands as c
from services.tickets.domain.refusals import DID, Clash
from services.tickets.domain.root import LastFact, Root
from shared import events as e
from shared.events import ArticleKind, ArticlePrepared, RootEvent

_WROTE: Final = (e.TicketReplied.name, e.ReplyFollowed.name)


def prepared(kind: ArticleKind) -> str:
    """The key of the last mail of a kind that was written."""
    return f"{ArticlePrepared.name}:{kind.value}"


def key_of(fact: RootEvent) -> str:
    """Under which the root keeps the last fact of a kind."""
    return prepared(fact.article.kind) if isinstance(fact, ArticlePrepared) else fact.name


# What a colleague may have said to the user, or have made of the ticket, without the sender knowing.
_SAID: Final = (
    *_WROTE,
    e.TicketAnswered.name,
    e.InformationRequested.name,
    e.TicketClosed.name,
    # An answer of the second level is news to whoever is about to tell the user something.
    e.SecondLevelAnswered.name,
    prepared(ArticleKind.MAIL_ANSWER),
    prepared(ArticleKind.MAIL_INFORMATION_REQUEST),
    prepared(ArticleKind.MAIL_CLOSED),
)
_HANDS: Final = (e.TicketTaken.name, e.TicketHandedOver.name, e.ChildTaken.name, e.ChildHandedOver.name)
# What makes a held mail stale: it stops, and a person decides. A mail to a third party never is.
_OVERTAKEN: Final = (
    *_WROTE,
    e.TicketAnswered.name,
    e.InformationRequested.name,
    e.TicketClosed.name,
    e.SecondLevelAnswered.name,
    e.MergeAccepted.name,
)

# Whose fact it was that a state refuses a wish, by the refusal's code.
_CAUSES: Final = {
    "closed": (e.TicketClosed.name,),
    "answered": (e.ChildClosed.name,),
    "returned": (e.ChildClosed.name,),
    "withdrawn": (e.ChildClosed.name,),
    "already": (e.TicketClosed.name,),
    "merging": (e.MergeStarted.name,),
    "already_merging": (e.MergeStarted.name,),
    "merged": (e.TicketMerged.name,),
}

CONFLICTS: Final[dict[type[object], tuple[str, ...]]] = {
    c.TakeTicket: _HANDS,
    c.ReleaseTicket: _HANDS,
    c.HandOver: _HANDS,
    c.ChangeResponsible: (e.ResponsibleChanged.name, e.ChildResponsibleChanged.name),
    c.MoveTicket: (e.TicketMoved.name, e.ChildMoved.name),
    c.SetPriority: (e.TicketPrioritized.name, e.ChildPrioritized.name),
    c.TagTicket: (),
    c.AddNote: (),
    c.AnswerTicket: (*_SAID, e.MergeAccepted.name),
    c.AskInformation: (*_SAID, e.MergeAccepted.name),
    c.ForwardTicket: (e.TicketForwarded.name, prepared(ArticleKind.MAIL_FORWARD)),
    c.CloseTicket: (*_SAID, e.MergeAccepted.name),
    c.ReopenTicket: (),
    c.DeferTicket: (
        *_WROTE,
        e.TicketDeferred.name,
        e.ChildDeferred.name,
        e.InformationRequested.name,
        e.TicketClosed.name,
    ),
    c.ResumeTicket: (e.TicketDeferred.name, e.ChildDeferred.name, e.InformationRequested.name),
    c.UndoMail: (),
    c.SendMail: _OVERTAKEN,
    c.RetryMail: (),
    c.LinkTicket: (),
    c.UnlinkTicket: (),
    c.MergeTicket: (e.MergeStarted.name,),
    c.UnmergeTicket: (),
    c.SplitArticle: (e.TicketSplit.name,),
    c.WatchTicket: (),
    c.UnwatchTicket: (),
    c.AskSecondLevel: (),
    c.WithdrawQuestion: (),
    # What the question's own questions brought is news to whoever answers it.
    c.AnswerQuestion: (e.SecondLevelAnswered.name, e.ChildDeferred.name),
    c.ReturnQuestion: (e.SecondLevelAnswered.name, e.ChildDeferred.name),
}
_TO_THE_USER: Final = (ArticleKind.MAIL_ANSWER, ArticleKind.MAIL_INFORMATION_REQUEST, ArticleKind.MAIL_CLOSED)
STALE: Final[dict[ArticleKind, tuple[str, ...]]] = dict.fromkeys(_TO_THE_USER, _OVERTAKEN)


def later(ticket: Root, keys: tuple[str, ...], seq: int, me: str) -> tuple[str, LastFact] | None:
    """The newest fact of these kinds after `seq` that somebody else caused, with its name."""
    found = [(key, last) for key in keys if (last := ticket.last.get(key)) and last.seq > seq and last.actor.id != me]
    if not found:
        return None
    key, last = max(found, key=lambda each: each[1].seq)
    return key.partition(":")[0], last


def check(ticket: Root, wish: object, me: str) -> None:
    """`Clash` with who did what and when, unless nothing stands against the wish."""
    if not isinstance(wish, c.Seen):
        return
    if found := later(ticket, CONFLICTS[type(wish)], wish.seen, me):
        name, last = found
        raise Clash("changed", f"{last.actor.name} {DID[name]} meanwhile.", changed=_told(name, last))


def cause(ticket: Root, wish: object, code: str, me: str) -> dict[str, str] | None:
    """Who brought the ticket into the state that refuses the wish with `code`, when its sender couldn't know yet."""
    if not isinstance(wish, c.Seen):
        return None
    found = later(ticket, _CAUSES.get(code, ()), wish.seen, me)
    return _told(*found) if found else None


def _told(name: str, last: LastFact) -> dict[str, str]:
    return {"what": name, "by": last.actor.name, "at": last.at.isoformat()}
