"""Attachments: whether the files that came are allowed. Pure: looks at names, sizes and first bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import NamedTuple

import puremagic

from shared.errors import BadInput, TooLarge, UnsupportedType
from shared.events import Language
from shared.forms.model import FILE_TYPES, FileField
from shared.forms.names import safe_name
from shared.forms.texts import say, size_text

# How many first bytes of a file `Upload.head` must hold (fewer only when the file is shorter).
HEAD_BYTES = 4096
# An iPhone's photos, whatever they are called.
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})


@dataclass(frozen=True)
class Upload:
    """One file of a multipart body. `size` in bytes, `head` its first `HEAD_BYTES`; its bytes are elsewhere."""

    field: str
    name: str
    media_type: str
    size: int
    head: bytes


class FileFault(NamedTuple):
    """Why a file is refused: the error class gives the status."""

    kind: type[BadInput]
    message: str


def sniff(head: bytes) -> str:
    """The media type that the first bytes speak of; empty when they say nothing."""
    try:
        return str(puremagic.magic_string(head)[0].mime_type)
    except (puremagic.PureError, ValueError, IndexError):
        return ""


def check_files(
    question: FileField, uploads: Sequence[Upload], language: Language
) -> tuple[list[Upload], list[FileFault]]:
    """The field's files with clean names and their true media types, and what is wrong with them."""
    cleaned = [replace(upload, name=safe_name(upload.name)) for upload in uploads]
    faults = [fault for upload in cleaned for fault in _faults(question, upload, language)]
    if len(cleaned) > question.max_count:
        key = "one_file" if question.max_count == 1 else "too_many_files"
        faults.append(FileFault(BadInput, say(language, key, maximum=question.max_count, count=len(cleaned))))
    return [replace(upload, media_type=sniff(upload.head)) for upload in cleaned], faults


def type_labels(question: FileField, language: Language) -> str:
    """`PDF, JPG o PNG`."""
    labels = [FILE_TYPES[name].label for name in question.types]
    *most, last = labels
    return f"{', '.join(most)} {say(language, 'or')} {last}" if most else last


def _faults(question: FileField, upload: Upload, language: Language) -> Iterator[FileFault]:
    allowed = [FILE_TYPES[name] for name in question.types]
    extension = PurePosixPath(upload.name).suffix.lower()
    claimed = next((one for one in allowed if extension in one.extensions), None)
    types = type_labels(question, language)
    if upload.size == 0:
        yield FileFault(BadInput, say(language, "empty_file", name=upload.name))
    elif upload.size > question.max_bytes:
        limit, size = size_text(question.max_bytes, language), size_text(upload.size, language)
        yield FileFault(TooLarge, say(language, "file_too_large", name=upload.name, size=size, maximum=limit))
    elif known := _known(upload):
        yield FileFault(UnsupportedType, say(language, known, name=upload.name))
    elif claimed is None:
        yield FileFault(UnsupportedType, say(language, "file_type", name=upload.name, types=types))
    elif sniff(upload.head) != claimed.media_type:
        facts = {"name": upload.name, "type": claimed.label, "types": types}
        yield FileFault(UnsupportedType, say(language, "file_content", **facts))


def _known(upload: Upload) -> str | None:
    """Types that people often have and don't recognise: the sentence that says what to do."""
    if upload.head[4:8] == b"ftyp" and upload.head[8:12] in HEIF_BRANDS:
        return "file_heic"
    if b"<svg" in upload.head[:1024].lower():
        return "file_svg"
    return None
