"""Keys and the command palette in a real browser: what they offer, what they do, and where the focus goes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import Complaints, a_page, needs_chromium, sign_in
from tests.integration.house import House

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]


@pytest_asyncio.fixture(loop_scope="module")
async def page(house: House, browser: Browser) -> AsyncIterator[Page]:
    """Giulia's browser; in the end its console must be quiet. This house has no notifier: the bell is silent."""
    complaints = Complaints("/notices/bell", "503")
    page = await a_page(browser, complaints)
    await sign_in(page, house.settings.portal_url, "Giulia Conti", "/tickets?state=any")
    yield page
    await page.context.close()
    assert complaints.found == []


async def active_words(page: Page) -> str:
    """The row of the palette that Enter would do, as a screen reader is told it."""
    field = page.locator("#palette-text")
    option = await field.get_attribute("aria-activedescendant")
    return await page.locator(f"#{option} .palette-words").inner_text()


async def test_the_palette_finds_what_the_page_offers_and_gives_the_focus_back(house: House, page: Page) -> None:
    number = await house.ticket()
    await page.goto(f"{house.settings.portal_url}/tickets/{number}")
    await page.locator("#copy-number").focus()
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette-text")).to_be_focused()
    assert await active_words(page) == "Prendi in carico"
    await page.keyboard.press("Escape")
    await expect(page.locator("#copy-number")).to_be_focused()
    # Also when it was read again meanwhile, and is another element now.
    await page.keyboard.press("Control+k")
    await page.locator("#copy-number").evaluate("old => old.replaceWith(old.cloneNode(true))")
    await page.keyboard.press("Escape")
    await expect(page.locator("#copy-number")).to_be_focused()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("PRIORITÀ camb")  # any word of it, whatever its case and accents
    assert await active_words(page) == "Cambia la priorità"
    await page.keyboard.press("Enter")
    await expect(page.locator("#priority-priority")).to_be_focused()
    await page.keyboard.press("Control+k")  # also while one types: it is no single key
    await page.keyboard.type("zzz")
    await expect(page.locator("#palette-says")).to_contain_text("Non c’è niente")
    await page.keyboard.press("Enter")
    await expect(page.locator("#palette")).to_be_visible()
    await page.keyboard.press("Control+k")
    await expect(page.locator("#priority-priority")).to_be_focused()


async def test_the_palette_opens_a_ticket_by_number_and_by_words(house: House, page: Page) -> None:
    number = await house.ticket(subject="Tessera smagnetizzata in biblioteca")
    await page.keyboard.press("Control+k")
    await page.keyboard.type(f"{number[:8]} {number[8:]}")
    assert await active_words(page) == f"Apri il ticket {number}"
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/tickets/{number}")
    await page.goto(f"{house.settings.portal_url}/tickets")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("smagn tess")
    await expect(page.get_by_role("option", name="Tessera smagnetizzata")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/tickets/{number}")


async def test_the_palette_filters_the_list_and_knows_the_queues(house: House, page: Page) -> None:
    await page.keyboard.press("Control+k")
    queue = page.locator("#palette-list").get_by_role("option", name="Credenziali e accesso", exact=True)
    await expect(queue).to_be_visible()
    await page.keyboard.type("stato nuov")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**state=new**")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("scuro")
    await page.keyboard.press("Enter")
    await expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    await page.reload()
    await expect(page.locator("html[data-theme=dark]")).to_have_count(1)


async def test_rows_are_walked_and_opened_by_keys(house: House, page: Page) -> None:
    first, second = await house.ticket(), await house.ticket()
    await page.reload()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(f'.row-link[href="/tickets/{first}"]')).to_be_focused()
    await page.keyboard.press("k")
    await expect(page.locator(f'.row-link[href="/tickets/{second}"]')).to_be_focused()
    await page.keyboard.press("t")
    await expect(page.locator("#notices")).to_contain_text(second)
    await expect(page.locator("#notices")).to_be_focused()  # what was done is read out first
    await page.keyboard.press("j")  # on from the row that was taken
    await expect(page.locator(f'.row-link[href="/tickets/{first}"]')).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/tickets/{first}")


async def test_places_are_two_letters_away_and_keys_are_told(house: House, page: Page) -> None:
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    await page.wait_for_url(f"{house.settings.portal_url}/")
    await page.keyboard.press("/")
    await expect(page.locator("#find")).to_be_focused()
    await page.keyboard.type("gt?")  # typed, not pressed
    await expect(page.locator("#find")).to_have_value("gt?")
    await page.keyboard.press("Tab")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Scorciatoie da tastiera")).to_be_visible()
    await page.get_by_label("Usa questi tasti").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("#shortcuts")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("scorciatoie")
    await page.keyboard.press("Enter")
    await expect(page.locator("#shortcuts")).to_be_visible()


async def test_the_palette_tells_nothing_to_users(house: House) -> None:
    number = await house.ticket(subject="Segreto di Luca")
    async with house.person("chiara.russo") as chiara:
        answer = await chiara.get("/palette", params={"text": "segreto"})
        assert answer.status_code == 403
        assert number not in answer.text
    async with house.browser() as nobody:
        assert (await nobody.get("/palette", params={"text": "segreto"})).status_code == 303
    async with house.person("giulia.conti") as giulia:
        found = (await giulia.get("/palette", params={"text": "segreto"})).json()
        assert [way["address"] for way in found["tickets"]] == [f"/tickets/{number}"]
        assert (await giulia.get("/palette", params={"text": "s"})).json()["tickets"] == []
        assert (await giulia.get("/palette", params={"text": "x" * 101})).status_code == 422
        assert (await giulia.get("/palette", params={"text": "\x00 <b>"})).status_code == 200
