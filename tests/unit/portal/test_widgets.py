"""The widgets: what each asks, where each leads, and who finds what first."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from services.portal.arrangement import MINE, ROWS, Patience, Placed, find, shown
from services.portal.ticket_list import Wanted
from services.portal.tickets import Counts, Tally
from services.portal.widgets import WIDGETS, Widget, asked, chosen, full_list, tally, usual
from shared.policy import Person, Role
from shared.queues import Queues
from tests.unit.samples import NOON

QUEUES = Queues.load(Path("config"))
GIULIA = Person(id="giulia.conti", name="Giulia", roles=frozenset({Role.OPERATOR}), groups=frozenset({"credentials"}))
ANNA = GIULIA.model_copy(update={"id": "anna.villa", "groups": frozenset({"identity", "mail-systems"})})
EARLIER = NOON - timedelta(days=2)
COUNTS = Counts(
    by_state={},
    by_queue={},
    mine=0,
    my_responsibility=0,
    boards={"new": {"fees": Tally(n=2, oldest=EARLIER), "credentials": Tally(n=3, oldest=NOON)}},
)


def test_the_usual_arrangement_has_every_widget_once_and_none_hidden() -> None:
    layout = usual(GIULIA, QUEUES)
    assert sorted(each.id for each in layout) == sorted(WIDGETS)
    assert not any(each.hidden for each in layout)
    assert all(each.rows in ROWS for each in layout)


def test_the_first_level_finds_new_tickets_first_and_the_second_level_its_questions() -> None:
    assert shown(usual(GIULIA, QUEUES), "main")[0].id == "new"
    assert shown(usual(ANNA, QUEUES), "main")[0].id == "second"
    assert shown(usual(GIULIA.model_copy(update={"groups": frozenset()}), QUEUES), "main")[0].id == "new"


def test_counts_are_summed_over_the_chosen_queues() -> None:
    new = WIDGETS["new"]
    assert tally(COUNTS, new, None) == Tally(n=5, oldest=EARLIER)
    assert tally(COUNTS, new, ["credentials"]) == Tally(n=3, oldest=NOON)
    assert tally(COUNTS, new, []) is None
    assert tally(COUNTS, WIDGETS["overdue"], None) is None


def test_narrowed_to_my_queues_somebody_without_queues_sees_none_and_not_all() -> None:
    placed = Placed(id="new", column="main", queue=MINE)
    assert chosen(placed, []) == []
    assert chosen(placed.model_copy(update={"queue": ""}), []) is None
    assert chosen(placed.model_copy(update={"queue": "fees"}), ["credentials"]) == ["fees"]


@pytest.mark.parametrize(
    ("widget", "expected"),
    [
        ("held", {"owner": "giulia.conti"}),
        ("responsible", {"responsible": "giulia.conti"}),
        ("asked", {"asked_by": "giulia.conti", "level": 2}),
        ("waiting", {"waiting": "user"}),
        ("overdue", {"overdue": True, "order": "due"}),
        ("second", {"level": 2, "queues": ["credentials"]}),
    ],
)
def test_each_asks_for_its_own_rows(widget: str, expected: dict[str, object]) -> None:
    placed = find(usual(GIULIA, QUEUES), widget)
    wanted = asked(WIDGETS[widget], placed, GIULIA, chosen(placed, ["credentials"]) or ())
    assert expected.items() <= wanted.items()


def test_each_leads_to_the_list_with_its_own_filter() -> None:
    def query(widget: str, **changes: object) -> dict[str, str]:
        placed = find(usual(GIULIA, QUEUES), widget).model_copy(update=changes)
        return {name: value for name, (value,) in parse_qs(urlsplit(full_list(WIDGETS[widget], placed)).query).items()}

    assert query("new") == {"state": "new", "level": "1"}
    assert query("new", queue="fees", order="longest")["order"] == "oldest"
    assert query("second") == {"level": "2", "queue": MINE}
    assert query("asked") == {"asked_by": "me", "level": "2"}
    assert query("waiting", order="longest") == {"waiting": "user", "order": "unchanged"}
    assert query("overdue") == {"overdue": "1", "order": "due"}
    assert full_list(WIDGETS["queues"], find(usual(GIULIA, QUEUES), "queues")) == "/queues"
    assert full_list(WIDGETS["notices"], find(usual(GIULIA, QUEUES), "notices")) == "/notices?show=unread"


@pytest.mark.parametrize("widget", [each for each in WIDGETS.values() if each.of_tickets], ids=lambda each: each.id)
@pytest.mark.parametrize("order", ["newest", "longest"])
def test_the_list_understands_where_each_leads_and_shows_all_of_it(widget: Widget, order: Patience) -> None:
    address = full_list(widget, Placed(id=widget.id, column="main", queue="fees", order=order))
    wanted = Wanted.model_validate(dict(parse_qsl(urlsplit(address).query)))
    # What waits for the user is on hold anyway: its list need not say so again.
    assert set(widget.states) == set(wanted.states) or widget.id == "waiting"
    assert dict(parse_qsl(urlsplit(wanted.address()).query)) == dict(parse_qsl(urlsplit(address).query))
