"""What is known of a dead message: from the headers we gave it when we buried it, else from the broker's own. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aio_pika import Message
from aio_pika.abc import AbstractIncomingMessage, DeliveryMode

from shared.retry import ATTEMPT, BROKER_HEADERS, ERROR, ORIGIN, REASON

# A message that starts a new life must not carry notes of the old one.
OLD_NEWS = (*BROKER_HEADERS, ATTEMPT, ERROR, REASON, ORIGIN)


@dataclass(frozen=True)
class DeadMessage:
    """One message at rest. `queue` is the work queue it came from; `size` in bytes; ids as its body gives them."""

    queue: str
    message_id: str
    event: str
    error: str
    reason: str
    died_at: datetime | None
    size: int
    attempt: int
    correlation_id: str | None
    ticket_id: str | None
    number: str | None


@dataclass(frozen=True)
class DeadLetter(DeadMessage):
    """A dead message with what it says: the body as readable JSON where it is JSON, and its headers."""

    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def identity(message: AbstractIncomingMessage) -> str:
    """The message's id; for a foreign message without one, a digest of its body."""
    return message.message_id or f"sha256-{hashlib.sha256(message.body).hexdigest()[:32]}"


def describe(queue: str, message: AbstractIncomingMessage) -> DeadLetter:
    """The message as a person can judge it."""
    death = _death(message, queue)
    fields = _fields(message.body)
    return DeadLetter(
        queue=queue,
        message_id=identity(message),
        event=queue.partition(".")[2],
        error=str(message.headers.get(ERROR) or death.get("reason") or "unknown"),
        reason=str(message.headers.get(REASON) or _broker_words(death)),
        died_at=_utc(death.get("time") or message.timestamp),
        size=len(message.body),
        attempt=_number(message.headers.get(ATTEMPT)),
        correlation_id=_text(fields.get("correlation_id")) or message.correlation_id,
        ticket_id=_text(fields.get("ticket_id")),
        number=_text(fields.get("number")),
        body=json.dumps(fields, indent=2, ensure_ascii=False) if fields else message.body.decode(errors="replace"),
        headers={name: str(value) for name, value in sorted(message.headers.items())},
    )


def reborn(message: AbstractIncomingMessage) -> Message:
    """The same message, with the same id, as it was before its first attempt."""
    return Message(
        message.body,
        headers={name: value for name, value in message.headers.items() if not name.startswith(OLD_NEWS)},
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        type=message.type,
        timestamp=message.timestamp,
    )


def _death(message: AbstractIncomingMessage, queue: str) -> Mapping[str, Any]:
    """The broker's own note about its dying in `queue`; a retried message may carry notes of other queues."""
    notes: Any = message.headers.get("x-death")
    if not isinstance(notes, list):
        return {}
    return next((note for note in notes if isinstance(note, dict) and note.get("queue") == queue), {})


def _broker_words(death: Mapping[str, Any]) -> str:
    match death.get("reason"):
        case "delivery_limit":
            return "returned too often: its consumers crashed or lost their connection again and again"
        case "rejected":
            return "rejected by its consumer"
        case other:
            return str(other or "")


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
