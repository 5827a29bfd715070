"""The list in a real browser: columns, a saved filter, ticks that stay while the list changes, keys alone for bulk."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import Complaints, a_browser, a_page, chromium, needs_chromium, sign_in
from tests.integration.house import House, a_request
from tests.integration.test_portal_browser import LIVE
from tests.integration.test_portal_bulk import tagged, take, ticks
from tests.unit.samples import routed

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
HOUSE = {"send_window": 600}

AXE = Path("node_modules/axe-core/axe.min.js").read_text(encoding="utf-8") if chromium() else ""
RUN = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"


async def opened(page: Page, house: House, address: str) -> None:
    """Giulia's list at this address, listening."""
    await sign_in(page, house.settings.portal_url, "Giulia Conti", address)
    await expect(page.locator("#live-state.is-on")).to_be_visible()


async def wide_as_the_screen(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


async def clean(page: Page) -> list[object]:
    """What axe-core finds on the page, in both themes, with everything opened."""
    await page.emulate_media(reduced_motion="reduce")
    await page.evaluate(AXE)
    await page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    found: list[object] = []
    for theme in ("light", "dark"):
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found += await page.evaluate(RUN)
    return found


async def test_columns_filters_and_bulk_by_keyboard_alone(house: House) -> None:
    complaints = Complaints()
    async with house.person("giulia.conti") as giulia, a_browser() as browser:
        address = await tagged(house, giulia, 8, "tastiera")
        page = await a_page(browser, complaints)
        await opened(page, house, address)
        # Columns.
        await page.locator("#list-columns > summary").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Scadenza", exact=True).focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("columnheader", name="Scadenza")).to_be_visible()
        # A saved filter.
        await page.locator("#list-save > summary").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Nome del filtro").focus()
        await page.keyboard.type("Da tastiera")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Da tastiera")).to_have_attribute("aria-current", "page")
        assert await clean(page) == []
        await page.reload()
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        # Ticks, with arrows and shift; they stay when a colleague changes one of the tickets.
        boxes = page.locator("input[name=ticket]")
        await boxes.first.focus()
        await page.keyboard.press("Space")
        await expect(page.locator("#bulk-count")).to_have_text("1 ticket selezionato")
        for _ in range(2):
            await page.keyboard.press("Shift+ArrowDown")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Space")
        await expect(page.locator("#bulk-count")).to_have_text("4 ticket selezionati")
        async with house.person("marco.ferri") as marco:
            await take(marco, list(ticks((await marco.get(address)).text))[7])
        await expect(page.locator("#live")).to_contain_text("Marco Ferri", timeout=LIVE)
        await expect(page.locator("#bulk-count")).to_have_text("4 ticket selezionati")
        await expect(boxes.nth(4)).to_be_focused()
        # To the buttons, the form, the report and back.
        await page.locator("#bulk").get_by_role("button", name="Sposta").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("Nuova coda").focus()
        await page.keyboard.type("Tasse")
        await page.locator("#form-bulk").get_by_role("button", name="Sposta").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator(".job-sums")).to_contain_text(re.compile(r"4\s+fatti"), timeout=LIVE)
        await expect(page.locator("#job")).to_contain_text("tastiera 4")
        await page.get_by_role("button", name="Annulla").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Annulla: Sposta")
        await expect(page.locator(".job-sums")).to_contain_text(re.compile(r"4\s+fatti"), timeout=LIVE)
    assert complaints.found == []


async def test_shift_and_a_click_tick_a_range_and_the_head_ticks_all(house: House) -> None:
    complaints = Complaints()
    async with house.person("giulia.conti") as giulia, a_browser() as browser:
        address = await tagged(house, giulia, 6, "intervallo")
        page = await a_page(browser, complaints)
        await opened(page, house, address)
        boxes, count = page.locator("input[name=ticket]"), page.locator("#bulk-count")
        await boxes.nth(1).check()
        await boxes.nth(4).click(modifiers=["Shift"])
        await expect(count).to_have_text("4 ticket selezionati")
        head = page.get_by_label("Tutti in questa pagina")
        assert await head.evaluate("box => box.indeterminate")
        await head.check()
        await expect(count).to_have_text("6 ticket selezionati")
        await boxes.nth(0).uncheck()
        await expect(head).not_to_be_checked()
        await boxes.nth(2).press("Escape")
        await expect(page.locator("#bulk")).not_to_have_class(re.compile("is-on"))
        # A new ticket comes in above what is ticked, and nothing else moves.
        await boxes.nth(3).check()
        ticked = await boxes.nth(3).get_attribute("id")
        await house.bus.publish(routed(a_request(subject="intervallo nuovo")))
        await expect(page.locator("#live")).to_contain_text("intervallo nuovo", timeout=LIVE)
        await expect(page.locator(f"#{ticked}")).to_be_checked()
        await expect(count).to_have_text("1 ticket selezionato")
    assert complaints.found == []


async def test_on_a_narrow_screen_rows_are_cards_and_everything_fits(house: House) -> None:
    complaints = Complaints()
    async with house.person("giulia.conti") as giulia, a_browser() as browser:
        address = await tagged(house, giulia, 5, "stretto")
        page = await a_page(browser, complaints, wide=False)
        await opened(page, house, address)
        assert await wide_as_the_screen(page)
        # Still a table for whoever hears it.
        assert await page.get_by_role("row").count() == 6
        await page.get_by_label("Tutti in questa pagina").check()
        await expect(page.locator("#bulk-count")).to_have_text("5 ticket selezionati")
        assert await wide_as_the_screen(page)
        assert await clean(page) == []
        assert await wide_as_the_screen(page)
        await page.locator("#bulk").get_by_role("button", name="Nota").click()
        assert await clean(page) == []
        await page.get_by_label("La tua nota").fill("Dal telefono")
        await page.locator("#form-bulk").get_by_role("button", name="Nota").click()
        await expect(page.locator(".job-sums")).to_contain_text(re.compile(r"5\s+fatti"), timeout=LIVE)
        assert await clean(page) == []
        assert await wide_as_the_screen(page)
    assert complaints.found == []
