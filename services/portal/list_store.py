"""How each person wants the list: its columns and their saved filters, the same on every device."""

from collections.abc import Callable
from typing import Final

from pydantic import Field

from services.portal.list_columns import DEFAULT
from shared.errors import Conflict
from shared.events import Frozen
from shared.mongo import Database, insert_once

MOST_FILTERS: Final = 20
LONGEST_NAME: Final = 60
# Another device may save in the same moment; so often is tried.
TRIES: Final = 5


class SavedFilter(Frozen):
    """`address`: of the list, from its beginning."""

    id: str
    name: str
    address: str


class Choices(Frozen):
    """One person's. `first`: the filter that the bare list begins with; `removed`: the last one taken away."""

    person: str
    version: int = 0
    columns: tuple[str, ...] = DEFAULT
    filters: tuple[SavedFilter, ...] = Field(default=())
    first: str = ""
    removed: SavedFilter | None = None

    def filter(self, wanted: str) -> SavedFilter | None:
        """The saved filter with this id."""
        return next((each for each in self.filters if each.id == wanted), None)

    def named(self, name: str, but: str = "") -> SavedFilter | None:
        """The saved filter with this name, however it is capitalized; `but` one."""
        same = (each for each in self.filters if each.name.casefold() == name.casefold() and each.id != but)
        return next(same, None)


class ListChoices:
    """The collection `list_choices`: one document a person, whose id is the person's."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("list_choices")

    async def of(self, person: str) -> Choices:
        """What this person chose; the usual when nothing."""
        found = await self._rows.find_one({"_id": person})
        return Choices.model_validate({**(found or {}), "person": person})

    async def change(self, person: str, how: Callable[[Choices], Choices]) -> Choices:
        """Save what `how` makes of the choices; it may run again when another device was faster."""
        for _ in range(TRIES):
            before = await self.of(person)
            after = how(before).model_copy(update={"version": before.version + 1})
            if after.model_copy(update={"version": before.version}) == before:
                return before
            if await self._save(before, after):
                return after
        raise Conflict("Your list was changed on another device in the same moment.")

    async def _save(self, before: Choices, after: Choices) -> bool:
        document = {"_id": after.person, **after.model_dump(mode="json", exclude={"person"})}
        if before.version == 0:
            return await insert_once(self._rows, document)
        done = await self._rows.replace_one({"_id": after.person, "version": before.version}, document)
        return bool(done.matched_count)
