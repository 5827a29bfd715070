"""One real fact of each class, with nobody in it but who a test puts there."""

from datetime import timedelta
from typing import Any, Final

from shared.events import (
    About,
    ArticleKind,
    ArticleRef,
    Closing,
    MergeRefused,
    PersonRef,
    Plan,
    RootEvent,
    State,
    TicketRef,
    Waiting,
    leaves,
)
from shared.ids import random_id
from tests.unit.notifier.samples import EVENING, GIULIA, someone

FACTS: Final = sorted((fact for fact in leaves(RootEvent) if issubclass(fact, RootEvent)), key=lambda fact: fact.name)
NUMBER: Final = "20261123000174"
OTHER: Final = TicketRef(id=random_id(), number="20261120000011")
# What somebody typed: no notice may ever repeat it.
TYPED: Final = "Parole scritte da qualcuno"


def a_fact(fact: type[RootEvent], **changes: Any) -> RootEvent:
    """A fact of this class, done by Giulia in the queue of credentials."""
    needed = {name: value for name, value in _values(fact).items() if name in fact.model_fields}
    required = {name: value for name, value in needed.items() if fact.model_fields[name].is_required()}
    own = {"queue": "credentials", "ticket_subject": "Non riesco ad accedere"}
    return fact(**{**required, **own, **changes})


def ref(person_id: str) -> PersonRef:
    """A person as facts name them."""
    return PersonRef(id=person_id, name=person_id)


def _values(fact: type[RootEvent]) -> dict[str, Any]:
    article = ArticleRef(id=random_id(), kind=ArticleKind.SYSTEM)
    waiting = Waiting(
        for_user=False, since=EVENING, closing=Closing(outcome=State.CLOSED_SUCCESSFUL, by=GIULIA, article=article)
    )
    about = About(
        queue="credentials", form="credentials", version=1, site="demo-site", language="it", submitted_at=EVENING
    )
    late = EVENING + timedelta(days=1)
    people = {"by": ref("anna.villa"), "person": ref("nobody"), "former_owner": ref("nobody"), "parent": OTHER}
    words = dict.fromkeys(("subject", "reason", "text", "title", "rule", "to"), TYPED)
    roots = dict.fromkeys(("other", "target", "source", "child"), OTHER)
    articles = dict.fromkeys(("request", "mail", "article", "question"), article)
    times = dict.fromkeys(("submitted_at", "release_at", "since", "asked_at"), EVENING)
    return {
        "event_id": random_id(),
        "occurred_at": EVENING,
        "correlation_id": random_id(),
        "cause_id": random_id(),
        "actor": GIULIA,
        "ticket_id": random_id(),
        "number": NUMBER,
        "seq": 7,
        "queue": "credentials",
        "requester": someone(),
        "language": "it",
        "form": "credentials",
        "version": 1,
        "site": "demo-site",
        **people,
        **words,
        **roots,
        **articles,
        **times,
        "former_queue": "fees",
        "child_queue": "credentials-identity",
        "child_id": random_id(),
        "priority": 4,
        "helpful": True,
        "former_priority": 3,
        "tags": ("password",),
        "fields": ("phone",),
        "children": {"a": 1, "b": 2},
        "waiting": waiting,
        "plan": Plan(),
        "asks_about": about,
        "outcome": State.CLOSED_SUCCESSFUL,
        "due_at": late,
        "attempt": random_id(),
        "ending": "answered",
        "round": 1,
        "depth": 1,
        "because": "merging" if fact is MergeRefused else TYPED,
    }
