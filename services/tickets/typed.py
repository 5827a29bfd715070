"""What may be typed: texts, lines, addresses, tags and files, with their limits."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, EmailStr, Field, StringConstraints

from shared.events import Attachment

# Characters of what an operator or a user may write at once.
LONGEST_TEXT = 50_000
LONGEST_LINE = 200
MOST_TAGS = 20


def _no_breaks(text: str) -> str:
    if any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in text):
        raise ValueError("one line only, without line breaks or control characters")
    return text


def _plain(text: str) -> str:
    if any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\r\t" for each in text):
        raise ValueError("control characters can't be stored: remove them")
    return text.replace("\r\n", "\n").replace("\r", "\n")


Written = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT), AfterValidator(_plain)
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
Files = Annotated[tuple[Attachment, ...], Field(max_length=20)]
