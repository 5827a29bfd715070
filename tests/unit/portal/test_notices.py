"""What a page says about a wish is true, whatever its address claims."""

import pytest

from services.portal.notices import Kind, after_taking, notice_of, notice_on
from shared.errors import Conflict
from shared.events import State
from tests.unit.portal.samples import NUMBER, a_request, a_view, taken_view
from tests.unit.samples import GIULIA, MARCO


def test_who_took_it_is_told_so() -> None:
    notice = notice_of("taken", taken_view(), MARCO)
    assert notice
    assert (notice.kind, notice.number) == ("taken", NUMBER)


def test_who_came_second_is_told_by_whom_and_when() -> None:
    ticket = taken_view()
    notice = notice_of("missed", ticket, GIULIA)
    assert notice
    assert (notice.by, notice.at) == ("Marco Ferri", ticket.journal[0].at)


@pytest.mark.parametrize(("kind", "person"), [("taken", GIULIA), ("missed", MARCO), ("refused", GIULIA)])
def test_a_false_claim_says_nothing(kind: Kind, person: object) -> None:
    if kind == "refused":
        assert notice_of(kind, a_view(), GIULIA) is None
    else:
        assert notice_of(kind, taken_view(), MARCO if person is MARCO else GIULIA) is None


def test_a_ticket_nobody_took_gives_no_notice() -> None:
    assert notice_of("taken", a_view(), MARCO) is None


def test_a_closed_ticket_can_only_have_been_refused() -> None:
    closed = taken_view(state=State.CLOSED_SUCCESSFUL)
    assert notice_of("taken", closed, MARCO) is None
    refused = notice_of("refused", closed, GIULIA)
    assert refused
    assert refused.kind == "refused"


def test_the_address_names_the_notice() -> None:
    assert notice_on(a_request(query=f"missed={NUMBER}"), taken_view(), GIULIA)
    assert notice_on(a_request(), taken_view(), GIULIA) is None


@pytest.mark.parametrize(
    ("back", "conflict", "expected"),
    [
        ("", None, f"/tickets/{NUMBER}?taken={NUMBER}"),
        ("/", None, f"/?taken={NUMBER}"),
        ("/tickets?state=new", Conflict("", changed={"by": "Marco"}), f"/tickets?state=new&missed={NUMBER}"),
        ("/", Conflict(""), f"/?refused={NUMBER}"),
        ("https://evil.example", None, f"/tickets/{NUMBER}?taken={NUMBER}"),
    ],
)
def test_a_wish_leads_back_to_where_it_was_made(back: str, conflict: Conflict | None, expected: str) -> None:
    assert after_taking(NUMBER, back, conflict) == expected
