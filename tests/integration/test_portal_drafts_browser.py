"""Drafts in real browsers: typed and left, found on another device; two tabs; a paste that is too large."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
HOUSE = {"send_window": 600}

BEGUN = "Gentile Luca,\nla tua casella"
REFUSED = "the server responded with a status of"


async def giulias(page: Page, house: House, number: str) -> None:
    """Giulia's page of the ticket, listening."""
    await sign_in(page, house.settings.portal_url, "Giulia Conti", f"/tickets/{number}")
    await expect(page.locator("#live-state.is-on")).to_be_visible()


async def test_what_was_typed_and_left_is_there_on_another_device(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        desk, phone = await a_page(browser, complaints), await a_page(browser, complaints, wide=False)
        await giulias(desk, house, number)
        await desk.keyboard.press("r")
        await desk.keyboard.type(BEGUN)
        await expect(desk.locator("#form-answers .draft-line")).to_contain_text("Bozza salvata alle")
        # Closed in the middle of a word: what was typed since the last save leaves with the page, and nobody is asked.
        await desk.keyboard.type(" funziona")
        await desk.close(run_before_unload=True)
        await giulias(phone, house, number)
        box = phone.get_by_label("La tua risposta")
        await expect(box).to_have_value(f"{BEGUN} funziona")
        await expect(phone.locator("#form-answers")).to_contain_text("salvata in automatico")
        # Thrown away, and brought back.
        await phone.locator("#form-answers").get_by_role("button", name="Buttala via").first.click()
        await expect(box).to_have_value("")
        await phone.get_by_role("button", name="Annulla").click()
        await expect(box).to_have_value(f"{BEGUN} funziona")
        await box.press_sequentially(" di nuovo.")
        await expect(phone.locator("#form-answers .draft-line")).to_contain_text("Bozza salvata alle")
        await phone.get_by_role("button", name="Invia la risposta").click()
        await expect(phone.locator("#notices")).to_contain_text("Fatto.")
        await phone.goto(f"{house.settings.portal_url}/drafts")
        await expect(phone.get_by_text("Non hai iniziato nulla")).to_be_visible()
    assert complaints.found == []


async def test_two_tabs_with_one_draft_lose_neither_text(house: House) -> None:
    number, complaints = await house.ticket(), Complaints(REFUSED)
    async with a_browser() as browser:
        one = await a_page(browser, complaints)
        await giulias(one, house, number)
        two = await one.context.new_page()
        two.set_default_timeout(15_000)
        complaints.watch(two)
        await two.goto(one.url)
        for page in (one, two):
            await page.locator("#panel-notes > summary").click()
        first, second = one.get_by_label("La tua nota"), two.get_by_label("La tua nota")
        await first.fill("Dalla prima scheda")
        await expect(one.locator("#form-notes .draft-line")).to_contain_text("Bozza salvata alle")
        await second.fill("Dalla seconda scheda")
        newer = two.locator("#form-notes .draft-newer")
        await expect(newer).to_contain_text("Dalla prima scheda")
        await expect(second).to_have_value("Dalla seconda scheda")
        await newer.get_by_role("button", name="Tieni il mio").click()
        await expect(two.locator("#form-notes .draft-line")).to_contain_text("Bozza salvata alle")
        await first.press_sequentially("!")
        newer = one.locator("#form-notes .draft-newer")
        await expect(newer).to_contain_text("Dalla seconda scheda")
        await expect(first).to_have_value("Dalla prima scheda!")
        await newer.get_by_role("link", name="Prendi quello").click()
        await expect(first).to_have_value("Dalla seconda scheda")
        await one.get_by_role("button", name="Salva la nota").click()
        await expect(one.locator("#articles")).to_contain_text("Dalla seconda scheda")
    assert complaints.found == []


async def test_a_paste_of_ten_megabytes_is_told_at_once_and_stays(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("n")
        box = page.get_by_label("La tua nota")
        await box.evaluate(
            "box => { box.value = 'x'.repeat(10_000_000); box.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        await expect(page.locator("#form-notes .too-long")).to_contain_text("10.000.000 caratteri, il massimo è 50.000")
        await expect(page.locator("#form-notes .draft-line")).to_contain_text("Non salvato")
        await page.get_by_role("button", name="Salva la nota").click()
        assert await box.evaluate("box => box.value.length") == 10_000_000
        await box.evaluate(
            "box => { box.value = 'x'.repeat(50_000); box.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        await expect(page.locator("#form-notes .too-long")).to_have_count(0)
        await expect(page.locator("#form-notes .draft-line")).to_contain_text("Bozza salvata")
        await page.get_by_role("button", name="Salva la nota").click()
        await expect(page.locator("#notices")).to_contain_text(re.compile("Fatto"))
    assert complaints.found == []
