"""The history of a ticket's page: every fact has its sort, days have headings, and what is hidden is still there."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from services.portal.history import SAID_WITH_WHAT, news
from services.portal.i18n import tongues
from services.portal.journal import SORTS, Asked, journal, sort_of, told_fact
from services.portal.shapes import JournalRow
from shared.events import EVENTS, Actor, ActorKind, RootEvent
from shared.ids import random_id
from tests.unit.portal.samples import taken_view
from tests.unit.portal.test_ticket_page import the_page
from tests.unit.samples import ANNA, GIULIA, MARCO, NOON

IT = tongues()["it"]


def a_row(name: str, seq: int = 1, by: Any = MARCO, at: datetime = NOON, **data: Any) -> JournalRow:
    """A fact, Marco's."""
    actor = Actor(id=by.id, name=by.name, kind=ActorKind.OPERATOR)
    return JournalRow(event_id=random_id(), name=name, at=at, actor=actor, seq=seq, queue="credentials", data=data)


def test_every_fact_is_of_one_of_the_sorts_that_are_offered() -> None:
    sorts = {name: sort_of(name) for name, event in EVENTS.items() if issubclass(event, RootEvent)}
    assert set(sorts.values()) == set(SORTS)
    assert {name for name, sort in sorts.items() if sort == "notes"} == {"ticket.noted.v1", "child.noted.v1"}
    assert sorts["child.taken.v1"] == "people"
    assert sorts["child.closed.v1"] == sorts["second_level.requested.v1"] == "questions"


def test_what_says_more_than_that_something_changed_is_a_verb_that_is_there() -> None:
    assert {name.split(".")[1] for name in EVENTS} >= SAID_WITH_WHAT


def test_a_colleague_is_told_what_it_was_changed_to() -> None:
    row = a_row("ticket.prioritized.v1", priority=4, former_priority=3)
    fact = told_fact(row, GIULIA, IT, str, NOON, Asked())
    assert fact.news == "Marco Ferri ha cambiato la priorità (alle 13:00): Priorità: Alta (era Normale)"
    assert told_fact(row, MARCO, IT, str, NOON, Asked()).news == ""
    assert news(row, IT, NOON) == "Marco Ferri ha cambiato la priorità (alle 13:00)"


def test_facts_stand_under_the_day_in_rome_on_which_they_were() -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    rows = [a_row("ticket.noted.v1", n, at=late + timedelta(minutes=20 * n)) for n in range(3)]
    found = journal(rows, lambda row: told_fact(row, GIULIA, IT, str, NOON, Asked()), IT, Asked())
    assert [(IT.day(day.at), len(day.facts)) for day in found.days] == [
        ("23 novembre 2026", 2),
        ("24 novembre 2026", 1),
    ]


def test_the_address_narrows_it_by_sort_and_by_person_and_hides_the_rest() -> None:
    rows = (
        a_row("ticket.noted.v1", 1, MARCO),
        a_row("ticket.noted.v1", 2, ANNA),
        a_row("ticket.tagged.v1", 3, ANNA, NOON + timedelta(days=1), added=["urgente"]),
    )
    ticket = taken_view(journal=rows)
    seen = {
        "": [1, 2, 3],
        "facts=notes": [1, 2],
        f"facts=notes&by={ANNA.id}": [2],
        f"by={ANNA.id}": [2, 3],
        "facts=mails": [],
        "facts=nonsense": [1, 2, 3],
    }
    for query, seqs in seen.items():
        page = the_page(ticket, query=query)
        facts = re.findall(r'<li class="fact" data-seq="(\d+)"([^>]*)>', page)
        assert [int(seq) for seq, more in facts if not more.endswith("hidden")] == seqs, query
        assert len(facts) == 3
        assert page.count('<section class="day" hidden') == len([1, 2]) - len({seq == 3 for seq in seqs})
        assert ('no-facts" hidden' in page) is bool(seqs)
    page = the_page(ticket, query="facts=notes&before=90")
    assert f'before=90&amp;facts=notes&amp;by={ANNA.id}#history"' in page
