"""Presence in the real store: what is not said again is no longer so, and saying it costs little."""

import time

import pytest

from services.portal.presence import HOLDS, Presence, Present
from shared.mongo import Database
from tests.unit.samples import ANNA, GIULIA, MARCO

pytestmark = pytest.mark.integration

TAB = "a1b2c3d4e5"
NOW = 1_800_000_000.0


async def test_what_was_not_said_again_counts_no_more_and_is_removed(database: Database) -> None:
    presence = Presence(database)
    await presence.prepare()
    await presence.come("1", GIULIA, TAB, "answers", NOW)
    await presence.come("1", GIULIA, "another-tab", "reads", NOW + 10)
    await presence.come("2", ANNA, TAB, "reads", NOW)
    # One person, however many tabs, in the most telling of them; nobody is told of themselves.
    assert await presence.others("1", MARCO, NOW + 20) == [Present(GIULIA.ref, "answers")]
    assert await presence.others("1", GIULIA, NOW + 20) == []
    assert await presence.others("1", MARCO, NOW + HOLDS) == [Present(GIULIA.ref, "reads")]
    await presence.come("1", GIULIA, "another-tab", "notes", NOW + HOLDS + 5)
    assert await presence.others("1", MARCO, NOW + HOLDS + 5) == [Present(GIULIA.ref, "notes")]
    await presence.come("3", MARCO, TAB, "reads", NOW + HOLDS + 6)
    left = [row["_id"] async for row in database.collection("presence").find({})]
    assert sorted(left) == [f"1:{GIULIA.id}:another-tab", f"3:{MARCO.id}:{TAB}"]


async def test_thirty_people_on_one_ticket_are_cheap(database: Database) -> None:
    presence, people = Presence(database), [MARCO.model_copy(update={"id": f"op{n}"}) for n in range(30)]
    await presence.prepare()
    for person in people:
        await presence.come("1", person, TAB, "reads", NOW)
    began = time.perf_counter()
    for person in people:
        await presence.come("1", person, TAB, "notes", NOW + 8)
        assert len(await presence.others("1", person, NOW + 8)) == 29
    # Thirty words come in eight seconds: they must take no more than half of it, on a busy machine too.
    assert time.perf_counter() - began < 4
