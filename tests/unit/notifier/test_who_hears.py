"""Every fact of the system, and who gets a notice of it: each cell of docs/notices.md with a real fact.

`pytest -s tests/unit/notifier/test_who_hears.py` prints the matrix.
"""

import sys
from datetime import timedelta
from typing import Any, Final

import pytest

from services.notifier.notices import TABLE, Hearer, Why, hearers
from services.notifier.preferences import Audience, Away, Kind, Preferences
from shared.events import SYSTEM, Actor, ActorKind, RootEvent, SecondLevelAnswered
from tests.notices import FILE, document, has_place, matrix
from tests.unit.notifier.facts import FACTS, a_fact, ref
from tests.unit.notifier.samples import EVENING, GIULIA, PEOPLE, QUEUES

SARA, MARCO, PAOLO, ANNA, EMMA = "sara.lombardi", "marco.ferri", "paolo.greco", "anna.villa", "emma.clarke"
OPERATORS: Final = ("giulia.conti", SARA, MARCO, PAOLO, ANNA, EMMA)
LATER: Final = EVENING + timedelta(days=3)

# What followers of a queue hear of: always, and while nobody owns it. Of nothing else.
ARRIVALS: Final = {
    "ticket.opened.v1",
    "ticket.released.v1",
    "ticket.moved.v1",
    "ticket.reopened.v1",
    "child.opened.v1",
    "child.released.v1",
    "child.moved.v1",
    "child.reopened.v1",
    "child.overdue.v1",
}
ARRIVALS_OF_NOBODY: Final = {
    "ticket.resumed.v1",
    "ticket.replied.v1",
    "ticket.reply_followed.v1",
    "ticket.unmerged.v1",
    "article.stopped.v1",
    "article.refused.v1",
    "second_level.answered.v1",
    "second_level.overdue.v1",
    "child.resumed.v1",
}
ASSIGNED: Final = {
    ("ticket.handed_over.v1", Why.OWNER),
    ("child.handed_over.v1", Why.OWNER),
    ("ticket.responsible_changed.v1", Why.RESPONSIBLE),
    ("child.responsible_changed.v1", Why.RESPONSIBLE),
}


def an_audience(**chosen: Preferences) -> Audience:
    """All operators, who follow no queue and are there, but for what is `chosen` (by first name)."""
    quiet = Preferences(queues=())
    by_name = {person.partition(".")[0]: person for person in OPERATORS}
    return Audience(PEOPLE, QUEUES, {person: chosen.get(name, quiet) for name, person in by_name.items()})


def away(deputy: str, **more: Any) -> Preferences:
    """Away until later."""
    return Preferences(queues=(), away=Away(until=LATER, deputy=deputy), **more)


def heard(event: RootEvent, audience: Audience | None = None) -> dict[str, Hearer]:
    """Who hears of it, each once."""
    found = hearers(event, audience or an_audience(), EVENING)
    assert len({hearer.person.id for hearer in found}) == len(found)
    return {hearer.person.id: hearer for hearer in found}


def in_place(fact: type[RootEvent], why: Why, person: str) -> RootEvent:
    """A fact with `person` in this place, and nobody else in any."""
    places: dict[Why, dict[str, Any]] = {
        Why.RESPONSIBLE: {"responsible": ref(person)},
        Why.OWNER: {"owner": ref(person)},
        Why.WATCHER: {"watchers": (ref(person),)},
        Why.FORMER_OWNER: {"former_owner": ref(person)},
        Why.FORMER_RESPONSIBLE: {"former_responsible": ref(person)},
        Why.FORMER_WATCHER: {"person": ref(person)},
        Why.MENTIONED: {"mentions": (ref(person),)},
    }
    return a_fact(fact, **places[why])


def test_every_fact_has_its_row_and_no_row_is_left_over() -> None:
    assert TABLE.keys() == set(FACTS)


def test_the_matrix_is_printed_and_is_the_document() -> None:
    sys.stdout.write(f"\n{matrix()}")
    assert FILE.read_text(encoding="utf-8") == document(), "run: python -m tests.notices"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
@pytest.mark.parametrize("why", [Why.RESPONSIBLE, Why.OWNER, Why.WATCHER])
def test_s10_the_responsible_the_owner_and_watchers_hear_of_every_fact(fact: type[RootEvent], why: Why) -> None:
    (hearer,) = heard(in_place(fact, why, SARA)).values()
    assert (hearer.person.id, hearer.why, hearer.instead_of) == (SARA, (why,), ())
    assert hearer.kind is (Kind.ASSIGNED if (fact.name, why) in ASSIGNED else TABLE[fact].kind)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
@pytest.mark.parametrize("why", [Why.FORMER_OWNER, Why.FORMER_RESPONSIBLE, Why.FORMER_WATCHER, Why.MENTIONED])
def test_who_loses_it_by_a_fact_or_is_mentioned_hears_of_that_fact(fact: type[RootEvent], why: Why) -> None:
    found = heard(in_place(fact, why, SARA))
    assert found.keys() == ({SARA} if has_place(fact, why) else set())
    if found:
        assert found[SARA].why == (why,)
        assert (found[SARA].kind is Kind.MENTION) == (why is Why.MENTIONED)


