"""Drafts on the ticket's page without JavaScript: kept on every device, nobody else's, thrown away and brought back."""

import re

import httpx
import pytest

from tests.integration.house import House, field, fields
from tests.integration.test_portal_verbs import form, send, typed
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TEXT = "Gentile Luca,\n<b>ecco</b> & come si fa…"
SCRIPT = {"x-draft": "1"}


async def save(browser: httpx.AsyncClient, number: str, name: str = "answers", **filled: str) -> httpx.Response:
    """As the page's script does."""
    page = (await browser.get(f"/tickets/{number}")).text
    data = {**fields(page, "csrf", "key"), **filled}
    return await browser.post(f"/drafts/{number}/save/{name}", data=data, headers=SCRIPT)


async def test_what_was_typed_is_in_its_form_on_another_device_and_on_nobody_elses(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        saved = await save(giulia, number, text=TEXT, outcome="closed_successful")
        assert (saved.status_code, "Bozza salvata alle" in shown(saved.text)) == (200, True)
        await save(giulia, number, "notes", text="Ricordarsi di Anna")
    async with house.person("giulia.conti") as phone:
        page = (await phone.get(f"/tickets/{number}")).text
        assert typed(page, "answers", "text") == TEXT
        assert typed(page, "notes", "text") == "Ricordarsi di Anna"
        assert re.search(r'value="closed_successful" checked', form(page, "answers"))
        assert "salvata in automatico" in shown(form(page, "answers"))
        assert re.search(r'id="panel-answers"[^>]* open', page)
        listed = shown((await phone.get("/drafts")).text)
        assert "<b>ecco</b> & come si fa" in listed
        assert number in listed.replace(" ", "")
    async with house.person("marco.ferri") as marco:
        assert "ecco" not in (await marco.get(f"/tickets/{number}")).text
        assert "ecco" not in (await marco.get("/drafts")).text
        await save(marco, number, text="Di Marco")
        assert typed((await marco.get(f"/tickets/{number}")).text, "answers", "text") == "Di Marco"
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        assert typed(page, "answers", "text") == TEXT
        page = await send(giulia, page, "answers", text=TEXT, outcome="")
        assert typed(page, "answers", "text") == ""
        assert typed(page, "notes", "text") == "Ricordarsi di Anna"


async def test_two_tabs_both_keep_their_text_until_one_is_chosen(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        await save(giulia, number, text="Dal telefono", draft_tab="phone", draft_count="1")
        refused = await save(giulia, number, text="Dal computer", draft_tab="desk", draft_count="1", draft_base="")
        assert refused.status_code == 409
        assert "Dal telefono" in shown(refused.text)
        page = (await giulia.get(f"/tickets/{number}")).text
        assert typed(page, "answers", "text") == "Dal telefono"
        # The same without JavaScript: the page comes back with both.
        data = {**fields(page, "csrf", "key"), "text": "Dal computer", "draft_base": "older"}
        both = await giulia.post(f"/drafts/{number}/save/answers", data=data)
        assert typed(both.text, "answers", "text") == "Dal computer"
        assert "Dal telefono" in shown(both.text)
        newest = re.search(r'name="draft_base" value="([^"]+)" formaction', both.text)
        assert newest
        chosen = {**data, "draft_base": ["older", newest[1]]}
        page = (await giulia.post(f"/drafts/{number}/save/answers", data=chosen)).text
        assert typed(page, "answers", "text") == "Dal computer"


async def test_a_draft_is_thrown_away_and_brought_back(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        await save(giulia, number, text="Prima")
        page = (await giulia.get(f"/tickets/{number}")).text
        data = {**fields(page, "csrf", "key"), "text": "Prima e dopo"}
        page = (await giulia.post(f"/drafts/{number}/throw/answers", data=data)).text
        assert typed(page, "answers", "text") == ""
        assert "Hai buttato via questa bozza" in shown(form(page, "answers"))
        assert "Hai buttato" not in shown((await giulia.get(f"/tickets/{number}")).text)
        page = (await giulia.post(f"/drafts/{number}/undo/answers", data=fields(page, "csrf"))).text
        assert typed(page, "answers", "text") == "Prima e dopo"
        # From the list.
        data = {**fields(page, "csrf"), "back": "/drafts"}
        page = (await giulia.post(f"/drafts/{number}/throw/answers", data=data)).text
        assert "Hai buttato via questa bozza" in shown(page)
        assert "Prima e dopo" not in page
        page = (await giulia.post(f"/drafts/{number}/undo/answers", data=data)).text
        assert "Prima e dopo" in shown(page)


async def test_a_kept_draft_stays_in_sight_on_a_ticket_that_no_longer_takes_it(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        await save(giulia, number, text=TEXT)
        page = (await marco.get(f"/tickets/{number}")).text
        await send(marco, page, "close", outcome="closed_unsuccessful", reason="Doppio")
        assert typed((await giulia.get(f"/tickets/{number}")).text, "answers", "text") == TEXT


async def test_a_template_below_a_paste_that_no_page_can_hold_is_told_how_to_get_it_back(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        template = re.search(r'name="template" value="([a-z0-9-]+)"', form(page, "answers"))
        assert template
        data = {**fields(page, "csrf", "key"), "template": template[1], "text": "x" * 10_000_000}
        answer = await giulia.post(f"/drafts/{number}/template/answers", data=data)
        assert (answer.status_code, len(answer.text) < 50_000) == (413, True)
        assert "Torna indietro con il pulsante del browser" in shown(answer.text)


async def test_numbers_that_no_page_sends_are_no_fault_of_ours(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        assert (await save(giulia, number, text=TEXT, draft_tab="a", draft_count="9" * 99)).status_code == 200
        page = (await giulia.get(f"/tickets/{number}")).text
        data = {**fields(page, "csrf", "key"), "seen": "9" * 5000, "text": TEXT}
        assert (await giulia.post(f"/tickets/{number}/notes", data=data)).status_code == 422


async def test_sending_takes_no_text_of_another_device(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as desk, house.person("giulia.conti") as phone:
        page = (await desk.get(f"/tickets/{number}")).text
        await save(phone, number, text="Dal telefono", draft_tab="phone", draft_count="1")
        page = await send(desk, page, "answers", text=TEXT, outcome="")
        assert "Fatto." in shown(page)
        assert typed(page, "answers", "text") == "Dal telefono"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/drafts/{number}/save/tags", 404),
        ("/drafts/{number}/save/answers%2F..", 404),
        ("/drafts/12x/save/answers", 404),
        ("/drafts/{number}/throw/nothing", 404),
    ],
)
async def test_forms_that_there_are_not_keep_nothing(house: House, path: str, status: int) -> None:
    async with house.person("giulia.conti") as giulia:
        csrf = field((await giulia.get("/drafts")).text, "csrf")
        answer = await giulia.post(path.format(number="20261123000018"), data={"csrf": csrf, "text": "x"})
        assert answer.status_code == status


async def test_users_and_foreign_pages_keep_nothing(house: House) -> None:
    number = await house.ticket()
    async with house.person("luca.bianchi") as luca:
        csrf = field((await luca.get("/my")).text, "csrf")
        answer = await luca.post(f"/drafts/{number}/save/answers", data={"csrf": csrf, "text": "x"})
        assert answer.status_code == 403
        assert (await luca.get("/drafts")).status_code == 403
    async with house.person("giulia.conti") as giulia:
        assert (await giulia.post(f"/drafts/{number}/save/answers", data={"text": "x"})).status_code == 403
        csrf = field((await giulia.get("/drafts")).text, "csrf")
        headers = {"sec-fetch-site": "cross-site"}
        data = {"csrf": csrf, "text": "x"}
        refused = await giulia.post(f"/drafts/{number}/save/answers", data=data, headers=headers)
        assert refused.status_code == 403
        assert number not in (await giulia.get("/drafts")).text


@pytest.mark.parametrize(("letters", "words"), [(50_001, "50.000 caratteri"), (10_000_000, "")])
async def test_a_paste_that_is_too_large_is_refused_in_words(house: House, letters: int, words: str) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        refused = await save(giulia, number, text="x" * letters)
        assert refused.status_code == 413
        assert words in shown(refused.text)
        assert (await giulia.get(f"/tickets/{number}")).text.count("xxxx") == 0
