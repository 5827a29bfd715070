"""Each form of a ticket's page becomes the wish that tickets takes, and is offered exactly where tickets allows it."""

from typing import Any

import pytest
from starlette.datastructures import FormData

from services.portal.shapes import View
from services.portal.verbs import VERBS, offered, verb_of
from services.tickets import api
from services.tickets.domain import states
from services.tickets.requester_api import THEIRS
from shared.errors import NotFound
from shared.events import State, TicketRef
from shared.ids import random_id
from tests.unit.portal.samples import PARENT, a_view

# The requester ends their links, or an operator for them.
WISHES = {**api.WISHES, "follow-links/end": THEIRS["follow-links/end"][0]}

OTHER = "20261123000021"
# What a person fills in, and what tickets is asked; where a field is left out the form was left empty.
FILLED: list[tuple[str, list[tuple[str, str]], dict[str, Any]]] = [
    ("take", [], {}),
    ("release", [("reason", "torno lunedì")], {"reason": "torno lunedì"}),
    ("hand-over", [("to", "marco.ferri"), ("reason", "Tuo")], {"to": "marco.ferri", "reason": "Tuo"}),
    ("responsible", [("to", "marco.ferri")], {"to": "marco.ferri"}),
    ("move", [("queue", "fees"), ("reason", "")], {"queue": "fees", "reason": ""}),
    ("priority", [("priority", "5")], {"priority": "5"}),
    ("tags", [("add", "laurea, otp,"), ("remove", "vecchio")], {"add": ["laurea", "otp"], "remove": ["vecchio"]}),
    ("tags", [("remove", "otp")], {"add": [], "remove": ["otp"]}),
    ("notes", [("text", "Nota")], {"text": "Nota"}),
    ("answers", [("text", "Ecco"), ("outcome", "")], {"text": "Ecco", "outcome": None, "questions": None}),
    (
        "answers",
        [("text", "Ecco"), ("outcome", "closed_successful"), ("questions", "wait")],
        {"text": "Ecco", "outcome": "closed_successful", "questions": "wait"},
    ),
    (
        "information-requests",
        [("fields", "kind"), ("fields", "description"), ("text", "?"), ("until", "2027-07-01"), ("then", "close")],
        {"fields": ["kind", "description"], "text": "?", "until": "2027-07-01T08:00:00+02:00", "then": "close"},
    ),
    (
        "information-requests",
        [("fields", "kind"), ("text", "?"), ("until", "")],
        {"fields": ["kind"], "text": "?", "until": None, "then": "remind"},
    ),
    (
        "forwards",
        [("to", "a@b.example"), ("subject", "S"), ("text", "T")],
        {"to": "a@b.example", "subject": "S", "text": "T"},
    ),
    (
        "close",
        [("outcome", "closed_unsuccessful"), ("reason", "No")],
        {"outcome": "closed_unsuccessful", "reason": "No", "silent": False, "questions": None},
    ),
    (
        "close",
        [("outcome", "closed_successful"), ("reason", ""), ("silent", "yes"), ("questions", "withdraw")],
        {"outcome": "closed_successful", "reason": "", "silent": True, "questions": "withdraw"},
    ),
    ("reopen", [("reason", "")], {"reason": ""}),
    (
        "pending",
        [("for", "date"), ("until", "2027-01-15"), ("then", "remind")],
        {"for_user": False, "until": "2027-01-15T08:00:00+01:00", "then": "remind"},
    ),
    (
        "pending",
        [("for", "user"), ("until", "2027-01-15"), ("then", "closed_unsuccessful")],
        {"for_user": True, "until": "2027-01-15T08:00:00+01:00", "then": "close", "outcome": "closed_unsuccessful"},
    ),
    ("resume", [], {}),
    ("mails/undo", [("article", "x")], {"article": "x"}),
    ("mails/send", [("article", "x")], {"article": "x"}),
    ("mails/retry", [("article", "x"), ("to", " a@b.example ")], {"article": "x", "to": "a@b.example"}),
    ("mails/retry", [("article", "x"), ("to", "")], {"article": "x", "to": None}),
    ("links", [("other", OTHER)], {"other": OTHER}),
    ("links/remove", [("other", OTHER)], {"other": OTHER}),
    ("merge", [("target", OTHER)], {"target": OTHER}),
    ("unmerge", [], {}),
    (
        "split",
        [("article", "x"), ("subject", "S"), ("queue", "fees")],
        {"article": "x", "subject": "S", "queue": "fees"},
    ),
    (
        "questions",
        [("title", "Esiste?"), ("text", "Cercalo"), ("queue", ""), ("due_at", "2027-07-01T17:30"), ("fields", "kind")],
        {
            "title": "Esiste?",
            "text": "Cercalo",
            "queue": "",
            "due_at": "2027-07-01T17:30:00+02:00",
            "fields": ["kind"],
            "articles": [],
        },
    ),
    (
        "questions",
        [("title", "T"), ("text", "?"), ("queue", "credentials-mail"), ("due_at", ""), ("articles", "x")],
        {
            "title": "T",
            "text": "?",
            "queue": "credentials-mail",
            "due_at": None,
            "fields": [],
            "articles": ["x"],
        },
    ),
    ("questions/withdraw", [("child", "x"), ("reason", "Risolto")], {"child": "x", "reason": "Risolto"}),
    ("question/answer", [("text", "Sì")], {"text": "Sì", "questions": None}),
    ("question/answer", [("text", "Sì"), ("questions", "wait")], {"text": "Sì", "questions": "wait"}),
    ("question/return", [("reason", "No"), ("questions", "withdraw")], {"reason": "No", "questions": "withdraw"}),
    ("watch", [("person", "")], {"person": ""}),
    ("follow-links/end", [], {}),
    ("unwatch", [("person", "marco.ferri")], {"person": "marco.ferri"}),
]


