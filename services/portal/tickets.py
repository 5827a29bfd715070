"""What the portal asks of `tickets`. Every call is made as the person who looks or wishes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from services.portal.shapes import Article, Counts, Done, JournalRow, Page, Summary, Tally, View
from services.portal.together import Together
from shared.errors import NotFound
from shared.events import State
from shared.internal import InternalClient
from shared.policy import Person

Order = Literal["newest", "oldest", "changed", "unchanged", "priority", "due"]

__all__ = ["Article", "Counts", "Done", "JournalRow", "Order", "Page", "Summary", "Tally", "Tickets", "View"]


class Tickets:
    """The tickets service. `NotFound`, `Forbidden`, `Conflict`, `BadInput`, `TooLarge` as it answers;
    `DependencyDown` when it doesn't."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client
        self._together = Together(client)

    async def page(
        self,
        person: Person,
        *,
        queues: Sequence[str] = (),
        states: Sequence[State] = (),
        owner: str | None = None,
        responsible: str | None = None,
        requester: str | None = None,
        parent: str | None = None,
        level: int | None = None,
        watcher: str | None = None,
        asked_by: str | None = None,
        overdue: bool | None = None,
        waiting: Literal["user"] | None = None,
        tag: str | None = None,
        email: str | None = None,
        text: str | None = None,
        order: Order = "newest",
        after: str | None = None,
        limit: int = 50,
    ) -> Page:
        """A page of tickets. `owner` is a person's id or `none`; `parent` a ticket's id: its questions; `level` 2: all
        questions, 1: what users asked; `asked_by` whose questions; `overdue`: an answer that is waited for should have
        come; `waiting` for the user; `email` the requester's; `text`: each word begins one of subject, requester's
        name, number or tag. `BadInput` when `after` is of another order."""
        wanted = {
            "queue": list(queues),
            "state": [state.value for state in states],
            "owner": owner,
            "responsible": responsible,
            "requester": requester,
            "parent": parent,
            "level": level,
            "watcher": watcher,
            "asked_by": asked_by,
            "overdue": overdue,
            "waiting": waiting,
            "tag": tag,
            "email": email,
            "text": text,
            "order": order,
            "after": after,
            "limit": limit,
        }
        return await self._together.page(person, {name: value for name, value in wanted.items() if value is not None})

    async def counts(self, person: Person) -> Counts:
        """The numbers of the person's dashboard."""
        return Counts.model_validate(await self._client.get("/tickets/counts", person))

    async def mine(self, person: Person) -> dict[State, int]:
        """How many requests of their own the person has, by state."""
        counts = await self._client.get("/my/counts", person)
        return {State(state): count for state, count in counts.items()}

    async def view(self, person: Person, number: str, before: int | None = None) -> View:
        """One ticket by its number: its newest page, or the one before the fact `before`."""
        return View.model_validate(await self._client.get(f"/tickets/{_checked(number)}", person, before=before))

    async def wish(self, person: Person, number: str, path: str, body: Mapping[str, Any], key: str) -> Done:
        """Ask for `body` to be done once under `key`. `path` is the verb's, as in `answers` or `mails/undo`.

        `Conflict.extra` and `BadInput.extra` say why not: `code`, `changed`, `errors`.
        """
        return Done.model_validate(await self._client.post(f"/tickets/{_checked(number)}/{path}", person, body, key))

    async def take(self, person: Person, number: str, seen: int, key: str) -> None:
        """Take a ticket in charge, having seen it up to `seen`. `Conflict.extra["changed"]`: who was first."""
        await self.wish(person, number, "take", {"seen": seen}, key)


def _checked(number: str) -> str:
    # It becomes part of an internal address.
    if not (number.isascii() and number.isdigit() and len(number) <= 30):
        raise NotFound("There is no such request.")
    return number
