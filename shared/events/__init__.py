"""The facts that travel between the services: one class each, frozen, JSON on the wire, named in the past tense.

A class's `name` is its routing key. Optional new fields stay v1; anything else is a new class with v2.

base         the parts and what every fact says     submissions  intake and routing
tickets      the life of a ticket                   articles     a mail's way out of the house
joins        merge, link, split                     mails        what notifier says of mails
questions    who asks the second level              children     the life of a second-level question
notices      what notifier says of an inbox        requester    what the requester says without writing
"""

from collections.abc import Iterator
from typing import Any

from shared.events.articles import (
    ArticleDelivered,
    ArticlePrepared,
    ArticleRefused,
    ArticleRetried,
    ArticleStopped,
    ArticleWithdrawn,
    OpenQuestions,
    Plan,
)
from shared.events.base import (
    SYSTEM,
    Actor,
    ActorKind,
    ArticleKind,
    ArticleRef,
    Attachment,
    ChildEvent,
    Event,
    Frozen,
    Id,
    Language,
    Outcome,
    PersonRef,
    Requester,
    RootEvent,
    State,
    TicketEvent,
    TicketRef,
)
from shared.events.children import (
    ChildClosed,
    ChildDeferred,
    ChildHandedOver,
    ChildMoved,
    ChildNoted,
    ChildOpened,
    ChildOverdue,
    ChildPrioritized,
    ChildReleased,
    ChildReopened,
    ChildResponsibleChanged,
    ChildResumed,
    ChildTagged,
    ChildTaken,
    ChildUnwatched,
    ChildWatched,
)
from shared.events.joins import (
    MergeAccepted,
    MergeRefused,
    MergeReleased,
    MergeStarted,
    MergeTakenBack,
    Relation,
    TicketLinked,
    TicketMerged,
    TicketSplit,
    TicketUnlinked,
    TicketUnmerged,
)
from shared.events.mails import MailEvent, MailFailed, MailSent
from shared.events.notices import NoticeAdded
from shared.events.questions import (
    About,
    Because,
    ChildRouted,
    Ending,
    SecondLevelAnswered,
    SecondLevelOverdue,
    SecondLevelReopened,
    SecondLevelRequested,
    SecondLevelWithdrawn,
)
from shared.events.requester import FollowLinkRequested, FollowLinksEnded, TicketRated, TicketThanked
from shared.events.submissions import FormSubmitted, RuleQuestion, Submission, SubmissionRouted
from shared.events.tickets import (
    Closing,
    InformationRequested,
    ReplyFollowed,
    ResponsibleChanged,
    Then,
    TicketAnswered,
    TicketClosed,
    TicketDeferred,
    TicketForwarded,
    TicketHandedOver,
    TicketMoved,
    TicketNoted,
    TicketOpened,
    TicketPrioritized,
    TicketReleased,
    TicketReminded,
    TicketReopened,
    TicketReplied,
    TicketResumed,
    TicketTagged,
    TicketTaken,
    TicketUnwatched,
    TicketWatched,
    Waiting,
)


def leaves(base: type[Event] = Event) -> Iterator[type[Event]]:
    """Every concrete event class."""
    for child in base.__subclasses__():
        if child.name:
            yield child
        yield from leaves(child)


EVENTS: dict[str, type[Event]] = {event.name: event for event in leaves()}


def from_wire(document: dict[str, Any]) -> Event:
    """A stored fact as its class; `document` is `{"name": ..., ...fields}`."""
    return EVENTS[document["name"]].model_validate(document)


def to_wire(event: Event) -> dict[str, Any]:
    """The fact as JSON-ready fields with its name, as stored in `outbox` and `journal`."""
    return {"name": event.name, **event.model_dump(mode="json")}


__all__ = [
    "EVENTS",
    "SYSTEM",
    "About",
    "Actor",
    "ActorKind",
    "ArticleDelivered",
    "ArticleKind",
    "ArticlePrepared",
    "ArticleRef",
    "ArticleRefused",
    "ArticleRetried",
    "ArticleStopped",
    "ArticleWithdrawn",
    "Attachment",
    "Because",
    "ChildClosed",
    "ChildDeferred",
    "ChildEvent",
    "ChildHandedOver",
    "ChildMoved",
    "ChildNoted",
    "ChildOpened",
    "ChildOverdue",
    "ChildPrioritized",
    "ChildReleased",
    "ChildReopened",
    "ChildResponsibleChanged",
    "ChildResumed",
    "ChildRouted",
    "ChildTagged",
    "ChildTaken",
    "ChildUnwatched",
    "ChildWatched",
    "Closing",
    "Ending",
    "Event",
    "FollowLinkRequested",
    "FollowLinksEnded",
    "FormSubmitted",
    "Frozen",
    "Id",
    "InformationRequested",
    "Language",
    "MailEvent",
    "MailFailed",
    "MailSent",
    "MergeAccepted",
    "MergeRefused",
    "MergeReleased",
    "MergeStarted",
    "MergeTakenBack",
    "NoticeAdded",
    "OpenQuestions",
    "Outcome",
    "PersonRef",
    "Plan",
    "Relation",
    "ReplyFollowed",
    "Requester",
    "ResponsibleChanged",
    "RootEvent",
    "RuleQuestion",
    "SecondLevelAnswered",
    "SecondLevelOverdue",
    "SecondLevelReopened",
    "SecondLevelRequested",
    "SecondLevelWithdrawn",
    "State",
    "Submission",
    "SubmissionRouted",
    "Then",
    "TicketAnswered",
    "TicketClosed",
    "TicketDeferred",
    "TicketEvent",
    "TicketForwarded",
    "TicketHandedOver",
    "TicketLinked",
    "TicketMerged",
    "TicketMoved",
    "TicketNoted",
    "TicketOpened",
    "TicketPrioritized",
    "TicketRated",
    "TicketRef",
    "TicketReleased",
    "TicketReminded",
    "TicketReopened",
    "TicketReplied",
    "TicketResumed",
    "TicketSplit",
    "TicketTagged",
    "TicketTaken",
    "TicketThanked",
    "TicketUnlinked",
    "TicketUnmerged",
    "TicketUnwatched",
    "TicketWatched",
    "Waiting",
    "from_wire",
    "leaves",
    "to_wire",
]
