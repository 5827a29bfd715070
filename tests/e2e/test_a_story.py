"""The first story: one form submission goes all the way, and everybody sees it without reloading."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from shared.ids import random_id
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.system import System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
# A live change goes POST -> broker -> stream -> page; on a busy machine it may take its time.
LIVE = 20_000


async def fill_in(page: Page, email: str) -> None:
    """The form on the pretend university's site."""
    form = page.locator("sportello-form")
    await form.get_by_label("Nome e cognome").fill("Ada Rossi")
    await form.get_by_label("Indirizzo e-mail").fill(email)
    await form.locator("[name=role][value=student]").check()
    await form.locator("[name=kind][value=password]").check()
    await form.locator("textarea[name=description]").fill("Non riesco più a entrare: la password non va.")
    await form.get_by_role("button", name=re.compile("Invia")).click()


async def test_s1_to_s12_a_submission_goes_all_the_way(system: System) -> None:
    """S1, S4, S6, S7, S8, S9, S12, S19, S21: from a site's form to the second mail, in four browsers."""
    urls = system.stack.urls
    email = f"ada-{random_id()[:8]}@studenti.example"
    complaints = Complaints()
    async with a_browser() as browser:
        giulia, marco = [await a_page(browser, complaints) for _ in range(2)]
        await sign_in(giulia, urls.portal, "Giulia Conti")
        await sign_in(marco, urls.portal, "Marco Ferri")
        for operator in (giulia, marco):
            await expect(operator.get_by_role("heading", level=1)).to_have_text("Cruscotto")

        # The user, on the university's own site, which is another origin.
        ada = await a_page(browser, complaints, wide=False)
        await ada.goto(f"{urls.site}/credenziali")
        await fill_in(ada, email)
        shown = ada.locator("sportello-form output")
        await expect(shown).to_be_visible()
        number = (await shown.inner_text()).replace(" ", "")
        assert re.fullmatch(r"\d{14,}", number)

        # The confirmation.
        (receipt,) = await asyncio.to_thread(system.stack.mails.wait_for, 1, to=email)
        assert f"[Ticket#{number}]" in receipt["subject"]
        assert "la password non va" not in receipt["text"] + receipt["html"]
        assert "Ada" not in receipt["text"] + receipt["html"]

        # Both dashboards show it, without reload.
        row = f"[data-row] a[href='/tickets/{number}']"
        for operator in (giulia, marco):
            await expect(operator.locator(row).first).to_be_visible(timeout=LIVE)

        # Giulia takes it in charge; Marco sees her name, the user gets the second mail.
        await giulia.locator(row).first.click()
        await giulia.get_by_role("button", name="Prendi in carico").click()
        marcos = marco.locator("[data-row]", has=marco.locator(f"a[href='/tickets/{number}']")).first
        await expect(marcos).to_contain_text("Giulia Conti", timeout=LIVE)
        mails = await asyncio.to_thread(system.stack.mails.wait_for, 2, to=email)
        assert len({mail["message_id"] for mail in mails}) == 2
        assert all(f"[Ticket#{number}]" in mail["subject"] for mail in mails)
        references = {mail["headers"]["References"] for mail in mails}
        assert len(references) == 1

        # The ticket's whole history, with both mails delivered.
        await expect(giulia.locator("#ticket")).to_contain_text("Inviata", timeout=LIVE)
        ticket = await system.ticket_of(email)
        assert ticket
        assert ticket["owner"]["name"] == ticket["responsible"]["name"] == "Giulia Conti"
        assert ticket["state"] == "open"
        kinds = [article["kind"] for article in ticket["articles"]]
        assert kinds == ["request", "mail_receipt", "mail_taken"]
    assert complaints.found == []


async def still_unread(route: Route) -> None:
    """Let a page load, but not read itself again."""
    again = route.request.method == "GET" and "hx-request" in route.request.headers
    await (route.abort() if again else route.fallback())


async def test_s12_of_two_who_take_at_once_the_second_is_told_by_name(system: System) -> None:
    urls = system.stack.urls
    email = f"ada-{random_id()[:8]}@studenti.example"
    await system.send_until_accepted(email)
    ticket = None
    while ticket is None:
        ticket = await system.ticket_of(email)
    complaints = Complaints("Failed to load resource")
    async with a_browser() as browser:
        marco = await a_page(browser, complaints)
        await marco.route("**/events", lambda route: route.abort())
        await marco.route("**/*", still_unread)
        await sign_in(marco, urls.portal, "Marco Ferri", f"/tickets/{ticket['number']}")
        # Giulia is faster while Marco's page hears nothing and does not read itself again.
        await system.take(ticket)
        await marco.get_by_role("button", name="Prendi in carico").click()
        await expect(marco.locator("body")).to_contain_text("Giulia Conti")
    taken = await system.ticket_of(email)
    assert taken
    assert taken["owner"]["name"] == "Giulia Conti"
