"""How a root stands in lists: fields that are stored with it for the store to search, sort and group by.

Made from the root alone and never read back. Each is one plain text or truth, because that is what every server we run
on finds, sorts and groups alike (docs/adr/0004).

place           by opening time           live          neither closed nor merged
changed_place   by latest change          live_...      whose or where it is, if it is live
priority_place  highest, then oldest      second        "live" or "closed", of questions
due_place       earliest, then oldest     late, waits   an answer is overdue; "user" when it is pending for them
words           what it is found by       own_words     the same, for who asked: nothing internal
watched         whether anybody watches it
email           the requester's address   tally         what it counts as, if it is live
answered_place  by queue and time of the first answer
shelf           SHELF: of this version

A list of what is not closed needs one of them for who or where, and no other: its index holds no closed ticket, so an
old store answers as fast as a young one, and the embedded server, which counts on one index only, finds the right one.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Final, NamedTuple

from services.tickets.domain import Child, Root, Ticket
from services.tickets.domain.root import LIVE
from shared.events import State
from shared.mongo import Document

# Counted up whenever one of these fields is made differently: then all rows are brought up to date at the next start.
SHELF: Final = 3
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
    found: Document = {
        "shelf": SHELF,
        "place": opened,
        "changed_place": f"{_millis(root.changed_at)}-{root.id}",
        "priority_place": f"{9 - root.priority}-{opened}",
        "due_place": f"{_due(root)}-{opened}",
        "live": live,
        "second": None if isinstance(root, Ticket) else "live" if live else "closed",
        "late": root.late,
        "waits": "user" if for_user else None,
        "watched": bool(root.watchers),
        "email": folded(root.requester.email) if isinstance(root, Ticket) else None,
        "answered_place": answered_place(root),
        "words": "".join(f" {word}" for word in words_of(root)),
        "own_words": "".join(f" {word}" for word in words_in(f"{root.number} {root.subject}")),
        **dict.fromkeys(("tally", "live_queue", "live_owner", "live_responsible", "live_asker")),
    }
    if live:
        tally = _tally(root, for_user)
        found |= {
            "tally": tally.text,
            "live_queue": tally.queue,
            "live_owner": tally.owner or None,
            "live_responsible": tally.responsible or None,
            "live_asker": tally.asked_by or None,
        }
    return found


def place(root: Root) -> str:
    """Where it stands by opening time, then by id; one sortable text, so that pages never overlap."""
    return f"{_millis(root.opened_at)}-{root.id}"


def answered_place(root: Root) -> str | None:
    """Where it stands among what its queue has answered, by time; `opened_and_answered` reads both times back."""
    first = root.first_answer if isinstance(root, Ticket) else None
    return f"{first.queue} {_millis(first.at)}" if first else None


def answered_between(queue: str, since: datetime) -> Document:
    """The filter for what a queue answered first after `since`."""
    return {"answered_place": {"$gt": f"{queue} {_millis(since)}", "$lt": f"{queue} {NEVER}"}}


def opened_and_answered(row: Document) -> tuple[datetime, datetime]:
    """When a stored root was opened, and first answered."""
    opened, answered = row["place"].partition("-")[0], row["answered_place"].rpartition(" ")[2]
    return _moment(opened), _moment(answered)


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


def _moment(millis: str) -> datetime:
    return datetime.fromtimestamp(int(millis) / 1000, UTC)


def _millis(moment: datetime) -> str:
    return f"{int(moment.timestamp() * 1000):015d}"
