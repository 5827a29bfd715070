"""The ticket: pure. `decide` turns a command into facts or refuses it, `apply` turns a fact into the next ticket.

ticket    the root               states     verbs x states       hands    owner, queue, tags, notes
saying    one command's facts    conflicts  verbs x later facts  mails    written mails: held, left, refused
effects   apply                  refusals   codes and sentences  waiting  pending, reopened, timers
decide    the one entrance       opening    how it begins        replies  the user writes
                                         waking   a closed one   joining  merge, link, split
"""

from services.tickets.domain.decide import decide
from services.tickets.domain.effects import apply, apply_all
from services.tickets.domain.opening import open_ticket, request_article_id
from services.tickets.domain.ticket import CLOSED, Held, Ticket

__all__ = ["CLOSED", "Held", "Ticket", "apply", "apply_all", "decide", "open_ticket", "request_article_id"]
