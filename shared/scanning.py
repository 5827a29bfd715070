"""Looks into files that somebody sent, for what their first bytes don't say. A program of `confined`: it imports
nothing of ours.

stdin has one line of JSON, `[[kind, size], ...]`, then the files' bytes one after the other; stdout gets `ready`, then
one word per file as soon as it is known: `ok` or a `Fault`.
"""

import io
import json
import sys
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

# Pixels of an image, and of its longer side: what the pages that show it can draw.
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 30_000
# Of the processor.
SECONDS = 10
# With every library loaded nothing has to be opened any more, but for the random numbers that the reader of encrypted
# documents asks the machine for.
DESCRIPTORS = 4
# Objects of a PDF, values inside one of them, and how deep they may nest: far beyond what any program writes.
MOST_OBJECTS = 300_000
MOST_VALUES = 3_000_000
DEEPEST = 60
# Bytes behind the end of a PDF: signing programs and scanners leave some.
PADDING = 1024

# Actions that run a program, open another file, send data away or play something, even if only after a click.
RUNNING = frozenset(
    {"/JavaScript", "/Launch", "/GoToR", "/GoToE", "/GoToDp", "/SubmitForm", "/ImportData", "/Rendition", "/Sound",
     "/Movie", "/GoTo3DView", "/RichMediaExecute"}
)  # fmt: skip
# All that may happen without a click: the document opens at a page.
BY_ITSELF = frozenset({"/GoTo", "/Named"})
PLACES_OF_FILES = frozenset({"/F", "/UF", "/DOS", "/Mac", "/Unix"})
PLAYERS = frozenset({"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
FORMATS = {"jpg": ("JPEG",), "png": ("PNG",), "webp": ("WEBP",)}


class Fault(Exception):
    """Why a file is refused: a code for which `shared.scan` has the sentence."""


def look(kind: str, content: bytes) -> None:
    """`Fault` when the file is not harmless. `kind`: a key of `FILE_TYPES`; its first bytes have been compared."""
    if _is_archive(content):
        raise Fault("two_in_one")
    if kind == "pdf":
        _look_into_pdf(content)
    else:
        _look_at_image(content, FORMATS[kind])


def _is_archive(content: bytes) -> bool:
    """Whether a program that unpacks archives finds one, wherever in the file it begins."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as found:
            return bool(found.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, UnicodeDecodeError):
        return False


def _look_at_image(content: bytes, formats: tuple[str, ...]) -> None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=formats) as found:
            width, height = found.size
            if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
                raise Fault("too_many_pixels")
            # All of it is read, but a JPEG need not be drawn in full.
            found.draft(None, (max(1, width // 8), max(1, height // 8)))
            found.load()
    except Image.DecompressionBombError as error:
        raise Fault("too_many_pixels") from error
    except Fault:
        raise
    except Exception as error:  # a decoder fails in many ways; the file is refused for all of them
        raise Fault("damaged") from error


def _look_into_pdf(content: bytes) -> None:
    import pikepdf

    end = max(content.rfind(b"%%EOF"), content.rfind(b"startxref"))
    if end < 0:
        raise Fault("damaged")
    if len(content[end + 5 :].strip(b"\x00\t\n\x0c\r ")) > PADDING:
        raise Fault("two_in_one")
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as document:
            if not len(document.pages):
                raise Fault("damaged")
            _Walk(pikepdf).all(document)
    except pikepdf.PasswordError as error:
        raise Fault("encrypted") from error
    except Fault:
        raise
    except Exception as error:  # as above
        raise Fault("damaged") from error


class _Walk:
    """Every object of a PDF, those packed into streams of objects and those that nothing refers to as well."""

    def __init__(self, pikepdf: Any) -> None:
        self._kinds = (pikepdf.Dictionary, pikepdf.Stream)
        self._array = pikepdf.Array
        self._name = pikepdf.Name
        self._values = 0

    def all(self, document: Any) -> None:
        objects = document.objects
        if len(objects) > MOST_OBJECTS:
            raise Fault("too_complex")
        for each in objects:
            self._value(each, 0)
        self._value(document.trailer, 0)

    def _value(self, value: Any, depth: int) -> None:
        self._values += 1
        if self._values > MOST_VALUES or depth > DEEPEST:
            raise Fault("too_complex")
        if isinstance(value, self._kinds):
            self._dictionary(value, depth)
        elif isinstance(value, self._array):
            for each in value:
                self._within(each, depth)

    def _within(self, value: Any, depth: int) -> None:
        # What stands elsewhere in the file is met there.
        if isinstance(value, (*self._kinds, self._array)) and not value.is_indirect:
            self._value(value, depth + 1)

    def _dictionary(self, found: Any, depth: int) -> None:
        keys = set(found.keys())
        if "/JavaScript" in keys or "/XFA" in keys or self._is_code(found.get("/JS")):
            raise Fault("runs")
        if "/EmbeddedFiles" in keys or "/Collection" in keys or self._holds_file(found.get("/EF")):
            raise Fault("files_inside")
        if "/RichMediaContent" in keys or self._text(found.get("/Subtype")) in PLAYERS:
            raise Fault("plays")
        if self._text(found.get("/S")) in RUNNING:
            raise Fault("runs")
        if "/OpenAction" in keys:
            self._only(found["/OpenAction"], BY_ITSELF)
        if "/AA" in keys:
            self._additional(found["/AA"])
        for key in keys:
            self._within(found[key], depth)

    def _is_code(self, value: Any) -> bool:
        # A font may bear any name; it is a dictionary.
        return value is not None and not isinstance(value, (self._kinds[0], self._array))

    def _holds_file(self, value: Any) -> bool:
        return isinstance(value, self._kinds) and bool(PLACES_OF_FILES & set(value.keys()))

    def _additional(self, actions: Any) -> None:
        """What happens when the reader comes near, turns the page or prints."""
        if isinstance(actions, self._kinds):
            for key in actions.keys():  # noqa: SIM118  # no dict: it has no iterator of its own
                self._only(actions[key], BY_ITSELF)

    def _only(self, action: Any, allowed: frozenset[str]) -> None:
        """An action (and what comes after it) of these kinds, or a plain place in the document."""
        for _ in range(DEEPEST):
            if not isinstance(action, self._kinds):
                return
            kind = self._text(action.get("/S"))
            if kind and kind not in allowed:
                raise Fault("runs")
            action = action.get("/Next")
            if isinstance(action, self._array):
                for each in action:
                    self._only(each, allowed)
                return

    def _text(self, value: Any) -> str:
        return str(value) if isinstance(value, self._name) else ""


def load_libraries(kinds: set[str]) -> None:
    """All that looking needs, by looking once: afterwards no file can be opened."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("a", "")
    _is_archive(archive.getvalue())
    if kinds - {"pdf"}:
        from PIL import Image, MpoImagePlugin, TiffImagePlugin, WebPImagePlugin

        _ = (MpoImagePlugin, TiffImagePlugin, WebPImagePlugin)  # read of a JPEG or WebP now and then
        Image.MAX_IMAGE_PIXELS = MOST_PIXELS
        Image.preinit()
    if "pdf" in kinds:
        import pikepdf

        with pikepdf.new() as blank:
            blank.add_blank_page()
            target = io.BytesIO()
            blank.save(target)
        with pikepdf.open(io.BytesIO(target.getvalue())) as again:
            _Walk(pikepdf).all(again)


def main(confine: Callable[[int, int], None]) -> None:
    """Read, look, say; one word per file."""
    warnings.simplefilter("ignore")
    files = json.loads(sys.stdin.buffer.readline())
    load_libraries({kind for kind, _ in files})
    confine(SECONDS, DESCRIPTORS)
    _say("ready")
    for kind, size in files:
        content = sys.stdin.buffer.read(size)
        try:
            look(kind, content)
            word = "ok"
        except Fault as fault:
            word = str(fault)
        except (MemoryError, RecursionError):
            word = "too_complex"
        _say(word)


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()
