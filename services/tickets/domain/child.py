"""A question to the second level: a root of its own, which knows the root that asked it and no requester."""

from typing import Final

from pydantic import AwareDatetime, Field

from services.tickets.domain.root import LIVE, Root
from shared.events import Actor, Ending, TicketRef

# The timer of the moment by which an answer was wanted.
DUE_TIMER: Final = "due"
# Questions of questions of questions: so deep and no deeper.
DEEPEST: Final = 8


class Child(Root):
    """`level` is how deep it lies below the user's ticket; `round` counts how often it was opened."""

    parent: TicketRef
    level: int = Field(ge=1)
    asked_by: Actor
    question: str
    rule: str = ""
    due_at: AwareDatetime | None = None
    overdue: bool = False
    ending: Ending | None = None
    round: int = 1

    @property
    def depth(self) -> int:
        return self.level

    @property
    def late(self) -> bool:
        """Nobody has answered in time, or it waits itself for an answer that is late."""
        return (self.overdue and self.state in LIVE) or super().late
