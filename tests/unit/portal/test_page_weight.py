"""A Cruscotto in which every widget is full, with rows as long as they come, is still a light page."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.portal.arrangement import COLUMNS, ROWS, Layout, Placed, shown
from services.portal.assets import Assets
from services.portal.boards import Content, Glance, Part
from services.portal.gate import Visitor
from services.portal.inbox import InboxPage
from services.portal.pages import Pages
from services.portal.queue_tree import tree
from services.portal.sessions import Session
from services.portal.shapes import Counts, Summary
from services.portal.widgets import WIDGETS, usual
from shared.config import Settings
from shared.events import Language, State
from shared.ids import random_id
from shared.queues import Queues
from tests.unit.portal.samples import a_request, a_view, taken_view
from tests.unit.samples import GIULIA, MARCO, NOON, a_requester

QUEUES = Queues.load(Path("config"))
PAGES = Pages(Settings(intake_url="http://forms.example", demo="on"), QUEUES, Assets())
LONG = (
    "Immatricolazione & riconoscimento crediti <esame> sostenuto presso un'altra università: come si procede, e quando"
)


def visitor(language: Language) -> Visitor:
    return Visitor(Session(id="s" * 64, person=GIULIA, csrf="c" * 43, expires_at=0.0), language)


def a_row(n: int, owned: bool) -> Summary:
    """A row with all that a row can show."""
    view = (taken_view if owned else a_view)(
        number=f"{20261123000013 + n}",
        subject=f"{LONG} {n}",
        state="pending" if owned else "new",
        queue="online-services-developers",
        requester=a_requester(name="Maria Immacolata Dell’Acqua Santangelo"),
        priority=5,
        due_at=NOON + timedelta(days=3),
        open_questions=3,
    )
    return Summary.model_validate(view.model_dump())


def content(placed: Placed) -> Content:
    """A widget that is full, and has more than it shows."""
    widget = WIDGETS[placed.id]
    if widget.id == "queues":
        return Content(widget, placed, 99, "/queues", tree=tree(QUEUES, _counts(), [queue.id for queue in QUEUES]))
    if widget.id == "notices":
        return Content(widget, placed, 999, "/notices?show=unread", NOON, notices=_notices(placed.rows))
    rows = [a_row(n, owned=widget.id in ("working", "responsible", "waiting", "held")) for n in range(placed.rows)]
    parts = [Part(rows, 999, "/tickets?level=1&queue=mine", "mine" if widget.id == "new" else "")]
    return Content(widget, placed, 999, "/tickets?level=1&queue=mine", NOON, parts)


def the_page(layout: Layout, language: Language) -> str:
    """The Cruscotto as a whole."""
    who = visitor(language)
    columns = {column: shown(layout, column) for column in COLUMNS}
    page = PAGES.render(a_request(), who, "dashboard.html", columns=columns, widgets=WIDGETS, led=False)
    numbers: Sequence[Glance] = [Glance(widget, 999, NOON) for widget in WIDGETS.values()]
    parts = {"glance": PAGES.render(a_request(), who, "glance.html", numbers=numbers, again=False)}
    for placed in layout:
        parts[placed.id] = PAGES.render(a_request(), who, "widget.html", content=content(placed), again=False)
    return re.sub(r"<!--place:(\w+)-->", lambda found: parts[found[1]], page)


@pytest.mark.parametrize("language", ["it", "en"])
def test_ten_full_widgets_are_less_than_150_kilobytes_and_no_id_is_there_twice(language: Language) -> None:
    layout = tuple(each.model_copy(update={"rows": max(ROWS), "queue": "fees"}) for each in usual(GIULIA, QUEUES))
    page = the_page(layout, language)
    assert page.count('class="row-ticket"') == 8 * max(ROWS)
    assert len(page.encode()) < 150_000
    twice = [name for name, times in Counter(re.findall(r'\sid="([^"]*)"', page)).items() if times > 1]
    assert twice == []


def _counts() -> Counts:
    waiting = {State.NEW: 99, State.OPEN: 99}
    return Counts(by_state={}, by_queue={queue.id: waiting for queue in QUEUES}, mine=0, my_responsibility=0)


def _notices(rows: int) -> InboxPage:
    notice: dict[str, Any] = {
        "at": NOON,
        "kind": "noted",
        "kind_name": "Nota",
        "why": ["owner"],
        "says": f"{MARCO.name} ti ha nominato in una nota interna, e ha chiesto che tu risponda entro domani mattina",
        "reason": "lo tieni tu",
        "ticket": {"number": "20261123000013", "subject": LONG, "child": False},
        "article": random_id(),
        "instead_of": [],
        "read": False,
    }
    items = [{**notice, "id": random_id()} for _ in range(rows)]
    return InboxPage.model_validate({"items": items, "unread": 999, "next": None, "until": "x" * 60, "kinds": []})
