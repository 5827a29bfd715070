"""The forms' pages as a browser without JavaScript has them, and the form maker's view, before the running services."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from demo.servers import Broker, Server
from services.intake.preview_links import preview_token
from shared.events import Language
from shared.ids import random_id
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_page, needs_chromium
from tests.integration.formdesk import KEY, FormDesk, a_form_desk, an_address
from tests.integration.house import field
from tests.integration.widget import violations

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
needs_browser = needs_chromium
PAGE = {"Accept": "text/html", "Accept-Language": "it"}
VALUES = {
    "name": "Ada Rossi",
    "role": "student",
    "kind": "password",
    "username": "m.rossi4",
    "description": "Non riesco più a entrare: la password non viene accettata.",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FormDesk]:
    async with a_form_desk(broker, store, tmp_path_factory.mktemp("desk"), {}) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def person(desk: FormDesk) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser without JavaScript."""
    async with httpx.AsyncClient(base_url=desk.intake, headers=PAGE, timeout=15) as client:
        yield client


def shown(page: str) -> list[str]:
    """The titles of the forms that the list shows."""
    cards = re.findall(r'<li data-words="[^"]*" (hidden)?><h3><a href="[^"]*">([^<]*)</a>', page)
    return [html.unescape(title) for hidden, title in cards if not hidden]


@pytest.mark.parametrize(
    ("language", "asked", "first"),
    [
        ("it", "ho pagato le tasse ma non risulta", "Tasse e contributi"),
        ("it", "pagamenti", "Tasse e contributi"),
        ("it", "PASSWORD", "Problemi con le credenziali"),
        ("it", "perche il wi-fi è lento?", "Servizi online non funzionanti"),
        ("it", "cambiare università", "Immatricolazione e carriera"),
        ("en", "I can't log in", "Problems with your credentials"),
        ("en", "refund", "Fees and contributions"),
    ],
)
async def test_a_form_is_found_by_the_students_own_words(
    person: httpx.AsyncClient, language: str, asked: str, first: str
) -> None:
    page = (await person.get("/forms", params={"q": asked, "lang": language})).text
    assert first in shown(page)
    assert len(shown(page)) < 4
    assert f'value="{html.escape(asked, quote=False)}"' in page.replace("&#39;", "'")


async def test_who_finds_nothing_is_told_what_to_do(person: httpx.AsyncClient) -> None:
    page = (await person.get("/forms", params={"q": "<b>xyzzy</b>", "lang": "it"})).text
    assert shown(page) == []
    assert "Prova con una parola sola" in page
    assert "Mostra tutti i moduli" in page
    assert "<b>xyzzy" not in page
    everything = (await person.get("/forms", params={"q": "di che la", "lang": "it"})).text
    assert len(shown(everything)) == 6, "words that say nothing hide nothing"


async def test_the_guide_leads_to_a_form_that_knows_the_answer_already(person: httpx.AsyncClient) -> None:
    page = (await person.get("/forms?lang=it")).text
    assert "Ti risponde: <strong>Credenziali e accesso</strong>" in page
    (link,) = re.findall(r'<a href="([^"]*)"><strong>«Ho dimenticato la password»', page)
    form = (await person.get(html.unescape(link))).text
    assert re.search(r'value="password" checked', form)
    personal = (await person.get("/forms/credentials?lang=it&f.username=x.segreto&f.kind=locked")).text
    assert "x.segreto" not in personal, "nothing personal comes from an address"
    assert re.search(r'value="locked" checked', personal)
    listed = (await person.get("/forms", headers={"Accept": "application/json"})).json()["forms"]
    assert {"form", "version", "title"} == set(listed[0])


