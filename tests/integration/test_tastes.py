"""What each person chose of theme and language, in the real store."""

import pytest

from services.portal.tastes import Taste, Tastes
from shared.mongo import Database

pytestmark = pytest.mark.integration


async def test_a_choice_stays_when_another_one_is_made(database: Database) -> None:
    tastes = Tastes(database)
    assert await tastes.of("marco.ferri") == Taste()
    await tastes.choose("marco.ferri", Taste(theme="dark"))
    await tastes.choose("marco.ferri", Taste(language="en"))
    await tastes.choose("giulia.conti", Taste(theme="light"))
    assert await tastes.of("marco.ferri") == Taste(theme="dark", language="en")
    await tastes.choose("marco.ferri", Taste(theme="auto"))
    await tastes.choose("marco.ferri", Taste())
    assert await tastes.of("marco.ferri") == Taste(theme="auto", language="en")
