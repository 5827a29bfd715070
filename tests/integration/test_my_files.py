"""Files in Le mie richieste: pictures of those that a person may download and of no other; and all of it as one ZIP."""

import html
import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import ViewportSize, expect

from demo.servers import Broker, Server
from shared.events import Attachment
from shared.ids import random_id
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House, a_house, field
from tests.integration.test_portal_verbs import form, send
from tests.unit.portal.evil_files import SECRET, a_pdf, a_photo
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

A_FORM = ("modulo.pdf", a_pdf(), "application/pdf")
FILE = re.compile(r'/attachments/([^"]+)"')
PHONE = ViewportSize(width=360, height=740)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One whose mails stay a good while in the send window."""
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), send_window=300) as found:
        yield found


async def with_files(house: House, *files: tuple[str, bytes, str], **changes: object) -> tuple[str, list[str]]:
    """Luca's request that came with files; its number and their keys."""
    owner = random_id()
    keys = [await house.blobs.put(owner, content) for _, content, _ in files]
    named = [
        Attachment(key=key, name=name, media_type=kind, size=len(content), field="card")
        for key, (name, content, kind) in zip(keys, files, strict=True)
    ]
    return await house.ticket(id=owner, attachments=named, **changes), keys


def ways(page: str, name: str) -> tuple[str, dict[str, str]]:
    """Where a form goes, and its hidden fields."""
    sent = form(page, name)
    action = re.search(r'action="([^"]+)"', sent)
    assert action
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', sent)
    return action[1], {key: html.unescape(value) for key, value in hidden}


async def test_own_files_are_shown_as_pictures_of_ours_and_stay_downloads(house: House) -> None:
    number, (photo, pdf) = await with_files(
        house, ("tessera.jpg", a_photo(), "image/jpeg"), ("modulo.pdf", a_pdf(), "application/pdf")
    )
    path = f"/my/{number}"
    async with house.person("luca.bianchi") as luca:
        page = (await luca.get(path)).text
        for key, name in ((photo, "tessera.jpg"), (pdf, "modulo.pdf")):
            assert re.search(rf'<img src="{path}/preview-images/{key}" alt="[^"]*{name}"[^>]* loading="lazy"', page)
            assert f'href="{path}/previews/{key}"' in page
            assert f'href="{path}/attachments/{key}" download' in page
            picture = await luca.get(f"{path}/preview-images/{key}")
            assert picture.headers["content-type"] == "image/jpeg"
            assert picture.headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert picture.headers["cache-control"] == "private, no-store"
            assert SECRET.encode() not in picture.content
        large = await luca.get(f"{path}/previews/{pdf}?page=2")
        assert "Pagina 2 di 3" in shown(large.text)
        # All its ways lead to the person's own pages, none to an operator's.
        assert f"{path}/preview-images/{pdf}?size=large&amp;page=2" in large.text
        assert "/tickets/" not in large.text
        assert "tessera.jpg" in large.text
        missing = await luca.get(f"{path}/previews/{pdf}?page=4")
        assert (missing.status_code, "non ha questa pagina" in shown(missing.text)) == (404, True)


async def test_no_file_of_a_forward_or_of_a_mail_in_the_send_window_is_shown(house: House) -> None:
    number = await house.ticket()
    ticket, mine = f"/tickets/{number}", f"/my/{number}"
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:

        async def along(name: str, width: int, **typed: str) -> str:
            """Giulia sends a mail with a file; the file's key."""
            page = (await giulia.get(ticket)).text
            before = set(FILE.findall(page))
            action, hidden = ways(page, name)
            files = {"files": (f"{name}.jpg", a_photo(width), "image/jpeg")}
            answer = await giulia.post(action, data={**hidden, **typed}, files=files)
            assert answer.status_code == 200
            (key,) = set(FILE.findall(answer.text)) - before
            return str(key)

        async def answers(browser: httpx.AsyncClient, address: str, key: str) -> set[int]:
            whats = ("previews", "preview-images", "attachments")
            return {(await browser.get(f"{address}/{what}/{key}")).status_code for what in whats}

        forward = await along("forwards", 300, to="ditta@example.org", subject="Scheda", text="Guardate.")
        answer = await along("answers", 400, text="Ecco il modulo.")
        page = (await luca.get(mine)).text
        for key in (forward, answer):
            assert key not in page
            assert await answers(giulia, ticket, key) == {200}
            assert await answers(luca, mine, key) == {404}
        # Sent at once it is theirs to read, and so are its files; what went to others stays ours.
        page = (await giulia.get(ticket)).text
        names = re.findall(r"form-(mails-send-[0-9a-f-]+)", page)
        # The forward, written first, stands first.
        await send(giulia, page, names[-1])
        assert f"{mine}/preview-images/{answer}" in (await luca.get(mine)).text
        assert await answers(luca, mine, answer) == {200}
        await send(giulia, (await giulia.get(ticket)).text, names[0])
        assert await answers(luca, mine, forward) == {404}
        assert forward not in (await luca.get(mine)).text


