"""Promise 6: every kind of article against every reader and every mail. What is internal is found nowhere outside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.errors import Forbidden, NotFound, SportelloError
from shared.events import ArticleKind
from shared.identity import follow_token, information_token, submission_token
from shared.ids import random_id
from shared.policy import SEEN_BY_HOLDER, SEEN_BY_REQUESTER, Person, Role, visibility
from tests.system import CHIARA, EMMA, GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.e2e

# No fact of this system brings them yet; the policy calls them internal all the same.
TO_COME = {ArticleKind.CHILD_OPENED, ArticleKind.CHILD_ANSWER, ArticleKind.SYSTEM}


class Lived:
    """A ticket that got every kind of article, with a word of its own in each that a person wrote."""

    def __init__(self, system: System, person: Person | None) -> None:
        self.system = system
        self.person = person
        mark = random_id()[:8]
        self.internal = {name: f"{name}-{mark}" for name in ("nota", "inoltro", "passaggio", "spostata", "etichetta")}
        self.told = {name: f"{name}-{mark}" for name in ("domanda", "risposta", "chiusura")}
        self.typed = {name: f"{name}-{mark}" for name in ("richiesta", "replica")}
        self.third = f"terzi-{mark}@example.org"
        self.ticket: dict[str, Any] = {}

    async def wish(self, verb: str, person: Person = GIULIA, **body: Any) -> None:
        """A verb on the ticket as it is now."""
        self.ticket = await self.system.view(self.ticket)
        await self.system.wish(self.ticket, verb, person, **body)

    async def live(self) -> None:
        """From the first word to the last."""
        system, told, internal = self.system, self.told, self.internal
        words = f"Non riesco a entrare: {self.typed['richiesta']}"
        self.ticket = await system.opened(self.person, description=words)
        requester = self.person or a_holder(self.ticket["id"])
        await self.wish("take")
        await self.wish("notes", text=internal["nota"])
        await self.wish("tags", add=[internal["etichetta"]])
        await self.wish("move", queue="online-services", reason=internal["spostata"])
        await self.wish("hand-over", to=MARCO.id, reason=internal["passaggio"])
        await self.wish("forwards", to=self.third, subject="Un caso", text=internal["inoltro"])
        soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        await self.wish("information-requests", fields=["description"], text=told["domanda"], until=soon)
        await system.until(self.ticket, lambda view: "mail_reminder" in str(view["articles"]))
        await self.wish("replies", requester, text=self.typed["replica"])
        await self.wish("answers", text=told["risposta"])
        await self.wish("close", outcome="closed_unsuccessful", reason=told["chiusura"])
        await self.wish("reopen")
        lost = {"number": self.ticket["number"], "email": self.ticket["requester"]["email"]}
        asker = Person(id="intake", name="", roles=frozenset({Role.SERVICE}))
        await system.tickets.post("/follow-links", asker, lost, random_id())
        self.ticket = await system.until(
            self.ticket, lambda view: all(each["delivery"] in (None, "sent") for each in view["articles"])
        )


def a_holder(ticket: str) -> Person:
    """Whoever has the link of a ticket."""
    return Person(id=f"holder:{ticket}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket)


async def shown(system: System, ticket: dict[str, Any], person: Person) -> Any:
    """What the API shows, or None when it shows nothing."""
    try:
        return await system.view(ticket, person)
    except (NotFound, Forbidden):
        return None


@pytest.mark.parametrize("person", [LUCA, None], ids=["verified", "unverified"])
async def test_nothing_internal_reaches_anybody_outside(system: System, person: Person | None) -> None:
    lived = Lived(system, person)
    await lived.live()
    ticket = lived.ticket
    kinds = {ArticleKind(article["kind"]) for article in ticket["articles"]}
    assert kinds == set(ArticleKind) - TO_COME

    # Readers of the API.
    for operator in (GIULIA, EMMA):
        assert {each["kind"] for each in (await system.view(ticket, operator))["articles"]} == kinds
    owner = await shown(system, ticket, LUCA)
    assert (owner is not None) == (person is not None)
    holder = await shown(system, ticket, a_holder(ticket["id"]))
    assert {each["kind"] for each in holder["articles"]} == SEEN_BY_HOLDER - TO_COME
    service = Person(id="service", name="", roles=frozenset({Role.SERVICE}))
    for stranger in (CHIARA, a_holder(random_id()), service, Person(id="nobody", name="")):
        assert await shown(system, ticket, stranger) is None
    if owner:
        assert {each["kind"] for each in owner["articles"]} == SEEN_BY_REQUESTER
        assert (owner["journal"], owner["links"], owner["tags"]) == ([], [], [])
    outside = [owner, holder, *await lists(system), *await pages(system, ticket)]

    # Mails.
    email = ticket["requester"]["email"]
    mails = [mail for mail in await system.mails_to(email) if ticket["number"] in mail["subject"]]
    sent = [article for article in ticket["articles"] if article["kind"].startswith("mail_")]
    assert len({mail["message_id"] for mail in mails}) == len(sent) - 1  # all but the forward
    for name, word in lived.told.items():
        assert sum(word in mail["text"] for mail in mails) == 1, name
    third = await system.mails_to(lived.third)
    outside += mails
    for name, word in lived.internal.items():
        assert word in str(ticket), name
        assert word not in str(outside), name
        assert (word in str(third)) == (name == "inoltro"), name
    for word in (*lived.told.values(), *lived.typed.values()):
        assert word not in str(third)
    own = await senders_page(system, ticket)
    assert not [name for name, word in lived.internal.items() if word in own]
    if person is None:
        # Nobody verified the address: nothing that was typed goes there, nor to who has the link.
        for word in lived.typed.values():
            assert word not in str(outside)


async def senders_page(system: System, ticket: dict[str, Any]) -> str:
    """What the browser that sent it is shown: more than who has a link, and nothing of ours either."""
    token = submission_token(ticket["id"], system.stack.settings["SPORTELLO_SIGNING_KEY"])
    answer: httpx.Response = await system.intake.get(f"/submissions/{token}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


async def lists(system: System) -> list[Any]:
    """What a user's lists show."""
    found: list[Any] = []
    for person in (LUCA, CHIARA):
        found.append(await system.tickets.get("/tickets", person, limit=200))
        with pytest.raises(SportelloError):
            await system.tickets.get("/tickets/counts", person)
    with pytest.raises(SportelloError):
        await system.tickets.get("/tickets", a_holder(random_id()))
    return found


