"""The life of a second-level question: like a ticket's, under names that no rule for users listens to."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.events.base import ArticleRef, ChildEvent, Language, Outcome, PersonRef
from shared.events.questions import Because, Ending
from shared.events.tickets import Waiting


class ChildOpened(ChildEvent):
    """`question` is its first article: the words and the excerpt. The actor is who asked.

    `form` and `version` say how the fields of the excerpt are worded; `site` and `language` are the ticket's.
    """

    name: ClassVar[str] = "child.opened.v1"
    question: ArticleRef
    due_at: AwareDatetime | None = None
    depth: int
    rule: str
    form: str
    version: int
    site: str
    language: Language
    asked_at: AwareDatetime


class ChildTaken(ChildEvent):
    name: ClassVar[str] = "child.taken.v1"
    former_owner: PersonRef | None = None


class ChildReleased(ChildEvent):
    name: ClassVar[str] = "child.released.v1"
    former_owner: PersonRef
    reason: str = ""


class ChildHandedOver(ChildEvent):
    """`owner` is the new one, who gets a notice with the reason."""

    name: ClassVar[str] = "child.handed_over.v1"
    former_owner: PersonRef | None = None
    reason: str


class ChildResponsibleChanged(ChildEvent):
    name: ClassVar[str] = "child.responsible_changed.v1"
    former_responsible: PersonRef | None = None


class ChildMoved(ChildEvent):
    """Into another second-level queue."""

    name: ClassVar[str] = "child.moved.v1"
    former_queue: str
    reason: str = ""


class ChildPrioritized(ChildEvent):
    name: ClassVar[str] = "child.prioritized.v1"
    priority: int
    former_priority: int


class ChildTagged(ChildEvent):
    name: ClassVar[str] = "child.tagged.v1"
    tags: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class ChildNoted(ChildEvent):
    name: ClassVar[str] = "child.noted.v1"
    article: ArticleRef
    mentions: tuple[PersonRef, ...] = ()


class ChildWatched(ChildEvent):
    name: ClassVar[str] = "child.watched.v1"
    person: PersonRef


class ChildUnwatched(ChildEvent):
    name: ClassVar[str] = "child.unwatched.v1"
    person: PersonRef


class ChildDeferred(ChildEvent):
    """Pending: until a date, or until its own questions are answered; `text`: what it answers then."""

    name: ClassVar[str] = "child.deferred.v1"
    waiting: Waiting
    text: str = ""


class ChildResumed(ChildEvent):
    name: ClassVar[str] = "child.resumed.v1"
    because: Literal["", "returned", "withdrawn", "open"] = ""


class ChildOverdue(ChildEvent):
    """Its time has passed and it has no answer."""

    name: ClassVar[str] = "child.overdue.v1"
    due_at: AwareDatetime


class ChildClosed(ChildEvent):
    """`article`: the answer, or why it goes back; none when it was withdrawn (`because`, `reason`).

    `round` counts how often it was opened: 1, and one more each time it is reopened.
    """

    name: ClassVar[str] = "child.closed.v1"
    outcome: Outcome
    ending: Ending
    article: ArticleRef | None = None
    because: Because | None = None
    reason: str = ""
    round: int = 1


class ChildReopened(ChildEvent):
    """To be answered again, or better."""

    name: ClassVar[str] = "child.reopened.v1"
    reason: str = ""
    round: int
