"""A long text as a page of many shows it: its beginning, to a word's end, and how much is left out. Pure."""

from typing import Final, NamedTuple

# Letters that are shown of a text that is folded: twenty such texts still make a light page.
SHOWN: Final = 2000
# What is a little longer is shown whole: nobody follows a link for two more lines.
WHOLE: Final = 2500
# The last word may be one that never ends.
_LONGEST_WORD: Final = 200


class Folded(NamedTuple):
    """`hidden`: how many letters are left out; none when all of it is shown."""

    shown: str
    hidden: int


def folded(text: str) -> Folded:
    """`text` itself, or its beginning."""
    if len(text) <= WHOLE:
        return Folded(text, 0)
    begins = text[:SHOWN]
    if not text[SHOWN].isspace():
        words = begins[-_LONGEST_WORD:].split()
        last = len(words[-1]) if words and not begins[-1].isspace() else 0
        begins = begins[: SHOWN - last] if last < _LONGEST_WORD else begins
    begins = begins.rstrip()
    return Folded(begins, len(text) - len(begins))
