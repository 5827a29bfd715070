"""Everybody's preferences in the store, changed by compare-and-set on `version`, and kept in memory for a moment."""

import time
from typing import Final

from services.notifier.preferences import DEFAULT, Preferences
from shared.errors import Conflict
from shared.mongo import Database, Document, insert_once

# Seconds for which a colleague's change may stay unseen here: each fact would read them all.
FRESH: Final = 1.0


class Choices:
    """The repository."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("preferences")
        self._known: dict[str, Preferences] = {}
        self._known_until = 0.0

    async def all(self) -> dict[str, Preferences]:
        """Everybody's, by person; whoever chose nothing isn't there."""
        now = time.monotonic()
        if now >= self._known_until:
            self._known = {row["_id"]: _from_document(row) async for row in self._rows.find({})}
            self._known_until = now + FRESH
        return self._known

    async def get(self, person: str) -> Preferences:
        """One person's, as they are now."""
        row = await self._rows.find_one({"_id": person})
        return _from_document(row) if row else DEFAULT

    async def save(self, person: str, chosen: Preferences) -> Preferences:
        """Put `chosen` in the place of the version it was made from. `Conflict`: another page was faster.

        A wish that was cut comes again: it finds itself saved.
        """
        new = chosen.model_copy(update={"version": chosen.version + 1})
        document = {"_id": person, **new.model_dump(mode="json")}
        if chosen.version == 0:
            saved = await insert_once(self._rows, document)
        else:
            result = await self._rows.replace_one({"_id": person, "version": chosen.version}, document)
            saved = bool(result.matched_count)
        if not saved and await self.get(person) != new:
            raise Conflict("Your preferences were changed in another page meanwhile.", code="preferences_changed")
        self._known_until = 0.0
        return new


def _from_document(document: Document) -> Preferences:
    return Preferences.model_validate({key: value for key, value in document.items() if key != "_id"})
