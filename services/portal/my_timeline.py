"""How a request went on, in the words of who asked: steps and messages in one order, and what happens next. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from services.portal.i18n import marked as _
from services.portal.rows import Row
from services.portal.shapes import Step, View
from services.portal.wording import LETTERS, Look
from shared.events import ArticleKind, State

OPEN: Final = (State.NEW, State.OPEN, State.PENDING)
CLOSED: Final = (State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL)
OVER: Final = (*CLOSED, State.MERGED)

# `%(queue)s`: the office.
STEPS: Final[Mapping[str, Look]] = {
    "received": Look(_("Received by %(queue)s"), "it-inbox", "person"),
    "taken": Look(_("Taken in charge by %(queue)s"), "it-user", "mail"),
    "moved": Look(_("Passed to another office: %(queue)s"), "it-exchange-circle", "mail"),
    "waiting": Look(_("Waiting for you"), "it-clock", "waiting"),
    "asked": Look(_("Waiting for you: we asked you for something"), "it-help-circle", "waiting"),
    "reminded": Look(_("We reminded you of our question"), "it-clock", "waiting"),
    "answered": Look(_("Our answer"), "it-mail", "mail"),
    "closed_successful": Look(_("Concluded"), "it-check-circle", "mail"),
    "closed_unsuccessful": Look(_("Closed without a solution"), "it-close-circle", "mail"),
    "reopened": Look(_("Your request is open again"), "it-restore", "mail"),
    "merged": Look(_("Joined to another request of yours"), "it-link", "mail"),
    "unmerged": Look(_("A request of its own again"), "it-restore", "mail"),
    "thanked": Look(_("You said thanks"), "it-star-full", "person"),
    "rated": Look(_("You said that it was helpful"), "it-check-circle", "person"),
    "rated_no": Look(_("You said that it was not helpful"), "it-close-circle", "person"),
    "links_ended": Look(_("The links that we had mailed were ended"), "it-link", "person"),
    "link_mailed": Look(_("We sent you a new link"), "it-link", "mail"),
}
# What happens next, in one sentence.
NEXT: Final[Mapping[str, str]] = {
    State.NEW: _("Somebody at the office will read it and take it in charge. We write to you: there is nothing to do."),
    State.OPEN: _("We are working on it. The answer comes by e-mail, and you find it here too."),
    "answered": _(
        "We have answered you: read it below. The request is still open: if something is not clear, write to us."
    ),
    State.PENDING: _("It is your turn: answer what we asked you, and we go on."),
    State.CLOSED_SUCCESSFUL: _("There is nothing else to do. If something is not right, you can open it again below."),
    State.CLOSED_UNSUCCESSFUL: _("If you have something to add, you can open it again below."),
    State.MERGED: _("You had written about the same thing before: everything goes on in that request."),
}


class Entry(NamedTuple):
    """A line of the timeline. `row`: the message that came with it."""

    at: datetime
    look: Look
    queue: str
    row: Row | None = None
    helpful: bool | None = None


def timeline(ticket: View, rows: Sequence[Row]) -> list[Entry]:
    """Each step with its message, and the messages that are no step of their own; a step without words is not told."""
    messages = {row.article.id: row for row in rows}
    found: list[Entry] = []
    for step in ticket.steps:
        row = messages.pop(step.article or "", None)
        look = _look(step)
        if look or row:
            found.append(Entry(step.at, look or LETTERS[row.article.kind], step.queue, row))  # type: ignore[union-attr]
    found += [Entry(row.article.at, LETTERS[row.article.kind], ticket.queue, row) for row in messages.values()]
    return sorted(found, key=lambda entry: entry.at)


def stage(ticket: View, entries: Sequence[Entry]) -> str:
    """The state, or `answered`: open still, and the last word is ours."""
    said = [entry.row.article.kind for entry in entries if entry.row]
    last = [kind for kind in said if kind in (ArticleKind.MAIL_ANSWER, ArticleKind.REQUESTER_REPLY)][-1:]
    return "answered" if ticket.state is State.OPEN and last == [ArticleKind.MAIL_ANSWER] else ticket.state


def _look(step: Step) -> Look | None:
    return STEPS.get("rated_no" if step.helpful is False else step.what)
