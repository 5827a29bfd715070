"""Pictures drawn of attached files by a child process: good files, and those that are made to break it."""

import asyncio
import io
import time
from pathlib import Path

import pytest
from PIL import Image

from services.portal import previews as drawing
from services.portal.previews import Previews, draw
from shared.blobs import Blobs, folder_url
from shared.errors import NotFound
from shared.ids import random_id
from tests.unit.portal.evil_files import (
    SECRET,
    a_bomb_of_a_page,
    a_bomb_of_pixels,
    a_drawing,
    a_pdf,
    a_pdf_with_a_password,
    a_photo,
)

pytestmark = pytest.mark.integration

BOX = (320, 240)


async def test_a_photo_stands_upright_is_small_and_tells_nothing_of_where_it_was_taken() -> None:
    photo = a_photo()
    assert SECRET.encode() in photo
    drawn = await draw(photo, 1, BOX)
    assert (drawn.media_type, drawn.fault, drawn.pages) == ("image/jpeg", "", 1)
    with Image.open(io.BytesIO(drawn.content)) as picture:
        assert picture.size == (drawn.width, drawn.height) == (160, 240)
        assert not picture.getexif()
    assert SECRET.encode() not in drawn.content


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGBA", "PNG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("CMYK", "JPEG"), ("RGB", "WEBP"), ("P", "GIF")],
)
async def test_every_kind_of_picture_is_drawn_anew(mode: str, kind: str) -> None:
    content = a_drawing(mode, kind) + b"<script>alert(1)</script>"
    drawn = await draw(content, 1, BOX)
    assert (drawn.fault, drawn.width, drawn.height) == ("", 300, 200)
    assert b"script" not in drawn.content


async def test_each_page_of_a_pdf_is_drawn_and_a_very_long_one_only_at_its_beginning() -> None:
    drawn = await draw(a_pdf(), 3, BOX)
    assert (drawn.fault, drawn.pages, drawn.all, drawn.height) == ("", 3, 3, 240)
    assert (await draw(a_pdf(), 4, BOX)).fault == "no_page"
    long = a_pdf(2000)
    drawn = await draw(long, 100, BOX)
    assert (drawn.fault, drawn.pages, drawn.all) == ("", 100, 2000)
    assert (await draw(long, 101, BOX)).fault == "no_page"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (a_bomb_of_pixels(), "too_large"),
        (a_bomb_of_a_page(), "too_large"),
        (a_pdf_with_a_password(), "encrypted"),
        (a_pdf()[:200], "broken"),
        (a_drawing()[:90], "broken"),
        (b"%PDF-1.7\n" + b"x" * 100_000, "broken"),
        (b"<!doctype html><script>alert(1)</script>", "unknown"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "unknown"),
        (b"", "unknown"),
    ],
    ids=["pixels", "page", "password", "half a pdf", "half a picture", "no pdf", "html", "svg", "nothing"],
)
async def test_what_is_no_picture_or_is_made_to_break_its_reader_is_named_in_time(content: bytes, fault: str) -> None:
    began = time.monotonic()
    assert await draw(content, 1, BOX) == drawing.Picture(fault=fault)
    assert time.monotonic() - began < drawing.PATIENCE + 5


async def test_a_machine_that_is_too_busy_says_nothing_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(folder_url(tmp_path))
    previews, key = Previews(blobs), await blobs.put(random_id(), a_photo())
    with monkeypatch.context() as busy:
        busy.setattr(drawing, "PATIENCE", 0.001)
        assert (await previews.picture(key, 1, "small")).fault == "busy"
    assert (await previews.picture(key, 1, "small")).content


async def test_a_picture_is_drawn_once_for_all_who_ask_and_the_memory_has_an_end(tmp_path: Path) -> None:
    blobs, owner = Blobs(folder_url(tmp_path)), random_id()
    previews = Previews(blobs, kept=2_000)
    key = await blobs.put(owner, a_photo())
    found = await asyncio.gather(*(previews.picture(key, 1, "small") for _ in range(30)))
    assert len({id(each) for each in found}) == 1
    assert await previews.picture(key, 1, "small") is found[0]
    for colour in range(3):
        await previews.picture(await blobs.put(owner, a_photo(100, 100 + colour)), 1, "small")
    assert await previews.picture(key, 1, "small") is not found[0]
    with pytest.raises(NotFound):
        await previews.picture(f"{owner}/{'0' * 64}", 1, "small")
