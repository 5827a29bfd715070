"""What a question's own facts change on its root."""

from typing import Any

from services.tickets.domain.changes import OF_EVERY_ROOT, Changes, waits_no_more, without
from services.tickets.domain.child import DUE_TIMER, Child
from shared import events as e
from shared.events import RootEvent, State


def opened(fact: e.ChildOpened) -> Child:
    """The question, as its first fact tells of it."""
    return Child(
        id=fact.ticket_id,
        number=fact.number,
        state=State.NEW,
        queue=fact.queue,
        subject=fact.ticket_subject,
        language=fact.language,
        form=fact.form,
        form_version=fact.version,
        site=fact.site,
        correlation_id=fact.correlation_id,
        opened_at=fact.asked_at,
        changed_at=fact.occurred_at,
        seq=fact.seq,
        parent=fact.parent,
        level=fact.depth,
        asked_by=fact.actor,
        question=fact.question.id,
        rule=fact.rule,
        due_at=fact.due_at,
        timers={DUE_TIMER: fact.due_at} if fact.due_at else {},
    )


def _on_overdue(child: Child, fact: e.ChildOverdue) -> Changes:
    return {"overdue": True, "timers": without(child, DUE_TIMER)}


def _on_closed(child: Child, fact: e.ChildClosed) -> Changes:
    # Nobody waits for an answer that has come.
    timers = {key: due for key, due in waits_no_more(child)["timers"].items() if key != DUE_TIMER}
    return {"state": fact.outcome, "ending": fact.ending, "waiting": None, "timers": timers}


def _on_reopened(child: Child, fact: e.ChildReopened) -> Changes:
    changes: Changes = {"state": State.OPEN, "ending": None, "round": fact.round}
    if child.due_at and not child.overdue:
        changes["timers"] = {**child.timers, DUE_TIMER: child.due_at}
    return changes


_SHARED: dict[type[RootEvent], type[RootEvent]] = {
    e.ChildTaken: e.TicketTaken,
    e.ChildReleased: e.TicketReleased,
    e.ChildHandedOver: e.TicketHandedOver,
    e.ChildResponsibleChanged: e.ResponsibleChanged,
    e.ChildMoved: e.TicketMoved,
    e.ChildPrioritized: e.TicketPrioritized,
    e.ChildTagged: e.TicketTagged,
    e.ChildWatched: e.TicketWatched,
    e.ChildUnwatched: e.TicketUnwatched,
    e.ChildDeferred: e.TicketDeferred,
    e.ChildResumed: e.TicketResumed,
}
OF_CHILDREN: dict[type[RootEvent], Any] = {
    **{of_child: OF_EVERY_ROOT[of_ticket] for of_child, of_ticket in _SHARED.items()},
    e.ChildOverdue: _on_overdue,
    e.ChildClosed: _on_closed,
    e.ChildReopened: _on_reopened,
}
