"""Files for tests: small ones that are what they say, and some that only pretend."""

import io
import zipfile
import zlib
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary
from PIL import Image

JS = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def a_pdf(change: Any = None, **how: Any) -> bytes:
    """One blank page; `change` may do something to the document, `how` says how it is saved."""
    with pikepdf.new() as document:
        document.add_blank_page()
        if change:
            change(document)
        target = io.BytesIO()
        document.save(target, deterministic_id="encryption" not in how, **how)
    return target.getvalue()


def root(**entries: bytes) -> Any:
    """A change to the document's catalogue; values as they stand in a PDF."""

    def change(document: pikepdf.Pdf) -> None:
        for name, value in entries.items():
            document.Root[f"/{name}"] = pikepdf.Object.parse(value)

    return change


def annotation(**entries: bytes) -> Any:
    """An annotation on the first page."""

    def change(document: pikepdf.Pdf) -> None:
        note = Dictionary(Rect=Array([0, 0, 99, 99]))
        for name, value in entries.items():
            note[f"/{name}"] = pikepdf.Object.parse(value)
        document.pages[0].obj["/Annots"] = Array([document.make_indirect(note)])

    return change


def with_file_inside(document: pikepdf.Pdf) -> None:
    """A file attached to the document, as programs do it."""
    document.attachments["note.txt"] = b"hello"


def packed(**entries: bytes) -> bytes:
    """The catalogue changed, and all of it in streams of objects: no word of it can be read in the file's bytes."""
    return a_pdf(root(**entries), object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)


def an_image(kind: str = "PNG", size: tuple[int, int] = (8, 8), **how: Any) -> bytes:
    """A grey picture."""
    target = io.BytesIO()
    Image.new("RGB", size, (90, 120, 150)).save(target, kind, **how)
    return target.getvalue()


def a_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few bytes that says it has billions of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def a_zip(name: str = "a.txt") -> bytes:
    """An archive of one file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, "hello")
    return target.getvalue()


PDF = a_pdf()
PNG, JPG, WEBP = an_image("PNG"), an_image("JPEG"), an_image("WEBP")
