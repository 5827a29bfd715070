"""`python -m tests.notices`: writes docs/notices.md, who hears of what and why.

It is committed; a test compares it with the code, another one walks the whole table with real facts.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from services.notifier.notices import TABLE, Row, Why
from services.notifier.preferences import DEFAULT, Kind, When
from services.notifier.sentences import Sentences, keys_of
from shared.events import RootEvent
from shared.queues import Queues

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = ROOT / "docs" / "notices.md"
# Facts that have somebody in such a place tell them; no other fact concerns them.
PLACES: Final[dict[Why, str]] = {
    Why.FORMER_OWNER: "former_owner",
    Why.FORMER_RESPONSIBLE: "former_responsible",
    Why.MENTIONED: "mentions",
}
_HEAD = """# Who hears of what

Generated from the code by `python -m tests.notices`; `tests/unit/notifier/test_who_hears.py` compares the two and
walks every cell with real facts. The rules: `services/notifier/notices.py`; the words: `config/mails/notices.yml`.

- Only operators get notices, and nobody of what they did themselves. Who answered a question did what its asker hears.
- One fact is one notice for each person, however many reasons they have; all of them are kept. Of several kinds it has
  the first of the list below.
- The responsible, the owner and the watchers hear of every fact of their ticket or question (S10). Who loses it by a
  fact hears that one too. Who is mentioned hears of the note.
- Followers of a queue hear of work that arrives there, not of work that somebody has.
- While somebody is away, their notice stays in their inbox, and who stands in gets it too, *instead of* them, also by
  mail. A deputy who is away has a deputy of their own; a circle of them stands in for nobody.
- Mails to users are no notices, and a notice has no article and no `mail.*` fact. That a mail has left is never mailed.

## Kinds

"""
_TABLE = """
## Facts

*yes*: gets a notice of the fact's kind; a kind: gets it as that. *–*: the fact has nobody in this place.
"""


def document() -> str:
    """The page as it should be."""
    return "".join(line.rstrip() + "\n" for part in _parts() for line in part.splitlines()).rstrip() + "\n"


def _parts() -> Iterator[str]:
    sentences = Sentences.load(ROOT / "config", Queues.load(ROOT / "config"))
    yield _HEAD
    when = {When.NOW: "at once", When.NEVER: "no"}
    kinds = ((f"`{kind}`", sentences.kind(kind, "en"), when[DEFAULT.when(kind)]) for kind in Kind)
    yield _table(("kind", "in words", "by mail, until somebody chooses"), kinds)
    yield _TABLE
    yield "\n"
    yield matrix()
    yield "\n## Sentences\n\n"
    data = {name: f"*{name}*" for name in ("by", "owner", "responsible", "former", "person", "other", "priority")}
    rows = (
        (f"`{key}`", sentences.say(key, {**data, "queue": "*queue*", "from": "*from*", "to_queue": "*queue*"}, "en"))
        for fact in sorted(TABLE, key=lambda each: each.name)
        for key in keys_of(fact)
    )
    yield _table(("fact", "what the notice says"), rows)


def matrix() -> str:
    """Every fact, and who hears of it."""
    head = ("fact", "kind", *(why.value.replace("_", " ") for why in Why if why is not Why.DEPUTY), "because")
    facts = sorted(TABLE.items(), key=lambda each: each[0].name)
    return _table(head, ((f"`{fact.name}`", _kind(row), *_cells(fact, row), row.because) for fact, row in facts))


def _kind(row: Row) -> str:
    return row.kind.value if row.by_mail else f"{row.kind.value}, never by mail"


def _cells(fact: type[RootEvent], row: Row) -> Iterator[str]:
    for why in Why:
        if why is Why.DEPUTY:
            continue
        if why is Why.FOLLOWER:
            yield {"always": "yes", "unowned": "while nobody owns it", "never": "no"}[row.followers]
        elif has_place(fact, why):
            kind = row.kind_for(why)
            yield "yes" if kind is row.kind else kind.value
        else:
            yield "–"


def has_place(fact: type[RootEvent], why: Why) -> bool:
    """Whether a fact of this class can have somebody in this place."""
    if why is Why.FORMER_WATCHER:
        return fact.name.endswith(".unwatched.v1")
    return why not in PLACES or PLACES[why] in fact.model_fields


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> None:
    """Write it."""
    FILE.write_text(document(), encoding="utf-8")
    sys.stdout.write("docs/notices.md\n")


if __name__ == "__main__":
    main()
