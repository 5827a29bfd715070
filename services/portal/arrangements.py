"""Each person's arrangement of the Cruscotto, kept in the portal's store: the same on every device, with its undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.portal.arrangement import Change, Layout, settled
from shared.errors import Conflict
from shared.mongo import Database, Document, insert_once

# So many changes can be undone.
UNDOS = 20
# Two devices of one person rarely write in the same instant; a tenth try would be a fault of ours.
TRIES = 10


@dataclass(frozen=True)
class Arrangement:
    """The layout as it is now. `version`: of what is stored, 0 for nothing; `undos`: how many steps lead back."""

    layout: Layout
    version: int = 0
    undos: int = 0


class Arrangements:
    """The collection: `_id` is the person. `usual`: what somebody has who never arranged anything; `queues`: the ids
    of all there are now."""

    def __init__(self, database: Database) -> None:
        self._arrangements = database.collection("arrangements")

    async def of(self, person: str, usual: Layout, queues: Sequence[str]) -> Arrangement:
        """The person's own, or the usual one."""
        return _read(await self._find(person), usual, queues)

    async def change(
        self, person: str, usual: Layout, queues: Sequence[str], change: Change, seen: int | None = None
    ) -> Arrangement:
        """Apply one small wish to what is stored now, whichever device wrote it; it can be undone. `seen`: only if
        that is still the version stored, else `Conflict`."""
        for _ in range(TRIES):
            stored = await self._find(person)
            now = _read(stored, usual, queues)
            if seen is not None and now.version != seen:
                raise Conflict("The arrangement was changed on another device.")
            layout = change(now.layout)
            if layout == now.layout:
                return now
            before = [*(stored["before"] if stored else []), _written(now.layout)][-UNDOS:]
            if await self._write(person, now.version, layout, before):
                return Arrangement(layout, now.version + 1, len(before))
        raise Conflict("Another device arranges all the time.")

    async def undo(self, person: str, usual: Layout, queues: Sequence[str], seen: int) -> Arrangement:
        """Take back the last change. `Conflict` when that isn't the one the person was looking at: `seen` is the
        version on their page, and another device has written since."""
        stored = await self._find(person)
        now = _read(stored, usual, queues)
        if now.version != seen:
            raise Conflict("The arrangement was changed on another device.")
        if stored is None or not stored["before"]:
            return now
        *before, last = stored["before"]
        layout = settled(last, usual, queues)
        if not await self._write(person, now.version, layout, before):
            raise Conflict("The arrangement was changed on another device.")
        return Arrangement(layout, now.version + 1, len(before))

    async def _find(self, person: str) -> Document | None:
        found: Document | None = await self._arrangements.find_one({"_id": person})
        return found

    async def _write(self, person: str, version: int, layout: Layout, before: list[Any]) -> bool:
        document = {"_id": person, "version": version + 1, "widgets": _written(layout), "before": before}
        if version == 0:
            return await insert_once(self._arrangements, document)
        result = await self._arrangements.replace_one({"_id": person, "version": version}, document)
        return bool(result.matched_count)


def _read(stored: Document | None, usual: Layout, queues: Sequence[str]) -> Arrangement:
    if stored is None:
        return Arrangement(usual)
    return Arrangement(settled(stored["widgets"], usual, queues), stored["version"], len(stored["before"]))


def _written(layout: Layout) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json") for each in layout]
