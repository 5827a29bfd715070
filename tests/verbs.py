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
from services.tickets.domain.states import CHILD_COLUMNS, CHILD_VERBS, COLUMNS, VERBS
from services.tickets.requester_api import THEIRS

FILE = Path(__file__).resolve().parent.parent / "docs" / "verbs.md"
PATHS: Final[dict[type[object], str]] = {
    **{wish: path for path, wish in WISHES.items()},
    c.ReplyTicket: "replies",
    **{wish: path for path, (wish, _) in THEIRS.items()},
    c.MailFollowLink: "follow-links",
}
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
_CHILDREN = """
## Questions to the second level

A question is a root of its own, with verbs of its own; every other verb is refused (`is_question`). It is *answered* or
*returned* with an article, or *withdrawn* by who asked. The root that asks keeps which questions are open, each with
its round: one more every time it is reopened. Messages between the two come late, twice and in any order:

| what happens | what becomes of it |
| --- | --- |
| a question is answered or returned | an article of the root that asked, whatever its state; nobody waits any more |
| an answer comes of an earlier round, or of a question taken back | an article; a later round stays open |
| the root that asked is to be closed | refused (`questions_open`) unless the wish says `withdraw` or `wait` |
| `withdraw` | its questions are taken back, then it closes |
| `wait`: all are answered | the root closes by itself, in the name of who said so |
| `wait`: one is returned | it opens again: a person decides |
| `wait`: the last open one is taken back | it opens again: a person decides |
| `wait`: the user writes, or it is taken off hold | it closes no more by itself |
| a date comes at which it was to close, and questions are open | it opens again: a person decides |
| a held mail would close it, and a question was asked since | the mail stops: a person decides |
| it is to become part of another ticket | refused (`questions_open_merge`): merge the other one into it |
| another ticket becomes part of it; it is moved; it is handed over | its questions and their answers stay with it |
| it is closed and reopened | what was taken back stays so: ask anew |
| a question opens, or is reopened, under a closed, merging or merged root | it is taken back, with that reason |
| a question is taken back before it is open | it is taken back again as soon as it opens |
| a question is taken back | so is what it asked itself |
| a question was answered, and is reopened | it is waited for again; its next answer is one more article |
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
    tables = (*VERBS.values(), *CHILD_VERBS.values())
    codes = sorted({code for row in tables for code in row.values() if code in SENTENCES} | others | {"is_question"})
    yield _table(("code", "sentence"), ((f"`{code}`", SENTENCES[code]) for code in codes))
    yield _CHILDREN
    yield "\n"
    yield _table(("verb", *CHILD_COLUMNS), _child_cells())
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


def _child_cells() -> Iterator[Sequence[str]]:
    for wish, row in CHILD_VERBS.items():
        yield (f"`{PATHS[wish]}`", *(_cell(wish, row[column], column) for column in CHILD_COLUMNS))


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
