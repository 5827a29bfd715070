"""The second level through the pages: asked, answered, used, sent back, taken back; never a word to the user."""

import html
import re

import httpx
import pytest

from services.tickets.reading import PAGE
from tests.conftest import eventually
from tests.integration.house import House, fields
from tests.integration.test_portal_files import PDF, keys, send_files
from tests.integration.test_portal_verbs import form, send, typed
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TITLE = "Esiste il nome utente?"
SECRET = "Nel registro è segnato come <b>ospite</b> & basta."


async def read(browser: httpx.AsyncClient, number: str) -> str:
    """A ticket's page."""
    return (await browser.get(f"/tickets/{number}")).text


async def ask(browser: httpx.AsyncClient, number: str, title: str = TITLE, **filled: object) -> str:
    """Ask the second level; the page it leads to."""
    page = await read(browser, number)
    return await send(browser, page, "questions", **{"title": title, "text": "Lo trovate nel registro?", **filled})


async def child_of(browser: httpx.AsyncClient, number: str, title: str = TITLE) -> str:
    """The number of the question with this title, once it is open."""

    async def opened() -> str | None:
        found = re.search(rf'href="/tickets/(\d+)">{re.escape(html.escape(title))}<', await read(browser, number))
        return found[1] if found else None

    return str(await eventually(opened))


async def says(browser: httpx.AsyncClient, number: str, words: str) -> str:
    """The page, once it says so."""

    async def said() -> str | None:
        page = await read(browser, number)
        return page if words in shown(page) else None

    return str(await eventually(said))


