"""The list's filter as it stands in the address."""

import pytest
from pydantic import ValidationError

from services.portal.ticket_list import NOT_CLOSED, Wanted
from shared.events import State


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
