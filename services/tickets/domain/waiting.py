"""Closing again, opening again, and what happens by itself when a date has come."""

from datetime import timedelta

from services.tickets.commands import DeferTicket, ReopenTicket, ResumeTicket, Wake
from services.tickets.domain.hands import act
from services.tickets.domain.mails import in_the_future, release
from services.tickets.domain.refusals import Refused
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import PENDING_TIMER
from shared.events import (
    ArticleKind,
    State,
    TicketClosed,
    TicketDeferred,
    TicketReminded,
    TicketReopened,
    TicketResumed,
    Waiting,
)

# After a reminder the user has as long again as before it, and at least this.
SECOND_WAIT = timedelta(days=1)


def reopen(saying: Saying, wish: ReopenTicket) -> None:
    """The user is told; the owner stays."""
    mail = saying.article(ArticleKind.MAIL_REOPENED)
    saying.say(TicketReopened, subject=saying.ticket.subject, reason=wish.reason, mail=mail)


def defer(saying: Saying, wish: DeferTicket) -> None:
    """Pending until a date, or until the user answers."""
    if wish.until is None and (not wish.for_user or wish.then == "close"):
        raise Refused("date_missing", field="until")
    in_the_future(saying, wish.until)
    act(saying)
    outcome = (wish.outcome or State.CLOSED_UNSUCCESSFUL) if wish.then == "close" else None
    waiting = Waiting(for_user=wish.for_user, since=saying.now, until=wish.until, then=wish.then, outcome=outcome)
    saying.say(TicketDeferred, waiting=waiting)


def resume(saying: Saying, wish: ResumeTicket | None = None) -> None:
    """Pending no longer."""
    saying.say(TicketResumed)


def wake(saying: Saying, wish: Wake) -> None:
    """A timer is due, unless it was set anew or taken away meanwhile."""
    ticket = saying.ticket
    if ticket.timers.get(wish.timer) != wish.due or saying.now < wish.due:
        return
    if wish.timer == PENDING_TIMER:
        # Merging settles in a moment, and the clock comes again.
        if ticket.waiting and not ticket.merging:
            _wait_is_over(saying, ticket.waiting)
        return
    release(saying, wish.timer.removeprefix("send:"), wish.text)


def _wait_is_over(saying: Saying, waiting: Waiting) -> None:
    if waiting.then == "close":
        saying.say(
            TicketClosed,
            subject=saying.ticket.subject,
            outcome=waiting.outcome or State.CLOSED_UNSUCCESSFUL,
            mail=saying.article(ArticleKind.MAIL_CLOSED),
        )
    elif waiting.for_user and not waiting.reminded:
        _remind(saying, waiting)
    else:
        resume(saying)


def _remind(saying: Saying, waiting: Waiting) -> None:
    ticket = saying.ticket
    first = (waiting.until or saying.now) - waiting.since
    again = waiting.model_copy(update={"reminded": True, "until": saying.now + max(first, SECOND_WAIT)})
    saying.say(
        TicketReminded,
        subject=ticket.subject,
        mail=saying.article(ArticleKind.MAIL_REMINDER),
        information=ticket.information.article if ticket.information else None,
        fields=ticket.information.fields if ticket.information else (),
        form=ticket.form,
        version=ticket.form_version,
        waiting=again,
    )
