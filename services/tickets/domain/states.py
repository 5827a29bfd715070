"""Which verb is allowed in which state: one table, shown in docs/verbs.md and walked by a test.

`yes`: allowed. `repeat`: nothing left to do, the answer is that of success. `same`: repeated when it asks for what is,
else refused. Anything else is the code of the refusal (`refusals.SENTENCES`).
"""

from types import MappingProxyType
from typing import Any, Final

from services.tickets import commands as c
from services.tickets.domain.refusals import Clash
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
    c.ReplyTicket: _ALWAYS,
}


def column(ticket: Ticket) -> str:
    """Where the ticket stands in the table."""
    return "merging" if ticket.merging else ticket.state.value


def verdict(ticket: Ticket, wish: object) -> str:
    """What the table says; verbs that no person wishes are judged by themselves."""
    row = VERBS.get(type(wish))
    return row[column(ticket)] if row else "yes"


def refuse(ticket: Ticket, code: str, changed: dict[str, str] | None = None) -> Clash:
    """The refusal with what its sentence needs, and with who was first, when somebody was."""
    more: dict[str, Any] = {"changed": changed} if changed else {}
    if code in ("merged", "already_merging"):
        joint = ticket.merged or ticket.merging
        return Clash(code, number=ticket.number, target=joint.target.number if joint else "", **more)
    if code == "already":
        return Clash(code, number=ticket.number, state=State(ticket.state), **more)
    return Clash(code, number=ticket.number, **more)
