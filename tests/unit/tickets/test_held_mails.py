"""Written mails: held for the window, then they leave, stop because something happened, or are undone; and retried."""

from datetime import timedelta

import pytest

from services.tickets import commands as c
from shared.events import (
    ArticleKind,
    ArticlePrepared,
    ArticleRetried,
    ArticleStopped,
    Attachment,
    InformationRequested,
    State,
    TicketAnswered,
    TicketClosed,
    TicketForwarded,
    TicketOpened,
)
from shared.ids import derived
from shared.policy import Person
from tests.unit.samples import ANNA, GIULIA, LUCA, MARCO, NOON
from tests.unit.tickets.house import WINDOW, House, names, refused

FILE = Attachment(
    key=derived("file") + "/" + "a" * 64, name="guida.pdf", media_type="application/pdf", size=9, field=""
)


@pytest.fixture
def house() -> House:
    return House(WINDOW)


@pytest.fixture
def ticket(house: House) -> str:
    ticket = house.open()
    house.do(ticket, c.TakeTicket(seen=1))
    return ticket


def hold(house: House, ticket: str, wish: c.Seen | None = None, by: Person = GIULIA) -> str:
    """An answer, or what is wished, is written; its article."""
    seen = house.seen(ticket)
    wish = wish.model_copy(update={"seen": seen}) if wish else c.AnswerTicket(seen=seen, text="Ecco.")
    fact = house.do(ticket, wish, by)[-1]
    assert isinstance(fact, ArticlePrepared)
    return fact.article.id


def asking(**given: object) -> c.AskInformation:
    return c.AskInformation.model_validate({"seen": 0, "text": "Quale?", "fields": ("kind", "kind"), **given})


def forwarding() -> c.ForwardTicket:
    return c.ForwardTicket(seen=0, to="posta@altrove.example", subject="Per voi", text="Da guardare.")


def closing(outcome: str = "closed_unsuccessful", **given: object) -> c.CloseTicket:
    return c.CloseTicket.model_validate({"seen": 0, "outcome": outcome, "reason": "Doppio.", **given})


def test_a_written_mail_is_held_and_leaves_when_its_time_has_come(house: House, ticket: str) -> None:
    article = hold(house, ticket, c.AnswerTicket(seen=0, text="Ecco.", attachments=(FILE,)))
    assert house[ticket].timers == {f"send:{article}": NOON + WINDOW}
    house.wait(WINDOW - timedelta(seconds=1))
    assert article in house[ticket].held
    house.wait(timedelta(seconds=1))
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketAnswered)
    assert (fact.mail.id, fact.text, fact.attachments, fact.actor) == (article, "Ecco.", (FILE,), GIULIA.actor)
    assert (house[ticket].held, house[ticket].timers) == ({}, {})
    assert article in house[ticket].waiting_mails


def test_without_a_window_it_leaves_at_once() -> None:
    house = House()
    ticket = house.open()
    assert names(house.do(ticket, c.AnswerTicket(seen=1, text="Ecco."))) == ["taken", "prepared", "answered"]
    assert house[ticket].timers == {}


def test_the_clock_may_ring_twice_early_or_for_nothing(house: House, ticket: str) -> None:
    article = hold(house, ticket)
    timer = f"send:{article}"
    assert house.ring(ticket, timer, NOON + WINDOW) == [], "too early"
    house.now += WINDOW
    assert house.ring(ticket, timer, NOON) == [], "of another due time"
    assert house.ring(ticket, "send:none", NOON) == []
    first = house.ring(ticket, timer, NOON + WINDOW)
    assert names(first) == ["answered"]
    assert house.ring(ticket, timer, NOON + WINDOW) == first
    assert names(house.history(ticket)).count("answered") == 1


def test_answer_and_close_closes_when_the_mail_leaves(house: House, ticket: str) -> None:
    hold(house, ticket, c.AnswerTicket(seen=0, text="Ecco.", outcome=State.CLOSED_SUCCESSFUL))
    assert house[ticket].state is State.OPEN
    house.wait(WINDOW)
    answered, closed = house.history(ticket)[-2:]
    assert isinstance(answered, TicketAnswered)
    assert isinstance(closed, TicketClosed)
    assert answered.outcome is State.CLOSED_SUCCESSFUL
    assert (closed.answered, closed.mail, closed.actor) == (True, None, GIULIA.actor)
    assert house[ticket].state is State.CLOSED_SUCCESSFUL


def test_a_mail_undone_in_its_window_never_leaves_and_changes_nothing_else(house: House, ticket: str) -> None:
    article = hold(house, ticket, c.AnswerTicket(seen=0, text="Ecco.", outcome=State.CLOSED_SUCCESSFUL))
    assert names(house.do(ticket, c.UndoMail(seen=0, article=article), MARCO)) == ["withdrawn"]
    house.wait(WINDOW)
    assert names(house.history(ticket))[-1] == "withdrawn"
    assert house[ticket].state is State.OPEN
    assert house.store.articles[article].text == "Ecco.", "its text is kept"
    for wish in (c.UndoMail(seen=9, article=article), c.SendMail(seen=9, article=article)):
        with refused("not_held"):
            house.do(ticket, wish)


