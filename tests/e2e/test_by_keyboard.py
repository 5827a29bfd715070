"""An operator's whole day by keyboard alone: no mouse is moved, no element is clicked."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Page, expect

from shared.ids import random_id
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium
from tests.e2e.test_desk import LIVE, tab_to
from tests.system import EMMA, LUCA, MARCO, System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]


class Keyboard:
    """Giulia's hands: keys only."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.notices = page.locator("#notices")

    async def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        """Write, where the caret is."""
        await self.page.keyboard.type(text)

    async def send(self, button: str) -> None:
        """On with Tab to this button, and press it."""
        await tab_to(self.page, button)
        await self.press("Enter")

    async def do(self, words: str) -> None:
        """By the palette."""
        await self.press("Control+k")
        await expect(self.page.locator("#palette-text")).to_be_focused()
        await self.type(words)
        await expect(self.page.locator("#palette [aria-selected=true]")).to_be_visible()
        await self.press("Enter")
        await expect(self.page.locator("#palette")).to_be_hidden()

    async def at(self, number: str) -> None:
        """The page of this ticket is there, and listens."""
        await self.page.wait_for_url(f"**/tickets/{number}")
        await expect(self.page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)


async def test_an_operators_whole_day_by_keyboard_alone(system: System) -> None:
    ticket, later, tag = await system.opened(), await system.opened(LUCA), f"tastiera-{random_id()[:6]}"
    alike = [await system.opened() for _ in range(3)]
    for each in alike:
        await system.wish(each, "tags", MARCO, add=[tag])
    complaints = Complaints()
    async with a_browser() as browser:
        hands = Keyboard(await a_page(browser, complaints))
        await _signs_in(hands, system.stack.urls.portal)
        await _finds_the_newest(hands, ticket["number"])
        await _takes_and_notes(hands)
        await _asks_the_second_level(hands, system, ticket)
        await _answers_with_what_came_back(hands, system, ticket)
        await _puts_on_hold_and_closes(hands, later["number"])
        await _keeps_a_filter_and_moves_what_it_finds(hands, tag)
        await _arranges_the_cruscotto(hands)
        await _reads_the_notices(hands)
        await _changes_the_look_and_leaves(hands)
    # The last two rows were moved, and that was taken back.
    assert [(await system.view(each))["queue"] for each in alike] == [each["queue"] for each in alike]
    facts = [row["name"] for each in alike for row in (await system.view(each))["journal"]]
    assert facts.count("ticket.moved.v1") == 4
    assert (await system.view(ticket))["state"] == "open"
    assert (await system.view(later))["state"] == "closed_unsuccessful"
    await system.mail(ticket["requester"]["email"], "La casella è di nuovo attiva.")
    assert complaints.found == []


async def _signs_in(hands: Keyboard, portal: str) -> None:
    await hands.page.goto(portal + "/sign-in")
    await tab_to(hands.page, "Giulia Conti")
    await hands.press("Enter")
    await expect(hands.page.get_by_role("heading", level=1)).to_have_text("Cruscotto")
    await expect(hands.page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)


async def _finds_the_newest(hands: Keyboard, number: str) -> None:
    """From the Cruscotto to the list, down its rows, into the ticket."""
    await hands.press("g", "t")
    await hands.page.wait_for_url("**/tickets")
    link = hands.page.locator(f'.row-link[href="/tickets/{number}"]')
    await hands.press("j")
    while not await link.evaluate("link => link === document.activeElement"):
        await hands.press("j")
    await hands.press("Enter")
    await hands.at(number)


async def _takes_and_notes(hands: Keyboard) -> None:
    await hands.press("t")
    await expect(hands.notices).to_contain_text("Hai preso in carico il ticket")
    await hands.press("n")
    await expect(hands.page.get_by_label("La tua nota")).to_be_focused()
    await hands.type("Al telefono: la casella non si apre da ieri.")
    await hands.send("Salva la nota")
    await expect(hands.notices).to_contain_text("Fatto. Nota interna")


async def _asks_the_second_level(hands: Keyboard, system: System, ticket: dict[str, Any]) -> None:
    """The question goes out; Emma, elsewhere, answers it."""
    await hands.press("q")
    await hands.type(f"Casella ferma {random_id()[:6]}")
    await tab_to(hands.page, "Che cosa chiedi")
    await hands.type("La casella risulta sospesa: si può riattivare?")
    await hands.send("Chiedi al secondo livello")
    await expect(hands.notices).to_contain_text("Fatto.")
    view = await system.until(ticket, lambda view: any(each["child"]["number"] for each in view["questions"]))
    child = await system.view(view["questions"][0]["child"]["number"])
    await system.wish(child, "question/answer", EMMA, text="Riattivata adesso.")
    await expect(hands.page.locator("#articles")).to_contain_text("Riattivata adesso.", timeout=LIVE)


