"""A request as one ZIP: what its requester may see, written out, and the files; streamed, one file at a time."""

import io
import re
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from services.portal.shapes import View
from shared.blobs import Blobs
from shared.errors import NotFound
from shared.events import Attachment

# Bytes of files that one download brings; what is beyond is named in it, and can be had one by one.
LARGEST: Final = 200_000_000
TRANSCRIPT: Final = "richiesta.html"
LONGEST_NAME: Final = 100
# Neither a folder, nor a drive, nor a name that a system keeps for itself.
_UNSAFE: Final = re.compile(r"[^\w. ()+,=@-]+")
_KEPT: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


# An article's id and the position of a file in it: what is in two files may be the same.
Place = tuple[str, int]


class Packed(NamedTuple):
    """A file, where it stands in the request, and its name in the archive."""

    place: Place
    file: Attachment
    name: str


def files_of(ticket: View) -> list[tuple[Place, Attachment]]:
    """Every file, in order, each as often as it was sent."""
    return [((article.id, at), file) for article in ticket.articles for at, file in enumerate(article.attachments)]


def packed(files: Sequence[tuple[Place, Attachment]], limit: int = LARGEST) -> tuple[list[Packed], list[Attachment]]:
    """Those that fit, with safe names that are all different, and those that don't."""
    fitting: list[Packed] = []
    left: list[Attachment] = []
    names: set[str] = set()
    size = 0
    for place, file in files:
        if size + file.size > limit:
            left.append(file)
            continue
        size += file.size
        fitting.append(Packed(place, file, _another(safe_name(file.name), names)))
    return fitting, left


def safe_name(name: str) -> str:
    """A name that no system reads as more than a name."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = _UNSAFE.sub("_", plain).strip(". ") or "file"
    if _KEPT.fullmatch(plain):
        plain = f"_{plain}"
    if len(plain) <= LONGEST_NAME:
        return plain
    stem, dot, ending = plain.rpartition(".")
    room = LONGEST_NAME - len(dot + ending)
    return f"{stem[:room]}{dot}{ending}" if dot and len(ending) <= 10 else plain[:LONGEST_NAME]


def _another(name: str, taken: set[str]) -> str:
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    wanted, count = name, 1
    while wanted.casefold() in taken:
        count += 1
        wanted = f"{stem} ({count}){dot}{ending}"
    taken.add(wanted.casefold())
    return wanted


class _Pipe(io.RawIOBase):
    """What the archive writes, until it is sent; nobody goes back in it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """All that was written since the last time."""
        found = bytes(self._written)
        self._written.clear()
        return found


async def archive(
    folder: str, transcript: str, files: Sequence[Packed], blobs: Blobs, now: datetime
) -> AsyncIterator[bytes]:
    """The ZIP, piece by piece. A file that the store has lost is named, and the rest comes all the same."""
    pipe = _Pipe()
    lost: list[str] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as writer:
        _put(writer, f"{folder}/{TRANSCRIPT}", transcript.encode(), now, zipfile.ZIP_DEFLATED)
        yield pipe.taken()
        for each in files:
            try:
                content = await blobs.get(each.file.key)
            except NotFound:
                lost.append(each.name)
                continue
            _put(writer, f"{folder}/allegati/{each.name}", content, now, zipfile.ZIP_STORED)
            yield pipe.taken()
        if lost:
            _put(writer, f"{folder}/mancanti.txt", "\n".join(lost).encode(), now, zipfile.ZIP_DEFLATED)
    for piece in _rest(pipe):
        yield piece


def _rest(pipe: _Pipe) -> Iterator[bytes]:
    if found := pipe.taken():
        yield found


def _put(writer: zipfile.ZipFile, name: str, content: bytes, now: datetime, how: int) -> None:
    info = zipfile.ZipInfo(name, now.timetuple()[:6])
    info.compress_type = how
    info.external_attr = 0o600 << 16
    writer.writestr(info, content)
