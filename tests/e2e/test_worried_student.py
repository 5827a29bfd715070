"""A student on a phone, late and worried, whose network fails: from the FAQ page to the answer, in both languages."""

import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from demo.stack import ROOT
from shared.ids import random_id
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium
from tests.system import System
from tests.unit.shared.filesamples import JPG

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
AXE: Final = Path(ROOT, "node_modules", "axe-core", "axe.min.js").read_text(encoding="utf-8")
RUN: Final = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations.map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join()}`);
}"""
PHOTO: Final = FilePayload(name="ricevuta.jpg", mimeType="image/jpeg", buffer=JPG)


class Words(NamedTuple):
    """What the student reads and types."""

    question: str
    write: str
    typed: str
    helps: str
    offline: str
    back: str
    restored: str
    send: str
    answer: str


WORDS: Final = {
    "it": Words(
        "Ho pagato una rata, ma risulta ancora da pagare",
        "Scrivici su questo",
        "Ho pagato la rata due settimane fa ma risulta ancora da pagare. Domani scade l'iscrizione all'esame!",
        "Forse questo ti aiuta",
        "Sei senza rete",
        "Torna al modulo",
        "Abbiamo ritrovato quello che avevi scritto qui.",
        "Invia la richiesta",
        "Abbiamo trovato il pagamento: ora risulta, e l'esame è salvo.",
    ),
    "en": Words(
        "I paid an instalment, but it still shows as due",
        "Write to us about this",
        "I paid the instalment two weeks ago but it still shows as due. Exam registration closes tomorrow!",
        "Perhaps this helps",
        "You are offline",
        "Back to the form",
        "We found what you had written here.",
        "Send the request",
        "We found your payment: it shows now, and your exam is safe.",
    ),
}


async def violations(page: Page) -> list[str]:
    """What axe finds, in shadow roots too."""
    await page.evaluate(AXE)
    found: list[str] = await page.evaluate(RUN)
    return found


async def open_form(page: Page, words: Words) -> None:
    """From the question to the form below its answer."""
    answer = page.locator("details", has=page.get_by_text(words.question, exact=True))
    await answer.locator("summary").click()
    await expect(answer.locator(".answer")).to_be_visible()
    await answer.get_by_role("link", name=words.write).click()
    await expect(page.locator("[data-part=form]")).to_be_visible()


async def fill_in(page: Page, email: str, words: Words) -> None:
    form = page.locator("[data-part=form]")
    await form.locator("[name=name]").fill("Ada Rossi")
    await form.locator("[name=email]").fill(email)
    kind = form.locator("[name=kind]").first
    if await kind.evaluate("control => control.tagName") == "SELECT":
        await kind.select_option("payment-missing")
    else:
        await form.locator("[name=kind][value=payment-missing]").check()
    year = form.locator("[name=academic_year]").first
    if await year.evaluate("control => control.tagName") == "SELECT":
        await year.select_option("2026-2027")
    else:
        await form.locator("[name=academic_year][value='2026-2027']").check()
    await form.locator("[name=student_number]").fill("123456")
    await form.locator("[name=amount]").fill("156")
    await form.locator("[name=paid_on]").fill("2026-11-02")
    await form.locator("[name=description]").press_sequentially(words.typed)


@pytest.mark.parametrize("language", ["it", "en"])
async def test_from_the_faq_to_the_answer_with_the_network_cut_in_the_middle(system: System, language: str) -> None:
    words, urls = WORDS[language], system.stack.urls
    email = f"ada-{random_id()[:8]}@studenti.example"
    # The browser's own words about a network that is gone.
    complaints = Complaints("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to load resource")
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False, language=language)
        await page.goto(f"{urls.faq}/?lang={language}")
        assert await violations(page) == []

        # The answer isn't enough; the form is there, in its place.
        await open_form(page, words)
        await fill_in(page, email, words)

        # While typing, an answer is offered, closed, and nothing that was typed is touched.
        offered = page.get_by_role("group", name=words.helps)
        await expect(offered).to_be_visible()
        await expect(offered.locator("details[open]")).to_have_count(0)
        await offered.locator("summary", has_text=words.question).click()
        await expect(offered.locator(".sp-answer").first).to_be_visible()
        assert await violations(page) == []
        description = page.locator("[name=description]")
        await expect(description).to_have_value(words.typed)

        # The photo; then the network is gone after the request has left, before its answer comes.
        await page.locator("input[type=file]").set_input_files(PHOTO)

        async def cut(route: Route) -> None:
            await route.fetch()
            await page.context.set_offline(True)
            await route.abort()

        await page.route("**/forms/fees/submissions*", cut, times=1)
        await page.get_by_role("button", name=words.send).click()
        await expect(page.get_by_text(words.offline).first).to_be_visible(timeout=30_000)
        await page.get_by_role("button", name=words.back).click()
        await expect(description).to_have_value(words.typed)

        # Back in reach of the network the page is loaded again; nothing typed is lost.
        await page.context.set_offline(False)
        await page.reload()
        await open_form(page, words)
        await expect(page.get_by_text(words.restored)).to_be_visible()
        await expect(description).to_have_value(words.typed)
        await page.locator("input[type=file]").set_input_files(PHOTO)
        await page.get_by_role("button", name=words.send).click()
        shown = page.locator("sportello-form output")
        await expect(shown).not_to_be_empty(timeout=30_000)
        number = (await shown.inner_text()).strip()
        assert await violations(page) == []

        # Exactly one ticket, with the photo, and one mail.
        (ticket,) = [each for each in await system.all_tickets() if each["requester"]["email"] == email]
        assert ticket["number"] == number
        view = await system.view(number)
        assert [file["name"] for file in view["articles"][0]["attachments"]] == ["ricevuta.jpg"]
        receipt = await system.mail(email, f"[Ticket#{number}]")

        # By the mail's link, on the same phone.
        link = re.search(r"http://\S+/(?:requests|submissions)/\S+", receipt["text"])
        assert link, receipt["text"]
        await page.goto(link[0])
        await expect(page.locator("main")).to_contain_text(number)
        await expect(page.locator("html")).to_have_attribute("lang", language)
        assert await violations(page) == []

        # Somebody answers, and the student sees it: by mail, and on the same page.
        await system.wish(view, "answers", text=words.answer)
        await system.mail(email, words.answer)

        async def answered() -> bool:
            await page.goto(link[0])
            return words.answer in await page.locator("main").inner_text()

        assert await eventually(answered, timeout=30)
        assert await violations(page) == []
    assert complaints.found == []


@pytest.mark.parametrize("language", ["it", "en"])
async def test_the_pages_before_sending_have_no_barriers(system: System, language: str) -> None:
    """axe: the page of answered questions and what it finds, and each form's page, on a phone and on a desk."""
    intake = system.stack.urls.intake
    complaints, found = Complaints(), dict[str, list[str]]()
    async with a_browser() as browser:
        for wide in (False, True):
            page = await a_page(browser, complaints, wide, language)
            forms = [f"/forms/{form}" for form in ("credentials", "enrolment", "exams", "fees", "internships")]
            for path in ("/faq", "/faq?q=password", "/faq?q=xyzzy", "/forms", "/forms/online-services", *forms):
                await page.goto(f"{intake}{path}{'&' if '?' in path else '?'}lang={language}")
                await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
                if seen := await violations(page):
                    found[path] = seen
                wider = await page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert wider <= 0, path
    assert found == {}
    assert complaints.found == []
