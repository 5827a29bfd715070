"""The sender against a real mail server that refuses, greylists, hangs, drops and dies."""

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.ports import Ports, free_port
from demo.servers import Broker, find_store
from services.notifier import domain
from services.notifier.domain import MailState, OutgoingMail
from services.notifier.handlers import send_again
from services.notifier.letters import Mail
from services.notifier.repository import OutgoingMails
from services.notifier.sender import Sender
from services.notifier.smtp import MailServer as Target
from services.notifier.smtp import Outcome
from shared.blobs import Blobs, folder_url
from shared.broker import Bus
from shared.events import MailFailed, MailSent
from shared.ids import mail_id as id_of_mail
from shared.mongo import Database
from shared.relay import Relay
from tests.conftest import eventually
from tests.integration.mailserver import DROP, HANG, MailServer
from tests.unit.notifier.samples import a_file, answered, opened, retried, someone, write

pytestmark = pytest.mark.integration

MAILS = write()
NO_FILES = Blobs("memory:///")
# Seconds: long enough for a machine that does ten other things; tests of a hanging server choose their own.
TIMEOUT = 10.0


class Post:
    """A mail server, the rows, and senders to start."""

    def __init__(self, bus: Bus, database: Database, blobs: Blobs = NO_FILES) -> None:
        self.server = MailServer(free_port())
        self.blobs = blobs
        self.outgoing = OutgoingMails(database)
        self._relay = Relay(bus, self.outgoing)
        self.senders: list[Sender] = []

    async def send(self, parallel: int = 8, timeout: float = TIMEOUT, target: type[Target] = Target) -> Sender:
        """Start a sender; several are so many copies of the service."""
        sender = Sender(self.outgoing, self._relay, target.parse(self.server.url), self.blobs, timeout, parallel)
        self.senders.append(sender)
        await sender.start()
        return sender

    async def owe(self, address: str) -> str:
        """Owe a receipt to `address`; its mail id."""
        mail = MAILS.received(opened(requester=someone(email=address)))
        await self.outgoing.add(mail)
        return mail.id

    async def row(self, mail_id: str) -> OutgoingMail:
        found = await self.outgoing.find(mail_id)
        assert found
        return found

    def reached(self, mail_id: str, state: MailState) -> Callable[[], object]:
        """A question for `eventually`."""

        async def ask() -> OutgoingMail | None:
            row = await self.row(mail_id)
            return row if row.state is state else None

        return ask

    async def stop(self) -> None:
        for sender in self.senders:
            await sender.stop()
        await self._relay.stop()


@pytest.fixture(scope="module")
def amqp_url(broker: Broker) -> Iterator[str]:
    """One virtual host for all: these tests tell each other's facts apart by their mails."""
    url = broker.new_vhost()
    yield url
    broker.drop_vhost(url)


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[Bus]:
    bus = Bus(amqp_url, "notifier")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    yield bus
    await bus.stop()


