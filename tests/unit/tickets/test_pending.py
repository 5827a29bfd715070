"""Waiting for a date or for the user, and what happens by itself when the time has come."""

from datetime import datetime, timedelta

import pytest

from services.tickets import commands as c
from shared.events import SYSTEM, ArticleKind, State, TicketClosed, TicketDeferred, TicketReminded, TicketResumed
from tests.unit.samples import MARCO, NOON
from tests.unit.tickets.house import House, names, refused

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def defer(house: House, ticket: str, until: datetime | None = NOON + WEEK, **given: object) -> list[str]:
    wish = c.DeferTicket.model_validate({"seen": house.seen(ticket), "until": until, **given})
    return names(house.do(ticket, wish))


def after(house: House, ticket: str, time: timedelta) -> list[str]:
    """What happened by itself."""
    before = house.seen(ticket)
    house.wait(time)
    return names(house.history(ticket)[before:])


def test_a_ticket_waits_for_a_date_and_then_is_open_again(house: House, ticket: str) -> None:
    assert defer(house, ticket) == ["taken", "deferred"]
    assert (house[ticket].state, house[ticket].timers) == (State.PENDING, {"pending": NOON + WEEK})
    assert after(house, ticket, WEEK - timedelta(seconds=1)) == []
    assert after(house, ticket, timedelta(seconds=1)) == ["resumed"]
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketResumed)
    assert (fact.actor, fact.waited_for_user) == (SYSTEM, False)
    assert (house[ticket].state, house[ticket].timers, house[ticket].waiting) == (State.OPEN, {}, None)


def test_a_ticket_that_waits_for_the_user_reminds_them_once_and_then_is_open_again(house: House, ticket: str) -> None:
    defer(house, ticket, for_user=True)
    assert after(house, ticket, WEEK) == ["reminded"]
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketReminded)
    assert (fact.mail.kind, fact.information, fact.fields) == (ArticleKind.MAIL_REMINDER, None, ())
    waiting = house[ticket].waiting
    assert waiting
    assert (waiting.reminded, waiting.until) == (True, NOON + 2 * WEEK)
    assert after(house, ticket, WEEK - timedelta(seconds=1)) == []
    assert after(house, ticket, timedelta(seconds=1)) == ["resumed"]
    resumed = house.history(ticket)[-1]
    assert isinstance(resumed, TicketResumed)
    assert resumed.waited_for_user, "their page said that it is their turn"
    assert after(house, ticket, 9 * WEEK) == []


def test_a_wait_that_takes_the_place_of_the_users_says_so(house: House, ticket: str) -> None:
    for for_user, waited in ((False, False), (True, False), (False, True)):
        assert defer(house, ticket, for_user=for_user)[-1] == "deferred"
        fact = house.history(ticket)[-1]
        assert isinstance(fact, TicketDeferred)
        assert (fact.waiting.for_user, fact.waited_for_user) == (for_user, waited)


def test_after_a_reminder_the_user_has_a_day_at_least(house: House, ticket: str) -> None:
    defer(house, ticket, NOON + timedelta(minutes=1), for_user=True)
    assert after(house, ticket, timedelta(minutes=1)) == ["reminded"]
    assert after(house, ticket, DAY - timedelta(seconds=1)) == []
    assert after(house, ticket, timedelta(seconds=1)) == ["resumed"]


def test_a_reminder_says_what_was_asked(house: House, ticket: str) -> None:
    house.do(ticket, c.AskInformation(seen=1, text="Quale?", fields=("kind", "account"), until=NOON + WEEK))
    asked = house[ticket].information
    assert asked
    house.wait(WEEK)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketReminded)
    assert (fact.information, fact.fields) == (asked.article, ("kind", "account"))


@pytest.mark.parametrize("outcome", [None, State.CLOSED_SUCCESSFUL])
def test_a_ticket_closes_by_itself_at_its_date_and_the_user_is_told(
    house: House, ticket: str, outcome: State | None
) -> None:
    defer(house, ticket, for_user=True, then="close", outcome=outcome)
    assert after(house, ticket, WEEK) == ["closed"]
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketClosed)
    assert fact.mail
    assert (fact.actor, fact.outcome) == (SYSTEM, outcome or State.CLOSED_UNSUCCESSFUL)
    assert house[ticket].timers == {}


def test_a_question_nobody_answers_closes_the_ticket_without_success(house: House, ticket: str) -> None:
    wish = c.AskInformation(seen=1, text="Quale?", fields=("kind",), until=NOON + WEEK, then="close")
    house.do(ticket, wish)
    assert after(house, ticket, WEEK) == ["closed"]
    assert house[ticket].state is State.CLOSED_UNSUCCESSFUL


def test_without_a_date_it_waits_until_the_user_writes(house: House, ticket: str) -> None:
    defer(house, ticket, None, for_user=True)
    assert after(house, ticket, 99 * WEEK) == []
    house.reply(ticket)
    assert (house[ticket].state, house[ticket].waiting) == (State.OPEN, None)


def test_the_users_words_take_the_timer_away(house: House, ticket: str) -> None:
    defer(house, ticket, for_user=True, then="close")
    house.reply(ticket)
    assert after(house, ticket, 2 * WEEK) == []
    assert house[ticket].state is State.OPEN


def test_a_person_ends_the_wait_and_the_old_timer_does_nothing(house: House, ticket: str) -> None:
    defer(house, ticket)
    house.do(ticket, c.ResumeTicket(seen=house.seen(ticket)), MARCO)
    assert house[ticket].state is State.OPEN
    defer(house, ticket, NOON + 2 * WEEK)
    assert after(house, ticket, WEEK) == []
    assert house.ring(ticket, "pending", NOON + WEEK) == []
    assert after(house, ticket, WEEK) == ["resumed"]


def test_a_later_wait_takes_the_place_of_the_one_before(house: House, ticket: str) -> None:
    defer(house, ticket)
    assert defer(house, ticket, None, for_user=True) == ["deferred"]
    assert house[ticket].timers == {}


def test_a_wait_has_a_date_to_come_or_the_user(house: House, ticket: str) -> None:
    with refused("date_past"):
        defer(house, ticket, NOON)
    with refused("date_missing"):
        defer(house, ticket, None)
    with refused("date_missing"):
        defer(house, ticket, None, for_user=True, then="close")
    assert house.seen(ticket) == 1


def test_while_a_ticket_merges_its_date_waits(house: House, ticket: str) -> None:
    other = house.open()
    house.do(other, c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, silent=True))
    defer(house, ticket)
    house.merge(ticket, other)
    assert after(house, ticket, WEEK) == []
    house.drain()
    assert after(house, ticket, timedelta(seconds=1)) == ["resumed"], "the closed one refused"


def test_a_merged_ticket_waits_for_nothing_and_is_open_when_it_is_on_its_own_again(house: House, ticket: str) -> None:
    defer(house, ticket)
    house.merge(ticket, house.open())
    house.drain()
    assert house[ticket].timers == {}
    house.do(ticket, c.UnmergeTicket(seen=house.seen(ticket)))
    assert house[ticket].state is State.OPEN
