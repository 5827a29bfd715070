"""Facts and people for tests, with every field that a test doesn't care about filled in."""

from datetime import UTC, datetime
from typing import Any

from shared.events import Actor, ActorKind, FormSubmitted, Requester, Submission, SubmissionRouted
from shared.ids import derived, random_id
from shared.policy import Person, Role

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

GIULIA = Person(id="giulia", name="Giulia Conti", roles=frozenset({Role.OPERATOR}), groups=frozenset({"credentials"}))
MARCO = Person(id="marco", name="Marco Ferri", roles=frozenset({Role.OPERATOR}))
ANNA = Person(id="anna", name="Anna Sala", roles=frozenset({Role.OPERATOR}))
LUCA = Person(id="luca", name="Luca Bianchi", email="luca@studenti.example", roles=frozenset({Role.USER}))
CHIARA = Person(id="chiara", name="Chiara Russo", email="chiara@studenti.example", roles=frozenset({Role.USER}))


def a_requester(**changes: Any) -> Requester:
    """Luca, verified."""
    fields = {"name": LUCA.name, "email": LUCA.email, "verified": True, "subject": LUCA.id}
    return Requester(**{**fields, **changes})


def a_submission(**changes: Any) -> Submission:
    """A request about credentials."""
    fields: dict[str, Any] = {
        "id": random_id(),
        "form": "credentials",
        "version": 1,
        "site": "demo-site",
        "language": "it",
        "subject": "Credenziali: password dimenticata",
        "values": {"kind": "password", "description": "Non riesco a entrare."},
        "requester": a_requester(),
        "submitted_at": NOON,
    }
    return Submission(**{**fields, **changes})


def submitted(submission: Submission | None = None) -> FormSubmitted:
    """The fact that a form was submitted."""
    submission = submission or a_submission()
    return FormSubmitted(
        event_id=derived(submission.id, "form.submitted"),
        occurred_at=submission.submitted_at,
        correlation_id=submission.id,
        cause_id=submission.id,
        actor=Actor(id="luca", name="Luca Bianchi", kind=ActorKind.REQUESTER),
        submission=submission,
    )


def routed(submission: Submission | None = None, queue: str = "credentials") -> SubmissionRouted:
    """The same, with its queue."""
    event = submitted(submission)
    return SubmissionRouted(
        **{
            **event.model_dump(),
            "event_id": derived(event.event_id, "routed"),
            "queue": queue,
            "rule": "credentials",
        }
    )
