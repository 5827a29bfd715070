"""How each person wants the pages: language and theme, remembered so that every device they sign in on follows."""

from typing import Literal

from shared.events import Frozen, Id, Language
from shared.mongo import Database, insert_once

# "auto": as the person's system has it.
Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")


class Taste(Frozen):
    """What somebody chose; None: nothing yet."""

    language: Language | None = None
    theme: Theme | None = None


class Tastes:
    """One row for each person who ever chose. Two choices at once on two devices: the later one counts."""

    def __init__(self, database: Database) -> None:
        self._tastes = database.collection("tastes")

    async def of(self, person: Id) -> Taste:
        """What this person chose."""
        row = await self._tastes.find_one({"_id": person})
        return Taste(language=row.get("language"), theme=row.get("theme")) if row else Taste()

    async def choose(self, person: Id, taste: Taste) -> None:
        """Remember what is chosen in `taste`; the rest stays."""
        chosen = taste.model_dump(exclude_none=True)
        if chosen and not await insert_once(self._tastes, {"_id": person, **chosen}):
            await self._tastes.update_one({"_id": person}, {"$set": chosen})
