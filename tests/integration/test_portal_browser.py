"""A ticket's page in a real browser: it brings itself up to date under somebody who types, and a keyboard is enough."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House
from tests.integration.test_portal_verbs import send

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
HOUSE = {"send_window": 600}

BEGUN = "Gentile Luca,\nprova a reimpostare"
LIVE = 8_000  # ms in which what a colleague did must be seen


async def marco_does(house: House, number: str, name: str, **filled: str) -> None:
    """Marco, in a browser of his own, sends a form of the ticket."""
    async with house.person("marco.ferri") as marco:
        await send(marco, (await marco.get(f"/tickets/{number}")).text, name, **filled)


async def giulias(page: Page, house: House, number: str) -> None:
    """Giulia's page of the ticket, listening."""
    await sign_in(page, house.settings.portal_url, "Giulia Conti", f"/tickets/{number}")
    await expect(page.locator("#live-state.is-on")).to_be_visible()


async def test_what_is_being_typed_stays_under_the_caret_while_a_colleague_acts(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("r")
        await page.keyboard.type(BEGUN)
        await page.locator("#panel-links > summary").click()
        await page.get_by_label("Numero dell’altro ticket").fill("2026")
        box = page.get_by_label("La tua risposta")
        await box.focus()
        await box.evaluate("box => box.setSelectionRange(7, 7)")
        await marco_does(house, number, "notes", text="Ho chiamato Luca")
        await expect(page.locator("#articles")).to_contain_text("Ho chiamato Luca", timeout=LIVE)
        await expect(page.locator("#news")).to_contain_text("Marco Ferri ha scritto una nota interna")
        await expect(box).to_be_focused()
        await page.keyboard.type(" mio")
        await expect(box).to_have_value(BEGUN.replace("Gentile", "Gentile mio"))
        await expect(page.get_by_label("Numero dell’altro ticket")).to_have_value("2026")
        assert await page.locator("#panel-answers").get_attribute("open") is not None
        # Now Marco answers: Giulia is told at once, and again by name if she sends hers all the same.
        await marco_does(house, number, "answers", text="La risposta di Marco", outcome="")
        await expect(page.locator("#news")).to_contain_text("Marco Ferri ha scritto all’utente", timeout=LIVE)
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.get_by_role("alert")).to_contain_text("Non è stato fatto: Marco Ferri ha scritto all’utente")
        await expect(box).to_have_value(BEGUN.replace("Gentile", "Gentile mio"))
        await expect(page.get_by_label("Numero dell’altro ticket")).to_have_value("2026")
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("Fatto.")
        assert await page.locator("#panel-answers").get_attribute("open") is None
        await expect(page.get_by_label("Numero dell’altro ticket")).to_have_value("2026")
    assert complaints.found == []


async def test_a_held_mail_counts_down_and_undoing_it_brings_its_text_back(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await giulias(page, house, number)
        await page.keyboard.press("r")
        await page.keyboard.type(BEGUN)
        await page.get_by_role("button", name="Invia la risposta").click()
        left = page.locator(".countdown")
        await expect(left).to_have_text(re.compile(r"tra \d+ s"))
        first = await left.inner_text()
        await expect(left).not_to_have_text(first)
        # What undoes it is in sight, and nothing lies over it.
        covered = """button => { const { x, y, width, height } = button.getBoundingClientRect();
            return !button.contains(document.elementFromPoint(x + width / 2, y + height / 2)); }"""
        assert not await page.get_by_role("button", name="Annulla invio").evaluate(covered)
        await page.get_by_role("button", name="Annulla invio").click()
        box = page.get_by_label("La tua risposta")
        await expect(box).to_have_value(BEGUN)
        await expect(box).to_be_focused()
        await page.locator("h1").click()
        # Also when the page then reads itself again.
        await marco_does(house, number, "priority", priority="4")
        await expect(page.locator("#ticket-head")).to_contain_text("Alta", timeout=LIVE)
        await expect(box).to_have_value(BEGUN)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints.found == []


async def test_a_keyboard_is_enough(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("t")
        await expect(page.locator("#in-charge-card")).to_contain_text("Tu")
        await page.keyboard.press("n")
        await page.keyboard.type("Nota: r n t c")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#articles")).to_contain_text("Nota: r n t c")
        # Without a key: to the panel, open it, into its first field, choose, send.
        await page.locator("#panel-priority > summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.locator("#priority-priority")).to_be_focused()
        ring = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none"
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#notices")).to_contain_text("Priorità: Alta")
        await page.keyboard.press("?")
        await page.get_by_label("Usa questi tasti su questo computer").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("r")
        assert await page.locator("#panel-answers").get_attribute("open") is None
    assert complaints.found == []


async def test_what_was_done_calls_nobody_away_who_types_on(house: House) -> None:
    """The answer to a wish settles a moment after it is shown: by then the next key may have opened a form."""
    number, complaints = await house.ticket(), Complaints()
    answer = "{detail: {requestConfig: {verb: 'post', path: ''}}}"
    settled = f"document.dispatchEvent(new CustomEvent('htmx:afterSettle', {answer}))"
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("t")
        await expect(page.locator("#notices")).to_be_focused()
        await page.keyboard.press("n")
        await page.evaluate(settled)
        await expect(page.locator("#notes-text")).to_be_focused()
        # Nobody types: whoever listens to the page is led to what it says.
        await page.locator("h1").click()
        await page.evaluate(settled)
        await expect(page.locator("#notices")).to_be_focused()
    assert complaints.found == []


async def test_who_is_given_a_ticket_is_told_on_the_page_they_are_on(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Giulia Conti", "/tickets")
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        await marco_does(house, number, "hand-over", to="giulia.conti", reason="Tocca a te")
        told = page.get_by_role("link", name=f"Marco Ferri ti ha passato il ticket {number}: Tocca a te")
        await expect(told).to_be_visible(timeout=LIVE)
        await told.click()
        await page.wait_for_url(f"**/tickets/{number}")
    assert complaints.found == []


async def test_when_a_wish_goes_astray_the_form_keeps_what_was_typed_and_its_key(house: House) -> None:
    number, complaints = await house.ticket(), Complaints("Failed to load resource", "htmx:")
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await giulias(page, house, number)
        await page.keyboard.press("n")
        await page.keyboard.type("Da non perdere")
        key = await page.locator("#form-notes [name=key]").input_value()

        async def cut(route: Route) -> None:
            await route.abort()

        await page.route("**/notes", cut)
        await page.get_by_role("button", name="Salva la nota").click()
        await expect(page.get_by_role("alert")).to_contain_text("Non è stato fatto.")
        await page.unroute("**/notes")
        assert await page.locator("#form-notes [name=key]").input_value() == key
        await page.get_by_role("button", name="Salva la nota").click()
        await expect(page.locator("#articles")).to_contain_text("Da non perdere")
    assert complaints.found == []
