"""Pages that change by themselves: a lost connection, a text under the caret, and eight tabs of one person.

Chromium without a window calls every tab visible, so the tabs here are told what a browser tells them: `hidden` is set
as it would be, and `visibilitychange` is sent. The streams that are counted are the real ones, on the network.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, expect

from demo.stack import Stack
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_page, needs_chromium, sign_in
from tests.e2e.test_desk import LIVE
from tests.e2e.test_two_operators import SAME_PAGE, arrive, row_of
from tests.system import GIULIA, MARCO, System

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
TABS = 8
# What the browser, and htmx in its own words, say of a network that is not there.
OFFLINE = ("net::ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    Object.defineProperty(document, "visibilityState", { value: hidden ? "hidden" : "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
TOP = "box => Math.round(box.getBoundingClientRect().top)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(stack: Stack) -> AsyncIterator[System]:
    found = System(stack)
    yield found
    await found.close()


@pytest.mark.parametrize("wide", [True, False], ids=["wide", "narrow"])
async def test_a_lost_connection_loses_nothing_and_back_again_all_is_read(
    system: System, browser: Browser, wide: bool
) -> None:
    ticket, complaints = await system.opened(), Complaints(*OFFLINE)
    page = await a_page(browser, complaints, wide=wide)
    await sign_in(page, system.stack.urls.portal, "Giulia Conti", f"/tickets/{ticket['number']}")
    await arrive(page, page.url)
    await page.locator("#panel-notes > summary").click()
    box = page.get_by_label("La tua nota")
    await box.press_sequentially("Prima della galleria")
    await page.context.set_offline(True)
    await box.press_sequentially(", nella galleria")
    await expect(page.locator("#live-state.is-off")).to_be_visible(timeout=LIVE)
    await expect(page.locator("#form-notes .draft-line")).to_contain_text("non salvato", timeout=LIVE)
    # A wish that can't travel says so, and takes nothing away.
    await page.get_by_role("button", name="Salva la nota").click()
    await expect(page.locator("#notices [role=alert]")).to_contain_text("Non è stato fatto.")
    await expect(box).to_have_value("Prima della galleria, nella galleria")
    await system.wish(ticket, "notes", MARCO, text="Scritta mentre eri via.")
    await page.context.set_offline(False)
    await expect(page.locator("#articles")).to_contain_text("Scritta mentre eri via.", timeout=LIVE)
    await expect(page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)
    await box.press_sequentially(", e dopo.")
    await expect(page.locator("#form-notes .draft-line")).to_contain_text("Bozza salvata alle", timeout=LIVE)
    await page.get_by_role("button", name="Salva la nota").click()
    await expect(page.locator("#articles")).to_contain_text("Prima della galleria, nella galleria, e dopo.")
    assert await page.evaluate(SAME_PAGE)
    notes = [each["text"] for each in (await system.view(ticket))["articles"] if each["kind"] == "note"]
    assert notes == ["Scritta mentre eri via.", "Prima della galleria, nella galleria, e dopo."]
    await page.context.close()
    assert complaints.found == []


@pytest.mark.parametrize("wide", [True, False], ids=["wide", "narrow"])
async def test_what_is_being_typed_in_stays_where_it_is_on_the_screen(
    system: System, browser: Browser, wide: bool
) -> None:
    ticket, complaints = await system.opened(), Complaints()
    page = await a_page(browser, complaints, wide=wide)
    await sign_in(page, system.stack.urls.portal, "Giulia Conti", f"/tickets/{ticket['number']}")
    await arrive(page, page.url)
    await page.keyboard.press("r")
    box = page.get_by_label("La tua risposta")
    await page.keyboard.type("Gentile utente, ")
    await expect(page.locator("#form-answers .draft-line")).to_contain_text("Bozza salvata alle")
    before = await box.evaluate(TOP)
    long = "\n".join(f"Riga {number} di una nota lunga." for number in range(1, 13))
    # Three notes of a colleague come in above what is written, and the ticket changes hands beside it.
    for name in ("prima", "seconda", "terza"):
        await system.wish(await system.view(ticket), "notes", MARCO, text=f"{long}\nLa {name}.")
        await page.keyboard.type(f"{name} ")
        await expect(page.locator("#articles")).to_contain_text(f"La {name}.", timeout=LIVE)
    await system.take(await system.view(ticket), MARCO)
    await expect(page.locator("#in-charge-card")).to_contain_text("Marco Ferri", timeout=LIVE)
    await expect(box).to_be_focused()
    await expect(box).to_have_value("Gentile utente, prima seconda terza ")
    assert abs(await box.evaluate(TOP) - before) <= 2
    await page.context.close()
    assert complaints.found == []


class Streams:
    """The streams that tabs hold open, as the network sees them."""

    def __init__(self) -> None:
        self.open: dict[Request, Page] = {}

    def watch(self, page: Page) -> None:
        """Count those of this tab from now on."""
        page.on("request", lambda asked: self._add(asked, page))
        page.on("requestfailed", self._over)
        page.on("requestfinished", self._over)

    def _over(self, asked: Request) -> None:
        self.open.pop(asked, None)

    def _add(self, asked: Request, page: Page) -> None:
        if asked.url.endswith("/events"):
            self.open[asked] = page

    async def only(self, *pages: Page) -> None:
        """Wait until these tabs hold one each, and no other tab any."""
        await eventually(lambda: sorted(map(id, self.open.values())) == sorted(map(id, pages)), timeout=20)


async def test_of_eight_tabs_only_the_visible_one_listens_and_the_others_read_on_return(
    system: System, browser: Browser
) -> None:
    complaints, streams, portal = Complaints(), Streams(), system.stack.urls.portal
    first = await a_page(browser, complaints)
    streams.watch(first)
    ticket = await system.opened()
    await sign_in(first, portal, "Giulia Conti", "/")
    tabs = [first]
    for place in ["/tickets", *[f"/tickets/{ticket['number']}"] * 3, "/notices", "/queues"]:
        await tabs[-1].evaluate(HIDE, True)
        tab = await first.context.new_page()
        tab.set_default_timeout(15_000)
        complaints.watch(tab)
        streams.watch(tab)
        await tab.goto(portal + place)
        tabs.append(tab)
    await tabs[-1].evaluate(HIDE, True)
    last = await first.context.new_page()
    complaints.watch(last)
    streams.watch(last)
    await arrive(last, f"{portal}/")
    tabs.append(last)
    assert len(tabs) == TABS
    await streams.only(last)

    # What happens now is seen at once in the tab that is looked at, and nowhere else is anything asked.
    asked: list[str] = []
    for tab in tabs[:-1]:
        tab.on("request", lambda request: asked.append(request.url))
    number = ticket["number"]
    await system.take(ticket, MARCO)
    await expect(row_of(last, number)).to_contain_text("Marco Ferri", timeout=LIVE)
    await asyncio.gather(*(expect(tab.locator("body")).not_to_contain_text("Hai preso in carico") for tab in tabs))
    assert asked == []
    assert "Marco Ferri" not in await tabs[2].locator("#in-charge-card").inner_text()

    # Back in a tab it reads again, holds the stream, and lets it go when another one is looked at.
    await last.evaluate(HIDE, True)
    await streams.only()
    for tab in tabs[:5]:
        await tab.evaluate(HIDE, False)
        await streams.only(tab)
        shown = tab.locator("#in-charge-card") if "/tickets/" in tab.url else row_of(tab, number)
        await expect(shown).to_contain_text("Marco Ferri", timeout=LIVE)
        await tab.evaluate(HIDE, True)
        await streams.only()
    await last.evaluate(HIDE, False)
    await streams.only(last)
    await system.wish(await system.view(ticket), "hand-over", MARCO, to=GIULIA.id, reason="Tocca a te.")
    await expect(last.locator("#news")).to_contain_text("Marco Ferri ti ha passato il ticket", timeout=LIVE)
    await first.context.close()
    assert complaints.found == []