async def test_s15_to_s18_a_question_is_asked_answered_and_its_answer_used(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("anna.villa") as anna:
        page = await send(giulia, await read(giulia, number), "notes", text="Al telefono era sicura.")
        (note,) = re.findall(r'name="articles" value="([^"]+)"[^>]*><span>Nota interna', form(page, "questions"))
        filled = {"queue": "credentials-identity", "due_at": "2099-01-15T10:00"}
        page = await ask(giulia, number, fields=["kind"], articles=[note], **filled)
        assert f"Fatto. Chiesto al secondo livello: {TITLE}" in shown(page)
        child = await child_of(giulia, number)
        words = shown(await read(giulia, number))
        assert "Domande al secondo livello 1 aperta" in words
        assert "Gestione identità" in words
        assert "entro 15 gen 2099, 10:00" in words

        page = await read(anna, child)
        words = shown(page)
        assert "Una domanda al secondo livello. Interna: l’utente non la vede mai" in words
        for part in ("Lo trovate nel registro?", "Password dimenticata", "Al telefono era sicura."):
            assert part in words
        assert f'href="/tickets/{number}"' in page
        assert "Non riesco a entrare" not in words
        taking = re.search(r'<form method="post" action="([^"]+/take)".*?</form>', page, re.DOTALL)
        assert taking
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', taking[0]))
        assert "Hai preso in carico" in shown((await anna.post(taking[1], data=hidden)).text)
        await says(giulia, number, "Anna Villa")
        page = (await send_files(anna, await read(anna, child), "question-answer", [PDF], text=SECRET)).text
        assert "Fatto. Ha avuto risposta" in shown(page)

        page = await says(giulia, number, "Anna Villa ha risposto alla domanda")
        assert f"domanda {child}" in shown(page)
        use = re.search(r'href="(/tickets/\d+\?use=[^#"]+)#panel-answers"', page)
        assert use
        page = (await giulia.get(html.unescape(use[1]))).text
        assert typed(page, "answers", "text") == SECRET
        (key,) = set(keys(page, f"/tickets/{number}"))
        assert f'name="along" value="{key}">' in form(page, "answers")
        page = await send(giulia, page, "answers", text="Ti abbiamo trovata.", outcome="", along=[key])
        assert "Fatto." in shown(page)
    async with house.person("luca.bianchi") as luca:
        own = shown((await luca.get(f"/my/{number}")).text)
        assert "ospite" not in own
        assert TITLE not in own
        assert (await luca.get(f"/tickets/{child}")).status_code == 404
        assert (await luca.get(f"/my/{child}")).status_code == 404


async def test_an_answer_that_is_far_back_in_a_long_ticket_is_used_like_any_other(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        await ask(giulia, number, queue="credentials-identity")
        child = await child_of(giulia, number)
        await send(giulia, await read(giulia, child), "question-answer", text=SECRET)
        page = await says(giulia, number, "Usa nella risposta")
        use = re.search(r'href="(/tickets/\d+\?use=[^#"]+)#panel-answers"', page)
        assert use
        note = {**fields(page, "csrf", "seen"), "form": "notes", "text": "E poi?"}
        for place in range(PAGE):
            wish = giulia.post(f"/tickets/{number}/notes", data={**note, "key": str(place)}, follow_redirects=False)
            assert (await wish).status_code == 303
        page = await read(giulia, number)
        assert "?use=" not in page[page.index('id="articles"') : page.index('id="act-row"')]
        # It stands beside the form all the same.
        assert use[1] in page
        page = (await giulia.get(html.unescape(use[1]))).text
        assert typed(page, "answers", "text") == SECRET
        # What never stood there fills nothing.
        page = (await giulia.get(f"/tickets/{number}?use={child}")).text
        assert typed(page, "answers", "text") == ""


async def test_s18_rules_choose_the_queue_when_the_one_who_asks_does_not_and_its_time_holds(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        assert "Gestione identità · 24 h" in shown(form(await read(giulia, number), "questions"))
        page = await ask(giulia, number)
        assert "Fatto." in shown(page)
        child = await child_of(giulia, number)
        words = shown(await read(giulia, child))
        assert "Gestione identità" in words
        # A day from now: the queue's own time.
        assert re.search(r"entro \d+ \w+ \d{4}, \d\d:\d\d", words)


async def test_a_question_can_ask_come_back_and_be_asked_again(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("anna.villa") as anna:
        await ask(giulia, number, queue="credentials-identity")
        child = await child_of(giulia, number)
        await ask(anna, child, title="Chi ha spento l’utenza?", queue="online-services-network")
        deeper = await child_of(anna, child, title="Chi ha spento l’utenza?")
        assert f"dal ticket {child}" in shown(await read(anna, deeper))
        # Its own question is open: what becomes of it has to be said.
        page = await send(anna, await read(anna, child), "question-return", reason="Manca il codice fiscale.")
        assert "scegli che cosa ne è" in shown(page)
        assert typed(page, "question-return", "reason") == "Manca il codice fiscale."
        page = await send(anna, page, "question-return", reason="Manca il codice fiscale.", questions="withdraw")
        assert "Rimandata indietro" in shown(page)
        await says(anna, deeper, "Ritirata")
        page = await says(giulia, number, "Anna Villa ha rimandato indietro la domanda")
        assert "Manca il codice fiscale." in shown(page)
        assert "?use=" not in page
        page = await send(giulia, await read(giulia, child), "reopen", reason="Ora c’è")
        assert "Riaperto" in shown(page)
        page = await says(giulia, number, f"La domanda {child} è di nuovo aperta")
        withdrawal = re.search(r"form-(questions-withdraw-[0-9a-f-]+)", page)
        assert withdrawal
        page = await send(giulia, page, withdrawal[1], reason="Risolto al telefono")
        assert "Domanda al secondo livello ritirata" in shown(page)
        late = await send(anna, await read(anna, child), "notes", text="Peccato")
        assert "Fatto. Nota interna" in shown(late)
        page = await says(anna, child, "Ritirata")
        assert "Risolto al telefono" in shown(page)
        assert "form-question-answer" not in page


async def test_an_answer_to_a_withdrawn_question_is_refused_with_what_was_typed(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("anna.villa") as anna:
        await ask(giulia, number, queue="credentials-mail")
        child = await child_of(giulia, number)
        begun = await read(anna, child)
        page = await read(giulia, number)
        withdrawal = re.search(r"form-(questions-withdraw-[0-9a-f-]+)", page)
        assert withdrawal
        await send(giulia, page, withdrawal[1], reason="")
        await says(anna, child, "Ritirata")
        page = await send(anna, begun, "question-answer", text=SECRET)
        assert "Questa domanda è stata ritirata: nessuno aspetta più una risposta." in shown(page)
        assert typed(page, "question-answer", "text") == SECRET


async def test_closing_with_open_questions_takes_them_back_or_waits_for_them(house: House) -> None:
    number, other = await house.ticket(), await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("anna.villa") as anna:
        begun = await read(giulia, number)
        await ask(giulia, number, queue="credentials-mail")
        child = await child_of(giulia, number)
        # Begun before there was a question: refused, and asked with what was typed.
        page = await send(giulia, begun, "close", outcome="closed_unsuccessful", reason="Non siamo noi")
        assert "Non è stato fatto" in shown(page)
        assert typed(page, "close", "reason") == "Non siamo noi"
        assert "1 domanda al secondo livello è ancora aperta." in shown(form(page, "close"))
        filled = {"outcome": "closed_unsuccessful", "reason": "Non siamo noi", "questions": "wait"}
        await send(giulia, page, "close", **filled)
        held = re.search(r"form-(mails-send-[0-9a-f-]+)", await read(giulia, number))
        if held:
            await send(giulia, await read(giulia, number), held[1])
        page = await says(giulia, number, "Aspetta le risposte alle sue domande; poi si chiude da solo")
        assert form(page, "resume")
        await send(anna, await read(anna, child), "question-answer", text=SECRET)
        await says(giulia, number, "ora che le sue domande hanno avuto risposta")

        await ask(giulia, other, queue="credentials-mail")
        child = await child_of(giulia, other)
        filled = {"outcome": "closed_successful", "reason": "Fatto", "questions": "withdraw"}
        await send(giulia, await read(giulia, other), "close", **filled)
        held = re.search(r"form-(mails-send-[0-9a-f-]+)", await read(giulia, other))
        assert held
        await send(giulia, await read(giulia, other), held[1])
        await says(anna, child, "Ritirata: il ticket che chiedeva è stato chiuso")


async def test_what_cannot_be_asked_comes_back_with_its_sentence(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = await read(giulia, number)
        for filled, sentence in (
            ({"queue": "fees"}, "Tasse e contributi è per gli utenti e non risponde a domande"),
            ({"queue": "gone"}, "Questa coda non esiste più"),
            ({"due_at": "2020-01-01T10:00"}, "Questo momento è passato"),
            ({"due_at": "domani"}, "Scrivi un giorno e un’ora"),
            ({"fields": ["gone"]}, "Una delle risposte scelte non è più in questo ticket"),
            ({"articles": ["gone"]}, "Una delle righe scelte non è più in questo ticket"),
            ({"title": ""}, "Scrivi che cosa chiedi in poche parole"),
        ):
            refused = await send(giulia, page, "questions", **{"title": TITLE, "text": SECRET, "queue": "", **filled})
            assert sentence in shown(refused), (filled, shown(refused)[:400])
            assert typed(refused, "questions", "text") == SECRET
            assert "field-error" in form(refused, "questions")
        assert "questions-card" not in await read(giulia, number)


async def test_watching_and_mentioning(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = await send(giulia, await read(giulia, number), "watch-me")
        assert "Fatto. Da ora lo segue anche Giulia Conti" in shown(page)
        page = await send(giulia, page, "watch", person="anna.villa")
        assert "Da ora lo segue anche Anna Villa" in shown(page)
        assert number in (await giulia.get("/tickets?watcher=me")).text
        page = await send(giulia, page, "unwatch-me")
        assert "Giulia Conti non lo segue più" in shown(page)
        page = await send(giulia, page, "notes", text="@marco.ferri guarda <b>qui</b>")
        assert '<b class="mention" title="Marco Ferri">@marco.ferri</b> guarda &lt;b&gt;qui' in page


async def test_questions_stand_in_lists_as_what_they_are(house: House) -> None:
    number, title = await house.ticket(), "Quale lista?"
    async with house.person("giulia.conti") as giulia:
        await ask(giulia, number, title=title, queue="credentials-identity")
        child = await child_of(giulia, number, title)
        found = (await giulia.get("/tickets?level=2")).text
        row = found[found.index(f'href="/tickets/{child}"') :]
        row = shown(row[: row.index("</tr>")])
        assert "Domanda" in row
        assert f"dal ticket {number}" in row
        assert f'href="/tickets/{number}"' not in (await giulia.get("/tickets?level=2")).text
        assert f'href="/tickets/{child}"' not in (await giulia.get("/tickets?level=1")).text
        ticket = (await giulia.get("/tickets?level=1")).text
        assert "1 domanda aperta" in shown(ticket[ticket.index(f'href="/tickets/{number}"') :][:2000])
        async with house.person("anna.villa") as anna:
            board = (await anna.get("/")).text
            assert f'href="/tickets/{child}"' in board
            hidden = re.search(rf'action="/tickets/{child}/take".*?</form>', board, re.DOTALL)
            assert hidden
            data = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', hidden[0]))
            taken = await anna.post(f"/tickets/{child}/take", data=data)
            assert "Hai preso in carico" in shown(taken.text)
