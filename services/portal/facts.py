"""The words of every fact: what the history says of it, and what a colleague is told who was overtaken by it. Pure."""

from services.portal.i18n import marked as _
from services.portal.wording import Look
from shared.events import ArticleKind

# By the fact's name; where a fact comes in several sorts, `history` has the others.
FACTS: dict[str, Look] = {
    "ticket.opened.v1": Look(_("Ticket opened in the queue %(queue)s"), "it-inbox", "new"),
    "ticket.taken.v1": Look(_("Taken in charge by %(owner)s"), "it-user", "open"),
    "ticket.released.v1": Look(_("Given back to the queue; %(former)s held it"), "it-unlocked", "quiet"),
    "ticket.handed_over.v1": Look(_("Handed over to %(owner)s"), "it-user", "open"),
    "ticket.responsible_changed.v1": Look(_("%(responsible)s is responsible now"), "it-user", "quiet"),
    "ticket.moved.v1": Look(_("Moved from %(former_queue)s to %(queue)s"), "it-exchange-circle", "quiet"),
    "ticket.prioritized.v1": Look(_("Priority: %(priority)s (was %(former_priority)s)"), "it-flag", "quiet"),
    "ticket.tagged.v1": Look(_("Tags: %(tags)s"), "it-bookmark", "quiet"),
    "ticket.noted.v1": Look(_("Internal note saved"), "it-note", "note"),
    "ticket.watched.v1": Look(_("%(person)s watches it from now on"), "it-password-visible", "quiet"),
    "ticket.unwatched.v1": Look(_("%(person)s watches it no longer"), "it-password-invisible", "quiet"),
    "ticket.deferred.v1": Look(_("On hold. %(waiting)s"), "it-clock", "waiting"),
    "ticket.resumed.v1": Look(_("On hold no longer"), "it-folder", "open"),
    "ticket.reminded.v1": Look(_("The user was reminded that we wait for an answer"), "it-horn", "mail"),
    "ticket.answered.v1": Look(_("The user was answered"), "it-mail", "mail"),
    "ticket.information_requested.v1": Look(_("The user was asked for information. %(waiting)s"), "it-help", "mail"),
    "ticket.forwarded.v1": Look(_("Forwarded to %(to)s"), "it-share", "mail"),
    "ticket.closed.v1": Look(_("%(outcome)s"), "it-check-circle", "good"),
    "ticket.reopened.v1": Look(_("Open again"), "it-restore", "open"),
    "ticket.replied.v1": Look(_("The user wrote"), "it-comment", "person"),
    "ticket.reply_followed.v1": Look(_("The user wrote to ticket %(other)s, part of this one"), "it-comment", "person"),
    "ticket.thanked.v1": Look(_("The user says thanks"), "it-star-full", "person"),
    "ticket.rated.v1": Look(_("The user says: it was helpful"), "it-check-circle", "person"),
    "ticket.follow_links_ended.v1": Look(
        _("All links to this request that were mailed were ended"), "it-link", "quiet"
    ),
    "ticket.follow_link_requested.v1": Look(_("The user asked for a new link"), "it-link", "mail"),
    "ticket.linked.v1": Look(_("Linked to ticket %(other)s"), "it-link", "quiet"),
    "ticket.unlinked.v1": Look(_("Linked to ticket %(other)s no longer"), "it-link", "quiet"),
    "ticket.split.v1": Look(_("A part became a ticket of its own, in the queue %(child_queue)s"), "it-copy", "quiet"),
    "ticket.merge_started.v1": Look(_("Merging into ticket %(other)s"), "it-link", "quiet"),
    "ticket.merge_accepted.v1": Look(_("Ticket %(other)s is part of this one now"), "it-link", "quiet"),
    "ticket.merge_refused.v1": Look(
        _("Ticket %(other)s could not become part of this one: %(because)s"), "it-error", "bad"
    ),
    "ticket.merged.v1": Look(_("Part of ticket %(other)s now"), "it-link", "quiet"),
    "ticket.merge_taken_back.v1": Look(_("Not merged into ticket %(other)s: %(because)s"), "it-error", "bad"),
    "ticket.unmerged.v1": Look(_("A ticket of its own again, no part of ticket %(other)s"), "it-restore", "quiet"),
    "ticket.merge_released.v1": Look(_("Ticket %(other)s is no part of this one any more"), "it-restore", "quiet"),
    "article.prepared.v1": Look(_("The e-mail is written and leaves shortly"), "it-clock", "waiting"),
    "article.stopped.v1": Look(_("The e-mail did not leave, because something changed meanwhile"), "it-ban", "bad"),
    "article.withdrawn.v1": Look(_("The e-mail was undone before it left"), "it-restore", "quiet"),
    "article.delivered.v1": Look(_("The e-mail was sent"), "it-mail", "mail"),
    "article.refused.v1": Look(_("The mail server of the address refused the e-mail. %(detail)s"), "it-error", "bad"),
    "article.retried.v1": Look(_("The e-mail was sent again"), "it-mail", "mail"),
    "second_level.requested.v1": Look(_("Asked the second level: %(title)s"), "it-exchange-circle", "note"),
    "second_level.answered.v1": Look(_("%(by)s answered question %(other)s"), "it-exchange-circle", "good"),
    "second_level.reopened.v1": Look(_("Question %(other)s is open again"), "it-restore", "open"),
    "second_level.withdrawn.v1": Look(_("Question to the second level withdrawn"), "it-ban", "quiet"),
    "second_level.overdue.v1": Look(_("Question %(other)s is overdue: no answer came in time"), "it-warning", "bad"),
    "child.opened.v1": Look(_("Question opened in the queue %(queue)s"), "it-inbox", "new"),
    "child.overdue.v1": Look(_("Overdue: no answer came in time"), "it-warning", "bad"),
    "child.closed.v1": Look(_("Answered"), "it-check-circle", "good"),
}
# What a question to the second level shares with a ticket is told in the same words.
SHARED = (
    "taken",
    "released",
    "handed_over",
    "responsible_changed",
    "moved",
    "prioritized",
    "tagged",
    "noted",
    "watched",
    "unwatched",
    "deferred",
    "resumed",
    "reopened",
)
FACTS.update({f"child.{verb}.v1": FACTS[f"ticket.{verb}.v1"] for verb in SHARED})
ANY_FACT = Look(_("%(name)s"), "it-info-circle", "quiet")

