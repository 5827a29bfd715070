"""Drafts in the real store: one person's on all devices, and two texts of one draft both stay until one is chosen."""

import pytest

from services.portal.kept_drafts import LIFETIME, LONGEST, MOST, TRACE, Drafts, Kept, Newer, a_draft
from services.portal.store import Store
from shared.errors import TooLarge
from shared.mongo import Database
from shared.policy import Person, Role

pytestmark = pytest.mark.integration

NOW = 1_800_000_000.0
GIULIA = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}))
NUMBER = "20261123000018"


def written(text: str, now: float = NOW, person: str = "giulia.conti", form: str = "answers", **more: object) -> Kept:
    return a_draft(person, NUMBER, form, {"text": [text], "fields": ["kind", "code.x$"]}, now, **more)


async def test_a_draft_is_its_persons_and_its_forms_alone(database: Database) -> None:
    drafts = Drafts(database)
    await drafts.prepare()
    kept = await drafts.save(written("Gentile Luca"))
    assert kept is not None
    await drafts.save(written("Solo per noi", form="notes"))
    assert (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"] == kept
    assert {each.form for each in await drafts.of_person("giulia.conti", NOW)} == {"answers", "notes"}
    assert await drafts.of_ticket("marco.ferri", NUMBER, NOW) == {}
    assert await drafts.of_person("marco.ferri", NOW) == []


async def test_a_save_against_a_newer_text_overwrites_nothing(database: Database) -> None:
    drafts = Drafts(database)
    first = await drafts.save(written("uno", tab="a", count=1))
    assert first is not None
    second = await drafts.save(written("due", tab="b", count=1), base=first.version)
    assert second is not None
    with pytest.raises(Newer) as newer:
        await drafts.save(written("tre", tab="c", count=1), base=first.version)
    assert newer.value.found == second
    with pytest.raises(Newer):
        await drafts.save(written("quattro", tab="d", count=1))
    assert (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"] == second
    # The same text is no quarrel, and whoever has seen the newer one may choose their own.
    assert await drafts.save(written("due", tab="c", count=2)) is not None
    mine = (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"].version
    assert await drafts.save(written("tre", tab="d", count=2), base=mine) is not None


async def test_a_tab_is_not_its_own_rival_and_its_late_saves_change_nothing(database: Database) -> None:
    drafts = Drafts(database)
    await drafts.save(written("uno", tab="a", count=1))
    # The answer to the save above got lost, so the tab doesn't know its version.
    await drafts.save(written("uno due", tab="a", count=3))
    await drafts.save(written("uno du", tab="a", count=2))
    assert (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"].text == "uno due"


async def test_what_was_sent_does_not_come_back_by_a_late_save(database: Database) -> None:
    drafts = Drafts(database)
    await drafts.save(written("uno", key="k", tab="a", count=1))
    await drafts.sent(written("uno", key="k"))
    assert await drafts.save(written("uno", key="k", tab="a", count=2)) is None
    assert await drafts.of_ticket("giulia.conti", NUMBER, NOW) == {}
    # The next form, or one of another device, has another key: its text is a new draft.
    assert await drafts.save(written("altro", key="l", tab="b", count=1)) is not None
    assert [each.text for each in await drafts.of_person("giulia.conti", NOW)] == ["altro"]


async def test_what_another_device_wrote_meanwhile_is_not_gone_when_this_one_sends(database: Database) -> None:
    drafts = Drafts(database)
    first = await drafts.save(written("uno", key="k", tab="a", count=1))
    assert first is not None
    phone = await drafts.save(written("dal telefono", key="l", tab="b", count=1), base=first.version)
    assert phone is not None
    await drafts.sent(written("uno due", key="k"), base=first.version)
    assert (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"] == phone
    # Who began from it, or says all of it, has sent it.
    await drafts.sent(written("uno due\n\ndal telefono", key="m"))
    assert await drafts.of_ticket("giulia.conti", NUMBER, NOW) == {}


async def test_a_save_that_was_cut_while_its_form_was_sent_is_gone_with_it(database: Database) -> None:
    drafts = Drafts(database)
    first = await drafts.save(written("uno", key="k", tab="a", count=1))
    assert first is not None
    await drafts.save(written("uno e poi", key="k", tab="a", count=2))
    await drafts.sent(written("uno", key="k"), base=first.version)
    assert await drafts.of_ticket("giulia.conti", NUMBER, NOW) == {}


async def test_throwing_away_takes_nothing_for_good_that_another_device_wrote(database: Database) -> None:
    drafts = Drafts(database)
    first = await drafts.save(written("uno", key="k", tab="a", count=1))
    assert first is not None
    await drafts.save(written("dal telefono", key="l", tab="b", count=1), base=first.version)
    await drafts.throw(written("uno due", key="k"), base=first.version)
    assert await drafts.of_person("giulia.conti", NOW) == []
    await drafts.undo("giulia.conti", NUMBER, "answers", NOW)
    assert [each.text for each in await drafts.of_person("giulia.conti", NOW)] == ["dal telefono\n\nuno due"]


async def test_what_was_sent_does_not_come_back_by_an_ended_session(database: Database) -> None:
    drafts = Drafts(database)
    await drafts.sent(written("uno", key="k"))
    assert not await drafts.take_over(written("uno", key="k"), NOW)
    assert await drafts.of_ticket("giulia.conti", NUMBER, NOW) == {}
    assert await drafts.take_over(written("due", key="l"), NOW)


async def test_many_forms_sent_today_hide_no_draft(database: Database) -> None:
    drafts = Drafts(database)
    for number in range(2 * MOST):
        await drafts.sent(a_draft("giulia.conti", str(number), "answers", {"text": ["x"]}, NOW))
    await drafts.save(written("uno"))
    assert [each.text for each in await drafts.of_person("giulia.conti", NOW)] == ["uno"]


async def test_throwing_away_can_be_undone_for_a_day(database: Database) -> None:
    drafts = Drafts(database)
    await drafts.save(written("uno"))
    await drafts.throw(written("uno due"))
    assert await drafts.of_person("giulia.conti", NOW) == []
    assert (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"].state == "thrown"
    assert await drafts.of_ticket("giulia.conti", NUMBER, NOW + TRACE) == {}
    await drafts.undo("giulia.conti", NUMBER, "answers", NOW)
    assert [each.text for each in await drafts.of_person("giulia.conti", NOW)] == ["uno due"]


async def test_a_draft_that_is_emptied_or_too_old_is_gone(database: Database) -> None:
    drafts = Drafts(database)
    first = await drafts.save(written("uno"))
    assert first is not None
    assert await drafts.save(a_draft("giulia.conti", NUMBER, "answers", {"text": [" "]}, NOW), first.version) is None
    assert await drafts.of_ticket("giulia.conti", NUMBER, NOW) == {}
    await drafts.save(written("uno"))
    assert await drafts.of_person("giulia.conti", NOW + LIFETIME) == []
    # The next new draft of anybody removes it from the store.
    await drafts.save(written("due", NOW + LIFETIME + 1, person="marco.ferri"))
    assert [row["person"] async for row in database.collection("drafts").find({})] == ["marco.ferri"]


async def test_a_text_from_an_ended_session_stands_below_what_is_there(database: Database) -> None:
    drafts = Drafts(database)
    await drafts.save(written("uno"))
    await drafts.take_over(written("due"), NOW)
    assert (await drafts.of_ticket("giulia.conti", NUMBER, NOW))["answers"].text == "uno\n\ndue"


def test_a_text_that_can_not_be_sent_is_not_kept() -> None:
    assert written("x" * LONGEST).text
    with pytest.raises(TooLarge):
        written("x" * (LONGEST + 1))
    with pytest.raises(TooLarge):
        a_draft("giulia.conti", NUMBER, "answers", {"fields": ["x"] * 1000}, NOW)


def of_ticket(number: int, now: float) -> Kept:
    return a_draft("giulia.conti", str(number), "answers", {"text": [f"n. {number}"]}, now)


async def test_of_too_many_the_oldest_go_but_none_of_a_ticket_that_is_open(database: Database) -> None:
    store = Store(database, frozenset())
    for number in range(MOST + 3):
        await store.drafts.save(of_ticket(number, NOW + number))
    await store.drafts.save(written("di un altro", person="marco.ferri"))
    now = NOW + MOST + 3
    await store.presence.come("1", GIULIA, "tab", "reads", now)
    await store.make_room(of_ticket(MOST + 2, now), now)
    kept = {each.number for each in await store.drafts.of_person("giulia.conti", now)}
    assert len(kept) == MOST
    assert {str(number) for number in range(MOST + 3)} - kept == {"0", "2", "3"}
    assert [each.text for each in await store.drafts.of_person("marco.ferri", now)] == ["di un altro"]
    # Room enough: nothing goes.
    await store.make_room(of_ticket(MOST + 2, now), now)
    assert len(await store.drafts.of_person("giulia.conti", now)) == MOST


async def test_the_draft_just_written_stays_even_when_all_others_are_open(database: Database) -> None:
    store = Store(database, frozenset())
    for number in range(MOST + 1):
        await store.drafts.save(of_ticket(number, NOW + number))
        await store.presence.come(str(number), GIULIA, "tab", "notes", NOW + MOST)
    await store.make_room(of_ticket(0, NOW + MOST), NOW + MOST)
    assert len(await store.drafts.of_person("giulia.conti", NOW + MOST)) == MOST + 1
