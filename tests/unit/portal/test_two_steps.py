"""Every verb is two steps away at most: open its form, send it. A note is told from an answer by more than colour."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from services.portal.verbs import VERBS
from shared.events import State
from tests.unit.portal.test_ticket_page import an_open_ticket, form, shown, the_page

# On a form of their own only in a state, or beside a row, that these pages don't have.
ELSEWHERE = {
    "mails/undo", "mails/send", "mails/retry", "unmerge", "split", "resume", "links/remove", "unwatch",
    "questions/withdraw", "question/answer", "question/return", "release",
}  # fmt: skip


class Depths(HTMLParser):
    """How many parts that open stand around each form, by the verb it sends."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.of = 0, dict[str, int]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += tag == "details"
        action = dict(attrs).get("action") or ""
        if tag == "form" and action.startswith("/tickets/"):
            self.of[action.split("/", 3)[3]] = self.open

    def handle_endtag(self, tag: str) -> None:
        self.open -= tag == "details"


def depths(page: str) -> dict[str, int]:
    found = Depths()
    found.feed(page)
    return found.of


@pytest.mark.parametrize("state", [State.NEW, State.OPEN, State.PENDING, State.CLOSED_SUCCESSFUL])
def test_every_verb_is_open_and_send(state: State) -> None:
    found = depths(the_page(an_open_ticket(state=state)))
    expected = {path for path, verb in VERBS.items() if state in verb.states and False in verb.on} - ELSEWHERE
    assert expected <= set(found) | {"take"}
    assert {verb: steps + 1 for verb, steps in found.items() if steps > 1} == {}


def test_note_and_answer_differ_in_words_icon_edge_and_button() -> None:
    page = the_page(an_open_ticket())
    answer, note = form(page, "answers"), form(page, "notes")
    assert "Invia la risposta" in shown(answer)
    assert "Salva la nota" in shown(note)
    assert "Invia" not in shown(note)
    assert 'class="recipient"' in answer
    assert 'class="recipient"' not in note
    assert "btn-note" in note
    assert "btn-note" not in answer
    panels = page[page.index('id="act"') :]
    assert 'class="panel panel-user" id="panel-answers"' in panels
    assert 'class="panel panel-note" id="panel-notes"' in panels
    style = Path("services/portal/static/writing.css").read_text(encoding="utf-8")
    assert "repeating-linear-gradient" in style[style.index(".panel-note") :]
