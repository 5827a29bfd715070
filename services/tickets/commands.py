"""What can be asked of a ticket. A wish is also the HTTP body; the door adds asker, ticket and id."""

from typing import Annotated

from pydantic import Field

from shared.events import Actor, Frozen, Id, Submission
from shared.ids import digest


class OpenTicket(Frozen):
    """Routing found the queue for a submission; `number` was drawn for it."""

    submission: Submission
    queue: str
    rule: str
    number: str


class TakeTicket(Frozen):
    """Become the owner. `seen`: the sequence of the last fact the operator was shown."""

    seen: Annotated[int, Field(ge=0)]


class RecordDelivery(Frozen):
    """What became of a mail: `reason` is None when it left, else the mail server's words."""

    article_id: Id
    subject: str
    text: str
    reason: str | None = None


Wish = OpenTicket | TakeTicket | RecordDelivery


class Command(Frozen):
    """A wish with its id: the same id is the same command, and does its work once."""

    id: Id
    ticket_id: Id
    actor: Actor
    wish: Wish

    @property
    def digest(self) -> str:
        """Of the wish: the same id with another body is refused. A drawn number is not part of what was wished."""
        return digest([type(self.wish).__name__, self.wish.model_dump(mode="json", exclude={"number"})])
