"""S24: a user follows all own requests, and nobody else's, in a real browser."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.system import GIULIA, System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]


async def test_s24_a_signed_in_user_sends_a_form_and_follows_it(system: System) -> None:
    """The portal vouches for Luca; his request is his, with his name and address, and only he finds it."""
    urls = system.stack.urls
    complaints = Complaints("404")
    async with a_browser() as browser:
        luca = await a_page(browser, complaints, wide=False)
        await sign_in(luca, urls.portal, "Luca Bianchi", "/my")
        await luca.get_by_role("link", name="Nuova richiesta").first.click()
        await luca.get_by_role("link", name="Problemi con le credenziali", exact=True).click()
        await expect(luca.get_by_label("Nome e cognome")).to_have_value("Luca Bianchi")
        await luca.locator("[name=role][value=student]").check()
        await luca.locator("[name=kind][value=locked]").check()
        await luca.locator("textarea[name=description]").fill("Il mio account è bloccato da ieri sera.")
        await luca.get_by_role("button", name=re.compile("Invia")).click()
        number = (await luca.locator("output").inner_text()).replace(" ", "")

        ticket = await system.tickets.get(f"/tickets/{number}", GIULIA)
        assert ticket["requester"]["subject"] == "luca.bianchi"
        assert ticket["requester"]["verified"]

        await luca.goto(f"{urls.portal}/my")
        await expect(luca.locator("#live")).to_contain_text("Ricevuta")
        await luca.locator(f"a[href='/my/{number}']").click()
        await expect(luca.locator("main")).to_contain_text("bloccato da ieri sera")

        # Taken in charge: his open page says so by itself, and names nobody.
        await system.take(ticket)
        await expect(luca.locator("main")).to_contain_text("Presa in carico", timeout=20_000)
        assert "Giulia" not in await luca.content()

        # Another user finds nothing, by any of its addresses.
        chiara = await a_page(browser, complaints)
        await sign_in(chiara, urls.portal, "Chiara Russo", "/my")
        for path in (f"/my/{number}", f"/tickets/{number}", f"/my/{ticket['id']}"):
            answer = await chiara.goto(urls.portal + path)
            assert answer
            assert answer.status in (403, 404)
            assert "bloccato da ieri sera" not in await chiara.content()
    assert complaints.found == []
