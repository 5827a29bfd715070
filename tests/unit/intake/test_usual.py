"""When an answer usually comes, as it is told; and nothing when nobody knows."""

from typing import Any

import pytest

from shared.errors import DependencyDown
from shared.internal import InternalClient
from shared.policy import Person
from shared.usual import Usual
from tests.unit.intake.fakes import FakeTickets, browser, follow_link


class Tickets(InternalClient):
    """A tickets service that says this."""

    def __init__(self, said: Any) -> None:
        self.said = said

    async def get(self, path: str, person: Person, **params: Any) -> Any:
        assert path == "/answer-times"
        if self.said is None:
            raise DependencyDown
        return self.said


def of(hours: float, answered: int = 10) -> dict[str, Any]:
    return {"queues": {"credentials": {"answered": answered, "median": hours / 2, "usual": hours}}}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (of(0.2), "Di solito rispondiamo entro poche ore lavorative."),
        (of(3.1), "Di solito rispondiamo entro un giorno lavorativo."),
        (of(24), "Di solito rispondiamo entro un giorno lavorativo."),
        (of(24.1), "Di solito rispondiamo entro 2 giorni lavorativi."),
        (of(24 * 30), "Di solito rispondiamo entro 30 giorni lavorativi."),
        (of(24 * 30 + 1), ""),
        (of(24, answered=9), ""),
        ({"queues": {}}, ""),
        (None, ""),
        ({"surprise": 1}, ""),
    ],
)
async def test_the_sentence(said: Any, sentence: str) -> None:
    usual = Usual(Tickets(said), "intake")
    await usual.look()
    assert usual.sentence("credentials", "it") == sentence
    assert usual.sentence("fees", "it") == usual.sentence("", "en") == ""


async def test_what_was_known_stays_when_nobody_answers() -> None:
    tickets = Tickets(of(40))
    usual = Usual(tickets, "intake")
    assert await usual.look()
    tickets.said = None
    assert not await usual.look()
    assert usual.sentence("credentials", "en") == "We usually answer within 2 working days."


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ({"state": "new"}, True),
        ({"state": "open"}, True),
        ({"state": "open", "queue": "credentials"}, True),
        ({"state": "open", "queue": "fees"}, False),
        ({"state": "pending"}, False),
        ({"state": "closed_successful"}, False),
        ({"state": "open", "articles": [{"id": "a", "kind": "mail_answer", "at": "2026-11-23T12:00:00Z"}]}, False),
    ],
)
async def test_the_page_of_a_request_says_it_until_there_is_an_answer(view: dict[str, Any], told: bool) -> None:
    usual = Usual(Tickets(of(40)), "intake")
    await usual.look()
    async with browser(FakeTickets(**view), usual=usual) as client:
        page = (await client.get(follow_link())).text
    assert ("Di solito rispondiamo entro 2 giorni lavorativi." in page) is told
