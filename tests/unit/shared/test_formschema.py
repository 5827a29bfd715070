"""The JSON Schema and the check say the same: what one lets through, so does the other."""

import math
import re
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from shared.errors import BadInput
from shared.forms.check import check, tidy
from shared.forms.model import (
    AnyField,
    CheckboxField,
    ChoiceField,
    ChoicesField,
    DateField,
    EmailField,
    FileField,
    Form,
    NumberField,
    PhoneField,
    TextField,
)
from shared.forms.schema import json_schema
from tests.unit.shared.formsamples import EVERY_TYPE, PNG, WHO, upload
from tests.unit.shared.test_forms import ALL

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30),
    st.lists(st.text(max_size=3), max_size=3), st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)  # fmt: skip
# Half surrogate pairs, control characters, other digits: both sides must refuse them, or both take them.
TRICKY = ["a\n", "a\x00b", "\u202eabc", "x\u2028y", "e\u0301te", "12345\n", "１２３", "\ud800", "a\tb", "x" * 26,
          "é" * 20, "2026-02-30", "20260101", "2026-1-1", "0000-01-01", "a@b", "a..b@c.example", "A@B.example",
          "x@c.example.", "12+34567", "1" * 16, "+", 0, 1, 3.0, 3.5, 100.5, 100.6, True, False,
          [], ["x", "x"], ["y"]]  # fmt: skip
WORDS = st.text(st.characters(codec=None), max_size=25)
FITTING = ["123", "12345", "m.rossi4", "RSSMRA00A01H501X", "https://x.example/a", "1" * 11, "1" * 18]


def fitting(question: AnyField) -> st.SearchStrategy[Any]:
    """Answers that fit."""
    match question:
        case ChoiceField():
            return st.sampled_from([option.value for option in question.options])
        case ChoicesField():
            most = min(question.max_count or 9, len(question.options))
            offered = st.sampled_from([option.value for option in question.options])
            return st.lists(offered, min_size=max(1, question.min_count), max_size=most, unique=True)
        case CheckboxField():
            return st.just(True) if question.required else st.booleans()
        case NumberField():
            whole = st.integers(math.ceil(question.minimum), int(question.maximum))
            return whole if question.integer else st.one_of(whole, st.floats(question.minimum, question.maximum))
        case DateField():
            days = st.dates(question.minimum or date(2015, 1, 1), question.maximum or date(2027, 1, 1))
            return days.map(date.isoformat)
        case EmailField():
            return st.sampled_from([WHO["email"], "a+b@c-d.example", "A@B.EXAMPLE"])
        case PhoneField():
            return st.sampled_from(["+39 0123 456789", "(012) 3-4.5/6"])
        case TextField() if question.pattern:
            pattern = question.pattern
            return st.sampled_from([text for text in FITTING if re.fullmatch(pattern, text)])
        case TextField():
            return st.sampled_from(
                ["abc def", "è già", "12"] if question.id != "name" else ["Chiara", "Ó Súilleabháin"]
            )
    return st.sampled_from(["abc def ghi\njkl", "perché è così"])


@st.composite
def answers(draw: st.DrawFn, form: Form) -> dict[str, Any]:
    """A submission that fits, then up to two changes that may spoil it."""
    values: dict[str, Any] = {}
    for question in form.questions:
        if isinstance(question, FileField) or (question.show_when and not form.shows(question, values)):
            continue
        if question.required or draw(st.booleans()):
            values[question.id] = draw(fitting(question))
    names = [question.id for question in form.questions if not isinstance(question, FileField)]
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.one_of(st.sampled_from(names), st.sampled_from(names), st.text(max_size=4)))
        spoiled = [st.sampled_from(TRICKY), JUNK, WORDS]
        if name in form.by_id:
            spoiled.append(fitting(form.by_id[name]))
        if draw(st.booleans()):
            values[name] = draw(st.one_of(*spoiled))
        else:
            values.pop(name, None)
    return values


@cache
def validator(form: Form) -> Any:
    """The form's schema, ready; `format` is checked too."""
    return Draft202012Validator(json_schema(form, "it"), format_checker=Draft202012Validator.FORMAT_CHECKER)


def verdicts(form: Form, values: dict[str, Any]) -> tuple[bool, bool]:
    """(schema, check): a date beyond its limits is forgiven, a schema can't say that. Files are names for the one."""
    instance = {key: tidied for key, value in values.items() if (tidied := tidy(value)) not in ("", None, [])}
    uploads = []
    for question in form.fields:
        if isinstance(question, FileField) and question.required and form.shows(question, instance):
            instance[question.id] = ["a.png"]
            uploads.append(upload(question.id, "a.png", PNG))
    valid = Draft202012Validator(json_schema(form, "it"), format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(
        instance
    )
    try:
        check(form, values, uploads, "it")
    except BadInput as refused:
        dates = {q.id for q in form.fields if isinstance(q, DateField) and (q.minimum or q.maximum)}
        return valid, valid and {error["field"] for error in refused.extra["errors"]} <= dates
    return valid, True


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(answers(EVERY_TYPE))
def test_schema_and_check_agree_on_a_form_with_every_type(values: dict[str, Any]) -> None:
    valid, checked = verdicts(EVERY_TYPE, values)
    assert valid == checked


@pytest.mark.parametrize("form", ALL, ids=lambda form: form.id)
def test_schema_and_check_agree_on_the_released_forms(form: Form) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(answers(form))
    def agree(values: dict[str, Any]) -> None:
        valid, checked = verdicts(form, values)
        assert valid == checked

    agree()


@pytest.mark.parametrize("form", [*ALL, EVERY_TYPE], ids=lambda form: form.id)
def test_the_schema_is_one_and_speaks_both_languages(form: Form) -> None:
    for language in ("it", "en"):
        schema = json_schema(form, language)
        Draft202012Validator.check_schema(schema)
        assert schema["title"] == form.title.say(language)
        assert schema["x-sportello"]["order"][:2] == ["name", "email"]
        assert all(found["title"] for found in schema["properties"].values())


def test_both_verdicts_happen() -> None:
    good = {**WHO, "kind": "b", "code": "123", "pieces": 2, "agree": True, "deeper": "p", "tags": ["y"], "detail": "x"}
    assert verdicts(EVERY_TYPE, good) == (True, True)
    for change in ({"kind": "a"}, {"pieces": 0}, {"agree": False}, {"tags": ["x"]}, {"reason": "x", "plain": True}):
        assert verdicts(EVERY_TYPE, good | change) == (False, False), change
