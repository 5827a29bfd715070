"""Asking the second level. The root that asks tells its own side as `second_level.*`, routing says `child.routed`.

A root that asks is a ticket or itself a question: what it says here names no requester.
"""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field, JsonValue

from shared.events.base import ArticleRef, Event, Frozen, Id, Language, PersonRef, RootEvent, TicketRef

# How a question ended: with an answer, sent back with a reason, or taken back by who asked.
Ending = Literal["answered", "returned", "withdrawn"]
# Why a question was taken back.
Because = Literal["operator", "closed", "merged"]


class About(Frozen):
    """What routing's rules may look at when they choose a second-level queue: nothing personal.

    `queue` is that of the root that asks, `values` the form's answers without its personal fields.
    """

    queue: str
    form: str
    version: int
    site: str
    language: Language
    verified: bool = False
    role: str | None = None
    course: str | None = None
    values: dict[str, JsonValue] = Field(default_factory=dict)
    submitted_at: AwareDatetime


class SecondLevelRequested(RootEvent):
    """A question: `article` holds its words and its excerpt. The child `child_id` opens when it is routed.

    `child_queue`: the queue that was chosen; empty: routing's rules choose. `rule`: the rule of a form that asked by
    itself, empty when an operator asks. `depth`: 1 for a question of a ticket, 2 for a question of a question.
    """

    name: ClassVar[str] = "second_level.requested.v1"
    child_id: Id
    article: ArticleRef
    title: str
    child_queue: str = ""
    due_at: AwareDatetime | None = None
    depth: int = 1
    rule: str = ""
    asks_about: About


class ChildRouted(Event):
    """Routing's answer: the queue, and the rule that chose it (`asked`: the one who asks did)."""

    name: ClassVar[str] = "child.routed.v1"
    request: SecondLevelRequested
    queue: str
    rule: str


class SecondLevelAnswered(RootEvent):
    """The child's end became an article of this root: its answer, or why it was sent back; `by`: who ended it."""

    name: ClassVar[str] = "second_level.answered.v1"
    child: TicketRef
    child_queue: str
    article: ArticleRef
    ending: Ending
    by: PersonRef
    round: int = 1


class SecondLevelReopened(RootEvent):
    """A question that had an answer is open again: another answer will come."""

    name: ClassVar[str] = "second_level.reopened.v1"
    child: TicketRef
    child_queue: str
    round: int


class SecondLevelWithdrawn(RootEvent):
    """These questions are taken back, whether or not they are open yet: ids of children, each with the round that is
    meant. One that was opened once more since is not."""

    name: ClassVar[str] = "second_level.withdrawn.v1"
    children: dict[Id, int]
    because: Because = "operator"
    reason: str = ""


class SecondLevelOverdue(RootEvent):
    """No answer came until the time that was set."""

    name: ClassVar[str] = "second_level.overdue.v1"
    child: TicketRef
    child_queue: str
    due_at: AwareDatetime
