"""A user whose browser runs no JavaScript comes everywhere, reads everything, and can send every form there is."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import FilePayload, Page, expect

from shared.identity import information_token
from shared.ids import random_id
from tests.e2e.browser import NARROW, a_browser, needs_chromium, sign_in
from tests.system import CHIARA, System
from tests.unit.shared.formsamples import EXE

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
TEXT = "Non riesco più a entrare: la password non viene accettata."


@contextlib.asynccontextmanager
async def a_plain_page() -> AsyncIterator[Page]:
    """A telephone without JavaScript."""
    async with a_browser() as browser:
        size = {"width": NARROW["width"], "height": NARROW["height"]}
        context = await browser.new_context(java_script_enabled=False, locale="it-IT", viewport=size)  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(15_000)
        yield page


async def press(page: Page, name: str) -> None:
    """A button that is seen, and the page that comes."""
    await page.get_by_role("button", name=name, exact=True).first.click()
    await page.wait_for_load_state()


async def test_from_the_search_to_the_answer_by_plain_pages_of_intake(system: System) -> None:
    intake, email = system.stack.urls.intake, f"ada-{random_id()[:8]}@studenti.example"
    async with a_plain_page() as page:
        await page.goto(f"{intake}/forms")
        await page.locator("#q").fill("non ricordo la password")
        await press(page, "Cerca")
        await page.get_by_role("link", name="Problemi con le credenziali", exact=True).click()

        # Nothing was filled in: each fault is told, and leads to its question.
        await press(page, "Invia la richiesta")
        summary = page.locator("[data-part=summary]")
        await expect(summary).to_be_visible()
        await summary.get_by_role("link", name="Descrizione").click()
        await expect(page.locator("#f-description:target")).to_be_visible()
        await page.get_by_label("Nome e cognome").fill("Ada Rossi")
        await page.get_by_label("E-mail").fill(email)
        await page.locator("[name=role][value=student]").check()
        await page.locator("[name=kind][value=password]").check()
        await page.locator("[name=description]").fill(TEXT)
        await press(page, "Invia la richiesta")
        number = (await page.locator("output").inner_text()).strip()
        ticket = await system.view(number)
        assert ticket["requester"]["email"] == email

        # Its page, by the link of the answer; and a word more.
        await page.locator("[data-slot=status]").click()
        await expect(page.locator("main")).to_contain_text(number)
        await press(page, "Invia")
        await expect(summary).to_be_visible()
        await page.locator("[name=_message]").fill("Ho trovato il messaggio di errore.")
        await press(page, "Invia")
        await expect(page.locator("output")).to_have_text(number)
        await system.until(ticket, lambda view: "Ho trovato il messaggio" in view["articles"][-1]["text"])

        # It was answered: said to be of use, thanked for; and all links ended.
        await system.wish(await system.view(number), "answers", text="Ora è nuova.", outcome="closed_successful")
        await page.locator("[data-slot=status]").click()
        await expect(page.locator("main")).to_contain_text("Ora è nuova.")
        await press(page, "Sì")
        await expect(page.locator("[name=helpful][value=yes]")).to_have_attribute("aria-pressed", "true")
        await press(page, "Ringrazia")
        await expect(page.get_by_role("button", name="Ringrazia")).to_have_count(0)
        view = await system.until(ticket, lambda view: view["thanked"])
        assert view["helpful"] is True
        await page.locator(".sp-links summary").click()
        await page.locator(".sp-links button").click()
        await page.wait_for_load_state()

        # A new link, for who has lost theirs; and what was asked before.
        await page.get_by_role("link", name="Chiedi un nuovo collegamento").click()
        await press(page, "Mandami il collegamento")
        await expect(page.locator("#number-error")).to_be_visible()
        await page.locator("#number").fill(number)
        await page.locator("#email").fill(email)
        await press(page, "Mandami il collegamento")
        await expect(page.locator("main [role=status]")).to_be_visible()
        await page.goto(f"{intake}/faq")
        await page.locator("#q").fill("password")
        await press(page, "Cerca")
        question = page.locator("main details").first
        await question.locator("summary").click()
        await expect(question.locator(".sp-answer")).to_be_visible()


async def test_what_was_asked_again_is_answered_by_its_plain_page(system: System) -> None:
    ticket = await system.opened()
    asked = await system.wish(ticket, "information-requests", text="Che nome utente hai?", fields=["username"])
    assert asked["facts"]
    article = (await system.view(ticket))["information"]["article"]
    token = information_token(ticket["id"], article, system.stack.settings["SPORTELLO_SIGNING_KEY"])
    async with a_plain_page() as page:
        await page.goto(f"{system.stack.urls.intake}/information/{token}")
        await page.locator("[name=username]").fill("?" * 99)
        await press(page, "Invia")
        await expect(page.locator("[data-part=summary]")).to_be_visible()
        await page.locator("[name=username]").fill("a.rossi")
        await press(page, "Invia")
        await expect(page.locator("output")).to_have_text(ticket["number"])
    view = await system.until(ticket, lambda view: view["information"] is None)
    assert view["articles"][-1]["fields"] == {"username": "a.rossi"}


async def test_le_mie_richieste_by_plain_pages(system: System) -> None:
    portal = system.stack.urls.portal
    open_one, asked, closed = await asyncio.gather(*(system.opened(CHIARA) for _ in range(3)))
    done = await system.wish(asked, "information-requests", text="Che nome utente hai?", fields=["username"])
    assert done["facts"]
    await system.wish(closed, "answers", text="La password è nuova.", outcome="closed_successful")
    async with a_plain_page() as page:
        await sign_in(page, portal, CHIARA.name, "/my")
        await page.locator("#q").fill(open_one["number"])
        await press(page, "Cerca")
        await page.locator(".row-link").click()
        await expect(page.locator("main")).to_contain_text(open_one["number"])

        # A message: without words, with a file that is none, and as it should be.
        await press(page, "Invia il messaggio")
        await expect(page.locator("#my-refused")).to_be_visible()
        await page.locator("#my-text").fill("Ecco la tessera.")
        await page.locator("#my-files").set_input_files(FilePayload(name="a.png", mimeType="image/png", buffer=EXE))
        await press(page, "Invia il messaggio")
        await expect(page.locator("#my-refused")).to_be_visible()
        await expect(page.locator("#my-text")).to_have_value("Ecco la tessera.")
        await press(page, "Invia il messaggio")
        await expect(page.locator(".notice-good")).to_be_visible()
        await expect(page.locator(".articles")).to_contain_text("Ecco la tessera.")

        # What was asked again.
        await page.goto(f"{portal}/my/{asked['number']}")
        await page.locator("[name=username]").fill("c.russo")
        await page.locator("#answer-question").click()
        await expect(page.locator(".notice-good")).to_be_visible()
        await expect(page.locator("#answer-question")).to_have_count(0)

        # Of use, thanked for, its links ended, opened again.
        await page.goto(f"{portal}/my?show=closed")
        await page.locator(f"a[href='/my/{closed['number']}']").click()
        await expect(page.locator(".articles")).to_contain_text("La password è nuova.")
        await press(page, "Sì")
        await expect(page.locator("[name=helpful][value=yes]")).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name=re.compile("Ringrazia|grazie")).click()
        await expect(page.locator(".notice-good")).to_be_visible()
        view = await system.view(closed)
        assert (view["thanked"], view["helpful"]) == (True, True)
        await page.locator(".my-more summary").click()
        await page.locator(".my-more form button").click()
        await expect(page.locator(".notice-good")).to_be_visible()
        await page.locator("#my-text").fill("Non è così: la password nuova non va.")
        await page.locator("#my-send").click()
        await expect(page.locator(".articles")).to_contain_text("la password nuova non va")
        await system.until(closed, lambda view: view["state"] not in ("closed_successful", "closed_unsuccessful"))

        # In the other theme and language and back (the choice is hers wherever she is signed in), and out.
        for name, value, attribute in (
            ("theme", "dark", "data-theme"),
            ("language", "en", "lang"),
            ("theme", "auto", "data-theme"),
            ("language", "it", "lang"),
        ):
            await page.locator("#who summary").click()
            await page.locator(f".who-panel button[name={name}][value={value}]").click()
            await expect(page.locator("html")).to_have_attribute(attribute, value)
        await page.locator("#who summary").click()
        await press(page, "Esci")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Accedi")
