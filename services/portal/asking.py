"""What a ticket's page needs to ask the second level and to use its answers. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from services.portal.drafts import Draft
from services.portal.rows import Field, Row
from services.portal.shapes import Article, Question, View
from shared.events import ArticleKind, Language
from shared.queues import Queue, Queues

# What nobody wrote tells the second level nothing.
AUTOMATIC = frozenset(
    {ArticleKind.MAIL_RECEIPT, ArticleKind.MAIL_TAKEN, ArticleKind.MAIL_REOPENED, ArticleKind.MAIL_REMINDER}
)
# Letters of the line by which an article is known again.
FIRST_LINE = 110
# Queues with their names, and the hours until a question to them is due when nobody says.
Options = list[tuple[str, str, int | None]]


class Quotable(NamedTuple):
    """An article that a question can show: what it begins with."""

    article: Article
    begins: str


class Second(NamedTuple):
    """`open` and `over`: the questions of this ticket. `queues`: those that can be asked, under those they answer.

    `fields`, `quotable`: what a question can show of the ticket. `answer_files`: keys of the files
    that answers brought.
    """

    open: Sequence[Question]
    over: Sequence[Question]
    queues: Sequence[tuple[str, Options]]
    fields: Sequence[Field]
    quotable: Sequence[Quotable]
    answer_files: Sequence[str]


def second_level(
    ticket: View,
    rows: Sequence[Row],
    fields: Sequence[Field],
    queues: Queues,
    language: Language,
    answers: Sequence[Article],
) -> Second:
    """All of it, for this ticket. `answers`: of the second level, from whatever page."""
    return Second(
        open=[question for question in ticket.questions if question.open],
        over=[question for question in ticket.questions if not question.open],
        queues=queues_to_ask(queues, ticket.queue, language),
        fields=[field for field in fields if ticket.values.get(field.id) is not None],
        quotable=[Quotable(row.article, begins) for row in rows if (begins := _begins(row))],
        answer_files=[file.key for article in answers for file in article.attachments],
    )


def queues_to_ask(queues: Queues, asking: str, language: Language) -> list[tuple[str, Options]]:
    """The second-level queues but `asking`, each under the queue it answers; those that answer `asking` come first."""
    groups: dict[str, Options] = {}
    for queue in queues:
        if queue.level == 2 and queue.parent is not None and queue.id != asking:
            groups.setdefault(queue.parent, []).append((queue.id, queue.names.say(language), queue.due_hours))
    here: Queue | None = queues.get(asking)
    near = [asking, here.parent if here else None]
    order = sorted(groups, key=lambda parent: near.index(parent) if parent in near else len(near))
    return [(queues.name(parent, language), groups[parent]) for parent in order]


def is_answer(ticket: View, article: Article) -> bool:
    """Whether the article is what the second level answered this ticket; not so the answer that a question gave."""
    return article.kind is ArticleKind.CHILD_ANSWER and article.ending == "answered" and not is_own(ticket, article)


def is_own(ticket: View, article: Article) -> bool:
    """Whether the article asks or ends the question whose page this is, not one that it asked itself."""
    return article.child is None or article.child.id == ticket.id


def question_of(ticket: View, article: Article) -> Question | None:
    """The question that an article of the ticket asks or ends, if it is on this page."""
    if article.child is None:
        return None
    return next((each for each in ticket.questions if each.child.id == article.child.id), None)


def using(ticket: View, article_id: str) -> Draft:
    """The answer of the second level in the form that answers; nothing for any other article."""
    article = ticket.article(article_id)
    if article is None or not is_answer(ticket, article):
        return Draft()
    return Draft(answering(ticket), {"text": (article.text,)})


def answering(ticket: View) -> str:
    """The verb by which this page answers: the user, or the ticket that asked."""
    return "question/answer" if ticket.is_question else "answers"


def _begins(row: Row) -> str:
    """The first line of what was written, or the first answer of a form; empty for what was undone or is automatic."""
    written = row.article.text.strip() or next((f"{label}: {text}" for label, text in row.answers if text), "")
    if row.article.delivery == "withdrawn" or row.article.kind in AUTOMATIC or not written:
        return ""
    line = written.splitlines()[0]
    return line if len(line) <= FIRST_LINE else line[: FIRST_LINE - 1].rstrip() + "…"
