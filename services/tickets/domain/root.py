"""What a ticket and a second-level question have in common: state, people, queue, clocks, and their own questions.

Slim and frozen; articles and journal lie elsewhere, under its id. `version` is the store's compare-and-set.
"""

from datetime import datetime

from pydantic import AwareDatetime, Field

from shared.events import Actor, Frozen, Language, PersonRef, RootEvent, State, TicketRef, Waiting

CLOSED = frozenset({State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL})
LIVE = frozenset({State.NEW, State.OPEN, State.PENDING})
NORMAL = 3
# The timer of a pending root.
PENDING_TIMER = "pending"


class LastFact(Frozen):
    """The last fact of a kind: compared with what a command's sender had seen."""

    seq: int
    actor: Actor
    at: AwareDatetime


class Root(Frozen):
    """State, people, timers, and the facts not yet published.

    `open_questions`: the questions it waits for, by the child's id, each with its round (how often it was opened).
    `answered_rounds`: of questions that were reopened, the last round that was answered: messages come in any order.
    `late_questions`: those whose time passed while it waited for them, whether or not it still does.
    """

    id: str
    number: str
    state: State
    queue: str
    owner: PersonRef | None = None
    responsible: PersonRef | None = None
    watchers: tuple[PersonRef, ...] = ()
    subject: str
    language: Language
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
    timers: dict[str, AwareDatetime] = Field(default_factory=dict)
    open_questions: dict[str, int] = Field(default_factory=dict)
    answered_rounds: dict[str, int] = Field(default_factory=dict)
    late_questions: tuple[str, ...] = ()
    last: dict[str, LastFact] = Field(default_factory=dict)
    outbox: tuple[RootEvent, ...] = ()
    version: int = 0

    @property
    def ref(self) -> TicketRef:
        """How others name it."""
        return TicketRef(id=self.id, number=self.number)

    @property
    def depth(self) -> int:
        """0 for a user's ticket, 1 for a question of it, 2 for a question of a question."""
        return 0

    @property
    def waits_for_user(self) -> bool:
        """Whether it is the user's turn, which their page says."""
        return self.waiting is not None and self.waiting.for_user

    @property
    def late(self) -> bool:
        """Whether the time of an answer has passed that it still waits for."""
        return any(child in self.open_questions for child in self.late_questions)

    @property
    def wake_at(self) -> datetime | None:
        """When the earliest timer is due."""
        return min(self.timers.values(), default=None)
