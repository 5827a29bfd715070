"""What somebody types into a ticket's page and has not sent, kept by itself: one person's, on all their devices.

A draft is replaced only by who knew its newest version, or by the very tab that wrote it. One that was sent or thrown
away leaves its trace for a day: a late save of the same text does not bring it back, and throwing away can be undone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from services.portal.i18n import marked as _
from shared.errors import TooLarge
from shared.events import Frozen
from shared.ids import random_id
from shared.mongo import Database, Document, insert_once

DAY: Final = 86_400
# Seconds for which a draft that nobody touches is kept, and the trace of one that is done with.
LIFETIME: Final = 30 * DAY
TRACE: Final = DAY
# Characters of one text, as the tickets service takes them, and of a whole form. How many drafts one person keeps.
LONGEST: Final = 50_000
LARGEST: Final = 120_000
MOST_VALUES: Final = 400
MOST: Final = 100
# The forms whose text is kept, and what they are called.
FORMS: Final[Mapping[str, str]] = {
    "answers": _("Answer the user"),
    "question/answer": _("Answer the question"),
    "question/return": _("Send it back with a reason"),
    "notes": _("Internal note"),
    "questions": _("Ask the second level"),
    "information-requests": _("Ask for information"),
    "forwards": _("Forward to a third party"),
    "close": _("Close without an answer"),
    "reopen": _("Reopen"),
    "hand-over": _("Hand over to a colleague"),
}
# What somebody writes themselves: a form with none of it, and nothing ticked, holds nothing to keep.
WRITTEN: Final = ("text", "reason", "title")
TICKED: Final = ("fields", "articles", "along")

Values = dict[str, list[str]]


class Kept(Frozen):
    """A draft. `version`: of each save another one; `tab` and `count`: which page saved it, and its how manieth save.

    `key`: the idempotency key of the form, by which it is known when it was sent. `until`: when it is deleted.
    """

    person: str
    number: str
    form: str
    values: Values
    version: str
    saved_at: float
    until: float
    tab: str = ""
    count: int = 0
    key: str = ""
    state: Literal["kept", "thrown", "sent"] = "kept"

    @property
    def id(self) -> str:
        """Of whom, where."""
        return f"{_place(self.person, self.number)}:{self.form}"

    @property
    def moment(self) -> datetime:
        """When it was saved."""
        return datetime.fromtimestamp(self.saved_at, UTC)

    @property
    def text(self) -> str:
        """What was written, for a look at it."""
        return next((text for name in WRITTEN if (text := self.values.get(name, [""])[0].strip())), "")


class Newer(Exception):
    """Another tab or device has saved meanwhile: `found` is its draft."""

    def __init__(self, found: Kept) -> None:
        super().__init__("a newer draft")
        self.found = found


def a_draft(person: str, number: str, form: str, values: Values, now: float, **more: object) -> Kept:
    """A draft as it is to be saved now. `TooLarge` when it holds more than may be sent."""
    texts = [text for each in values.values() for text in each]
    lengths = [len(text.replace("\r\n", "\n")) for text in texts]
    if len(texts) > MOST_VALUES or sum(lengths) > LARGEST or max(lengths, default=0) > LONGEST:
        raise TooLarge("A text can have 50,000 characters at most.")
    clean = {name: [text.replace("\r\n", "\n") for text in each] for name, each in values.items()}
    known = {"person": person, "number": number, "form": form, "values": clean}
    return Kept.model_validate(
        {**known, "version": random_id(), "saved_at": now, "until": now + LIFETIME, **more}, strict=False
    )


def is_blank(values: Mapping[str, Sequence[str]]) -> bool:
    """Whether nothing of somebody's own is in it."""
    written = any(text.strip() for name in WRITTEN for text in values.get(name, ()))
    return not written and not any(values.get(name) for name in TICKED)


