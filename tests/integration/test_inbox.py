"""The inbox, the preferences and the lists of digests in a real store, through each driver."""

import pytest

from services.notifier.choices import Choices
from services.notifier.digest_lists import DigestLists
from services.notifier.digests import Slot
from services.notifier.inbox import CHUNK, Asked, Inbox, Notice
from services.notifier.notices import Why
from services.notifier.preferences import Away, Kind, Preferences, When
from shared.errors import Conflict
from shared.events import PersonRef
from shared.ids import derived
from shared.mongo import Database
from tests.unit.notifier.samples import EVENING

pytestmark = pytest.mark.integration

SARA, PAOLO = "sara.lombardi", "paolo.greco"
SLOT = Slot(1_795_000_000, When.HOURLY, SARA)


@pytest.fixture
async def inbox(database: Database) -> Inbox:
    found = Inbox(database)
    await found.prepare()
    return found


def a_notice(position: int, person: str = SARA, **changes: object) -> Notice:
    """The notice of the fact at `position`; the higher, the newer."""
    fields = {
        "id": derived("notice", position, person),
        "person": person,
        "fact": "ticket.noted.v1",
        "key": "ticket.noted",
        "data": {"by": "Giulia Conti", "queue": "fees"},
        "kind": Kind.NOTE if position % 2 else Kind.NEW,
        "why": (Why.OWNER, Why.WATCHER),
        "at": EVENING,
        "heard": 1_795_000_000 + position / 4,
        "by": PersonRef(id="giulia.conti", name="Giulia Conti"),
        "ticket_id": f"ticket {position % 3}",
        "number": f"2026112300{position % 3}",
        "subject": "Le tasse",
        "child": False,
    }
    return Notice.model_validate({**fields, **changes})


async def test_a_notice_is_stored_once_and_what_was_decided_first_stands(inbox: Inbox) -> None:
    first = a_notice(1, by_mail=When.NOW, instead_of=(PersonRef(id=PAOLO, name="Paolo"),), article="a")
    assert await inbox.add(first) == first
    assert await inbox.add(a_notice(1, by_mail=When.DAILY, heard=9e8)) == first
    assert await inbox.page(Asked(person=SARA), 10) == [first]


async def test_pages_go_on_from_their_cursor_and_never_show_another_person_s(inbox: Inbox) -> None:
    for position in range(25):
        await inbox.add(a_notice(position))
        await inbox.add(a_notice(position, PAOLO))
        # A name that begins alike, and one that sorts next to it.
        await inbox.add(a_notice(position, f"{SARA}.x"))
    seen: list[Notice] = []
    asked = Asked(person=SARA)
    while page := await inbox.page(asked, 10):
        seen += page
        asked = asked.model_copy(update={"after": page[-1].place})
        # What comes while somebody turns the pages is on none of them, and moves none.
        await inbox.add(a_notice(100 + len(seen)))
    assert seen == [a_notice(position) for position in reversed(range(25))]


async def test_filters_find_by_kind_reason_ticket_and_unread(inbox: Inbox) -> None:
    for position in range(12):
        await inbox.add(a_notice(position, why=(Why.FOLLOWER,) if position < 4 else (Why.OWNER, Why.WATCHER)))

    async def found(**asked: object) -> list[int]:
        page = await inbox.page(Asked.model_validate({"person": SARA, **asked}), 50)
        return [round((notice.heard - 1_795_000_000) * 4) for notice in page]

    assert await found(kinds=(Kind.NOTE,)) == [11, 9, 7, 5, 3, 1]
    assert await found(kinds=(Kind.NOTE, Kind.NEW), why=Why.FOLLOWER) == [3, 2, 1, 0]
    assert await found(why=Why.WATCHER, ticket="20261123000") == [9, 6]
    await inbox.read(Asked(person=SARA, kinds=(Kind.NOTE,)), "m")
    assert await found(unread=True, ticket="20261123000") == [6, 0]
    assert await inbox.unread(SARA) == {"new": 6}
    assert await inbox.unread(PAOLO) == {}


