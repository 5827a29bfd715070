"""What the measurements send and store is what our services would."""

import json

from bench.fill import QUEUES, USERS, article_of, journal_row, root_of, tickets, user
from bench.lives import lived
from bench.travel import Journey, Trip
from bench.workload import answers, post, posts, walk, walk_as_json
from services.tickets.articles import named_by
from services.tickets.numbers import is_number
from services.tickets.repository import from_document
from shared.events import State


def test_each_request_of_a_run_has_a_key_of_its_own() -> None:
    sent = posts("run")
    first, second = next(sent), next(sent)
    assert first != second
    assert b"Prefer: respond-async" in first
    assert json.loads(first.partition(b"\r\n\r\n")[2]) == answers("l.bianchi12@studenti.ateneo.example")


def test_who_waits_for_the_number_does_not_prefer_otherwise() -> None:
    assert b"Prefer" not in post("a@studenti.ateneo.example", "k", at_once=False)


def test_a_walk_ends_with_the_mail_on_its_ticket() -> None:
    walked = walk()
    assert walked.delivered.waiting_mails == {}
    assert walked.mail_words.id in {named.ref.id for named in named_by(walked.opened_facts[0])}


def test_the_bare_chain_gets_plain_json() -> None:
    assert json.loads(json.dumps(walk_as_json()))["opened"]["state"] == "new"


def test_stored_tickets_are_read_back_by_the_repository() -> None:
    stored = list(tickets(0, 20))
    found = [from_document(root_of(each.ticket)) for each in stored]
    assert {ticket.queue for ticket in found} == set(QUEUES)
    assert {ticket.state for ticket in found} == {State.NEW, State.OPEN}
    assert all(is_number(ticket.number) for ticket in found)
    assert len({article_of(words)["_id"] for each in stored for words in each.words}) == 40
    assert len({journal_row(fact)["_id"] for each in stored for fact in each.facts}) == sum(
        len(each.facts) for each in stored
    )


def test_users_share_the_tickets() -> None:
    assert len({user(position) for position in range(1000)}) == USERS


def test_a_trip_counts_from_the_first_request_to_the_last_mail() -> None:
    trip = Trip(started=100.0, recorded=105.0)
    trip.journeys = {"a": Journey(100.0, mailed=102.0), "b": Journey(101.0, numbered=101.5, mailed=104.0)}
    assert trip.times("mailed") == [2000.0, 3000.0]
    assert (trip.mailed_rate, trip.recorded_rate, trip.unnumbered) == (0.5, 0.4, 1)


def test_a_ticket_that_has_lived_has_as_many_articles_as_wanted_and_can_take_a_verb() -> None:
    (one,) = lived(0, 1, 20)
    named = [article.ref.id for fact in one.facts for article in named_by(fact)]
    assert 20 <= len(named) <= 21
    assert len({words.id for words in one.words}) == len(one.words)
    assert from_document(root_of(one.ticket)).state is State.OPEN
    assert (one.ticket.held, one.ticket.timers) == ({}, {})
