"""Every verb as a plain form, without JavaScript, before the real tickets service; nothing typed is ever lost."""

import asyncio
import html
import json
import re
from typing import Any

import httpx
import pytest

from demo.ports import free_port
from services.portal import app as portal_app
from tests.conftest import eventually
from tests.integration.house import House, field, serving
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TEXT = "Prima riga\n\n<b>Seconda</b> & terza: è tutto."


def form(page: str, name: str) -> str:
    """One form of a page, by its id without `form-`."""
    found = re.search(rf'<form [^>]*id="form-{name}".*?</form>', page, re.DOTALL)
    assert found, f"no form {name}"
    return found[0]


def rows(page: str) -> str:
    """The words of the ticket's articles, without the forms that offer to quote them."""
    return shown(page[page.index('id="articles"') : page.index('id="act"')])


def typed(page: str, name: str, field_name: str) -> str:
    """What stands in a text area of a form."""
    found = re.search(rf'<textarea [^>]*name="{field_name}"[^>]*>\n(.*?)</textarea>', form(page, name), re.DOTALL)
    assert found
    return html.unescape(found[1])


async def send(browser: httpx.AsyncClient, page: str, name: str, **filled: Any) -> str:
    """Send a form as a browser does, with its hidden fields; the page it leads to."""
    sent = form(page, name)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', sent))
    action = re.search(r'action="([^"]+)"', sent)
    assert action
    answer = await browser.post(action[1], data={**{k: html.unescape(v) for k, v in hidden.items()}, **filled})
    assert answer.status_code == 200
    return answer.text


async def test_s9_to_s14_all_that_sorts_a_ticket_is_a_form_away(house: House) -> None:
    number, other = await house.ticket(), await house.ticket()
    async with house.person("giulia.conti") as giulia:

        async def do(name: str, expected: str, **filled: Any) -> str:
            page = await send(giulia, (await giulia.get(f"/tickets/{number}")).text, name, **filled)
            assert expected in shown(page), shown(page)[:400]
            return page

        await do("move", "Spostato da Credenziali e accesso a Tasse e contributi", queue="fees", reason="Riguarda loro")
        await do("priority", "Priorità: Molto alta (era Normale)", priority="5")
        await do("tags", "Etichette: +laurea, +otp", add="Laurea, OTP")
        await do("tags-2", "Etichette: −otp", remove="otp")
        await do("notes", "Fatto. Nota interna", text=TEXT)
        await do(
            "pending", "Aspetta fino al 15 gennaio 2099", **{"for": "date", "until": "2099-01-15", "then": "remind"}
        )
        await do("resume", "Non più in attesa")
        await do("responsible", "Fatto.", to="marco.ferri")
        await do("links", f"Collegato al ticket {other}", other=other)
        await do(f"links-remove-{other}", "Non più collegato", other=other)
        await do("hand-over", "Passato da Giulia Conti a Marco Ferri", to="marco.ferri", reason="Torno lunedì")
        page = await do("release", "Restituito alla coda; era di Marco Ferri", reason="Nessuno lo segue")
        assert "Torno lunedì" in shown(page)
        assert "Ancora nessuno" in shown(page)


