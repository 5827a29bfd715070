"""Facts, tickets and requests for the portal's tests."""

from datetime import timedelta
from typing import Any

from starlette.requests import Request

from services.portal.tickets import View
from shared.events import (
    SYSTEM,
    ArticleDelivered,
    ArticleKind,
    ArticleRef,
    ChildEvent,
    RootEvent,
    TicketHandedOver,
    TicketOpened,
    TicketRef,
    TicketTaken,
    Waiting,
)
from shared.ids import random_id
from tests.unit.samples import GIULIA, MARCO, NOON, a_requester

NUMBER = "20261123000013"
PARENT = TicketRef(id="parent", number="20261123000040")


def opened(**changes: Any) -> TicketOpened:
    """Luca's request became a ticket."""
    fields: dict[str, Any] = {
        **_facts(),
        "subject": "Credenziali: password dimenticata",
        "form": "credentials",
        "version": 1,
        "site": "demo-site",
        "submitted_at": NOON,
        "rule": "credentials",
        "request": ArticleRef(id=random_id(), kind=ArticleKind.REQUEST),
        "mail": ArticleRef(id=random_id(), kind=ArticleKind.MAIL_RECEIPT),
    }
    return TicketOpened(**{**fields, **changes})


def taken(**changes: Any) -> TicketTaken:
    """Marco was the first to take it."""
    mail = ArticleRef(id=random_id(), kind=ArticleKind.MAIL_TAKEN)
    own = {"subject": "Credenziali", "owner": MARCO.ref, "actor": MARCO.actor, "mail": mail}
    return TicketTaken(**{**_facts(), **own, **changes})


def delivered(kind: ArticleKind) -> ArticleDelivered:
    """A mail of this kind left."""
    return ArticleDelivered(**_facts(), article=ArticleRef(id=random_id(), kind=kind))


def handed_over(**changes: Any) -> TicketHandedOver:
    """Giulia gave it to Marco."""
    fields = {"subject": "Credenziali", "owner": MARCO.ref, "actor": GIULIA.actor, "reason": "Torno lunedì"}
    return TicketHandedOver(**{**_facts(), **fields, **changes})


def any_fact(event: type[RootEvent]) -> RootEvent:
    """A fact of this class about Luca's ticket, or a question of it, with what every fact says and no more."""
    facts = _facts()
    if issubclass(event, ChildEvent):
        facts = {name: value for name, value in facts.items() if name not in ("requester", "language")}
        facts["parent"] = PARENT
    ours = Waiting(for_user=False, since=NOON)
    return event.model_construct(None, **facts, article=ArticleRef(id=random_id(), kind=ArticleKind.NOTE), waiting=ours)


def a_view(**changes: Any) -> View:
    """The ticket as an operator sees it: new, or with its journal when taken."""
    fields: dict[str, Any] = {
        "id": random_id(),
        "number": NUMBER,
        "subject": "Credenziali: password dimenticata",
        "state": "new",
        "queue": "credentials",
        "requester": a_requester(),
        "form": "credentials",
        "version": 1,
        "language": "it",
        "opened_at": NOON,
        "changed_at": NOON,
        "seq": 1,
        "articles": (),
    }
    return View(**{**fields, **changes})


def taken_view(**changes: Any) -> View:
    """The ticket after Marco took it, ten minutes later."""
    row = {
        "event_id": random_id(),
        "name": TicketTaken.name,
        "at": NOON + timedelta(minutes=10),
        "actor": MARCO.actor,
        "seq": 2,
        "queue": "credentials",
        "owner": MARCO.ref,
    }
    return a_view(**{"state": "open", "owner": MARCO.ref, "journal": (row,), **changes})


def a_request(headers: dict[str, str] | None = None, body: bytes = b"", query: str = "") -> Request:
    """A POST of a form to 127.0.0.1:8100, or whatever `headers` say."""
    fields = {"host": "127.0.0.1:8100", "content-type": "application/x-www-form-urlencoded", **(headers or {})}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }
    return Request(scope, receive)


def _facts() -> dict[str, Any]:
    ticket = random_id()
    return {
        "event_id": random_id(),
        "occurred_at": NOON,
        "correlation_id": ticket,
        "cause_id": ticket,
        "actor": SYSTEM,
        "ticket_id": ticket,
        "number": NUMBER,
        "seq": 1,
        "queue": "credentials",
        "requester": a_requester(),
        "language": "it",
    }
