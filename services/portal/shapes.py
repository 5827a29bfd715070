"""The shapes of what `tickets` answers: fields unknown here are ignored, new ones have defaults."""

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from shared.events import (
    Actor,
    ArticleKind,
    Attachment,
    Frozen,
    Language,
    Outcome,
    PersonRef,
    Relation,
    Requester,
    State,
    TicketRef,
    Waiting,
)
from shared.policy import Visibility

NORMAL = 3
# `held`, `stopped` and `withdrawn` never reached a mail server; the requester never gets such an article.
Delivery = Literal["held", "stopped", "withdrawn", "waiting", "sent", "refused"]


class Summary(Frozen):
    """A ticket in a list. A requester is told `taken`, not by whom. `priority`: 1 very low to 5 very high.

    `merging`: the ticket it is becoming part of just now; `merged_into`: the one it is part of.
    """

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
    priority: int = NORMAL
    tags: tuple[str, ...] = ()
    waiting: Waiting | None = None
    merging: TicketRef | None = None
    merged_into: TicketRef | None = None


class Stop(Frozen):
    """Why a written mail did not leave: the fact `what`, done `by` somebody, `at` that moment."""

    what: str
    by: str
    at: AwareDatetime


class Article(Frozen):
    """A row of a ticket. `fields`: the raw values of the form; `delivery` only for mails.

    `origin`: the merged ticket it belongs to; `due_at`: when a held mail leaves; `to`: its address (operators only);
    `outcome`: the closing that leaves with it; `asked`: the fields that a request for information asks for.
    """

    id: str
    kind: ArticleKind
    visibility: Visibility
    at: AwareDatetime
    author: PersonRef | None = None
    subject: str = ""
    text: str = ""
    fields: dict[str, JsonValue] | None = None
    attachments: tuple[Attachment, ...] = ()
    delivery: Delivery | None = None
    delivery_detail: str | None = None
    origin: TicketRef | None = None
    due_at: AwareDatetime | None = None
    stopped: Stop | None = None
    to: str | None = None
    outcome: Outcome | None = None
    asked: tuple[str, ...] = ()


class JournalRow(Frozen):
    """A fact of the ticket's history; `data` are its own fields, without texts."""

    event_id: str
    name: str
    at: AwareDatetime
    actor: Actor
    seq: int
    queue: str
    owner: PersonRef | None = None
    former_owner: PersonRef | None = None
    detail: str | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)


class LinkedTicket(Frozen):
    """Another ticket that has to do with this one."""

    ticket: TicketRef
    relation: Relation
    subject: str = ""
    state: State | None = None


class Asked(Frozen):
    """What the user is being asked for; `article` is the mail that asked."""

    article: str
    fields: tuple[str, ...]
    at: AwareDatetime


class View(Summary):
    """One ticket with its articles in order and, for operators, its journal: the newest page, or an earlier one.

    `earlier`: where the page before this one ends, None at the beginning. `values`: the form's answers as they are now.
    """

    articles: tuple[Article, ...]
    journal: tuple[JournalRow, ...] = ()
    earlier: int | None = None
    links: tuple[LinkedTicket, ...] = ()
    absorbed: tuple[TicketRef, ...] = ()
    information: Asked | None = None
    values: dict[str, JsonValue] = Field(default_factory=dict)
    may_close_silently: bool = False

    def attachment(self, key: str) -> Attachment | None:
        """The attachment stored under `key`, if an article the person may see names it."""
        return next((file for article in self.articles for file in article.attachments if file.key == key), None)

    def article(self, article: str) -> Article | None:
        """The article with this id, if it is on this page."""
        return next((each for each in self.articles if each.id == article), None)


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


class Said(Frozen):
    """A fact that a wish caused."""

    event_id: str
    name: str
    seq: int


class Done(Frozen):
    """What a wish came to; no facts: there was nothing left to do."""

    number: str
    seq: int = 0
    facts: tuple[Said, ...] = ()
