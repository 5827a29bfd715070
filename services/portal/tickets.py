"""What the portal asks of `tickets`, and the shapes it gets back. Every call is made as the person who looks."""

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime, JsonValue

from shared.errors import NotFound
from shared.events import Actor, ArticleKind, Attachment, Frozen, Language, PersonRef, Requester, State
from shared.internal import InternalClient
from shared.policy import Person, Visibility

Order = Literal["newest", "oldest"]


class Summary(Frozen):
    """A ticket in a list. A requester is told `taken`, not by whom."""

    id: str
    number: str
    subject: str
    state: State
    queue: str
    taken: bool = False
    owner: PersonRef | None = None
    responsible: PersonRef | None = None
    requester: Requester | None = None
    form: str
    version: int
    language: Language
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    seq: int


class Article(Frozen):
    """A row of a ticket. `fields`: the raw values of the form; `delivery` only for mails."""

    id: str
    kind: ArticleKind
    visibility: Visibility
    at: AwareDatetime
    author: PersonRef | None = None
    subject: str = ""
    text: str = ""
    fields: dict[str, JsonValue] | None = None
    attachments: tuple[Attachment, ...] = ()
    delivery: Literal["waiting", "sent", "refused"] | None = None
    delivery_detail: str | None = None


class JournalRow(Frozen):
    """A fact of the ticket's history."""

    event_id: str
    name: str
    at: AwareDatetime
    actor: Actor
    seq: int
    queue: str
    owner: PersonRef | None = None
    former_owner: PersonRef | None = None
    detail: str | None = None


class View(Summary):
    """One ticket, with its articles in order and, for operators, its journal."""

    articles: tuple[Article, ...]
    journal: tuple[JournalRow, ...] = ()

    def attachment(self, key: str) -> Attachment | None:
        """The attachment stored under `key`, if an article the person may see names it."""
        return next((file for article in self.articles for file in article.attachments if file.key == key), None)


class Page(Frozen):
    """One page of a list; `next` is the cursor of the following one."""

    items: tuple[Summary, ...]
    next: str | None = None


class Counts(Frozen):
    """The numbers of an operator's dashboard. `mine` and `my_responsibility` count what is not closed."""

    by_state: dict[State, int]
    by_queue: dict[str, dict[State, int]]
    mine: int
    my_responsibility: int


class Tickets:
    """The tickets service. `NotFound`, `Forbidden`, `Conflict` as it answers; `DependencyDown` when it doesn't."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def page(
        self,
        person: Person,
        *,
        queues: Sequence[str] = (),
        states: Sequence[State] = (),
        owner: str | None = None,
        responsible: str | None = None,
        requester: str | None = None,
        order: Order = "newest",
        after: str | None = None,
        limit: int = 50,
    ) -> Page:
        """A page of tickets. `owner` is a person's id or `none`."""
        answer = await self._client.get(
            "/tickets",
            person,
            queue=list(queues),
            state=[state.value for state in states],
            owner=owner,
            responsible=responsible,
            requester=requester,
            order=order,
            after=after,
            limit=limit,
        )
        return Page.model_validate(answer)

    async def counts(self, person: Person) -> Counts:
        """The numbers of the person's dashboard."""
        return Counts.model_validate(await self._client.get("/tickets/counts", person))

    async def view(self, person: Person, number: str) -> View:
        """One ticket by its number."""
        return View.model_validate(await self._client.get(f"/tickets/{_checked(number)}", person))

    async def take(self, person: Person, number: str, seen: int, key: str) -> None:
        """Take a ticket in charge, having seen it up to `seen`. `Conflict.extra["changed"]`: who was first."""
        await self._client.post(f"/tickets/{_checked(number)}/take", person, {"seen": seen}, key)


def _checked(number: str) -> str:
    # It becomes part of an internal address.
    if not (number.isascii() and number.isdigit() and len(number) <= 30):
        raise NotFound("There is no such request.")
    return number
