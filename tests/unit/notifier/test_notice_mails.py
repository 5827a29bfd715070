"""What notices and digests say by mail, to whom, and what they never say."""

from typing import Any, Final

import pytest

from services.notifier import hearing
from services.notifier.digests import Slot
from services.notifier.inbox import Notice
from services.notifier.notices import Hearer, Why
from services.notifier.preferences import Kind, When
from shared.events import Actor, ActorKind, Attachment, PersonRef, RootEvent, TicketHandedOver
from shared.policy import Person
from tests.unit.notifier.facts import FACTS, TYPED, a_fact, ref
from tests.unit.notifier.samples import EVENING, PEOPLE, handed_over
from tests.unit.notifier.test_sentences import MAILS

NOW: Final = EVENING.timestamp()
SLOT: Final = Slot(int(NOW) + 900, When.HOURLY, "sara.lombardi")
NO_FILES: Final[tuple[Attachment, ...]] = ()


def somebody(person_id: str = "sara.lombardi") -> Person:
    person = PEOPLE.get(person_id)
    assert person
    return person


def noticed(event: RootEvent, person: Person, *why: Why, instead_of: tuple[PersonRef, ...] = ()) -> Notice:
    """Their notice of it, as it is stored."""
    hearer = Hearer(person, Kind.NOTE, why or (Why.RESPONSIBLE,), instead_of)
    return hearing.notice_of(event, hearer, lambda _: When.NOW, NOW)


def mail_of(event: RootEvent, person_id: str = "sara.lombardi", *why: Why, **more: Any) -> Any:
    """The mail of it."""
    person = somebody(person_id)
    return MAILS.notice(event, noticed(event, person, *why, **more), person, person.language)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_notice_says_what_happened_and_leads_to_it_without_what_was_typed(fact: type[RootEvent]) -> None:
    event = a_fact(fact)
    mail = mail_of(event)
    assert (mail.notice, mail.article_id, mail.attachments) == (True, "", NO_FILES)
    assert mail.recipient == "sara.lombardi@ateneo.example"
    assert f"[Ticket#{event.number}]" in mail.subject
    assert "Non riesco ad accedere" in mail.text
    assert f"https://portal.example/tickets/{event.number}" in mail.text
    assert "perché sei responsabile" in mail.text
    assert "https://portal.example/preferences" in mail.text
    for part in (mail.subject, mail.text, mail.html):
        assert TYPED not in part


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_the_name_that_a_user_typed_is_in_no_notice(fact: type[RootEvent]) -> None:
    user = Actor(id="somebody", name=TYPED, kind=ActorKind.REQUESTER)
    mail = mail_of(a_fact(fact, actor=user))
    assert TYPED not in mail.subject + mail.text + mail.html


def test_a_digest_names_those_one_stands_in_for() -> None:
    notice = noticed(a_fact(FACTS[0]), somebody(), Why.DEPUTY, instead_of=(somebody("paolo.greco").ref,))
    assert "ore 18:45, sostituisci Paolo Greco)" in MAILS.digest(SLOT, somebody(), "it", [notice]).text


def test_a_notice_is_in_the_reader_s_language_and_no_robot_answers_it() -> None:
    mail = mail_of(a_fact(FACT["ticket.closed.v1"]), "emma.clarke", Why.WATCHER)
    assert "Giulia Conti closed the ticket successfully" in mail.subject
    assert "because you watch it" in mail.text
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert mail.headers["References"].startswith("<notice-")


def test_a_notice_is_another_mail_than_the_user_s_about_the_same_fact() -> None:
    event = a_fact(FACT["ticket.closed.v1"])
    one, other = mail_of(event), mail_of(event, "paolo.greco")
    assert len({one.id, other.id, one.message_id, other.message_id}) == 4
    assert mail_of(event) == one


def test_the_new_owner_gets_the_reason_of_the_hand_over_and_who_stands_in_a_notice() -> None:
    event = handed_over("sara.lombardi", reason="Conosci tu il caso")
    mail = mail_of(event, "sara.lombardi", Why.OWNER)
    assert "Conosci tu il caso" in mail.text
    assert "ti ha passato una richiesta" in mail.subject
    instead = mail_of(event, "paolo.greco", Why.DEPUTY, instead_of=(somebody().ref,))
    assert "Conosci tu il caso" not in instead.text
    assert "perché sostituisci Sara Lombardi" in instead.text


def test_a_question_is_handed_over_with_its_reason_too() -> None:
    event = a_fact(FACT["child.handed_over.v1"], owner=ref("sara.lombardi"), reason="Per te", queue="fees-accounting")
    mail = mail_of(event, "sara.lombardi", Why.OWNER)
    assert "Per te" in mail.text
    assert mail.sender == "tasse@ateneo.example"


def test_a_digest_tells_ticket_by_ticket_and_is_one_mail_however_often_it_is_written() -> None:
    facts = [a_fact(fact, number=f"2026112300{index % 2:05d}") for index, fact in enumerate(FACTS[:6])]
    notices = [noticed(fact, somebody()) for fact in facts]
    mail = MAILS.digest(SLOT, somebody(), "it", notices)
    assert mail == MAILS.digest(SLOT, somebody(), "it", notices)
    assert mail.subject == "6 novità fino a lunedì 23 novembre 2026, ore 19:00"
    assert mail.text.count("Numero 2026112300000") == 2
    assert (mail.notice, mail.article_id, mail.sender) == (True, "", "sportello@ateneo.example")
    assert "https://portal.example/notices" in mail.text
    assert TYPED not in mail.text + mail.html
    assert mail.headers["Message-ID"] == mail.message_id


def test_a_long_digest_says_how_many_are_left_out() -> None:
    notices = [noticed(a_fact(FACTS[0], number=f"2026112300{index:05d}"), somebody()) for index in range(60)]
    mail = MAILS.digest(SLOT, somebody("emma.clarke"), "en", notices)
    assert "60 notices until" in mail.subject
    assert "And 20 more" in mail.text


FACT: Final = {fact.name: fact for fact in FACTS}
assert TicketHandedOver in FACTS
