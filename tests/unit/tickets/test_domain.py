"""The rules of a ticket, without I/O."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.commands import Command, OpenTicket, RecordDelivery, TakeTicket
from services.tickets.domain import AlreadyTaken, Ticket, TicketIsClosed, apply_all, decide
from services.tickets.numbers import is_number, number
from shared.errors import Hopeless
from shared.events import SYSTEM, ArticleKind, ArticleRefused, State, TicketOpened, TicketTaken
from shared.policy import Person
from tests.unit.samples import GIULIA, MARCO, NOON, a_submission

TICKET = "7d3f9a52-0000-5000-8000-000000000001"


def opening(**changes: object) -> Command:
    wish = OpenTicket(
        submission=a_submission(**changes), queue="credentials", rule="credentials", number="20261123000015"
    )
    return Command(id="open", ticket_id=TICKET, actor=SYSTEM, wish=wish)


def taking(person: Person, seen: int, key: str = "k") -> Command:
    return Command(id=f"take-{person.id}-{key}", ticket_id=TICKET, actor=person.actor, wish=TakeTicket(seen=seen))


def a_ticket(*commands: Command) -> Ticket:
    """A ticket that lived through `commands`."""
    ticket: Ticket | None = None
    for command in (opening(), *commands):
        ticket = apply_all(ticket, decide(ticket, command, NOON))
    assert ticket is not None
    return ticket


def test_a_routed_submission_opens_a_new_ticket_that_owes_a_receipt() -> None:
    (fact,) = decide(None, opening(), NOON)
    assert isinstance(fact, TicketOpened)
    assert (fact.seq, fact.queue, fact.owner) == (1, "credentials", None)
    assert fact.request.kind is ArticleKind.REQUEST
    assert fact.mail.kind is ArticleKind.MAIL_RECEIPT
    assert a_ticket().state is State.NEW


def test_opening_again_says_nothing_new() -> None:
    assert decide(a_ticket(), opening(), NOON) == []


def test_taking_a_new_ticket_sets_owner_and_responsible_opens_it_and_owes_a_mail() -> None:
    (fact,) = decide(a_ticket(), taking(GIULIA, seen=1), NOON)
    assert isinstance(fact, TicketTaken)
    assert fact.mail
    assert fact.mail.kind is ArticleKind.MAIL_TAKEN
    taken = a_ticket(taking(GIULIA, seen=1))
    assert (taken.owner, taken.responsible, taken.state) == (GIULIA.ref, GIULIA.ref, State.OPEN)


def test_taking_my_own_ticket_changes_nothing() -> None:
    assert decide(a_ticket(taking(GIULIA, seen=1)), taking(GIULIA, seen=2, key="again"), NOON) == []


def test_of_two_who_take_at_once_the_second_is_told_by_whom_and_when() -> None:
    ticket = a_ticket(taking(GIULIA, seen=1))
    with pytest.raises(AlreadyTaken) as refusal:
        decide(ticket, taking(MARCO, seen=1), NOON + timedelta(seconds=3))
    assert refusal.value.extra["changed"]["by"] == "Giulia Conti"
    assert refusal.value.extra["changed"]["at"] == NOON.isoformat()


def test_whoever_saw_the_owner_may_take_over_and_the_responsible_stays() -> None:
    ticket = a_ticket(taking(GIULIA, seen=1), taking(MARCO, seen=2))
    assert (ticket.owner, ticket.responsible) == (MARCO.ref, GIULIA.ref)


def test_a_change_of_hands_is_no_news_to_the_user() -> None:
    (fact,) = decide(a_ticket(taking(GIULIA, seen=1)), taking(MARCO, seen=2), NOON)
    assert isinstance(fact, TicketTaken)
    assert fact.mail is None
    assert fact.former_owner == GIULIA.ref


@pytest.mark.parametrize("state", [State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL, State.MERGED])
def test_a_closed_ticket_is_not_taken(state: State) -> None:
    with pytest.raises(TicketIsClosed):
        decide(a_ticket().model_copy(update={"state": state}), taking(GIULIA, seen=1), NOON)


def test_a_mails_fate_is_recorded_once_and_changes_no_state() -> None:
    ticket = a_ticket()
    (article,) = ticket.waiting_mails
    wish = RecordDelivery(article_id=article, subject="s", text="t", reason="550 no such user")
    command = Command(id="d", ticket_id=TICKET, actor=SYSTEM, wish=wish)
    (fact,) = decide(ticket, command, NOON)
    assert isinstance(fact, ArticleRefused)
    assert fact.reason == "550 no such user"
    settled = apply_all(ticket, [fact])
    assert settled.state is State.NEW
    assert decide(settled, command, NOON) == []


def test_a_mail_of_a_ticket_that_does_not_exist_is_hopeless() -> None:
    wish = RecordDelivery(article_id="a", subject="s", text="t")
    with pytest.raises(Hopeless):
        decide(None, Command(id="d", ticket_id=TICKET, actor=SYSTEM, wish=wish), NOON)


def test_the_same_command_makes_the_same_facts() -> None:
    command = opening(id="7d3f9a52-0000-5000-8000-000000000009")
    assert decide(None, command, NOON) == decide(None, command, NOON)


def test_a_drawn_number_is_not_part_of_what_was_wished() -> None:
    command = opening()
    other = command.model_copy(update={"wish": command.wish.model_copy(update={"number": "20261123000028"})})
    assert command.digest == other.digest
    assert taking(GIULIA, 1).digest != taking(GIULIA, 2).digest


@given(counter=st.integers(1, 10_000_000))
def test_every_number_checks_and_every_wrong_digit_is_noticed(counter: int) -> None:
    drawn = number("20261123", counter)
    assert is_number(drawn)
    assert len(drawn) >= 14
    for place in (3, 9, len(drawn) - 1):
        wrong = drawn[:place] + str((int(drawn[place]) + 1) % 10) + drawn[place + 1 :]
        assert not is_number(wrong)
