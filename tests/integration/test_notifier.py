"""The whole service on real servers: facts in, mails and facts out."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from demo.ports import free_port
from services.notifier.app import build
from shared.blobs import folder_url
from shared.broker import Bus
from shared.config import Settings
from shared.events import (
    InformationRequested,
    MailFailed,
    MailSent,
    TicketAnswered,
    TicketClosed,
    TicketOpened,
    TicketReminded,
    TicketReopened,
    TicketTaken,
)
from shared.identity import internal_token, read_follow_token, read_information_token, read_internal_token
from shared.ids import mail_id
from shared.mongo import Database
from shared.policy import Person
from tests.conftest import eventually
from tests.integration.house import serving
from tests.integration.mailserver import MailServer, Received
from tests.unit.notifier.samples import (
    answered,
    asked,
    closed,
    forwarded,
    handed_over,
    opened,
    reminded,
    reopened,
    retried,
    someone,
    taken,
    write,
)
from tests.unit.samples import GIULIA, LUCA

pytestmark = pytest.mark.integration

KEY = "k" * 40


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with MailServer(free_port()).running() as server:
        yield server


@pytest.fixture
async def copies(post: MailServer, amqp_url: str, store_url: str, tmp_path: Path) -> AsyncIterator[list[FastAPI]]:
    """Two copies of notifier."""
    prefix = f"t_{secrets.token_hex(6)}"
    knows = FastAPI()

    @knows.get("/answer-times")
    async def times(request: Request) -> dict[str, Any]:
        assert read_internal_token(request.headers["Authorization"].removeprefix("Bearer "), KEY).id == "notifier"
        return {"queues": {"fees": {"answered": 10, "median": 20.0, "usual": 40.0}}}

    @knows.get("/health/ready", status_code=204)
    async def standing() -> None:
        return None

    port = free_port()
    settings = Settings(
        tickets_urls=f"http://127.0.0.1:{port}",
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
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(knows, port))
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


OwesMail = (
    TicketOpened | TicketTaken | InformationRequested | TicketReminded | TicketAnswered | TicketClosed | TicketReopened
)


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
    facts: list[OwesMail] = [
        *(opened(), opened(language="en", requester=unknown)),
        *(taken(), asked(), reminded(), answered(), closed(), reopened()),
        *(taken(mail=None), closed(mail=None), reopened(mail=None)),
    ]
    for fact in facts * 3:
        await tickets.publish(fact)
    await eventually(lambda: len({event.mail_id for event in heard}) == 8, 20)
    assert len(post.received) == 8

    owed = {mail_id(fact.event_id, fact.requester.email): fact for fact in facts[:8]}
    assert {event.mail_id for event in heard} == owed.keys()
    for event in heard:
        fact = owed[event.mail_id]
        assert fact.mail
        assert (event.ticket_id, event.article_id, event.cause_id) == (fact.ticket_id, fact.mail.id, fact.event_id)
        (mail,) = [each for each in post.received if each.message["Message-ID"] == event.message_id]
        assert (mail.recipient, str(mail.message["Subject"])) == (fact.requester.email, event.subject)

    (mail,) = post.to("nobody@x.example")
    (link,) = [word for word in text_of(mail).split() if word.startswith("https://forms.example/requests/")]
    holder = read_follow_token(link.rpartition("/")[2], KEY)
    assert (holder.ticket, holder.sent) == (facts[1].ticket_id, False)
    await tickets.stop()


async def test_the_receipt_says_when_its_queue_usually_answers_and_nothing_of_a_queue_nobody_knows(
    copies: list[FastAPI], post: MailServer, amqp_url: str
) -> None:
    for app in copies:
        await eventually(partial(app.state.usual.sentence, "fees", "it"))
    tickets = Bus(amqp_url, "tickets")
    await tickets.start()
    await asyncio.wait_for(tickets.connected.wait(), 10)
    for queue in ("fees", "credentials"):
        await tickets.publish(opened(queue=queue, requester=someone(email=f"{queue}@x.example")))
    await eventually(lambda: len(post.received) == 2, 20)
    fees, credentials = (text_of(post.to(f"{queue}@x.example")[0]) for queue in ("fees", "credentials"))
    sentence = "Di solito rispondiamo entro 2 giorni lavorativi."
    assert sentence in fees.replace(" \r\n", " ").replace(" \n", " ")
    assert "Di solito" not in credentials
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


async def test_a_question_links_to_a_form_of_its_own_and_a_forward_to_nothing(
    copies: list[FastAPI], post: MailServer, amqp_url: str
) -> None:
    tickets = Bus(amqp_url, "tickets")
    await tickets.start()
    await asyncio.wait_for(tickets.connected.wait(), 10)
    question, forward = asked(requester=someone(email="ask@x.example")), forwarded(to="third@x.example")
    for fact in (question, forward):
        await tickets.publish(fact)
    await eventually(lambda: post.to("ask@x.example") and post.to("third@x.example"))
    text = text_of(post.to("ask@x.example")[0])
    (link,) = [word for word in text.split() if word.startswith("https://forms.example/information/")]
    holder, article = read_information_token(link.rpartition("/")[2], KEY)
    assert (holder.ticket, article) == (question.ticket_id, question.mail.id)
    assert "https://" not in text_of(post.to("third@x.example")[0])
    await tickets.stop()


async def test_the_new_owner_gets_a_notice_and_nobody_on_the_bus_hears_of_it(
    copies: list[FastAPI], post: MailServer, amqp_url: str
) -> None:
    heard: list[MailSent | MailFailed] = []
    tickets = Bus(amqp_url, "tickets")

    @tickets.hears(MailSent)
    async def on_mail_sent(event: MailSent) -> None:
        heard.append(event)

    @tickets.hears(MailFailed)
    async def on_mail_failed(event: MailFailed) -> None:
        heard.append(event)

    await tickets.start()
    await asyncio.wait_for(tickets.connected.wait(), 10)
    post.at_rcpt["emma.clarke@ateneo.example"] = ["550 no such person"]
    told, refused, answer = handed_over(), handed_over("emma.clarke"), answered()
    for fact in (told, refused, told, handed_over("giulia.conti"), answer):
        await tickets.publish(fact)
    await eventually(lambda: post.to("marco.ferri@ateneo.example"))
    await eventually(partial(state_of, copies[0], refused.ticket_id, "refused"))
    await eventually(partial(state_of, copies[0], told.ticket_id, "sent"))
    # The answer's fact comes; by then those of the notices would have come too.
    await eventually(lambda: heard)
    assert [event.article_id for event in heard] == [answer.mail.id]
    assert len(post.to("marco.ferri@ateneo.example")) == 1
    assert post.to("giulia.conti@ateneo.example") == []
    await tickets.stop()


async def test_a_retry_that_is_heard_before_its_mail_is_done_when_the_mail_is_there(
    copies: list[FastAPI], post: MailServer, amqp_url: str
) -> None:
    heard: dict[str, MailSent] = {}
    tickets = Bus(amqp_url, "tickets")

    @tickets.hears(MailSent)
    async def on_mail_sent(event: MailSent) -> None:
        heard[event.mail_id] = event

    await tickets.start()
    await asyncio.wait_for(tickets.connected.wait(), 10)
    answer = answered(requester=someone(email="first@x.example"))
    retry = retried(write().answer(answer), "second@x.example")
    for fact in (retry, retry, answer):
        await tickets.publish(fact)
    # The ladder's first rung is five seconds.
    await eventually(lambda: len(heard) == 2, 30)
    assert [len(post.to(f"{who}@x.example")) for who in ("first", "second")] == [1, 1]
    assert {event.article_id for event in heard.values()} == {answer.mail.id}
    assert mail_id(retry.event_id, "second@x.example") in heard
    await tickets.stop()


def text_of(mail: Received) -> str:
    """The text part."""
    part = mail.message.get_body(("plain",))
    assert part
    return str(part.get_content())


async def state_of(app: FastAPI, ticket: str, state: str) -> bool:
    """Whether the ticket's only mail has this state."""
    items = (await get(app, f"/mails?ticket={ticket}", GIULIA)).json()["items"]
    return [item["state"] for item in items] == [state]
