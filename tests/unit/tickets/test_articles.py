"""Articles: each is named once in a ticket's life, has its words when it is named, and what was found out by the door
is no part of what was wished."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets import commands as c
from services.tickets.articles import about, named_by, words_of
from services.tickets.commands import Command
from services.tickets.domain import request_article_id
from shared import events as e
from shared.events import SYSTEM, ActorKind, ArticleKind, ArticleRef, RootEvent, State, TicketRef, leaves
from tests.unit.samples import GIULIA, LUCA, NOON, a_requester
from tests.unit.tickets.house import WINDOW, House
from tests.unit.tickets.test_opening import TICKET, opening

WEEK = timedelta(days=7)


def a_whole_life() -> House:
    """Every fact that a ticket can say is said."""
    house = House(WINDOW)
    ticket, other = house.open(), house.open()

    def do(wish: Any, **given: Any) -> None:
        house.do(ticket, wish.model_validate({"seen": house.seen(ticket), **given}))

    (receipt,) = house[ticket].waiting_mails
    house.mail_server(receipt, "550 no such user")
    do(c.RetryMail, article=receipt, to="luca.b@studenti.example")
    house.mail_server(receipt, message="2")
    do(c.TakeTicket)
    do(c.HandOver, to="marco", reason="Ci pensi tu?")
    do(c.ReleaseTicket)
    do(c.ChangeResponsible, to="anna")
    do(c.MoveTicket, queue="careers")
    do(c.MoveTicket, queue="credentials")
    do(c.SetPriority, priority=5)
    do(c.TagTicket, add=("vpn",))
    do(c.AddNote, text="Attenzione, @marco.")
    do(c.WatchTicket, person="anna")
    do(c.UnwatchTicket, person="anna")
    do(c.AnswerTicket, text="Ecco.")
    do(c.UndoMail, article=next(iter(house[ticket].held)))
    do(c.AnswerTicket, text="Ecco.")
    house.reply(ticket)
    house.wait(WINDOW)
    do(c.SendMail, article=next(iter(house[ticket].held)), text="Ecco.")
    do(c.ForwardTicket, to="posta@altrove.example", subject="Per voi", text="Da guardare.")
    do(c.AskInformation, text="Quale?", fields=("kind",), until=house.now + WEEK)
    house.wait(WINDOW)
    house.wait(WEEK)
    do(c.ResumeTicket)
    do(c.DeferTicket, until=house.now + WEEK, then="close")
    house.wait(WEEK)
    do(c.ReopenTicket)
    do(c.CloseTicket, outcome="closed_successful", reason="Fatto.")
    house.wait(WINDOW)
    for said in (c.ThankTicket(), c.RateTicket(helpful=True), c.EndFollowLinks(), c.MailFollowLink()):
        house.do(ticket, said, LUCA)
    house.reply(ticket)
    request = next(named.ref for named in named_by(house.history(ticket)[0]))
    house.do(ticket, house.splitting(ticket, request.id))
    house.link(ticket, other)
    house.unlink(ticket, other)
    _joins(house, ticket)
    _asks(house)
    return house


def _asks(house: House) -> None:
    """A ticket and the questions that it asks, with all that can become of them."""
    ticket = house.open()
    child = house.asked(ticket, due_at=house.now + WEEK)

    def do(wish: Any, **given: Any) -> None:
        house.do(child, wish.model_validate({"seen": house.seen(child), **given}))

    do(c.TakeTicket)
    do(c.HandOver, to="marco", reason="Ci pensi tu?")
    do(c.ReleaseTicket)
    do(c.ChangeResponsible, to="anna")
    do(c.MoveTicket, queue="network")
    do(c.SetPriority, priority=5)
    do(c.TagTicket, add=("vpn",))
    do(c.AddNote, text="Attenzione.")
    do(c.WatchTicket)
    do(c.UnwatchTicket)
    do(c.DeferTicket, until=house.now + timedelta(days=1))
    do(c.ResumeTicket)
    house.wait(WEEK)
    house.answer(child)
    house.drain()
    do(c.ReopenTicket)
    house.drain()
    house.take_back(ticket, child)
    house.drain()


def _joins(house: House, ticket: str) -> None:
    part, closed = house.open(house[ticket].requester), house.open(house[ticket].requester)
    house.merge(part, ticket)
    house.drain()
    house.reply(part)
    house.drain()
    house.do(part, c.UnmergeTicket(seen=0))
    house.do(closed, c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, silent=True))
    house.merge(ticket, closed)
    house.drain()


@pytest.fixture(scope="module")
def house() -> House:
    return a_whole_life()


@pytest.fixture(scope="module")
def facts(house: House) -> list[RootEvent]:
    return [fact for history in house.store.histories.values() for fact in history]


def test_a_whole_life_says_every_fact_there_is(facts: list[RootEvent]) -> None:
    assert {type(fact) for fact in facts} == set(leaves(RootEvent))


def test_every_article_a_fact_carries_is_named_exactly_once(facts: list[RootEvent]) -> None:
    named = [each.ref.id for fact in facts for each in named_by(fact)]
    assert len(named) == len(set(named))
    carried: set[str] = set()
    for fact in facts:
        refs = [getattr(fact, field, None) for field in ("article", "mail", "request", "question")]
        carried |= {ref.id for ref in refs if isinstance(ref, ArticleRef)}
    assert carried == set(named)


def test_an_article_is_named_before_any_other_fact_speaks_of_it(house: House) -> None:
    for history in house.store.histories.values():
        named: set[str] = set()
        for fact in history:
            named |= {each.ref.id for each in named_by(fact)}
            article = about(fact)
            assert article is None or article in named, fact.name


def test_a_followed_reply_is_about_no_article_of_the_ticket_that_hears_of_it(facts: list[RootEvent]) -> None:
    followed = [fact for fact in facts if isinstance(fact, e.ReplyFollowed)]
    assert followed
    assert all(about(fact) is None and named_by(fact) == [] for fact in followed)


def test_what_a_person_wrote_has_its_words_when_it_is_named(house: House, facts: list[RootEvent]) -> None:
    by_notifier = {
        ArticleKind.MAIL_RECEIPT,
        ArticleKind.MAIL_TAKEN,
        ArticleKind.MAIL_REOPENED,
        ArticleKind.MAIL_REMINDER,
        ArticleKind.MAIL_LINK,
    }
    for fact in facts:
        for named in named_by(fact):
            closed_by_itself = named.ref.kind is ArticleKind.MAIL_CLOSED and fact.actor == SYSTEM
            if named.ref.kind not in by_notifier and not closed_by_itself:
                assert house.store.articles[named.ref.id].ticket_id == fact.ticket_id


def test_the_author_is_whoever_wrote(facts: list[RootEvent]) -> None:
    authors = {(each.ref.kind, each.author.kind) for fact in facts for each in named_by(fact)}
    for kind in (ArticleKind.REQUEST, ArticleKind.REQUESTER_REPLY):
        assert {author for named, author in authors if named is kind} == {ActorKind.REQUESTER}
    for kind in (ArticleKind.NOTE, ArticleKind.MAIL_ANSWER, ArticleKind.MAIL_FORWARD):
        assert {author for named, author in authors if named is kind} == {ActorKind.OPERATOR}
    assert (ArticleKind.MAIL_REMINDER, ActorKind.SYSTEM) in authors


REF = TicketRef(id="other", number="20261123000028")
FOUND: list[tuple[Any, dict[str, Any]]] = [
    (c.LinkTicket(seen=1, other="x"), {"found": REF}),
    (c.UnlinkTicket(seen=1, other="x"), {"found": REF}),
    (c.MergeTicket(seen=1, target="x"), {"found": REF, "requester": a_requester()}),
    (c.SplitArticle(seen=1, article="a", subject="s"), {"found": ArticleRef(id="a", kind=ArticleKind.REQUEST)}),
    (c.SendMail(seen=1, article="a"), {"subject": "s", "text": "t"}),
    (c.Wake(timer="pending", due=NOON), {"subject": "s", "text": "t"}),
]


def digest(wish: Any) -> str:
    return Command(id="x", ticket_id=TICKET, actor=GIULIA.actor, wish=wish).digest


@pytest.mark.parametrize(("wish", "found"), FOUND, ids=lambda each: type(each).__name__)
def test_what_the_door_found_is_no_part_of_what_was_wished(wish: Any, found: dict[str, Any]) -> None:
    assert digest(wish) == digest(wish.model_copy(update=found))


def test_a_drawn_number_is_no_part_of_it_either_but_everything_wished_is() -> None:
    command = opening(id="7d3f9a52-0000-5000-8000-000000000009")
    other = command.model_copy(update={"wish": command.wish.model_copy(update={"number": "20261123000028"})})
    assert command.digest == other.digest
    assert digest(c.TakeTicket(seen=1)) != digest(c.TakeTicket(seen=2)) != digest(c.ReleaseTicket(seen=2))
    assert digest(c.AnswerTicket(seen=1, text="a")) != digest(c.AnswerTicket(seen=1, text="b"))


def test_the_same_key_with_other_words_writes_another_article() -> None:
    def written(text: str) -> str:
        wish = c.AddNote(seen=1, text=text)
        (words,) = words_of(Command(id="x", ticket_id=TICKET, actor=GIULIA.actor, wish=wish))
        return words.id

    assert written("a") == written("a") != written("b")


def test_a_request_brings_its_values_and_files_and_a_mails_fate_its_text() -> None:
    command = opening()
    (words,) = words_of(command)
    assert (words.id, words.ticket_id) == (request_article_id(command), TICKET)
    assert words.values == {"kind": "password", "description": "Non riesco a entrare."}
    wish = c.RecordDelivery(article_id="a", subject="s", text="t")
    (words,) = words_of(Command(id="x", ticket_id=TICKET, actor=SYSTEM, wish=wish))
    assert (words.id, words.subject, words.text) == ("a", "s", "t")


@pytest.mark.parametrize(
    "wish",
    [
        c.TakeTicket(seen=1),
        c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, reason="Spam.", silent=True),
        c.SendMail(seen=1, article="a", text="t"),
        c.ReopenTicket(seen=1, reason="Ancora."),
    ],
    ids=lambda wish: type(wish).__name__,
)
def test_what_writes_no_article_of_its_own_brings_no_words(wish: Any) -> None:
    assert words_of(Command(id="x", ticket_id=TICKET, actor=GIULIA.actor, wish=wish)) == []


def test_an_answer_to_a_question_brings_its_values() -> None:
    wish = c.ReplyTicket(text="Ecco.", values={"kind": "vpn"}, information="a")
    (words,) = words_of(Command(id="x", ticket_id=TICKET, actor=LUCA.actor, wish=wish))
    assert (words.text, words.values) == ("Ecco.", {"kind": "vpn"})
