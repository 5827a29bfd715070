"""Questions to the second level in a real browser: the ticket shows by itself how they stand, and keys are enough."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House
from tests.integration.test_portal_browser import LIVE
from tests.integration.test_portal_questions import TITLE, ask, child_of, read
from tests.integration.test_portal_verbs import send

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
HOUSE = {"send_window": 600}

ANSWER = "Sì, esiste.\nÈ stato spento nel 2021."


async def opened(page: Page, house: House, name: str, number: str) -> None:
    """This person's page of the ticket, listening."""
    await sign_in(page, house.settings.portal_url, name, f"/tickets/{number}")
    await expect(page.locator("#live-state.is-on")).to_be_visible()


async def test_s17_the_ticket_shows_by_itself_how_its_question_stands_and_its_answer_is_used(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser, house.person("anna.villa") as anna:
        page = await a_page(browser, complaints)
        await opened(page, house, "Giulia Conti", number)
        await page.keyboard.press("q")
        await page.keyboard.type(TITLE)
        await page.keyboard.press("Tab")
        await page.keyboard.type("Lo trovate nel registro?")
        await page.locator("#questions-queue").select_option("credentials-identity")
        await page.locator("#form-questions").locator("[value=kind]").check()
        await page.locator("#form-questions").get_by_role("button", name="Chiedi al secondo livello").click()
        await expect(page.locator("#notices")).to_contain_text(f"Chiesto al secondo livello: {TITLE}")
        card = page.locator("#questions-card")
        await expect(card.get_by_role("link", name=TITLE)).to_be_visible(timeout=LIVE)
        await expect(card).to_contain_text("Ancora nessuno")
        child = await child_of(anna, number)
        # What somebody is writing to the user stays, and the answer comes below it.
        await page.locator("h1").click()
        await page.keyboard.press("r")
        await page.keyboard.type("Gentile Luca,")
        await send(anna, await read(anna, child), "responsible", to="marco.ferri")
        await send(anna, await read(anna, child), "question-answer", text=ANSWER)
        await expect(page.locator("#articles")).to_contain_text("È stato spento nel 2021.", timeout=LIVE)
        await expect(page.locator("#news")).to_contain_text("Anna Villa ha concluso una domanda al secondo livello")
        await expect(card).to_contain_text("Ha avuto risposta")
        await page.locator("#articles").get_by_role("link", name="Usa nella risposta").click()
        box = page.get_by_label("La tua risposta")
        await expect(box).to_have_value(f"Gentile Luca,\n\n{ANSWER}")
        await expect(box).to_be_focused()
        assert page.url.endswith(f"/tickets/{number}")
        # What a button wrote is kept as what a hand wrote.
        async with house.person("giulia.conti") as elsewhere:

            async def kept() -> bool:
                return f"{ANSWER}</textarea>" in await read(elsewhere, number)

            await eventually(kept)
        # Read before it is sent: the answer of the second level came after the writing had begun.
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("ha concluso una domanda al secondo livello")
        await expect(box).to_have_value(f"Gentile Luca,\n\n{ANSWER}")
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("Fatto.")
    assert complaints.found == []


async def test_a_question_s_page_fits_a_phone_and_its_keys_answer_and_send_back(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser, house.person("giulia.conti") as giulia:
        await ask(giulia, number, queue="credentials-identity")
        child = await child_of(giulia, number)
        page = await a_page(browser, complaints, wide=False)
        await opened(page, house, "Anna Villa", child)
        await expect(page.locator("#banner-question")).to_contain_text("Interna: l’utente non la vede mai")
        # In one breath: the page may read itself again between two looks.
        assert await page.evaluate(
            "() => ['articles', 'in-charge-card'].map((id) => document.getElementById(id).getBoundingClientRect().top)"
            ".reduce((excerpt, people) => excerpt < people)"
        )
        await page.keyboard.press("b")
        await expect(page.locator("#question-return-reason")).to_be_focused()
        await page.keyboard.type("Manca il codice fiscale")
        await page.locator("h1").click()
        await page.keyboard.press("n")
        await page.keyboard.type("Ciao,")
        await page.get_by_text("Nomina un collega").click()
        await page.get_by_role("button", name="Giulia Conti").click()
        await expect(page.get_by_label("La tua nota")).to_have_value("Ciao, @giulia.conti ")
        await page.get_by_role("button", name="Salva la nota").click()
        await expect(page.locator(".mention")).to_have_text("@giulia.conti")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.locator("#form-question-return").get_by_role("button", name="Rimanda indietro").click()
        await expect(page.locator("#notices")).to_contain_text("Rimandata indietro senza risposta")
        await expect(page.locator("#ticket-head")).to_contain_text("Rimandata indietro")
        await page.get_by_role("link", name="Apri il ticket").click()
        await expect(page.locator("#articles")).to_contain_text("Manca il codice fiscale", timeout=LIVE)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints.found == []


async def test_closing_with_an_open_question_asks_in_the_form_itself(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser, house.person("giulia.conti") as giulia:
        page = await a_page(browser, complaints)
        await opened(page, house, "Marco Ferri", number)
        await page.keyboard.press("r")
        await page.keyboard.type("Ecco fatto")
        await page.locator("#form-answers").get_by_label("Chiudi con successo").check()
        await ask(giulia, number, queue="credentials-mail")
        await expect(page.locator("#questions-card")).to_be_visible(timeout=LIVE)
        # The form being written stays as it is; sending it brings the question up.
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#form-answers")).to_contain_text("1 domanda al secondo livello è ancora aperta.")
        await expect(page.get_by_label("La tua risposta")).to_have_value("Ecco fatto")
        await page.locator("#form-answers").get_by_label("Aspetta le risposte, poi chiudi da solo").check()
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("Fatto.")
        await page.get_by_role("button", name="Invia subito").click()
        await expect(page.locator("#hold-card")).to_contain_text(re.compile("Aspetta le risposte alle sue domande"))
    assert complaints.found == []


async def test_watching_begins_and_ends_with_a_press(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await opened(page, house, "Giulia Conti", number)
        watching = page.locator("#watching")
        await watching.get_by_role("button", name="Segui", exact=True).click()
        await expect(watching).to_contain_text("Non seguire più")
        await page.locator("#panel-watch > summary").click()
        await page.locator("#watch-person").select_option("anna.villa")
        await watching.get_by_role("button", name="Aggiungi").click()
        await expect(watching.locator(".labels")).to_contain_text("Anna Villa")
        await watching.get_by_role("button", name="Anna Villa non segue più").click()
        await expect(watching.locator(".labels")).not_to_contain_text("Anna Villa")
        await watching.get_by_role("button", name="Non seguire più").click()
        await expect(watching.get_by_role("button", name="Segui", exact=True)).to_be_visible()
    assert complaints.found == []


async def test_an_answer_that_is_cut_on_the_page_is_used_whole(house: House) -> None:
    number, complaints, long = (
        await house.ticket(),
        Complaints(),
        "\n".join(f"Riga {n}: tutto spiegato." for n in range(300)),
    )
    async with a_browser() as browser, house.person("giulia.conti") as giulia, house.person("anna.villa") as anna:
        await ask(giulia, number)
        child = await child_of(anna, number)
        await send(anna, await read(anna, child), "question-answer", text=long)

        async def answered() -> bool:
            return "Usa nella risposta" in await read(giulia, number)

        await eventually(answered)
        page = await a_page(browser, complaints)
        await opened(page, house, "Giulia Conti", number)
        await page.keyboard.press("r")
        await page.keyboard.type("Gentile Luca,")
        article = page.locator("#articles")
        await expect(article).not_to_contain_text("Riga 299")
        await article.get_by_role("link", name="Usa nella risposta").click()
        await expect(page.get_by_label("La tua risposta")).to_have_value(f"Gentile Luca,\n\n{long}")
        assert page.url.endswith(f"/tickets/{number}")
        await article.get_by_role("link", name="Mostra tutto").click()
        await expect(page.locator("main .typed")).to_contain_text("Riga 299")
        await page.get_by_role("link", name="Torna al ticket").click()
        await expect(page.get_by_label("La tua risposta")).to_have_value(f"Gentile Luca,\n\n{long}")
    assert complaints.found == []
