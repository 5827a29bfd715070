"""Questions between the levels: what the table in docs/verbs.md says of two roots and late messages, one by one."""

from datetime import timedelta
from typing import Any, Final

import pytest

from services.tickets import commands as c
from services.tickets.domain.child import DEEPEST
from services.tickets.domain.questions import MOST_OPEN
from shared import events as e
from shared.events import (
    SYSTEM,
    ChildOpened,
    ChildRouted,
    Event,
    RuleQuestion,
    SecondLevelWithdrawn,
    State,
    TicketAnswered,
)
from tests.unit.samples import ANNA, GIULIA, LUCA, MARCO
from tests.unit.tickets.house import DAY, WINDOW, House, names, refused

SUCCESS: Final = State.CLOSED_SUCCESSFUL


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ticket(house: House) -> str:
    return house.open()


def said(house: House, root: str, kind: type[Event]) -> list[Any]:
    return [fact for fact in house.history(root) if isinstance(fact, kind)]


def close(house: House, ticket: str, **given: Any) -> list[Any]:
    wish = c.CloseTicket(**{"seen": house.seen(ticket), "outcome": SUCCESS, "reason": "Fatto.", **given})
    return house.do(ticket, wish)


def held_back(house: House, kind: type[Event]) -> Event:
    """A message of this kind, taken out of the queue: it comes when the test says so."""
    found = next(each for each in house.messages if isinstance(each, kind))
    house.messages.remove(found)
    return found


def test_whoever_asks_takes_the_ticket_in_charge(house: House, ticket: str) -> None:
    house.ask(ticket)
    assert names(house.history(ticket)) == ["opened", "taken", "requested"]


def test_what_a_rule_asks_stands_in_the_new_ticket_at_once_and_takes_nothing_in_charge(house: House) -> None:
    asks = [RuleQuestion(rule="spid", queue=queue, title=queue, text="?", hours=8) for queue in ("accounts", "network")]
    ticket = house.open(questions=tuple(asks))
    assert names(house.history(ticket)) == ["opened", "requested", "requested"]
    assert (house[ticket].state, len(house[ticket].open_questions)) == (State.NEW, 2)
    house.drain()
    assert {child.queue for child in house.children()} == {"accounts", "network"}
    assert all(child.due_at == house.now + timedelta(hours=8) for child in house.children())
    assert {child.asked_by.name for child in house.children()} == {"Sportello"}


def test_nobody_said_by_when_then_it_is_the_queues_own_time(house: House, ticket: str) -> None:
    assert house.child(house.asked(ticket)).due_at == house.now + DAY
    assert house.child(house.asked(ticket, queue="network")).due_at is None


def test_an_answer_that_is_late_is_told_to_both_sides_once(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.wait(DAY)
    house.drain()
    house.wait(DAY)
    house.drain()
    assert len(said(house, child, e.ChildOverdue)) == len(said(house, ticket, e.SecondLevelOverdue)) == 1
    house.answer(child)
    assert house.child(child).timers == {}


def test_an_answer_wakes_a_closed_parent_not_and_is_kept(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.answer(child)
    late = held_back(house, e.ChildClosed)
    house.take_back(ticket, child)
    close(house, ticket)
    house.drain()
    house.hear(late)
    assert house[ticket].state is SUCCESS
    assert names(house.history(ticket))[-1] == "answered"


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


def test_a_parent_that_asks_can_not_become_part_of_another_but_the_other_way_round(house: House, ticket: str) -> None:
    child, other = house.asked(ticket), house.open()
    with refused("questions_open_merge"):
        house.merge(ticket, other)
    house.merge(other, ticket)
    house.drain()
    assert house[ticket].open_questions == {child: 1}


def test_a_parent_that_is_moved_handed_over_or_reopened_keeps_what_it_asked(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    house.do(ticket, c.MoveTicket(seen=house.seen(ticket), queue="careers"))
    house.do(ticket, c.HandOver(seen=house.seen(ticket), to=MARCO.id, reason="Per te."))
    house.answer(child)
    house.drain()
    answered = house.history(ticket)[-1]
    assert (answered.queue, answered.owner and answered.owner.id) == ("careers", MARCO.id)
    close(house, ticket)
    house.do(ticket, c.ReopenTicket(seen=house.seen(ticket)))
    assert house[ticket].open_questions == {}


def test_taking_back_a_question_takes_back_what_it_asked_itself(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    below = house.asked(child, queue="network")
    deeper = house.asked(below)
    house.take_back(ticket, child)
    house.drain()
    assert {house.child(each).ending for each in (child, below, deeper)} == {"withdrawn"}


def test_questions_go_so_deep_and_no_deeper(house: House, ticket: str) -> None:
    root = ticket
    for depth in range(DEEPEST):
        root = house.asked(root, queue=("accounts", "network")[depth % 2])
    with refused("too_deep"):
        house.ask(root, queue="accounts")


def test_a_ticket_asks_so_much_at_once_and_no_more(house: House, ticket: str) -> None:
    waiting = {f"q{place}": 1 for place in range(MOST_OPEN)}
    house.store.roots[ticket] = house[ticket].model_copy(update={"open_questions": waiting})
    with refused("too_many_questions"):
        house.ask(ticket)


def test_an_unseen_answer_of_the_second_level_stops_who_is_about_to_tell_the_user(house: House, ticket: str) -> None:
    child = house.asked(ticket)
    seen = house.seen(ticket)
    house.answer(child)
    house.drain()
    with refused("changed") as refusal:
        house.do(ticket, c.AnswerTicket(seen=seen, text="Non sappiamo."))
    assert refusal.value.detail == "Anna Sala answered for the second level meanwhile."


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


def test_a_mention_needs_a_colleagues_id_and_no_word_before_it(house: House, ticket: str) -> None:
    text = "@marco, e-mail a luca@anna.example, @Anna; @nessuno e di nuovo @marco."
    house.do(ticket, c.AddNote(seen=house.seen(ticket), text=text))
    assert [each.id for each in said(house, ticket, e.TicketNoted)[-1].mentions] == ["marco", "anna"]


def test_who_watches_stands_in_every_fact_until_they_watch_no_more(house: House, ticket: str) -> None:
    house.do(ticket, c.WatchTicket(seen=0), MARCO)
    assert house.do(ticket, c.WatchTicket(seen=0), MARCO) == []
    house.reply(ticket)
    assert [each.id for each in house.history(ticket)[-1].watchers] == [MARCO.id]
    house.do(ticket, c.UnwatchTicket(seen=0, person=MARCO.id), GIULIA)
    assert house.history(ticket)[-1].watchers == ()
    with refused("unknown_person"):
        house.do(ticket, c.WatchTicket(seen=0, person=LUCA.id), GIULIA)
