"""A tickets service of one ticket, and intake's doors in front of it, all in this process."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from services.intake import faq_api, follow, information, new_link
from services.intake.api import Door
from services.intake.faq import Faq
from services.intake.followed import Requests
from services.intake.guard import Guard
from services.intake.guide import Guide, Shown
from services.intake.handlers import Desk
from services.intake.known import Known
from services.intake.refusals import on_error, on_http_error
from services.intake.waiting import Waiting
from shared.blobs import Blobs
from shared.broker import Bus
from shared.config import Settings
from shared.errors import Conflict, DependencyDown, NotFound, SportelloError
from shared.forms import Forms
from shared.forms.guarding import Guarding
from shared.identity import follow_token, information_token, submission_token
from shared.ids import digest
from shared.internal import InternalClient
from shared.policy import Person
from shared.queues import Queues
from shared.reload import Kept
from shared.scan import Scan
from shared.usual import Usual
from tests.unit.samples import NOON

KEY = "k" * 40
TICKET = "5f0c3c3e-0000-5000-8000-000000000001"
ARTICLE = "5f0c3c3e-0000-5000-8000-00000000000a"
NUMBER = "20261123000013"
CONFIG = Path(__file__).parents[3] / "config"
FORMS = Forms.load(CONFIG)


def letter(kind: str, **changes: Any) -> dict[str, Any]:
    """An article as tickets gives it to a holder."""
    return {"id": f"article-{kind}", "kind": kind, "at": NOON.isoformat(), "delivery": "sent", **changes}


def asking(*fields: str, article: str = ARTICLE) -> dict[str, Any]:
    """What is being asked now."""
    return {"article": article, "fields": list(fields), "at": (NOON + timedelta(hours=1)).isoformat()}


class FakeTickets(InternalClient):
    """One ticket, about credentials. `replies`: the bodies that were written, each once."""

    def __init__(self, **view: Any) -> None:
        self.view: dict[str, Any] = {
            "id": TICKET,
            "number": NUMBER,
            "state": "open",
            "form": "credentials",
            "version": 1,
            "language": "it",
            "articles": [],
            "earlier": None,
            "information": None,
            "merged_into": None,
            **view,
        }
        self.replies: list[dict[str, Any]] = []
        # What it answers next, once: a fault on the way to it, or on the way back.
        self.down = False
        self.refusing: SportelloError | None = None
        self.cut = False
        # Whether the time in which writing reopens it is over.
        self.long_closed = False
        self._done: dict[str, tuple[str, Any]] = {}

    async def get(self, path: str, person: Person, **params: Any) -> Any:
        self._check(path, person)
        return self.view

    async def post(self, path: str, person: Person, body: Any, key: str) -> Any:
        self._check("/".join(path.split("/")[:3]), person)
        if self.refusing and not path.endswith("/replies"):
            raise self.refusing
        if key not in self._done:
            self._done[key] = (digest(body), self._reply(body) if path.endswith("/replies") else {})
        said, answer = self._done[key]
        assert said == digest(body), "the same key with another body"
        if self.cut:
            self.cut = False
            raise DependencyDown
        return answer

    async def close(self) -> None:
        pass

    def _check(self, path: str, person: Person) -> None:
        if self.down:
            raise DependencyDown
        if path != f"/tickets/{person.ticket}" or person.ticket != TICKET:
            raise NotFound

    def _reply(self, body: dict[str, Any]) -> Any:
        if self.refusing:
            raise self.refusing
        asked = self.view["information"]
        if body["information"] and (asked is None or asked["article"] != body["information"]):
            raise Conflict("This question was answered already.", code="information_over")
        self.replies.append(body)
        names = ["ticket.replied.v1"]
        if body["information"]:
            self.view["information"] = None
        if self.long_closed:
            names.append("ticket.split.v1")
        elif self.view["state"].startswith("closed"):
            self.view["state"] = "open"
            names.append("ticket.reopened.v1")
        return {"ticket_id": TICKET, "number": NUMBER, "seq": 9, "facts": [{"name": name} for name in names]}


def doors(tickets: FakeTickets, usual: Usual | None = None, rules: Guarding | None = None) -> FastAPI:
    """The two doors, with files kept in memory."""
    settings = Settings(intake_url="http://forms.example", signing_key=KEY, internal_key=KEY)
    blobs = Blobs("memory:///")
    app, requests = FastAPI(), Requests(tickets, blobs)
    guard = Guard(settings, Kept([], lambda: rules or Guarding()), Known(), requests)
    queues = Queues.load(CONFIG)
    shown = Shown(FORMS, queues, Guide.load(CONFIG, FORMS, queues))
    desk = Desk(Bus("", "intake"), blobs, Waiting(), 0, Scan(), guard)
    usual = usual or Usual(tickets, "intake")
    door = Door(settings, shown, desk, requests, Kept([], lambda: Faq.load(CONFIG, FORMS)), usual)
    app.include_router(faq_api.routes(door))
    app.add_exception_handler(SportelloError, on_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.include_router(follow.routes(door, requests))
    app.include_router(information.routes(door, requests))
    app.include_router(new_link.routes(door, requests))
    return app


def browser(
    tickets: FakeTickets, accept: str = "text/html", language: str = "it", usual: Usual | None = None
) -> httpx.AsyncClient:
    """Somebody with a browser; `accept` json: a program."""
    headers = {"Accept": accept, "Accept-Language": language}
    transport = httpx.ASGITransport(app=doors(tickets, usual))
    return httpx.AsyncClient(transport=transport, base_url="http://forms.example", headers=headers)


def follow_link(ticket: str = TICKET) -> str:
    """The address of the request's page."""
    return f"/submissions/{submission_token(ticket, KEY)}"


def mailed_link(ticket: str = TICKET) -> str:
    """The same by the link that mails carry."""
    return f"/requests/{follow_token(ticket, 0, KEY)}"


def information_link(article: str = ARTICLE, ticket: str = TICKET) -> str:
    """The address in a request for information."""
    return f"/information/{information_token(ticket, article, KEY)}"