class Drafts:
    """Everybody's drafts; each call is about one person's."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("drafts")

    async def prepare(self) -> None:
        """Indexes."""
        for field in ("place", "person", "until"):
            await self._rows.create_index(field)

    async def of_ticket(self, person: str, number: str, now: float) -> dict[str, Kept]:
        """The person's drafts on a ticket's page, by form; also what was thrown away just now."""
        rows = self._rows.find({"place": _place(person, number)})
        found = [_from_document(row) async for row in rows]
        return {each.form: each for each in found if each.until > now and each.state != "sent"}

    async def of_person(self, person: str, now: float) -> list[Kept]:
        """All that the person has begun, the newest first."""
        rows = self._rows.find({"person": person, "state": "kept"}).limit(10 * MOST)
        found = [_from_document(row) async for row in rows]
        mine = [each for each in found if each.until > now]
        return sorted(mine, key=lambda each: each.saved_at, reverse=True)

    async def make_room(self, person: str, opened: Collection[str], now: float) -> None:
        """Delete the oldest beyond `MOST`, but none of a ticket that the person has `opened`: its text is being
        written. One that is saved at this very moment stays too."""
        mine = await self.of_person(person, now)
        closed = [each for each in reversed(mine) if each.number not in opened]
        for each in closed[: max(0, len(mine) - MOST)]:
            await self._removed(each)

    async def get(self, person: str, number: str, form: str, now: float) -> Kept | None:
        """The draft in that form, whatever became of it."""
        row = await self._rows.find_one({"_id": f"{_place(person, number)}:{form}"})
        found = _from_document(row) if row else None
        return found if found and found.until > now else None

    async def save(self, draft: Kept, base: str = "") -> Kept | None:
        """Keep it, when `base` is the version that is there, or the same tab's. None: nothing is left to keep.

        `Newer` when it is not: nothing is overwritten.
        """
        found: Kept | None = None
        for _attempt in range(5):
            found = await self._any(draft)
            if found is None:
                if is_blank(draft.values):
                    return None
                if await insert_once(self._rows, _to_document(draft)):
                    await self._rows.delete_many({"until": {"$lt": draft.saved_at}})
                    return draft
            elif _is_late(found, draft):
                return found if found.state == "kept" else None
            elif not _may_replace(found, draft, base):
                raise Newer(found)
            elif not is_blank(draft.values):
                if await self._replaced(found, draft):
                    return draft
            elif await self._removed(found):
                return None
        raise Newer(found or draft)

    async def sent(self, draft: Kept, base: str = "") -> None:
        """The form has left: its draft goes. What another tab or device wrote meanwhile was not sent, and stays."""
        gone = {"values": {}, "version": random_id(), "until": draft.saved_at + TRACE, "tab": "", "state": "sent"}
        trace = draft.model_copy(update=gone)
        for _attempt in range(5):
            found = await self._any(trace)
            if found is None:
                if await insert_once(self._rows, _to_document(trace)):
                    return
            elif _is_another(found, draft, base) or await self._replaced(found, trace):
                return

    async def throw(self, draft: Kept, base: str = "") -> None:
        """Thrown away with what the form held just now, and there to be undone for a day, together with what another
        tab or device wrote there meanwhile."""
        thrown = draft.model_copy(update={"state": "thrown", "until": draft.saved_at + TRACE})
        while True:
            found = await self._any(draft)
            if found is None:
                if await insert_once(self._rows, _to_document(thrown)):
                    return
                continue
            another = _is_another(found, draft, base)
            values = joined(found.values, draft.values) if another else draft.values
            if await self._replaced(found, thrown.model_copy(update={"values": values})):
                return

    async def undo(self, person: str, number: str, form: str, now: float) -> None:
        """What was thrown away is there again."""
        found = await self.get(person, number, form, now)
        if found is not None and found.state == "thrown":
            changes = {"state": "kept", "version": random_id(), "until": now + LIFETIME, "tab": ""}
            await self._replaced(found, found.model_copy(update=changes))

    async def take_over(self, draft: Kept, now: float) -> bool:
        """Save it whatever is there, below what is there already: nothing of either is lost.

        False when this very form has been sent before: it does not come back.
        """
        while True:
            found = await self._any(draft)
            if found is None:
                if await insert_once(self._rows, _to_document(draft)):
                    return True
                continue
            there = found.until > now
            if there and found.state == "sent" and found.key and found.key == draft.key:
                return False
            both = joined(found.values, draft.values) if there and found.state == "kept" else draft.values
            if await self._replaced(found, draft.model_copy(update={"values": both})):
                return True

    async def _any(self, draft: Kept) -> Kept | None:
        row = await self._rows.find_one({"_id": draft.id})
        return _from_document(row) if row else None

    async def _replaced(self, found: Kept, draft: Kept) -> bool:
        result = await self._rows.replace_one({"_id": found.id, "version": found.version}, _to_document(draft))
        return bool(result.matched_count)

    async def _removed(self, found: Kept) -> bool:
        result = await self._rows.delete_many({"_id": found.id, "version": found.version})
        return bool(result.deleted_count)


def joined(first: Mapping[str, Sequence[str]], then: Mapping[str, Sequence[str]]) -> Values:
    """Both texts, one below the other; of the other fields the later ones that say something."""
    both: Values = {name: list(values) for name, values in first.items()}
    for name, values in then.items():
        here = both.get(name, [""])
        if name in WRITTEN and here and here[0].strip() and values and values[0].strip():
            if values[0].strip() not in here[0]:
                both[name] = [f"{here[0].rstrip()}\n\n{values[0]}"]
        elif any(values):
            both[name] = list(values)
    return both


def _is_late(found: Kept, draft: Kept) -> bool:
    """Whether its form has been sent since, or the same tab has saved more since."""
    if found.state == "sent":
        return bool(found.key) and found.key == draft.key
    return bool(found.tab) and found.tab == draft.tab and found.count >= draft.count


def _may_replace(found: Kept, draft: Kept, base: str) -> bool:
    if found.state != "kept" or found.until <= draft.saved_at:
        return True
    return found.version == base or bool(found.tab and found.tab == draft.tab) or found.values == draft.values


def _is_another(found: Kept, draft: Kept, base: str) -> bool:
    """Whether another tab or device wrote it: the form neither began from it, nor saved it, nor says the same."""
    if found.state != "kept" or found.until <= draft.saved_at:
        return False
    ours = found.version == base or (found.key and found.key == draft.key) or (found.tab and found.tab == draft.tab)
    return not ours and found.text not in draft.text


def _place(person: str, number: str) -> str:
    return f"{person}:{number}"


def _to_document(draft: Kept) -> Document:
    # Names of fields come from the form: as pairs, none of them is a key of the store's.
    document = draft.model_dump(mode="json", exclude={"values"})
    pairs = [[name, *values] for name, values in draft.values.items()]
    return {"_id": draft.id, "place": _place(draft.person, draft.number), **document, "values": pairs}


def _from_document(row: Document) -> Kept:
    values = {name: list(rest) for name, *rest in row["values"]}
    return Kept.model_validate({**{k: v for k, v in row.items() if k not in ("_id", "place")}, "values": values})