async def test_marking_all_up_to_what_was_shown_leaves_what_came_later_and_can_be_undone(inbox: Inbox) -> None:
    for position in range(CHUNK + 20):
        await inbox.add(a_notice(position))
    (shown,) = await inbox.page(Asked(person=SARA), 1)
    await inbox.read_these(SARA, [a_notice(3).id], "before")
    for position in range(CHUNK + 20, CHUNK + 23):
        await inbox.add(a_notice(position))
    asked = Asked(person=SARA, until=shown.place)
    assert await inbox.read(asked, "all") == CHUNK + 19
    assert await inbox.read(asked, "all") == 0
    assert sum((await inbox.unread(SARA)).values()) == 3
    assert await inbox.unread_these(SARA, mark="all") == CHUNK + 19
    # What was read before stays read.
    assert sum((await inbox.unread(SARA)).values()) == CHUNK + 22
    assert await inbox.unread_these(SARA, mark="all") == 0


async def test_nobody_marks_another_person_s_notices(inbox: Inbox) -> None:
    await inbox.add(a_notice(1, PAOLO))
    assert await inbox.read_these(SARA, [a_notice(1, PAOLO).id], "m") == 0
    assert await inbox.read_these(PAOLO, [a_notice(1, PAOLO).id], "m") == 1
    assert await inbox.unread_these(SARA, [a_notice(1, PAOLO).id]) == 0
    assert await inbox.unread_these(SARA, mark="m") == 0
    assert await inbox.unread(PAOLO) == {}
    assert await inbox.unread_these(PAOLO, [a_notice(1, PAOLO).id]) == 1


async def test_what_waits_for_a_slot_is_found_when_its_time_has_come(inbox: Inbox) -> None:
    late = Slot(SLOT.at + 3600, When.HOURLY, SARA)
    for position, slot in enumerate((SLOT, SLOT, late)):
        await inbox.add(a_notice(position, slot=slot.text))
    await inbox.add(a_notice(9))
    assert await inbox.due_slots(SLOT.at - 1) == []
    assert await inbox.due_slots(SLOT.at) == [SLOT.text]
    assert await inbox.due_slots(late.at) == [SLOT.text, late.text]
    ids = [notice.id for notice in await inbox.waiting(SLOT.text, 10)]
    assert sorted(ids) == sorted(a_notice(position).id for position in (0, 1))
    await inbox.put([*ids, a_notice(2).id], SLOT.text, "")
    assert await inbox.due_slots(late.at) == [late.text]
    assert [notice.id for notice in await inbox.of_ids(reversed(ids))] == [a_notice(0).id, a_notice(1).id]


async def test_a_list_is_frozen_once(database: Database) -> None:
    lists = DigestLists(database)
    assert await lists.get(SLOT) is None
    first, ours = await lists.freeze(SLOT, ["a", "b"])
    assert (first.notices, first.done, ours) == (("a", "b"), False, True)
    assert await lists.freeze(SLOT, ["a", "b", "c"]) == (first, False)
    await lists.finish(SLOT)
    found = await lists.get(SLOT)
    assert found
    assert (found.notices, found.done) == (("a", "b"), True)


async def test_preferences_are_saved_from_the_version_that_was_shown_or_not_at_all(database: Database) -> None:
    here, there = Choices(database), Choices(database)
    assert await here.get(SARA) == Preferences()
    first = Preferences(
        mail={Kind.NOTE: When.DAILY}, queues=("fees",), away=Away(until=EVENING, deputy=PAOLO), language="en"
    )
    saved = await here.save(SARA, first)
    assert saved == first.model_copy(update={"version": 1})
    assert await there.get(SARA) == saved
    assert await here.all() == {SARA: saved}
    # The same wish again, because its answer was cut, finds itself saved.
    assert await there.save(SARA, first) == saved
    for stale in (first.model_copy(update={"queues": ()}), Preferences(version=7)):
        with pytest.raises(Conflict) as refused:
            await there.save(SARA, stale)
        assert refused.value.extra["code"] == "preferences_changed"
    assert (await there.save(SARA, saved)).version == 2
