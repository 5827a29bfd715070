"""Two operators at the same work at once, on a wide screen and on a narrow one, with two copies of each service."""

import re
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from demo.stack import Stack
from shared.ids import random_id
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.e2e.test_desk import LIVE
from tests.system import LUCA, MARCO, System

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
SAME_PAGE = "() => window.wasHere === true"
LETTER = "Gentile utente, la password si cambia dalla pagina dei servizi."


class Pair(NamedTuple):
    """Giulia at her desk and Marco at his phone; `names` is who they are on the pages of the other."""

    giulia: Page
    marco: Page
    portal: str

    async def at(self, path: str) -> None:
        """Both on this page, which listens; what is loaded anew later can be told by `stayed`."""
        for page in (self.giulia, self.marco):
            await arrive(page, self.portal + path)

    async def stayed(self) -> bool:
        """Whether neither page was loaded again since."""
        return all([await page.evaluate(SAME_PAGE) for page in (self.giulia, self.marco)])


async def arrive(page: Page, address: str) -> None:
    await page.goto(address)
    await expect(page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)
    await page.evaluate("() => { window.wasHere = true; }")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(stack: Stack) -> AsyncIterator[System]:
    found = System(stack)
    yield found
    await found.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def signed_in(system: System) -> AsyncIterator[tuple[Pair, Complaints]]:
    """Both, signed in once for all stories."""
    complaints, portal = Complaints(), system.stack.urls.portal
    async with a_browser() as browser:
        giulia, marco = await a_page(browser, complaints), await a_page(browser, complaints, wide=False)
        await sign_in(giulia, portal, "Giulia Conti")
        await sign_in(marco, portal, "Marco Ferri")
        yield Pair(giulia, marco, portal), complaints


@pytest_asyncio.fixture(loop_scope="module")
async def pair(signed_in: tuple[Pair, Complaints]) -> AsyncIterator[Pair]:
    """Both; in the end of each story no console has complained."""
    found, complaints = signed_in
    yield found
    assert complaints.found == []


def row_of(page: Page, number: str) -> Locator:
    """The ticket in any list of the page."""
    return page.locator("[data-row]", has=page.locator(f"a[href='/tickets/{number}']")).first


async def test_s9_to_s12_a_request_comes_into_both_cruscotti_and_each_sees_who_took_it(
    system: System, pair: Pair
) -> None:
    await pair.at("/")
    ticket = await system.opened()
    number = ticket["number"]
    for page in (pair.giulia, pair.marco):
        await expect(page.locator(".board-new").locator(f"a[href='/tickets/{number}']")).to_be_visible(timeout=LIVE)
    await pair.giulia.get_by_role("button", name=f"Prendi in carico {number}").first.click()
    await expect(pair.giulia.locator("#notices")).to_contain_text("Hai preso in carico il ticket")
    await expect(pair.giulia.locator(".board-held").locator(f"a[href='/tickets/{number}']")).to_be_visible()
    await expect(pair.marco.locator(".board-new").locator(f"a[href='/tickets/{number}']")).to_have_count(
        0, timeout=LIVE
    )
    await expect(row_of(pair.marco, number)).to_contain_text("Giulia Conti")
    await expect(pair.marco.get_by_role("button", name=f"Prendi in carico {number}")).to_have_count(0)
    assert await pair.stayed()
    assert await pair.marco.evaluate("document.documentElement.scrollWidth") <= 360


async def test_s13_both_write_to_one_user_and_see_it_and_no_word_is_lost(system: System, pair: Pair) -> None:
    ticket = await system.opened()
    await pair.at(f"/tickets/{ticket['number']}")
    for page in (pair.giulia, pair.marco):
        await page.locator("#panel-answers > summary").click()
    box = pair.marco.get_by_label("La tua risposta")
    await box.press_sequentially(LETTER)
    # Whoever begins second is told before the first has sent anything, at the top and beside their own form.
    for place in ("#presence", "#form-answers .presence-beside"):
        await expect(pair.giulia.locator(place)).to_contain_text("Marco Ferri scrive una risposta", timeout=LIVE)
    await pair.giulia.get_by_label("La tua risposta").fill("Risponde Giulia.")
    await pair.giulia.get_by_role("button", name="Invia la risposta").click()
    await expect(pair.giulia.locator("#notices")).to_contain_text("Fatto.")

    told = re.compile(r"Giulia Conti ha (risposto|scritto) all’utente \(alle \d+:\d\d\)")
    await expect(pair.marco.locator("#news")).to_contain_text(told, timeout=LIVE)
    await expect(pair.marco.locator("#articles")).to_contain_text("Risponde Giulia.")
    # He never stopped typing: the caret is where it was.
    await expect(box).to_be_focused()
    await pair.marco.keyboard.type(" A presto!")
    await expect(box).to_have_value(f"{LETTER} A presto!")
    await pair.marco.get_by_role("button", name="Invia la risposta").click()
    await expect(pair.marco.locator("#notices [role=alert]")).to_contain_text(told)
    await expect(box).to_have_value(f"{LETTER} A presto!")
    await pair.marco.get_by_role("button", name="Invia la risposta").click()
    await expect(pair.marco.locator("#notices")).to_contain_text("Fatto.")
    assert await pair.stayed()
    for words in ("Risponde Giulia.", "A presto!"):
        await system.mail(ticket["requester"]["email"], words)


