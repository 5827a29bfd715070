"""From the pretend site to the Cruscotto: Servizi Online > Richieste e assistenza > Gestione richieste, by any hand."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium
from tests.system import System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
# What a colleague did comes over the bus and the stream; on a busy machine it may take its time.
LIVE = 20_000
SAID = "() => document.activeElement.innerText ?? ''"


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says `words`; it must be seen to have it."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if words in await page.evaluate(SAID):
            await expect(page.locator(":focus-visible")).to_be_in_viewport()
            return
    raise AssertionError(f"no way to {words} with the Tab key")


async def arrived(page: Page, system: System) -> None:
    """On the Cruscotto, which listens and has all its widgets."""
    await page.wait_for_url(f"{system.stack.urls.portal}/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cruscotto")
    await expect(page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)
    await expect(page.locator(".board")).to_have_count(10)
    await expect(page.locator(".board-missing")).to_have_count(0)


async def test_s5_the_menu_of_the_online_services_leads_an_operator_to_the_cruscotto_by_mouse(system: System) -> None:
    await system.opened()
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await page.goto(system.stack.urls.site)
        menu = page.locator("details.menu")
        await menu.get_by_text("Servizi Online", exact=True).click()
        await expect(menu.get_by_text("Richieste e assistenza")).to_be_visible()
        await menu.get_by_role("link", name=re.compile("Gestione richieste")).click()
        # Another origin, which doesn't know who this is.
        await page.wait_for_url(f"{system.stack.urls.portal}/sign-in")
        await page.get_by_role("button", name="Giulia Conti").click()
        await arrived(page, system)
        await expect(page.locator(".board-new .row-link").first).to_be_visible()
    assert complaints.found == []


async def test_s5_a_keyboard_walks_the_same_way_and_a_ticket_appears_there_by_itself(system: System) -> None:
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await page.goto(system.stack.urls.site)
        # The site's name says the same: the menu is the one that opens.
        while not await page.evaluate("document.activeElement.matches('details.menu > summary')"):
            await tab_to(page, "Servizi Online")
        await page.keyboard.press("Enter")
        await tab_to(page, "Gestione richieste")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{system.stack.urls.portal}/sign-in")
        await tab_to(page, "Giulia Conti")
        await page.keyboard.press("Enter")
        await arrived(page, system)
        ticket = await system.opened()
        row = page.locator(".board-new .row-ticket", has=page.locator(f"a[href='/tickets/{ticket['number']}']"))
        await expect(row).to_be_visible(timeout=LIVE)
        # From the first widget into the ticket, and nobody needed a mouse.
        await row.locator(".row-link").press("Enter")
        await page.wait_for_url(f"**/tickets/{ticket['number']}")
    assert complaints.found == []


async def test_s24_the_same_menu_leads_a_user_to_their_own_requests(system: System) -> None:
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await page.goto(system.stack.urls.site)
        await page.locator("details.menu > summary").click()
        await page.get_by_role("link", name=re.compile("Gestione richieste")).click()
        await page.get_by_role("button", name="Luca Bianchi").click()
        await page.wait_for_url(f"{system.stack.urls.portal}/my")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Le mie richieste")
    assert complaints.found == []
