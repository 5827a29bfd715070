"""`python -m tests.verbs`: writes docs/verbs.md, what is allowed when, and which later facts stand against what.

It is committed; a test compares it with the code, another one walks the whole table with real tickets.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from services.tickets import commands as c
from services.tickets.api import WISHES
from services.tickets.domain.conflicts import CONFLICTS, STALE
from services.tickets.domain.refusals import DID, SENTENCES
from services.tickets.domain.states import COLUMNS, VERBS

FILE = Path(__file__).resolve().parent.parent / "docs" / "verbs.md"
PATHS: Final[dict[type[object], str]] = {**{wish: path for path, wish in WISHES.items()}, c.ReplyTicket: "replies"}
# How a wish that may be a repeat is refused when it is none: the codes of its columns.
OTHER_THAN_SAME: Final[dict[type[object], dict[str, str]]] = {
    c.CloseTicket: dict.fromkeys(("closed_successful", "closed_unsuccessful"), "already"),
    c.MergeTicket: {"merging": "already_merging", "merged": "merged"},
}

_HEAD = """# What can be done when

Generated from the code by `python -m tests.verbs`; `tests/unit/tickets/test_verbs.py` compares the two, and walks every
cell of the first table with a real ticket. The rules: `services/tickets/domain/states.py` and `conflicts.py`.

## Verbs and states

`POST /tickets/{id}/{verb}`. A ticket is *merging* from the moment it asked to become part of another until that one has
answered (its own state stands still), and *merged* from then on.
*yes*: done. *repeat*: it is so already; nothing happens, and the answer is that of success. A `code`: refused (409).
*repeat or* `code`: repeated when it asks for what is so already (the same outcome, the same target), else refused.
A verb can be allowed and have nothing to do (the priority is that already), or be refused for what it asks (422).
"""
_SENTENCES = """
The sentence of each code, in English; the portal says it in the operator's language:
"""
_CONFLICTS = """
## Verbs and later facts

Every wish says what its sender had seen (`seen`). When somebody else did one of these after that, it is refused with
`changed`: who did what, and when. Everything else passes, and so does whatever one did oneself: nobody is locked out.
"""
_STALE = """
## Held mails and later facts

A written mail waits for the send window. When its time comes and somebody else did one of these after it was written,
it stops, and a person decides: send it as it is, or undo it. It also stops when its own writer has closed the ticket.
"""


def document() -> str:
    """The page as it should be."""
    return "".join(line.rstrip() + "\n" for part in _parts() for line in part.splitlines()).rstrip() + "\n"


def _parts() -> Iterator[str]:
    yield _HEAD
    yield "\n"
    yield _table(("verb", *(name.replace("_", " ") for name in COLUMNS)), _cells())
    yield _SENTENCES
    yield "\n"
    others = {code for cells in OTHER_THAN_SAME.values() for code in cells.values()}
    codes = sorted({code for row in VERBS.values() for code in row.values() if code in SENTENCES} | others)
    yield _table(("code", "sentence"), ((f"`{code}`", SENTENCES[code]) for code in codes))
    yield _CONFLICTS
    yield "\n"
    yield _table(("verb", "is refused when somebody else meanwhile"), _against(CONFLICTS))
    yield _STALE
    yield "\n"
    stale = ((kind.value.removeprefix("mail_").replace("_", " "), _what(keys)) for kind, keys in STALE.items())
    yield _table(
        ("mail", "stops when somebody else meanwhile"), (*stale, ("forward", "never: it goes to a third party"))
    )


def _cells() -> Iterator[Sequence[str]]:
    for wish, row in VERBS.items():
        yield (f"`{PATHS[wish]}`", *(_cell(wish, row[column], column) for column in COLUMNS))


def _cell(wish: type[object], verdict: str, column: str) -> str:
    if verdict == "same":
        return f"repeat or `{OTHER_THAN_SAME[wish][column]}`"
    return verdict if verdict in ("yes", "repeat") else f"`{verdict}`"


def _against(table: dict[type[object], tuple[str, ...]]) -> Iterator[Sequence[str]]:
    for wish, keys in table.items():
        yield (f"`{PATHS[wish]}`", _what(keys))


def _what(keys: Iterable[str]) -> str:
    """In the words of the refusal; a mail that is still held is told by its kind."""
    said = []
    for key in keys:
        name, _, kind = key.partition(":")
        said.append(DID[name] + (f" ({kind.removeprefix('mail_').replace('_', ' ')}, held)" if kind else ""))
    return "; ".join(dict.fromkeys(said)) or "never"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> None:
    """Write it."""
    FILE.write_text(document(), encoding="utf-8")
    sys.stdout.write("docs/verbs.md\n")


if __name__ == "__main__":
    main()
