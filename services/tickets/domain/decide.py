"""`decide` turns a command into facts, or refuses it: the same lines for every verb, every channel and every root."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.tickets import commands as c
from services.tickets.domain import conflicts, hands, joining, mails, questions, replies, requester, waiting
from services.tickets.domain.child import Child
from services.tickets.domain.opening import open_ticket
from services.tickets.domain.root import Root
from services.tickets.domain.saying import Saying
from services.tickets.domain.states import refuse, verdict
from services.tickets.domain.ticket import Ticket
from services.tickets.rules import Rules
from shared.errors import Hopeless
from shared.events import RootEvent

Do = Callable[[Any, Any], None]
# What tickets and questions do alike.
_SHARED: dict[type[Any], Do] = {
    c.TakeTicket: hands.take,
    c.ReleaseTicket: hands.release,
    c.HandOver: hands.hand_over,
    c.ChangeResponsible: hands.change_responsible,
    c.MoveTicket: hands.move,
    c.SetPriority: hands.prioritize,
    c.TagTicket: hands.tag,
    c.AddNote: hands.note,
    c.WatchTicket: hands.watch,
    c.UnwatchTicket: hands.unwatch,
    c.DeferTicket: waiting.defer,
    c.ResumeTicket: waiting.resume,
    c.Wake: waiting.wake,
    c.AskSecondLevel: questions.ask,
    c.WithdrawQuestion: questions.withdraw,
    c.HearOpened: questions.hear_opened,
    c.HearAnswer: questions.hear_answer,
    c.HearReopened: questions.hear_reopened,
    c.HearOverdue: questions.hear_overdue,
}
_OF_CHILDREN: dict[type[Any], Do] = {
    **_SHARED,
    c.AnswerQuestion: questions.answer,
    c.ReturnQuestion: questions.give_back,
    c.ReopenTicket: questions.reopen_child,
    c.WithdrawChild: questions.withdraw_child,
}
_OF_TICKETS: dict[type[Any], Do] = {
    **_SHARED,
    c.AnswerTicket: mails.answer,
    c.AskInformation: mails.ask_information,
    c.ForwardTicket: mails.forward,
    c.CloseTicket: mails.close,
    c.UndoMail: mails.undo,
    c.SendMail: mails.send_now,
    c.RetryMail: mails.retry,
    c.RecordDelivery: mails.record_delivery,
    c.ReopenTicket: waiting.reopen,
    c.ReplyTicket: replies.reply,
    c.FollowReply: replies.follow,
    c.ThankTicket: requester.thank,
    c.RateTicket: requester.rate,
    c.EndFollowLinks: requester.end_links,
    c.MailFollowLink: requester.mail_link,
    c.LinkTicket: joining.link,
    c.UnlinkTicket: joining.unlink,
    c.ReflectLink: joining.reflect,
    c.SplitArticle: joining.split,
    c.MergeTicket: joining.merge,
    c.AcceptMerge: joining.accept_merge,
    c.SettleMerge: joining.settle_merge,
    c.UnmergeTicket: joining.unmerge,
    c.ReleaseMerged: joining.release_merged,
}


def decide(ticket: Root | None, command: c.Command, now: datetime, rules: Rules) -> list[RootEvent]:
    """The facts a command causes; none when there is nothing left to do; raises when it is refused."""
    wish = command.wish
    if isinstance(wish, c.OpenTicket):
        return [] if ticket else open_ticket(command, wish, now, rules)
    if isinstance(wish, c.OpenChild):
        return [] if ticket else questions.open_child(command, wish, now, rules)
    if ticket is None:
        raise Hopeless(f"Ticket {command.ticket_id} does not exist.")
    conflicts.check(ticket, wish, command.actor.id)
    answer = verdict(ticket, wish)
    if answer == "same":
        answer = _same(ticket, wish)
    if answer == "repeat":
        return []
    if answer != "yes":
        raise refuse(ticket, answer, conflicts.cause(ticket, wish, answer, command.actor.id))
    saying = Saying(ticket, command, now, rules)
    verbs = _OF_CHILDREN if isinstance(ticket, Child) else _OF_TICKETS
    if type(wish) not in verbs:
        raise Hopeless(f"{type(wish).__name__} is not for {type(ticket).__name__} {ticket.number}.")
    verbs[type(wish)](saying, wish)
    return saying.facts


def _same(ticket: Root, wish: object) -> str:
    """A wish for what is already so is a repeat; for something else it is refused."""
    if isinstance(wish, c.CloseTicket):
        return "repeat" if ticket.state is wish.outcome else "already"
    assert isinstance(ticket, Ticket)  # noqa: S101  # only its table says `same` of merging
    joint = ticket.merged or ticket.merging
    if isinstance(wish, c.MergeTicket) and joint and wish.found and joint.target.id == wish.found.id:
        return "repeat"
    return "merged" if ticket.merged else "already_merging"
