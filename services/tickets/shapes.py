"""The shapes of what tickets answers: a list's rows, a ticket with its articles and journal."""

from pydantic import AwareDatetime, BaseModel, JsonValue

from services.tickets.commands import Quote
from services.tickets.domain.ticket import Asked
from services.tickets.fates import Delivery, Stopped
from services.tickets.steps import Step
from shared.events import (
    Actor,
    ArticleKind,
    Attachment,
    Ending,
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


class Summary(BaseModel):
    """A ticket in a list. A requester learns that it was taken, not by whom; a holder nothing that was typed.

    `merging`: the ticket it is becoming part of just now. Priority (1 very low to 5 very high) and tags are for
    operators: others are told 3 and none; nor are they told of questions to the second level.
    A question itself has `parent`, the root that asked it, a `depth` of 1 or more, and no requester.
    `overdue`: an answer that is still waited for, its own or to a question it asked, should have come by now.
    """

    id: str
    number: str
    subject: str
    state: State
    queue: str
    taken: bool
    owner: PersonRef | None
    responsible: PersonRef | None
    requester: Requester | None
    form: str
    version: int
    language: Language
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    seq: int
    priority: int
    tags: tuple[str, ...]
    waiting: Waiting | None
    merging: TicketRef | None
    merged_into: TicketRef | None
    watchers: tuple[PersonRef, ...]
    open_questions: int
    parent: TicketRef | None
    depth: int
    asked_by: PersonRef | None
    due_at: AwareDatetime | None
    overdue: bool
    ending: Ending | None


class Article(BaseModel):
    """A row of a ticket. `fields` are the raw values of the form.

    For mails only: `delivery`, `due_at` (when a held one leaves), `stopped` (why it didn't), `to` (for operators),
    `outcome` (the closing that leaves with it), `asked` (fields). `origin`: the absorbed ticket it belongs to.
    For questions to the second level and their ends: `child` (None on the question's own page), `ending`, and what a
    question shows: `fields` and `quotes`.
    """

    id: str
    kind: ArticleKind
    visibility: Visibility
    at: AwareDatetime
    author: PersonRef | None
    subject: str
    text: str
    fields: dict[str, JsonValue] | None
    attachments: tuple[Attachment, ...]
    delivery: Delivery | None = None
    delivery_detail: str | None = None
    origin: TicketRef | None = None
    due_at: AwareDatetime | None = None
    stopped: Stopped | None = None
    to: str | None = None
    outcome: Outcome | None = None
    asked: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    child: TicketRef | None = None
    ending: Ending | None = None


class JournalRow(BaseModel):
    """A fact, for operators: what, when, by whom. `data`: its own fields, without texts."""

    event_id: str
    name: str
    at: AwareDatetime
    actor: Actor
    seq: int
    owner: PersonRef | None
    former_owner: PersonRef | None
    queue: str
    detail: str | None
    data: dict[str, JsonValue]


class LinkedTicket(BaseModel):
    """A ticket this one has to do with. No number and no state: it was split off just now and isn't open yet."""

    ticket: TicketRef
    relation: Relation
    subject: str
    state: State | None


class Question(BaseModel):
    """A question to the second level, as the root that asked it shows it. `open`: an answer is waited for.

    Until it is open it has no number, no queue unless one was chosen, and no state. `article`: of this page, that asked
    it; empty when an earlier page has it.
    """

    child: TicketRef
    article: str
    title: str
    queue: str
    owner: PersonRef | None
    state: State | None
    ending: Ending | None
    asked_by: PersonRef
    asked_at: AwareDatetime
    due_at: AwareDatetime | None
    overdue: bool
    rule: str
    open: bool


class View(Summary):
    """One page of a ticket: its articles, and for operators its journal; `earlier` is the `before` of the page before.

    `page`: where the request was written, as that page says; for operators.
    `values`: the form's answers as they are now. `information`: what the user is being asked for. `questions`: to the
    second level, the first open ones and those of this page; `questions_more`: how many open ones are not among them.
    `steps`: how it went on, for its requester. `thanked`, `helpful`: what they said since it was last closed.
    """

    site: str
    page: str | None = None
    articles: list[Article]
    journal: list[JournalRow]
    earlier: int | None
    links: list[LinkedTicket]
    absorbed: list[TicketRef]
    information: Asked | None
    values: dict[str, JsonValue]
    may_close_silently: bool
    questions: list[Question]
    questions_more: int
    steps: list[Step] = []
    thanked: bool = False
    helpful: bool | None = None