def a_ticket_in(column: str) -> View:
    """A ticket as a column of tickets' own table calls it."""
    if column == "merging":
        return a_view(state=State.OPEN, merging=TicketRef(id=random_id(), number=OTHER))
    return a_view(state=State(column))


def a_question_in(column: str) -> View:
    """A question, in a column of its own table."""
    closed = {"answered": "closed_successful", "returned": "closed_unsuccessful", "withdrawn": "closed_unsuccessful"}
    ending = column if column in closed else None
    return a_view(parent=PARENT, requester=None, state=State(closed.get(column, column)), ending=ending)


def test_every_verb_of_tickets_has_its_form_and_none_is_invented() -> None:
    assert set(VERBS) == set(WISHES)
    assert {path for path, _, _ in FILLED} == set(WISHES)


@pytest.mark.parametrize(("path", "filled", "asked"), FILLED)
def test_a_form_becomes_the_wish_that_tickets_takes(
    path: str, filled: list[tuple[str, str]], asked: dict[str, Any]
) -> None:
    wish = verb_of(path).wish(FormData([*filled]))
    assert wish == asked
    WISHES[path].model_validate({**wish, "seen": 3})


def test_a_day_that_is_none_is_passed_on_and_refused() -> None:
    wish = verb_of("pending").wish(FormData([("for", "date"), ("until", "domani")]))
    assert wish["until"] == "domani"
    assert verb_of("questions").wish(FormData([("due_at", "presto")]))["due_at"] == "presto"


def test_a_verb_that_does_not_exist_is_not_there() -> None:
    with pytest.raises(NotFound):
        verb_of("counts")


@pytest.mark.parametrize("column", states.COLUMNS)
def test_a_verb_is_offered_exactly_where_it_is_allowed(column: str) -> None:
    allowed = {path for path, wish in WISHES.items() if states.VERBS[wish][column] == "yes"}
    assert offered(a_ticket_in(column)) == allowed


@pytest.mark.parametrize("column", states.CHILD_COLUMNS)
def test_a_question_is_offered_exactly_what_a_question_takes(column: str) -> None:
    taken = states.CHILD_VERBS
    allowed = {path for path, wish in WISHES.items() if wish in taken and taken[wish][column] == "yes"}
    assert offered(a_question_in(column)) == allowed
