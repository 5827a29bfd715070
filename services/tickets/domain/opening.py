"""How a ticket begins: from a routed submission, or from what was split off another ticket."""

from datetime import datetime

from services.tickets.commands import Command, OpenTicket
from services.tickets.domain.saying import article_of
from shared.events import ArticleKind, ArticleRef, TicketEvent, TicketOpened
from shared.ids import derived, fact_id


def open_ticket(command: Command, wish: OpenTicket, now: datetime) -> list[TicketEvent]:
    """A submission becomes a ticket: the request is its first article, the receipt to the user its second."""
    submission = wish.submission
    return [
        TicketOpened(
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
            requester=submission.requester,
            language=submission.language,
            subject=submission.subject,
            form=submission.form,
            version=submission.version,
            site=submission.site,
            submitted_at=submission.submitted_at,
            rule=wish.rule,
            request=ArticleRef(id=request_article_id(command), kind=ArticleKind.REQUEST),
            mail=article_of(command, ArticleKind.MAIL_RECEIPT),
            split_from=wish.split_from,
        )
    ]


def request_article_id(command: Command) -> str:
    """The request's article: the same command with the same content writes it once."""
    return derived(command.id, command.digest, "request")
