"""What can be asked so that tickets join, part and point at each other."""

from services.tickets.commands.base import Seen
from services.tickets.typed import Line, MaybeLine
from shared.events import ArticleRef, Frozen, Id, Requester, TicketRef


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
