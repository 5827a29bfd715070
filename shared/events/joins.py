"""Tickets that join, part and point at each other. Each root tells its own side; the other hears it and answers.

Merging: the source says MergeStarted; the target MergeAccepted or MergeRefused; the source Merged or MergeTakenBack.
"""

from typing import ClassVar, Literal

from shared.events.base import ArticleRef, Id, TicketEvent, TicketRef

Relation = Literal["related", "split_from", "split_to"]


class TicketLinked(TicketEvent):
    """`reflected`: it only mirrors what the other ticket said, and is not mirrored again.

    `turn` counts how often the two were linked or unlinked: the highest is true, whichever message comes last.
    """

    name: ClassVar[str] = "ticket.linked.v1"
    other: TicketRef
    relation: Relation = "related"
    reflected: bool = False
    turn: int = 1


class TicketUnlinked(TicketEvent):
    name: ClassVar[str] = "ticket.unlinked.v1"
    other: TicketRef
    reflected: bool = False
    turn: int = 1


class TicketSplit(TicketEvent):
    """`article` becomes the request of a new ticket `child_id` in `child_queue`."""

    name: ClassVar[str] = "ticket.split.v1"
    article: ArticleRef
    child_id: Id
    child_queue: str
    subject: str
    form: str
    version: int
    site: str


class MergeStarted(TicketEvent):
    """This ticket asks to become part of `target`. The fact's id names the attempt; `closed`: it was when it asked."""

    name: ClassVar[str] = "ticket.merge_started.v1"
    target: TicketRef
    closed: bool = False


class MergeAccepted(TicketEvent):
    """`source` is part of this ticket from now on; its articles are shown here by reference."""

    name: ClassVar[str] = "ticket.merge_accepted.v1"
    source: TicketRef
    attempt: Id


class MergeRefused(TicketEvent):
    """Not now, because: this ticket is `merging`, `merged`, `closed`, or of another `requester`."""

    name: ClassVar[str] = "ticket.merge_refused.v1"
    source: TicketRef
    attempt: Id
    because: Literal["merging", "merged", "closed", "requester"]


class TicketMerged(TicketEvent):
    """Part of `target`: what is written to this ticket follows there."""

    name: ClassVar[str] = "ticket.merged.v1"
    target: TicketRef
    attempt: Id


class MergeTakenBack(TicketEvent):
    """The target refused: this ticket is as it was."""

    name: ClassVar[str] = "ticket.merge_taken_back.v1"
    target: TicketRef
    attempt: Id
    because: str


class TicketUnmerged(TicketEvent):
    """On its own again, in the state it was merged in."""

    name: ClassVar[str] = "ticket.unmerged.v1"
    target: TicketRef
    attempt: Id


class MergeReleased(TicketEvent):
    """`source` is no part of this ticket any more."""

    name: ClassVar[str] = "ticket.merge_released.v1"
    source: TicketRef
    attempt: Id
