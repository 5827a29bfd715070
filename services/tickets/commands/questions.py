"""What can be asked about questions to the second level: by operators, and by one root of another."""

from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from services.tickets.commands.base import Seen
from services.tickets.typed import Files, Line, MaybeLine, Until, Written
from shared.events import (
    About,
    ArticleKind,
    Attachment,
    Because,
    Ending,
    Frozen,
    Id,
    OpenQuestions,
    PersonRef,
    SecondLevelRequested,
    TicketRef,
)

MOST_QUOTES = 50


class Quote(Frozen):
    """An article that the first level chose to show; `author` is a name."""

    kind: ArticleKind
    author: str
    at: AwareDatetime
    text: str


class Excerpt(Frozen):
    """What the second level sees of the ticket: answers of the form by field, and articles."""

    values: dict[str, JsonValue] = Field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()


class AskSecondLevel(Seen):
    """Ask the second level. `queue`: which one; empty: the rules choose. `due_at`: when an answer is wanted.

    `fields`, `articles`, `attachments`: what it is shown of the ticket. The door fills in `about` and `excerpt`.
    """

    title: Line
    text: Written
    queue: MaybeLine = ""
    due_at: Until | None = None
    fields: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    articles: Annotated[tuple[Id, ...], Field(max_length=MOST_QUOTES)] = ()
    attachments: Files = ()
    about: About | None = None
    excerpt: Excerpt = Excerpt()


class WithdrawQuestion(Seen):
    """Take a question back. `child`: its id or number; the door fills in `found`."""

    child: Line
    reason: MaybeLine = ""
    found: str = ""


class AnswerQuestion(Seen):
    """The second level answers. `questions`: what becomes of its own open ones."""

    text: Written
    attachments: Files = ()
    questions: OpenQuestions | None = None


class ReturnQuestion(Seen):
    """The second level sends it back without an answer, and says why."""

    reason: Written
    questions: OpenQuestions | None = None


class WatchTicket(Seen):
    """`person` (an operator's id; empty: who wishes it) shall hear of everything."""

    person: MaybeLine = ""


class UnwatchTicket(Seen):
    """`person` (empty: who wishes it) shall not."""

    person: MaybeLine = ""


class OpenChild(Frozen):
    """Routing found the queue for a question; `number` was drawn for it, the words are those of the asking root."""

    request: SecondLevelRequested
    queue: str
    rule: str
    number: str
    text: str = ""
    excerpt: Excerpt = Excerpt()
    attachments: tuple[Attachment, ...] = ()


class WithdrawChild(Frozen):
    """The root that asked takes it back. `round`: which opening is meant; one that was opened again since is not."""

    because: Because
    reason: str = ""
    round: int = 1


class HearOpened(Frozen):
    """A question of this root is open. `live`: it still was when this was heard, and for the first time."""

    child: TicketRef
    live: bool


class HearAnswer(Frozen):
    """A question of this root came to its end `article`, with these words."""

    child: TicketRef
    child_queue: str
    ending: Ending
    by: PersonRef
    round: int
    text: str = ""
    attachments: tuple[Attachment, ...] = ()


class HearReopened(Frozen):
    """A question of this root was opened once more."""

    child: TicketRef
    child_queue: str
    round: int


class HearOverdue(Frozen):
    """A question of this root has no answer and its time is over."""

    child: TicketRef
    child_queue: str
    due_at: AwareDatetime


InnerQuestion = WithdrawChild | HearOpened | HearAnswer | HearReopened | HearOverdue