@needs_browser
@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
async def test_the_list_filters_while_somebody_types_as_intake_does(
    desk: FormDesk, browser: Browser, wide: bool, language: Language
) -> None:
    complaints = Complaints()
    page = await a_page(browser, complaints, wide=wide)
    await page.goto(f"{desk.intake}/forms?lang={language}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []
    for asked in ("ho pagato le tasse", "password", "esami", "università", "the", "I paid", "wi fi lento", "xyzzy"):
        await page.locator("#q").fill(asked)
        seen = await page.locator(".cards li:visible h3").all_inner_texts()
        told = await asyncio.to_thread(
            httpx.get, f"{desk.intake}/forms", params={"q": asked, "lang": language}, headers=PAGE
        )
        assert seen == shown(told.text), asked
    await expect(page.locator("[data-part=nothing]")).to_be_visible()
    assert await violations(page) == []
    assert complaints.found == []
    await page.context.close()


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_form_page_is_accessible_in_light_and_dark(desk: FormDesk, browser: Browser, dark: bool) -> None:
    page = await a_page(browser, Complaints("422"), wide=False)
    await page.emulate_media(color_scheme="dark" if dark else "light")
    for path in ("/forms?lang=it", "/forms/fees?lang=en&page=Moodle", "/forms/credentials?lang=it", "/forms/nothing"):
        await page.goto(desk.intake + path)
        assert await violations(page) == [], path
    await page.goto(f"{desk.intake}/forms/online-services?lang=it")
    await page.locator("[data-part=form] [type=submit]").click()
    await expect(page.locator("[data-part=summary]")).to_be_focused()
    assert await violations(page) == []
    await page.context.close()


# What a finger that is 21 pixels above or below the middle doesn't hit. A link in an answer is as high as its line.
MISSED = """() => {
  const missed = [];
  for (const one of document.querySelectorAll("main :is(a, button, summary, input, select, textarea), .tongue")) {
    const area = one.closest("label") ?? one;
    if (!one.checkVisibility() || one.closest(".sp-more, .sp-answer li")) continue;
    area.scrollIntoView({block: "center", behavior: "instant"});
    const {left, width, top, height} = area.getBoundingClientRect();
    for (const off of [-21, 21]) {
      const hit = document.elementFromPoint(left + Math.min(width / 2, 30), top + height / 2 + off);
      if (!area.contains(hit)) missed.push(`${one.tagName} ${one.name || one.textContent.trim()}`);
    }
  }
  return [...new Set(missed)];
}"""


@needs_browser
async def test_a_finger_hits_what_it_presses_on_every_page(desk: FormDesk, browser: Browser) -> None:
    complaints = Complaints("422")
    page = await a_page(browser, complaints, wide=False)
    for path in (
        "/forms",
        "/forms?q=password",
        "/forms?q=zzqq",
        "/faq",
        "/faq?q=zzqq",
        "/new-link",
        "/forms/credentials",
    ):
        await page.goto(desk.intake + path)
        assert await page.evaluate(MISSED) == [], path
    await page.locator("form.sp-form [type=submit]").click()
    await expect(page.locator("[data-part=faults] li")).to_have_count(5)
    assert await page.evaluate(MISSED) == []
    await page.context.close()
    assert complaints.found == []


async def posted(person: httpx.AsyncClient, page: str, **changes: Any) -> httpx.Response:
    """The form of a page, sent as a browser without JavaScript does."""
    (action,) = re.findall(r'<form class="sp-form" action="([^"]*)"', page)
    hidden = {name: field(page, name) for name in ("_key", "_version")}
    origin = {"Origin": str(person.base_url).rstrip("/")}
    return await person.post(html.unescape(action), data={**hidden, **VALUES, **changes}, headers=origin)


async def test_a_form_that_changed_is_shown_anew_without_javascript_and_nothing_is_lost(
    desk: FormDesk, person: httpx.AsyncClient
) -> None:
    email = an_address()
    page = (await person.get("/forms/credentials?lang=it&page=Moodle")).text
    assert "Stai scrivendo da" in page
    await desk.change_credentials()
    try:
        refused = await posted(person, page, email=email, _page="Moodle")
        assert refused.status_code == 409
        for words in (
            "Questo modulo è cambiato mentre scrivevi",
            "Nuova domanda, obbligatoria: «Matricola».",
            "Non chiediamo più: «Nome utente».",
            "<strong>Nome utente: </strong>m.rossi4",
            VALUES["description"],
            'value="password" checked',
        ):
            assert words in refused.text
        assert field(refused.text, "_key") == field(page, "_key")
        assert (field(refused.text, "_version"), field(refused.text, "_page")) == ("2", "Moodle")
        sent = await posted(person, refused.text, email=email, student_number="1234567", username="", _page="Moodle")
        assert sent.status_code == 201, sent.text
        ticket = await desk.ticket(email)
        assert (ticket["version"], ticket["page"]) == (2, "Moodle")
    finally:
        await desk.forget_change()


async def test_an_accepted_submission_stays_accepted_when_its_form_is_retired(
    desk: FormDesk, person: httpx.AsyncClient
) -> None:
    """Its answer was lost; the repeat comes when the version is no longer current."""
    email, key = an_address(), random_id()
    values: dict[str, Any] = {**VALUES, "email": email, "_version": 1}

    async def wish() -> httpx.Response:
        headers = {"Idempotency-Key": key, "Accept": "application/json"}
        return await person.post("/forms/credentials/submissions", json=values, headers=headers)

    first = await wish()
    assert first.status_code in (201, 202)
    number = (await desk.ticket(email))["number"]
    await desk.change_credentials()
    try:
        again = await wish()
        assert (again.status_code, again.json()["number"]) == (201, number)
        values["description"] = "Un'altra cosa, scritta dopo."
        other = await wish()
        assert (other.status_code, other.json()["code"], other.json()["version"]) == (409, "FormChanged", 2)
        assert "Non chiediamo più: «Nome utente»." in other.json()["changes"]
        assert other.json()["left"] == [{"label": "Nome utente", "text": "m.rossi4"}]
        values["_version"] = 77
        unknown = await wish()
        assert unknown.status_code == 409
        assert len(await desk.of(email)) == 1
    finally:
        await desk.forget_change()


async def test_where_it_was_written_never_refuses_what_was_written(desk: FormDesk, person: httpx.AsyncClient) -> None:
    email = an_address()
    body = {**VALUES, "email": email, "_page": "https://evil.example/\u202e<b>" + "x" * 900}
    sent = await person.post("/forms/credentials/submissions", json=body, headers={"Accept": "application/json"})
    assert sent.status_code in (201, 202), sent.text
    page = (await desk.ticket(email))["page"]
    assert page.startswith("https://evil.example/ <b>xxx")
    assert len(page) == 300


async def test_the_form_makers_view_is_only_for_who_has_a_link(desk: FormDesk, person: httpx.AsyncClient) -> None:
    for path in ("/forms/preview", "/forms/preview/fees/1", "/forms/preview/fees/1/frame"):
        assert (await person.get(path)).status_code == 404
        expired = await person.get(path, params={"token": preview_token(KEY, -1)})
        assert (expired.status_code, "sportello forms preview-link" in expired.text) == (401, True)
        assert (await person.get(path, params={"token": preview_token("x" * 40, 1)})).status_code == 401
        good = await person.get(path, params={"token": preview_token(KEY, 1)})
        assert good.status_code == 200
    assert (await person.get("/forms/preview/fees/9", params={"token": preview_token(KEY, 1)})).status_code == 404


@needs_browser
async def test_the_form_makers_view_shows_what_changed_and_every_width(desk: FormDesk, browser: Browser) -> None:
    await desk.change_credentials()
    complaints = Complaints()
    try:
        page = await a_page(browser, complaints)
        await page.goto(f"{desk.intake}/forms/preview?lang=it&token={preview_token(KEY, 1)}")
        assert await violations(page) == []
        rows = page.locator("section:has(#form-credentials) tbody tr")
        await expect(rows.filter(has_text="student_number").first).to_contain_text("campo nuovo")
        await expect(rows.filter(has=page.locator("th", has_text="username"))).to_contain_text("campo tolto")
        await expect(rows.filter(has_text="options.username.it")).to_contain_text("Nome utente dimenticato")
        await page.locator("section:has(#form-credentials)").get_by_role("link", name="Versione 1").click()
        await expect(page.locator("iframe")).to_have_count(6)
        assert await frames_drawn(page) == 6
        first = page.frame_locator("iframe").first
        await expect(first.locator("[type=submit]")).to_be_disabled()
        await first.locator("[name=kind][value=mfa]").check()
        await expect(first.locator("[data-field=mfa_problem]")).to_be_visible()
        assert await page.evaluate("Object.keys(sessionStorage)") == []
    finally:
        await desk.forget_change()
    assert complaints.found == []


async def frames_drawn(page: Page) -> int:
    """How many frames have drawn their form, each as wide as it says."""
    frames = page.locator("iframe")

    async def drawn() -> int:
        found = 0
        for place in range(await frames.count()):
            await frames.nth(place).scroll_into_view_if_needed()
            inner = page.frame_locator("iframe").nth(place)
            found += await inner.locator("[data-part=form]").count()
        return found if found == await frames.count() else 0

    widths = [await frames.nth(place).get_attribute("width") for place in range(await frames.count())]
    assert widths == ["360", "360", "768", "768", "1280", "1280"]
    return int(await eventually(drawn))


@needs_browser
async def test_a_reply_on_the_requests_page_survives_a_reload_too(desk: FormDesk, browser: Browser) -> None:
    email = an_address()
    async with httpx.AsyncClient(base_url=desk.intake, headers={"Accept": "application/json"}) as client:
        sent = await client.post("/forms/credentials/submissions", json={**VALUES, "email": email})
    await desk.ticket(email)
    page = await a_page(browser, Complaints(), wide=False)
    await page.goto(sent.json()["status_url"])
    await page.locator("[name=_message]").fill("Ho trovato il messaggio d'errore.")
    await page.reload()
    await expect(page.locator("[name=_message]")).to_have_value("Ho trovato il messaggio d'errore.")
    await expect(page.locator("[data-part=restored]")).to_be_visible()
    await page.get_by_role("button", name="Invia").click()
    await expect(page.locator(".sp-good")).to_contain_text("Grazie")
    assert await page.evaluate("Object.keys(sessionStorage)") == []
