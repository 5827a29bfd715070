"""What the portal asks of notifier: the notices and preferences of who is signed in, always as that person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from shared.events import Language, PersonRef
from shared.internal import InternalClient
from shared.policy import Person

When = Literal["now", "hourly", "daily", "never"]


class Root(BaseModel):
    """The ticket or question of a notice."""

    number: str
    subject: str
    child: bool


class Notice(BaseModel):
    """One notice, as its reader sees it."""

    id: str
    at: datetime
    kind: str
    kind_name: str
    why: list[str]
    says: str
    reason: str
    ticket: Root
    article: str
    instead_of: list[PersonRef]
    read: bool


class Choice(BaseModel):
    """A value with its name in the reader's language."""

    id: str
    name: str


class InboxPage(BaseModel):
    """A page of the inbox; `until`: the cursor up to which "all that is shown" goes."""

    items: list[Notice]
    unread: int
    next: str | None
    until: str | None
    kinds: list[Choice]


class Away(BaseModel):
    """An absence."""

    until: datetime
    deputy: str


class Preferences(BaseModel):
    """A person's choices as they count now."""

    version: int
    mail: dict[str, When]
    queues: list[str]
    away: Away | None
    is_away: bool
    language: Language
    kinds: list[Choice]


class Inbox:
    """The notifier service. `BadInput`, `Conflict`, `Forbidden` as it answers; `DependencyDown` when it doesn't."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client
        # For a form that must be shown again while notifier doesn't answer.
        self.known_kinds: dict[Language, list[Choice]] = {}

    async def page(
        self,
        person: Person,
        language: Language,
        *,
        kinds: Sequence[str] = (),
        why: str = "",
        ticket: str = "",
        unread: bool = False,
        after: str = "",
        limit: int = 50,
    ) -> InboxPage:
        """A page of the person's notices, the newest first."""
        answer = await self._client.get(
            "/inbox",
            person,
            language=language,
            kind=list(kinds),
            why=why or None,
            ticket=ticket or None,
            unread=unread or None,
            after=after or None,
            limit=limit,
        )
        return InboxPage.model_validate(answer)

    async def unread(self, person: Person) -> int:
        """How many are unread."""
        return int((await self._client.get("/inbox/unread", person))["unread"])

    async def read(self, person: Person, wish: Mapping[str, Any], key: str) -> str:
        """Mark as read; the mark that undoes it."""
        return str((await self._client.post("/inbox/read", person, wish, key))["mark"])

    async def undo(self, person: Person, wish: Mapping[str, Any], key: str) -> None:
        """Mark as unread again."""
        await self._client.post("/inbox/unread", person, wish, key)

    async def preferences(self, person: Person, language: Language) -> Preferences:
        """The person's own."""
        found = Preferences.model_validate(await self._client.get("/preferences", person, language=language))
        self.known_kinds[language] = found.kinds
        return found

    async def save(self, person: Person, wish: Mapping[str, Any], key: str) -> None:
        """Save them. `BadInput.extra["errors"]`: what is wrong; `Conflict`: they changed meanwhile."""
        await self._client.post("/preferences", person, wish, key)