async def test_the_transcript_takes_no_words_for_code_and_has_none_of_ours(house: House) -> None:
    marks = ("request", "field", "reply", "file", "answered")
    evil = {name: f"</pre></title><script>{name}()</script><img src=x onerror={name}()>" for name in marks}
    ours = {name: f"solo-nostra-{name}" for name in ("nota", "tag", "inoltro", "passaggio", "spostata", "trattenuta")}
    number, _ = await with_files(
        house,
        (f"{evil['file']}.jpg", a_photo(), "image/jpeg"),
        ("uguale.pdf", A_FORM[1], A_FORM[2]),
        A_FORM,
        subject=f"{evil['request']} {random_id()}",
        values={"kind": "password", "description": evil["field"]},
    )
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:

        async def do(name: str, **filled: str) -> str:
            return await send(giulia, (await giulia.get(f"/tickets/{number}")).text, name, **filled)

        page = (await luca.get(f"/my/{number}")).text
        token = {"csrf": field(page, "csrf"), "key": "one"}
        assert (await luca.post(f"/my/{number}/replies", data={**token, "text": evil["reply"]})).status_code == 200
        await do("notes", text=f"{ours['nota']} {evil['request']}")
        await do("tags", add=ours["tag"])
        await do("forwards", to="ditta@example.org", subject=ours["inoltro"], text=ours["inoltro"])
        await do("move", queue="online-services", reason=ours["spostata"])
        await do("hand-over", to="marco.ferri", reason=ours["passaggio"])
        page = await do("answers", text=evil["answered"])
        await send(giulia, page, re.findall(r"form-(mails-send-[0-9a-f-]+)", page)[-1])
        await do("answers", text=ours["trattenuta"])
        whole = (await giulia.get(f"/tickets/{number}")).text
        assert [word for word in ours.values() if word not in whole] == [], "nothing to keep back"
        answer = await luca.get(f"/my/{number}/download")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = [name.rpartition("/")[2] for name in archive.namelist()]
        text = archive.read(archive.namelist()[0]).decode()
    assert names[0] == "richiesta.html"
    assert len(set(names)) == len(names) == 4
    assert {"uguale.pdf", "modulo.pdf"} < set(names)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([a-zA-Z!][a-zA-Z0-9]*)", text)}
    known = "html head meta title body h1 h2 p hr strong br pre ul li"
    assert tags <= {"!doctype", *known.split()}
    # As often as people typed them, never as tags.
    assert all(html.escape(words) in text for words in evil.values() if words != evil["file"])
    assert not [word for word in (*ours.values(), "Giulia", "Marco", "ditta@example.org") if word in text]


@needs_chromium
async def test_a_picture_opens_large_over_the_page_and_closes_again_on_a_phone(house: House, tmp_path: Path) -> None:
    number, (photo, _) = await with_files(
        house, ("una-tessera-dal-nome-lunghissimo-" * 3 + ".jpg", a_photo(), "image/jpeg"), A_FORM
    )
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=False)
        await sign_in(page, house.settings.portal_url, "Luca Bianchi", f"/my/{number}")
        small = page.locator(f'a.thumb img[src$="{photo}"]')
        await expect(small).to_have_js_property("naturalHeight", 240)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.screenshot(path=tmp_path / "small.png", full_page=True)
        thumb, dialog = page.locator("a.thumb").last, page.locator("#preview-dialog")
        await thumb.click()
        await expect(dialog.get_by_role("img", name="Pagina 1 di modulo.pdf")).to_be_visible()
        await dialog.get_by_role("link", name="Pagina successiva").click()
        await expect(dialog.get_by_role("status")).to_have_text("Pagina 2 di 3")
        assert await dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
        await page.screenshot(path=tmp_path / "large.png")
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(thumb).to_be_focused()
    assert complaints.found == []


@needs_chromium
async def test_without_javascript_the_picture_is_a_page_that_leads_back(house: House) -> None:
    number, _ = await with_files(house, A_FORM)
    async with a_browser() as browser:
        context = await browser.new_context(java_script_enabled=False, locale="it-IT", viewport=PHONE)
        page = await context.new_page()
        await sign_in(page, house.settings.portal_url, "Luca Bianchi", f"/my/{number}")
        await page.locator("a.thumb").click()
        await expect(page.get_by_role("heading", name="modulo.pdf")).to_be_visible()
        await page.get_by_role("link", name="Pagina successiva").click()
        await expect(page.get_by_role("img", name="Pagina 2 di modulo.pdf")).to_be_visible()
        await page.get_by_role("link", name="Chiudi").click()
        await expect(page).to_have_url(f"{house.settings.portal_url}/my/{number}")