async def pages(system: System, ticket: dict[str, Any]) -> list[str]:
    """The pages that whoever has a link can open."""
    key = system.stack.settings["SPORTELLO_SIGNING_KEY"]
    asked = [each["id"] for each in ticket["articles"] if each["kind"] == "mail_information_request"]
    addresses = [
        f"/requests/{follow_token(ticket['id'], 0, key)}",
        f"/information/{information_token(ticket['id'], asked[0], key)}",
    ]
    found = []
    for address in addresses:
        for accept in ("text/html", "application/json"):
            answer: httpx.Response = await system.intake.get(address, headers={"Accept": accept})
            assert answer.status_code < 500
            found.append(answer.text)
    portal = httpx.AsyncClient(base_url=system.stack.urls.portal)
    async with portal:
        for path in (f"/tickets/{ticket['number']}", f"/my/{ticket['number']}", "/tickets", "/my", "/dead"):
            answer = await portal.get(path)
            assert answer.status_code in (303, 401, 403, 404), path
            found.append(answer.text)
    return found


def test_every_kind_is_for_the_requester_or_for_us() -> None:
    """A kind that somebody adds is internal until the policy says otherwise."""
    for kind in ArticleKind:
        expected = "requester" if kind in SEEN_BY_REQUESTER else "internal"
        assert visibility(kind) == expected
    assert TO_COME.isdisjoint(SEEN_BY_REQUESTER)
