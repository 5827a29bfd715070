"""Le mie richieste before the real tickets service: found, thanked, rated, downloaded, on a phone."""

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from shared.identity import follow_token
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import field
from tests.integration.test_information import KEY, PAGE, SECRET, House, house, luca  # noqa: F401
from tests.unit.samples import a_requester
from tests.unit.shared.formsamples import PDF

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


async def test_a_search_finds_subject_and_number_and_never_a_tag(house: House, luca: httpx.AsyncClient) -> None:  # noqa: F811
    ticket = await house.ticket(subject="Fotocopie tremolanti")
    await house.wish(ticket, "tags", add=["segretissima"])
    for words in ("tremol foto", "FOTOCOPIE", ticket["number"]):
        assert f"/my/{ticket['number']}" in (await luca.get("/my", params={"q": words})).text
    for words in ("segretissima", "Luca", "(?=", "%$"):
        assert f"/my/{ticket['number']}" not in (await luca.get("/my", params={"q": words})).text
    await house.wish(ticket, "close", outcome="closed_successful", reason="Fatto.")
    page = (await luca.get("/my", params={"q": "tremolanti"})).text
    assert "È fra quelle chiuse" in page
    assert 'href="/my?q=tremolanti&amp;show=closed"' in page
    assert f"/my/{ticket['number']}" in (await luca.get("/my?show=closed&q=tremolanti")).text
    open_one = await house.ticket(subject="Altre tremolanti")
    for tab, here, there in (("open", open_one, "chiuse"), ("closed", ticket, "aperte")):
        page = (await luca.get("/my", params={"show": tab, "q": "tremolanti"})).text
        assert f"/my/{here['number']}" in page
        assert f"Ce n’è anche fra quelle {there}" in page
    assert "Ce n’è anche" not in (await luca.get("/my?q=altre%20tremolanti")).text
    assert (await luca.get("/my?after=garbage&show=nonsense")).status_code == 200


async def test_thanks_and_a_rating_leave_it_closed(house: House, luca: httpx.AsyncClient) -> None:  # noqa: F811
    ticket = await house.ticket()
    address = f"/my/{ticket['number']}"
    await house.wish(ticket, "notes", text="Nota solo nostra.")
    await house.wish(ticket, "close", outcome="closed_successful", reason="Fatto.")
    page = (await luca.get(address)).text
    token = {"csrf": field(page, "csrf"), "key": "one"}
    assert "Grazie" in (await luca.post(f"{address}/thanks", data=token)).text
    for helpful in ("no", "yes"):
        page = (await luca.post(f"{address}/rating", data={**token, "key": helpful, "helpful": helpful})).text
    assert "Hai detto che ti è stata utile" in page
    assert "Nota solo nostra." not in page
    assert "Giulia" not in page
    assert (await luca.post(f"{address}/rating", data={**token, "helpful": "perhaps"})).status_code == 422
    view = await house.view(ticket)
    assert (view["state"], view["thanked"], view["helpful"]) == ("closed_successful", True, True)
    said = [row["name"] for row in view["journal"]]
    assert (said.count("ticket.thanked.v1"), said.count("ticket.rated.v1")) == (1, 2)


async def test_thanks_for_what_was_opened_again_meanwhile_are_not_silently_lost(
    house: House,  # noqa: F811
    luca: httpx.AsyncClient,  # noqa: F811
) -> None:
    ticket = await house.ticket()
    address = f"/my/{ticket['number']}"
    token = {"csrf": field((await luca.get(address)).text, "csrf"), "key": "late"}
    page = (await luca.post(f"{address}/thanks", data=token)).text
    assert "Non abbiamo potuto registrarlo" in page
    assert ticket["number"] in page


async def test_who_sends_too_much_is_told_when_to_come_back_and_keeps_what_was_typed(house: House) -> None:  # noqa: F811
    ticket = await house.ticket(requester=a_requester(subject="chiara.russo"))
    asked = await house.ticket(requester=a_requester(subject="chiara.russo"))
    await house.ask(asked, "username")
    address = f"/my/{ticket['number']}"
    async with httpx.AsyncClient(base_url=house.settings.portal_url, timeout=10, headers=PAGE) as chiara:
        assert (await chiara.post("/sign-in", data={"person": "chiara.russo"})).status_code == 303
        token = {"csrf": field((await chiara.get(address)).text, "csrf"), "key": "k"}
        # What is refused counts too: reading it is the work.
        for _ in range(60):
            assert (await chiara.post(f"{address}/replies", data={**token, "text": ""})).status_code == 422
        seq = (await house.view(ticket))["seq"]
        for path, typed, told in (
            ("replies", {"text": "Resta <qui>."}, "Quello che hai scritto è ancora qui"),
            ("thanks", {}, "quindi non l’abbiamo registrato"),
            ("rating", {"helpful": "yes"}, "quindi non l’abbiamo registrato"),
            ("end-links", {}, "quindi non l’abbiamo registrato"),
        ):
            answer = await chiara.post(f"{address}/{path}", data={**token, **typed})
            assert answer.status_code == 429, path
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert told in answer.text
            assert 'value="k"' in answer.text or path != "replies"
        assert (
            "Resta &lt;qui&gt;."
            in (await chiara.post(f"{address}/replies", data={**token, "text": "Resta <qui>."})).text
        )
        article = (await house.view(asked))["information"]["article"]
        small = {**token, "article": article, "asked": "username", "username": "m.rossi4"}
        answer = await chiara.post(f"/my/{asked['number']}/information", data=small)
        assert (answer.status_code, 'value="m.rossi4"' in answer.text) == (429, True)
        # Reading goes on, and what isn't theirs is not there, as ever.
        assert (await chiara.get(address)).status_code == 200
        assert (await chiara.post("/my/20260101999999/thanks", data=token)).status_code == 404
        chiara.cookies.set("sportello_language", "en")
        english = await chiara.post(f"{address}/thanks", data=token)
        assert "this was not recorded. Try again in a minute" in english.text
    assert (await house.view(ticket))["seq"] == seq