def test_a_mail_that_has_left_is_not_undone(house: House, ticket: str) -> None:
    article = hold(house, ticket)
    house.wait(WINDOW)
    with refused("not_held"):
        house.do(ticket, c.UndoMail(seen=0, article=article))


def test_sent_now_it_leaves_in_the_name_of_its_writer_and_the_clock_finds_nothing(house: House, ticket: str) -> None:
    article = hold(house, ticket)
    (fact,) = house.do(ticket, c.SendMail(seen=house.seen(ticket), article=article, text="Ecco."), MARCO)
    assert isinstance(fact, TicketAnswered)
    assert (fact.actor, fact.text) == (GIULIA.actor, "Ecco.")
    house.wait(WINDOW)
    assert names(house.history(ticket)).count("answered") == 1


WRITES = {"answer": c.AnswerTicket(seen=0, text="Ecco."), "question": asking(), "closing": closing()}


@pytest.mark.parametrize("wish", WRITES.values(), ids=list(WRITES))
def test_it_stops_when_the_user_wrote_meanwhile(house: House, ticket: str, wish: c.Seen) -> None:
    article = hold(house, ticket, wish)
    house.now += timedelta(seconds=5)
    house.reply(ticket)
    house.wait(WINDOW)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, ArticleStopped)
    assert (fact.because, fact.by, fact.since) == ("ticket.replied.v1", LUCA.ref, NOON + timedelta(seconds=5))
    root = house[ticket]
    assert (root.held[article].stopped, root.timers, root.state) == (True, {}, State.OPEN)


@pytest.mark.parametrize("wish", WRITES.values(), ids=list(WRITES))
@pytest.mark.parametrize("done", ["answered", "closed", "asked"])
def test_it_stops_when_a_colleague_answered_asked_or_closed(house: House, ticket: str, wish: c.Seen, done: str) -> None:
    hold(house, ticket, wish)
    by_marco = {
        "answered": c.AnswerTicket(seen=9, text="Ecco."),
        "closed": closing(silent=True, seen=9),
        "asked": asking(seen=9),
    }[done]
    mail = house.do(ticket, by_marco, MARCO)[-1]
    if isinstance(mail, ArticlePrepared):
        house.do(ticket, c.SendMail(seen=house.seen(ticket), article=mail.article.id), MARCO)
    house.wait(WINDOW)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, ArticleStopped)
    assert fact.by == MARCO.ref
    assert fact.because in ("ticket.answered.v1", "ticket.closed.v1", "ticket.information_requested.v1")


def test_it_stops_when_a_colleague_merged_another_request_of_the_user_into_this_one(house: House, ticket: str) -> None:
    hold(house, ticket)
    house.merge(house.open(), ticket, MARCO)
    house.drain()
    house.wait(WINDOW)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, ArticleStopped)
    assert (fact.because, fact.by) == ("ticket.merge_accepted.v1", MARCO.ref)


@pytest.mark.parametrize("verb", ["note", "tag", "hand over", "defer", "forward", "link"])
def test_nothing_else_that_a_colleague_does_stops_it(house: House, ticket: str, verb: str) -> None:
    hold(house, ticket)
    seen = house.seen(ticket)
    wishes: dict[str, c.Seen] = {
        "note": c.AddNote(seen=seen, text="Attenzione."),
        "tag": c.TagTicket(seen=seen, add=("vpn",)),
        "hand over": c.HandOver(seen=seen, to=ANNA.id, reason="Ci pensi tu?"),
        "defer": c.DeferTicket(seen=seen, for_user=True),
        "forward": forwarding().model_copy(update={"seen": seen}),
    }
    if verb == "link":
        house.link(ticket, house.open(), MARCO)
    else:
        house.do(ticket, wishes[verb], MARCO)
    house.wait(WINDOW)
    assert "answered" in names(house.history(ticket))
    assert "stopped" not in names(house.history(ticket))


def test_two_mails_of_one_writer_both_leave(house: House, ticket: str) -> None:
    hold(house, ticket)
    hold(house, ticket)
    house.wait(WINDOW)
    assert names(house.history(ticket))[-2:] == ["answered", "answered"]


def test_ones_own_closing_stops_what_one_wrote_before(house: House, ticket: str) -> None:
    hold(house, ticket)
    house.do(ticket, closing(silent=True, seen=house.seen(ticket)))
    house.wait(WINDOW)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, ArticleStopped)
    assert (fact.because, fact.by) == ("ticket.closed.v1", GIULIA.ref)


