"""The operators' desk in real browsers: two at one ticket, a keyboard alone, files in both directions."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from shared.ids import random_id
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.system import LUCA, System
from tests.unit.shared.filesamples import PDF

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
# What a colleague did comes over the bus and the stream; on a busy machine it may take its time.
LIVE = 20_000
# A person who is told "at once" has not looked away yet.
AT_ONCE = 5_000
LONG = "Gentile utente,\n\n" + "\n".join(f"{step}. Prova il passo numero {step}, poi dimmi." for step in range(1, 30))


def a_pdf(name: str, content: bytes = PDF) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


async def at_desk(page: Page, system: System, name: str, ticket: dict[str, Any]) -> None:
    """An operator on the ticket's page, which listens."""
    await sign_in(page, system.stack.urls.portal, name, f"/tickets/{ticket['number']}")
    await expect(page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says `words`; it must be seen to have it."""
    for _ in range(150):
        await page.keyboard.press("Tab")
        said = await page.evaluate(
            "() => { const at = document.activeElement;"
            " if (at === document.body) return '';"  # past the last one
            " return [at.innerText, at.getAttribute('aria-label'), ...[...(at.labels ?? [])].map((l) => l.innerText)]"
            ".join(' ') }"
        )
        if words in said:
            focus = page.locator(":focus-visible")
            await expect(focus).to_be_in_viewport()
            style = "at => { const s = getComputedStyle(at); return [s.outlineStyle, s.boxShadow].join() }"
            assert await focus.evaluate(style) != "none,none", f"no focus ring on {words}"
            return
    raise AssertionError(f"no way to {words} with the Tab key")


async def test_s12_of_two_who_press_at_once_one_wins_and_the_other_is_told_by_name(system: System) -> None:
    ticket, complaints = await system.opened(), Complaints()
    names, both = ("Giulia Conti", "Marco Ferri"), asyncio.Barrier(2)

    async def together(route: Route) -> None:
        """Let a wish go only when the other one is under way too."""
        await both.wait()
        await route.continue_()

    async with a_browser() as browser:
        pages = [await a_page(browser, complaints) for _ in names]
        for page, name in zip(pages, names, strict=True):
            await at_desk(page, system, name, ticket)
            await page.route("**/take", together)
        await asyncio.gather(*(page.get_by_role("button", name="Prendi in carico").click() for page in pages))
        told = [page.locator("#notices .notice") for page in pages]
        await asyncio.gather(*(expect(each).to_be_visible(timeout=AT_ONCE) for each in told))
        owner = (await system.view(ticket))["owner"]["name"]
        won = names.index(owner)
        await expect(told[won]).to_contain_text("Hai preso in carico il ticket")
        await expect(told[1 - won]).to_contain_text(f"{owner} ha fatto prima")
        await expect(told[1 - won]).to_contain_text(re.compile(r"\d+:\d\d"))
        await expect(pages[1 - won].locator("#in-charge-card")).to_contain_text(owner)
    facts = [row["name"] for row in (await system.view(ticket))["journal"]]
    assert facts.count("ticket.taken.v1") == 1
    assert complaints.found == []


async def test_s12_who_answers_second_is_told_by_whom_and_when_and_loses_no_word(system: System) -> None:
    ticket, complaints = await system.opened(), Complaints()
    email = ticket["requester"]["email"]
    async with a_browser() as browser:
        giulia, marco = [await a_page(browser, complaints) for _ in range(2)]
        for page, name in ((giulia, "Giulia Conti"), (marco, "Marco Ferri")):
            await at_desk(page, system, name, ticket)
            await page.locator("#panel-answers > summary").click()
        box, files = marco.get_by_label("La tua risposta"), marco.locator("#answers-files")
        await box.fill(LONG)
        await files.set_input_files([a_pdf("istruzioni.pdf")])
        await giulia.get_by_label("La tua risposta").fill("Risponde Giulia.")
        await giulia.get_by_role("button", name="Invia la risposta").click()
        await expect(giulia.locator("#notices")).to_contain_text("Fatto.")

        # Marco is told while he writes: who, what and when.
        await expect(marco.locator("#news")).to_contain_text(
            re.compile(r"Giulia Conti ha (risposto|scritto) all’utente \(alle \d+:\d\d\)"), timeout=LIVE
        )
        await expect(box).to_have_value(LONG)
        # He sends all the same: told once more, and nothing of his is gone, the file neither.
        await marco.get_by_role("button", name="Invia la risposta").click()
        refused = marco.locator("#notices [role=alert]")
        await expect(refused).to_contain_text(re.compile(r"Giulia Conti ha \w+ all’utente \(alle \d+:\d\d\)"))
        await expect(box).to_have_value(LONG)
        assert await files.evaluate("field => [...field.files].map((file) => file.name)") == ["istruzioni.pdf"]
        assert not [mail for mail in await system.mails_to(email) if "passo numero" in mail["text"]]
        # Having read it, he sends again.
        await marco.get_by_role("button", name="Invia la risposta").click()
        await expect(marco.locator("#notices")).to_contain_text("Fatto.")
    mail = await system.mail(email, "Prova il passo numero 29")
    assert [file["name"] for file in mail["attachments"]] == ["istruzioni.pdf"]
    await system.mail(email, "Risponde Giulia.")
    assert complaints.found == []


async def test_s13_a_keyboard_is_enough_to_take_note_answer_and_close(system: System) -> None:
    ticket, complaints = await system.opened(), Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        keys, notices = page.keyboard, page.locator("#notices")
        await page.goto(f"{system.stack.urls.portal}/tickets/{ticket['number']}")
        await tab_to(page, "Giulia Conti")
        await keys.press("Enter")
        await expect(page.locator("#live-state.is-on")).to_be_visible(timeout=LIVE)

        await tab_to(page, "Prendi in carico")
        await keys.press("Space")
        await expect(notices).to_contain_text("Hai preso in carico il ticket")

        await tab_to(page, "Nota interna")
        await keys.press("Enter")
        await tab_to(page, "La tua nota")
        await keys.type("Ho chiamato: la password è scaduta.")
        await tab_to(page, "Salva la nota")
        await keys.press("Enter")
        await expect(notices).to_contain_text("Fatto. Nota interna")
        await expect(page.locator("#articles")).to_contain_text("la password è scaduta")

        await tab_to(page, "Rispondi all’utente")
        await keys.press("Space")
        await tab_to(page, "La tua risposta")
        await keys.type("Reimposta la password dalla pagina dei servizi.")
        await tab_to(page, "Lascialo aperto")
        await keys.press("ArrowDown")
        await expect(page.locator(":focus")).to_have_value("closed_successful")
        await tab_to(page, "Invia la risposta")
        await keys.press("Enter")
        await expect(notices).to_contain_text("Fatto.")
        await expect(page.locator("#ticket-head")).to_contain_text("Chiuso con successo", timeout=LIVE)
    mail = await system.mail(ticket["requester"]["email"], "Reimposta la password")
    assert "la password è scaduta" not in mail["text"] + mail["html"]
    assert (await system.view(ticket))["state"] == "closed_successful"
    assert complaints.found == []


async def test_s20_an_answer_brings_its_file_to_the_user_and_to_nobody_else(system: System, tmp_path: Path) -> None:
    ticket = await system.opened(LUCA)
    complaints, name, words = Complaints("404"), f"guida-{random_id()[:8]}.pdf", f"Vedi la guida {random_id()[:8]}."
    portal = system.stack.urls.portal
    async with a_browser() as browser:
        giulia = await a_page(browser, complaints)
        await at_desk(giulia, system, "Giulia Conti", ticket)
        await giulia.locator("#panel-answers > summary").click()
        await giulia.get_by_label("La tua risposta").fill(words)
        # A file that is too large is told before it travels; what is no PDF is refused by name, at its field.
        files = giulia.locator("#answers-files")
        await files.set_input_files([a_pdf("enorme.pdf", PDF + b"x" * 5_000_000)])
        assert "enorme.pdf: Fino a 5 file" in await files.evaluate("field => field.validationMessage")
        await files.set_input_files([a_pdf("finto.pdf", b"MZ\x90\x00")])
        await giulia.get_by_role("button", name="Invia la risposta").click()
        await expect(giulia.locator("#error-answers-files")).to_contain_text("finto.pdf")
        await expect(giulia.get_by_label("La tua risposta")).to_have_value(words)
        await files.set_input_files([a_pdf(name)])
        await giulia.get_by_role("button", name="Invia la risposta").click()
        await expect(giulia.locator("#articles")).to_contain_text(name)

        mail = await system.mail(LUCA.email, words)
        (sent,) = mail["attachments"]
        assert (sent["name"], sent["media_type"], sent["size"]) == (name, "application/pdf", len(PDF))

        luca = await a_page(browser, complaints, wide=False)
        await sign_in(luca, portal, "Luca Bianchi", f"/my/{ticket['number']}")
        link = luca.locator("a.file", has_text=name)
        async with luca.expect_download() as coming:
            await link.click()
        download = await coming.value
        assert download.suggested_filename == name
        await download.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes() == PDF

        address = await link.get_attribute("href")
        chiara = await a_page(browser, complaints)
        await sign_in(chiara, portal, "Chiara Russo", "/my")
        for who, status in ((luca, 200), (chiara, 404)):
            assert (await who.request.get(f"{portal}{address}")).status == status
        stranger = await a_page(browser, complaints)
        answer = await stranger.request.get(f"{portal}{address}")
        assert answer.url.startswith(f"{portal}/sign-in")
        assert PDF not in await answer.body()
    assert complaints.found == []


async def test_s21_a_refused_answer_is_corrected_on_the_page_and_arrives_with_its_file(system: System) -> None:
    wrong, right = f"errato-{random_id()[:8]}@studenti.example", f"corretto-{random_id()[:8]}@studenti.example"
    await asyncio.to_thread(system.stack.mails.refuse, wrong, 550, "5.1.1 no such user here")
    ticket, complaints = await system.opened(email=wrong), Complaints()
    await system.until(ticket, lambda view: view["articles"][-1]["delivery"] == "refused")
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await at_desk(page, system, "Giulia Conti", ticket)
        await page.locator("#panel-answers > summary").click()
        await page.get_by_label("La tua risposta").fill("Ecco il modulo.")
        await page.locator("#answers-files").set_input_files([a_pdf("modulo.pdf")])
        await page.get_by_role("button", name="Invia la risposta").click()
        answer = page.locator(".article", has=page.get_by_text("Ecco il modulo."))
        await expect(answer).to_contain_text("no such user here", timeout=LIVE)
        await answer.get_by_label("Indirizzo").fill(right)
        await answer.get_by_role("button", name="Riprova").click()
        await expect(answer).to_contain_text("Inviata", timeout=LIVE)
    mail = await system.mail(right, "Ecco il modulo.")
    assert [file["name"] for file in mail["attachments"]] == ["modulo.pdf"]
    assert await system.mails_to(wrong) == []
    assert complaints.found == []
