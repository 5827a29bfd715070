"""Mails that operators write: held for a while, then they leave, stop because something changed, or are undone."""

from collections.abc import Callable
from datetime import datetime

from services.tickets.commands import (
    AnswerTicket,
    AskInformation,
    CloseTicket,
    ForwardTicket,
    RecordDelivery,
    RetryMail,
    SendMail,
    UndoMail,
)
from services.tickets.domain.conflicts import STALE, later
from services.tickets.domain.hands import act
from services.tickets.domain.questions import decided, wait_for_answers, withdraw_all
from services.tickets.domain.refusals import Clash, Refused
from services.tickets.domain.root import LIVE, LastFact, Root
from services.tickets.domain.saying import Saying
from services.tickets.domain.ticket import Held, Ticket
from shared.events import (
    ArticleDelivered,
    ArticleKind,
    ArticlePrepared,
    ArticleRef,
    ArticleRefused,
    ArticleRetried,
    ArticleStopped,
    ArticleWithdrawn,
    InformationRequested,
    Outcome,
    PersonRef,
    Plan,
    SecondLevelReopened,
    SecondLevelRequested,
    State,
    TicketAnswered,
    TicketClosed,
    TicketForwarded,
    Waiting,
)


def answer(saying: Saying[Ticket], wish: AnswerTicket) -> None:
    """Written to the user; with an outcome the ticket closes when it leaves."""
    questions = decided(saying.ticket, wish.questions) if wish.outcome else None
    act(saying)
    plan = Plan(outcome=wish.outcome, questions=questions, attachments=wish.attachments)
    prepare(saying, ArticleKind.MAIL_ANSWER, plan, wish.text)


def ask_information(saying: Saying[Ticket], wish: AskInformation) -> None:
    """The user gets a small form with `fields`; pending until they answer."""
    if not wish.fields:
        raise Refused("fields_missing", field="fields")
    if wish.then == "close" and wish.until is None:
        raise Refused("date_missing", field="until")
    in_the_future(saying, wish.until)
    act(saying)
    outcome: Outcome | None = State.CLOSED_UNSUCCESSFUL if wish.then == "close" else None
    waiting = Waiting(for_user=True, since=saying.now, until=wish.until, then=wish.then, outcome=outcome)
    plan = Plan(fields=tuple(dict.fromkeys(wish.fields)), waiting=waiting)
    prepare(saying, ArticleKind.MAIL_INFORMATION_REQUEST, plan, wish.text)


def forward(saying: Saying[Ticket], wish: ForwardTicket) -> None:
    """Sent on to a third party; an open ticket nobody holds becomes the actor's."""
    if saying.ticket.state in LIVE:
        act(saying)
    plan = Plan(to=wish.to, subject=wish.subject, attachments=wish.attachments)
    prepare(saying, ArticleKind.MAIL_FORWARD, plan, wish.text)


def close(saying: Saying[Ticket], wish: CloseTicket) -> None:
    """With a reason the user gets by mail, or silently where the queue allows it."""
    ticket = saying.ticket
    if ticket.state is wish.outcome:
        return
    if wish.silent and not saying.rules.queue(ticket.queue).may_close_silently:
        raise Refused("silent_not_allowed", field="silent", queue=ticket.queue)
    if not wish.silent and not wish.reason:
        raise Refused("reason_missing", field="reason")
    questions = decided(ticket, wish.questions)
    act(saying)
    if questions == "wait":
        mail = None if wish.silent else saying.article(ArticleKind.MAIL_CLOSED)
        wait_for_answers(saying, wish.outcome, mail, wish.reason, saying.command.actor)
    elif wish.silent:
        withdraw_all(saying)
        saying.say(TicketClosed, subject=ticket.subject, outcome=wish.outcome, text=wish.reason)
    else:
        prepare(saying, ArticleKind.MAIL_CLOSED, Plan(outcome=wish.outcome, questions=questions), wish.reason)


def prepare(saying: Saying[Ticket], kind: ArticleKind, plan: Plan, text: str) -> None:
    """Hold a written mail for the send window; without a window it leaves at once."""
    window = saying.rules.send_window
    article = saying.article(kind)
    saying.say(ArticlePrepared, article=article, plan=plan, release_at=saying.now + window)
    if not window:
        leave(saying, article.id, text)


def undo(saying: Saying[Ticket], wish: UndoMail) -> None:
    """It never left; its text is kept for operators."""
    held = _held(saying, wish.article)
    saying.say(ArticleWithdrawn, article=ArticleRef(id=wish.article, kind=held.kind))


def send_now(saying: Saying[Ticket], wish: SendMail) -> None:
    """A person decided: it leaves, also when it had stopped."""
    held = _held(saying, wish.article)
    if held.plan.outcome:
        decided(saying.ticket, held.plan.questions)
    leave(saying, wish.article, wish.text)


def release(saying: Saying[Ticket], article: str, text: str) -> None:
    """Its time has come: it leaves, unless the user or a colleague was faster."""
    held = saying.ticket.held[article]
    because = _overtaken(saying.ticket, held) or _asked_since(saying.ticket, held)
    if because is None:
        leave(saying, article, text)
        return
    name, last = because
    saying.say(
        ArticleStopped,
        article=ArticleRef(id=article, kind=held.kind),
        because=name,
        by=PersonRef(id=last.actor.id, name=last.actor.name),
        since=last.at,
    )


