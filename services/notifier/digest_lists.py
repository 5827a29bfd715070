"""Which notices each digest tells, in the store: frozen once, so that a crash and a second copy tell the same."""

import time
from collections.abc import Sequence

from pydantic import Field

from services.notifier.digests import Slot
from shared.events import Frozen, Id
from shared.mongo import Database, insert_once


class DigestList(Frozen):
    """The notices of one digest, by id. `since`: when they were frozen, epoch seconds; `done`: all is written down."""

    id: Id = Field(alias="_id")
    person: Id
    notices: tuple[str, ...]
    since: float
    done: bool = False


class DigestLists:
    """The repository."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("digests")

    async def get(self, slot: Slot) -> DigestList | None:
        """The slot's list, if it is frozen."""
        row = await self._rows.find_one({"_id": slot.digest_id})
        return DigestList.model_validate(row) if row else None

    async def freeze(self, slot: Slot, notices: Sequence[str]) -> tuple[DigestList, bool]:
        """Freeze these as the slot's list, unless somebody has frozen one; which it is, and whether it is ours."""
        own = {
            "_id": slot.digest_id,
            "person": slot.person,
            "notices": list(notices),
            "since": time.time(),
            "done": False,
        }
        if await insert_once(self._rows, own):
            return DigestList.model_validate(own), True
        found = await self._rows.find_one({"_id": slot.digest_id})
        return DigestList.model_validate(found), False

    async def finish(self, slot: Slot) -> None:
        """The mail is owed: from now on only what comes too late is put off."""
        await self._rows.update_one({"_id": slot.digest_id}, {"$set": {"done": True}})
