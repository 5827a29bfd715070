"""Who sees what: every kind of article against every kind of person, and every ticket against every stranger."""

import itertools

import pytest

from services.tickets.commands import TakeTicket
from services.tickets.shapes import View
from services.tickets.views import Read, allowed, view
from shared import policy
from shared.errors import NotFound
from shared.events import ArticleKind
from shared.policy import Person, Role, Visibility
from tests.unit.samples import CHIARA, GIULIA, LUCA, a_requester
from tests.unit.tickets.house import House

INTERNAL = {
    ArticleKind.NOTE,
    ArticleKind.MAIL_FORWARD,
    ArticleKind.CHILD_OPENED,
    ArticleKind.CHILD_ANSWER,
    ArticleKind.SYSTEM,
}
TICKET = "7d3f9a52-0000-5000-8000-000000000001"
HOLDER = Person(id=f"holder:{TICKET}", name="", roles=frozenset({Role.HOLDER}), ticket=TICKET)
NOBODY = Person(id="nobody", name="Nobody")
SERVICE = Person(id="intake", name="intake", roles=frozenset({Role.SERVICE}))


@pytest.mark.parametrize(("person", "kind"), list(itertools.product([LUCA, HOLDER, NOBODY, SERVICE], ArticleKind)))
def test_nobody_but_operators_sees_an_internal_article(person: Person, kind: ArticleKind) -> None:
    if kind in INTERNAL:
        assert not policy.may_see_article(person, kind)
        assert policy.visibility(kind) is Visibility.INTERNAL
    if person in (NOBODY, SERVICE):
        assert not policy.may_see_article(person, kind)


def test_every_kind_has_its_visibility_and_operators_see_all() -> None:
    assert {kind for kind in ArticleKind if policy.visibility(kind) is Visibility.INTERNAL} == INTERNAL
    assert all(policy.may_see_article(GIULIA, kind) for kind in ArticleKind)


def test_a_holder_of_a_link_sees_nothing_that_was_typed() -> None:
    assert not policy.may_see_article(HOLDER, ArticleKind.REQUEST)
    assert not policy.may_see_article(HOLDER, ArticleKind.REQUESTER_REPLY)
    assert policy.may_see_article(HOLDER, ArticleKind.MAIL_RECEIPT)


@pytest.mark.parametrize(
    ("person", "requester", "seen"),
    [
        (LUCA, a_requester(), True),
        (CHIARA, a_requester(), False),
        (LUCA, a_requester(verified=False), False),
        (LUCA, a_requester(verified=True, subject=None), False),
        (LUCA.model_copy(update={"id": ""}), a_requester(subject=None), False),
        (GIULIA, a_requester(verified=False, subject=None), True),
        (HOLDER, a_requester(verified=False, subject=None), True),
        (HOLDER.model_copy(update={"ticket": None}), a_requester(), False),
        (HOLDER.model_copy(update={"ticket": "other"}), a_requester(), False),
        (NOBODY, a_requester(), False),
        (SERVICE, a_requester(), False),
    ],
)
def test_a_ticket_is_seen_by_operators_its_verified_requester_and_the_holder_of_its_link(
    person: Person, requester: object, seen: bool
) -> None:
    assert policy.may_see_ticket(person, TICKET, requester) is seen  # type: ignore[arg-type]


def the_house() -> House:
    house = House()
    house.do(house.open(), TakeTicket(seen=1))
    return house


def page(house: House, person: Person) -> View:
    """The newest page, as `person` sees it."""
    (ticket,) = house.store.roots.values()
    facts = house.history(ticket.id)
    return view(Read(ticket, facts, facts[:1]), person, house.store.articles)


def test_unknown_and_forbidden_look_the_same() -> None:
    with pytest.raises(NotFound) as unknown:
        allowed(None, CHIARA)
    (ticket,) = the_house().store.roots.values()
    with pytest.raises(NotFound) as forbidden:
        allowed(ticket, CHIARA)
    assert unknown.value.detail == forbidden.value.detail


def test_a_user_learns_that_it_was_taken_but_neither_by_whom_nor_the_history() -> None:
    shown = page(the_house(), LUCA)
    assert shown.taken
    assert shown.journal == []
    assert GIULIA.name not in shown.model_dump_json()
    assert GIULIA.id not in shown.model_dump_json()


def test_a_holder_is_shown_no_name_no_address_and_no_subject() -> None:
    house = the_house()
    (ticket,) = house.tickets()
    holder = HOLDER.model_copy(update={"ticket": ticket.id})
    shown = page(house, holder).model_dump_json()
    for typed in (ticket.subject, ticket.requester.name, ticket.requester.email):
        assert typed not in shown


def test_a_mail_that_has_not_left_is_nobodys_but_the_operators() -> None:
    for kind in ArticleKind:
        assert policy.may_see_article(GIULIA, kind, left=False)
        for person in (LUCA, HOLDER, NOBODY, SERVICE):
            assert not policy.may_see_article(person, kind, left=False)
