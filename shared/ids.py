"""Ids come from their cause: the same wish, however often it comes, has the same id."""

import hashlib
import json
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

SPORTELLO = uuid5(NAMESPACE_URL, "sportello")


def derived(*parts: object) -> str:
    """uuid5 over `parts`, joined so that ("a", "bc") and ("ab", "c") differ."""
    return str(uuid5(SPORTELLO, json.dumps([str(part) for part in parts])))


def random_id() -> str:
    """An id with no cause: a submission without a key."""
    return str(uuid4())


def is_id(text: str) -> bool:
    """Whether `text` is a uuid in its usual spelling."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def digest(content: Any) -> str:
    """sha256 (hex) of JSON content, independent of the order of keys."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def submission_id(form: str, site: str, subject: str | None, key: str | None, content_digest: str) -> str:
    """One per form, site, person, key and content; without a key every submission is its own."""
    return derived("submission", form, site, subject or "", key, content_digest) if key else random_id()


def ticket_id(submission: str) -> str:
    """The ticket a submission becomes: intake waits for it before it exists."""
    return derived(submission, 0)


def command_id(ticket: str, actor: str, key: str) -> str:
    """One per ticket, person and idempotency key."""
    return derived("command", ticket, actor, key)


def fact_id(cause: str, position: int) -> str:
    """The n-th fact of one cause."""
    return derived("fact", cause, position)


def mail_id(fact: str, recipient: str) -> str:
    """One mail per fact and recipient."""
    return derived("mail", fact, recipient)
