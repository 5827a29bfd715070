"""Colleagues named in a text with `@`, found again to be shown. Who gets a notice was decided when it was written."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.mentions import MENTION


class Piece(NamedTuple):
    """A piece of a text; `name`: the colleague whom it names."""

    text: str
    name: str = ""


def pieces(text: str, names: Mapping[str, str]) -> Iterator[Piece]:
    """The text in order, with each mention of one of `names` (by id) apart."""
    done = 0
    for found in MENTION.finditer(text):
        name = names.get(found[1].lower())
        if name is None:
            continue
        if done < found.start():
            yield Piece(text[done : found.start()])
        yield Piece(found[0], name)
        done = found.end()
    if done < len(text):
        yield Piece(text[done:])