def _overtaken(ticket: Ticket, held: Held) -> tuple[str, LastFact] | None:
    if held.kind not in STALE:
        return None
    others = later(ticket, STALE[held.kind], held.seq, held.by.id)
    if others or ticket.state in LIVE:
        return others
    # Closed by the writer's own hand: a mail for the user would come after the last word. Merging waits for held mails.
    return later(ticket, (TicketClosed.name,), 0, "")


def _asked_since(ticket: Ticket, held: Held) -> tuple[str, LastFact] | None:
    """It would close a ticket that waits for the second level, and nobody said what becomes of the questions."""
    if held.plan.outcome is None or held.plan.questions or not ticket.open_questions:
        return None
    return later(ticket, (SecondLevelRequested.name, SecondLevelReopened.name), 0, "")


def leave(saying: Saying[Ticket], article: str, text: str) -> None:
    """Say the fact that causes the mail, in the name of who wrote it."""
    held = saying.ticket.held[article]
    _LEAVE[held.kind](saying, ArticleRef(id=article, kind=held.kind), held, text)


def _answer_leaves(saying: Saying[Ticket], mail: ArticleRef, held: Held, text: str) -> None:
    subject, plan = saying.ticket.subject, held.plan
    saying.say(
        TicketAnswered,
        actor=held.by,
        subject=subject,
        mail=mail,
        text=text,
        attachments=plan.attachments,
        outcome=plan.outcome,
    )
    if plan.outcome is None:
        return
    if plan.questions == "wait" and saying.ticket.open_questions:
        wait_for_answers(saying, plan.outcome, None, "", held.by, answered=True)
        return
    withdraw_all(saying)
    saying.say(TicketClosed, actor=held.by, subject=subject, outcome=plan.outcome, answered=True)


def _question_leaves(saying: Saying[Ticket], mail: ArticleRef, held: Held, text: str) -> None:
    ticket, plan = saying.ticket, held.plan
    planned, now = plan.waiting or Waiting(for_user=True, since=saying.now), saying.now
    until = planned.until
    if until and until <= now:
        # It left later than planned: the user has as long to answer as was meant.
        until = now + (until - planned.since)
    waiting = planned.model_copy(update={"since": now, "until": until})
    saying.say(
        InformationRequested,
        actor=held.by,
        subject=ticket.subject,
        mail=mail,
        text=text,
        fields=plan.fields,
        form=ticket.form,
        version=ticket.form_version,
        waiting=waiting,
    )


def _forward_leaves(saying: Saying[Ticket], mail: ArticleRef, held: Held, text: str) -> None:
    plan = held.plan
    saying.say(
        TicketForwarded,
        actor=held.by,
        mail=mail,
        to=plan.to or "",
        subject=plan.subject,
        text=text,
        attachments=plan.attachments,
    )


def _closing_leaves(saying: Saying[Ticket], mail: ArticleRef, held: Held, text: str) -> None:
    outcome = held.plan.outcome or State.CLOSED_UNSUCCESSFUL
    withdraw_all(saying)
    saying.say(TicketClosed, actor=held.by, subject=saying.ticket.subject, outcome=outcome, text=text, mail=mail)


_LEAVE: dict[ArticleKind, Callable[[Saying[Ticket], ArticleRef, Held, str], None]] = {
    ArticleKind.MAIL_ANSWER: _answer_leaves,
    ArticleKind.MAIL_INFORMATION_REQUEST: _question_leaves,
    ArticleKind.MAIL_FORWARD: _forward_leaves,
    ArticleKind.MAIL_CLOSED: _closing_leaves,
}


def retry(saying: Saying[Ticket], wish: RetryMail) -> None:
    """A refused mail again. A corrected address of the requester is the ticket's from now on."""
    ticket = saying.ticket
    kind = ticket.refused_mails.get(wish.article)
    if kind is None:
        raise Clash("not_refused", number=ticket.number)
    article = ArticleRef(id=wish.article, kind=kind)
    if kind is ArticleKind.MAIL_FORWARD:
        saying.say(ArticleRetried, article=article, to=wish.to or "")
        return
    former = ticket.requester.email
    requester = ticket.requester.model_copy(update={"email": wish.to}) if wish.to else ticket.requester
    corrected = former if requester.email != former else None
    saying.say(ArticleRetried, article=article, to=requester.email, former_to=corrected, requester=requester)


def record_delivery(saying: Saying[Ticket], wish: RecordDelivery) -> None:
    """A mail left, or was refused. Causes no mail in turn; changes neither state nor people."""
    kind = saying.ticket.waiting_mails.get(wish.article_id)
    if kind is None:
        return
    article = ArticleRef(id=wish.article_id, kind=kind)
    if wish.reason is None:
        saying.say(ArticleDelivered, article=article)
    else:
        saying.say(ArticleRefused, article=article, reason=wish.reason)


def in_the_future(saying: Saying[Root], until: datetime | None) -> None:
    """Refuse a date that has passed."""
    if until is not None and until <= saying.now:
        raise Refused("date_past", field="until")


def _held(saying: Saying[Ticket], article: str) -> Held:
    held = saying.ticket.held.get(article)
    if held is None:
        raise Clash("not_held", number=saying.ticket.number)
    return held
