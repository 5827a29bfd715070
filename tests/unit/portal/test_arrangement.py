"""How the Cruscotto is arranged: every move, and what was stored before widgets or queues came and went."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.arrangement import (
    COLUMNS,
    Change,
    Column,
    Layout,
    Narrowing,
    Placed,
    across,
    down,
    find,
    hidden,
    hide,
    narrow,
    place,
    settled,
    show,
    shown,
    up,
)
from shared.errors import BadInput, NotFound


def a_layout(main: str = "abc", side: str = "xyz") -> Layout:
    columns: tuple[tuple[str, Column], ...] = ((main, "main"), (side, "side"))
    return tuple(Placed(id=name, column=column) for names, column in columns for name in names)


def seen(layout: Layout) -> tuple[str, str]:
    """The ids shown in both columns."""
    main, side = ("".join(each.id for each in shown(layout, column)) for column in COLUMNS)
    return main, side


@pytest.mark.parametrize(
    ("change", "main", "side"),
    [
        (partial(up, widget="b"), "bac", "xyz"),
        (partial(up, widget="a"), "abc", "xyz"),
        (partial(down, widget="b"), "acb", "xyz"),
        (partial(down, widget="z"), "abc", "xyz"),
        (partial(across, widget="b"), "ac", "xbyz"),
        (partial(across, widget="x"), "xabc", "yz"),
        (partial(place, widget="a", column="side", before="z"), "bc", "xyaz"),
        (partial(place, widget="a", column="main", before=""), "bca", "xyz"),
        (partial(place, widget="c", column="main", before="a"), "cab", "xyz"),
        (partial(place, widget="a", column="side", before="b"), "bc", "xyza"),
        (partial(hide, widget="b"), "ac", "xyz"),
        (partial(show, widget="b"), "abc", "xyz"),
    ],
)
def test_each_move_does_what_its_button_says(change: Change, main: str, side: str) -> None:
    assert seen(change(a_layout())) == (main, side)


def test_a_move_goes_past_what_is_hidden() -> None:
    layout = hide(a_layout(), "b")
    assert seen(up(layout, "c")) == ("ca", "xyz")
    assert seen(down(layout, "a")) == ("ca", "xyz")
    assert seen(across(layout, "c")) == ("a", "xcyz")


def test_what_was_hidden_comes_back_where_it_stood() -> None:
    layout = hide(a_layout(), "b")
    assert [each.id for each in hidden(layout)] == ["b"]
    assert seen(show(layout, "b")) == ("abc", "xyz")


def test_an_empty_column_takes_a_widget_again() -> None:
    layout = a_layout(main="a", side="")
    layout = across(layout, "a")
    assert seen(layout) == ("", "a")
    assert seen(across(layout, "a")) == ("a", "")


def test_dropped_before_itself_or_before_nothing_known_it_stands_at_the_end() -> None:
    assert seen(place(a_layout(), "a", "main", "a")) == ("bca", "xyz")
    assert seen(place(a_layout(), "a", "side", "gone")) == ("bc", "xyza")


def test_a_filter_stays_with_its_widget() -> None:
    layout = narrow(a_layout(), "b", Narrowing("fees", "longest", 8))
    moved = find(across(layout, "b"), "b")
    assert (moved.queue, moved.order, moved.rows) == ("fees", "longest", 8)


def test_a_number_of_rows_that_nobody_offers_is_refused() -> None:
    with pytest.raises(BadInput):
        narrow(a_layout(), "b", Narrowing("", "newest", 4000))


@pytest.mark.parametrize("change", [up, down, across, hide, show, partial(place, column="main")])
def test_a_widget_that_does_not_exist_is_not_found(change: Change) -> None:
    with pytest.raises(NotFound):
        change(a_layout(), widget="q")  # type: ignore[call-arg]


def test_an_old_arrangement_is_shown_with_the_widgets_of_today() -> None:
    stored = [
        {"id": "c", "column": "side", "queue": "fees", "order": "longest", "rows": 8},
        {"id": "gone", "column": "main"},
        {"id": "a", "column": "main", "hidden": True},
        {"id": "a", "column": "side"},
    ]
    layout = settled(stored, a_layout(), ["fees"])
    assert seen(layout) == ("b", "cxyz")
    assert [each.id for each in hidden(layout)] == ["a"]
    assert find(layout, "c").queue == "fees"


@pytest.mark.parametrize(
    "stored",
    [
        [None, 7, "a", {}, {"id": None}],
        [{"id": "a", "column": "third", "queue": "gone", "order": "best", "rows": 1_000_000, "hidden": "yes"}],
    ],
)
def test_what_does_not_fit_any_more_is_as_usual(stored: list[object]) -> None:
    assert sorted(settled(stored, a_layout(), []), key=lambda each: each.id) == sorted(
        a_layout(), key=lambda each: each.id
    )


@given(st.lists(st.tuples(st.sampled_from([up, down, across, hide, show]), st.sampled_from("abcxyz")), max_size=40))
def test_no_series_of_moves_loses_or_doubles_a_widget(wishes: list[tuple[Change, str]]) -> None:
    layout = a_layout()
    for wish, widget in wishes:
        layout = wish(layout, widget)  # type: ignore[call-arg]
        assert sorted(each.id for each in layout) == list("abcxyz")
    stored = [each.model_dump(mode="json") for each in layout]
    assert settled(stored, a_layout(), []) == layout
