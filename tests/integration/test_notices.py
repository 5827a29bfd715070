"""Notices through the running service: facts in; inboxes, mails and digests out, each once, whatever happens."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from demo.ports import free_port
from services.notifier.app import build
from services.notifier.choices import Choices
from services.notifier.digest_lists import DigestLists
from services.notifier.digest_loop import DigestLoop
from services.notifier.digests import Slot, read_slot
from services.notifier.inbox import Inbox
from services.notifier.notice_mails import NoticeMails
from services.notifier.preferences import When
from services.notifier.repository import OutgoingMails
from shared.blobs import folder_url
from shared.broker import Bus
from shared.config import Settings
from shared.events import Actor, ActorKind, Event, NoticeAdded, PersonRef, RootEvent, TicketNoted
from shared.identity import internal_token
from shared.live import LiveQueue
from shared.mongo import Database
from shared.people import People
from shared.policy import Person
from shared.queues import Queues
from tests.conftest import eventually
from tests.integration.mailserver import MailServer
from tests.unit.notifier.facts import FACTS, TYPED, a_fact, ref
from tests.unit.notifier.samples import CONFIG, TEMPLATES, Links, write
from tests.unit.notifier.test_sentences import MAILS, SENTENCES
from tests.unit.samples import LUCA

pytestmark = pytest.mark.integration

KEY = "k" * 40
QUEUES = Queues.load(CONFIG)
PEOPLE = People.load(CONFIG, QUEUES)
SARA, PAOLO, EMMA = "sara.lombardi", "paolo.greco", "emma.clarke"


def who(person_id: str) -> Person:
    person = PEOPLE.get(person_id)
    assert person
    return person


class Office:
    """Copies of notifier, a mail server, and who says facts."""

    def __init__(self, settings: Settings, apps: list[FastAPI], post: MailServer, bus: Bus) -> None:
        self.settings = settings
        self.apps = apps
        self.post = post
        self.bus = bus

    async def call(
        self, method: str, path: str, person: Person, body: object = None, key: str | None = None, copy: int = 0
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {internal_token(person, KEY)}"}
        if key:
            headers["Idempotency-Key"] = key
        transport = httpx.ASGITransport(self.apps[copy])
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
            return await client.request(method, path, headers=headers, json=body)

    async def inbox(self, person_id: str, query: str = "") -> Any:
        return (await self.call("GET", f"/inbox?language=it{query}", who(person_id))).json()

    async def choose(self, person_id: str, **wish: object) -> httpx.Response:
        """Save preferences, and wait until every copy goes by them."""
        shown = (await self.call("GET", "/preferences", who(person_id))).json()
        answer = await self.call("POST", "/preferences", who(person_id), {"version": shown["version"], **wish})

        async def known() -> bool:
            everywhere = [await app.state.choices.all() for app in self.apps]
            return all(person_id in chosen for chosen in everywhere)

        if answer.status_code == 200:
            await eventually(known)
        return answer

    async def has(self, person_id: str, count: int) -> bool:
        return len((await self.inbox(person_id, "&limit=100"))["items"]) >= count

    async def say(self, *facts: RootEvent) -> None:
        for fact in facts:
            await self.bus.publish(fact)


@pytest.fixture
async def office(amqp_url: str, store_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """Two copies; the mail server is not there until a test starts it."""
    post, prefix = MailServer(free_port()), f"t_{secrets.token_hex(6)}"
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store_url,
        mongo_prefix=prefix,
        smtp_url=post.url,
        blobs_url=folder_url(tmp_path),
        internal_key=KEY,
        signing_key=KEY,
        intake_url="https://forms.example/",
        portal_url="https://portal.example",
        mail_timeout=5,
    )
    bus = Bus(amqp_url, "tickets")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    async with AsyncExitStack() as stack:
        apps = [build(settings) for _ in range(2)]
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
        found = Office(settings, apps, post, bus)

        async def ready() -> bool:
            return all([(await found.call("GET", "/health/ready", LUCA, copy=i)).status_code == 204 for i in (0, 1)])

        await eventually(ready)
        yield found
    await bus.stop()
    database = Database(store_url, f"{prefix}_notifier")
    await database.drop()
    await database.close()


async def test_s10_the_responsible_hears_of_every_fact_once_however_often_it_comes(office: Office) -> None:
    facts = [a_fact(fact, responsible=ref(SARA), number=f"2026112300{i:04d}") for i, fact in enumerate(FACTS)]
    await office.say(*facts, *reversed(facts))
    async with office.post.running():
        await eventually(partial(office.has, SARA, len(FACTS)), 30)
        page = await office.inbox(SARA, "&limit=100")
        assert sorted(item["fact"] for item in page["items"]) == [fact.name for fact in FACTS]
        assert page["unread"] == len(FACTS)
        by_number = {fact.number: fact for fact in facts}
        for item in page["items"]:
            fact = by_number[item["ticket"]["number"]]
            assert (item["why"][0], item["read"], item["ticket"]["id"]) == ("responsible", False, fact.ticket_id)
            assert item["reason"].startswith("sei responsabile")
            assert TYPED not in str(item)
        mailed = {"assigned", "mention", "answered", "trouble", "overdue"}
        owed = [item for item in page["items"] if item["kind"] in mailed]
        await eventually(lambda: len(office.post.to("sara.lombardi@ateneo.example")) == len(owed), 20)
    # In the owner's and the watchers' inboxes there is nothing of it: they were nobody.
    assert (await office.inbox(PAOLO))["items"] == []


async def test_the_inbox_fills_while_no_mail_can_leave_and_open_pages_are_told(office: Office) -> None:
    told: list[NoticeAdded] = []

    async def hear(event: Event) -> None:
        assert isinstance(event, NoticeAdded)
        told.append(event)

    live = LiveQueue(office.settings.amqp_url, "portal", (NoticeAdded,), hear, lambda: None)
    await live.start()
    await asyncio.wait_for(live.connected.wait(), 10)
    event = a_fact(TicketNoted, mentions=(ref(SARA),), owner=ref(EMMA))
    await office.say(event, event)
    await eventually(partial(office.has, SARA, 1))
    (item,) = (await office.inbox(SARA))["items"]
    assert (item["says"], item["kind"]) == ("Giulia Conti ti ha nominato in una nota", "mention")
    assert (item["article"], item["by"]["name"]) == (getattr(event, "article").id, "Giulia Conti")  # noqa: B009
    await eventually(lambda: {each.person for each in told} == {SARA, EMMA})
    async with office.post.running():
        await eventually(lambda: office.post.to("sara.lombardi@ateneo.example"), 30)
    # The owner reads notes in the inbox only.
    assert office.post.to("emma.clarke@ateneo.example") == []
    await live.stop()


async def test_whoever_stands_in_gets_notice_and_mail_instead(office: Office) -> None:
    until = "2099-01-01T08:00:00+01:00"
    assert (await office.choose(SARA, away={"until": until, "deputy": PAOLO})).status_code == 200
    handed = next(fact for fact in FACTS if fact.name == "ticket.handed_over.v1")

    await office.say(a_fact(handed, owner=ref(SARA)))
    async with office.post.running():
        await eventually(lambda: office.post.to("paolo.greco@ateneo.example"), 20)
        (item,) = [each for each in (await office.inbox(PAOLO))["items"] if each["fact"] == handed.name]
        assert (item["why"], item["instead_of"]) == (["deputy"], [{"id": SARA, "name": "Sara Lombardi"}])
        assert item["reason"] == "sostituisci Sara Lombardi"
        await eventually(partial(office.has, SARA, 1))
    assert office.post.to("sara.lombardi@ateneo.example") == []


async def test_each_operator_reads_only_their_own_and_users_none(office: Office) -> None:
    await office.say(*(a_fact(FACTS[i % 5], owner=ref(SARA), number=f"202611230{i:04d}") for i in range(7)))
    await eventually(partial(office.has, SARA, 7))
    first = await office.inbox(SARA, "&limit=3")
    second = await office.inbox(SARA, f"&limit=10&after={first['next']}")
    assert len({item["id"] for item in (*first["items"], *second["items"])}) == 7
    assert second["next"] is None
    await office.say(a_fact(FACTS[0], owner=ref(SARA)))
    await eventually(partial(office.has, SARA, 8))
    read = await office.call("POST", "/inbox/read", who(SARA), {"until": first["until"]}, key="batch")
    assert read.json() == {"mark": "batch", "changed": 7, "unread": 1}
    counted = (await office.call("GET", "/inbox/unread", who(SARA), copy=1)).json()
    assert counted["unread"] == sum(counted["by_kind"].values()) == 1
    undone = await office.call("POST", "/inbox/unread", who(SARA), {"mark": "batch"})
    assert (undone.json()["changed"], undone.json()["unread"]) == (7, 8)
    for wish in ({}, {"ids": ["x"], "until": first["until"]}, {"until": "x"}):
        assert (await office.call("POST", "/inbox/read", who(SARA), wish)).status_code == 422
    one = first["items"][0]["id"]
    assert (await office.call("POST", "/inbox/read", who(PAOLO), {"ids": [one]})).json()["changed"] == 0
    assert (await office.inbox(SARA, "&after=x")).get("status") == 422
    for method, path in (("GET", "/inbox"), ("GET", "/inbox/unread"), ("POST", "/inbox/read"), ("GET", "/preferences")):
        assert (await office.call(method, path, LUCA, {"ids": [one]})).status_code == 403


async def test_preferences_are_checked_and_two_pages_do_not_overwrite_each_other(office: Office) -> None:
    shown = (await office.call("GET", "/preferences?language=it", who(SARA))).json()
    assert (shown["version"], shown["queues"], shown["own_queues"]) == (0, ["students", "fees"], False)
    assert (shown["mail"]["assigned"], shown["mail"]["note"]) == ("now", "never")
    assert shown["kinds"][0] == {"id": "assigned", "name": "Un ticket è affidato a me"}
    bad = await office.choose(SARA, mail={"party": "now"}, queues=["lunch"])
    assert bad.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in bad.json()["errors"]] == [
        ("mail.party", "unknown_kind"),
        ("queues", "unknown_queue"),
    ]
    for unheard in ({"version": 10**30}, {"away": {"until": "9999-12-31T23:59:00-12:00", "deputy": PAOLO}}):
        assert (await office.choose(SARA, **unheard)).status_code == 422
    wish = {"version": 0, "mail": {"note": "daily"}, "queues": [], "language": "en"}
    wishes = ({**wish, "mail": {"note": when}} for when in ("daily", "hourly"))
    answers = await asyncio.gather(
        *(office.call("POST", "/preferences", who(SARA), each, copy=copy) for copy, each in enumerate(wishes))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = "daily" if answers[0].status_code == 200 else "hourly"
    saved = (await office.call("GET", "/preferences", who(SARA))).json()
    assert (saved["version"], saved["queues"], saved["own_queues"], saved["language"]) == (1, [], True, "en")
    assert (saved["mail"]["note"], saved["mail"]["assigned"]) == (won, "now")


class Killed(Exception):
    """The process ends here."""


class DyingMails(NoticeMails):
    def digest(self, *_: Any) -> Any:
        raise Killed


class DyingLists(DigestLists):
    async def finish(self, slot: Slot) -> None:
        raise Killed


class DyingInbox(Inbox):
    async def put(self, *_: Any) -> None:
        raise Killed


class Press:
    """Digest loops over the office's own store, with a clock that tests move."""

    def __init__(self, settings: Settings) -> None:
        self.now = time.time()
        self.database = Database(settings.mongo_url, f"{settings.mongo_prefix}_notifier")
        self.inbox, self.outgoing = Inbox(self.database), OutgoingMails(self.database)

    def loop(self, dies: str = "") -> DigestLoop:
        """One copy; `dies`: after this step of each digest."""
        mails = DyingMails(TEMPLATES, QUEUES, Links(), SENTENCES, write()) if dies == "freeze" else MAILS
        lists = DyingLists(self.database) if dies == "owe" else DigestLists(self.database)
        inbox = DyingInbox(self.database) if dies == "finish" else self.inbox
        choices = Choices(self.database)
        return DigestLoop(inbox, lists, self.outgoing, mails, choices, PEOPLE, QUEUES, lambda: self.now, patience=0)

    async def slots(self) -> set[Slot]:
        """All that somebody waits for."""
        return {read_slot(text) for text in await self.inbox.due_slots(self.now + 10 * 86400)}