async def _answers_with_what_came_back(hands: Keyboard, system: System, ticket: dict[str, Any]) -> None:
    await hands.press("r")
    await expect(hands.page.get_by_label("La tua risposta")).to_be_focused()
    # First a template, found by words of it; then what is this ticket's own.
    await hands.press("Shift+Tab", "Enter")
    await expect(hands.page.get_by_label("Cerca un modello")).to_be_focused()
    await hands.type("richiesta risolta")
    await hands.press("Enter")
    await expect(hands.page.get_by_label("La tua risposta")).to_have_value(re.compile(f"{ticket['number']} si riapre"))
    await hands.press("Control+Home")
    await hands.type("La casella è di nuovo attiva.\n")
    await hands.send("Invia la risposta")
    await expect(hands.notices).to_contain_text("Fatto.")

    async def left() -> bool:
        texts = [one["text"] for one in (await system.view(ticket))["articles"]]
        return any(text.startswith("La casella è di nuovo attiva.\n") for text in texts)

    assert await eventually(left)


async def _puts_on_hold_and_closes(hands: Keyboard, number: str) -> None:
    """Another ticket, by its number; what has no letter is in the palette."""
    await hands.do(number)
    await hands.at(number)
    await hands.do("metti in attesa")
    await expect(hands.page.locator("#pending-until")).to_be_focused()
    # A day that is the same in every order of day and month: browsers differ.
    today = datetime.now(UTC)
    await hands.type(f"1212{today.year + (today.month == 12)}")
    await hands.send("Metti in attesa")
    await expect(hands.page.locator("#ticket-head")).to_contain_text("In attesa", timeout=LIVE)
    await hands.press("c")
    await expect(hands.page.locator("#close-reason")).to_be_focused()
    await hands.type("Luca ha risolto da solo.")
    await hands.send("Chiudi il ticket")
    await expect(hands.page.locator("#ticket-head")).to_contain_text("Chiuso senza successo", timeout=LIVE)


async def _keeps_a_filter_and_moves_what_it_finds(hands: Keyboard, tag: str) -> None:
    """The list by a tag, saved under a name; two of its rows ticked, moved, and moved back."""
    await hands.press("g", "t")
    await hands.page.wait_for_url("**/tickets")
    await tab_to(hands.page, "Cerca")
    await hands.type(tag)
    await hands.press("Enter")
    await expect(hands.page.locator("[data-row]")).to_have_count(3)
    await tab_to(hands.page, "Salva questo filtro")
    await hands.press("Enter")
    await tab_to(hands.page, "Nome del filtro")
    await hands.type(tag)
    await hands.press("Enter")
    await expect(hands.page.get_by_role("link", name=tag, exact=True)).to_have_attribute("aria-current", "page")
    await hands.press("k", "x", "k", "x")
    await expect(hands.page.locator("#bulk-count")).to_have_text("2 ticket selezionati")
    await hands.send("Sposta")
    await expect(hands.page.locator("#form-bulk")).to_be_visible()
    await tab_to(hands.page, "Nuova coda")
    await hands.type("Tasse")
    await hands.send("Sposta")
    await expect(hands.page.locator(".job-sums")).to_contain_text(re.compile(r"2\s+fatti"), timeout=LIVE)
    await hands.send("Annulla")
    await expect(hands.page.get_by_role("heading", level=1)).to_contain_text("Annulla: Sposta")
    await expect(hands.page.locator(".job-sums")).to_contain_text(re.compile(r"2\s+fatti"), timeout=LIVE)


async def _arranges_the_cruscotto(hands: Keyboard) -> None:
    """One widget put away, and brought back: the sample person's Cruscotto is everybody's who signs in as her."""
    await hands.press("g", "d")
    await expect(hands.page.get_by_role("heading", level=1)).to_have_text("Cruscotto")
    await tab_to(hands.page, "Disponi")
    await hands.press("Enter")
    await hands.page.wait_for_url("**/arrange")
    await tab_to(hands.page, "Nascondi: In attesa dell’utente")
    await hands.press("Enter")
    await expect(hands.page.locator("#arranged")).to_contain_text("messo da parte")
    await hands.send("Annulla")
    await expect(hands.page.locator("#hide-waiting")).to_be_visible()
    await hands.send("Fatto")
    await expect(hands.page.locator(".board-waiting")).to_be_visible()


async def _reads_the_notices(hands: Keyboard) -> None:
    """The answer of the second level has been told to whoever asked."""
    await hands.press("g", "n")
    await hands.page.wait_for_url("**/notices")
    await hands.press("j")
    await expect(hands.page.locator(".notice-says:focus")).to_have_count(1)
    await hands.press("Enter")
    await hands.page.wait_for_url("**/tickets/*")


async def _changes_the_look_and_leaves(hands: Keyboard) -> None:
    await hands.do("aspetto scuro")
    await expect(hands.page.locator("html[data-theme=dark]")).to_have_count(1)
    await hands.do("aspetto sistema")
    await expect(hands.page.locator("html[data-theme=auto]")).to_have_count(1)
    await hands.do("esci")
    await expect(hands.page.get_by_role("heading", level=1)).to_have_text("Accedi")
