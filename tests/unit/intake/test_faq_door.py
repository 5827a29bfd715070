"""The page of answered questions, JSON for sites, and what is asked while somebody types."""

from typing import Any, Final

import httpx
import pytest
import structlog.testing

from services.intake.faq import Faq
from services.intake.pages import FormPage, contract, render_form
from shared.events import Language
from shared.forms.guarding import Guarding, Rate
from tests.unit.intake.fakes import CONFIG, FORMS, FakeTickets, browser, doors
from tests.unit.intake.page import Page

FAQ: Final = Faq.load(CONFIG, FORMS)
SITE: Final = "http://127.0.0.1:8192"


@pytest.mark.parametrize("language", ["it", "en"])
async def test_the_page_has_every_question_under_its_form_with_an_anchor(language: Language) -> None:
    async with browser(FakeTickets(), language=language) as client:
        answer = await client.get("/faq")
    page = Page(answer.text)
    assert [each["id"] for each in page.all("details")] != []
    assert {each["id"] for each in page.all("details")} == {each.id for each in FAQ.all(language)}
    assert all("open" not in each for each in page.all("details"))
    for form in FORMS.all_current():
        assert form.title.say(language) in page.text
    assert any(each.get("href", "").startswith("/forms/fees?lang=") for each in page.all("a"))


async def test_a_search_finds_and_says_so_and_finding_nothing_leads_on() -> None:
    async with browser(FakeTickets()) as client:
        found = Page((await client.get("/faq", params={"q": "ho perso la password"})).text)
        none = Page((await client.get("/faq", params={"q": "<b>xyzzy</b>"})).text)
        of_form = Page((await client.get("/faq", params={"form": "fees"})).text)
        of_none = await client.get("/faq", params={"form": "moon", "q": "x" * 5000})
    assert found.all("details")[0]["id"] == "password-forgotten"
    assert "Trovat" in found.text
    assert none.all("details") == []
    assert "Non abbiamo una risposta pronta" in none.text
    assert none.one(id="q")["value"] == "<b>xyzzy</b>"
    assert [each["id"] for each in of_form.all("details")] == [each.id for each in FAQ.all("it", "fees")]
    assert of_none.status_code == 200


async def test_sites_get_them_as_json_and_only_sites_we_know() -> None:
    async with browser(FakeTickets(), accept="application/json") as client:
        answer = await client.get("/faq", params={"lang": "en", "form": "fees"}, headers={"Origin": SITE})
        stranger = await client.get("/faq", headers={"Origin": "https://evil.example"})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-origin" not in stranger.headers
    first = answer.json()["questions"][0]
    assert first["id"] == "payment-not-shown"
    assert first["url"] == "http://forms.example/faq?lang=en#payment-not-shown"
    assert first["forms"] == ["fees"]
    assert "<strong>three working days</strong>" in first["html"]


async def ask(client: httpx.AsyncClient, said: Any, path: str = "similar") -> httpx.Response:
    # As the script does it: text, so that a browser needn't ask first.
    content = said if isinstance(said, bytes) else httpx.Request("POST", "http://x", json=said).content
    return await client.post(f"/faq/{path}", content=content, headers={"Content-Type": "text/plain", "Origin": SITE})


async def test_what_is_typed_finds_up_to_three_and_is_in_no_log() -> None:
    with structlog.testing.capture_logs() as logs:
        async with browser(FakeTickets(), accept="application/json") as client:
            answer = await ask(client, {"text": "ho perso la password di Ada", "form": "credentials"})
            assert await ask(client, {"text": "", "form": ""}) is not None
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["cache-control"] == "no-store"
    questions = answer.json()["questions"]
    assert questions[0]["id"] == "password-forgotten"
    assert len(questions) <= 3
    assert "Ada" not in str(logs)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[1]", 422),
        (b"\xff", 422),
        ({}, 422),
        ({"text": 1}, 422),
        ({"text": "x", "form": 1}, 422),
        ({"text": "x" * 5000}, 413),
        ({"text": "€" * 1000}, 200),
        ({"text": "password", "form": "moon"}, 200),
        ({"text": "password", "surprise": 1}, 200),
    ],
)
async def test_a_wrong_question_is_refused_in_plain_words(said: Any, status: int) -> None:
    async with browser(FakeTickets(), accept="application/json") as client:
        answer = await ask(client, said)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["detail"]


async def test_a_helpful_answer_is_counted_without_the_person() -> None:
    with structlog.testing.capture_logs() as logs:
        async with browser(FakeTickets(), accept="application/json") as client:
            good = await ask(client, {"question": "refund", "form": "fees"}, "helped")
            bad = [
                (await ask(client, said, "helped")).status_code
                for said in ({"question": "moon", "form": "fees"}, {"question": "refund", "form": 1}, {})
            ]
    assert (good.status_code, bad) == (204, [404, 404, 404])
    (line,) = [each for each in logs if each["event"] == "answer helped"]
    assert {"question", "form", "language"} == set(line) - {"event", "log_level"}


async def test_asking_is_limited_apart_from_following() -> None:
    rules = Guarding(lookups=Rate(burst=2, per_hour=0), unlimited=())
    transport = httpx.ASGITransport(doors(FakeTickets(), rules=rules))
    async with httpx.AsyncClient(transport=transport, base_url="http://forms.example") as client:
        statuses = [(await ask(client, {"text": "password"})).status_code for _ in range(3)]
        page = await client.get("/submissions/none", headers={"Accept": "text/html"})
    assert statuses == [200, 200, 429]
    assert page.status_code == 401


def test_without_a_script_the_form_lists_its_questions_above_its_button() -> None:
    form = FORMS.current("fees")
    html = render_form(form, "it", FormPage("k", "/forms/fees/submissions", answers=FAQ.all("it", "fees")))
    page = Page(html)
    assert [each["id"] for each in page.all("details")] == [each.id for each in FAQ.all("it", "fees")]
    assert html.index("Forse la risposta c") < html.index("Invia la richiesta")
    assert "<details" not in contract(form, "it", "http://forms.example")["html"]
