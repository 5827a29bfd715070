"""Which verb is allowed in which state: one table, shown in docs/verbs.md and walked by a test.

`yes`: allowed. `repeat`: nothing left to do, the answer is that of success. `same`: repeated when it asks for what is,
else refused. Anything else is the code of the refusal (`refusals.SENTENCES`).
"""

from types import MappingProxyType
from typing import Any, Final

from services.tickets import commands as c
from services.tickets.domain.child import Child
from services.tickets.domain.refusals import Clash
from services.tickets.domain.root import Root
from services.tickets.domain.ticket import Ticket
from shared.events import State

COLUMNS: Final = ("new", "open", "pending", "closed_successful", "closed_unsuccessful", "merging", "merged")


def _row(live: str, closed: str, merging: str, merged: str, **others: str) -> MappingProxyType[str, str]:
    row = dict.fromkeys(("new", "open", "pending"), live)
    row |= dict.fromkeys(("closed_successful", "closed_unsuccessful"), closed)
    return MappingProxyType({**row, "merging": merging, "merged": merged, **others})


_WORK = _row("yes", "closed", "merging", "merged")
_ALWAYS = _row("yes", "yes", "yes", "yes")
_KEPT = _row("yes", "yes", "merging", "merged")
# What is said of how it ended.
_ENDED = _row("not_closed", "yes", "merging", "merged")
_NEVER = _row("not_a_question", "not_a_question", "not_a_question", "not_a_question")

VERBS: Final[dict[type[object], MappingProxyType[str, str]]] = {
    c.TakeTicket: _WORK,
    c.ReleaseTicket: _WORK,
    c.HandOver: _WORK,
    c.ChangeResponsible: _KEPT,
    c.MoveTicket: _WORK,
    c.SetPriority: _KEPT,
    c.TagTicket: _KEPT,
    c.AddNote: _ALWAYS,
    c.AnswerTicket: _WORK,
    c.AskInformation: _WORK,
    c.ForwardTicket: _KEPT,
    c.CloseTicket: _row("yes", "same", "merging", "merged"),
    c.ReopenTicket: _row("repeat", "yes", "merging", "merged"),
    c.DeferTicket: _WORK,
    c.ResumeTicket: _row("repeat", "closed", "merging", "merged", pending="yes"),
    # A new ticket holds no mail, because writing one is acting on it; a merge waits until none is held.
    c.UndoMail: _row("yes", "yes", "not_held", "not_held", new="not_held"),
    c.SendMail: _row("yes", "closed", "merging", "merged", new="not_held"),
    c.RetryMail: _ALWAYS,
    c.LinkTicket: _KEPT,
    c.UnlinkTicket: _ALWAYS,
    c.MergeTicket: _row("yes", "yes", "same", "same"),
    c.UnmergeTicket: _row("not_merged", "not_merged", "merging", "yes"),
    c.SplitArticle: _KEPT,
    c.WatchTicket: _ALWAYS,
    c.UnwatchTicket: _ALWAYS,
    c.AskSecondLevel: _WORK,
    # Nobody closes or merges a ticket that waits for an answer.
    c.WithdrawQuestion: _row("yes", "not_asked", "not_asked", "not_asked"),
    c.AnswerQuestion: _NEVER,
    c.ReturnQuestion: _NEVER,
    c.ReplyTicket: _ALWAYS,
    c.ThankTicket: _ENDED,
    c.RateTicket: _ENDED,
    c.EndFollowLinks: _ALWAYS,
    c.MailFollowLink: _ALWAYS,
}

CHILD_COLUMNS: Final = ("new", "open", "pending", "answered", "returned", "withdrawn")


def _child_row(live: str, **others: str) -> MappingProxyType[str, str]:
    row = dict.fromkeys(("new", "open", "pending"), live)
    row |= {ending: ending for ending in ("answered", "returned", "withdrawn")}
    return MappingProxyType({**row, **others})


_CHILD_WORK = _child_row("yes")
_CHILD_KEPT = _child_row("yes", answered="yes", returned="yes", withdrawn="yes")

# What a question takes; every other verb speaks to the user, or joins tickets of users.
CHILD_VERBS: Final[dict[type[object], MappingProxyType[str, str]]] = {
    c.TakeTicket: _CHILD_WORK,
    c.ReleaseTicket: _CHILD_WORK,
    c.HandOver: _CHILD_WORK,
    c.ChangeResponsible: _CHILD_KEPT,
    c.MoveTicket: _CHILD_WORK,
    c.SetPriority: _CHILD_KEPT,
    c.TagTicket: _CHILD_KEPT,
    c.AddNote: _CHILD_KEPT,
    c.DeferTicket: _CHILD_WORK,
    c.ResumeTicket: _child_row("repeat", pending="yes"),
    c.ReopenTicket: _child_row("repeat", answered="yes", returned="yes"),
    c.WatchTicket: _CHILD_KEPT,
    c.UnwatchTicket: _CHILD_KEPT,
    c.AskSecondLevel: _CHILD_WORK,
    c.WithdrawQuestion: _child_row("yes", answered="not_asked", returned="not_asked", withdrawn="not_asked"),
    c.AnswerQuestion: _CHILD_WORK,
    c.ReturnQuestion: _CHILD_WORK,
}


def column(root: Root) -> str:
    """Where the root stands in its table."""
    if isinstance(root, Child):
        return root.ending or root.state.value
    return "merging" if isinstance(root, Ticket) and root.merging else root.state.value


def verdict(root: Root, wish: object) -> str:
    """What the table says; verbs that no person wishes are judged by themselves."""
    if type(wish) not in VERBS:
        return "yes"
    if isinstance(root, Child):
        row = CHILD_VERBS.get(type(wish))
        return row[column(root)] if row else "is_question"
    return VERBS[type(wish)][column(root)]


def refuse(ticket: Root, code: str, changed: dict[str, str] | None = None) -> Clash:
    """The refusal with what its sentence needs, and with who was first, when somebody was."""
    more: dict[str, Any] = {"changed": changed} if changed else {}
    if isinstance(ticket, Ticket) and code in ("merged", "already_merging"):
        joint = ticket.merged or ticket.merging
        return Clash(code, number=ticket.number, target=joint.target.number if joint else "", **more)
    if code == "already":
        return Clash(code, number=ticket.number, state=State(ticket.state), **more)
    return Clash(code, number=ticket.number, **more)
