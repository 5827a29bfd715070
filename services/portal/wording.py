"""What things are called, and which icon goes with the words: states, articles, mails, priorities. Pure.

The facts of a ticket's history have their words in `history`, refusals in `refused`.
"""

from typing import NamedTuple

from services.portal.i18n import marked as _
from shared.events import ArticleKind, Ending, State


class Look(NamedTuple):
    """Words (a message id), an icon of the sprite, and a tone that the style sheet colours. Never colour alone."""

    words: str
    icon: str
    tone: str


STATES: dict[State, Look] = {
    State.NEW: Look(_("New"), "it-inbox", "new"),
    State.OPEN: Look(_("Open"), "it-folder", "open"),
    State.PENDING: Look(_("Pending"), "it-clock", "waiting"),
    State.CLOSED_SUCCESSFUL: Look(_("Closed successfully"), "it-check-circle", "good"),
    State.CLOSED_UNSUCCESSFUL: Look(_("Closed unsuccessfully"), "it-close-circle", "quiet"),
    State.MERGED: Look(_("Merged"), "it-link", "quiet"),
}

# For the person who asked: no jargon, nothing of our inner life.
PROGRESS: dict[State, Look] = {
    State.NEW: Look(_("Received"), "it-inbox", "new"),
    State.OPEN: Look(_("Taken in charge"), "it-user", "open"),
    State.PENDING: Look(_("Waiting for you"), "it-clock", "waiting"),
    State.CLOSED_SUCCESSFUL: Look(_("Concluded"), "it-check-circle", "good"),
    State.CLOSED_UNSUCCESSFUL: Look(_("Closed without a solution"), "it-close-circle", "quiet"),
    State.MERGED: Look(_("Joined to another request of yours"), "it-link", "quiet"),
}

ARTICLES: dict[ArticleKind, Look] = {
    ArticleKind.REQUEST: Look(_("Request"), "it-comment", "person"),
    ArticleKind.MAIL_RECEIPT: Look(_("E-mail: request received"), "it-mail", "mail"),
    ArticleKind.MAIL_TAKEN: Look(_("E-mail: taken in charge"), "it-mail", "mail"),
    ArticleKind.MAIL_INFORMATION_REQUEST: Look(_("E-mail: request for information"), "it-mail", "mail"),
    ArticleKind.MAIL_ANSWER: Look(_("E-mail: answer"), "it-mail", "mail"),
    ArticleKind.MAIL_CLOSED: Look(_("E-mail: request closed"), "it-mail", "mail"),
    ArticleKind.MAIL_REOPENED: Look(_("E-mail: request reopened"), "it-mail", "mail"),
    ArticleKind.MAIL_REMINDER: Look(_("E-mail: reminder"), "it-mail", "mail"),
    ArticleKind.MAIL_LINK: Look(_("E-mail: new link"), "it-link", "mail"),
    ArticleKind.MAIL_FORWARD: Look(_("E-mail: forwarded to a third party"), "it-share", "mail"),
    ArticleKind.REQUESTER_REPLY: Look(_("Reply of the requester"), "it-comment", "person"),
    ArticleKind.NOTE: Look(_("Internal note"), "it-note", "note"),
    ArticleKind.CHILD_OPENED: Look(_("Question to the second level"), "it-exchange-circle", "note"),
    ArticleKind.CHILD_ANSWER: Look(_("Answer of the second level"), "it-exchange-circle", "note"),
    ArticleKind.SYSTEM: Look(_("Automatic note"), "it-settings", "note"),
}
# The same rows, as the requester knows them.
LETTERS: dict[ArticleKind, Look] = {
    ArticleKind.REQUEST: Look(_("Your request"), "it-comment", "person"),
    ArticleKind.MAIL_RECEIPT: Look(_("We received your request"), "it-mail", "mail"),
    ArticleKind.MAIL_TAKEN: Look(_("Your request was taken in charge"), "it-mail", "mail"),
    ArticleKind.MAIL_INFORMATION_REQUEST: Look(_("We need something from you"), "it-mail", "mail"),
    ArticleKind.MAIL_ANSWER: Look(_("Our answer"), "it-mail", "mail"),
    ArticleKind.MAIL_CLOSED: Look(_("Your request was closed"), "it-mail", "mail"),
    ArticleKind.MAIL_REOPENED: Look(_("Your request is open again"), "it-mail", "mail"),
    ArticleKind.MAIL_REMINDER: Look(_("We are still waiting for you"), "it-mail", "mail"),
    ArticleKind.MAIL_LINK: Look(_("We sent you a new link"), "it-link", "mail"),
    ArticleKind.REQUESTER_REPLY: Look(_("Your reply"), "it-comment", "person"),
}

DELIVERIES: dict[str, Look] = {
    "held": Look(_("Not left yet"), "it-clock", "waiting"),
    "stopped": Look(_("Stopped"), "it-warning-circle", "bad"),
    "withdrawn": Look(_("Undone"), "it-restore", "quiet"),
    "waiting": Look(_("Waiting to be sent"), "it-clock", "waiting"),
    "sent": Look(_("Sent"), "it-check", "good"),
    "refused": Look(_("Refused"), "it-error", "bad"),
}
# What never reached the user, whatever its kind.
NOT_LEFT = frozenset({"held", "stopped", "withdrawn"})

# Mails whose words an operator writes, each with the form it is written in.
WRITTEN: dict[ArticleKind, str] = {
    ArticleKind.MAIL_ANSWER: "answers",
    ArticleKind.MAIL_INFORMATION_REQUEST: "information-requests",
    ArticleKind.MAIL_FORWARD: "forwards",
    ArticleKind.MAIL_CLOSED: "close",
}

# Types of files of which a preview can be drawn.
SEEN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"})

PRIORITIES: dict[int, Look] = {
    1: Look(_("Very low"), "it-arrow-down-triangle", "quiet"),
    2: Look(_("Low"), "it-arrow-down-triangle", "quiet"),
    3: Look(_("Normal"), "it-minus", "quiet"),
    4: Look(_("High"), "it-arrow-up-triangle", "waiting"),
    5: Look(_("Very high"), "it-flag", "bad"),
}

# How a question to the second level ended.
ENDINGS: dict[Ending, Look] = {
    "answered": Look(_("Answered"), "it-check-circle", "good"),
    "returned": Look(_("Sent back"), "it-arrow-left-circle", "waiting"),
    "withdrawn": Look(_("Withdrawn"), "it-ban", "quiet"),
}
OPENING = Look(_("It is being opened …"), "it-clock", "quiet")
QUESTION = Look(_("Question"), "it-help-circle", "note")
OVERDUE = Look(_("Overdue"), "it-warning", "bad")

# How a linked ticket stands to this one.
RELATIONS: dict[str, str] = {
    "related": _("linked"),
    "split_from": _("this one was split off it"),
    "split_to": _("split off this one"),
}
