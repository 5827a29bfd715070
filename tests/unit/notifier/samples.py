"""Facts that owe a mail, and the writer of mails on the real templates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.notifier.domain import OutgoingMail, accepted
from services.notifier.mails import Mails
from services.notifier.templates import Templates
from shared.events import SYSTEM, ArticleKind, ArticleRef, Requester, TicketEvent, TicketOpened, TicketTaken
from shared.ids import fact_id, random_id, ticket_id
from shared.queues import Queues

EVENING = datetime(2026, 11, 23, 17, 45, tzinfo=UTC)
CONFIG = Path("config")
QUEUES = Queues.load(CONFIG)


def follow(event: TicketEvent) -> str:
    """Where a requester follows the ticket, in these tests."""
    return "https://portal.example/my" if event.requester.verified else "https://forms.example/submissions/to.k_e-n"


def write() -> Mails:
    """The writer of mails."""
    return Mails(Templates.load(CONFIG), QUEUES, follow)


def someone(verified: bool = True, **changes: Any) -> Requester:
    """Chiara; with an address nobody verified, she is only what was typed."""
    fields = {"name": "Chiara Russo", "email": "chiara@studenti.example", "subject": "chiara" if verified else None}
    return Requester(**{**fields, "verified": verified, **changes})


def opened(**changes: Any) -> TicketOpened:
    """A ticket of its own, just opened."""
    submission = random_id()
    ticket = ticket_id(submission)
    fields: dict[str, Any] = {
        "event_id": fact_id(ticket, 0),
        "occurred_at": EVENING,
        "correlation_id": submission,
        "cause_id": submission,
        "actor": SYSTEM,
        "ticket_id": ticket,
        "number": "20261123000174",
        "seq": 1,
        "queue": "credentials",
        "requester": someone(),
        "language": "it",
        "subject": "Non riesco ad accedere alla posta",
        "form": "credentials",
        "version": 1,
        "site": "demo-site",
        "submitted_at": EVENING,
        "rule": "credentials",
        "request": ArticleRef(id=random_id(), kind=ArticleKind.REQUEST),
        "mail": ArticleRef(id=random_id(), kind=ArticleKind.MAIL_RECEIPT),
    }
    return TicketOpened(**{**fields, **changes})


def taken(**changes: Any) -> TicketTaken:
    """The same, taken in charge."""
    fields = opened().model_dump()
    article = ArticleRef(id=random_id(), kind=ArticleKind.MAIL_TAKEN)
    event = {"event_id": fact_id(fields["ticket_id"], 1), "seq": 2, "mail": article}
    return TicketTaken(**{**fields, **event, **changes})


def outgoing(now: float, **changes: Any) -> OutgoingMail:
    """A receipt that waits to be sent."""
    return accepted(write().received(opened(**changes)), now)