async def test_s14_what_is_handed_over_is_said_on_any_page_and_leads_there(system: System, pair: Pair) -> None:
    ticket = await system.opened()
    await pair.at(f"/tickets/{ticket['number']}")
    await arrive(pair.marco, f"{pair.portal}/tickets")
    reason = f"Conosci già il caso {random_id()[:6]}"
    await pair.giulia.locator("#panel-hand-over > summary").click()
    await pair.giulia.locator("#hand-over-to").select_option(label="Marco Ferri")
    await pair.giulia.get_by_label("Motivo, per il collega").fill(reason)
    await pair.giulia.get_by_role("button", name="Passa il ticket").click()
    await expect(pair.giulia.locator("#in-charge-card")).to_contain_text("Marco Ferri")
    news = pair.marco.locator("#news").get_by_role("link", name=reason)
    await expect(news).to_contain_text("Giulia Conti ti ha passato il ticket", timeout=LIVE)
    assert await pair.stayed()
    await news.click()
    await pair.marco.wait_for_url(f"**/tickets/{ticket['number']}")
    await expect(pair.marco.locator("#in-charge-card")).to_contain_text("Tu")
    # It is in the inbox as well, for when no page was open.
    await pair.marco.goto(f"{pair.portal}/notices")
    await expect(pair.marco.locator("main")).to_contain_text(ticket["number"], timeout=LIVE)


async def tagged(system: System, count: int) -> tuple[str, list[dict[str, Any]]]:
    """The address of a list of new tickets, the oldest first, and those tickets."""
    tag = f"insieme-{random_id()[:6]}"
    tickets = [await system.opened() for _ in range(count)]
    for ticket in tickets:
        await system.wish(ticket, "tags", MARCO, add=[tag])
    return f"/tickets?tag={tag}&order=oldest&state=any", tickets


async def test_s10_a_bulk_move_is_seen_by_the_other_says_what_it_left_and_is_undone(system: System, pair: Pair) -> None:
    address, (first, second, third) = await tagged(system, 3)
    await pair.at(address)
    # Marco has ticked one too: his tick stays whatever Giulia does.
    await pair.marco.locator("input[name=ticket]").nth(1).check()
    await pair.giulia.get_by_label("Tutti in questa pagina").check()
    await pair.giulia.locator("#bulk").get_by_role("button", name="Sposta").click()
    # While she chooses the queue, a colleague moves one elsewhere.
    await system.wish(await system.view(third), "move", MARCO, queue="internships")
    await pair.giulia.get_by_label("Nuova coda").select_option("fees")
    await pair.giulia.locator("#form-bulk").get_by_role("button", name="Sposta").click()
    sums, why = pair.giulia.locator(".job-sums"), pair.giulia.locator(".job-why")
    await expect(sums).to_contain_text(re.compile(r"2\s+fatti"), timeout=LIVE)
    await expect(sums).to_contain_text(re.compile(r"1\s+rifiutat"))
    await expect(why).to_contain_text(re.compile(r"Marco Ferri .*\(alle \d+:\d\d\)"))
    await expect(row_of(pair.marco, first["number"])).to_contain_text("Tasse", timeout=LIVE)
    await expect(row_of(pair.marco, second["number"])).to_contain_text("Tasse", timeout=LIVE)
    await expect(row_of(pair.marco, third["number"])).not_to_contain_text("Tasse")
    await expect(pair.marco.locator("#bulk-count")).to_have_text("1 ticket selezionato")
    await pair.giulia.get_by_role("button", name="Annulla").click()
    await expect(pair.giulia.get_by_role("heading", level=1)).to_contain_text("Annulla: Sposta")
    await expect(sums).to_contain_text(re.compile(r"2\s+fatti"), timeout=LIVE)
    await expect(pair.marco.locator("#live")).not_to_contain_text("Tasse", timeout=LIVE)
    assert await pair.marco.evaluate(SAME_PAGE)
    queues = [(await system.view(each))["queue"] for each in (first, second, third)]
    assert queues == [first["queue"], second["queue"], "internships"]


async def test_s13_a_ticket_is_merged_under_ones_hands_and_the_text_goes_on_there(system: System, pair: Pair) -> None:
    source, target = await system.opened(LUCA), await system.opened(LUCA)
    await pair.at(f"/tickets/{source['number']}")
    await pair.marco.locator("#panel-answers > summary").click()
    box = pair.marco.get_by_label("La tua risposta")
    await box.press_sequentially(LETTER)
    await pair.giulia.locator("#panel-merge > summary").click()
    await pair.giulia.get_by_label("Numero del ticket che resta").fill(target["number"])
    await pair.giulia.get_by_role("button", name="Unisci", exact=True).click()
    told = pair.marco.locator("#form-answers .form-news")
    await expect(told).to_contain_text(f"Giulia Conti ha unito questo ticket a {target['number']}", timeout=LIVE)
    await expect(box).to_be_focused()
    await expect(box).to_have_value(LETTER)
    assert await pair.stayed()
    await told.get_by_role("button", name=f"Porta il testo nel ticket {target['number']}").click()
    await pair.marco.wait_for_url(re.compile(f"/tickets/{target['number']}"))
    await expect(box).to_have_value(LETTER)
    await pair.marco.get_by_role("button", name="Invia la risposta").click()
    await expect(pair.marco.locator("#notices")).to_contain_text("Fatto.")
    texts = [article["text"] for article in (await system.view(target))["articles"]]
    assert LETTER in texts
