"""How a root stands in lists: fields that are stored with it for the store to search, sort and group by.

Made from the root alone and never read back. Each is one plain text or truth, because that is what every server we run
on finds, sorts and groups alike (docs/adr/0004).

place           by opening time           live    not closed, not merged         tally  what it counts as, if live
changed_place   by latest change          stage   new, working, or closed        words  what it is found by
priority_place  highest, then oldest      late    an answer is overdue           email  the requester's address
due_place       earliest, then oldest     waits   "user" when pending for them   shelf  SHELF
"""

import json
import re
import unicodedata
from datetime import datetime
from typing import Final, NamedTuple

from services.tickets.domain import Child, Root, Ticket
from services.tickets.domain.root import LIVE
from shared.events import State
from shared.mongo import Document

# Counted up whenever one of these fields is made differently: then all rows are brought up to date at the next start.
SHELF: Final = 1
# What lists are sorted by.
PLACES: Final = ("place", "changed_place", "priority_place", "due_place")
# Sorts behind every moment.
NEVER: Final = "9" * 15
_WORD: Final = re.compile(r"[^\W_]+")


class Tally(NamedTuple):
    """What a live root counts as."""

    state: State
    queue: str
    level: int
    owner: str
    responsible: str
    asked_by: str
    for_user: bool
    late: bool

    @property
    def text(self) -> str:
        """One text for all who count as the same."""
        return json.dumps(self)

    @classmethod
    def read(cls, text: str) -> "Tally":
        """What `text` says."""
        state, *rest = json.loads(text)
        return cls(State(state), *rest)


def shelved(root: Root) -> Document:
    """The fields of this root."""
    opened, live = place(root), root.state in LIVE
    for_user = root.waiting is not None and root.waiting.for_user
    return {
        "shelf": SHELF,
        "place": opened,
        "changed_place": f"{_millis(root.changed_at)}-{root.id}",
        "priority_place": f"{9 - root.priority}-{opened}",
        "due_place": f"{_due(root)}-{opened}",
        "live": live,
        "stage": "new" if root.state is State.NEW else "working" if live else "closed",
        "late": root.late,
        "waits": "user" if for_user else None,
        "email": folded(root.requester.email) if isinstance(root, Ticket) else None,
        "words": "".join(f" {word}" for word in words_of(root)),
        "tally": _tally(root, for_user).text if live else None,
    }


def place(root: Root) -> str:
    """Where it stands by opening time, then by id; one sortable text, so that pages never overlap."""
    return f"{_millis(root.opened_at)}-{root.id}"


def folded(text: str) -> str:
    """Without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def words_in(text: str) -> list[str]:
    """The words of a text, folded, each once."""
    return list(dict.fromkeys(_WORD.findall(folded(text))))


def words_of(root: Root) -> list[str]:
    """What it is found by: its number, its subject, who asked, its tags."""
    name = root.requester.name if isinstance(root, Ticket) else ""
    return words_in(" ".join((root.number, root.subject, name, *root.tags)))


def _tally(root: Root, for_user: bool) -> Tally:
    return Tally(
        state=root.state,
        queue=root.queue,
        level=2 if isinstance(root, Child) else 1,
        owner=root.owner.id if root.owner else "",
        responsible=root.responsible.id if root.responsible else "",
        asked_by=root.asked_by.id if isinstance(root, Child) else "",
        for_user=for_user,
        late=root.late,
    )


def _due(root: Root) -> str:
    return _millis(root.due_at) if isinstance(root, Child) and root.due_at else NEVER


def _millis(moment: datetime) -> str:
    return f"{int(moment.timestamp() * 1000):015d}"
