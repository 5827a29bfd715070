"""What may be typed: texts, lines, addresses, tags, days, answers and files, with their limits."""

import math
import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, EmailStr, Field, JsonValue, StringConstraints

from shared.blobs import is_key
from shared.events import Attachment

# Characters of what an operator or a user may write at once.
LONGEST_TEXT = 50_000
LONGEST_LINE = 200
MOST_TAGS = 20
MOST_ANSWERS = 200
# Later days can't be said in every zone, nor counted with.
LAST_YEAR = 2199
# What the store can hold: integers of 64 bits; answers are lists and objects at most so deep.
LARGEST = 2**63 - 1
DEEPEST = 10
# Longer names and types of files are nobody's.
LONGEST_NAME = 255


def _no_breaks(text: str) -> str:
    if any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in text):
        raise ValueError("one line only, without line breaks or control characters")
    return text


def _plain(text: str) -> str:
    if any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\r\t" for each in text):
        raise ValueError("control characters can't be stored: remove them")
    # Of nothing but spaces of no width, nobody could see anything.
    visible = any(unicodedata.category(each)[0] not in "CZ" for each in text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if visible else ""


def _something(text: str) -> str:
    if not text:
        raise ValueError("write something that can be seen")
    return text


def _near(moment: datetime) -> datetime:
    if moment.year > LAST_YEAR:
        raise ValueError(f"choose a day before the year {LAST_YEAR + 1}")
    return moment


def _storable(value: JsonValue, depth: int = 0) -> JsonValue:
    if depth > DEEPEST:
        raise ValueError("an answer can't be as deep as this")
    if isinstance(value, str):
        _plain(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number must be finite")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("this number is too large")
    elif isinstance(value, list):
        for each in value:
            _storable(each, depth + 1)
    elif isinstance(value, dict):
        for name, each in value.items():
            _no_breaks(name)
            _storable(each, depth + 1)
    return value


def _stored(file: Attachment) -> Attachment:
    if not is_key(file.key):
        raise ValueError("no file is stored under this key")
    if not 0 <= file.size <= LARGEST:
        raise ValueError("this is no file's size")
    for text in (file.name, file.media_type, file.field):
        if len(_no_breaks(text)) > LONGEST_NAME:
            raise ValueError(f"{LONGEST_NAME} characters at most")
    return file


Written = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT),
    AfterValidator(_plain),
    AfterValidator(_something),
]
MaybeWritten = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT), AfterValidator(_plain)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINE), AfterValidator(_no_breaks)
]
MaybeLine = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_LINE), AfterValidator(_no_breaks)
]
Address = Annotated[EmailStr, Field(max_length=254), AfterValidator(_no_breaks)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[\w][\w .+-]{0,39}$")]
Tags = Annotated[tuple[Tag, ...], Field(max_length=MOST_TAGS)]
Until = Annotated[AwareDatetime, AfterValidator(_near)]
Answers = Annotated[dict[str, JsonValue], Field(max_length=MOST_ANSWERS), AfterValidator(_storable)]
Files = Annotated[tuple[Annotated[Attachment, AfterValidator(_stored)], ...], Field(max_length=20)]
