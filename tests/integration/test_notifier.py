"""The whole service on real servers: facts in, mails and facts out."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import httpx
import pytest
from fastapi import FastAPI

from demo.ports import free_port
from services.notifier.app import build
from shared.broker import Bus
from shared.config import Settings
from shared.events import MailSent, TicketOpened, TicketTaken
from shared.identity import internal_token, read_submission_token
from shared.ids import mail_id
from shared.mongo import Database
from shared.policy import Person
from tests.conftest import eventually
from tests.integration.mailserver import MailServer
from tests.unit.notifier.samples import opened, someone, taken
from tests.unit.samples import GIULIA, LUCA

pytestmark = pytest.mark.integration

KEY = "k" * 40


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with MailServer(free_port()).running() as server:
        yield server


@pytest.fixture
async def copies(post: MailServer, amqp_url: str, store_url: str) -> AsyncIterator[list[FastAPI]]:
    """Two copies of notifier."""
    prefix = f"t_{secrets.token_hex(6)}"
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store_url,
        mongo_prefix=prefix,
        smtp_url=post.url,
        internal_key=KEY,
        signing_key=KEY,
        intake_url="https://forms.example/",
        portal_url="https://portal.example",
        mail_timeout=5,
    )
    async with AsyncExitStack() as stack:
        apps = [build(settings) for _ in range(2)]
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield apps
    database = Database(store_url, f"{prefix}_notifier")
    await database.drop()
    await database.close()


async def get(app: FastAPI, path: str, person: Person | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {internal_token(person, KEY)}"} if person else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as client:
        return await client.get(path, headers=headers)


async def ready(app: FastAPI) -> bool:
    return (await get(app, "/health/ready")).status_code == 204


async def test_each_fact_is_one_mail_and_one_fact_however_often_it_comes(
    copies: list[FastAPI], post: MailServer, amqp_url: str
) -> None:
    for app in copies:
        await eventually(partial(ready, app))
    heard: list[MailSent] = []
    tickets = Bus(amqp_url, "tickets")

    @tickets.hears(MailSent)
    async def on_mail_sent(event: MailSent) -> None:
        heard.append(event)

    await tickets.start()
    await asyncio.wait_for(tickets.connected.wait(), 10)
    unknown = someone(verified=False, email="nobody@x.example")
    facts: list[TicketOpened | TicketTaken] = [
        *(opened(), opened(language="en", requester=unknown)),
        *(taken(), taken(mail=None)),
    ]
    for fact in facts * 3:
        await tickets.publish(fact)
    await eventually(lambda: len({event.mail_id for event in heard}) == 3)
    assert len(post.received) == 3

    owed = {mail_id(fact.event_id, fact.requester.email): fact for fact in facts[:3]}
    assert {event.mail_id for event in heard} == owed.keys()
    for event in heard:
        fact = owed[event.mail_id]
        assert fact.mail
        assert (event.ticket_id, event.article_id, event.cause_id) == (fact.ticket_id, fact.mail.id, fact.event_id)
        (mail,) = [each for each in post.received if each.message["Message-ID"] == event.message_id]
        assert (mail.recipient, str(mail.message["Subject"])) == (fact.requester.email, event.subject)

    (mail,) = post.to("nobody@x.example")
    text = mail.message.get_body(("plain",))
    assert text
    (link,) = [word for word in text.get_content().split() if word.startswith("https://forms.example/submissions/")]
    holder = read_submission_token(link.rpartition("/")[2], KEY)
    assert holder.ticket == facts[1].ticket_id
    await tickets.stop()


async def test_operators_see_what_became_of_a_mail_and_nobody_else_does(
    copies: list[FastAPI], post: MailServer, amqp_url: str
) -> None:
    post.at_rcpt["gone@x.example"] = ["550 no such person"]
    event = opened(requester=someone(email="gone@x.example"))
    tickets = Bus(amqp_url, "tickets")
    await tickets.start()
    await asyncio.wait_for(tickets.connected.wait(), 10)
    await tickets.publish(event)
    app, path = copies[0], f"/mails?ticket={event.ticket_id}"

    async def refused() -> dict[str, object] | None:
        items = (await get(app, path, GIULIA)).json()["items"]
        return items[0] if items and items[0]["state"] == "refused" else None

    found = await eventually(refused)
    assert found
    assert (found["reason"], found["attempts"], found["next_try"]) == ("550 no such person", 1, None)
    assert "text" not in found
    full = (await get(app, f"/mails/{found['id']}", GIULIA)).json()
    assert full["text"].startswith("Ciao Chiara Russo")
    for each in (path, f"/mails/{found['id']}"):
        assert (await get(app, each, LUCA)).status_code == 403
        assert (await get(app, each)).status_code == 401
    assert (await get(app, "/mails/unknown", GIULIA)).status_code == 404
    await tickets.stop()
