"""The shapes of what `tickets` answers: fields unknown here are ignored, new ones have defaults."""

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from shared.events import (
    Actor,
    ArticleKind,
    Attachment,
    Ending,
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
    A question of the second level has a `parent`, which `asked_by` somebody until `due_at`; it knows no requester.
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
    parent: TicketRef | None = None
    depth: int = 0
    asked_by: PersonRef | None = None
    due_at: AwareDatetime | None = None
    overdue: bool = False
    ending: Ending | None = None
    open_questions: int = 0
    watchers: tuple[PersonRef, ...] = ()

    @property
    def is_question(self) -> bool:
        """Whether it is a question to the second level: internal, and nobody's but the operators'."""
        return self.parent is not None

    def is_watched_by(self, person: str) -> bool:
        """Whether this person hears of everything that happens to it."""
        return any(watcher.id == person for watcher in self.watchers)


class Stop(Frozen):
    """Why a written mail did not leave: the fact `what`, done `by` somebody, `at` that moment."""

    what: str
    by: str
    at: AwareDatetime


class Quote(Frozen):
    """An article that a question shows to the second level, as it was when it was asked."""

    kind: ArticleKind
    author: str = ""
    at: AwareDatetime
    text: str = ""


class Article(Frozen):
    """A row of a ticket. `fields`: the raw values of the form; `delivery` only for mails.

    `origin`: the merged ticket it belongs to; `due_at`: when a held mail leaves; `to`: its address (operators only);
    `outcome`: the closing that leaves with it; `asked`: the fields that a request for information asks for.
    `child`: the question that it asks or ends (`ending`), in the ticket that asks and in the question itself; `subject`
    is then the question's title, `fields` and `quotes` are what it shows of the ticket.
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
    quotes: tuple[Quote, ...] = ()
    child: TicketRef | None = None
    ending: Ending | None = None


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


class Question(Frozen):
    """What the second level is asked, as the ticket that asks sees it.

    `child` has no number and no `state` until it is open, and no `queue` until one is chosen; `rule`: of the form.
    """

    child: TicketRef
    article: str
    title: str
    queue: str = ""
    owner: PersonRef | None = None
    state: State | None = None
    ending: Ending | None = None
    asked_by: PersonRef | None = None
    asked_at: AwareDatetime
    due_at: AwareDatetime | None = None
    overdue: bool = False
    rule: str = ""
    open: bool = True


class Step(Frozen):
    """How a request went on, for who asked: `queue` has it from then on, `article` said so, `helpful` of a rating."""

    what: str
    at: AwareDatetime
    queue: str
    article: str | None = None
    helpful: bool | None = None


class View(Summary):
    """One ticket with its articles in order and, for operators, its journal: the newest page, or an earlier one.

    `earlier`: where the page before this one ends, None at the beginning. `values`: the form's answers as they are now.
    `steps`: for who asked; `thanked` and `helpful`: what they said since it was last closed.
    `questions`: to the second level; `questions_more` open ones are not among them.
    """

    page: str | None = None
    articles: tuple[Article, ...]
    journal: tuple[JournalRow, ...] = ()
    earlier: int | None = None
    links: tuple[LinkedTicket, ...] = ()
    absorbed: tuple[TicketRef, ...] = ()
    information: Asked | None = None
    values: dict[str, JsonValue] = Field(default_factory=dict)
    may_close_silently: bool = False
    questions: tuple[Question, ...] = ()
    questions_more: int = 0
    steps: tuple[Step, ...] = ()
    thanked: bool = False
    helpful: bool | None = None

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


class Tally(Frozen):
    """How many, and when the oldest of them was opened."""

    n: int
    oldest: AwareDatetime


class Counts(Frozen):
    """The numbers of an operator's dashboard, of what is not closed.

    `boards`: by board and queue. `new` and `working` (open or pending): users' tickets; `held` and `responsible`: the
    person's; `waiting` for the user; `asked`: questions the person asked; `second`: all questions; `overdue`. A queue
    with nothing in it is missing.
    """

    by_state: dict[State, int]
    by_queue: dict[str, dict[State, int]]
    mine: int
    my_responsibility: int
    boards: dict[str, dict[str, Tally]] = Field(default_factory=dict)


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
