"""`decide` turns a command into facts, or refuses it: the same lines for every verb and every channel."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.tickets import commands as c
from services.tickets.domain import conflicts, hands, joining, mails, replies, waiting
from services.tickets.domain.opening import open_ticket
from services.tickets.domain.saying import Saying
from services.tickets.domain.states import refuse, verdict
from services.tickets.domain.ticket import Ticket
from services.tickets.rules import Rules
from shared.errors import Hopeless
from shared.events import TicketEvent

_VERBS: dict[type[Any], Callable[[Saying, Any], None]] = {
    c.TakeTicket: hands.take,
    c.ReleaseTicket: hands.release,
    c.HandOver: hands.hand_over,
    c.ChangeResponsible: hands.change_responsible,
    c.MoveTicket: hands.move,
    c.SetPriority: hands.prioritize,
    c.TagTicket: hands.tag,
    c.AddNote: hands.note,
    c.AnswerTicket: mails.answer,
    c.AskInformation: mails.ask_information,
    c.ForwardTicket: mails.forward,
    c.CloseTicket: mails.close,
    c.UndoMail: mails.undo,
    c.SendMail: mails.send_now,
    c.RetryMail: mails.retry,
    c.RecordDelivery: mails.record_delivery,
    c.ReopenTicket: waiting.reopen,
    c.DeferTicket: waiting.defer,
    c.ResumeTicket: waiting.resume,
    c.Wake: waiting.wake,
    c.ReplyTicket: replies.reply,
    c.FollowReply: replies.follow,
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


def decide(ticket: Ticket | None, command: c.Command, now: datetime, rules: Rules) -> list[TicketEvent]:
    """The facts a command causes; none when there is nothing left to do; raises when it is refused."""
    wish = command.wish
    if isinstance(wish, c.OpenTicket):
        return [] if ticket else open_ticket(command, wish, now)
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
    _VERBS[type(wish)](saying, wish)
    return saying.facts


def _same(ticket: Ticket, wish: object) -> str:
    """A wish for what is already so is a repeat; for something else it is refused."""
    if isinstance(wish, c.CloseTicket):
        return "repeat" if ticket.state is wish.outcome else "already"
    joint = ticket.merged or ticket.merging
    if isinstance(wish, c.MergeTicket) and joint and wish.found and joint.target.id == wish.found.id:
        return "repeat"
    return "merged" if ticket.merged else "already_merging"
