"""The running system as a test meets it: forms go in over HTTP, mails and pages come out."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from demo.stack import Stack
from shared.events import Requester
from shared.identity import internal_token, site_context
from shared.ids import random_id
from shared.internal import InternalClient
from shared.policy import Person, Role
from tests.conftest import eventually

GIULIA = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}), groups=frozenset())
MARCO = Person(id="marco.ferri", name="Marco Ferri", roles=frozenset({Role.OPERATOR}), groups=frozenset())
# Second level, of other queues: acts on every ticket all the same (S13).
EMMA = Person(id="emma.clarke", name="Emma Clarke", language="en", roles=frozenset({Role.OPERATOR}))
LUCA = Person(
    id="luca.bianchi", name="Luca Bianchi", email="luca.bianchi@studenti.example", roles=frozenset({Role.USER})
)
CHIARA = Person(
    id="chiara.russo", name="Chiara Russo", email="chiara.russo@studenti.example", roles=frozenset({Role.USER})
)

VALUES: dict[str, Any] = {
    "role": "student",
    "kind": "password",
    "description": "Non riesco più a entrare nei servizi online: la password non viene accettata.",
}


def a_form(email: str = "ada.rossi@studenti.example", **changes: Any) -> dict[str, Any]:
    """The form "Problemi con le credenziali", filled in."""
    return {"name": "Ada Rossi", "email": email, **VALUES, **changes}


@dataclass
class Sent:
    """One submission as its sender knows it; `answers` are the statuses of all tries."""

    key: str
    email: str
    answers: list[int] = field(default_factory=list)
    number: str | None = None
    status_url: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the sender was told that it is stored."""
        return bool(self.answers) and self.answers[-1] in (201, 202)