async def test_s20_to_s23_mails_wait_and_can_be_undone_and_sent(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        page = await send(giulia, page, "answers", text=TEXT, outcome="closed_successful")
        held = re.search(r"form-(mails-undo-[0-9a-f-]+)", page)
        assert held
        page = await send(giulia, page, held[1])
        assert typed(page, "answers", "text") == TEXT
        assert re.search(r'value="closed_successful" checked', form(page, "answers"))
        page = await send(giulia, page, "answers", text=TEXT, outcome="closed_successful")
        waiting = re.search(r"form-(mails-send-[0-9a-f-]+)", page)
        assert waiting
        page = await send(giulia, page, waiting[1])
        assert "Chiuso con successo, con la risposta" in shown(page)
        page = await send(giulia, page, "reopen", reason="")
        assert "Riaperto" in shown(page)
        page = await send(giulia, page, "information-requests", fields=["kind"], text="Quale?", until="", then="remind")
        assert "La richiesta di informazioni è scritta" in shown(page)
        page = await send(giulia, page, "forwards", to="ufficio@altro.example", subject="Da vedere", text=TEXT)
        assert "ufficio@altro.example" in shown(page)
        page = await send(giulia, page, "close", outcome="closed_unsuccessful", reason="Non siamo noi")
        assert "L’e-mail che chiude il ticket è scritta" in shown(page)
    async with house.person("luca.bianchi") as luca:
        own = shown((await luca.get(f"/my/{number}")).text)
        assert "Non siamo noi" not in own
        assert "ufficio@altro.example" not in own


async def test_joined_tickets_lead_to_each_other(house: House) -> None:
    source, target = await house.ticket(), await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = await send(giulia, (await giulia.get(f"/tickets/{source}")).text, "merge", target="20261123999999")
        assert "Questo ticket non esiste: controlla il numero." in shown(page)
        assert 'value="20261123999999"' in form(page, "merge")
        await send(giulia, page, "merge", target=target)

        async def merged() -> str | None:
            found = (await giulia.get(f"/tickets/{source}")).text
            return found if "Tutto prosegue nel ticket" in shown(found) else None

        page = await eventually(merged)
        assert f'href="/tickets/{target}"' in page
        assert f"dal ticket {source}" in shown((await giulia.get(f"/tickets/{target}")).text)
        page = await send(giulia, page, "unmerge")
        assert "Di nuovo un ticket a sé" in shown(page)
        request = re.search(r'id="form-(split-[0-9a-f-]+)"', page)
        assert request
        page = await send(giulia, page, request[1], subject="Un’altra cosa", queue="fees")
        assert "nella coda Tasse e contributi" in shown(page)


async def test_s13_of_two_who_answer_the_second_is_told_and_keeps_the_text(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        giulias, marcos = [(await who.get(f"/tickets/{number}")).text for who in (giulia, marco)]
        await send(marco, marcos, "answers", text="La risposta di Marco", outcome="")
        page = await send(giulia, giulias, "answers", text=TEXT, outcome="closed_successful")
        assert re.search(r"Non è stato fatto: Marco Ferri ha scritto all’utente \(alle \d+:\d\d\)\.", shown(page))
        assert typed(page, "answers", "text") == TEXT
        assert re.search(r'value="closed_successful" checked', form(page, "answers"))
        assert field(form(page, "answers"), "key") != field(form(giulias, "answers"), "key")
        # A note never stands against anything, and what she decides now that she has read it goes through.
        assert "Nota interna" in shown(await send(giulia, giulias, "notes", text="Vista"))
        assert "Fatto." in shown(await send(giulia, page, "answers", text=TEXT, outcome=""))


async def test_a_form_that_is_sent_twice_is_done_once(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        answers = [await send(giulia, page, "notes", text="Una sola volta") for _ in range(3)]
        assert "Fatto. Nota interna" in shown(answers[-1])
        assert rows(answers[-1]).count("Una sola volta") == 1


async def test_what_does_not_fit_comes_back_with_its_sentence(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        for name, field_name, filled, sentence in (
            ("answers", "text", {"text": "x" * 60_000, "outcome": ""}, "50.000 caratteri"),
            ("notes", "text", {"text": "  "}, "Scrivi un testo"),
            ("forwards", "text", {"to": "nessuno", "subject": "S", "text": TEXT}, "indirizzo e-mail completo"),
            ("forwards", "text", {"to": "a@b.example\nBcc: c@d.example", "subject": "S", "text": TEXT}, "indirizzo"),
            ("information-requests", "text", {"text": TEXT, "until": ""}, "Spunta quello che manca"),
            (
                "information-requests",
                "text",
                {"text": TEXT, "fields": ["kind"], "until": "2020-01-01"},
                "Questo giorno è passato",
            ),
            ("close", "reason", {"outcome": "closed_successful", "reason": ""}, "Scrivi il motivo"),
            ("hand-over", "reason", {"to": "nobody", "reason": TEXT}, "non è più un operatore"),
        ):
            refused = await send(giulia, page, name, **filled)
            assert sentence in shown(refused), (name, shown(refused)[:300])
            assert typed(refused, name, field_name) == filled[field_name]
            assert "field-error" in form(refused, name)
        assert "Ancora nessuno" in shown((await giulia.get(f"/tickets/{number}")).text)


async def test_when_tickets_is_down_all_that_was_typed_can_be_sent_again_and_is_done_once(house: House) -> None:
    number = await house.ticket()
    dead = {"tickets_urls": f"http://127.0.0.1:{free_port()}", "port": free_port()}
    settings = house.settings.model_copy(update=dead)
    async with serving(portal_app.build(settings), settings.port), house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        sent = form(page, "answers")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', sent))
        down = f"http://127.0.0.1:{settings.port}/tickets/{number}/answers"
        answer = await giulia.post(down, data={**hidden, "text": TEXT, "outcome": "closed_successful"})
        assert answer.status_code == 503
        assert "non verrà fatto due volte" in shown(answer.text)
        again = {name: field(answer.text, name) for name in ("csrf", "form", "key", "seen", "outcome")}
        assert again["key"] == hidden["key"]
        assert again["outcome"] == "closed_successful"
        kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
        assert kept
        assert html.unescape(kept[1]) == TEXT
        for _ in range(2):
            done = await giulia.post(f"/tickets/{number}/answers", data={**again, "text": html.unescape(kept[1])})
            assert "Fatto." in shown(done.text)
        assert rows(done.text).count("E-mail: risposta") == 1


async def test_nobody_but_operators_can_wish_and_only_from_our_pages(house: House) -> None:
    number = await house.ticket()
    async with house.person("luca.bianchi") as luca, house.person("giulia.conti") as giulia:
        csrf = field((await luca.get("/my")).text, "csrf")
        for path in ("notes", "answers", "mails/send", "merge"):
            wish = {"csrf": csrf, "key": "k", "seen": "1", "text": "x"}
            assert (await luca.post(f"/tickets/{number}/{path}", data=wish)).status_code == 403
        own = field((await giulia.get("/")).text, "csrf")
        for wish, status in (
            ({"csrf": "x", "key": "k", "seen": "1", "text": "x"}, 403),
            ({"csrf": own, "key": "", "seen": "1", "text": "x"}, 422),
            ({"csrf": own, "key": "k", "seen": "-1", "text": "x"}, 422),
        ):
            assert (await giulia.post(f"/tickets/{number}/notes", data=wish)).status_code == status
        assert (await giulia.post(f"/tickets/{number}/counts", data={"csrf": own})).status_code == 404
        assert (await giulia.get(f"/tickets/{number}/answers")).url.path == f"/tickets/{number}"


async def test_s14_who_is_given_a_ticket_hears_it_on_any_page(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        page = (await giulia.get(f"/tickets/{number}")).text
        async with marco.stream("GET", "/events", timeout=20) as stream, asyncio.timeout(10):
            lines = stream.aiter_lines()
            await anext(lines)
            await send(giulia, page, "hand-over", to="marco.ferri", reason="Torno lunedì")
            async for line in lines:
                if "says" in line:
                    break
        says = json.loads(line.removeprefix("data: "))["says"]
        assert says.startswith(f"Giulia Conti ti ha passato il ticket {number}: Torno lunedì")
