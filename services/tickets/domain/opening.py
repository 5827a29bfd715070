"""How a ticket begins: from a routed submission, or from what was split off another ticket."""

from datetime import datetime, timedelta

from services.tickets.commands import Command, OpenTicket
from services.tickets.domain.effects import apply
from services.tickets.domain.saying import Saying, article_of
from services.tickets.domain.ticket import Ticket
from services.tickets.rules import Rules
from shared.events import (
    About,
    ArticleKind,
    ArticleRef,
    RootEvent,
    RuleQuestion,
    SecondLevelRequested,
    TicketOpened,
)
from shared.ids import derived, fact_id


def open_ticket(command: Command, wish: OpenTicket, now: datetime, rules: Rules) -> list[RootEvent]:
    """A submission becomes a ticket: the request is its first article, the receipt to the user its second.

    What rules ask the second level stands in it at once.
    """
    submission = wish.submission
    opened = TicketOpened(
        event_id=fact_id(command.id, 0),
        occurred_at=now,
        correlation_id=submission.id,
        cause_id=command.id,
        cause_digest=command.digest,
        actor=command.actor,
        ticket_id=command.ticket_id,
        number=wish.number,
        seq=1,
        queue=wish.queue,
        ticket_subject=submission.subject,
        requester=submission.requester,
        language=submission.language,
        subject=submission.subject,
        form=submission.form,
        version=submission.version,
        site=submission.site,
        page=submission.page,
        submitted_at=submission.submitted_at,
        rule=wish.rule,
        request=ArticleRef(id=request_article_id(command), kind=ArticleKind.REQUEST),
        mail=article_of(command, ArticleKind.MAIL_RECEIPT),
        split_from=wish.split_from,
    )
    ticket: Ticket | None = None
    saying = Saying(apply(ticket, opened), command, now, rules)
    saying.facts.append(opened)
    for place, question in enumerate(wish.questions):
        _ask(saying, wish, question, place)
    return saying.facts


def _ask(saying: Saying[Ticket], wish: OpenTicket, question: RuleQuestion, place: int) -> None:
    submission = wish.submission
    saying.say(
        SecondLevelRequested,
        child_id=derived("child", saying.next_id),
        article=ArticleRef(id=question_article_id(saying.command, place), kind=ArticleKind.CHILD_OPENED),
        title=question.title,
        child_queue=question.queue,
        due_at=submission.submitted_at + timedelta(hours=question.hours) if question.hours else None,
        rule=question.rule,
        asks_about=About(
            queue=wish.queue,
            form=submission.form,
            version=submission.version,
            site=submission.site,
            language=submission.language,
            verified=submission.requester.verified,
            role=submission.requester.role,
            course=submission.requester.course,
            submitted_at=submission.submitted_at,
        ),
    )


def request_article_id(command: Command) -> str:
    """The request's article: the same command with the same content writes it once."""
    return derived(command.id, command.digest, "request")


def question_article_id(command: Command, place: int) -> str:
    """The article of the rule's question at this place of the plan."""
    return derived(command.id, command.digest, "question", place)
