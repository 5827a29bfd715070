"""What the requester says without writing, and the links they follow their request by."""

from datetime import timedelta

from services.tickets import commands as c
from services.tickets.domain.requester import LINK_EVERY
from services.tickets.steps import steps_of
from shared.events import (
    ActorKind,
    ArticleKind,
    FollowLinkRequested,
    FollowLinksEnded,
    State,
    TicketRated,
    TicketReplied,
)
from shared.policy import Person, Role
from tests.unit.samples import GIULIA, LUCA
from tests.unit.tickets.house import MONTH, House, names, refused


def close(house: House, ticket: str) -> None:
    house.do(ticket, c.CloseTicket(seen=house.seen(ticket), outcome=State.CLOSED_SUCCESSFUL, silent=True))


def holder(ticket: str) -> Person:
    return Person(id=f"holder:{ticket}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket)


def test_thanks_open_nothing_owe_no_mail_and_are_said_once_per_closing(house: House, ticket: str) -> None:
    with refused("not_closed"):
        house.do(ticket, c.ThankTicket(), LUCA)
    close(house, ticket)
    assert names(house.do(ticket, c.ThankTicket(), LUCA)) == ["thanked"]
    assert house.do(ticket, c.ThankTicket(), holder(ticket)) == []
    assert (house[ticket].state, house[ticket].thanked) == (State.CLOSED_SUCCESSFUL, True)
    house.reply(ticket)
    with refused("not_closed"):
        house.do(ticket, c.ThankTicket(), LUCA)
    close(house, ticket)
    assert names(house.do(ticket, c.ThankTicket(), LUCA)) == ["thanked"]


def test_a_rating_can_be_changed_until_a_reply_would_be_a_new_ticket(house: House, ticket: str) -> None:
    with refused("not_closed"):
        house.do(ticket, c.RateTicket(helpful=True), LUCA)
    close(house, ticket)
    (first,) = house.do(ticket, c.RateTicket(helpful=True), LUCA)
    assert house.do(ticket, c.RateTicket(helpful=True), LUCA) == []
    house.wait(MONTH)
    (second,) = house.do(ticket, c.RateTicket(helpful=False), LUCA)
    assert isinstance(first, TicketRated)
    assert isinstance(second, TicketRated)
    assert (first.former, second.former, house[ticket].helpful) == (None, True, False)
    house.wait(timedelta(seconds=1))
    with refused("rating_over"):
        house.do(ticket, c.RateTicket(helpful=True), LUCA)
    assert house.do(ticket, c.RateTicket(helpful=False), LUCA) == []


def test_a_new_closing_is_rated_anew(house: House, ticket: str) -> None:
    close(house, ticket)
    house.do(ticket, c.RateTicket(helpful=False), LUCA)
    house.reply(ticket)
    close(house, ticket)
    assert (house[ticket].helpful, house[ticket].thanked) == (None, False)


def test_whoever_follows_a_link_speaks_under_the_requesters_name(house: House, ticket: str) -> None:
    close(house, ticket)
    (fact,) = house.do(ticket, c.ThankTicket(), holder(ticket))
    assert (fact.actor.name, fact.actor.kind) == (LUCA.name, ActorKind.REQUESTER)


def test_ending_the_links_is_told_to_every_later_mail(house: House, ticket: str) -> None:
    (ended,) = house.do(ticket, c.EndFollowLinks(), LUCA)
    assert isinstance(ended, FollowLinksEnded)
    (taken,) = house.do(ticket, c.TakeTicket(seen=2))
    assert (ended.follow_epoch, taken.follow_epoch) == (1, 1)  # type: ignore[attr-defined]
    (again,) = house.do(ticket, c.EndFollowLinks(), GIULIA)
    assert (again.actor.id, house[ticket].follow_epoch) == (GIULIA.id, 2)


def test_a_new_link_is_mailed_and_not_again_at_once(house: House, ticket: str) -> None:
    (asked,) = house.do(ticket, c.MailFollowLink(), holder(ticket))
    assert isinstance(asked, FollowLinkRequested)
    assert asked.mail.kind is ArticleKind.MAIL_LINK
    assert asked.mail.id in house[ticket].waiting_mails
    house.wait(LINK_EVERY - timedelta(seconds=1))
    assert house.do(ticket, c.MailFollowLink(), holder(ticket)) == []
    house.wait(timedelta(seconds=1))
    assert names(house.do(ticket, c.MailFollowLink(), holder(ticket))) == ["follow_link_requested"]
    assert house[ticket].state is State.NEW


def test_the_steps_tell_no_name_no_reason_and_nothing_of_the_second_level(house: House, ticket: str) -> None:
    house.do(ticket, c.TakeTicket(seen=1))
    house.do(ticket, c.AddNote(seen=2, text="Solo per noi."))
    house.do(ticket, c.SetPriority(seen=3, priority=5))
    house.ask(ticket)
    house.do(ticket, c.DeferTicket(seen=house.seen(ticket), until=house.now + MONTH))
    house.do(ticket, c.MoveTicket(seen=house.seen(ticket), queue="careers", reason="Non e nostro."))
    assert isinstance(house.reply(ticket)[0], TicketReplied)
    steps = steps_of(house.history(ticket))
    assert [step.what for step in steps] == ["received", "taken", "moved"]
    assert [step.queue for step in steps] == ["credentials", "credentials", "careers"]
    said = str([step.model_dump() for step in steps])
    assert not any(word in said for word in ("Giulia", "giulia", "nostro", "noi"))
