"""Closing again, opening again, and what happens by itself when a date has come."""

from datetime import timedelta
from typing import Any

from services.tickets.commands import DeferTicket, ReopenTicket, ResumeTicket, Wake
from services.tickets.domain.child import DUE_TIMER, Child
from services.tickets.domain.hands import act
from services.tickets.domain.mails import in_the_future, release
from services.tickets.domain.questions import close_child
from services.tickets.domain.refusals import Refused
from services.tickets.domain.root import PENDING_TIMER, Root
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import Ticket
from shared.events import (
    ArticleKind,
    ChildOverdue,
    Closing,
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


def reopen(saying: Saying[Ticket], wish: ReopenTicket) -> None:
    """The user is told; the owner stays."""
    mail = saying.article(ArticleKind.MAIL_REOPENED)
    saying.say(TicketReopened, subject=saying.ticket.subject, reason=wish.reason, mail=mail)


def defer(saying: Saying[Root], wish: DeferTicket) -> None:
    """Pending until a date, or until the user answers. A question waits for no user, and closes with an answer only."""
    if isinstance(saying.ticket, Child) and (wish.for_user or wish.then == "close"):
        raise Refused("only_a_date", field="then" if wish.then == "close" else "for_user")
    if wish.until is None and (not wish.for_user or wish.then == "close"):
        raise Refused("date_missing", field="until")
    in_the_future(saying, wish.until)
    act(saying)
    outcome = (wish.outcome or State.CLOSED_UNSUCCESSFUL) if wish.then == "close" else None
    waiting = Waiting(for_user=wish.for_user, since=saying.now, until=wish.until, then=wish.then, outcome=outcome)
    saying.say(TicketDeferred, waiting=waiting, waited_for_user=saying.ticket.waits_for_user)


def resume(saying: Saying[Root], wish: ResumeTicket | None = None) -> None:
    """Pending no longer."""
    saying.say(TicketResumed, waited_for_user=saying.ticket.waits_for_user)


def wake(saying: Saying[Any], wish: Wake) -> None:
    """A timer is due, unless it was set anew or taken away meanwhile."""
    ticket = saying.ticket
    if ticket.timers.get(wish.timer) != wish.due or saying.now < wish.due:
        return
    if wish.timer == DUE_TIMER:
        saying.say(ChildOverdue, due_at=wish.due)
    elif wish.timer == PENDING_TIMER:
        # Merging settles in a moment, and the clock comes again.
        if ticket.waiting and not (isinstance(ticket, Ticket) and ticket.merging):
            _wait_is_over(saying, ticket.waiting, wish.text)
    else:
        release(saying, wish.timer.removeprefix("send:"), wish.text)


def _wait_is_over(saying: Saying[Any], waiting: Waiting, text: str) -> None:
    if waiting.closing:
        _close_by_itself(saying, waiting.closing, text)
    elif isinstance(saying.ticket, Child):
        resume(saying)
    elif waiting.then == "close" and saying.ticket.open_questions:
        # Nobody said what becomes of them: a person decides.
        saying.say(TicketResumed, because="open", waited_for_user=waiting.for_user)
    elif waiting.then == "close":
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


def _close_by_itself(saying: Saying[Any], closing: Closing, text: str) -> None:
    """The last question was answered: in the name of whoever decided that it closes then."""
    if isinstance(saying.ticket, Child):
        close_child(saying, closing.outcome, closing.article, closing.by)
        return
    saying.say(
        TicketClosed,
        actor=closing.by,
        subject=saying.ticket.subject,
        outcome=closing.outcome,
        text=text,
        mail=closing.article,
        answered=closing.answered,
        waited=True,
    )


def _remind(saying: Saying[Ticket], waiting: Waiting) -> None:
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
