"""Questions between the levels: what the table in docs/verbs.md says of two roots, one by one."""

from datetime import timedelta

from services.tickets import commands as c
from services.tickets.domain.child import DEEPEST
from services.tickets.domain.questions import MOST_OPEN
from shared import events as e
from shared.events import (
    RuleQuestion,
    State,
)
from tests.unit.samples import GIULIA, LUCA, MARCO
from tests.unit.tickets.asking import SUCCESS, close, held_back, said
from tests.unit.tickets.house import DAY, House, names, refused


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