async def test_everything_comes_as_one_file_and_nothing_internal(house: House, luca: httpx.AsyncClient) -> None:  # noqa: F811
    ticket = await house.ticket()
    address = f"/my/{ticket['number']}"
    await house.wish(ticket, "notes", text="Nota solo nostra.")
    page = (await luca.get(address)).text
    typed = {"csrf": field(page, "csrf"), "key": "k", "text": "<script>alert(1)</script>"}
    for name in ("../../con.pdf", "a.pdf"):
        await luca.post(
            f"{address}/replies", data={**typed, "key": name}, files={"files": (name, PDF + b"\n" * len(name))}
        )
    answer = await luca.get(f"{address}/download")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        folder = f"richiesta-{ticket['number']}"
        names = archive.namelist()
        assert names[0] == f"{folder}/richiesta.html"
        assert len(names) == 3
        assert all(re.fullmatch(rf"{folder}/allegati/[^/\\]+", name) for name in names[1:])
        assert archive.read(names[1]).strip() == PDF.strip()
        text = archive.read(names[0]).decode()
    assert SECRET in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "Nota solo nostra." not in text


async def test_what_waits_for_them_says_so_and_a_deferral_shows_nowhere(house: House, luca: httpx.AsyncClient) -> None:  # noqa: F811
    ticket, deferred = await house.ticket(), await house.ticket()
    await house.ask(ticket, "username")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await house.wish(deferred, "take")
    before = (await luca.get(f"/my/{deferred['number']}")).text
    await house.wish(deferred, "pending", until=tomorrow)
    assert (await house.view(deferred))["state"] == "pending"
    # But for what every page has anew, it is the same page.
    assert _without_keys((await luca.get(f"/my/{deferred['number']}")).text) == _without_keys(before)
    page = (await luca.get(f"/my/{ticket['number']}")).text
    assert page.index("<h1>") < page.index('id="question"') < page.index('id="my-turn"')
    listed = (await luca.get("/my")).text
    for number, words in ((ticket["number"], "In attesa di te"), (deferred["number"], "Presa in carico")):
        row = re.search(rf'href="/my/{number}">.*?</li>', listed, re.DOTALL)
        assert row
        assert words in row[0]
    assert "In attesa<" not in listed


def _without_keys(page: str) -> str:
    return re.sub(r'name="key" value="[^"]*"', "", page)


@needs_chromium
async def test_asked_while_the_page_is_open_they_are_led_to_the_form_with_one_tap(house: House) -> None:  # noqa: F811
    ticket, complaints = await house.ticket(), Complaints()
    await house.wish(ticket, "take")
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await sign_in(page, house.settings.portal_url, "Luca Bianchi", f"/my/{ticket['number']}")
        await page.get_by_label("Il tuo messaggio").fill("Intanto scrivo")
        await house.wish(ticket, "move", queue="online-services", reason="Loro.")
        await expect(page.locator("#ticket-head")).to_contain_text("Servizi online")
        await house.ask(ticket, "username")
        await expect(page.locator(".my-next")).to_contain_text("Tocca a te")
        await expect(page.get_by_label("Il tuo messaggio")).to_have_value("Intanto scrivo")
        await page.get_by_role("link", name="Rispondi adesso").click()
        await expect(page.get_by_role("heading", name="Ti abbiamo chiesto qualcosa", exact=True)).to_be_in_viewport()
        await page.get_by_label("Nome utente").fill("m.rossi4")
        await page.get_by_role("button", name="Invia la risposta").click()
        await expect(page.locator("#notices")).to_contain_text("Grazie")
    assert complaints.found == []


@needs_chromium
async def test_a_phone_shows_it_all_by_sign_in_and_by_link(house: House, tmp_path: Path) -> None:  # noqa: F811
    ticket, complaints = await house.ticket(), Complaints()
    await house.wish(ticket, "take")
    await house.wish(ticket, "answers", text="Ecco la risposta.", outcome="closed_successful")
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await sign_in(page, house.settings.portal_url, "Luca Bianchi", "/my?show=closed")
        await page.screenshot(path=tmp_path / "list.png", full_page=True)
        await page.goto(f"{house.settings.portal_url}/my/{ticket['number']}")
        await page.get_by_role("button", name="Sì").click()
        await expect(page.get_by_role("button", name="Sì")).to_have_attribute("aria-pressed", "true")
        await page.screenshot(path=tmp_path / "request.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.goto(f"{house.settings.intake_url}/requests/{follow_token(ticket['id'], 0, KEY)}?lang=it")
        await page.get_by_role("button", name="Ringrazia").click()
        await expect(page.locator("main")).to_contain_text("lo diciamo a chi ti ha risposto")
        await page.screenshot(path=tmp_path / "link.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints.found == []
