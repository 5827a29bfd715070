"""How much may be written through links: counted by link and address, once each, with nothing typed lost."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.intake.texts import WORDS
from shared.events import Language
from shared.forms.guarding import Guarding
from shared.forms.reply import MESSAGE
from tests.unit.intake.fakes import FakeTickets, asking, doors, follow_link, information_link, mailed_link
from tests.unit.intake.page import Page

LINK: dict[str, Any] = {"link": {"burst": 2, "per_hour": 60}}
ADDRESS: dict[str, Any] = {"address": {"burst": 2, "per_hour": 60}}


@contextlib.asynccontextmanager
async def somebody(
    app: FastAPI, address: str = "203.0.113.9", language: str = "it"
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    headers = {"Accept": "text/html", "Accept-Language": language}
    async with httpx.AsyncClient(transport=transport, base_url="http://forms.example", headers=headers) as client:
        yield client


def an_app(tickets: FakeTickets, **replies: Any) -> FastAPI:
    return doors(tickets, rules=Guarding.model_validate({"replies": replies}))


def written(text: str, key: str) -> dict[str, str]:
    return {MESSAGE: text, "_key": key}


@pytest.mark.parametrize("language", ["it", "en"])
async def test_too_many_messages_are_told_when_to_come_back_and_keep_their_words(language: Language) -> None:
    tickets = FakeTickets()
    app = an_app(tickets, **LINK)
    async with somebody(app, language=language) as person, somebody(app, "198.51.100.7") as other:
        for key in ("a", "b"):
            assert (await person.post(follow_link(), data=written("Ciao", key))).status_code == 200
        # The request's other link, and another address: it is the same request.
        for url, who in ((mailed_link(), person), (follow_link(), other)):
            refused = await who.post(url, data=written("Ancora io", "c"))
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            page = Page(refused.text)
            assert "Ancora io" in page.text
            assert page.one(name="_key")["value"] == "c"
        refused = await person.post(follow_link(), data=written("Ancora io", "c"))
        assert WORDS.texts["too_many_replies"].say(language).split("{")[0] in Page(refused.text).text
    assert len(tickets.replies) == 2


async def test_a_repeat_is_the_same_reply_and_never_refused() -> None:
    """Accepted with its answer lost, or not accepted at all: the same words under the same key pass."""
    tickets = FakeTickets()
    tickets.down = True
    async with somebody(an_app(tickets, **LINK)) as person:
        assert (await person.post(follow_link(), data=written("Ciao", "a"))).status_code == 503
        tickets.down = False
        assert (await person.post(follow_link(), data=written("Altro", "b"))).status_code == 200
        for _ in range(3):
            assert (await person.post(follow_link(), data=written("Ciao", "a"))).status_code == 200
        for text, key in (("Cambiato", "a"), ("Ciao", "c")):
            assert (await person.post(follow_link(), data=written(text, key))).status_code == 429
    assert len(tickets.replies) == 2


async def test_one_address_has_a_limit_over_all_links_taps_answers_and_new_links() -> None:
    tickets = FakeTickets(state="closed_successful", information=asking("username"))
    app = an_app(tickets, **ADDRESS)
    async with somebody(app) as person, somebody(app, "198.51.100.7") as other:
        for _ in range(2):
            assert (await person.post(f"{follow_link()}/thanks")).status_code == 303
        for what in ("thanks", "rating", "end"):
            refused = await person.post(f"{follow_link()}/{what}?lang=it", data={"helpful": "yes"})
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert "Non hai perso nulla" in Page(refused.text).text
        answer = await person.post(information_link(), data={"username": "m.rossi4", "_key": "k"})
        assert answer.status_code == 429
        assert Page(answer.text).one(name="username")["value"] == "m.rossi4"
        link = await person.post("/new-link", data={"number": "20261123000013", "email": "ada@x.example"})
        assert (link.status_code, link.headers["retry-after"]) == (429, "60")
        page = Page(link.text)
        assert page.one(name="email")["value"] == "ada@x.example"
        assert "autofocus" in page.one(role="alert")
        assert (await other.post(f"{follow_link()}/thanks")).status_code == 303


async def test_it_can_be_switched_off() -> None:
    async with somebody(an_app(FakeTickets(), counted=False, **LINK)) as person:
        for key in "abcd":
            assert (await person.post(follow_link(), data=written("Ciao", key))).status_code == 200


@pytest.mark.parametrize("language", ["it", "en"])
async def test_a_question_for_a_new_link_says_at_each_field_what_is_missing(language: Language) -> None:
    """The summary has the focus and leads to the fields; each names its fault, and what was typed stays."""
    async with somebody(an_app(FakeTickets()), language=language) as person:
        answer = await person.post(f"/new-link?lang={language}", data={"number": "2026 11", "email": ""})
    page = Page(answer.text)
    assert answer.status_code == 422
    summary = page.one(role="alert")
    assert ("autofocus" in summary, summary["tabindex"]) == (True, "-1")
    assert [a["href"] for a in page.all("a") if a["href"].startswith("#") and a["href"] != "#main"] == ["#email"]
    number, email = page.one(id="number"), page.one(id="email")
    assert (number["value"], "aria-invalid" in number) == ("2026 11", False)
    assert (email["aria-invalid"], email["aria-describedby"]) == ("true", "email-error")
    assert "hidden" not in page.one(id="email-error")
    assert WORDS.texts["new_link_no_email"].say(language) in page.text
