"""What changed between two versions of a form, and what of earlier answers still fits."""

from typing import Any

import pytest

from shared.forms.changes import Carried, Change, carry, changes, gone, news
from shared.forms.model import Form
from tests.unit.shared.formsamples import a_form, field, options

KIND = field("kind", "choice", required=True, options=options("a", "b"))
NOTE = field("note", "text", max_length=50)
TAGS = field("tags", "choices", options=options("x", "y"))
OLD = a_form(KIND, NOTE, TAGS)


def changed(*fields: dict[str, Any], **own: Any) -> Form:
    """The second version."""
    return a_form(*fields, **{"version": 2, **own})


def test_nothing_changed_says_nothing() -> None:
    assert changes(OLD, changed(KIND, NOTE, TAGS)) == []
    assert news(OLD, changed(KIND, NOTE, TAGS), "it") == []


def test_each_property_is_named_with_before_and_after() -> None:
    new = changed({**KIND, "options": options("a", "c")}, {**NOTE, "max_length": 80, "required": True}, TAGS)
    assert changes(OLD, new) == [
        Change("kind", "changed", "options.c.it", "", "C (it)"),
        Change("kind", "changed", "options.c.en", "", "C (en)"),
        Change("kind", "changed", "options.b.it", "B (it)", ""),
        Change("kind", "changed", "options.b.en", "B (en)", ""),
        Change("note", "changed", "required", "no", "yes"),
        Change("note", "changed", "max_length", "50", "80"),
    ]


def test_new_lost_and_moved_fields_are_told_apart() -> None:
    new = changed(field("day", "date"), NOTE, KIND)
    assert changes(OLD, new) == [
        Change("day", "added", "", "", "Day (it)"),
        Change("note", "moved", "order", "2", "1"),
        Change("kind", "moved", "order", "1", "2"),
        Change("tags", "removed", "", "Tags (it)", ""),
    ]


def test_the_forms_own_texts_and_sites_count_too() -> None:
    new = changed(KIND, NOTE, TAGS, title={"it": "Altro", "en": "title (en)"}, sites=["pages", "faq"])
    assert changes(OLD, new) == [
        Change("", "changed", "title.it", "title (it)", "Altro"),
        Change("", "changed", "sites", "pages", "pages, faq"),
    ]
    assert news(OLD, new, "it") == ["Sono cambiati alcuni testi, o l’ordine delle domande."]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (field("note", "text", max_length=50, required=True), "“Note (en)” is now required."),
        (field("note", "text", max_length=20), "The limits of “Note (en)” changed."),
        (field("note", "longtext", max_length=50), "“Note (en)” is now answered in another way."),
        (
            field("note", "text", max_length=50, show_when={"field": "kind", "equals": "a"}),
            "“Note (en)” is now asked in other cases.",
        ),
        (field("note", "text", max_length=50, help={"it": "x", "en": "y"}), "“Note (en)” is now worded differently."),
    ],
)
def test_who_was_writing_is_told_in_a_sentence(now: dict[str, Any], said: str) -> None:
    assert news(OLD, changed(KIND, now, TAGS), "en") == [said]


def test_new_questions_say_whether_they_must_be_answered() -> None:
    sometimes = field("c", "text", required=True, show_when={"field": "kind", "equals": "a"})
    new = changed(KIND, NOTE, TAGS, field("a", "text"), field("b", "text", required=True), sometimes)
    assert news(OLD, new, "en") == [
        "New question, optional: “A (en)”.",
        "New question, required: “B (en)”.",
        "New question, in some cases: “C (en)”.",
    ]


def test_what_is_gone_keeps_its_words() -> None:
    found = gone(OLD, changed({**KIND, "options": options("a")}, TAGS), "it")
    assert found["note"] == ("Note (it)", {})
    assert found["kind"] == ("Kind (it)", {"b": "B (it)"})
    assert "tags" not in found


@pytest.mark.parametrize(
    ("new", "values", "carried"),
    [
        (changed(KIND, NOTE), {"kind": "b", "note": "ciao"}, Carried({"kind": "b", "note": "ciao"}, [])),
        (changed(NOTE), {"kind": "b"}, Carried({}, [("Kind (it)", "B (it)")])),
        (changed({**KIND, "options": options("a")}), {"kind": "b"}, Carried({}, [("Kind (it)", "B (it)")])),
        (
            changed({**TAGS, "options": options("y", "z")}),
            {"tags": ["x", "y"]},
            Carried({"tags": ["y"]}, [("Tags (it)", "X (it)")]),
        ),
        (changed(field("note", "checkbox")), {"note": "ciao"}, Carried({}, [("Note (it)", "ciao")])),
        (changed(field("note", "file", max_bytes=9, types=["pdf"])), {"note": "x"}, Carried({}, [("Note (it)", "x")])),
        (changed(field("tags", "text")), {"tags": ["x"]}, Carried({}, [("Tags (it)", "X (it)")])),
        (changed(field("note", "number")), {"note": "12"}, Carried({"note": "12"}, [])),
        (changed(KIND), {"name": "A", "email": "a", "note": "", "x": "y"}, Carried({"name": "A", "email": "a"}, [])),
    ],
)  # fmt: skip
def test_answers_go_where_they_fit_and_the_rest_is_written_out(
    new: Form, values: dict[str, Any], carried: Carried
) -> None:
    assert carry(OLD, new, values, "it") == carried
