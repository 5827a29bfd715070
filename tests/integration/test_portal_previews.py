"""Previews of a ticket's files: drawn by us, for operators only, and never a byte that somebody sent."""

import html
import re

import pytest

from shared.events import Attachment
from shared.ids import random_id
from tests.integration.house import House
from tests.unit.portal.evil_files import SECRET, a_pdf, a_pdf_with_a_password, a_photo
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

EVIL = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert("evil")</script></svg>'


async def with_files(house: House, *files: tuple[str, bytes, str]) -> tuple[str, list[str]]:
    """A ticket that came with files; its number and their keys."""
    owner = random_id()
    keys = [await house.blobs.put(owner, content) for _, content, _ in files]
    named = [
        Attachment(key=key, name=name, media_type=kind, size=len(content), field="card")
        for key, (name, content, kind) in zip(keys, files, strict=True)
    ]
    return await house.ticket(id=owner, attachments=named), keys


async def test_a_preview_is_a_picture_of_ours_in_a_sandbox_and_the_file_stays_a_download(house: House) -> None:
    number, (photo, pdf) = await with_files(
        house, ("tessera.jpg", a_photo(), "image/jpeg"), ("modulo.pdf", a_pdf(), "application/pdf")
    )
    path = f"/tickets/{number}"
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(path)).text
        for key in (photo, pdf):
            assert f'<img src="{path}/preview-images/{key}"' in page
            small = await giulia.get(f"{path}/preview-images/{key}")
            assert small.headers["content-type"] == "image/jpeg"
            assert small.headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert small.headers["x-content-type-options"] == "nosniff"
            assert small.headers["cache-control"] == "private, no-store"
            assert SECRET.encode() not in small.content
            file = await giulia.get(f"{path}/attachments/{key}")
            assert file.headers["content-disposition"].startswith("attachment;")
        large = (await giulia.get(f"{path}/previews/{pdf}?page=2")).text
        assert "Pagina 2 di 3" in shown(large)
        image = re.search(r'<img src="([^"]+preview-images[^"]+)"', large)
        assert image
        assert (await giulia.get(html.unescape(image[1]))).headers["content-type"] == "image/jpeg"
        missing = await giulia.get(f"{path}/previews/{pdf}?page=4")
        assert (missing.status_code, "non ha questa pagina" in shown(missing.text)) == (404, True)
        assert (await giulia.get(f"{path}/previews/{pdf}?page=0")).status_code == 422


async def test_what_can_t_be_shown_says_why_in_words_and_is_no_document_of_its_sender(house: House) -> None:
    number, (fake, locked) = await with_files(
        house, ("foto.png", EVIL, "image/png"), ("segreto.pdf", a_pdf_with_a_password(), "application/pdf")
    )
    path = f"/tickets/{number}"
    async with house.person("giulia.conti") as giulia:
        for key, few, sentence in (
            (fake, "Senza anteprima", "I file di questo tipo non hanno un’anteprima"),
            (locked, "Con password", "protetto da una password"),
        ):
            picture = await giulia.get(f"{path}/preview-images/{key}?size=large")
            assert picture.headers["content-type"].startswith("image/svg+xml")
            assert picture.headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert few in picture.text
            assert "evil" not in picture.text
            assert sentence in shown((await giulia.get(f"{path}/previews/{key}")).text)


async def test_previews_are_for_operators_and_of_this_ticket_only(house: House) -> None:
    number, (photo,) = await with_files(house, ("tessera.jpg", a_photo(), "image/jpeg"))
    other = await house.ticket()
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca, house.browser() as nobody:
        for what in ("previews", "preview-images"):
            assert (await giulia.get(f"/tickets/{number}/{what}/{photo}")).status_code == 200
            for strange in (f"{other}/{what}/{photo}", f"{number}/{what}/x", f"{number}/{what}/../../etc/passwd"):
                assert (await giulia.get(f"/tickets/{strange}")).status_code in (404, 303), strange
            assert (await giulia.get(f"/tickets/{number}/{what}/{photo}?page=x")).status_code == 422
            assert (await luca.get(f"/tickets/{number}/{what}/{photo}")).status_code == 403
            assert (await nobody.get(f"/tickets/{number}/{what}/{photo}")).status_code == 303
        assert (await giulia.get(f"/tickets/{number}/preview-images/{photo}?size=huge")).status_code == 422
