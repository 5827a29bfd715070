"""A ticket that waits for its questions: when it closes by itself, and when it asks a person instead."""

from datetime import timedelta

from services.tickets import commands as c
from shared import events as e
from shared.events import (
    State,
    TicketAnswered,
)
from tests.unit.samples import ANNA, GIULIA, MARCO
from tests.unit.tickets.asking import SUCCESS, close, held_back, said
from tests.unit.tickets.house import DAY, WINDOW, House, names, refused


def test_a_waiting_parent_closes_by_itself_when_the_last_question_is_answered(house: House, ticket: str) -> None:
    first, second = house.asked(ticket), house.asked(ticket, queue="network")
    assert names(close(house, ticket, questions="wait")) == ["deferred"]
    house.answer(first)
    house.drain()
    house.wait(DAY / 2)
    assert house[ticket].state is State.PENDING
    house.answer(second)
    house.drain()
    house.wait(timedelta(seconds=1))
    closed = house.history(ticket)[-1]
    assert isinstance(closed, e.TicketClosed)
    assert (closed.text, closed.actor.id, closed.waited, bool(closed.mail)) == ("Fatto.", GIULIA.id, True, True)


def test_one_more_question_is_waited_for_as_well(house: House, ticket: str) -> None:
    first = house.asked(ticket)
    close(house, ticket, questions="wait")
    house.answer(first)
    house.drain()
    second = house.asked(ticket)
    house.wait(timedelta(seconds=1))
    assert house[ticket].state is State.PENDING
    house.answer(second)
    house.drain()
    house.wait(timedelta(seconds=1))
    assert house[ticket].state is SUCCESS


def test_a_waiting_parent_opens_again_when_its_last_question_is_taken_back(house: House, ticket: str) -> None:
    """Whoever wrote the closing waited for an answer, and there is none: it is not sent in their name."""
    first, second = house.asked(ticket), house.asked(ticket, queue="network")
    close(house, ticket, questions="wait")
    assert names(house.take_back(ticket, first, by=MARCO)) == ["withdrawn"]
    assert names(house.take_back(ticket, second, by=MARCO)) == ["withdrawn", "resumed"]
    house.drain()
    house.wait(DAY)
    assert (house[ticket].state, house[ticket].waiting) == (State.OPEN, None)
    assert said(house, ticket, e.TicketResumed)[-1].because == "withdrawn"


def test_a_waiting_parent_opens_again_when_a_question_comes_back_without_an_answer(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    close(house, ticket, questions="wait")
    house.give_back(child)
    house.drain()
    house.wait(DAY)
    assert (house[ticket].state, house[ticket].waiting) == (State.OPEN, None)
    assert said(house, ticket, e.TicketResumed)[-1].because == "returned"


def test_a_waiting_parent_waits_on_when_an_earlier_round_turns_out_to_be_returned(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.give_back(child)
    late = held_back(house, e.ChildClosed)
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    house.drain()
    close(house, ticket, questions="wait")
    house.hear(late)
    assert house[ticket].state is State.PENDING
    house.answer(child)
    house.drain()
    house.wait(DAY)
    assert house[ticket].state is SUCCESS


def test_a_waiting_parent_does_not_close_over_what_the_user_writes(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    close(house, ticket, questions="wait")
    house.reply(ticket)
    house.answer(child)
    house.drain()
    house.wait(DAY)
    assert house[ticket].state is State.OPEN


def test_an_answer_that_also_closes_leaves_at_once_and_the_closing_waits(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    wish = c.AnswerTicket(seen=house.seen(ticket), text="Intanto ecco.", outcome=SUCCESS, questions="wait")
    assert names(house.do(ticket, wish)) == ["prepared", "answered", "deferred"]
    house.answer(child)
    house.drain()
    house.wait(timedelta(seconds=1))
    closed = house.history(ticket)[-1]
    assert isinstance(closed, e.TicketClosed)
    assert (closed.mail, closed.answered) == (None, True)
    assert len(said(house, ticket, TicketAnswered)) == 1


def test_a_date_at_which_it_was_to_close_asks_a_person_when_questions_are_open(house: House, ticket: str) -> None:
    house.do(ticket, c.DeferTicket(seen=house.seen(ticket), until=house.now + DAY / 2, then="close"))
    house.asked(ticket, queue="network")
    house.wait(DAY)
    assert house[ticket].state is State.OPEN
    assert said(house, ticket, e.TicketResumed)[-1].because == "open"


def test_a_held_closing_stops_when_somebody_asks_meanwhile() -> None:
    house = House(WINDOW)
    ticket = house.open()
    close(house, ticket)
    house.ask(ticket, MARCO)
    house.wait(WINDOW)
    stopped = house.history(ticket)[-1]
    assert isinstance(stopped, e.ArticleStopped)
    assert stopped.because == "second_level.requested.v1"
    with refused("questions_open"):
        house.do(ticket, c.SendMail(seen=house.seen(ticket), article=stopped.article.id, text="Fatto."))


def test_a_question_that_asked_is_answered_when_its_own_answers_are_there(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    below = house.asked(child, by=ANNA, queue="network")
    with refused("questions_open"):
        house.answer(child)
    assert names(house.answer(child, questions="wait")) == ["deferred"]
    house.answer(below)
    house.drain()
    house.wait(timedelta(seconds=1))
    house.drain()
    assert house.child(child).ending == "answered"
    assert house[ticket].open_questions == {}


def test_a_question_waits_for_a_date_and_for_no_user(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    with refused("only_a_date"):
        house.do(child, c.DeferTicket(seen=house.seen(child), for_user=True), ANNA)
    house.do(child, c.DeferTicket(seen=house.seen(child), until=house.now + DAY / 2), ANNA)
    house.wait(DAY / 2)
    assert house.child(child).state is State.OPEN
