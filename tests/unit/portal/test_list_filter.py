"""The list's filter in the address and in words, its columns, and what a person saves of it."""

import pytest
from pydantic import ValidationError

from services.portal import list_changes as changes
from services.portal.i18n import tongues
from services.portal.list_columns import COLUMNS, DEFAULT, SORTS, chosen
from services.portal.list_filter import ORDERS, UNFILTERED, Names, Wanted, chips, of_address, unfit
from services.portal.list_store import LONGEST_NAME, MOST_FILTERS, Choices, SavedFilter
from services.portal.tickets import Order
from shared.errors import NotFound
from shared.events import State

ITALIAN = tongues()["it"]
NAMES = Names(lambda queue: {"fees": "Tasse"}.get(queue, queue), {"marco.ferri": "Marco Ferri"})
FULL = Wanted(
    state=State.NEW,
    queue="fees",
    owner="none",
    responsible="me",
    watcher="marco.ferri",
    level="1",
    parent="p-1",
    asked_by="me",
    overdue="1",
    waiting="user",
    tag="laurea",
    text="tasse & bolli",
    order="due",
)


def test_every_condition_survives_its_address() -> None:
    assert of_address(FULL.address()) == FULL
    assert of_address(FULL.here("d-17")) == FULL.model_copy(update={"after": "d-17"})


def test_the_page_s_own_address_never_turns_into_a_saved_filter() -> None:
    assert Wanted().here() == UNFILTERED
    assert of_address(UNFILTERED) == Wanted()


@pytest.mark.parametrize(
    "address",
    ["/", "https://evil.example/tickets?state=new", "//evil.example/tickets", "//[", "//a℀b", "/tickets?order=lost"],
)
def test_an_address_that_is_no_list_is_the_list_without_a_filter(address: str) -> None:
    assert of_address(address).narrowed is address.startswith("https")
    assert of_address(address).here().startswith("/tickets?")


def test_each_chip_takes_off_its_own_condition_only() -> None:
    found = chips(FULL, NAMES, ITALIAN, "20261127000013")
    assert [chip.name for chip in found] == [
        "text", "state", "queue", "owner", "responsible", "watcher",
        "level", "parent", "asked_by", "overdue", "waiting", "tag",
    ]  # fmt: skip
    for chip in found:
        assert of_address(chip.without) == FULL.model_copy(update={chip.name: ""}), chip
    words = {chip.name: chip.words for chip in found}
    assert words["queue"] == "Coda: Tasse"
    assert words["owner"] == "Operatore: Ancora nessuno"
    assert words["watcher"] == "Seguito da: Marco Ferri"
    assert words["parent"] == "Domande del ticket 20261127000013"
    assert words["text"] == "Parole: tasse & bolli"


def test_only_conditions_are_chips() -> None:
    assert chips(Wanted(order="priority", after="x"), NAMES, ITALIAN) == []
    assert not Wanted(order="priority").narrowed


def test_what_an_address_can_t_say_is_left_out_of_the_way_on() -> None:
    query = {"order": "lost", "queue": "fees", "taken": "1", "text": "x" * 101}
    with pytest.raises(ValidationError) as caught:
        Wanted.model_validate(query)
    assert unfit(query, caught.value) == (["text", "order"], "/tickets?queue=fees")


def test_a_head_turns_the_order_round() -> None:
    opened, due = COLUMNS["opened"], COLUMNS["due"]
    assert (opened.next_order("newest"), opened.next_order("oldest")) == ("oldest", "newest")
    assert (opened.next_order("due"), due.next_order("due")) == ("newest", "due")
    assert (opened.sort("newest"), opened.sort("oldest"), opened.sort("due")) == ("descending", "ascending", "none")


def test_every_order_has_its_words_and_its_direction() -> None:
    assert set(ORDERS) == set(SORTS) == set(Order.__args__)  # type: ignore[attr-defined]
    assert {order for column in COLUMNS.values() for order in column.orders} == set(ORDERS)


def test_columns_stand_in_their_own_order() -> None:
    assert chosen(["opened", "nothing", "number", "number"]) == ("number", "opened")
    assert chosen(DEFAULT) == DEFAULT


def a_filter(name: str) -> SavedFilter:
    return SavedFilter(id=name, name=name, address="/tickets?queue=mine")


MINE = Choices(person="giulia.conti", filters=(a_filter("A"), a_filter("B")), first="B")


def test_a_filter_is_saved_under_a_name_of_its_own() -> None:
    assert changes.saved(MINE, "x", "  Le  mie ", "/tickets").filters[-1].name == "Le mie"
    for name, sentence in (
        ("", changes.NO_NAME),
        ("\u0007", changes.NO_NAME),
        ("b", changes.TAKEN),
        ("x" * (LONGEST_NAME + 1), changes.TOO_LONG),
    ):
        with pytest.raises(changes.Unfit) as caught:
            changes.saved(MINE, "x", name, "/tickets")
        assert caught.value.sentence == sentence


def test_so_many_filters_are_enough() -> None:
    full = Choices(person="p", filters=tuple(a_filter(str(each)) for each in range(MOST_FILTERS)))
    with pytest.raises(changes.Unfit) as caught:
        changes.saved(full, "x", "one more", "/tickets")
    assert caught.value.limit == MOST_FILTERS


def test_a_removed_filter_comes_back_and_loses_its_place_at_the_beginning() -> None:
    without = changes.removed(MINE, "B")
    assert ([each.id for each in without.filters], without.first) == (["A"], "")
    assert changes.removed(without, "B") == without
    back = changes.restored(without)
    assert ([each.id for each in back.filters], back.removed) == (["A", "B"], None)
    renamed = changes.restored(changes.renamed(without, "A", "b"))
    assert [each.name for each in renamed.filters] == ["b", "B (2)"]


def test_the_list_begins_with_one_filter_or_with_none() -> None:
    assert changes.first(MINE, "A").first == "A"
    assert changes.first(MINE, "B").first == ""


@pytest.mark.parametrize("change", [changes.first, changes.removed])
def test_another_person_s_filter_is_as_good_as_none(change: object) -> None:
    assert callable(change)
    with pytest.raises(NotFound):
        change(MINE, "somebody's")
