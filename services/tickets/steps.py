"""How a request went on, in steps that its requester may know: no name, no reason, nothing of the second level."""

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import AwareDatetime, BaseModel

from shared import events as e
from shared.events import RootEvent, State

What = Literal[
    "received",
    "taken",
    "moved",
    "waiting",
    "asked",
    "reminded",
    "answered",
    "closed_successful",
    "closed_unsuccessful",
    "reopened",
    "merged",
    "unmerged",
    "thanked",
    "rated",
    "links_ended",
    "link_mailed",
]


class Step(BaseModel):
    """`queue`: the office it is with from then on; `article`: what was written with it; `helpful`: of `rated`."""

    what: What
    at: AwareDatetime
    queue: str
    article: str | None = None
    helpful: bool | None = None


_PLAIN: dict[type[RootEvent], What] = {
    e.TicketMoved: "moved",
    e.InformationRequested: "asked",
    e.TicketReminded: "reminded",
    e.TicketAnswered: "answered",
    e.TicketReopened: "reopened",
    e.TicketMerged: "merged",
    e.TicketUnmerged: "unmerged",
    e.TicketThanked: "thanked",
    e.TicketRated: "rated",
    e.FollowLinksEnded: "links_ended",
    e.FollowLinkRequested: "link_mailed",
}


def steps_of(facts: Iterable[RootEvent]) -> list[Step]:
    """Of every fact that is none, the requester doesn't even learn the time."""
    return list(_steps(facts))


def _steps(facts: Iterable[RootEvent]) -> Iterator[Step]:
    for fact in facts:
        what = _what(fact)
        if what:
            mail = getattr(fact, "mail", None)
            yield Step(
                what=what,
                at=fact.submitted_at if isinstance(fact, e.TicketOpened) else fact.occurred_at,
                queue=fact.queue,
                article=fact.request.id if isinstance(fact, e.TicketOpened) else mail.id if mail else None,
                helpful=fact.helpful if isinstance(fact, e.TicketRated) else None,
            )


def _what(fact: RootEvent) -> What | None:
    match fact:
        case e.TicketOpened():
            return "received"
        case e.TicketTaken():
            # Only the first taking is news to the requester: who works on it is ours.
            return "taken" if fact.mail else None
        case e.TicketDeferred():
            return "waiting" if fact.waiting.for_user else None
        case e.TicketClosed():
            return "closed_successful" if fact.outcome is State.CLOSED_SUCCESSFUL else "closed_unsuccessful"
    return _PLAIN.get(type(fact))
