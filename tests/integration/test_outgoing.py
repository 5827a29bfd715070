"""Outgoing mails in the real store, through both drivers: once, in order, never two senders for one mail."""

import asyncio
import time

import pytest

from services.notifier import domain
from services.notifier.domain import MailState
from services.notifier.repository import OutgoingMails
from shared.events import MailSent
from shared.ids import random_id
from shared.mongo import Database
from tests.unit.notifier.samples import a_file, answered, handed_over, opened, retried, someone, taken, write

pytestmark = pytest.mark.integration

MAILS = write()


@pytest.fixture
async def outgoing(database: Database) -> OutgoingMails:
    found = OutgoingMails(database)
    await found.prepare()
    return found


async def test_a_mail_that_is_owed_twice_is_one_row(outgoing: OutgoingMails) -> None:
    added: list[bool] = []
    outgoing.on_added(lambda: added.append(True))
    mail = MAILS.received(opened())
    answers = await asyncio.gather(*(outgoing.add(mail) for _ in range(6)))
    assert sorted(answers) == [False] * 5 + [True]
    assert len(added) == 1
    (row,) = await outgoing.due(time.time(), 10)
    assert row.model_dump(include=set(type(mail).model_fields)) == mail.model_dump()


async def test_a_repeat_does_not_wake_a_mail_that_was_sent(outgoing: OutgoingMails) -> None:
    mail = MAILS.received(opened())
    await outgoing.add(mail)
    (row,) = await outgoing.due(time.time(), 10)
    assert await outgoing.swap(row, domain.sent(row, time.time()))
    assert not await outgoing.add(mail)
    assert await outgoing.due(time.time() + 10**6, 10) == []


async def test_of_eight_who_claim_a_mail_one_gets_it(outgoing: OutgoingMails) -> None:
    for _ in range(5):
        await outgoing.add(MAILS.received(opened()))
    rows = await outgoing.due(time.time(), 10)
    for row in rows:
        claims = [domain.claimed(row, time.time(), 60 + n) for n in range(8)]
        won = await asyncio.gather(*(outgoing.swap(row, claim) for claim in claims))
        assert won.count(True) == 1
        assert await outgoing.find(row.id) == claims[won.index(True)]
    assert await outgoing.due(time.time(), 10) == []
    assert len(await outgoing.due(time.time() + 100, 10)) == 5


async def test_the_longest_due_come_first_and_first_tries_can_be_asked_for_alone(outgoing: OutgoingMails) -> None:
    now = time.time()
    for age in (30, 10, 20):
        mail = MAILS.received(opened())
        await outgoing.add(mail)
        stored = await outgoing.find(mail.id)
        assert stored
        attempts = 1 if age == 30 else 0
        assert await outgoing.swap(stored, stored.model_copy(update={"next_try": now - age, "attempts": attempts}))
    assert [round(now - row.next_try) for row in await outgoing.due(now, 2)] == [30, 20]
    assert [round(now - row.next_try) for row in await outgoing.due(now, 9, first_try_only=True)] == [20, 10]
    assert await outgoing.due(now - 60, 9) == []


async def test_the_fact_waits_in_the_row_until_it_is_published(outgoing: OutgoingMails) -> None:
    await outgoing.add(MAILS.received(opened()))
    (row,) = await outgoing.due(time.time(), 1)
    assert await outgoing.unpublished(-5) == []
    after = domain.sent(row, time.time())
    assert await outgoing.swap(row, after)
    assert await outgoing.unpublished(60) == []
    assert await outgoing.unpublished(-5) == [row.id]
    stored = await outgoing.find(row.id)
    assert stored
    assert isinstance(stored.outbox[0], MailSent)
    assert stored.outbox == after.outbox
    await outgoing.settle(row)
    assert await outgoing.unpublished(-5) == [row.id]
    await outgoing.settle(stored)
    assert await outgoing.unpublished(-5) == []
    settled = await outgoing.find(row.id)
    assert settled
    assert (settled.outbox, settled.state, settled.version) == ((), MailState.SENT, stored.version)


async def test_the_mails_of_a_ticket(outgoing: OutgoingMails) -> None:
    event = opened(requester=someone(verified=False))
    await outgoing.add(MAILS.received(event))
    second = MAILS.taken(taken(ticket_id=event.ticket_id))
    assert second
    await outgoing.add(second)
    await outgoing.add(MAILS.received(opened()))
    assert [row.article_id for row in await outgoing.of_ticket(event.ticket_id)] == [event.mail.id, second.article_id]
    assert await outgoing.of_ticket(random_id()) == []


async def test_the_mail_of_an_article_and_its_repeats_the_oldest_first(outgoing: OutgoingMails) -> None:
    mail = MAILS.answer(answered(attachments=(a_file("Università «è».pdf"), a_file())))
    await outgoing.add(mail)
    await outgoing.add(MAILS.answer(answered()))
    (row,) = await outgoing.of_article(mail.article_id)
    assert row.attachments == mail.attachments
    again = domain.again([row], retried(mail, "giusto@studenti.example"))
    assert again
    await outgoing.add(again)
    assert [each.recipient for each in await outgoing.of_article(mail.article_id)] == [mail.recipient, again.recipient]
    assert await outgoing.of_article(random_id()) == []


async def test_a_notice_has_no_article_and_owes_no_fact(outgoing: OutgoingMails) -> None:
    mail = MAILS.handed_over(handed_over())
    assert mail
    await outgoing.add(mail)
    assert await outgoing.due(time.time(), 1) == []
    (row,) = await outgoing.due(time.time(), 1, notices=True)
    assert (row.notice, row.article_id) == (True, "")
    assert await outgoing.swap(row, domain.sent(row, time.time()))
    assert await outgoing.unpublished(-5) == []
