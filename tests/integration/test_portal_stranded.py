"""A session that ended while somebody was writing: the text is there again, and nobody else ever gets it."""

import time

import pytest
from playwright.async_api import expect

from shared.mongo import Database
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House, field, fields
from tests.integration.test_portal_verbs import form, send, typed
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TEXT = "Gentile Luca,\nquesto <b>non</b> deve andare perso."
DAY = 86_400


async def expire(house: House, ago: float = 60) -> None:
    """Everybody's session ended so many seconds ago."""
    database = Database(house.settings.mongo_url, f"{house.settings.mongo_prefix}_portal")
    ids = [row["_id"] async for row in database.collection("sessions").find({})]
    for each in ids:
        await database.collection("sessions").update_one({"_id": each}, {"$set": {"expires_at": time.time() - ago}})
    await database.close()


async def written(house: House, number: str, ago: float = 60) -> dict[str, str]:
    """The form that Giulia sends when her session has ended."""
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        await expire(house, ago)
        return {**fields(form(page, "answers"), "csrf", "key", "seen"), "form": "answers", "text": TEXT, "outcome": ""}


@pytest.mark.parametrize("files", [None, {"files": ("a.txt", b"x", "text/plain")}])
async def test_what_was_sent_after_the_end_is_in_its_form_after_signing_in(
    house: House, files: dict[str, tuple[str, bytes, str]] | None
) -> None:
    number = await house.ticket()
    data = await written(house, number)
    async with house.browser() as browser:
        answer = await browser.post(f"/tickets/{number}/answers", data=data, files=files)
        assert answer.status_code == 401
        assert "appena accedi di nuovo" in shown(answer.text)
        assert f"next=%2Ftickets%2F{number}%23form-answers" in answer.text
    async with house.person("marco.ferri") as marco:
        assert "andare perso" not in (await marco.get(f"/tickets/{number}")).text
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        assert typed(page, "answers", "text") == TEXT
        assert "Fatto." in shown(await send(giulia, page, "answers", text=TEXT, outcome=""))


async def test_a_form_that_was_sent_already_does_not_come_back_as_a_draft(house: House) -> None:
    """The answer to it was lost, the session ended, and it is sent again."""
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        data = {**fields(form(page, "notes"), "csrf", "key", "seen"), "form": "notes", "text": TEXT}
        assert (await giulia.post(f"/tickets/{number}/notes", data=data)).status_code == 200
        await expire(house)
    async with house.browser() as browser:
        answer = await browser.post(f"/tickets/{number}/notes", data=data)
        assert (answer.status_code, "era già stato inviato" in shown(answer.text)) == (401, True)
        assert "andare perso" in answer.text
    async with house.person("giulia.conti") as giulia:
        assert typed((await giulia.get(f"/tickets/{number}")).text, "notes", "text") == ""


async def test_a_form_of_before_signing_in_again_is_kept_too(house: House) -> None:
    number = await house.ticket()
    data = await written(house, number)
    async with house.person("giulia.conti") as giulia:
        answer = await giulia.post(f"/tickets/{number}/answers", data=data)
        assert answer.status_code == 403
        assert "lo ritrovi nel suo modulo nella pagina del ticket" in shown(answer.text)
        assert typed((await giulia.get(f"/tickets/{number}")).text, "answers", "text") == TEXT


async def test_nobody_writes_into_the_drafts_of_another(house: House) -> None:
    """Each is refused, and gives the text back to whoever sent it: to be copied."""
    number = await house.ticket()
    long_ago = await written(house, number, ago=2 * DAY)
    data = await written(house, number)
    async with house.browser() as browser:
        guessed = await browser.post(f"/tickets/{number}/answers", data={**data, "csrf": "guessed"})
        old = await browser.post(f"/tickets/{number}/answers", data=long_ago)
        # A cookie of somebody else's session.
        browser.cookies.set("sportello", "another")
        foreign = await browser.post(f"/tickets/{number}/answers", data=data)
        for answer in (guessed, old, foreign):
            assert answer.status_code == 401
            assert "copialo ora" in shown(answer.text)
            assert "<b>non</b>" not in answer.text
    async with house.person("marco.ferri") as marco:
        answer = await marco.post(f"/tickets/{number}/answers", data=data)
        assert (answer.status_code, "copialo ora" in shown(answer.text)) == (403, True)
        assert typed((await marco.get(f"/tickets/{number}")).text, "answers", "text") == ""
    # From another site's page nothing is kept, and nothing comes back.
    async with house.browser() as browser:
        headers = {"sec-fetch-site": "cross-site"}
        answer = await browser.post(f"/tickets/{number}/answers", data=data, headers=headers)
        assert (answer.status_code, "andare perso" in answer.text) == (303, False)
    async with house.person("giulia.conti") as giulia:
        assert typed((await giulia.get(f"/tickets/{number}")).text, "answers", "text") == ""


async def test_a_session_ended_by_hand_keeps_nothing(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        data = {**fields(page, "csrf", "key", "seen"), "form": "notes", "text": TEXT}
        await giulia.post("/sign-out", data={"csrf": field(page, "csrf")})
        answer = await giulia.post(f"/tickets/{number}/notes", data=data)
        assert (answer.status_code, "copialo ora" in shown(answer.text)) == (401, True)


async def test_a_text_that_no_page_can_hold_is_told_how_to_get_it_back(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        for name in ("answers", "notes"):
            data = {**fields(form(page, name), "csrf", "key", "seen"), "form": name}
            large = await giulia.post(f"/tickets/{number}/{name}", data={**data, "text": "x" * 10_000_000})
            assert large.status_code == 413
            assert "Torna indietro con il pulsante del browser" in shown(large.text)
            assert len(large.text) < 50_000
            assert "default-src 'self'" in large.headers["content-security-policy"]
            longer = await giulia.post(f"/tickets/{number}/{name}", data={**data, "text": "x" * 50_001})
            assert typed(longer.text, name, "text") == "x" * 50_001


@needs_chromium
async def test_with_a_page_still_open_the_text_stays_and_is_sent_after_signing_in_in_another_tab(
    house: House,
) -> None:
    number, complaints = await house.ticket(), Complaints("the server responded with a status of")
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Giulia Conti", f"/tickets/{number}")
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        await page.keyboard.press("r")
        await expire(house)
        await page.keyboard.type(TEXT)
        box = page.get_by_label("La tua risposta")
        await expect(page.locator("#form-answers .draft-line")).to_contain_text("la sessione è finita")
        await expect(page.get_by_role("alert")).to_contain_text("La sessione è finita")
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(box).to_have_value(TEXT)
        async with page.context.expect_page() as opened:
            await page.get_by_role("link", name="Accedi di nuovo in un’altra scheda").click()
        other = await opened.value
        await other.get_by_role("button", name="Giulia Conti").click()
        await expect(other.get_by_role("heading", level=1)).to_be_visible()
        await other.close()
        await page.bring_to_front()
        await page.evaluate("window.dispatchEvent(new Event('focus'))")
        await expect(page.locator("#said-signed-out")).to_have_count(0)
        await expect(page.locator("#form-answers .draft-line")).to_contain_text("Bozza salvata alle")
        await expect(box).to_have_value(TEXT)
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("Fatto.")
    assert complaints.found == []
