"""When a mail is tried again, and when we stop."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier import domain
from services.notifier.domain import PATIENCE, MailState, OutgoingMail, pause
from shared.events import MailFailed, MailSent
from tests.unit.notifier.samples import outgoing

NOW = 1_795_000_000.0
WAITING = outgoing(NOW)


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


@given(st.integers(min_value=1, max_value=200))
def test_a_pause_is_never_shorter_than_the_one_before(failures: int) -> None:
    assert 2 <= pause(failures) <= pause(failures + 1) <= 3600
