"""Arrangements in the store: what two devices write at once, and what is left of what nobody knows any more."""

import asyncio
from functools import partial

import pytest

from services.portal.arrangement import Layout, Narrowing, Placed, down, find, hidden, hide, narrow
from services.portal.arrangements import UNDOS, Arrangements
from shared.errors import Conflict
from shared.mongo import Database

pytestmark = pytest.mark.integration

USUAL: Layout = tuple(Placed(id=name, column="main") for name in "abcdef")
ME, QUEUES = "giulia.conti", ["fees"]


async def test_devices_that_arrange_at_once_add_to_each_other(database: Database) -> None:
    devices = [Arrangements(database) for _ in range(4)]
    wishes = zip(devices, "abcd", strict=True)
    await asyncio.gather(*(device.change(ME, USUAL, QUEUES, partial(hide, widget=each)) for device, each in wishes))
    now = await devices[0].of(ME, USUAL, QUEUES)
    assert sorted(each.id for each in hidden(now.layout)) == list("abcd")
    assert (now.version, now.undos) == (4, 4)


async def test_a_wish_that_changes_nothing_is_no_step_to_undo(database: Database) -> None:
    arrangements = Arrangements(database)
    now = await arrangements.change(ME, USUAL, QUEUES, partial(down, widget="f"))
    assert (now.version, now.undos) == (0, 0)


async def test_undo_leads_back_step_by_step_and_not_further_than_remembered(database: Database) -> None:
    arrangements = Arrangements(database)
    for _ in range(UNDOS + 5):
        for widget in "ab":
            await arrangements.change(ME, USUAL, QUEUES, partial(down, widget=widget))
    now = await arrangements.of(ME, USUAL, QUEUES)
    assert now.undos <= UNDOS
    while now.undos:
        before = now
        now = await arrangements.undo(ME, USUAL, QUEUES, now.version)
        assert (now.version, now.undos) == (before.version + 1, before.undos - 1)
    assert (await arrangements.undo(ME, USUAL, QUEUES, now.version)) == now


async def test_undo_and_reset_do_not_touch_what_was_not_seen(database: Database) -> None:
    arrangements = Arrangements(database)
    seen = (await arrangements.change(ME, USUAL, QUEUES, partial(hide, widget="a"))).version
    await arrangements.change(ME, USUAL, QUEUES, partial(hide, widget="b"))
    with pytest.raises(Conflict):
        await arrangements.undo(ME, USUAL, QUEUES, seen)
    with pytest.raises(Conflict):
        await arrangements.change(ME, USUAL, QUEUES, lambda _: USUAL, seen=seen)
    assert [each.id for each in hidden((await arrangements.of(ME, USUAL, QUEUES)).layout)] == ["a", "b"]


async def test_a_filter_outlives_its_queue_as_all_queues_and_nobody_has_anothers(database: Database) -> None:
    arrangements = Arrangements(database)
    await arrangements.change(ME, USUAL, QUEUES, partial(narrow, widget="a", to=Narrowing("fees", "longest", 8)))
    placed = find((await arrangements.of(ME, USUAL, ["others"])).layout, "a")
    assert (placed.queue, placed.order, placed.rows) == ("", "longest", 8)
    assert (await arrangements.of("marco.ferri", USUAL, QUEUES)).layout == USUAL
