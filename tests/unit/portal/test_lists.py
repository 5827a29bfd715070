"""The list's filter as it stands in the address, and the queue tree of the dashboard."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.portal.dashboard import queue_rows
from services.portal.ticket_list import NOT_CLOSED, Wanted
from services.portal.tickets import Counts
from shared.events import State
from shared.queues import Queues

QUEUES = Queues.load(Path("config"))


def test_an_empty_filter_is_all_that_is_not_closed() -> None:
    assert Wanted().states == NOT_CLOSED
    assert Wanted().address() == "/tickets"


def test_a_filter_survives_its_address() -> None:
    wanted = Wanted(state=State.NEW, queue="fees", owner="none", order="oldest")
    assert wanted.states == (State.NEW,)
    assert wanted.address("20261123-x") == "/tickets?state=new&queue=fees&owner=none&order=oldest&after=20261123-x"


def test_questions_are_found_by_who_asks_and_what_i_watch_by_me() -> None:
    wanted = Wanted(state="any", parent="p-1", level="2", watcher="me")
    assert wanted.address() == "/tickets?state=any&watcher=me&level=2&parent=p-1"


def test_any_state_asks_for_all_of_them() -> None:
    assert Wanted(state="any").states == ()


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValidationError):
        Wanted.model_validate({"state": "lost"})


def test_queues_are_told_with_what_waits_in_them() -> None:
    counts = Counts(
        by_state={State.NEW: 3},
        by_queue={"fees": {State.NEW: 3, State.OPEN: 1, State.PENDING: 1}},
        mine=0,
        my_responsibility=0,
    )
    rows = queue_rows(QUEUES, counts, ["fees", "fees-accounting", "credentials-mail"])
    assert [(row.queue.id, row.new, row.working) for row in rows] == [
        ("credentials-mail", 0, 0),
        ("fees", 3, 2),
        ("fees-accounting", 0, 0),
    ]


def test_a_sub_queue_without_its_parent_says_where_it_belongs() -> None:
    counts = Counts(by_state={}, by_queue={}, mine=0, my_responsibility=0)
    alone, first, second = queue_rows(QUEUES, counts, ["credentials-mail", "fees", "fees-accounting"])
    assert alone.above
    assert alone.above.id == "credentials"
    assert first.above is None
    assert second.above is None
