"""The root of a ticket: slim, frozen. Its articles and its journal lie elsewhere, under its id."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from shared.events import (
    Actor,
    ArticleKind,
    ArticleRef,
    Frozen,
    Language,
    PersonRef,
    Plan,
    Relation,
    Requester,
    State,
    TicketEvent,
    TicketRef,
    Waiting,
)

CLOSED = frozenset({State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL})
LIVE = frozenset({State.NEW, State.OPEN, State.PENDING})
NORMAL = 3


class LastFact(Frozen):
    """The last fact of a kind: compared with what a command's sender had seen."""

    seq: int
    actor: Actor
    at: AwareDatetime


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


class Ticket(Frozen):
    """State, people, timers, and the facts not yet published. `version` is the store's compare-and-set."""

    id: str
    number: str
    state: State
    queue: str
    owner: PersonRef | None = None
    responsible: PersonRef | None = None
    watchers: tuple[PersonRef, ...] = ()
    requester: Requester
    language: Language
    subject: str
    form: str
    form_version: int
    site: str
    correlation_id: str
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    seq: int
    priority: int = NORMAL
    tags: tuple[str, ...] = ()
    waiting: Waiting | None = None
    information: Asked | None = None
    # Replies that answered a request for information, in order: they overlay the request's values.
    answers: tuple[str, ...] = ()
    # Mail articles by id: written and not left; left, and their fate still open; refused by the recipient's server.
    held: dict[str, Held] = Field(default_factory=dict)
    waiting_mails: dict[str, ArticleKind] = Field(default_factory=dict)
    refused_mails: dict[str, ArticleKind] = Field(default_factory=dict)
    timers: dict[str, AwareDatetime] = Field(default_factory=dict)
    links: tuple[Link, ...] = ()
    # By the other ticket's id: how often the two were linked or unlinked, as far as is known here.
    link_turns: dict[str, int] = Field(default_factory=dict)
    merging: Merging | None = None
    merged: Merging | None = None
    before_merge: State | None = None
    absorbed: tuple[Absorbed, ...] = ()
    last: dict[str, LastFact] = Field(default_factory=dict)
    outbox: tuple[TicketEvent, ...] = ()
    version: int = 0

    @property
    def ref(self) -> TicketRef:
        """How other tickets name this one."""
        return TicketRef(id=self.id, number=self.number)

    @property
    def merged_into(self) -> TicketRef | None:
        """The ticket this one is part of."""
        return self.merged.target if self.merged else None

    @property
    def wake_at(self) -> datetime | None:
        """When the earliest timer is due."""
        return min(self.timers.values(), default=None)


def timer_of_mail(article: str) -> str:
    """The timer at which a held mail leaves."""
    return f"send:{article}"


# The timer of a pending ticket.
PENDING_TIMER = "pending"
