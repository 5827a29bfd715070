"""Answer templates on the ticket's page, without JavaScript and with it."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House, fields
from tests.integration.test_portal_verbs import form, send, typed
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
HOUSE = {"send_window": 600}

# Of the sample request, which has no user name of its own.
GIVEN: dict[str, Any] = {"language": "en"}


async def test_a_template_comes_in_the_users_language_below_what_was_typed(house: House) -> None:
    number = await house.ticket(**GIVEN)
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        assert "Come si imposta una nuova password" in shown(form(page, "answers"))
        assert "Pagamento trovato" not in page
        data = {**fields(page, "csrf", "key", "seen"), "form": "answers", "text": "Dear Luca,", "outcome": ""}
        put = {**data, "template": "thanks-and-close", "outcome": "closed_successful"}
        page = (await giulia.post(f"/drafts/{number}/template/answers", data=put)).text
        text = typed(page, "answers", "text")
        assert text.startswith("Dear Luca,\n\nyour request “Richiesta")
        assert number in text
        assert 'value="closed_successful" checked' in form(page, "answers")
        # As a script asks for it.
        address = f"/drafts/{number}/template/notes"
        note = (await giulia.get(address, params={"template": "phone-call"})).text
        assert note.startswith("Telefonata del")
        assert "Giulia Conti" in note


async def test_what_is_not_filled_in_is_asked_before_it_leaves(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        text = "La tua utenza è [Nome utente?]."
        page = await send(giulia, page, "answers", text=text, outcome="")
        assert "Qualcosa non è ancora compilato: [Nome utente?]" in shown(page)
        assert typed(page, "answers", "text") == text
        assert "mails-undo" not in page
        page = await send(giulia, page, "answers", text=text, outcome="", unfilled="yes")
        assert "Fatto." in shown(page)


@pytest.mark.parametrize(
    "path",
    ["answers?template=payment-found", "answers?template=", "forwards?template=thanks-and-close", "x?template=y"],
)
async def test_templates_that_this_form_has_not_are_not_there(house: House, path: str) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        assert (await giulia.get(f"/drafts/{number}/template/{path}")).status_code == 404
    async with house.person("luca.bianchi") as luca:
        refused = await luca.get(f"/drafts/{number}/template/answers?template=thanks-and-close")
        assert refused.status_code == 403


@needs_chromium
async def test_with_the_keyboard_alone_a_template_comes_in_at_the_caret(house: House) -> None:
    number, complaints = await house.ticket(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Giulia Conti", f"/tickets/{number}")
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        await page.keyboard.press("r")
        box = page.get_by_label("La tua risposta")
        await box.fill("Prima.\n\nDopo.")
        await box.evaluate("box => box.setSelectionRange(7, 7)")
        await page.locator("#templates-answers > summary").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Cerca un modello")).to_be_focused()
        await page.keyboard.type("identita")
        await expect(page.locator("#templates-answers .template:visible")).to_have_count(1)
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(box).to_be_focused()
        text = await box.input_value()
        assert text.startswith("Prima.\nabbiamo verificato l’identità")
        assert text.endswith("\nDopo.")
        marked = page.locator("#form-answers .marks mark")
        if await marked.count():
            selected = await box.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)")
            assert selected == await marked.first.inner_text()
        await expect(page.locator("#form-answers .draft-line")).to_contain_text("Bozza salvata alle")
    assert complaints.found == []
