"""Makes a picture of a file that somebody sent. A program of `shared/confined.py`: no import of ours.

Its arguments are page, width and height, and the file comes on stdin; on stdout goes one line of JSON, then a PNG or
JPEG that was drawn anew: of the file itself no byte reaches a browser.
"""

import io
import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

# Pixels of an image that is decoded, and points of the side of a PDF's page.
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 20_000
# Of the processor.
SECONDS = 8
# With every library loaded nothing has to be opened any more.
DESCRIPTORS = 3
MOST_PAGES = 100
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


class Fault(Exception):
    """Why there is no picture: a code that the page has words for."""


def render(content: bytes, page: int, size: tuple[int, int]) -> tuple[dict[str, Any], bytes]:
    """What it is, and its picture within `size`; its content decides, not its name."""
    if content.startswith(STARTS) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        picture, told = _image(content, size), {"pages": 1}
    elif content[:1024].lstrip(b"\x00\t\n\x0c\r \xef\xbb\xbf").startswith(b"%PDF-"):
        picture, told = _pdf(content, page, size)
    else:
        raise Fault("unknown")
    output = io.BytesIO()
    if picture.mode in ("RGBA", "LA", "PA"):
        picture.save(output, "PNG")
    else:
        # New pixels in a new file: no comment, profile or place where it was taken goes along.
        picture.convert("RGB").save(output, "JPEG", quality=85)
    return {**told, "width": picture.width, "height": picture.height}, output.getvalue()


def _image(content: bytes, size: tuple[int, int]) -> Any:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise Fault("too_large")
            # JPEG can be decoded smaller from the start.
            found.draft("RGB", size)
            found.load()
            picture = _upright(found)
    except Image.DecompressionBombError as error:
        raise Fault("too_large") from error
    if picture.mode in ("P", "PA") or (picture.mode == "L" and "transparency" in picture.info):
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    elif picture.mode not in ("RGB", "RGBA", "L", "LA"):
        picture = picture.convert("RGB")
    picture.thumbnail(size)
    picture.info = {}
    return picture


def _upright(found: Any) -> Any:
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(found)
    except Exception:  # what a camera wrote beside the picture makes no sense: the picture may
        return found.copy()


def _pdf(content: bytes, page: int, size: tuple[int, int]) -> tuple[Any, dict[str, Any]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Fault("encrypted" if "assword" in str(error) else "broken") from error
    pages = len(document)
    if not 1 <= page <= min(pages, MOST_PAGES):
        raise Fault("no_page" if pages else "broken")
    sheet = document[page - 1]
    width, height = sheet.get_size()
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        raise Fault("too_large")
    scale = min(size[0] / width, size[1] / height, 4)
    return sheet.render(scale=scale, may_draw_forms=False).to_pil(), {"pages": min(pages, MOST_PAGES), "all": pages}


def load_libraries() -> None:
    """All that drawing needs, by drawing once: afterwards no file can be opened."""
    import pypdfium2
    from PIL import Image, MpoImagePlugin, TiffImagePlugin, WebPImagePlugin

    _ = (MpoImagePlugin, TiffImagePlugin, WebPImagePlugin)  # read of a JPEG or WebP now and then

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    Image.preinit()
    _upright(Image.new("RGB", (1, 1)))
    document = pypdfium2.PdfDocument.new()
    document.new_page(10, 10)
    blank = io.BytesIO()
    document.save(blank)
    render(blank.getvalue(), 1, (10, 10))
    for name in FORMATS:
        drawn = io.BytesIO()
        Image.new("RGBA" if name == "PNG" else "RGB", (1, 1)).save(drawn, name)
        render(drawn.getvalue(), 1, (10, 10))


def main(confine: Callable[[int, int], None]) -> None:
    """One file in, one picture out."""
    warnings.simplefilter("ignore")
    load_libraries()
    confine(SECONDS, DESCRIPTORS)
    page, width, height = (int(each) for each in sys.argv[1:4])
    picture = b""
    try:
        told, picture = render(sys.stdin.buffer.read(), page, (width, height))
    except Fault as fault:
        told = {"fault": str(fault)}
    except MemoryError:
        told = {"fault": "too_large"}
    except Exception:  # whatever a library says of a broken file
        told = {"fault": "broken"}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + picture)
