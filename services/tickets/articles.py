"""Articles: the rows of a ticket. Facts name them (`named_by`); their words are stored once, under the same id."""

from typing import Any

from pydantic import AwareDatetime, JsonValue

from services.tickets import commands as c
from services.tickets.commands import Command
from services.tickets.domain.opening import question_article_id, request_article_id
from services.tickets.domain.saying import article_of
from shared import events as e
from shared.events import Actor, ActorKind, ArticleKind, ArticleRef, Attachment, Frozen, RootEvent


class Words(Frozen):
    """What an article says, written before the fact that names it: a crash in between leaves words nobody sees.

    `quotes`: what a question shows of other articles; its `values` are the answers of the form that it shows.
    """

    id: str
    ticket_id: str
    subject: str = ""
    text: str = ""
    values: dict[str, JsonValue] | None = None
    quotes: tuple[c.Quote, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Named(Frozen):
    """An article as its fact tells of it: kind, author, time; visible from then on."""

    ref: ArticleRef
    author: Actor
    at: AwareDatetime


MAILS = frozenset(kind for kind in ArticleKind if kind.value.startswith("mail_"))

# Which article a wish writes itself; mails that notifier words bring their text with their delivery.
_WRITES: dict[type[Any], ArticleKind] = {
    c.AddNote: ArticleKind.NOTE,
    c.AnswerTicket: ArticleKind.MAIL_ANSWER,
    c.AskInformation: ArticleKind.MAIL_INFORMATION_REQUEST,
    c.ForwardTicket: ArticleKind.MAIL_FORWARD,
    c.CloseTicket: ArticleKind.MAIL_CLOSED,
    c.ReplyTicket: ArticleKind.REQUESTER_REPLY,
    c.AskSecondLevel: ArticleKind.CHILD_OPENED,
    c.OpenChild: ArticleKind.CHILD_OPENED,
    c.AnswerQuestion: ArticleKind.CHILD_ANSWER,
    c.ReturnQuestion: ArticleKind.CHILD_ANSWER,
    c.HearAnswer: ArticleKind.CHILD_ANSWER,
}


def words_of(command: Command) -> list[Words]:
    """The words a command brings with it, to be stored before its facts."""
    wish: Any = command.wish
    if isinstance(wish, c.OpenTicket):
        submission = wish.submission
        words = Words(
            id=request_article_id(command),
            ticket_id=command.ticket_id,
            subject=submission.subject,
            text=wish.text,
            values=submission.values or None,
            attachments=submission.attachments,
        )
        return [words, *_questions(command, wish)]
    if isinstance(wish, c.RecordDelivery):
        return [Words(id=wish.article_id, ticket_id=command.ticket_id, subject=wish.subject, text=wish.text)]
    if (kind := _WRITES.get(type(wish))) is None or (isinstance(wish, c.CloseTicket) and wish.silent):
        return []
    excerpt = getattr(wish, "excerpt", c.Excerpt())
    words = Words(
        id=article_of(command, kind).id,
        ticket_id=command.ticket_id,
        subject=wish.request.title if isinstance(wish, c.OpenChild) else _first(wish, "subject", "title"),
        text=_first(wish, "text", "reason"),
        values=getattr(wish, "values", None) or excerpt.values or None,
        quotes=excerpt.quotes,
        attachments=getattr(wish, "attachments", ()),
    )
    return [words]


def _first(wish: Any, *names: str) -> str:
    """The first of these fields that the wish has."""
    return next((str(getattr(wish, name)) for name in names if hasattr(wish, name)), "")


def _questions(command: Command, wish: c.OpenTicket) -> list[Words]:
    """What rules ask the second level at once, with what the form's answers show it."""
    values = wish.submission.values
    return [
        Words(
            id=question_article_id(command, place),
            ticket_id=command.ticket_id,
            subject=question.title,
            text=question.text,
            values={field: values[field] for field in question.fields if field in values} or None,
            attachments=wish.submission.attachments if question.attachments else (),
        )
        for place, question in enumerate(wish.questions)
    ]


def named_by(fact: RootEvent) -> list[Named]:
    """The articles a fact made visible, to operators at least."""
    if isinstance(fact, e.TicketOpened):
        requester = Actor(
            id=fact.requester.subject or fact.correlation_id, name=fact.requester.name, kind=ActorKind.REQUESTER
        )
        return [
            Named(ref=fact.request, author=requester, at=fact.submitted_at),
            Named(ref=fact.mail, author=fact.actor, at=fact.occurred_at),
        ]
    ref = _names(fact)
    return [Named(ref=ref, author=fact.actor, at=fact.occurred_at)] if ref else []


def about(fact: RootEvent) -> str | None:
    """The article a fact names, or tells more of."""
    if isinstance(fact, e.ReplyFollowed):
        return None
    ref = getattr(fact, "article", None) or getattr(fact, "mail", None) or getattr(fact, "question", None)
    return ref.id if isinstance(ref, ArticleRef) else None


def _names(fact: RootEvent) -> ArticleRef | None:
    match fact:
        case e.TicketNoted() | e.ArticlePrepared() | e.TicketReplied():
            return fact.article
        case e.ChildNoted() | e.ChildClosed() | e.SecondLevelRequested() | e.SecondLevelAnswered():
            return fact.article
        case e.ChildOpened():
            return fact.question
        case e.TicketTaken() | e.TicketReopened() | e.TicketReminded() | e.FollowLinkRequested():
            return fact.mail
        case e.TicketClosed() if fact.waited or fact.actor.kind is ActorKind.SYSTEM:
            # Any other closing mail was prepared by a person, and named before.
            return fact.mail
        case _:
            return None
