"""Tickets and questions: pure. `decide` turns a command into facts or refuses it, `apply` turns a fact into the next
root.

root      what both have         states     verbs x states       hands      owner, queue, watchers, tags, notes
ticket    a user's ticket        conflicts  verbs x later facts  mails      written mails: held, left, refused
child     a question             refusals   codes and sentences  questions  asked, answered, taken back
saying    one command's facts    opening    how it begins        waiting    pending, reopened, timers
effects   apply                  waking     a closed one         replies    the user writes
decide    the one entrance          requester  thanks, rates, links   joining    merge, link, split
"""

from services.tickets.domain.child import Child
from services.tickets.domain.decide import decide
from services.tickets.domain.effects import apply, apply_all
from services.tickets.domain.opening import open_ticket, question_article_id, request_article_id
from services.tickets.domain.root import CLOSED, Root
from services.tickets.domain.ticket import Held, Ticket

__all__ = [
    "CLOSED",
    "Child",
    "Held",
    "Root",
    "Ticket",
    "apply",
    "apply_all",
    "decide",
    "open_ticket",
    "question_article_id",
    "request_article_id",
]
