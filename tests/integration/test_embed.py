"""`<sportello-form>` in pages of another origin under a strict policy, in a real browser: whatever happens on the way,
what was typed arrives once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Dialog, FilePayload, Page, Route, expect

from demo.servers import Broker, Server
from shared.events import Language
from tests.e2e.browser import Complaints, a_page, needs_chromium
from tests.integration.formdesk import FormDesk, a_form_desk, an_address, embedded
from tests.integration.widget import TEXT, Sent, fill_in, number, opened, send, violations
from tests.unit.shared.filesamples import a_pdf

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
PDF = a_pdf()
PAGES = {
    "one": embedded(),
    "fees": embedded("fees", page="Servizi Online", values='{"kind": "payment-missing"}'),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FormDesk]:
    async with a_form_desk(broker, store, tmp_path_factory.mktemp("desk"), PAGES) as found:
        yield found


async def test_a_form_is_there_after_two_requests_and_small(desk: FormDesk, browser: Browser) -> None:
    complaints, asked = Complaints(), list[str]()
    page = await a_page(browser, complaints)
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith(desk.intake) else None)
    sizes = list[int]()

    async def note(response: Any) -> None:
        if response.url.startswith(desk.intake):
            assert response.headers["content-encoding"] == "gzip"
            assert "set-cookie" not in response.headers
            sizes.append(int(response.headers["content-length"]))

    page.on("response", note)
    await page.goto(f"{desk.site}/one")
    await expect(page.locator("[data-part=form]")).to_be_visible()
    await expect(page.locator(".sp-button[type=submit]")).to_have_css("background-color", "rgb(0, 102, 204)")
    assert [url.removeprefix(desk.intake).partition("?")[0] for url in asked] == [
        "/embed.js",
        "/forms/credentials/contract",
    ]
    assert sum(sizes) < 30_000, sizes
    assert await page.context.cookies() == []
    contract = await page.request.get(f"{desk.intake}/forms/credentials/contract")
    assert contract.headers["cache-control"] == "no-cache"
    assert complaints.found == []


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
async def test_a_form_is_sent_and_says_what_happens_next(
    desk: FormDesk, browser: Browser, wide: bool, language: Language
) -> None:
    complaints, email = Complaints("422"), an_address()
    page = await opened(browser, complaints, f"{desk.site}/one?lang={language}", wide=wide)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []
    await send(page)
    summary = page.locator("[data-part=summary]")
    await expect(summary).to_be_focused()
    await expect(summary.locator("li")).to_have_count(5)
    await expect(page.locator("[name=email]")).to_have_attribute("aria-invalid", "true")
    assert await violations(page) == []
    await summary.locator("a").nth(1).press("Enter")
    await expect(page.locator("[name=email]")).to_be_focused()
    await fill_in(page, email)
    await expect(page.locator(".sp-error:visible")).to_have_count(0)
    await send(page)
    found = await number(page)
    heading = "Richiesta inviata" if language == "it" else "Request sent"
    await expect(page.get_by_role("heading", name=heading)).to_be_focused()
    await expect(page.locator(".sp-next li")).to_have_count(3)
    assert await violations(page) == []
    ticket = await desk.ticket(email)
    assert (ticket["number"], ticket["page"]) == (found, f"{desk.site}/one")
    assert await page.evaluate("Object.keys(sessionStorage)") == []
    assert complaints.found == []
    follow = await page.locator("[data-slot=status]").get_attribute("href")
    assert follow
    await page.goto(follow)
    await expect(page.locator("output")).to_have_text(found)
    await page.context.close()


async def test_what_was_typed_survives_a_reload_and_is_the_same_submission(desk: FormDesk, browser: Browser) -> None:
    complaints, email = Complaints("net::ERR_FAILED"), an_address()
    page = await opened(browser, complaints, f"{desk.site}/one", wide=False)
    page.on("dialog", lambda dialog: asyncio.ensure_future(leave(dialog)))
    sent = Sent(page)
    await fill_in(page, email)
    await page.reload()
    await expect(page.locator("[data-part=restored]")).to_contain_text("Abbiamo ritrovato")
    await expect(page.locator("[name=description]")).to_have_value(TEXT)
    await expect(page.locator("[name=kind][value=password]")).to_be_checked()
    assert await violations(page) == []

    async def swallow(route: Route) -> None:
        # It arrives, but its answer does not.
        await route.fetch()
        await route.abort()

    await page.route("**/submissions*", swallow)
    await send(page)
    await expect(page.locator("[data-part=wait-title]")).to_have_text("Non ancora inviata")
    await expect(page.locator("[data-part=retry]")).to_be_visible()
    await page.unroute("**/submissions*")
    await page.reload()
    await expect(page.locator("[data-part=restored-sending]")).to_be_visible()
    await expect(page.locator("[name=description]")).to_have_value(TEXT)
    await send(page)
    found = await number(page)
    assert [one["number"] for one in await desk.of(email)] == [found]
    assert len(set(sent.keys)) == 1
    await page.reload()
    await expect(page.locator("[data-part=form] [name=description]")).to_have_value("")
    assert complaints.found == []


async def leave(dialog: Dialog) -> None:
    """Yes, read the page again."""
    await dialog.accept()


async def test_the_keyboard_is_enough(desk: FormDesk, browser: Browser) -> None:
    """Nothing is clicked: Tab, arrows, Space and Enter, in the order of the page."""
    email = an_address()
    page = await opened(browser, Complaints(), f"{desk.site}/one", wide=False)
    keys = page.keyboard
    await page.locator("main").press("Tab")
    await expect(page.locator("[name=name]")).to_be_focused()
    await keys.type("Ada Rossi")
    await keys.press("Tab")
    await keys.type(email)
    await keys.press("Tab")
    await keys.press("Space")
    await keys.press("Tab")
    await keys.press("Space")
    for _ in range(4):
        await keys.press("ArrowDown")
    await expect(page.locator("[name=kind][value=mfa]")).to_be_checked()
    for _ in range(2):
        await keys.press("Tab")
    await expect(page.locator("[name=mfa_problem]").first).to_be_focused()
    await keys.press("ArrowDown")
    # Past the three boxes of what was tried already.
    for _ in range(4):
        await keys.press("Tab")
    await keys.type(TEXT)
    await keys.press("Tab")
    await expect(page.locator("[type=submit]")).to_be_focused()
    await keys.press("Enter")
    await number(page)
    assert (await desk.ticket(email))["articles"][0]["fields"]["mfa_problem"] == "not-arriving"


async def test_whoever_starts_over_gets_an_empty_form_with_another_key(desk: FormDesk, browser: Browser) -> None:
    page = await opened(browser, Complaints(), f"{desk.site}/one")
    await fill_in(page, an_address())
    before = await page.locator("[data-part=form]").get_attribute("data-key")
    await page.reload()
    await page.get_by_role("button", name="Cancella tutto").click()
    await expect(page.locator("[name=name]")).to_have_value("")
    await expect(page.locator("[name=name]")).to_be_focused()
    await expect(page.locator("[name=kind]:checked")).to_have_count(0)
    assert await page.locator("[data-part=form]").get_attribute("data-key") != before


async def test_a_cut_line_during_an_upload_loses_nothing(desk: FormDesk, browser: Browser) -> None:
    """Files, progress, no network in the middle, and back again: one ticket with its file."""
    complaints, email = Complaints("net::ERR_INTERNET_DISCONNECTED", "net::ERR_"), an_address()
    page = await opened(browser, complaints, f"{desk.site}/fees", wide=False)
    sent = Sent(page)
    await expect(page.locator("[data-part=from]")).to_contain_text("Servizi Online")
    await expect(page.locator("[name=kind][value=payment-missing]")).to_be_checked()
    form = page.locator("[data-part=form]")
    await form.locator("[name=name]").fill("Ada Rossi")
    await form.locator("[name=email]").fill(email)
    await form.locator("[name=academic_year][value='2026-2027']").check()
    await form.locator("[name=student_number]").fill("123456")
    await form.locator("[name=amount]").fill("156,50")
    await form.locator("[name=paid_on]").fill("2026-11-02")
    await form.locator("[name=description]").fill("Ho pagato la prima rata, ma risulta ancora da pagare.")
    big = FilePayload(name="ricevuta.pdf", mimeType="application/pdf", buffer=PDF + b"\n" * 1_500_000)
    small = FilePayload(name="seconda.pdf", mimeType="application/pdf", buffer=PDF)
    wrong = FilePayload(name="foto.gif", mimeType="image/gif", buffer=b"GIF89a")
    for file in (big, small, wrong):
        await form.locator("[name=receipt]").set_input_files([file])
    await expect(page.locator(".sp-files li")).to_have_count(3)
    await expect(page.locator("[data-field=receipt] .sp-error")).to_contain_text("foto.gif")
    assert await violations(page) == []
    await page.get_by_role("button", name="Togli il file foto.gif").click()
    await page.get_by_role("button", name="Togli il file seconda.pdf").press("Enter")
    await expect(page.get_by_role("button", name="Togli il file ricevuta.pdf")).to_be_focused()
    await expect(page.locator("[data-field=receipt] .sp-error")).to_be_hidden()

    await slowly(page.context, page, 150_000)
    await send(page)
    await expect(page.locator("[data-part=progress]")).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.locator("[data-part=wait-title]")).to_have_text("Sei senza rete")
    await expect(page.locator("[data-part=wait]")).to_be_focused()
    assert await violations(page) == []
    await slowly(page.context, page, -1)
    await page.context.set_offline(False)
    found = await number(page)
    ticket = await desk.ticket(email)
    files = [file["name"] for file in ticket["articles"][0]["attachments"]]
    assert (ticket["number"], ticket["page"], files) == (found, "Servizi Online", ["ricevuta.pdf"])
    assert len(set(sent.keys)) == 1
    assert len(sent.keys) > 1
    assert complaints.found == []


async def slowly(context: BrowserContext, page: Page, speed: int) -> None:
    """A line of so many bytes each second."""
    session = await context.new_cdp_session(page)
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", line)


async def test_an_outage_is_waited_out_without_a_hand(desk: FormDesk, browser: Browser) -> None:
    complaints, email = Complaints("net::ERR_CONNECTION_REFUSED", "503"), an_address()
    page = await opened(browser, complaints, f"{desk.site}/one")
    await fill_in(page, email)
    await desk.stop()
    await send(page)
    await expect(page.locator("[data-part=wait-text]")).to_contain_text("riprovo tra")
    await desk.start()
    assert await number(page) == (await desk.ticket(email))["number"]
    assert complaints.found == []


async def test_the_number_follows_when_it_takes_longer(desk: FormDesk, browser: Browser) -> None:
    complaints, email = Complaints(), an_address()
    page = await opened(browser, complaints, f"{desk.site}/one")

    async def hurry(route: Route) -> None:
        await route.continue_(headers={**route.request.headers, "prefer": "respond-async"})

    await page.route("**/submissions*", hurry)
    await fill_in(page, email)
    await send(page)
    await expect(page.get_by_role("heading", name="Richiesta ricevuta")).to_be_focused()
    await expect(page.locator(".sp-result")).to_contain_text("non serve inviarla di nuovo")
    assert await number(page) == (await desk.ticket(email))["number"]
    assert complaints.found == []


async def test_a_form_that_changed_meanwhile_keeps_what_was_typed(desk: FormDesk, browser: Browser) -> None:
    """Sent with the old version open: the new one is shown with all that fits, the rest is told; sent, it is one."""
    complaints, email = Complaints("409"), an_address()
    page = await opened(browser, complaints, f"{desk.site}/one", wide=False)
    again = await opened(browser, complaints, f"{desk.site}/one", wide=False)
    own = await opened(browser, complaints, f"{desk.intake}/forms/credentials?lang=it", wide=False)
    for each in (page, again, own):
        await fill_in(each, email)
        await each.locator("[name=username]").fill("m.rossi4")
    await desk.change_credentials()
    try:
        await send(page)
        await send(own)
        await again.reload()
        for each in (page, own, again):
            panel = each.locator("[data-part=changes]")
            await expect(panel).to_be_focused()
            await expect(panel).to_contain_text("Questo modulo è cambiato")
            await expect(panel).to_contain_text("Nuova domanda, obbligatoria: «Matricola».")
            await expect(panel).to_contain_text("Non chiediamo più: «Nome utente».")
            await expect(panel.locator("[data-part=left]")).to_have_text("Nome utente: m.rossi4")
            await expect(each.locator("[name=description]")).to_have_value(TEXT)
            await expect(each.locator("[name=kind][value=password]")).to_be_checked()
            assert await violations(each) == []
        await page.locator("[name=student_number]").fill("1234567")
        await send(page)
        await number(page)
        ticket = await desk.ticket(email)
        assert (ticket["version"], ticket["page"]) == (2, f"{desk.site}/one")
    finally:
        await desk.forget_change()
    assert complaints.found == []