# What became of a mail, by its kind: one sentence each, for in Italian the verb goes with it.
OF_MAIL: dict[str, dict[ArticleKind, str]] = {
    "article.prepared.v1": {
        ArticleKind.MAIL_ANSWER: _("The answer is written and leaves shortly"),
        ArticleKind.MAIL_INFORMATION_REQUEST: _("The request for information is written and leaves shortly"),
        ArticleKind.MAIL_CLOSED: _("The e-mail that closes the ticket is written and leaves shortly"),
        ArticleKind.MAIL_FORWARD: _("The forward to a third party is written and leaves shortly"),
    },
    "article.stopped.v1": {
        ArticleKind.MAIL_ANSWER: _("The answer did not leave, because something changed meanwhile"),
        ArticleKind.MAIL_INFORMATION_REQUEST: _(
            "The request for information did not leave, because something changed meanwhile"
        ),
        ArticleKind.MAIL_CLOSED: _(
            "The e-mail that closes the ticket did not leave, because something changed meanwhile"
        ),
        ArticleKind.MAIL_FORWARD: _("The forward to a third party did not leave, because something changed meanwhile"),
    },
    "article.withdrawn.v1": {
        ArticleKind.MAIL_ANSWER: _("The answer was undone before it left"),
        ArticleKind.MAIL_INFORMATION_REQUEST: _("The request for information was undone before it left"),
        ArticleKind.MAIL_CLOSED: _("The e-mail that closes the ticket was undone before it left"),
        ArticleKind.MAIL_FORWARD: _("The forward to a third party was undone before it left"),
    },
    "article.delivered.v1": {
        ArticleKind.MAIL_RECEIPT: _("The receipt was sent"),
        ArticleKind.MAIL_TAKEN: _("The notice that it was taken in charge was sent"),
        ArticleKind.MAIL_INFORMATION_REQUEST: _("The request for information was sent"),
        ArticleKind.MAIL_ANSWER: _("The answer was sent"),
        ArticleKind.MAIL_CLOSED: _("The e-mail that closes the ticket was sent"),
        ArticleKind.MAIL_REOPENED: _("The notice that it is open again was sent"),
        ArticleKind.MAIL_REMINDER: _("The reminder was sent"),
        ArticleKind.MAIL_LINK: _("The new link was sent"),
        ArticleKind.MAIL_FORWARD: _("The forward to a third party was sent"),
    },
    "article.refused.v1": {
        ArticleKind.MAIL_RECEIPT: _("The mail server of the address refused the receipt. %(detail)s"),
        ArticleKind.MAIL_TAKEN: _(
            "The mail server of the address refused the notice that it was taken in charge. %(detail)s"
        ),
        ArticleKind.MAIL_INFORMATION_REQUEST: _(
            "The mail server of the address refused the request for information. %(detail)s"
        ),
        ArticleKind.MAIL_ANSWER: _("The mail server of the address refused the answer. %(detail)s"),
        ArticleKind.MAIL_CLOSED: _(
            "The mail server of the address refused the e-mail that closes the ticket. %(detail)s"
        ),
        ArticleKind.MAIL_REOPENED: _(
            "The mail server of the address refused the notice that it is open again. %(detail)s"
        ),
        ArticleKind.MAIL_REMINDER: _("The mail server of the address refused the reminder. %(detail)s"),
        ArticleKind.MAIL_LINK: _("The mail server of the address refused the new link. %(detail)s"),
        ArticleKind.MAIL_FORWARD: _("The mail server of the address refused the forward to a third party. %(detail)s"),
    },
    "article.retried.v1": {
        ArticleKind.MAIL_RECEIPT: _("The receipt was sent again"),
        ArticleKind.MAIL_TAKEN: _("The notice that it was taken in charge was sent again"),
        ArticleKind.MAIL_INFORMATION_REQUEST: _("The request for information was sent again"),
        ArticleKind.MAIL_ANSWER: _("The answer was sent again"),
        ArticleKind.MAIL_CLOSED: _("The e-mail that closes the ticket was sent again"),
        ArticleKind.MAIL_REOPENED: _("The notice that it is open again was sent again"),
        ArticleKind.MAIL_REMINDER: _("The reminder was sent again"),
        ArticleKind.MAIL_LINK: _("The new link was sent again"),
        ArticleKind.MAIL_FORWARD: _("The forward to a third party was sent again"),
    },
}
# A mail that was sent again to another address than before.
CORRECTED = _("Address corrected from %(former_to)s to %(to)s. The e-mail was sent again")
CORRECTED_OF_MAIL: dict[ArticleKind, str] = {
    ArticleKind.MAIL_RECEIPT: _("Address corrected from %(former_to)s to %(to)s. The receipt was sent again"),
    ArticleKind.MAIL_TAKEN: _(
        "Address corrected from %(former_to)s to %(to)s. The notice that it was taken in charge was sent again"
    ),
    ArticleKind.MAIL_INFORMATION_REQUEST: _(
        "Address corrected from %(former_to)s to %(to)s. The request for information was sent again"
    ),
    ArticleKind.MAIL_ANSWER: _("Address corrected from %(former_to)s to %(to)s. The answer was sent again"),
    ArticleKind.MAIL_CLOSED: _(
        "Address corrected from %(former_to)s to %(to)s. The e-mail that closes the ticket was sent again"
    ),
    ArticleKind.MAIL_REOPENED: _(
        "Address corrected from %(former_to)s to %(to)s. The notice that it is open again was sent again"
    ),
    ArticleKind.MAIL_REMINDER: _("Address corrected from %(former_to)s to %(to)s. The reminder was sent again"),
    ArticleKind.MAIL_LINK: _("Address corrected from %(former_to)s to %(to)s. The new link was sent again"),
    ArticleKind.MAIL_FORWARD: _(
        "Address corrected from %(former_to)s to %(to)s. The forward to a third party was sent again"
    ),
}

