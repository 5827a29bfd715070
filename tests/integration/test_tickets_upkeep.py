"""Rows of an earlier version of the store are brought up to date, whoever else writes."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from services.tickets import commands as c
from services.tickets.domain import Child, Ticket
from services.tickets.lists import Filter, Lists
from services.tickets.repository import Tickets, to_document
from services.tickets.shelf import shelved
from services.tickets.upkeep import Upkeep, shelve_old_rows
from shared.mongo import Database
from tests.conftest import eventually
from tests.integration.test_tickets_lists import some_roots
from tests.integration.ticketing import Desk
from tests.unit.samples import GIULIA

pytestmark = pytest.mark.integration


@pytest.fixture
async def desk(database: Database) -> Desk:
    found = Desk(database)
    await found.tickets.prepare()
    return found


async def made_old(desk: Desk, *ids: str) -> None:
    """As the version before wrote them."""
    for root_id in ids:
        row = await desk.tickets.roots.find_one({"_id": root_id})
        gone = {*shelved(await desk.tickets.find(root_id)), "late_questions"} - {"place"}  # type: ignore[arg-type]
        await desk.tickets.roots.replace_one({"_id": root_id}, {k: v for k, v in row.items() if k not in gone})


async def rows(desk: Desk) -> list[Any]:
    return sorted(await desk.tickets.roots.find({}).to_list(None), key=lambda row: row["_id"])


async def test_old_rows_get_what_new_ones_have_and_keep_all_else(desk: Desk, database: Database) -> None:
    ids = [root.id for root in await some_roots(desk, 30)]
    before = await rows(desk)
    counts = await Lists(desk.tickets, database).counts(GIULIA.id)
    await made_old(desk, *ids[5:])
    assert await shelve_old_rows(desk.tickets) == 25
    own = {"version", "late_questions"}
    assert [{k: v for k, v in row.items() if k not in own} for row in await rows(desk)] == [
        {k: v for k, v in row.items() if k not in own}
        | ({} if row["_id"] in ids[:5] else shelved((await desk.tickets.find(row["_id"])) or pytest.fail("gone")))
        for row in before
    ]
    assert (await Lists(desk.tickets, database).counts(GIULIA.id)).by_state == counts.by_state
    assert await shelve_old_rows(desk.tickets) == 0


async def test_what_waits_to_be_published_still_does(desk: Desk) -> None:
    ticket = await desk.open()
    await made_old(desk, ticket.id)
    since = (await desk.tickets.roots.find_one({"_id": ticket.id}))["outbox_since"]
    await shelve_old_rows(desk.tickets)
    row = await desk.tickets.roots.find_one({"_id": ticket.id})
    assert (row["outbox_since"], len(row["outbox"])) == (since, len(ticket.outbox))
    assert await desk.tickets.unpublished(-1) == [ticket.id]


async def test_copies_that_start_at_once_and_people_at_work_lose_nothing(desk: Desk) -> None:
    tickets = [await desk.open() for _ in range(20)]
    await made_old(desk, *(ticket.id for ticket in tickets))

    async def work(ticket: Ticket) -> None:
        for number in range(3):
            await desk.do(ticket, c.AddNote(seen=9, text=f"Nota {number}."))

    copies = [shelve_old_rows(Desk(desk.tickets._database).tickets) for _ in range(3)]
    done = await asyncio.gather(*copies, *(work(ticket) for ticket in tickets))
    assert sum(each for each in done if each) <= len(tickets)
    for ticket in tickets:
        root = await desk.now(ticket)
        assert [fact.name for fact in root.outbox].count("ticket.noted.v1") == 3
        row = await desk.tickets.roots.find_one({"_id": ticket.id})
        assert row == to_document(root, row["outbox_since"])


async def test_a_question_that_was_late_before_is_late_for_who_waits(desk: Desk, database: Database) -> None:
    child, *_ = [root for root in await some_roots(desk, 60) if getattr(root, "overdue", False)]
    ticket = await desk.open()
    asking = ticket.model_copy(update={"open_questions": {child.id: 1, "gone": 1}, "version": 2})
    await desk.tickets.roots.replace_one({"_id": ticket.id}, to_document(asking, 0))
    await made_old(desk, ticket.id)
    await shelve_old_rows(desk.tickets)
    found, _ = await Lists(desk.tickets, database).page(Filter(overdue=True, limit=200))
    assert ticket.id in [root.id for root in found]
    assert (await desk.now(ticket)).late_questions == (child.id,)


async def test_a_row_that_nobody_can_read_keeps_no_other_from_its_place(desk: Desk) -> None:
    ticket, other = await desk.open(), await desk.open()
    await made_old(desk, ticket.id, other.id)
    await desk.tickets.roots.update_one({"_id": other.id}, {"$set": {"state": "lost"}})
    assert await shelve_old_rows(desk.tickets) == 1
    assert (await desk.tickets.roots.find_one({"_id": ticket.id}))["live"] is True


async def test_rows_that_an_old_copy_still_writes_are_found_later(desk: Desk) -> None:
    ticket = await desk.open()
    upkeep = Upkeep(desk.tickets, every=0.05)
    await upkeep.prepare()
    await upkeep.start()
    await made_old(desk, ticket.id)

    async def shelved_again() -> bool:
        return "shelf" in await desk.tickets.roots.find_one({"_id": ticket.id})

    await eventually(shelved_again)
    await upkeep.stop()


async def test_upkeep_outlives_what_the_store_refuses_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = await desk.open()
    upkeep, refused = Upkeep(desk.tickets, every=0.05), False

    async def refuses_once(tickets: Tickets) -> int:
        nonlocal refused
        if not refused:
            refused = True
            raise OperationFailure("interrupted")
        return await shelve_old_rows(tickets)

    monkeypatch.setattr("services.tickets.upkeep.shelve_old_rows", refuses_once)
    await made_old(desk, ticket.id)
    await upkeep.start()

    async def shelved_again() -> bool:
        return "shelf" in await desk.tickets.roots.find_one({"_id": ticket.id})

    await eventually(shelved_again)
    await upkeep.stop()
    assert refused


async def test_no_field_for_lists_is_one_of_the_roots_own(desk: Desk) -> None:
    """It would be stored in its place."""
    own = {*Ticket.model_fields, *Child.model_fields, "_id", "outbox_since", "wake_at", "watcher_ids"}
    assert not own & set(shelved(await desk.open()))
