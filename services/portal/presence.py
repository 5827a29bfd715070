"""Who has a ticket open just now, and whether they write: told by the open pages, in the portal's own database.

A page says it again every few seconds while somebody can see it; what it has not said again is no longer so.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.events import PersonRef
from shared.mongo import Database, insert_once
from shared.policy import Person

# Seconds that a page's word holds: three of its beats.
HOLDS = 25.0

# What somebody does, the more telling the higher.
Doing = Literal["reads", "notes", "answers"]
TELLING: tuple[Doing, ...] = ("reads", "notes", "answers")


class Present(NamedTuple):
    """A colleague who has the ticket open. `doing`: the most telling of all their tabs."""

    person: PersonRef
    doing: Doing

    @property
    def writes(self) -> bool:
        """Whether they are at a text."""
        return self.doing != "reads"


class Presence:
    """One row for each open tab, by all copies of the portal. Times are seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("presence")

    async def prepare(self) -> None:
        """Indexes."""
        await self._rows.create_index("number")
        await self._rows.create_index("person")
        await self._rows.create_index("until")

    async def come(self, number: str, person: Person, tab: str, doing: Doing, now: float) -> None:
        """The tab shows the ticket, from now on or still. What no tab has said again is removed when one is new."""
        row = {"number": number, "person": person.id, "name": person.name, "doing": doing, "until": now + HOLDS}
        key = _key(number, person, tab)
        if (await self._rows.replace_one({"_id": key}, row)).matched_count:
            return
        await self._rows.delete_many({"until": {"$lt": now}})
        await insert_once(self._rows, {"_id": key, **row})

    async def go(self, number: str, person: Person, tab: str) -> None:
        """The tab shows it no more."""
        await self._rows.delete_many({"_id": _key(number, person, tab)})

    async def others(self, number: str, person: Person, now: float) -> list[Present]:
        """Who else is there: who writes to the user first, then by name."""
        rows = [row async for row in self._rows.find({"number": number}) if row["until"] > now]
        return gathered([row for row in rows if row["person"] != person.id])

    async def numbers(self, person: str, now: float) -> set[str]:
        """The tickets that the person has open just now."""
        return {row["number"] async for row in self._rows.find({"person": person}) if row["until"] > now}


def gathered(rows: Sequence[dict[str, str]]) -> list[Present]:
    """One row for each person, whatever number of tabs they have open."""
    found: dict[str, Present] = {}
    for row in rows:
        here = found.get(row["person"])
        told: Doing = next((doing for doing in TELLING if doing == row["doing"]), "reads")
        if here is None or TELLING.index(told) > TELLING.index(here.doing):
            found[row["person"]] = Present(PersonRef(id=row["person"], name=row["name"]), told)
    return sorted(found.values(), key=lambda each: (-TELLING.index(each.doing), each.person.name))


def _key(number: str, person: Person, tab: str) -> str:
    return f"{number}:{person.id}:{tab}"
