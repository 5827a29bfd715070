"""Sessions in the real store: they end when they should."""

import pytest

from services.portal.sessions import LIFETIME, Sessions
from shared.mongo import Database
from tests.unit.samples import GIULIA

pytestmark = pytest.mark.integration

NOW = 1_800_000_000.0


async def test_a_session_is_found_by_its_cookie_until_it_ends(database: Database) -> None:
    sessions = Sessions(database)
    await sessions.prepare()
    cookie, opened = await sessions.open(GIULIA, NOW)
    assert await sessions.find(cookie, NOW + LIFETIME - 1) == opened
    assert await sessions.find(cookie, NOW + LIFETIME) is None
    assert await sessions.find("another", NOW) is None
    await sessions.close(opened)
    assert await sessions.find(cookie, NOW) is None


async def test_a_demo_session_is_worth_nothing_once_the_demo_is_off(database: Database) -> None:
    cookie, _ = await Sessions(database).open(GIULIA, NOW)
    assert await Sessions(database, frozenset()).find(cookie, NOW) is None