@pytest.mark.parametrize("dies", ["", "freeze", "owe", "finish"])
async def test_a_digest_is_one_mail_with_everything_in_it_with_two_loops_and_a_crash_anywhere(
    office: Office, dies: str
) -> None:
    await office.choose(SARA, mail={"note": "hourly", "state": "daily"}, queues=[])
    closed = next(fact for fact in FACTS if fact.name == "ticket.closed.v1")
    notes = [a_fact(TicketNoted, owner=ref(SARA), number=f"2026112399{i:04d}") for i in range(30)]
    await office.say(*notes, *notes, a_fact(closed, owner=ref(SARA)))
    await eventually(partial(office.has, SARA, 31), 20)
    press = Press(office.settings)
    hourly = min(slot for slot in await press.slots() if slot.often is When.HOURLY)
    press.now = hourly.at + 3601.0
    await press.loop(dies).round()
    loops = [press.loop(), press.loop()]
    await asyncio.gather(*(loop.round() for loop in loops for _ in range(2)))
    assert await press.inbox.due_slots(press.now) == []
    address = "sara.lombardi@ateneo.example"
    async with office.post.running():
        await eventually(lambda: office.post.to(address), 20)
        before = len(office.post.to(address))
        # One that comes after its slot was frozen goes with the next.
        late = (await press.inbox.of_ids([item["id"] for item in (await office.inbox(SARA))["items"][:1]]))[0]
        await press.inbox.add(late.model_copy(update={"id": "late", "slot": hourly.text, "number": "20261123990099"}))
        await loops[1].round()
        press.now += 3600
        await asyncio.gather(*(loop.round() for loop in loops))
        await eventually(lambda: len(office.post.to(address)) == before + 1, 20)
    texts = [str(mail.message.get_body(("plain",))) for mail in office.post.to(address)]
    for number in [note.number for note in notes] + ["20261123990099"]:
        assert sum(number in text for text in texts) == 1
    # What is daily waits for the morning.
    assert {slot.often for slot in await press.slots()} == {When.DAILY}
    await press.database.close()


async def test_what_was_read_before_its_digest_is_not_told_again(office: Office) -> None:
    await office.choose(SARA, mail={"note": "hourly"}, queues=[])
    actor = Actor(id=EMMA, name="Emma Clarke", kind=ActorKind.OPERATOR)
    await office.say(a_fact(TicketNoted, owner=PersonRef(id=SARA, name="Sara"), actor=actor))
    await eventually(partial(office.has, SARA, 1))
    await office.call("POST", "/inbox/read", who(SARA), {"until": (await office.inbox(SARA))["until"]})
    press = Press(office.settings)
    press.now += 3601
    assert await press.loop().round() == 0
    assert await press.slots() == set()
    await press.database.close()
