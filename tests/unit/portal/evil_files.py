"""Files as people send them, and as they are made to break who opens them; made here, none is anybody's."""

import io
import struct
import zlib
from typing import Any

import pypdfium2
from PIL import Image

SECRET = "Scattata a casa di Luca"


def a_photo(width: int = 1200, height: int = 800) -> bytes:
    """A JPEG that lies on its side, says so, and says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = SECRET
    return _saved(Image.new("RGB", (width, height), "teal"), "JPEG", exif=exif)


def a_drawing(mode: str = "RGBA", kind: str = "PNG") -> bytes:
    """A picture of any mode, in any format."""
    return _saved(Image.new(mode, (300, 200)), kind)


def a_pdf(pages: int = 3) -> bytes:
    """Empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def a_bomb_of_pixels(width: int = 30_000) -> bytes:
    """A few bytes that say they are 900 million pixels."""
    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def a_bomb_of_a_page() -> bytes:
    """A PDF of two kilobytes whose one page is 900 megabytes of nothing."""
    squeezer = zlib.compressobj(9)
    once = b"".join(squeezer.compress(bytes(1_000_000)) for _ in range(900)) + squeezer.flush()
    twice = zlib.compress(once, 9)
    stream = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(twice), twice)
    return _pdf([*_PAGE, stream], b"")


def a_pdf_with_a_password() -> bytes:
    """Nobody knows which."""
    lock = b"<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>" % (b"a" * 32, b"b" * 32)
    return _pdf([*_PAGE, lock], b"/Encrypt 4 0 R/ID[(0123456789abcdef)(0123456789abcdef)]")


_PAGE = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 4 0 R>>",
)


def _pdf(objects: list[bytes], more: bytes) -> bytes:
    output, offsets = b"%PDF-1.7\n", []
    for at, each in enumerate(objects, 1):
        offsets.append(len(output))
        output += b"%d 0 obj\n%s\nendobj\n" % (at, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF"
    return output + end % (count, table, count, more, len(output))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _saved(picture: Any, kind: str, **more: Any) -> bytes:
    output = io.BytesIO()
    picture.save(output, kind, **more)
    return output.getvalue()
