"""Promise 4: one bad message stops nothing, waits to be looked at, and has its effect once when it is replayed."""

import asyncio
import json
import os
import subprocess
import sys

import aio_pika
import pytest

from shared.events import SubmissionRouted
from shared.topology import EVENTS, queue_name
from tests.conftest import eventually
from tests.system import System
from tests.unit.samples import a_requester, a_submission, routed

pytestmark = pytest.mark.e2e

QUEUE = queue_name("tickets", SubmissionRouted)


def sportello(system: System, *arguments: str) -> str:
    """The operations command line, as an on-call engineer would call it; what it prints."""
    command = [sys.executable, "-m", "shared.cli", *arguments]
    env = {**os.environ, **system.stack.settings}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


async def publish(system: System, body: bytes, message_id: str) -> None:
    """Put a message on the bus, past all our own code."""
    connection = await aio_pika.connect(system.stack.urls.amqp)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS.name)
        message = aio_pika.Message(body, message_id=message_id, content_type="application/json")
        await exchange.publish(message, SubmissionRouted.name)


async def test_a_bad_message_stops_nothing_and_a_replay_has_its_effect_once(system: System) -> None:
    email = "replayed@studenti.example"
    event = routed(a_submission(requester=a_requester(email=email, verified=False, subject=None)))
    broken = json.loads(event.model_dump_json())
    broken["submission"]["version"] = "not a number"
    await publish(system, json.dumps(broken).encode(), event.event_id)

    async def buried() -> bool:
        listed = await asyncio.to_thread(sportello, system, "dead", "list")
        return event.event_id[:8] in listed

    await eventually(buried, timeout=30, every=0.5)
    shown = await asyncio.to_thread(sportello, system, "dead", "show", QUEUE, event.event_id)
    assert "version" in shown

    # Nothing else was held up.
    good = await system.send_until_accepted("meanwhile@studenti.example")
    assert good.accepted

    # Replayed as it is, it is as hopeless as before, and comes back; nothing happened.
    await asyncio.to_thread(sportello, system, "dead", "replay", QUEUE, event.event_id)
    await eventually(buried, timeout=30, every=0.5)
    assert await system.ticket_of(email) is None
    await asyncio.to_thread(sportello, system, "dead", "drop", QUEUE, event.event_id, "--yes")
    assert not await buried()


async def test_a_message_replayed_twice_is_one_ticket_and_one_mail(system: System) -> None:
    email = "twice@studenti.example"
    event = routed(a_submission(requester=a_requester(email=email, verified=False, subject=None)))
    body = event.model_dump_json().encode()
    connection = await aio_pika.connect(system.stack.urls.amqp)
    async with connection:
        channel = await connection.channel()
        message = aio_pika.Message(body, message_id=event.event_id, headers={"x-origin-queue": QUEUE})
        await channel.default_exchange.publish(message, f"{QUEUE}.dead")
        await asyncio.to_thread(sportello, system, "dead", "replay", QUEUE, event.event_id)
        assert await eventually(lambda: system.ticket_of(email), timeout=30)
        # The same message dies and is replayed once more: a repeat, and known as one.
        await channel.default_exchange.publish(message, f"{QUEUE}.dead")
    await asyncio.to_thread(sportello, system, "dead", "replay", QUEUE, event.event_id)
    await system.send_until_accepted("afterwards@studenti.example")
    assert len([each for each in await system.all_tickets() if each["requester"]["email"] == email]) == 1
    mails = await asyncio.to_thread(system.stack.mails.wait_for, 1, to=email)
    assert len(mails) == 1
