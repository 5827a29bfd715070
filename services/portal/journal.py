"""The history of a ticket's page: facts by days, narrowed to one sort or to one person. Pure.

Every row is on the page; those that were not asked for are hidden, so that a script shows them without asking again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.portal.facts import SHARED
from services.portal.history import QueueName, Told, doer, news, told
from services.portal.i18n import ROME, Tongue
from services.portal.i18n import marked as _
from services.portal.shapes import JournalRow
from shared.events import SYSTEM
from shared.policy import Person

# In the order in which they are offered.
SORTS: dict[str, str] = {
    "mails": _("E-mails and replies"),
    "people": _("People and queues"),
    "questions": _("Questions"),
    "notes": _("Notes"),
    "states": _("State"),
    "joined": _("Other tickets"),
}
_MAILS = ("answered", "information_requested", "forwarded", "replied", "reply_followed", "reminded")
_PEOPLE = (
    "taken",
    "released",
    "handed_over",
    "responsible_changed",
    "moved",
    "prioritized",
    "tagged",
    "watched",
    "unwatched",
)
_JOINED = ("linked", "unlinked", "split", "merged", "unmerged")


class Fact(NamedTuple):
    """A row of the history. `news`: what an open page says when somebody else did it; empty for our own.

    `by`: who did it, as the filter names them. `shown`: it was asked for.
    """

    row: JournalRow
    told: Told
    news: str
    sort: str
    by: str
    shown: bool


class Day(NamedTuple):
    """The facts of one day in Rome. `shown`: at least one of them was asked for."""

    at: datetime
    facts: Sequence[Fact]

    @property
    def shown(self) -> bool:
        """Whether its heading is."""
        return any(fact.shown for fact in self.facts)


class Way(NamedTuple):
    """A way to narrow the history: `key` as it stands in the address, its words, and how many facts it leaves."""

    key: str
    words: str
    many: int


@dataclass(frozen=True)
class Asked:
    """What of the history was asked for; empty: all."""

    sort: str = ""
    by: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """As the address says it; what it can't mean is not asked for."""
        sort = query.get("facts", "")
        return cls(sort if sort in SORTS else "", query.get("by", "")[:100])

    def takes(self, sort: str, by: str) -> bool:
        """Whether a fact of this sort, done by this person, is shown."""
        return self.sort in ("", sort) and self.by in ("", by)


@dataclass(frozen=True)
class Journal:
    """All of it."""

    days: Sequence[Day]
    sorts: Sequence[Way]
    people: Sequence[Way]
    asked: Asked

    @property
    def facts(self) -> Sequence[Fact]:
        """Every row in order."""
        return [fact for day in self.days for fact in day.facts]


def sort_of(name: str) -> str:
    """Which sort the fact `name` is of; every fact is of one, those still to come of the state's."""
    root, verb = name.split(".")[:2]
    if root == "article" or verb in _MAILS:
        return "mails"
    if verb == "noted":
        return "notes"
    if verb in _PEOPLE:
        return "people"
    if root == "second_level" or (root == "child" and verb not in SHARED):
        return "questions"
    return "joined" if verb in _JOINED or verb.startswith("merge_") else "states"


def told_fact(
    row: JournalRow, person: Person, tongue: Tongue, queue_name: QueueName, now: datetime, asked: Asked
) -> Fact:
    """One row, as `person` reads it."""
    who = doer(row)
    words = told(row, tongue, queue_name)
    theirs = who.id not in (person.id, SYSTEM.id)
    sort = sort_of(row.name)
    says = news(row, tongue, now, words.text) if theirs else ""
    return Fact(row, words, says, sort, who.id, asked.takes(sort, who.id))


def journal(rows: Sequence[JournalRow], tell: Callable[[JournalRow], Fact], tongue: Tongue, asked: Asked) -> Journal:
    """The rows in order, with what they can be narrowed to."""
    facts = [tell(row) for row in rows]
    days: list[Day] = []
    for fact in facts:
        if days and days[-1].at.astimezone(ROME).date() == fact.row.at.astimezone(ROME).date():
            days[-1] = Day(days[-1].at, [*days[-1].facts, fact])
        else:
            days.append(Day(fact.row.at, [fact]))
    sorts = [Way(key, tongue.say(words), sum(fact.sort == key for fact in facts)) for key, words in SORTS.items()]
    names = {fact.by: doer(fact.row).name for fact in facts}
    people = [
        Way(key, name, sum(fact.by == key for fact in facts))
        for key, name in sorted(names.items(), key=lambda each: each[1])
    ]
    return Journal(days, [way for way in sorts if way.many], people, asked)
