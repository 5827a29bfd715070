"""The life of an outgoing mail, pure: waiting until the mail server takes it, refuses it, or three days are over.

A notice to a colleague lives the same life, but says nothing on the bus: notices don't echo (promise 7).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from services.notifier.letters import Mail, post_again
from shared.events import SYSTEM, ArticleRetried, MailEvent, MailFailed, MailSent
from shared.ids import fact_id

# Seconds from a failed try to the next; then every hour.
RETRIES: Final = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0)
HOURLY: Final = 3600.0
# Seconds after which we stop trying.
PATIENCE: Final = 3 * 86400.0
# Facts of one mail have fixed places, so that their ids don't depend on how often it was tried.
_SENT, _FAILED = 0, 1


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"


class OutgoingMail(Mail):
    """A mail with its fate. `next_try` and `first_at` are epoch seconds, `reason` the last words against it;
    `faults` counts the tries that we ourselves failed at, `version` the writes; `outbox` holds the fact not yet
    published."""

    state: MailState = MailState.WAITING
    next_try: float
    attempts: int = 0
    faults: int = 0
    first_at: float
    reason: str = ""
    version: int = 1
    outbox: tuple[MailEvent, ...] = ()


def accepted(mail: Mail, now: float) -> OutgoingMail:
    """A mail just owed: due at once."""
    return OutgoingMail(**mail.model_dump(), next_try=now, first_at=now)


def again(copies: Sequence[OutgoingMail], event: ArticleRetried) -> Mail | None:
    """The mail that an operator wants sent again; `copies`: all that went out for its article, the oldest first.

    To where the newest went, unless the fact names another address. None when this was done before: a repeat that
    looked at the newest again could find its own mail, or a later one.
    """
    if any(copy.cause_id == event.event_id for copy in copies):
        return None
    newest = copies[-1]
    return post_again(newest, event, event.to or newest.recipient)


def claimed(row: OutgoingMail, now: float, lease: float) -> OutgoingMail:
    """Ours for `lease` seconds: for everybody else it is not due."""
    return _next(row, next_try=now + lease)


def sent(row: OutgoingMail, now: float) -> OutgoingMail:
    """The mail server has taken it."""
    facts = () if row.notice else (MailSent(**_told(row, _SENT, now)),)
    return _next(row, state=MailState.SENT, attempts=row.attempts + 1, reason="", outbox=facts)


def refused(row: OutgoingMail, reason: str, now: float) -> OutgoingMail:
    """The mail server will never take it."""
    facts = () if row.notice else (MailFailed(**_told(row, _FAILED, now), reason=reason),)
    return _next(row, state=MailState.REFUSED, attempts=row.attempts + 1, reason=reason, outbox=facts)


def deferred(row: OutgoingMail, reason: str, now: float) -> OutgoingMail:
    """Not now: again after `pause`, the last time when the three days are over."""
    if now >= row.first_at + PATIENCE:
        return refused(row, reason, now)
    again = min(now + pause(row.attempts + 1), row.first_at + PATIENCE)
    return _next(row, next_try=again, attempts=row.attempts + 1, reason=reason)


def faulted(row: OutgoingMail, reason: str, now: float) -> OutgoingMail:
    """A fault of ours, that time alone won't mend: given up after so many that an operator must hear of it."""
    counted = row.model_copy(update={"faults": row.faults + 1})
    return refused(counted, reason, now) if counted.faults > len(RETRIES) else deferred(counted, reason, now)


def postponed(row: OutgoingMail, reason: str, until: float, now: float) -> OutgoingMail:
    """The mail server could not be reached: no try of this mail, unless its three days are over."""
    if now >= row.first_at + PATIENCE:
        return refused(row, reason, now)
    return _next(row, next_try=until, reason=reason)


def pause(failures: int) -> float:
    """Seconds to wait after so many failed tries (1 or more)."""
    return RETRIES[failures - 1] if failures <= len(RETRIES) else HOURLY


def _next(row: OutgoingMail, **changes: object) -> OutgoingMail:
    return row.model_copy(update={**changes, "version": row.version + 1})


def _told(row: OutgoingMail, position: int, now: float) -> dict[str, Any]:
    return {
        "event_id": fact_id(row.id, position),
        "occurred_at": datetime.fromtimestamp(now, UTC),
        "correlation_id": row.correlation_id,
        "cause_id": row.cause_id,
        "actor": SYSTEM,
        "mail_id": row.id,
        "ticket_id": row.ticket_id,
        "article_id": row.article_id,
        "message_id": row.message_id,
        "subject": row.subject,
        "text": row.text,
    }