def test_what_has_stopped_waits_for_a_person_who_sends_it_or_undoes_it(house: House, ticket: str) -> None:
    article = hold(house, ticket)
    house.reply(ticket)
    house.wait(WINDOW)
    house.wait(timedelta(days=9))
    assert house[ticket].held[article].stopped
    with refused("changed"):
        house.do(ticket, c.SendMail(seen=2, article=article))
    house.do(ticket, c.SendMail(seen=house.seen(ticket), article=article, text="Ecco."))
    assert names(house.history(ticket))[-1] == "answered"
    assert house[ticket].held == {}


def test_a_stopped_mail_of_a_closed_ticket_is_not_sent_but_can_be_undone(house: House, ticket: str) -> None:
    article = hold(house, ticket)
    house.do(ticket, closing(silent=True, seen=house.seen(ticket)), MARCO)
    house.wait(WINDOW)
    with refused("closed"):
        house.do(ticket, c.SendMail(seen=house.seen(ticket), article=article))
    assert names(house.do(ticket, c.UndoMail(seen=0, article=article))) == ["withdrawn"]


def test_a_forward_goes_to_its_address_and_nothing_stops_it(house: House, ticket: str) -> None:
    hold(house, ticket, forwarding())
    house.reply(ticket)
    house.do(ticket, closing(silent=True, seen=house.seen(ticket)), MARCO)
    house.wait(WINDOW)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, TicketForwarded)
    assert (fact.to, fact.subject, fact.text) == ("posta@altrove.example", "Per voi", "Da guardare.")
    assert house[ticket].state is State.CLOSED_UNSUCCESSFUL


def test_a_question_that_leaves_makes_the_ticket_wait_from_then_on(house: House, ticket: str) -> None:
    article = hold(house, ticket, asking(until=NOON + timedelta(days=7)))
    assert house[ticket].state is State.OPEN
    house.wait(WINDOW)
    fact = house.history(ticket)[-1]
    assert isinstance(fact, InformationRequested)
    assert fact.fields == ("kind",)
    root = house[ticket]
    assert root.waiting
    assert (root.state, root.waiting.since, root.waiting.until) == (
        State.PENDING,
        NOON + WINDOW,
        NOON + timedelta(days=7),
    )
    assert root.information
    assert root.information.article == article


def test_a_question_sent_after_its_own_date_gives_the_user_as_long_as_was_meant(house: House, ticket: str) -> None:
    article = hold(house, ticket, asking(until=NOON + timedelta(days=2), then="close"))
    house.reply(ticket)
    house.wait(timedelta(days=5))
    house.do(ticket, c.SendMail(seen=house.seen(ticket), article=article))
    waiting = house[ticket].waiting
    assert waiting
    assert waiting.until == NOON + timedelta(days=7)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"fields": ()}, "fields_missing"),
        ({"until": NOON}, "date_past"),
        ({"then": "close"}, "date_missing"),
    ],
)
def test_a_question_without_fields_or_with_no_date_to_come_is_refused(
    house: House, ticket: str, given: dict[str, object], code: str
) -> None:
    before = house[ticket]
    with refused(code):
        house.do(ticket, asking(seen=2, **given))
    assert house[ticket] is before


def test_only_a_refused_mail_is_sent_again_and_only_once(house: House, ticket: str) -> None:
    article = hold(house, ticket)
    house.wait(WINDOW)
    retry = c.RetryMail(seen=0, article=article)
    with refused("not_refused"):
        house.do(ticket, retry)
    house.mail_server(article, "550 no such user")
    (fact,) = house.do(ticket, retry)
    assert isinstance(fact, ArticleRetried)
    assert (fact.to, fact.former_to) == (LUCA.email, None)
    assert (article in house[ticket].waiting_mails, house[ticket].refused_mails) == (True, {})
    with refused("not_refused"):
        house.do(ticket, retry)
    house.mail_server(article, message="2")
    assert names(house.history(ticket))[-1] == "delivered"


def test_a_corrected_address_is_the_requesters_from_then_on(house: House, ticket: str) -> None:
    opened = house.history(ticket)[0]
    assert isinstance(opened, TicketOpened)
    house.mail_server(opened.mail.id, "550 no such user")
    (fact,) = house.do(ticket, c.RetryMail(seen=0, article=opened.mail.id, to="luca.b@studenti.example"))
    assert isinstance(fact, ArticleRetried)
    assert (fact.to, fact.former_to) == ("luca.b@studenti.example", LUCA.email)
    assert fact.requester.email == house[ticket].requester.email == "luca.b@studenti.example"


def test_a_forwards_corrected_address_is_not_the_requesters(house: House, ticket: str) -> None:
    article = hold(house, ticket, forwarding())
    house.wait(WINDOW)
    house.mail_server(article, "550 no such user")
    (fact,) = house.do(ticket, c.RetryMail(seen=0, article=article, to="altra@altrove.example"))
    assert isinstance(fact, ArticleRetried)
    assert (fact.article.kind, fact.to, fact.former_to) == (ArticleKind.MAIL_FORWARD, "altra@altrove.example", None)
    assert house[ticket].requester.email == LUCA.email
