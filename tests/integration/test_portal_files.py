"""Files on answers and forwards, as plain forms without JavaScript: stored, shown, and only for those they are for."""

import html
import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from demo.ports import free_port
from services.portal import app as portal_app
from shared.blobs import is_key
from tests.integration.house import House, serving
from tests.integration.test_portal_verbs import TEXT, form, send, typed
from tests.unit.portal.test_ticket_page import shown
from tests.unit.shared import filesamples

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
HOUSE = {"send_window": 600}

PDF = ("ricevuta.pdf", filesamples.PDF, "application/pdf")
FAKE = ("finto.pdf", b"MZ\x90\x00", "application/pdf")


async def send_files(
    browser: httpx.AsyncClient, page: str, name: str, files: Sequence[Any], base: str = "", **filled: Any
) -> httpx.Response:
    """Send a form with files, as a browser does."""
    sent = form(page, name)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', sent))
    action = re.search(r'action="([^"]+)"', sent)
    assert action
    data = {**{k: html.unescape(v) for k, v in hidden.items()}, **filled}
    return await browser.post(base + action[1], data=data, files=[("files", file) for file in files])


def keys(page: str, path: str) -> list[str]:
    """The files that a page links to."""
    return re.findall(rf'href="{path}/attachments/([^"]+)"', page)


async def test_an_answer_s_file_is_the_user_s_once_it_left_and_nobody_else_s(house: House) -> None:
    number = await house.ticket()
    operators, own = f"/tickets/{number}", f"/my/{number}"
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:
        page = (await giulia.get(operators)).text
        page = (await send_files(giulia, page, "answers", [PDF], text=TEXT, outcome="")).text
        assert "Fatto." in shown(page)
        (key,) = keys(page, operators)
        assert is_key(key)
        assert (await giulia.get(f"{operators}/attachments/{key}")).content == PDF[1]
        # Held: it is not the user's yet.
        assert keys((await luca.get(own)).text, own) == []
        assert (await luca.get(f"{own}/attachments/{key}")).status_code == 404
        held = re.search(r"form-(mails-send-[0-9a-f-]+)", page)
        assert held
        await send(giulia, page, held[1])
        assert keys((await luca.get(own)).text, own) == [key]
        answer = await luca.get(f"{own}/attachments/{key}")
        assert (answer.status_code, answer.content) == (200, PDF[1])
        assert answer.headers["content-disposition"].startswith('attachment; filename="ricevuta.pdf"')
        for path in (f"{operators}/attachments/{key}", f"{own}/attachments/{key[:-1]}0"):
            assert (await luca.get(path)).status_code in (403, 404)
    async with house.person("chiara.russo") as chiara:
        for path in (operators, own):
            assert (await chiara.get(f"{path}/attachments/{key}")).status_code in (403, 404)


async def test_undone_a_mail_s_files_come_back_with_its_text_and_go_again(house: House) -> None:
    number = await house.ticket()
    path = f"/tickets/{number}"
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:
        page = (await giulia.get(path)).text
        page = (await send_files(giulia, page, "answers", [PDF], text=TEXT, outcome="")).text
        held = re.search(r"form-(mails-undo-[0-9a-f-]+)", page)
        assert held
        page = await send(giulia, page, held[1])
        assert typed(page, "answers", "text") == TEXT
        (key,) = re.findall(r'name="along" value="([^"]+)" checked', form(page, "answers"))
        # Undone, it is nobody's but ours.
        assert (await luca.get(f"/my/{number}/attachments/{key}")).status_code == 404
        page = (await send_files(giulia, page, "answers", [], text=TEXT, outcome="", along=key)).text
        again = re.search(r"form-(mails-send-[0-9a-f-]+)", page)
        assert again
        await send(giulia, page, again[1])
        assert keys((await luca.get(f"/my/{number}")).text, f"/my/{number}") == [key]


async def test_a_forward_takes_the_ticket_s_files_along_and_the_user_sees_none_of_its_own(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:
        own = (await luca.get(f"/my/{number}")).text
        hidden = dict(
            re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', own.split('class="card-plain')[-1])
        )
        reply = {"csrf": hidden["csrf"], "key": hidden["key"], "text": "Ecco la tessera"}
        png = ("tessera.png", filesamples.PNG, "image/png")
        assert (await luca.post(f"/my/{number}/replies", data=reply, files=[("files", png)])).status_code == 200
        page = (await giulia.get(f"/tickets/{number}")).text
        (offered,) = re.findall(r'name="along" value="([^"]+)"', form(page, "forwards"))
        filled = {"to": "ufficio@altro.example", "subject": "Da vedere", "text": TEXT, "along": offered}
        page = (await send_files(giulia, page, "forwards", [PDF], **filled)).text
        waiting = re.search(r"form-(mails-send-[0-9a-f-]+)", page)
        assert waiting
        page = await send(giulia, page, waiting[1])
        mine = [key for key in keys(page, f"/tickets/{number}") if key != offered]
        assert len(mine) == 1
        assert keys(page, f"/tickets/{number}").count(offered) == 2
        assert keys((await luca.get(f"/my/{number}")).text, f"/my/{number}") == [offered]
        assert (await luca.get(f"/my/{number}/attachments/{mine[0]}")).status_code == 404
        # What another ticket holds does not go along with this one.
        filled["along"] = mine[0].replace(mine[0][:8], "00000000")
        page = (await send_files(giulia, page, "forwards", [], **filled)).text
        assert "non è più in questo ticket" in shown(form(page, "forwards"))
        assert typed(page, "forwards", "text") == TEXT


async def test_a_refused_file_is_named_at_its_field_and_every_typed_text_stays(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        for name, filled in (
            ("answers", {"text": TEXT, "outcome": "closed_successful"}),
            ("forwards", {"to": "a@b.example", "subject": "Oggetto mio", "text": TEXT}),
        ):
            for files, sentence in (
                ([PDF, FAKE], "finto.pdf"),
                ([PDF] * 6, "al massimo 5"),
                ([("grande.pdf", PDF[1] + b"x" * 5_000_000, PDF[2])], "grande.pdf"),
            ):
                refused = (await send_files(giulia, page, name, files, **filled)).text
                field = re.search(rf'id="error-{name}-files">.*?</p>', refused, re.DOTALL)
                assert field, shown(refused)[:400]
                assert sentence in shown(field[0])
                assert "I file vanno allegati di nuovo." in shown(form(refused, name))
                assert typed(refused, name, "text") == TEXT
        assert 'value="Oggetto mio"' in form(refused, "forwards")
        assert keys((await giulia.get(f"/tickets/{number}")).text, f"/tickets/{number}") == []


async def test_when_tickets_is_down_the_text_stays_and_the_files_can_be_chosen_again(house: House) -> None:
    number = await house.ticket()
    dead = {"tickets_urls": f"http://127.0.0.1:{free_port()}", "port": free_port()}
    settings = house.settings.model_copy(update=dead)
    async with serving(portal_app.build(settings), settings.port), house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        base = f"http://127.0.0.1:{settings.port}"
        answer = await send_files(giulia, page, "answers", [PDF], base, text=TEXT, outcome="")
        assert answer.status_code == 503
        assert 'enctype="multipart/form-data"' in answer.text
        assert "I file vanno allegati di nuovo." in shown(answer.text)
        kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
        assert kept
        assert html.unescape(kept[1]) == TEXT