@pytest.fixture
async def post(bus: Bus, store_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    database = Database(store_url, f"t_{secrets.token_hex(6)}")
    post = Post(bus, database, Blobs(folder_url(tmp_path / "blobs")))
    await post.outgoing.prepare()
    async with post.server.running():
        yield post
        await post.stop()
    await database.drop()
    await database.close()


async def test_a_refused_address_is_told_and_holds_nobody_back(post: Post) -> None:
    post.server.at_rcpt["gone@x.example"] = ["550 5.1.1 <gone@x.example>: no such person"]
    post.server.at_data["full@x.example"] = ["552 5.2.2 mailbox full"]
    gone, full, well = [await post.owe(f"{who}@x.example") for who in ("gone", "full", "well")]
    await post.send()
    await eventually(post.reached(well, MailState.SENT))
    row = await eventually(post.reached(gone, MailState.REFUSED))
    assert isinstance(row, OutgoingMail)
    assert (row.attempts, row.reason) == (1, "550 5.1.1 <gone@x.example>: no such person")
    row = await eventually(post.reached(full, MailState.REFUSED))
    assert isinstance(row, OutgoingMail)
    assert row.reason == "552 5.2.2 mailbox full"
    assert [mail.recipient for mail in post.server.received] == ["well@x.example"]


async def test_what_is_no_address_is_refused_without_asking_the_server(post: Post) -> None:
    broken = await post.owe("luca@x.example\r\nDATA")
    await post.send()
    row = await eventually(post.reached(broken, MailState.REFUSED))
    assert isinstance(row, OutgoingMail)
    assert "not an address" in row.reason
    assert post.server.received == []


async def test_a_greylisted_mail_and_one_cut_after_data_come_again_with_the_same_id(post: Post) -> None:
    post.server.at_rcpt["grey@x.example"] = ["451 4.7.1 try again later"]
    post.server.at_data["cut@x.example"] = [DROP]
    grey, cut = await post.owe("grey@x.example"), await post.owe("cut@x.example")
    await post.send()
    row = await eventually(post.reached(grey, MailState.SENT))
    assert isinstance(row, OutgoingMail)
    assert row.attempts == 2
    await eventually(post.reached(cut, MailState.SENT))
    assert len(post.server.to("grey@x.example")) == 1
    first, second = post.server.to("cut@x.example")
    assert first.message["Message-ID"] == second.message["Message-ID"] == f"<{cut}@ateneo.example>"
    assert first.message.as_bytes() == second.message.as_bytes()


async def test_a_conversation_that_hangs_is_ended_and_holds_nobody_back(post: Post) -> None:
    post.server.at_data["slow@x.example"] = [HANG]
    slow = await post.owe("slow@x.example")
    await post.send(timeout=3)
    await eventually(lambda: post.server.hanging)
    well = await post.owe("well@x.example")
    await eventually(post.reached(well, MailState.SENT))
    assert (await post.row(slow)).attempts == 0
    await eventually(lambda: _attempted(post, slow))
    assert (await post.row(slow)).reason == "The mail server took too long."


async def _attempted(post: Post, mail_id: str) -> bool:
    return (await post.row(mail_id)).attempts > 0


async def test_many_slow_addresses_that_failed_before_leave_room_for_first_tries(post: Post) -> None:
    slow = [await post.owe(f"slow{n}@x.example") for n in range(12)]
    for n, mail_id in enumerate(slow):
        row = await post.row(mail_id)
        await post.outgoing.swap(row, row.model_copy(update={"attempts": 1, "next_try": 0.0}))
        post.server.at_data[f"slow{n}@x.example"] = [HANG] * 9
    await post.send(timeout=60)
    await eventually(lambda: post.server.hanging >= 4)
    well = [await post.owe(f"well{n}@x.example") for n in range(10)]
    for mail_id in well:
        await eventually(post.reached(mail_id, MailState.SENT))
    assert post.server.hanging == 4
    post.server.go_on.set()


async def test_a_dead_mail_server_burns_no_try_and_is_found_again(bus: Bus, store_url: str) -> None:
    database = Database(store_url, f"t_{secrets.token_hex(6)}")
    post = Post(bus, database)
    owed = [await post.owe(f"p{n}@x.example") for n in range(20)]
    sender = await post.send()
    await eventually(lambda: sender.failures >= 2)
    rows = [await post.row(mail_id) for mail_id in owed]
    assert {(row.state, row.attempts) for row in rows} == {(MailState.WAITING, 0)}
    async with post.server.running():
        for mail_id in owed:
            await eventually(post.reached(mail_id, MailState.SENT))
        await post.stop()
    assert len(post.server.received) == 20
    await database.drop()
    await database.close()


async def test_a_server_that_shows_nobody_in_counts_as_away(bus: Bus, store_url: str) -> None:
    """It accepts the connection and says 554, or nothing at all."""
    greetings = [b"554 go away\r\n", b""]

    async def doorman(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greetings.pop(0) if greetings else b"554 go away\r\n")
        await reader.read()
        writer.close()

    database = Database(store_url, f"t_{secrets.token_hex(6)}")
    post = Post(bus, database)
    async with AsyncExitStack() as stack:
        door = await asyncio.start_server(doorman, "127.0.0.1", post.server.port)
        stack.push_async_callback(door.wait_closed)
        stack.callback(door.close)
        mail_id = await post.owe("luca@x.example")
        sender = await post.send(timeout=0.5)
        await eventually(lambda: sender.failures >= 3)
        assert (await post.row(mail_id)).attempts == 0
        await post.stop()
    await database.drop()
    await database.close()


async def test_two_copies_send_each_mail_once(post: Post) -> None:
    await post.send()
    await post.send()
    owed = [await post.owe(f"p{n}@x.example") for n in range(60)]
    for mail_id in owed:
        await eventually(post.reached(mail_id, MailState.SENT), 20)
    assert sorted(mail.recipient for mail in post.server.received) == sorted(f"p{n}@x.example" for n in range(60))
    assert [sender.lost_leases for sender in post.senders] == [0, 0]


async def test_a_stop_lets_the_conversation_in_hand_finish(post: Post) -> None:
    post.server.at_data["slow@x.example"] = [HANG]
    slow = await post.owe("slow@x.example")
    sender = await post.send(timeout=30)
    await eventually(lambda: post.server.hanging)
    stopping = asyncio.create_task(sender.stop())
    late = await post.owe("late@x.example")
    post.server.go_on.set()
    await stopping
    assert (await post.row(slow)).state is MailState.SENT
    assert (await post.row(late)).attempts == 0


async def test_a_stop_ends_although_the_server_hangs(post: Post) -> None:
    post.server.at_data["slow@x.example"] = [HANG]
    slow = await post.owe("slow@x.example")
    sender = await post.send(timeout=30)
    await eventually(lambda: post.server.hanging)
    started = time.monotonic()
    await sender.stop()
    assert time.monotonic() - started < 8
    row = await post.row(slow)
    assert (row.state, row.attempts) == (MailState.WAITING, 0)


async def test_a_lost_lease_is_counted_and_changes_nothing(post: Post) -> None:
    post.server.at_data["slow@x.example"] = [HANG]
    slow = await post.owe("slow@x.example")
    sender = await post.send(timeout=30)
    await eventually(lambda: post.server.hanging)
    row = await post.row(slow)
    other = domain.refused(row, "550 said to another copy", time.time())
    assert await post.outgoing.swap(row, other)
    post.server.go_on.set()
    await eventually(lambda: sender.lost_leases)
    assert (await post.row(slow)).reason == "550 said to another copy"


async def test_an_outcome_outlives_an_outage_of_the_store(bus: Bus, tmp_path: Path) -> None:
    store = find_store(None, tmp_path, Ports.free(), os.environ)
    await asyncio.to_thread(store.start)
    database = Database(store.url, "outage")
    post = Post(bus, database)
    async with post.server.running():
        post.server.at_data["slow@x.example"] = [HANG]
        slow = await post.owe("slow@x.example")
        await post.send(timeout=30)
        await eventually(lambda: post.server.hanging)
        await asyncio.to_thread(store.stop)
        post.server.go_on.set()
        await eventually(lambda: post.server.received)
        await asyncio.to_thread(store.start)
        row = await eventually(post.reached(slow, MailState.SENT), 20)
        assert isinstance(row, OutgoingMail)
        assert row.attempts == 1
        await post.stop()
    assert len(post.server.received) == 1
    await database.close()
    await asyncio.to_thread(store.stop)


async def test_what_became_of_a_mail_is_published(post: Post, amqp_url: str) -> None:
    heard: dict[str, MailSent | MailFailed] = {}
    tickets = Bus(amqp_url, "tickets")

    @tickets.hears(MailSent)
    async def on_mail_sent(event: MailSent) -> None:
        heard[event.mail_id] = event

    @tickets.hears(MailFailed)
    async def on_mail_failed(event: MailFailed) -> None:
        heard[event.mail_id] = event

    await tickets.start()
    post.server.at_rcpt["gone@x.example"] = ["550 no such person"]
    gone, well = await post.owe("gone@x.example"), await post.owe("well@x.example")
    await post.send()
    await eventually(lambda: {gone, well} <= heard.keys())
    assert isinstance(heard[well], MailSent)
    assert heard[well].text == (await post.row(well)).text
    failed = heard[gone]
    assert isinstance(failed, MailFailed)
    assert failed.reason == "550 no such person"

    async def settled() -> bool:
        return (await post.row(well)).outbox == ()

    await eventually(settled)
    await tickets.stop()


class Stumbling(Target):
    """Hands mails over, but for one address, at which something nobody thought of happens."""

    async def deliver(self, mail: Mail, seconds: float, files: Sequence[bytes] = ()) -> Outcome:
        if mail.recipient == "odd@x.example":
            raise LookupError("nobody thought of it")
        return await super().deliver(mail, seconds, files)


async def test_what_nobody_thought_of_is_a_try_like_any_other_and_told_in_the_end(post: Post) -> None:
    odd, well = [await post.owe(f"{who}@x.example") for who in ("odd", "well")]
    sender = await post.send(target=Stumbling)
    await eventually(post.reached(well, MailState.SENT))
    await eventually(lambda: _attempted(post, odd))
    await sender.stop()
    row = await post.row(odd)
    assert (row.state, row.faults) == (MailState.WAITING, row.attempts)
    assert row.reason == "The mail could not be handed over, by a fault of ours (LookupError)."
    assert await post.outgoing.swap(row, row.model_copy(update={"faults": 6, "next_try": 0.0, "version": 9}))
    await post.send(target=Stumbling)
    await eventually(post.reached(odd, MailState.REFUSED))


async def test_files_are_read_when_the_mail_is_sent_and_arrive_as_they_were(post: Post) -> None:
    content = bytes(range(256)) * 2000
    key = await post.blobs.put("ticket", content)
    mail = MAILS.answer(answered(attachments=(a_file("Università «è».pdf", key=key),)))
    post.server.at_data[mail.recipient] = [DROP]
    await post.outgoing.add(mail)
    await post.send()
    await eventually(post.reached(mail.id, MailState.SENT))
    first, second = post.server.to(mail.recipient)
    assert first.message.as_bytes() == second.message.as_bytes()
    (file,) = second.message.iter_attachments()
    assert isinstance(file, EmailMessage)
    assert (file.get_filename(), file.get_content_type()) == ("Università «è».pdf", "application/pdf")
    assert file.get_payload(decode=True) == content


async def test_a_mail_whose_file_is_missing_waits_with_a_reason_and_holds_nobody_back(post: Post) -> None:
    file = a_file(key=f"ticket/{hashlib.sha256(b'late').hexdigest()}")
    mail = MAILS.answer(answered(attachments=(file,), requester=someone(email="files@x.example")))
    await post.outgoing.add(mail)
    sender = await post.send()
    await eventually(lambda: _attempted(post, mail.id))
    well = await post.owe("well@x.example")
    await eventually(post.reached(well, MailState.SENT))
    row = await post.row(mail.id)
    assert (row.state, row.reason) == (MailState.WAITING, "An attached file is not in the file store.")
    assert sender.failures == 0
    assert post.server.to("files@x.example") == []
    assert await post.blobs.put("ticket", b"late") == file.key
    await eventually(post.reached(mail.id, MailState.SENT), 20)
    assert len(post.server.to("files@x.example")) == 1


async def test_a_refused_mail_goes_to_the_corrected_address_in_the_same_thread(post: Post) -> None:
    post.server.at_rcpt["sbagliato@x.example"] = ["550 5.1.1 no such person"]
    first = MAILS.answer(answered(requester=someone(email="sbagliato@x.example")))
    await post.outgoing.add(first)
    await post.send()
    await eventually(post.reached(first.id, MailState.REFUSED))
    event = retried(first, "giusto@x.example")
    for _ in range(3):
        await send_again(event, post.outgoing)
    wanted = id_of_mail(event.event_id, "giusto@x.example")
    await eventually(post.reached(wanted, MailState.SENT))
    (mail,) = post.server.received
    assert (mail.recipient, mail.message["To"]) == ("giusto@x.example", "giusto@x.example")
    assert mail.message["Message-ID"] == f"<{wanted}@ateneo.example>" != first.message_id
    assert mail.message["References"] == first.headers["References"]
    rows = await post.outgoing.of_article(first.article_id)
    assert [row.state for row in rows] == [MailState.REFUSED, MailState.SENT]
