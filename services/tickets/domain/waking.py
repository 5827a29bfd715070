"""What the user writes to a closed ticket: it opens again, or what they wrote becomes a new one."""

from services.tickets.domain.root import CLOSED
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import Ticket
from shared.events import Actor, ArticleKind, ArticleRef, TicketClosed, TicketReopened, TicketSplit
from shared.ids import derived


def wake_closed(saying: Saying[Ticket], article: ArticleRef, author: Actor) -> None:
    """Reopen within the queue's follow-up window, else split off. A ticket on its way into another stays as it is:
    the answer decides which of the two is woken."""
    ticket = saying.ticket
    if ticket.state not in CLOSED or ticket.merging:
        return
    closed = ticket.last.get(TicketClosed.name)
    if closed is None or saying.now - closed.at <= saying.rules.queue(ticket.queue).follow_up:
        mail = saying.article(ArticleKind.MAIL_REOPENED)
        saying.say(TicketReopened, actor=author, subject=ticket.subject, by_reply=True, mail=mail)
    else:
        child = derived("follow-up", saying.command.id, article.id)
        split_off(saying, article, ticket.subject, ticket.queue, child, author)


def split_off(
    saying: Saying[Ticket], article: ArticleRef, subject: str, queue: str, child: str, actor: Actor | None = None
) -> None:
    """Say it; tickets opens the new one when it hears it."""
    ticket = saying.ticket
    saying.say(
        TicketSplit,
        actor=actor or saying.command.actor,
        article=article,
        child_id=child,
        child_queue=queue,
        subject=subject,
        form=ticket.form,
        version=ticket.form_version,
        site=ticket.site,
    )
