"""Every refusal that a person reads is in their language, its title too, and no address of ours ends in JSON."""

import pytest

from services.intake import refusals
from services.intake.texts import WORDS
from shared.errors import (
    BadInput,
    Conflict,
    DependencyDown,
    Forbidden,
    NotFound,
    NotSignedIn,
    SportelloError,
    TooLarge,
    TooMany,
    TooSlow,
    UnsupportedType,
)
from shared.events import Language
from tests.unit.intake.fakes import FakeTickets, browser, follow_link
from tests.unit.intake.page import Page

KINDS = (
    BadInput("x"),
    TooLarge("x"),
    UnsupportedType("x"),
    Forbidden("x"),
    Conflict("x"),
    TooMany("x", 5),
    TooSlow("x"),
    NotFound("x"),
    NotSignedIn("x"),
    DependencyDown("x"),
)


@pytest.mark.parametrize("error", KINDS, ids=lambda error: type(error).__name__)
def test_a_refusal_is_called_in_the_readers_language(error: SportelloError) -> None:
    italian, english = (refusals.in_words(error, language)[0] for language in ("it", "en"))
    assert italian
    assert italian != english
    assert italian != type(error).title


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(
    ("path", "status", "new_link"), [("/nowhere", 404, False), ("/requests/", 404, True), ("/requests", 404, True)]
)
async def test_an_address_that_leads_nowhere_is_a_page(
    path: str, status: int, new_link: bool, language: Language
) -> None:
    async with browser(FakeTickets(), language=language) as somebody:
        answer = await somebody.get(path)
    page = Page(answer.text)
    assert answer.status_code == status
    assert WORDS.texts["nowhere"].say(language) in page.text
    assert any(a["href"].startswith("/new-link") for a in page.all("a")) is new_link


async def test_a_program_is_told_the_same_as_a_problem() -> None:
    async with browser(FakeTickets(), accept="application/json") as program:
        answer = await program.get("/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("what", ["thanks", "rating"])
async def test_a_tap_that_comes_too_late_leads_back_to_the_page_which_says_so(what: str) -> None:
    tickets = FakeTickets(state="open")
    tickets.refusing = Conflict("It is not closed.", code="not_closed")
    async with browser(tickets) as holder:
        there = await holder.post(f"{follow_link()}/{what}?lang=it", data={"helpful": "yes"})
        assert there.status_code == 303
        page = await holder.get(there.headers["location"])
    assert page.status_code == 200
    assert WORDS.texts["said_late"].say("it") in Page(page.text).text


async def test_the_address_of_a_tap_read_again_is_a_page_too() -> None:
    async with browser(FakeTickets()) as holder:
        answer = await holder.get(f"{follow_link()}/thanks?lang=it")
    assert answer.status_code == 405
    assert WORDS.texts["nowhere"].say("it") in Page(answer.text).text
