"""Conditions hold or don't, and say in a sentence why not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.routing.conditions import Case
from shared.events import About
from tests.unit.routing.samples import when
from tests.unit.samples import a_requester, a_submission

# Monday 23 November 2026, 13:00 in Rome.
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def case(**changes: Any) -> Case:
    requester = a_requester(**{name: changes.pop(name) for name in ("role", "course", "verified") if name in changes})
    queue = changes.pop("queue", None)
    return Case.of(a_submission(requester=requester, **changes))._replace(queue=queue)


@pytest.mark.parametrize(
    ("text", "changes", "place", "why"),
    [
        ("{form: fees}", {}, "form", "the form is 'credentials', not 'fees'"),
        ("{form: [fees, exams]}", {}, "form", "the form is 'credentials', not 'fees' or 'exams'"),
        ("{verified: yes}", {"verified": False}, "verified", "nobody vouches for the requester"),
        ("{verified: no}", {}, "verified", "the requester is verified"),
        ("{role: student}", {}, "role", "the requester's role is not given, not 'student'"),
        ("{role: student}", {"role": "teacher"}, "role", "the requester's role is 'teacher', not 'student'"),
        ("{course: Informatica}", {"course": "Lettere"}, "course", "is 'Lettere', not 'Informatica'"),
        ("{queue: fees}", {"queue": "students"}, "queue", "the queue that asks is 'students', not 'fees'"),
        ("{fields: {kind: spid}}", {}, "fields.kind", "field 'kind' is 'password', not 'spid'"),
        ("{fields: {consent: yes}}", {}, "fields.consent", "field 'consent' is not given, not yes"),
        ("{fields: {kind: a}}", {"values": {"kind": ["b", "c"]}}, "fields.kind", "is 'b' and 'c', not 'a'"),
        ("{all: [{site: demo-site}, {form: fees}]}", {}, "all.2.form", "the form is 'credentials', not 'fees'"),
        ("{any: [{form: fees}, {language: en}]}", {}, "any", "the form is 'credentials', not 'fees'; the language is"),
        ("{not: {form: credentials, verified: yes}}", {}, "not", "what 'not' excludes is so: form: credentials, verif"),
        ("{time: {days: [sat, sun]}}", {}, "time", "sent on mon 2026-11-23 13:00, not on sat or sun"),
        ("{time: {from: 14:00}}", {}, "time", "not from 14:00 to 24:00"),
        ("{time: {from: 18:00, to: 08:00}}", {}, "time", "not from 18:00 to 08:00"),
        ("{time: {after: 2026-11-23}}", {}, "time", "not after 2026-11-23"),
        ("{time: {before: 2026-11-23}}", {}, "time", "not before 2026-11-23"),
    ],
)
def test_the_first_condition_that_does_not_hold_is_told(
    text: str, changes: dict[str, Any], place: str, why: str
) -> None:
    missed = when(text).miss(case(**changes))
    assert missed is not None
    assert missed.condition == place
    assert why in missed.why


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("{}", {}),
        ("{form: [fees, credentials], verified: yes}", {}),
        ("{role: [student, teacher], course: Informatica}", {"role": "student", "course": "Informatica"}),
        ("{fields: {kind: [spid, password]}}", {}),
        ("{fields: {kind: a}}", {"values": {"kind": ["b", "a"]}}),
        ("{fields: {consent: yes}}", {"values": {"consent": True}}),
        ("{not: {fields: {kind: a}}}", {"values": {}}),
        ("{not: {role: student}}", {}),
        ("{any: [{form: fees}, {all: [{language: it}, {not: {verified: no}}]}]}", {}),
        ("{time: {days: [mon], from: 13:00, to: 13:01, after: 2026-11-22, before: 2026-11-24}}", {}),
        ("{time: {from: 12:30, to: 08:00}}", {}),
        ("{time: {days: [mon]}}", {"submitted_at": datetime(2026, 11, 22, 23, 30, tzinfo=UTC)}),
        ("{time: {from: 09:00, to: 10:00}}", {"submitted_at": datetime(2026, 7, 1, 7, 30, tzinfo=UTC)}),
    ],
    ids=str,
)
def test_conditions_hold(text: str, changes: dict[str, Any]) -> None:
    assert when(text).miss(case(**changes)) is None


def test_a_question_is_looked_at_like_the_request_it_comes_from() -> None:
    about = About(queue="fees", form="fees", version=1, site="www", language="en", role="student", submitted_at=MONDAY)
    assert when("{queue: fees, form: fees, role: student, verified: no, time: {from: 13:00}}").holds(Case.about(about))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{any: []}", "'any' is an empty list"),
        ("{form: []}", "'form' is an empty list"),
        ("{fields: {kind: []}}", "'kind' is an empty list"),
        ("{time: {}}", "say days, from, to, after or before"),
        ("{time: {from: 09:00, to: 09:00}}", "no time is between"),
        ("{time: {after: 2026-01-01, before: 2026-01-02}}", "no day is after"),
        ("{time: {from: 9}}", "write a clock time like 08:30"),
        # Not 830 minutes after midnight.
        ("{time: {from: 830}}", "write a clock time like 08:30"),
        ("{time: {from: '25:00'}}", "write a clock time like 08:30"),
        ("{time: {days: [monday]}}", "'mon'"),
        ("{nor: {form: fees}}", "nor"),
    ],
)
def test_conditions_that_mean_nothing_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        when(text)
