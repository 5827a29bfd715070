"""Streams tell each person only what the policy lets them see, and never hold the process back."""

import asyncio
from contextlib import ExitStack

import pytest

from services.portal.hub import AGAIN, HEARD, TABS, WAITING, Handed, Hub, Stream, Word, word_for
from shared.events import (
    SYSTEM,
    ArticleKind,
    ChildEvent,
    ChildHandedOver,
    MailSent,
    NoticeAdded,
    RootEvent,
    TicketDeferred,
    TicketResumed,
    Waiting,
)
from shared.ids import random_id
from shared.policy import Person, Role
from tests.unit.portal.samples import NUMBER, PARENT, any_fact, delivered, handed_over, opened, taken
from tests.unit.samples import CHIARA, GIULIA, LUCA, MARCO, NOON, a_requester

NOBODY = Person(id="nobody", name="Nobody")


async def heard(stream: Stream, seconds: float = 0.05) -> list[Word]:
    """What a stream says before it falls silent."""
    return [word async for word in stream.words(seconds)]


def test_an_operator_hears_of_every_ticket_and_what_happened() -> None:
    assert word_for(GIULIA, opened()) == Word(number=NUMBER, what="ticket.opened.v1")
    assert word_for(GIULIA, delivered(ArticleKind.NOTE)) == Word(number=NUMBER, what="article.delivered.v1")


def test_a_user_hears_of_their_own_ticket_and_not_who_or_what() -> None:
    assert word_for(LUCA, taken()) == Word(number=NUMBER)


@pytest.mark.parametrize("stranger", [CHIARA, NOBODY])
def test_nobody_else_hears_of_it(stranger: Person) -> None:
    assert word_for(stranger, taken()) is None


def test_an_unverified_namesake_hears_nothing() -> None:
    assert word_for(LUCA, taken(requester=a_requester(verified=False))) is None


@pytest.mark.parametrize("kind", list(ArticleKind))
def test_a_user_never_hears_of_an_internal_article(kind: ArticleKind) -> None:
    internal = kind in (
        ArticleKind.NOTE,
        ArticleKind.MAIL_FORWARD,
        ArticleKind.CHILD_OPENED,
        ArticleKind.CHILD_ANSWER,
        ArticleKind.SYSTEM,
    )
    assert (word_for(LUCA, delivered(kind)) is None) == internal


# What changes a requester's own page; a fact still to come is not theirs until it stands here.
THEIRS = {
    "ticket.opened.v1",
    "ticket.moved.v1",
    "ticket.reminded.v1",
    "ticket.answered.v1",
    "ticket.information_requested.v1",
    "ticket.closed.v1",
    "ticket.reopened.v1",
    "ticket.replied.v1",
    "ticket.thanked.v1",
    "ticket.rated.v1",
    "ticket.follow_links_ended.v1",
    "ticket.follow_link_requested.v1",
    "ticket.merged.v1",
    "ticket.unmerged.v1",
}


@pytest.mark.parametrize("event", [each for each in HEARD if each is not NoticeAdded], ids=lambda event: event.name)
def test_a_user_does_not_even_learn_when_something_internal_happened(event: type[RootEvent]) -> None:
    fact = any_fact(event)
    # What happens to a question is shown by the ticket that asked, too.
    parent = PARENT.number if issubclass(event, ChildEvent) else None
    assert word_for(GIULIA, fact) == Word(number=NUMBER, parent=parent, what=event.name)
    assert (word_for(LUCA, fact) == Word(number=NUMBER)) == (event.name in THEIRS)
    assert (word_for(LUCA, fact) is None) == (event.name not in THEIRS)


def test_of_a_change_of_hands_a_user_does_not_hear() -> None:
    assert word_for(LUCA, taken(mail=None)) is None
    assert word_for(GIULIA, taken(mail=None)) == Word(number=NUMBER, what="ticket.taken.v1")


@pytest.mark.parametrize(
    ("event", "waiting", "waited", "theirs"),
    [
        (TicketDeferred, True, False, True),
        (TicketDeferred, False, False, False),
        # It was their turn, and isn't any more.
        (TicketDeferred, False, True, True),
        (TicketResumed, False, True, True),
        (TicketResumed, False, False, False),
    ],
)
def test_of_a_wait_a_user_hears_only_when_it_is_theirs(
    event: type[RootEvent], waiting: bool, waited: bool, theirs: bool
) -> None:
    said = {"waiting": Waiting(for_user=waiting, since=NOON), "waited_for_user": waited}
    fact = any_fact(event).model_copy(update=said)
    assert word_for(LUCA, fact) == (Word(number=NUMBER) if theirs else None)
    assert word_for(GIULIA, fact) == Word(number=NUMBER, what=fact.name)


