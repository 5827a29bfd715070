"""Every page of the portal, narrow and wide, in both languages: quiet in the console, nothing beside the screen."""

import pytest
from playwright.async_api import Browser, Page, expect

from shared.events import Language
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.system import System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
ASIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DASHBOARD: dict[Language, str] = {"it": "Cruscotto", "en": "Dashboard"}
MINE: dict[Language, str] = {"it": "Le mie richieste", "en": "My requests"}


async def speak(page: Page, language: Language) -> None:
    """In this language, by the browser's cookie alone: a sample person's choice would stay for every other test."""
    await page.context.add_cookies([{"name": "sportello_language", "value": language, "url": page.url}])
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", language)


async def someone(
    browser: Browser, complaints: Complaints, portal: str, name: str, look: tuple[bool, Language]
) -> Page:
    """A person at the portal, in this width and language."""
    page = await a_page(browser, complaints, wide=look[0])
    await sign_in(page, portal, name)
    await speak(page, look[1])
    return page


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
async def test_every_page_fits_and_is_quiet(system: System, wide: bool, language: Language) -> None:
    await system.send_until_accepted("ada.rossi@studenti.example")
    portal = system.stack.urls.portal
    complaints = Complaints()
    async with a_browser() as browser:
        giulia = await someone(browser, complaints, portal, "Giulia Conti", (wide, language))
        await expect(giulia.get_by_role("heading", level=1)).to_have_text(DASHBOARD[language])
        await expect(giulia.locator("#live-state.is-on")).to_be_visible()
        ticket = await giulia.locator(".board-new .row-link").first.get_attribute("href")
        luca = await someone(browser, complaints, portal, "Luca Bianchi", (wide, language))
        await expect(luca.get_by_role("heading", level=1)).to_have_text(MINE[language])
        for page, paths in (
            (giulia, ["/", "/tickets", "/tickets?state=merged", ticket, "/dead", "/my", "/sign-in"]),
            (luca, ["/my"]),
        ):
            for path in paths:
                await page.goto(f"{portal}{path}")
                assert await page.evaluate(ASIDE) <= 0, f"{path} is wider than the screen"
                assert await page.locator(".demo-banner").is_visible()
    assert complaints.found == []


async def test_without_javascript_everything_is_there(system: System) -> None:
    await system.send_until_accepted("ada.rossi@studenti.example")
    portal = system.stack.urls.portal
    async with a_browser() as browser:
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await sign_in(page, portal, "Giulia Conti")
        await page.locator(".board-new").get_by_role("button", name="Prendi in carico").first.click()
        await expect(page.locator("#notices")).to_contain_text("Hai preso in carico")
        await page.locator("#notices a").click()
        await expect(page.locator(".in-charge")).to_contain_text("Tu")
        await page.locator("#history summary").click()
        await expect(page.locator("#history")).to_contain_text("Preso in carico da Giulia Conti")
