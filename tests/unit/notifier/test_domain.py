"""When a mail is tried again, and when we stop."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier import domain
from services.notifier.domain import PATIENCE, MailState, OutgoingMail, pause
from shared.events import MailFailed, MailSent
from shared.ids import mail_id
from tests.unit.notifier.samples import a_file, answered, handed_over, outgoing, retried, write

NOW = 1_795_000_000.0
WAITING = outgoing(NOW)
ANSWER = domain.accepted(write().answer(answered(attachments=(a_file(),))), NOW)


def failing(row: OutgoingMail, now: float) -> list[float]:
    """The seconds between the tries of a mail that is never taken, and how it ends."""
    waits = []
    while row.state is MailState.WAITING:
        row = domain.deferred(domain.claimed(row, now, 60), "451 later", now)
        if row.state is MailState.WAITING:
            waits.append(row.next_try - now)
            now = row.next_try
    return waits


def test_the_pauses_grow_to_an_hour_and_end_after_three_days() -> None:
    waits = failing(WAITING, NOW)
    assert waits[:8] == [2, 5, 15, 60, 300, 900, 3600, 3600]
    assert sum(waits) == PATIENCE
    assert set(waits[6:-1]) == {3600}


def test_after_three_days_the_last_words_of_the_server_are_told() -> None:
    row = domain.deferred(WAITING.model_copy(update={"attempts": 70}), "450 mailbox busy", NOW + PATIENCE)
    (fact,) = row.outbox
    assert isinstance(fact, MailFailed)
    assert (row.state, fact.reason, row.attempts) == (MailState.REFUSED, "450 mailbox busy", 71)


def test_a_fault_of_ours_counts_as_a_try_and_the_seventh_is_told() -> None:
    # What the server said before has its own patience.
    row, now = WAITING.model_copy(update={"attempts": 40}), NOW
    while row.state is MailState.WAITING:
        row = domain.faulted(domain.claimed(row, now, 60), "a fault of ours", now)
        now = max(now, row.next_try)
    (fact,) = row.outbox
    assert isinstance(fact, MailFailed)
    assert (row.faults, row.attempts, fact.reason) == (7, 47, "a fault of ours")


def test_a_mail_that_was_sent_tells_its_ticket_what_it_said() -> None:
    row = domain.sent(domain.claimed(WAITING, NOW, 60), NOW + 1)
    (fact,) = row.outbox
    assert isinstance(fact, MailSent)
    assert (fact.mail_id, fact.ticket_id, fact.article_id) == (row.id, row.ticket_id, row.article_id)
    assert (fact.subject, fact.text, fact.message_id) == (row.subject, row.text, row.message_id)
    assert (fact.correlation_id, fact.cause_id) == (row.correlation_id, row.cause_id)
    assert row.version == WAITING.version + 2


def test_the_fact_has_the_same_id_however_often_it_was_tried() -> None:
    late = WAITING.model_copy(update={"attempts": 9, "version": 19})
    assert domain.sent(WAITING, NOW).outbox[0].event_id == domain.sent(late, NOW + 99).outbox[0].event_id
    assert domain.refused(WAITING, "550", NOW).outbox[0].event_id != domain.sent(WAITING, NOW).outbox[0].event_id


def test_a_server_that_is_away_is_no_try_of_the_mail() -> None:
    row = domain.postponed(domain.claimed(WAITING, NOW, 60), "away", NOW + 5, NOW)
    assert (row.attempts, row.next_try, row.state) == (0, NOW + 5, MailState.WAITING)


def test_a_mail_sent_again_has_the_same_words_and_thread_and_a_name_of_its_own() -> None:
    first = domain.refused(ANSWER, "550 no such person", NOW)
    event = retried(first, "giusto@studenti.example")
    mail = domain.again([first], event)
    assert mail
    assert mail.recipient == mail.headers["To"] == "giusto@studenti.example"
    assert mail.id == mail_id(event.event_id, "giusto@studenti.example")
    assert mail.headers["Message-ID"] == mail.message_id == f"<{mail.id}@ateneo.example>" != first.message_id
    assert (mail.article_id, mail.cause_id) == (first.article_id, event.event_id)
    same = {"subject", "text", "html", "attachments", "sender", "ticket_id"}
    assert mail.model_dump(include=same) == first.model_dump(include=same)
    for header in ("References", "In-Reply-To", "Subject", "From"):
        assert mail.headers[header] == first.headers[header]
    assert domain.accepted(mail, NOW + 5).state is MailState.WAITING


def test_without_a_new_address_it_goes_to_where_the_newest_went() -> None:
    second = domain.again([ANSWER], retried(ANSWER, "secondo@studenti.example"))
    assert second
    third = domain.again([ANSWER, domain.accepted(second, NOW)], retried(ANSWER))
    assert third
    assert third.recipient == "secondo@studenti.example"


def test_a_retry_that_comes_twice_is_done_once_also_after_a_later_one() -> None:
    early, late = retried(ANSWER), retried(ANSWER, "altro@studenti.example")
    second = domain.again([ANSWER], early)
    assert second
    third = domain.again([ANSWER, domain.accepted(second, NOW)], late)
    assert third
    copies = [ANSWER, domain.accepted(second, NOW), domain.accepted(third, NOW)]
    assert domain.again(copies, early) is None
    assert domain.again(copies, late) is None


def test_nobody_hears_what_became_of_a_notice() -> None:
    mail = write().handed_over(handed_over())
    assert mail
    row = domain.accepted(mail, NOW)
    for after in (domain.sent(row, NOW), domain.refused(row, "550", NOW), domain.deferred(row, "451", NOW + PATIENCE)):
        assert after.state is not MailState.WAITING
        assert after.outbox == ()


@given(st.integers(min_value=1, max_value=200))
def test_a_pause_is_never_shorter_than_the_one_before(failures: int) -> None:
    assert 2 <= pause(failures) <= pause(failures + 1) <= 3600
