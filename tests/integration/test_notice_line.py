"""Users' mails never wait for notices, however many there are and however slow their mail server is."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from services.notifier.domain import MailState
from services.notifier.sender import NOTICES
from shared.broker import Bus
from shared.events import TicketNoted
from shared.mongo import Database
from tests.conftest import eventually
from tests.integration.mailserver import HANG
from tests.integration.test_sender import Post
from tests.unit.notifier.facts import a_fact
from tests.unit.notifier.test_notice_mails import mail_of

pytestmark = pytest.mark.integration

PARALLEL = 8
SARA = "sara.lombardi@ateneo.example"


@pytest.fixture
async def post(amqp_url: str, store_url: str) -> AsyncIterator[Post]:
    bus = Bus(amqp_url, "notifier")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    database = Database(store_url, f"t_{secrets.token_hex(6)}")
    post = Post(bus, database)
    await post.outgoing.prepare()
    async with post.server.running():
        yield post
        await post.stop()
    await database.drop()
    await database.close()
    await bus.stop()


async def owe_notices(post: Post, count: int) -> list[str]:
    """So many notices to Sara; their mail ids."""
    mails = [mail_of(a_fact(TicketNoted)) for _ in range(count)]
    for mail in mails:
        await post.outgoing.add(mail)
    return [mail.id for mail in mails]


async def test_a_user_s_mail_leaves_before_five_hundred_waiting_notices(post: Post) -> None:
    await owe_notices(post, 500)
    users = [await post.owe(f"user{position}@x.example") for position in range(20)]
    await post.send(PARALLEL)
    for mail_id in users:
        await eventually(post.reached(mail_id, MailState.SENT))
    # While so many notices wait, one that comes now is not behind them.
    late = await post.owe("late@x.example")
    await eventually(post.reached(late, MailState.SENT))
    order = [mail.recipient for mail in post.server.received]
    last = max(order.index(f"user{position}@x.example") for position in range(20))
    assert order[:last].count(SARA) <= 20
    assert order.index("late@x.example") < 500
    await eventually(lambda: post.server.received[520:], 60)
    assert [mail.recipient for mail in post.server.received].count(SARA) == 500


async def test_notices_whose_conversations_hang_leave_places_for_users_mails(post: Post) -> None:
    post.server.at_data[SARA] = [HANG] * PARALLEL
    notices = await owe_notices(post, PARALLEL)
    await post.send(PARALLEL, timeout=60)
    await eventually(lambda: post.server.hanging == PARALLEL // NOTICES)
    users = [await post.owe(f"user{position}@x.example") for position in range(30)]
    for mail_id in users:
        await eventually(post.reached(mail_id, MailState.SENT))
    assert post.server.hanging == PARALLEL // NOTICES
    post.server.at_data[SARA].clear()
    post.server.go_on.set()
    for mail_id in notices:
        await eventually(post.reached(mail_id, MailState.SENT))
