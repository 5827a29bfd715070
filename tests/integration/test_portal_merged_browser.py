"""A ticket that is merged or closed under one's hands, in a real browser: said by whom, and the text goes on."""

import re

import pytest
from playwright.async_api import expect

from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House, fields
from tests.integration.test_portal_verbs import form, send, typed

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
HOUSE = {"send_window": 600}

BEGUN = "Gentile Luca,\nla risposta che stavo scrivendo"
LIVE = 10_000  # ms in which what a colleague did must be seen


async def marco_does(house: House, number: str, name: str, **filled: str) -> None:
    async with house.person("marco.ferri") as marco:
        await send(marco, (await marco.get(f"/tickets/{number}")).text, name, **filled)


async def test_an_answer_goes_on_in_the_ticket_that_a_colleague_merged_it_into(house: House) -> None:
    number, target, complaints = await house.ticket(), await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Giulia Conti", f"/tickets/{number}")
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        await page.locator("#panel-answers > summary").click()
        box = page.locator("#answers-text")
        await box.press_sequentially(BEGUN)
        await marco_does(house, number, "merge", target=target)
        told = page.locator("#form-answers .form-news")
        await expect(told).to_contain_text(f"Marco Ferri ha unito questo ticket a {target}", timeout=LIVE)
        await expect(box).to_be_focused()
        await expect(box).to_have_value(BEGUN)
        await told.get_by_role("button", name=f"Porta il testo nel ticket {target}").click()
        await page.wait_for_url(re.compile(f"/tickets/{target}"))
        await expect(box).to_have_value(BEGUN)
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("Fatto.")
        await page.goto(f"{house.settings.portal_url}/drafts")
        await expect(page.get_by_text("Non hai iniziato nulla")).to_be_visible()
    assert complaints.found == []


async def test_a_ticket_closed_meanwhile_says_what_to_do_with_the_text(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Giulia Conti", f"/tickets/{number}")
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        await page.locator("#panel-answers > summary").click()
        await page.locator("#answers-text").press_sequentially(BEGUN)
        async with house.person("marco.ferri") as marco:
            page_of_marco = (await marco.get(f"/tickets/{number}")).text
            page_of_marco = await send(marco, page_of_marco, "close", outcome="closed_unsuccessful", reason="Doppio")
            undo = re.search(r"form-(mails-send-[0-9a-f-]+)", page_of_marco)
            assert undo
            await send(marco, page_of_marco, undo[1])
        told = page.locator("#form-answers .form-news")
        await expect(told).to_contain_text("Ora questo ticket è chiuso", timeout=LIVE)
        await expect(page.locator("#answers-text")).to_have_value(BEGUN)
        await page.locator("#panel-reopen > summary").click()
        await page.get_by_role("button", name="Riapri il ticket").click()
        await expect(told).to_be_empty()
        await expect(page.locator("#answers-text")).to_have_value(BEGUN)
    assert complaints.found == []


async def test_without_javascript_the_text_goes_on_there_too(house: House) -> None:
    number, target = await house.ticket(), await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        data = {**fields(form(page, "answers"), "csrf", "key"), "text": BEGUN}
        await giulia.post(f"/drafts/{number}/save/answers", data=data)
        there = {**data, "text": "Già iniziata"}
        await giulia.post(f"/drafts/{target}/save/answers", data={**there, "key": "another"})
        await marco_does(house, number, "merge", target=target)

        async def merged() -> str | None:
            page = (await giulia.get(f"/tickets/{number}")).text
            return page if "Porta il testo" in form(page, "answers") else None

        page = str(await eventually(merged))
        assert typed(page, "answers", "text") == BEGUN
        moved = await giulia.post(f"/drafts/{number}/move/answers", data=data)
        assert moved.url.path == f"/tickets/{target}"
        assert typed(moved.text, "answers", "text") == f"Già iniziata\n\n{BEGUN}"
        assert BEGUN not in (await giulia.get(f"/tickets/{number}")).text
