"""The root of a user's ticket. Its articles and its journal lie elsewhere, under its id."""

from pydantic import AwareDatetime, Field

from services.tickets.domain.root import CLOSED, LIVE, NORMAL, PENDING_TIMER, LastFact, Root
from shared.events import (
    Actor,
    ArticleKind,
    ArticleRef,
    Frozen,
    Plan,
    Relation,
    Requester,
    State,
    TicketRef,
)

__all__ = ["CLOSED", "LIVE", "NORMAL", "PENDING_TIMER", "LastFact", "Ticket", "timer_of_mail"]


class Held(Frozen):
    """A written mail that hasn't left. `seq`: the fact that prepared it; `stopped`: a person must decide."""

    kind: ArticleKind
    plan: Plan
    by: Actor
    seq: int
    release_at: AwareDatetime
    stopped: bool = False


class Asked(Frozen):
    """What the user is being asked for; `article` is the mail that asked."""

    article: str
    fields: tuple[str, ...]
    at: AwareDatetime


class Link(Frozen):
    """Another ticket this one has to do with."""

    ticket: TicketRef
    relation: Relation


class Wrote(Frozen):
    """What the user wrote while nobody knew yet where it belongs: `article` of the ticket `source`."""

    source: TicketRef
    article: ArticleRef
    author: Actor


class Merging(Frozen):
    """Into which ticket, and by which attempt (the id of the fact that started it).

    `wrote`: meanwhile; it wakes whichever ticket the answer of the target makes it belong to.
    """

    target: TicketRef
    attempt: str
    wrote: tuple[Wrote, ...] = ()


class Absorbed(Frozen):
    """A ticket that is part of this one."""

    source: TicketRef
    attempt: str


class FirstAnswer(Frozen):
    """When the user was first answered, or told why nothing can be done, and from which queue."""

    queue: str
    at: AwareDatetime


class Ticket(Root):
    """What a user asked for, and how it stands."""

    requester: Requester
    # Where the request was written, as that page says.
    page: str | None = None
    information: Asked | None = None
    first_answer: FirstAnswer | None = None
    # Replies that answered a request for information, in order: they overlay the request's values.
    answers: tuple[str, ...] = ()
    # Mail articles by id: written and not left; left, and their fate still open; refused by the recipient's server.
    held: dict[str, Held] = Field(default_factory=dict)
    waiting_mails: dict[str, ArticleKind] = Field(default_factory=dict)
    refused_mails: dict[str, ArticleKind] = Field(default_factory=dict)
    links: tuple[Link, ...] = ()
    # By the other ticket's id: how often the two were linked or unlinked, as far as is known here.
    link_turns: dict[str, int] = Field(default_factory=dict)
    merging: Merging | None = None
    merged: Merging | None = None
    before_merge: State | None = None
    absorbed: tuple[Absorbed, ...] = ()
    # Since it was last closed: whether they thanked, and whether it was helpful.
    thanked: bool = False
    helpful: bool | None = None
    # Links that were mailed carry it: one more ends them all.
    follow_epoch: int = 0

    @property
    def merged_into(self) -> TicketRef | None:
        """The ticket this one is part of."""
        return self.merged.target if self.merged else None


def timer_of_mail(article: str) -> str:
    """The timer at which a held mail leaves."""
    return f"send:{article}"
