"""What facts change on every root, and the parts that several changes are made of."""

from typing import Any, TypeVar

from services.tickets.domain.root import PENDING_TIMER, Root
from shared import events as e
from shared.events import RootEvent, State, Waiting

Changes = dict[str, Any]
R = TypeVar("R", bound=Root)


def nothing(root: Any, fact: Any) -> Changes:
    """The fact is history, and no more."""
    return {}


def people(root: Root, fact: RootEvent) -> Changes:
    """Who holds it, and who hears of it."""
    return {"owner": fact.owner, "responsible": fact.responsible}


def watched(root: Root, fact: RootEvent) -> Changes:
    """Who watches it."""
    return {"watchers": fact.watchers}


def acted(root: Root) -> Changes:
    """Whoever acts on something new opens it."""
    return {"state": State.OPEN} if root.state is State.NEW else {}


def without(root: Root, timer: str) -> Changes:
    """All timers but one."""
    return {key: due for key, due in root.timers.items() if key != timer}


def waits(root: Root, waiting: Waiting) -> Changes:
    """Pending; its timer rings at the date, if there is one."""
    timers = without(root, PENDING_TIMER)
    if waiting.until:
        timers[PENDING_TIMER] = waiting.until
    return {"state": State.PENDING, "waiting": waiting, "timers": timers}


def waits_no_more(root: Root) -> Changes:
    """Not pending any more; which state it has then is said by the caller."""
    return {"waiting": None, "timers": without(root, PENDING_TIMER)}


def _on_taken(root: Root, fact: RootEvent) -> Changes:
    return {**people(root, fact), **acted(root)}


def _on_deferred(root: Root, fact: Any) -> Changes:
    return waits(root, fact.waiting)


def _on_resumed(root: Root, fact: Any) -> Changes:
    return {"state": State.OPEN, **waits_no_more(root)}


def _on_requested(root: Root, fact: e.SecondLevelRequested) -> Changes:
    return {**_not_yet(root), "open_questions": {**root.open_questions, fact.child_id: 1}}


def _on_question_reopened(root: Root, fact: e.SecondLevelReopened) -> Changes:
    return {**_not_yet(root), "open_questions": {**root.open_questions, fact.child.id: fact.round}}


def _on_answered(root: Root, fact: e.SecondLevelAnswered) -> Changes:
    child, changes = fact.child.id, Changes()
    if fact.round > max(1, root.answered_rounds.get(child, 1)):
        changes["answered_rounds"] = {**root.answered_rounds, child: fact.round}
    # An earlier round's answer that comes late doesn't end the one that is open.
    if root.open_questions.get(child, fact.round) <= fact.round:
        left = {key: turn for key, turn in root.open_questions.items() if key != child}
        changes["open_questions"] = left
        if not left and root.waiting and root.waiting.closing:
            # The last one: the clock closes it at once.
            changes |= waits(root, root.waiting.model_copy(update={"until": fact.occurred_at}))
    return changes


def _on_question_late(root: Root, fact: e.SecondLevelOverdue) -> Changes:
    return {"late_questions": (*root.late_questions, fact.child.id)}


def _on_withdrawn(root: Root, fact: e.SecondLevelWithdrawn) -> Changes:
    left = {key: turn for key, turn in root.open_questions.items() if key not in fact.children}
    return {"open_questions": left}


def _not_yet(root: Root) -> Changes:
    """It was about to close by itself; there is one question more to wait for."""
    if root.waiting and root.waiting.closing and root.waiting.until:
        return waits(root, root.waiting.model_copy(update={"until": None}))
    return {}


# By the names that tickets give these facts; what a question says in their stead changes the same.
OF_EVERY_ROOT: dict[type[RootEvent], Any] = {
    e.TicketTaken: _on_taken,
    e.TicketReleased: people,
    e.TicketHandedOver: people,
    e.ResponsibleChanged: people,
    e.TicketMoved: lambda _, fact: {"queue": fact.queue},
    e.TicketPrioritized: lambda _, fact: {"priority": fact.priority},
    e.TicketTagged: lambda _, fact: {"tags": fact.tags},
    e.TicketWatched: watched,
    e.TicketUnwatched: watched,
    e.TicketDeferred: _on_deferred,
    e.TicketResumed: _on_resumed,
    e.SecondLevelRequested: _on_requested,
    e.SecondLevelReopened: _on_question_reopened,
    e.SecondLevelAnswered: _on_answered,
    e.SecondLevelWithdrawn: _on_withdrawn,
    e.SecondLevelOverdue: _on_question_late,
}
