"""Closing with a reason, with an answer, silently; opening again."""

import pytest

from services.tickets import commands as c
from shared.events import ArticleKind, Outcome, State, TicketClosed, TicketReopened
from tests.unit.samples import GIULIA, MARCO
from tests.unit.tickets.house import WINDOW, House, names, refused

OUTCOMES: list[Outcome] = [State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL]


def close(house: House, ticket: str, outcome: Outcome = State.CLOSED_SUCCESSFUL, **given: object) -> list[str]:
    fields = {"seen": house.seen(ticket), "outcome": outcome, "reason": "Fatto.", **given}
    return names(house.do(ticket, c.CloseTicket.model_validate(fields)))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_ticket_closed_with_a_reason_tells_the_user(house: House, ticket: str, outcome: Outcome) -> None:
    assert close(house, ticket, outcome) == ["taken", "prepared", "closed"]
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketClosed)
    assert fact.mail
    assert (fact.outcome, fact.text, fact.answered, fact.mail.kind) == (
        outcome,
        "Fatto.",
        False,
        ArticleKind.MAIL_CLOSED,
    )
    assert (house[ticket].state, house[ticket].owner) == (outcome, GIULIA.ref)


def test_the_closing_is_held_as_every_mail_and_can_be_undone() -> None:
    house = House(WINDOW)
    ticket = house.open()
    assert close(house, ticket) == ["taken", "prepared"]
    (article,) = house[ticket].held
    house.do(ticket, c.UndoMail(seen=0, article=article))
    house.wait(WINDOW)
    assert house[ticket].state is State.OPEN


def test_a_ticket_closes_without_a_word_only_where_its_queue_allows_it(house: House, ticket: str) -> None:
    house.do(ticket, c.MoveTicket(seen=1, queue="careers"))
    with refused("silent_not_allowed") as refusal:
        close(house, ticket, silent=True)
    assert refusal.value.detail == "Queue 'careers' doesn't close silently: give the user a reason."
    house.do(ticket, c.MoveTicket(seen=2, queue="credentials"))
    assert close(house, ticket, silent=True) == ["taken", "closed"]
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketClosed)
    assert (fact.mail, fact.text) == (None, "Fatto.")


def test_a_ticket_is_not_closed_without_a_reason(house: House, ticket: str) -> None:
    before = house[ticket]
    with refused("reason_missing"):
        close(house, ticket, reason="")
    assert house[ticket] is before


def test_closing_again_the_same_way_is_a_repeat_and_the_other_way_is_refused(house: House, ticket: str) -> None:
    close(house, ticket)
    assert close(house, ticket) == []
    with refused("already") as refusal:
        close(house, ticket, State.CLOSED_UNSUCCESSFUL)
    assert refusal.value.detail.endswith("is already closed successful: reopen it first.")


def test_whoever_closes_without_knowing_that_a_colleague_did_is_told(house: House, ticket: str) -> None:
    close(house, ticket)
    with refused("changed"):
        house.do(ticket, c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, reason="Fatto."), MARCO)


def test_a_closed_ticket_has_nothing_open_any_more(house: House, ticket: str) -> None:
    house.do(ticket, c.AskInformation(seen=1, text="Quale?", fields=("kind",)))
    close(house, ticket)
    root = house[ticket]
    assert (root.waiting, root.information, root.timers) == (None, None, {})


def test_a_closed_ticket_opens_again_the_user_is_told_and_the_owner_stays(house: House, ticket: str) -> None:
    close(house, ticket)
    (fact,) = house.do(ticket, c.ReopenTicket(seen=house.seen(ticket), reason="Non era finita."), MARCO)
    assert isinstance(fact, TicketReopened)
    assert fact.mail
    assert (fact.mail.kind, fact.reason, fact.by_reply) == (ArticleKind.MAIL_REOPENED, "Non era finita.", False)
    assert (house[ticket].state, house[ticket].owner) == (State.OPEN, GIULIA.ref)
    assert house.do(ticket, c.ReopenTicket(seen=house.seen(ticket))) == []
