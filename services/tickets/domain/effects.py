"""What each fact changes on the root: `apply(root, fact) -> root`. The only place that does.

changes          every root        ticket_effects   a user's ticket        child_effects   a question
"""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from services.tickets.domain import child_effects, ticket_effects
from services.tickets.domain.changes import OF_EVERY_ROOT, nothing
from services.tickets.domain.child_effects import OF_CHILDREN
from services.tickets.domain.conflicts import key_of
from services.tickets.domain.root import LastFact, Root
from services.tickets.domain.ticket_effects import OF_TICKETS
from shared import events as e
from shared.errors import Hopeless
from shared.events import RootEvent

R = TypeVar("R", bound=Root)
_EFFECTS: dict[type[RootEvent], Any] = {**OF_EVERY_ROOT, **OF_TICKETS, **OF_CHILDREN}


def apply(root: R | None, fact: RootEvent) -> R:
    """The root after `fact`."""
    if isinstance(fact, e.TicketOpened):
        root = cast(R, ticket_effects.opened(fact))
    elif isinstance(fact, e.ChildOpened):
        root = cast(R, child_effects.opened(fact))
    if root is None:
        raise Hopeless(f"{fact.name} cannot be the first fact of a ticket.")
    changes: dict[str, Any] = {
        "seq": fact.seq,
        "changed_at": fact.occurred_at,
        "last": {**root.last, key_of(fact): LastFact(seq=fact.seq, actor=fact.actor, at=fact.occurred_at)},
        **_EFFECTS.get(type(fact), nothing)(root, fact),
    }
    return root.model_copy(update=changes)


def apply_all(root: R | None, facts: Iterable[RootEvent]) -> R:
    """The root after all of `facts`."""
    for fact in facts:
        root = apply(root, fact)
    if root is None:
        raise ValueError("no facts")
    return root
