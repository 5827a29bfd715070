"""The queue's own past: when a ticket was first answered is kept, found by queue, and told to our own services only."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets import commands as c
from services.tickets.answer_times import AnswerTimes
from services.tickets.domain.ticket import FirstAnswer
from services.tickets.upkeep import shelve_old_rows
from shared.events import State
from shared.mongo import Database
from tests.integration.ticketing import Desk, now

pytestmark = pytest.mark.integration


@pytest.fixture
async def desk(database: Database) -> Desk:
    found = Desk(database)
    await found.tickets.prepare()
    return found


def times(desk: Desk) -> AnswerTimes:
    return AnswerTimes(desk.tickets, lambda: ["credentials", "fees"])


async def test_the_first_answer_counts_and_no_later_one(desk: Desk) -> None:
    ticket = await desk.open()
    assert (await desk.now(ticket)).first_answer is None
    await desk.do(ticket, c.AskInformation(seen=9, text="Quale matricola?", fields=("username",)))
    assert (await desk.now(ticket)).first_answer is None, "a question is no answer"
    await desk.do(ticket, c.AnswerTicket(seen=9, text="Ecco."), at=now() + timedelta(hours=2))
    first = (await desk.now(ticket)).first_answer
    assert first is not None
    assert first.queue == "credentials"
    await desk.do(ticket, c.AnswerTicket(seen=99, text="Ancora."), at=now() + timedelta(hours=5))
    assert (await desk.now(ticket)).first_answer == first


async def test_a_closing_with_its_reason_is_an_answer_and_a_silent_one_is_not(desk: Desk) -> None:
    told, silent = await desk.open(), await desk.open()
    closing: dict[str, Any] = {"seen": 9, "outcome": State.CLOSED_UNSUCCESSFUL}
    await desk.do(told, c.CloseTicket(**closing, reason="Non dipende da noi."))
    assert (await desk.now(told)).first_answer is not None
    silently = desk.rules.queues["credentials"].model_copy(update={"may_close_silently": True})
    desk.rules = desk.rules.model_copy(update={"queues": {**desk.rules.queues, "credentials": silently}})
    await desk.do(silent, c.CloseTicket(**closing, silent=True))
    assert (await desk.now(silent)).first_answer is None


async def test_each_queue_has_its_own_and_only_of_lately(desk: Desk) -> None:
    for number in range(3):
        ticket = await desk.open()
        await desk.do(ticket, c.AnswerTicket(seen=9, text="Ecco."), at=now() + timedelta(minutes=number))
    old = await desk.open()
    await desk.do(old, c.AnswerTicket(seen=9, text="Ecco."), at=now() - timedelta(days=91))
    await desk.open()
    found = await times(desk).all()
    assert set(found) == {"credentials"}
    assert found["credentials"].answered == 3


async def test_a_look_is_good_for_minutes(desk: Desk) -> None:
    looking = times(desk)
    assert await looking.all() == {}
    ticket = await desk.open()
    await desk.do(ticket, c.AnswerTicket(seen=9, text="Ecco."))
    assert await looking.all() == {}
    assert set(await times(desk).all()) == {"credentials"}


async def test_rows_of_the_version_before_get_what_is_known_of_them(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.do(ticket, c.AnswerTicket(seen=9, text="Ecco."))
    row = await desk.tickets.roots.find_one({"_id": ticket.id})
    gone = {"shelf", "first_answer", "answered_place"}
    await desk.tickets.roots.replace_one({"_id": ticket.id}, {k: v for k, v in row.items() if k not in gone})
    assert await shelve_old_rows(desk.tickets) == 1
    first = (await desk.now(ticket)).first_answer
    assert first == FirstAnswer(queue="credentials", at=first.at if first else now())
    assert (await times(desk).all())["credentials"].answered == 1
