"""Reading a ticket in real browsers: who else is there, previews, names behind an @, the history, the paper."""

import re

import pytest
from playwright.async_api import Page, expect

from services.portal.presence import HOLDS
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House
from tests.integration.test_portal_browser import LIVE, giulias, marco_does
from tests.integration.test_portal_previews import with_files
from tests.unit.portal.evil_files import a_pdf, a_photo

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
HOUSE = {"send_window": 600}

BEAT = 12_000  # ms in which an open page says again that it is there, and a little


async def hide(page: Page, hidden: bool) -> None:
    """As a browser does with a tab that another one covers."""
    await page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


async def told(page: Page, words: str, seconds: float = BEAT / 1000) -> None:
    """Whoever comes back to the tab asks at once: no need to wait for its next beat to be told this."""

    async def asked() -> bool:
        await hide(page, False)
        return (await page.locator("#presence").inner_text()).strip().endswith(words) if words else await nobody()

    async def nobody() -> bool:
        return await page.locator("#presence > *").count() == 0

    await eventually(asked, timeout=seconds, every=0.4)


async def test_two_operators_see_each_other_come_write_and_go(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        giulia, marco = await a_page(browser, complaints), await a_page(browser, complaints, wide=False)
        await giulias(giulia, house, number)
        there = giulia.locator("#presence")
        await expect(there).to_be_hidden()
        await sign_in(marco, house.settings.portal_url, "Marco Ferri", f"/tickets/{number}")
        await expect(there).to_contain_text("Marco Ferri sta guardando", timeout=BEAT)
        await expect(giulia.locator("#live-says")).to_be_empty()  # nobody is interrupted by who looks in
        await expect(marco.locator("#presence")).to_contain_text("Giulia Conti sta guardando", timeout=BEAT)
        # He writes to the user: it stands at the top and beside her own form, and is read out once.
        await giulia.keyboard.press("r")
        await marco.locator("#panel-answers > summary").click()
        await marco.locator("#answers-text").fill("Gentile Luca")
        await told(giulia, "Marco Ferri scrive una risposta")
        await expect(giulia.locator("#form-answers .presence-beside")).to_contain_text(
            "Marco Ferri scrive una risposta"
        )
        await expect(giulia.locator("#live-says")).to_have_text("Marco Ferri scrive una risposta")
        await expect(giulia.locator("#answers-text")).to_be_focused()
        await marco.locator("#answers-text").fill("")
        await told(giulia, "Marco Ferri sta guardando")
        await expect(giulia.locator(".presence-beside")).to_have_count(0)
        # A tab that nobody sees doesn't count; seen again it does at once.
        await hide(marco, True)
        await told(giulia, "")
        await hide(marco, False)
        await told(giulia, "Marco Ferri sta guardando")
        assert await marco.evaluate("document.documentElement.scrollWidth") <= 360
        await marco.goto(f"{house.settings.portal_url}/tickets")
        # Its goodbye may be lost on the way: then its last word holds for as long as a word holds.
        await told(giulia, "", HOLDS + BEAT / 1000)
    assert complaints.found == []


async def test_a_preview_opens_turns_its_pages_and_closes_by_keyboard(house: House) -> None:
    files = ("modulo.pdf", a_pdf(), "application/pdf"), ("tessera.jpg", a_photo(), "image/jpeg")
    number, complaints = (await with_files(house, *files))[0], Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        thumb, dialog = page.locator("a.thumb").first, page.locator("#preview-dialog")
        await thumb.focus()
        await page.keyboard.press("Enter")
        await expect(dialog.locator("h1")).to_have_text("modulo.pdf")
        await expect(dialog.locator(".preview-close")).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await expect(dialog).to_contain_text("Pagina 2 di 3")
        await page.keyboard.press("ArrowLeft")
        await expect(dialog).to_contain_text("Pagina 1 di 3")
        await dialog.locator("#file-after").focus()
        await page.keyboard.press("Enter")
        await expect(dialog.locator("h1")).to_have_text("tessera.jpg")
        image = dialog.locator("img")
        await expect(image).to_have_js_property("complete", True)
        assert await image.evaluate("image => image.naturalWidth") > 300
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(thumb).to_be_focused()
        # What a colleague does makes the page read itself again, but no picture travels again.
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        await marco_does(house, number, "notes", text="Visto il modulo")
        await expect(page.locator("#articles")).to_contain_text("Visto il modulo", timeout=LIVE)
        await expect(page.locator("a.thumb img").first).to_have_js_property("complete", True)
        assert [url for url in seen if "preview-images" in url] == []
    assert complaints.found == []


async def test_a_colleague_is_named_by_keyboard_in_a_note(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("n")
        note, names = page.locator("#notes-text"), page.get_by_role("listbox")
        await page.keyboard.type("Chiedo a @vil")
        await expect(names.get_by_role("option")).to_have_text([re.compile("Anna Villa")])
        await page.keyboard.press("Enter")
        await expect(note).to_have_value("Chiedo a @anna.villa ")
        await expect(names).to_have_count(0)
        await page.keyboard.type("e a @")
        chosen = names.get_by_role("option", selected=True)
        first = await chosen.inner_text()
        await page.keyboard.press("ArrowDown")
        await expect(chosen).not_to_have_text(first)
        assert await note.get_attribute("aria-activedescendant") == await chosen.get_attribute("id")
        await page.keyboard.press("Escape")
        await expect(names).to_have_count(0)
        # An address is no name, and the list leaves the keys alone when it is not there.
        await page.keyboard.type(" scritto a luca@stu")
        await expect(names).to_have_count(0)
        await page.keyboard.press("Enter")
        await expect(note).to_have_value(re.compile(r"luca@stu\n$"))
        await page.keyboard.type("@fer")
        await names.get_by_role("option", name="Marco Ferri").click()
        await expect(note).to_have_value(re.compile(r"@marco\.ferri $"))
        await expect(note).to_be_focused()
    assert complaints.found == []


async def test_the_history_is_narrowed_at_once_and_stays_so_when_the_page_is_read_again(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    await marco_does(house, number, "notes", text="Prima nota")
    await marco_does(house, number, "priority", priority="4")
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("h")
        history, requests = page.locator("#history"), []
        page.on("request", lambda request: requests.append(request.url))
        await history.get_by_role("link", name=re.compile("^Note")).click()
        await expect(history.locator(".fact:visible")).to_have_count(1)
        assert not [url for url in requests if "facts=" in url]
        await marco_does(house, number, "notes", text="Seconda nota")
        await marco_does(house, number, "priority", priority="5")
        await expect(page.locator("#ticket-head")).to_contain_text("Molto alta", timeout=LIVE)
        await expect(history.locator(".fact:visible")).to_have_count(2)
        await expect(page.locator("#news")).to_contain_text("Priorità: Molto alta (era Alta)")
        await expect(history.get_by_role("link", name=re.compile("^Note"))).to_have_attribute("aria-current", "true")
        await history.get_by_role("link", name="Tutto").click()
        assert await history.locator(".fact:visible").count() > 3
    assert complaints.found == []


async def test_the_paper_has_its_number_on_every_sheet_and_no_button(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    await marco_does(house, number, "notes", text="Solo per noi")
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.get_by_role("link", name="Stampa").click()
        await expect(page.locator("h1")).to_be_visible()
        await page.emulate_media(media="print")
        await expect(page.locator(".choose")).to_be_hidden()
        await expect(page.locator(".running")).to_contain_text(f"Ticket {number} · senza note interne · Giulia Conti")
        await expect(page.locator(".paper")).not_to_contain_text("Solo per noi")
        await page.emulate_media(media="screen")
        await page.get_by_role("link", name="Con le note interne").click()
        await expect(page.locator(".paper")).to_contain_text("Solo per noi")
        await expect(page.get_by_role("button", name="Stampa")).to_be_visible()
    assert complaints.found == []
