"""Tickets that ask each other at once: every order in which wishes and messages can come is tried, and none ends in
limbo. (Orders that lead to the same facts and the same messages are followed once.)"""

from collections.abc import Callable, Iterator, Sequence

import pytest

from services.tickets import commands as c
from services.tickets.domain.refusals import Clash, Refused
from shared.events import State
from tests.unit.tickets import invariants
from tests.unit.tickets.house import House

# What a person does once, sometime: on a fork of the house, under the name of the wish.
Wish = Callable[[House, str], object]


def tickets(house: House, *closed: str, count: int = 2) -> dict[str, str]:
    """Tickets a, b, ... of one person in the order of their ids, some of them closed."""
    found = dict(zip("abc", sorted(house.open() for _ in range(count)), strict=False))
    for name in closed:
        house.do(found[name], c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, silent=True))
    return found


def fork(house: House) -> House:
    """The same house, to try something else in."""
    other = House()
    other.store.roots = dict(house.store.roots)
    other.store.histories = {ticket: list(facts) for ticket, facts in house.store.histories.items()}
    other.store.articles = dict(house.store.articles)
    other.messages, other.count, other.now = list(house.messages), house.count, house.now
    return other


def merging(source: str, target: str) -> Wish:
    return lambda house, name: house.do(source, house.merging(source, target), key=name)


def unmerging(ticket: str) -> Wish:
    return lambda house, name: house.do(ticket, c.UnmergeTicket(seen=house.seen(ticket)), key=name)


def replying(ticket: str) -> Wish:
    return lambda house, name: house.do(ticket, c.ReplyTicket(text="Ancora io."), key=name)


def endings(start: House, wishes: dict[str, Wish], doubles: int = 0) -> Iterator[House]:
    """The house after every possible order. `doubles`: so many messages are delivered once more than needed."""
    seen = set()
    todo = [(start, tuple(wishes), doubles)]
    while todo:
        house, left, again = todo.pop()
        state = (_told(house), tuple(sorted(message.event_id for message in house.messages)), left, again)
        if state in seen:
            continue
        seen.add(state)
        if not left and not house.messages:
            yield house
        for name in left:
            after = fork(house)
            try:
                wishes[name](after, name)
            except (Clash, Refused):
                after = fork(house)
            todo.append((after, tuple(each for each in left if each != name), again))
        for place in range(len(house.messages)):
            after = fork(house)
            after.deliver(place)
            todo.append((after, left, again))
            if again:
                double = fork(house)
                double.hear(double.messages[place])
                todo.append((double, left, again - 1))


def _told(house: House) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple((fact.event_id, fact.name) for fact in facts) for facts in house.store.histories.values())


def sources(house: House) -> set[str]:
    return {ticket.id for ticket in house.tickets() if ticket.merged}


@pytest.mark.parametrize(
    "closed", [(), ("a",), ("b",), ("a", "b")], ids=lambda closed: f"closed: {' and '.join(closed)}"
)
def test_two_that_ask_each_other_end_in_exactly_one_merge(closed: Sequence[str]) -> None:
    start = House()
    a, b = tickets(start, *closed).values()
    ends = list(endings(start, {"a into b": merging(a, b), "b into a": merging(b, a)}, doubles=1))
    assert len(ends) >= 5
    for house in ends:
        invariants.when_all_is_said(house)
        merged = sources(house)
        assert len(merged) == 1
        if len(closed) == 1:
            assert house[merged.pop()].id == {"a": a, "b": b}[closed[0]], "the living one goes on"


def test_of_two_that_crossed_the_smaller_id_goes_on_however_the_messages_come() -> None:
    start = House()
    a, b = tickets(start).values()
    start.merge(a, b)
    start.merge(b, a)
    for house in endings(start, {}, doubles=2):
        # Unless a's own wish had been refused by then, a hears b's while it asks itself, and takes its own back.
        assert sources(house) == {b}
        assert all(house[ticket].merging is None for ticket in (a, b))


@pytest.mark.parametrize("closed", [(), ("a",), ("a", "b")], ids=lambda closed: f"closed: {' and '.join(closed)}")
def test_a_triangle_leaves_nobody_waiting(closed: Sequence[str]) -> None:
    start = House()
    a, b, third = tickets(start, *closed, count=3).values()
    wishes = {"a into b": merging(a, b), "b into c": merging(b, third), "c into a": merging(third, a)}
    ends = list(endings(start, wishes))
    assert len(ends) > 10
    for house in ends:
        invariants.when_all_is_said(house)
        assert len(sources(house)) <= 2
    assert {len(sources(house)) for house in ends} >= {2}


def test_merging_parting_and_merging_again_leaves_no_trace_of_an_older_attempt() -> None:
    start = House()
    a, b = tickets(start).values()
    wishes = {
        "a into b": merging(a, b),
        "b into a": merging(b, a),
        "part b": unmerging(b),
        "a into b again": merging(a, b),
    }
    ends = list(endings(start, wishes))
    for house in ends:
        invariants.when_all_is_said(house)
    assert {len(sources(house)) for house in ends} == {0, 1}


@pytest.mark.parametrize("closed", [(), ("a",), ("a", "b")], ids=lambda closed: f"closed: {' and '.join(closed)}")
def test_what_the_user_writes_while_two_tickets_cross_wakes_one_of_them(closed: Sequence[str]) -> None:
    start = House()
    a, b = tickets(start, *closed).values()
    wishes = {"a into b": merging(a, b), "b into a": merging(b, a), "reply to a": replying(a)}
    for house in endings(start, wishes):
        invariants.when_all_is_said(house)
        ticket = house[a]
        if ticket.merged:
            ticket = house[ticket.merged.target.id]
        assert ticket.state is not State.CLOSED_SUCCESSFUL


def test_a_question_that_comes_after_its_ticket_gave_it_up_is_answered_with_letting_go() -> None:
    """a and b cross, a goes on and gives its own wish up; b hears of that wish when it is on its own again."""
    house = House()
    a, b = tickets(house).values()
    house.merge(a, b)
    late = house.messages.pop()
    house.merge(b, a)
    house.drain()
    assert sources(house) == {b}
    house.do(b, c.UnmergeTicket(seen=house.seen(b)))
    house.drain()
    house.hear(late)
    assert house[b].absorbed
    house.drain()
    assert house[b].absorbed == ()
    assert house[a].merged is None
    invariants.when_all_is_said(house)


def test_an_older_attempt_that_is_let_go_late_does_not_undo_the_newer_one() -> None:
    house = House()
    a, b = tickets(house).values()
    house.merge(a, b)
    house.drain()
    house.do(a, c.UnmergeTicket(seen=house.seen(a)))
    late = house.messages.pop()
    house.merge(a, b)
    house.drain()
    house.hear(late)
    house.drain()
    assert house[a].merged
    invariants.when_all_is_said(house)
