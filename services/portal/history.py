"""The facts of a ticket in words: the rows of its history, who did what meanwhile, and what it waits for. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.shapes import JournalRow
from services.portal.wording import MAILS, PRIORITIES, STATES, Look
from shared.events import ArticleKind, State, Waiting

QueueName = Callable[[str], str]


class Told(NamedTuple):
    """A row of the history. `reason`: what the person gave as one."""

    look: Look
    text: str
    reason: str = ""


# By the fact's name; where a fact comes in several sorts, `_VARIANTS` has the others.
FACTS: dict[str, Look] = {
    "ticket.opened.v1": Look(_("Ticket opened in the queue %(queue)s"), "it-inbox", "new"),
    "ticket.taken.v1": Look(_("Taken in charge by %(owner)s"), "it-user", "open"),
    "ticket.released.v1": Look(_("Given back to the queue; %(former)s held it"), "it-unlocked", "quiet"),
    "ticket.handed_over.v1": Look(_("Handed over to %(owner)s"), "it-user", "open"),
    "ticket.responsible_changed.v1": Look(_("%(responsible)s is responsible now"), "it-user", "quiet"),
    "ticket.moved.v1": Look(_("Moved from %(former_queue)s to %(queue)s"), "it-exchange-circle", "quiet"),
    "ticket.prioritized.v1": Look(_("Priority: %(priority)s (was %(former_priority)s)"), "it-flag", "quiet"),
    "ticket.tagged.v1": Look(_("Tags: %(tags)s"), "it-bookmark", "quiet"),
    "ticket.noted.v1": Look(_("Internal note"), "it-note", "note"),
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
    "article.prepared.v1": Look(_("Written, leaves shortly: %(mail)s"), "it-clock", "waiting"),
    "article.stopped.v1": Look(_("Did not leave, because something changed meanwhile: %(mail)s"), "it-ban", "bad"),
    "article.withdrawn.v1": Look(_("Undone before it left: %(mail)s"), "it-restore", "quiet"),
    "article.delivered.v1": Look(_("E-mail sent: %(mail)s"), "it-mail", "mail"),
    "article.refused.v1": Look(_("E-mail refused: %(mail)s. %(detail)s"), "it-error", "bad"),
    "article.retried.v1": Look(_("E-mail sent again: %(mail)s"), "it-mail", "mail"),
}
ANY_FACT = Look(_("%(name)s"), "it-info-circle", "quiet")

Data = Mapping[str, Any]

_VARIANTS: dict[str, tuple[tuple[Callable[[JournalRow], object], str], ...]] = {
    "ticket.opened.v1": (
        (lambda row: row.data.get("split_from"), _("Opened in the queue %(queue)s, split off ticket %(other)s")),
    ),
    "ticket.taken.v1": ((lambda row: _former(row), _("Taken over by %(owner)s from %(former)s")),),
    "ticket.handed_over.v1": ((lambda row: _former(row), _("Handed over from %(former)s to %(owner)s")),),
    "ticket.responsible_changed.v1": (
        (lambda row: not row.data.get("responsible"), _("Another person is responsible now")),
    ),
    "ticket.resumed.v1": ((lambda row: _by_itself(row), _("The day has come: on hold no longer")),),
    "ticket.closed.v1": (
        (lambda row: _by_itself(row), _("%(outcome)s, because nothing came until the day that was set")),
        (lambda row: row.data.get("answered"), _("%(outcome)s, with the answer")),
        (lambda row: not row.data.get("mail"), _("%(outcome)s, without a word to the user")),
    ),
    "ticket.reopened.v1": ((lambda row: row.data.get("by_reply"), _("Open again: the user wrote")),),
    "ticket.replied.v1": (
        (lambda row: row.data.get("follows_to"), _("The user wrote; it goes on in ticket %(other)s")),
        (lambda row: row.data.get("information"), _("The user sent what was asked for")),
    ),
    "article.retried.v1": (
        (
            lambda row: row.data.get("former_to"),
            _("Address corrected from %(former_to)s to %(to)s. Sent again: %(mail)s"),
        ),
    ),
}

# Why one ticket could not become part of another.
BECAUSE: dict[str, str] = {
    "merging": _("it was being merged itself"),
    "merged": _("it is part of another ticket"),
    "closed": _("it is closed"),
    "requester": _("it is another person's"),
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
}
# A forward that is held is no letter to the user.
PREPARED, FORWARDED = "article.prepared.v1", "ticket.forwarded.v1"
CHANGED = _("%(name)s changed this ticket")


def told(row: JournalRow, tongue: Tongue, queue_name: QueueName) -> Told:
    """One row of the history."""
    look = FACTS.get(row.name, ANY_FACT)
    words = next((words for fits, words in _VARIANTS.get(row.name, ()) if fits(row)), look.words)
    reason = row.data.get("reason")
    text = tongue.say(words, **_values(row, tongue, queue_name))
    return Told(look, text.strip(), reason if isinstance(reason, str) and row.name != "article.refused.v1" else "")


def did(what: str, name: str, tongue: Tongue) -> str:
    """`Marco Ferri ha risposto all’utente`, for the fact `what`."""
    return tongue.say(DONE.get(what, CHANGED), name=name)


def news(row: JournalRow, tongue: Tongue, now: datetime) -> str:
    """The same with its time, for a fact of the history."""
    held_forward = row.name == PREPARED and _article_kind(row.data) is ArticleKind.MAIL_FORWARD
    what = FORWARDED if held_forward else row.name
    return f"{did(what, row.actor.name, tongue)} ({when(row.at, tongue, now)})"


def waits(waiting: Waiting, tongue: Tongue) -> str:
    """What a ticket on hold waits for, until when, and what happens then."""
    if waiting.until is None:
        return tongue.say(_("It waits for the user."))
    whom = _("It waits for the user until %(day)s;") if waiting.for_user else _("It waits until %(day)s;")
    if waiting.then == "close":
        closing = _("then it closes successfully.")
        then = closing if waiting.outcome is State.CLOSED_SUCCESSFUL else _("then it closes unsuccessfully.")
    elif waiting.for_user and not waiting.reminded:
        then = _("then the user is reminded.")
    else:
        then = _("then it is open again.")
    return f"{tongue.say(whom, day=tongue.day(waiting.until))} {tongue.say(then)}"


def _values(row: JournalRow, tongue: Tongue, queue_name: QueueName) -> dict[str, str]:
    data: Data = row.data
    waiting, kind = data.get("waiting"), _article_kind(data)
    because, outcome = data.get("because"), data.get("outcome")
    return {
        "name": row.name,
        "queue": queue_name(row.queue),
        "former_queue": queue_name(str(data.get("former_queue", ""))),
        "child_queue": queue_name(str(data.get("child_queue", ""))),
        "owner": row.owner.name if row.owner else "",
        "former": _former(row),
        "responsible": _name(data.get("responsible")),
        "priority": _priority(data.get("priority"), tongue),
        "former_priority": _priority(data.get("former_priority"), tongue),
        "tags": _tags(data),
        "waiting": waits(Waiting.model_validate(waiting), tongue) if waiting else "",
        "to": str(data.get("to") or ""),
        "former_to": str(data.get("former_to") or ""),
        "outcome": tongue.say(STATES[State(outcome)].words) if outcome else "",
        "other": _other(data),
        "because": tongue.say(BECAUSE[because]) if because in BECAUSE else "",
        "mail": tongue.say(MAILS[kind]) if kind in MAILS else "",
        "detail": row.detail or str(data.get("reason") or ""),
    }


def _former(row: JournalRow) -> str:
    return row.former_owner.name if row.former_owner else _name(row.data.get("former_owner"))


def _by_itself(row: JournalRow) -> bool:
    return row.actor.kind == "system"


def _name(person: object) -> str:
    return str(person.get("name", "")) if isinstance(person, Mapping) else ""


def _priority(value: object, tongue: Tongue) -> str:
    return tongue.say(PRIORITIES[value].words) if isinstance(value, int) and value in PRIORITIES else ""


def _tags(data: Data) -> str:
    added = [f"+{tag}" for tag in data.get("added") or ()]
    return ", ".join([*added, *(f"\u2212{tag}" for tag in data.get("removed") or ())])


def _other(data: Data) -> str:
    for role in ("other", "target", "source", "split_from", "follows_to"):
        if isinstance(found := data.get(role), Mapping):
            return str(found.get("number", ""))
    return ""


def _article_kind(data: Data) -> ArticleKind | None:
    article = data.get("article")
    return ArticleKind(article["kind"]) if isinstance(article, Mapping) and "kind" in article else None


def when(at: datetime, tongue: Tongue, now: datetime) -> str:
    """`alle 18:42`, or the whole date when that was not today."""
    short = tongue.short_moment(at, now)
    return tongue.say(_("at %(time)s"), time=short) if short == tongue.clock(at) else short
