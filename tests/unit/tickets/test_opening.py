"""How a ticket begins, what its mails come to, and its number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.commands import Command, OpenTicket, RecordDelivery, TakeTicket
from services.tickets.domain import Ticket, apply, apply_all, decide
from services.tickets.numbers import is_number, number
from shared.errors import Hopeless
from shared.events import SYSTEM, ArticleKind, ArticleRefused, State, TicketOpened, to_wire
from shared.policy import Person
from tests.unit.samples import GIULIA, NOON, a_submission
from tests.unit.tickets.house import House, names, rules_of

TICKET = "7d3f9a52-0000-5000-8000-000000000001"
RULES = rules_of()


def opening(**changes: object) -> Command:
    wish = OpenTicket(
        submission=a_submission(**changes), queue="credentials", rule="credentials", number="20261123000015"
    )
    return Command(id="open", ticket_id=TICKET, actor=SYSTEM, wish=wish)


def taking(person: Person, seen: int) -> Command:
    return Command(id=f"take-{person.id}", ticket_id=TICKET, actor=person.actor, wish=TakeTicket(seen=seen))


def a_ticket(*commands: Command) -> Ticket:
    """A ticket that lived through `commands`."""
    ticket: Ticket | None = None
    for command in (opening(), *commands):
        ticket = apply_all(ticket, decide(ticket, command, NOON, RULES))
    assert ticket is not None
    return ticket


def test_a_routed_submission_opens_a_new_ticket_that_owes_a_receipt() -> None:
    (fact,) = decide(None, opening(), NOON, RULES)
    assert isinstance(fact, TicketOpened)
    assert (fact.seq, fact.queue, fact.owner) == (1, "credentials", None)
    assert fact.request.kind is ArticleKind.REQUEST
    assert fact.mail.kind is ArticleKind.MAIL_RECEIPT
    assert a_ticket().state is State.NEW


def test_opening_again_says_nothing_new() -> None:
    assert decide(a_ticket(), opening(), NOON, RULES) == []


def test_a_ticket_begins_with_its_opening() -> None:
    fact = decide(a_ticket(), taking(GIULIA, seen=1), NOON, RULES)[0]
    with pytest.raises(Hopeless):
        apply(None, fact)
    with pytest.raises(ValueError, match="no facts"):
        apply_all(None, [])


def test_a_mails_fate_is_recorded_once_and_changes_no_state() -> None:
    house = House()
    ticket = house.open()
    (article,) = house[ticket].waiting_mails
    told = house.mail_server(article, "550 no such user")
    fact = house.history(ticket)[-1]
    assert isinstance(fact, ArticleRefused)
    assert fact.reason == "550 no such user"
    assert house[ticket].state is State.NEW
    house.hear(told)
    assert names(house.history(ticket)) == ["opened", "refused"]


def test_the_fate_of_a_mail_that_this_ticket_never_owed_says_nothing() -> None:
    wish = RecordDelivery(article_id="a", subject="s", text="t")
    assert decide(a_ticket(), Command(id="d", ticket_id=TICKET, actor=SYSTEM, wish=wish), NOON, RULES) == []


def test_a_mail_of_a_ticket_that_does_not_exist_is_hopeless() -> None:
    wish = RecordDelivery(article_id="a", subject="s", text="t")
    with pytest.raises(Hopeless):
        decide(None, Command(id="d", ticket_id=TICKET, actor=SYSTEM, wish=wish), NOON, RULES)


def test_the_same_command_makes_the_same_facts() -> None:
    command = opening(id="7d3f9a52-0000-5000-8000-000000000009")
    assert decide(None, command, NOON, RULES) == decide(None, command, NOON, RULES)
    assert to_wire(decide(None, command, NOON, RULES)[0])["cause_id"] == "open"


@given(counter=st.integers(1, 10_000_000))
def test_every_number_checks_and_every_wrong_digit_is_noticed(counter: int) -> None:
    drawn = number("20261123", counter)
    assert is_number(drawn)
    assert len(drawn) >= 14
    for place in (3, 9, len(drawn) - 1):
        wrong = drawn[:place] + str((int(drawn[place]) + 1) % 10) + drawn[place + 1 :]
        assert not is_number(wrong)
