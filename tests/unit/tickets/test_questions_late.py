"""Messages about questions that come late, twice or in another order, and what is taken back because of it."""

from services.tickets import commands as c
from shared import events as e
from shared.events import (
    SYSTEM,
    ChildOpened,
    ChildRouted,
    SecondLevelWithdrawn,
    State,
)
from tests.unit.samples import ANNA
from tests.unit.tickets.asking import close, held_back, said
from tests.unit.tickets.house import House


def test_what_is_taken_back_before_it_opens_is_taken_back_when_it_does(house: House, ticket: str) -> None:
    child = house.ask(ticket)
    late = held_back(house, ChildRouted)
    house.take_back(ticket, child)
    house.drain()
    house.hear(late)
    house.drain()
    assert house.child(child).ending == "withdrawn"
    assert len(said(house, ticket, SecondLevelWithdrawn)) == 2


def test_a_question_that_opens_under_a_closed_parent_is_closed_with_that_reason(house: House, ticket: str) -> None:
    child = house.ask(ticket)
    late = held_back(house, ChildRouted)
    close(house, ticket, questions="withdraw")
    house.drain()
    house.hear(late)
    house.drain()
    (ended,) = said(house, child, e.ChildClosed)
    assert (ended.ending, ended.because, house.child(child).state) == ("withdrawn", "closed", State.CLOSED_UNSUCCESSFUL)


def test_a_question_answered_before_its_parent_hears_that_it_opened_is_not_taken_back(
    house: House, ticket: str
) -> None:
    child = house.ask(ticket)
    house.deliver()
    late = held_back(house, ChildOpened)
    house.answer(child)
    house.drain()
    house.hear(late)
    assert said(house, ticket, SecondLevelWithdrawn) == []


def test_a_reopened_question_is_waited_for_again_and_its_second_answer_is_one_more_article(
    house: House, ticket: str
) -> None:
    child = house.asked(ticket)
    house.answer(child)
    house.drain()
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    house.drain()
    assert house[ticket].open_questions == {child: 2}
    house.answer(child, text="Anzi no.")
    house.drain()
    assert house[ticket].open_questions == {}
    assert [fact.round for fact in said(house, ticket, e.SecondLevelAnswered)] == [1, 2]


def test_news_of_a_reopening_that_comes_after_the_next_answer_opens_nothing(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.answer(child)
    house.drain()
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    late = held_back(house, e.ChildReopened)
    house.answer(child)
    house.drain()
    house.hear(late)
    house.drain()
    assert (house[ticket].open_questions, house.child(child).ending) == ({}, "answered")


def test_an_earlier_answer_that_comes_after_the_reopening_leaves_it_open(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.answer(child)
    late = held_back(house, e.ChildClosed)
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    house.drain()
    house.hear(late)
    assert house[ticket].open_questions == {child: 2}
    assert len(said(house, ticket, e.SecondLevelAnswered)) == 1


def test_a_question_taken_back_late_and_opened_again_since_stays_open(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.answer(child)
    house.take_back(ticket, child)
    late = held_back(house, SecondLevelWithdrawn)
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    house.drain()
    house.hear(late)
    house.drain()
    assert house[ticket].open_questions == {child: 2}
    assert house.child(child).ending is None


def test_a_question_reopened_under_a_closed_parent_is_taken_back(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.answer(child)
    house.drain()
    close(house, ticket)
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    house.drain()
    assert house.child(child).ending == "withdrawn"
    # Not Anna's act, of which she would hear nothing: she thinks that it is open.
    for root, kind in ((ticket, SecondLevelWithdrawn), (child, e.ChildClosed)):
        assert said(house, root, kind)[-1].actor == SYSTEM


def test_a_question_reopened_under_a_merged_parent_is_taken_back(house: House, ticket: str) -> None:
    child, target = house.asked(ticket), house.open()
    house.answer(child)
    house.drain()
    house.merge(ticket, target)
    house.drain()
    house.do(child, c.ReopenTicket(seen=house.seen(child)), ANNA)
    house.drain()
    assert said(house, child, e.ChildClosed)[-1].because == "merged"