@pytest.mark.parametrize("person", [GIULIA, MARCO, LUCA, NOBODY])
def test_only_its_person_hears_of_a_notice(person: Person) -> None:
    told = NoticeAdded(
        event_id="n",
        occurred_at=NOON,
        correlation_id="c",
        cause_id="f",
        actor=SYSTEM,
        person=GIULIA.id,
        ticket_id="t",
    )
    assert word_for(person, told) == (Word(noticed=True) if person is GIULIA else None)
    assert word_for(LUCA, told.model_copy(update={"person": LUCA.id})) is None


def test_who_is_given_a_ticket_hears_why_and_nobody_else_does() -> None:
    word = word_for(MARCO, handed_over())
    assert word
    assert word.handed == Handed(by="Giulia Conti", subject="Credenziali", reason="Torno lunedì")
    for other in (GIULIA, LUCA):
        word = word_for(other, handed_over())
        assert word is None or word.handed is None
    own = word_for(MARCO, handed_over(actor=MARCO.actor))
    assert own
    assert own.handed is None


def test_who_is_given_a_question_hears_why_too() -> None:
    given = {"owner": MARCO.ref, "actor": GIULIA.actor, "reason": "Torno lunedì", "ticket_subject": "Esiste?"}
    word = word_for(MARCO, any_fact(ChildHandedOver).model_copy(update=given))
    assert word
    assert word.handed == Handed(by="Giulia Conti", subject="Esiste?", reason="Torno lunedì")


def test_other_facts_are_nobody_s_business() -> None:
    base = opened()
    mail = MailSent(
        event_id=random_id(),
        occurred_at=NOON,
        correlation_id=random_id(),
        cause_id=random_id(),
        actor=base.actor,
        mail_id=random_id(),
        ticket_id=base.ticket_id,
        article_id=random_id(),
        message_id="<a@b>",
        subject="",
        text="",
    )
    assert word_for(GIULIA, mail) is None


async def test_a_fact_reaches_every_open_page_of_those_who_may_know() -> None:
    hub = Hub()
    with hub.stream(lambda: GIULIA) as giulia, hub.stream(lambda: LUCA) as luca, hub.stream(lambda: CHIARA) as chiara:
        await hub.hear(taken())
        assert await heard(giulia) == [Word(number=NUMBER, what="ticket.taken.v1")]
        assert await heard(luca) == [Word(number=NUMBER)]
        assert await heard(chiara) == []
    assert len(hub) == 0


async def test_whoever_is_no_operator_any_more_hears_no_more_in_a_page_that_is_open() -> None:
    """A stream lives for minutes, and a role may end within them."""
    hub, person = Hub(), MARCO
    with hub.stream(lambda: person) as stream:
        await hub.hear(taken())
        person = MARCO.model_copy(update={"roles": frozenset({Role.USER}), "groups": frozenset()})
        await hub.hear(taken())
        await hub.hear(opened())
        assert await heard(stream) == [Word(number=NUMBER, what="ticket.taken.v1")]


async def test_a_page_that_does_not_listen_is_told_once_to_read_everything() -> None:
    stream = Stream(lambda: GIULIA)
    for _ in range(WAITING + 1):
        stream.tell(Word(number=NUMBER))
    assert await heard(stream) == [AGAIN]


async def test_after_a_gap_every_page_reads_again() -> None:
    hub = Hub()
    with hub.stream(lambda: LUCA) as luca:
        hub.read_again()
        assert await heard(luca) == [AGAIN]


async def test_leaving_ends_all_streams_and_those_that_come_too_late() -> None:
    hub = Hub()
    with hub.stream(lambda: GIULIA) as giulia:
        await hub.hear(taken())
        hub.close()
        async with asyncio.timeout(1):
            assert await heard(giulia, 60) == []
    with hub.stream(lambda: GIULIA) as late:
        async with asyncio.timeout(1):
            assert await heard(late, 60) == []


async def test_one_person_s_oldest_stream_makes_room() -> None:
    hub = Hub()
    with ExitStack() as tabs:
        oldest, luca = tabs.enter_context(hub.stream(lambda: GIULIA)), tabs.enter_context(hub.stream(lambda: LUCA))
        for _ in range(TABS - 1):
            tabs.enter_context(hub.stream(lambda: GIULIA))
        hub.read_again()
        assert await heard(oldest) == [AGAIN]
        tabs.enter_context(hub.stream(lambda: GIULIA))
        async with asyncio.timeout(1):
            assert await heard(oldest, 60) == []
        assert await heard(luca) == [AGAIN]