# Why one ticket could not become part of another.
BECAUSE: dict[str, str] = {
    "merging": _("it was being merged itself"),
    "merged": _("it is part of another ticket"),
    "closed": _("it is closed"),
    "requester": _("it is another person’s"),
    "crossing": _("the other one became part of this one"),
}

# Who did what: what a colleague is told whose page, wish or mail was overtaken.
DONE: dict[str, str] = {
    "ticket.opened.v1": _("%(name)s opened this ticket"),
    "ticket.taken.v1": _("%(name)s took this ticket in charge"),
    "ticket.released.v1": _("%(name)s gave this ticket back to the queue"),
    "ticket.handed_over.v1": _("%(name)s handed this ticket over"),
    "ticket.responsible_changed.v1": _("%(name)s changed who is responsible"),
    "ticket.moved.v1": _("%(name)s moved this ticket to another queue"),
    "ticket.prioritized.v1": _("%(name)s changed the priority"),
    "ticket.tagged.v1": _("%(name)s changed the tags"),
    "ticket.noted.v1": _("%(name)s wrote an internal note"),
    "ticket.watched.v1": _("%(name)s changed who watches this ticket"),
    "ticket.unwatched.v1": _("%(name)s changed who watches this ticket"),
    "ticket.deferred.v1": _("%(name)s put this ticket on hold"),
    "ticket.resumed.v1": _("%(name)s took this ticket off hold"),
    "ticket.reminded.v1": _("%(name)s reminded the user"),
    "ticket.answered.v1": _("%(name)s answered the user"),
    "ticket.information_requested.v1": _("%(name)s asked the user for information"),
    "ticket.forwarded.v1": _("%(name)s forwarded this ticket"),
    "ticket.closed.v1": _("%(name)s closed this ticket"),
    "ticket.reopened.v1": _("%(name)s opened this ticket again"),
    "ticket.replied.v1": _("%(name)s wrote again"),
    "ticket.reply_followed.v1": _("%(name)s wrote again"),
    "ticket.thanked.v1": _("%(name)s said thanks"),
    "ticket.rated.v1": _("%(name)s said whether it was helpful"),
    "ticket.follow_links_ended.v1": _("%(name)s ended the links that were mailed"),
    "ticket.follow_link_requested.v1": _("%(name)s asked for a new link"),
    "ticket.linked.v1": _("%(name)s linked another ticket"),
    "ticket.unlinked.v1": _("%(name)s took a link off"),
    "ticket.split.v1": _("%(name)s made a part of this ticket a ticket of its own"),
    "ticket.merge_started.v1": _("%(name)s is merging this ticket into another"),
    "ticket.merge_accepted.v1": _("%(name)s merged another ticket into this one"),
    "ticket.merge_refused.v1": _("%(name)s could not merge another ticket into this one"),
    "ticket.merged.v1": _("%(name)s merged this ticket into another"),
    "ticket.merge_taken_back.v1": _("%(name)s could not merge this ticket into another"),
    "ticket.unmerged.v1": _("%(name)s made this a ticket of its own again"),
    "ticket.merge_released.v1": _("%(name)s took a ticket out of this one again"),
    "article.prepared.v1": _("%(name)s wrote to the user"),
    "article.stopped.v1": _("%(name)s stopped an e-mail"),
    "article.withdrawn.v1": _("%(name)s undid an e-mail before it left"),
    "article.delivered.v1": _("%(name)s sent an e-mail"),
    "article.refused.v1": _("%(name)s reports that an e-mail was refused"),
    "article.retried.v1": _("%(name)s sent an e-mail again"),
    "second_level.requested.v1": _("%(name)s asked the second level"),
    "second_level.answered.v1": _("%(name)s ended a question to the second level"),
    "second_level.reopened.v1": _("%(name)s opened a question again"),
    "second_level.withdrawn.v1": _("%(name)s withdrew a question to the second level"),
    "second_level.overdue.v1": _("%(name)s reports that a question is overdue"),
    "child.opened.v1": _("%(name)s asked this question"),
    "child.overdue.v1": _("%(name)s reports that this question is overdue"),
    "child.closed.v1": _("%(name)s ended this question"),
}
DONE.update({f"child.{verb}.v1": DONE[f"ticket.{verb}.v1"] for verb in SHARED})