class System:
    """One stack, with the clients of a sender and of an operator."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.intake = httpx.AsyncClient(base_url=stack.urls.intake, timeout=15)
        self.tickets = InternalClient(stack.urls.tickets, stack.internal_key)
        self.routing = InternalClient(stack.urls.routing, stack.internal_key)
        self.notifier = InternalClient(stack.urls.notifier, stack.internal_key)

    async def close(self) -> None:
        """Close the clients."""
        await self.intake.aclose()
        await self.tickets.close()
        await self.routing.close()
        await self.notifier.close()

    async def send(self, values: dict[str, Any], form: str = "credentials", **headers: str) -> httpx.Response:
        """POST a form as JSON."""
        return await self.intake.post(
            f"/forms/{form}/submissions", json=values, headers={"Accept": "application/json", **headers}
        )

    async def send_until_accepted(self, email: str, seconds: float = 120) -> Sent:
        """Send a form; repeat it with its key while the answer is 503 or the connection is cut."""
        sent = Sent(key=random_id(), email=email)
        async with asyncio.timeout(seconds):
            while not sent.accepted:
                try:
                    answer = await self.send(a_form(email), **{"Idempotency-Key": sent.key})
                except httpx.TransportError:
                    sent.answers.append(0)
                else:
                    sent.answers.append(answer.status_code)
                    if answer.status_code not in (201, 202, 503):
                        raise AssertionError(f"{answer.status_code}: {answer.text}")
                    if sent.accepted:
                        sent.number = answer.json().get("number")
                        sent.status_url = answer.json()["status_url"]
                        break
                await asyncio.sleep(0.2)
        return sent

    async def all_tickets(self, **wanted: Any) -> list[dict[str, Any]]:
        """Every user's ticket; `level=2`: every question."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self.tickets.get("/tickets", GIULIA, limit=200, after=cursor, **{"level": 1, **wanted})
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    async def ticket_of(self, email: str) -> dict[str, Any] | None:
        """The whole ticket whose requester has this address."""
        for summary in await self.all_tickets():
            if summary["requester"]["email"] == email:
                view: dict[str, Any] = await self.tickets.get(f"/tickets/{summary['number']}", GIULIA)
                return view
        return None

    async def take(self, ticket: dict[str, Any], person: Person = GIULIA, key: str | None = None) -> Any:
        """Take in charge, having seen the ticket as given."""
        return await self.wish(ticket, "take", person, key=key)

    async def opened(self, person: Person | None = None, **changes: Any) -> dict[str, Any]:
        """A new ticket of somebody with an address of their own; of `person`, vouched for by the portal, if given."""
        email = person.email if person else f"ada-{random_id()[:8]}@studenti.example"
        values = a_form(changes.pop("email", email), **changes)
        site = {}
        if person:
            requester = Requester(name=person.name, email=email, verified=True, subject=person.id)
            values["_context"] = site_context("portal", requester, self.stack.settings["SPORTELLO_SIGNING_KEY"])
            site = {"site": "portal"}
        answer = await self.intake.post("/forms/credentials/submissions", json=values, params=site)
        assert answer.status_code in (201, 202), answer.text

        async def number() -> str | None:
            status = await self.intake.get(answer.json()["status_url"], headers={"Accept": "application/json"})
            return status.json().get("number") if status.status_code == 200 else None

        return await self.view(answer.json().get("number") or await eventually(number, timeout=30))

    async def view(self, ticket: dict[str, Any] | str, person: Person = GIULIA) -> dict[str, Any]:
        """The ticket as `person` is shown it."""
        name = ticket if isinstance(ticket, str) else ticket["id"]
        found: dict[str, Any] = await self.tickets.get(f"/tickets/{name}", person)
        return found

    async def wish(
        self, ticket: dict[str, Any], verb: str, person: Person = GIULIA, key: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """POST a verb, having seen the ticket as given (`seen` in `body` says otherwise)."""
        wished = {"seen": ticket["seq"], **body} if verb != "replies" else body
        path = f"/tickets/{ticket['id']}/{verb}"
        done: dict[str, Any] = await self.tickets.post(path, person, wished, key or random_id())
        return done

    async def asked(self, root: dict[str, Any], person: Person = GIULIA, **given: Any) -> dict[str, Any]:
        """A question to the second level, once routing has found its queue and it is open."""
        root = await self.view(root)
        done = await self.wish(root, "questions", person, **{"title": "Account", "text": "È attivo?", **given})
        asked = done["facts"][-1]["event_id"]
        article = next(
            row["data"]["article"]["id"] for row in (await self.view(root))["journal"] if row["event_id"] == asked
        )

        def number(view: dict[str, Any]) -> Any:
            return next(each["child"]["number"] for each in view["questions"] if each["article"] == article)

        return await self.view(number(await self.until(root, number)))

    async def inbox(self, person: Person, **wanted: Any) -> list[dict[str, Any]]:
        """All notices of a person, the newest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self.notifier.get("/inbox", person, limit=100, after=cursor, **wanted)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    async def until(self, ticket: dict[str, Any], check: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The ticket as an operator sees it, once `check` holds of it."""

        async def seen() -> dict[str, Any] | None:
            view = await self.view(ticket)
            return view if check(view) else None

        found: dict[str, Any] = await eventually(seen, timeout=30)
        return found

    async def mail(self, email: str, words: str) -> dict[str, Any]:
        """The one mail to an address with `words` in its subject or text, once it has come."""

        async def found() -> list[dict[str, Any]]:
            mails = await self.mails_to(email)
            return [mail for mail in mails if words in mail["subject"] or words in mail["text"]]

        (mail,) = await eventually(found, timeout=30)
        return dict(mail)

    async def mails_to(self, email: str) -> list[dict[str, Any]]:
        """What the mail catcher holds for an address."""
        return await asyncio.to_thread(self.stack.mails.all, to=email)

    def as_person(self, person: Person) -> dict[str, str]:
        """The headers of a call for `person`."""
        return {"Authorization": f"Bearer {internal_token(person, self.stack.internal_key)}"}
