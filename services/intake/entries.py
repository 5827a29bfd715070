"""What a proof of work is for: a digest of all answers as they come, which `script/proof.js` makes before sending."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def entries_digest(entries: Iterable[tuple[str, str | bytes]]) -> str:
    """sha256 over the sha256 of each name and value, in the order in which they came; a file's value is its bytes.

    Browsers write line ends in more than one way, so they are made one.
    """
    whole = hashlib.sha256()
    for name, value in entries:
        content = value if isinstance(value, bytes) else _line_ends(value)
        whole.update(hashlib.sha256(_line_ends(name)).digest() + hashlib.sha256(content).digest())
    return whole.hexdigest()


def _line_ends(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\r", "\n").encode(errors="replace")


def entries_of(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """JSON, as the form data that it stands for."""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, (bool, int)):
                yield name, str(each).lower()
            elif isinstance(each, str):
                yield name, each