@pytest.mark.parametrize("owned", [True, False], ids=["owned", "nobody's"])
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_followers_hear_of_what_arrives_in_their_queue(fact: type[RootEvent], owned: bool) -> None:
    audience = an_audience(sara=Preferences(queues=("credentials",)), emma=Preferences(queues=("fees",)))
    event = a_fact(fact, owner=ref(MARCO) if owned else None)
    found = {person: hearer.why for person, hearer in heard(event, audience).items() if person != MARCO}
    told = fact.name in ARRIVALS or (fact.name in ARRIVALS_OF_NOBODY and not owned)
    # A move is heard in both queues.
    both = {EMMA: (Why.FOLLOWER,)} if fact.name.endswith(".moved.v1") else {}
    assert found == ({SARA: (Why.FOLLOWER,), **both} if told else {})


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_nobody_hears_of_their_own_act_nor_their_deputy_for_them(fact: type[RootEvent]) -> None:
    giulia = ref(GIULIA.id)
    everywhere = {"responsible": giulia, "owner": giulia, "watchers": (giulia,), "mentions": (giulia,)}
    event = a_fact(fact, **everywhere, former_owner=giulia, former_responsible=giulia, person=giulia)
    audience = an_audience(giulia=away(SARA, version=1))
    assert heard(event) == {}
    assert heard(event, audience) == {}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_users_and_strangers_get_no_notice(fact: type[RootEvent]) -> None:
    event = a_fact(fact, responsible=ref("luca.bianchi"), owner=ref("nobody.known"), watchers=(ref("chiara.russo"),))
    assert heard(event) == {}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_whoever_stands_in_hears_of_every_fact_instead(fact: type[RootEvent]) -> None:
    event = in_place(fact, Why.RESPONSIBLE, SARA)
    found = heard(event, an_audience(sara=away(PAOLO), paolo=away(EMMA)))
    assert found.keys() == {SARA, EMMA}
    assert (found[SARA].by_mail, found[SARA].why) == (False, (Why.RESPONSIBLE,))
    assert (found[EMMA].why, [each.id for each in found[EMMA].instead_of]) == ((Why.DEPUTY,), [SARA])
    assert found[EMMA].by_mail is TABLE[fact].by_mail
    assert found[EMMA].kind is found[SARA].kind


def test_several_reasons_are_one_notice_of_the_most_urgent_kind() -> None:
    sara = ref(SARA)
    event = a_fact(TABLE_BY_NAME["ticket.noted.v1"], responsible=sara, owner=sara, watchers=(sara,), mentions=(sara,))
    assert heard(event)[SARA].why == (Why.RESPONSIBLE, Why.OWNER, Why.WATCHER, Why.MENTIONED)
    assert heard(event)[SARA].kind is Kind.MENTION


def test_a_deputy_who_also_has_a_reason_of_their_own_hears_once_with_both() -> None:
    event = a_fact(TABLE_BY_NAME["ticket.handed_over.v1"], owner=ref(SARA), responsible=ref(PAOLO))
    found = heard(event, an_audience(sara=away(PAOLO)))
    assert found[PAOLO].why == (Why.RESPONSIBLE, Why.DEPUTY)
    assert (found[PAOLO].kind, [each.id for each in found[PAOLO].instead_of]) == (Kind.ASSIGNED, [SARA])


def test_one_deputy_of_two_hears_once_for_both() -> None:
    event = a_fact(TABLE_BY_NAME["ticket.closed.v1"], owner=ref(SARA), responsible=ref(EMMA))
    found = heard(event, an_audience(sara=away(PAOLO), emma=away(PAOLO)))
    assert {each.id for each in found[PAOLO].instead_of} == {SARA, EMMA}


def test_a_deputy_hears_nothing_of_their_own_act() -> None:
    actor = Actor(id=PAOLO, name="Paolo Greco", kind=ActorKind.OPERATOR)
    found = heard(
        a_fact(TABLE_BY_NAME["ticket.closed.v1"], owner=ref(SARA), actor=actor), an_audience(sara=away(PAOLO))
    )
    assert found.keys() == {SARA}


@pytest.mark.parametrize("deputy", [PAOLO, SARA, "luca.bianchi", "nobody.known"])
def test_a_circle_or_a_deputy_who_is_gone_stands_in_for_nobody(deputy: str) -> None:
    found = heard(
        a_fact(TABLE_BY_NAME["ticket.closed.v1"], owner=ref(SARA)), an_audience(sara=away(deputy), paolo=away(SARA))
    )
    assert found.keys() == {SARA}
    assert found[SARA].by_mail


def test_an_absence_that_is_over_changes_nothing() -> None:
    event = a_fact(TABLE_BY_NAME["ticket.closed.v1"], owner=ref(SARA))
    (hearer,) = hearers(event, an_audience(sara=away(PAOLO)), LATER)
    assert (hearer.person.id, hearer.by_mail) == (SARA, True)


def test_who_answered_a_question_does_not_hear_that_it_was_answered() -> None:
    event = a_fact(SecondLevelAnswered, actor=SYSTEM, by=ref(ANNA), owner=ref(ANNA), responsible=ref(SARA))
    assert heard(event).keys() == {SARA}


def test_that_a_mail_has_left_is_never_told_by_mail_and_neither_are_thanks() -> None:
    inbox_only = {"ticket.thanked.v1", "ticket.rated.v1", "ticket.follow_link_requested.v1", "article.delivered.v1"}
    assert {fact.name for fact, row in TABLE.items() if not row.by_mail} == inbox_only


def test_until_they_choose_people_follow_the_queues_of_their_groups() -> None:
    audience = Audience(PEOPLE, QUEUES, {})
    assert heard(a_fact(TABLE_BY_NAME["ticket.opened.v1"], actor=SYSTEM), audience).keys() == {"giulia.conti", MARCO}
    event = a_fact(TABLE_BY_NAME["child.opened.v1"], queue="credentials-identity")
    assert heard(event, audience).keys() == {ANNA}


TABLE_BY_NAME: Final = {fact.name: fact for fact in TABLE}
