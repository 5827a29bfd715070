"""The facts of a ticket in words: the rows of its history, who did what meanwhile, and what it waits for. Pure.

The words themselves are in `facts`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.portal.facts import ANY_FACT, BECAUSE, CORRECTED, CORRECTED_OF_MAIL, DONE, FACTS, OF_MAIL
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.shapes import JournalRow, View
from services.portal.wording import PRIORITIES, STATES, Look
from shared.events import ArticleKind, PersonRef, State, Waiting

QueueName = Callable[[str], str]


class Told(NamedTuple):
    """A row of the history. `reason`: what the person gave as one."""

    look: Look
    text: str
    reason: str = ""


Data = Mapping[str, Any]
# The words of the first condition that holds.
_Sorts = tuple[tuple[Callable[[JournalRow], object], str], ...]

_TAKEN: _Sorts = ((lambda row: _former(row), _("Taken over by %(owner)s from %(former)s")),)
_HANDED_OVER: _Sorts = ((lambda row: _former(row), _("Handed over from %(former)s to %(owner)s")),)
_RESPONSIBLE: _Sorts = ((lambda row: not row.data.get("responsible"), _("Another person is responsible now")),)
_RESUMED: _Sorts = (
    (
        lambda row: row.data.get("because") == "returned",
        _("On hold no longer: a question came back without an answer, so it did not close by itself"),
    ),
    (
        lambda row: row.data.get("because") == "withdrawn",
        _("On hold no longer: its last question was taken back, so it did not close by itself"),
    ),
    (
        lambda row: row.data.get("because") == "open",
        _("On hold no longer: there is a new or reopened question, so it did not close by itself"),
    ),
    (lambda row: _by_itself(row), _("The day has come: on hold no longer")),
)
_VARIANTS: dict[str, _Sorts] = {
    "ticket.opened.v1": (
        (lambda row: row.data.get("split_from"), _("Opened in the queue %(queue)s, split off ticket %(other)s")),
    ),
    **dict.fromkeys(("ticket.taken.v1", "child.taken.v1"), _TAKEN),
    **dict.fromkeys(("ticket.handed_over.v1", "child.handed_over.v1"), _HANDED_OVER),
    **dict.fromkeys(("ticket.responsible_changed.v1", "child.responsible_changed.v1"), _RESPONSIBLE),
    **dict.fromkeys(("ticket.resumed.v1", "child.resumed.v1"), _RESUMED),
    "ticket.closed.v1": (
        (lambda row: row.data.get("waited"), _("%(outcome)s, now that its questions are answered")),
        (lambda row: _by_itself(row), _("%(outcome)s, because nothing came until the day that was set")),
        (lambda row: row.data.get("answered"), _("%(outcome)s, with the answer")),
        (lambda row: not row.data.get("mail"), _("%(outcome)s, without a word to the user")),
    ),
    "ticket.reopened.v1": ((lambda row: row.data.get("by_reply"), _("Open again: the user wrote")),),
    "ticket.replied.v1": (
        (lambda row: row.data.get("follows_to"), _("The user wrote; it goes on in ticket %(other)s")),
        (lambda row: row.data.get("information"), _("The user sent what was asked for")),
    ),
    "ticket.rated.v1": ((lambda row: row.data.get("helpful") is False, _("The user says: it was not helpful")),),
    "article.retried.v1": ((lambda row: row.data.get("former_to"), CORRECTED),),
    "second_level.requested.v1": (
        (lambda row: row.data.get("rule"), _("The rule %(rule)s asked the second level: %(title)s")),
    ),
    "second_level.answered.v1": (
        (
            lambda row: row.data.get("ending") == "returned",
            _("%(by)s sent question %(other)s back without an answer"),
        ),
    ),
    "second_level.withdrawn.v1": (
        (lambda row: row.data.get("because") == "closed", _("Open questions withdrawn, because the ticket was closed")),
        (lambda row: row.data.get("because") == "merged", _("Open questions withdrawn, because the ticket was merged")),
    ),
    "child.closed.v1": (
        (lambda row: row.data.get("ending") == "returned", _("Sent back without an answer")),
        (
            lambda row: row.data.get("because") in ("closed", "merged"),
            _("Withdrawn: the ticket that asked was closed or merged"),
        ),
        (lambda row: row.data.get("ending") == "withdrawn", _("Withdrawn by who asked")),
    ),
}

# A forward that is held is no letter to the user.
PREPARED, FORWARDED = "article.prepared.v1", "ticket.forwarded.v1"
CHANGED = _("%(name)s changed this ticket")
# Verbs of which "changed the priority" is not enough for somebody who is reading: to what?
SAID_WITH_WHAT = frozenset(
    {
        "handed_over",
        "responsible_changed",
        "moved",
        "prioritized",
        "tagged",
        "watched",
        "unwatched",
        "deferred",
        "closed",
        "linked",
        "unlinked",
        "merge_started",
        "merge_accepted",
        "merge_refused",
        "merge_taken_back",
        "requested",
    }
)


def told(row: JournalRow, tongue: Tongue, queue_name: QueueName) -> Told:
    """One row of the history."""
    look = FACTS.get(row.name, ANY_FACT)
    words = next((words for fits, words in _VARIANTS.get(row.name, ()) if fits(row)), look.words)
    if (kind := _article_kind(row.data)) is not None:
        words = (CORRECTED_OF_MAIL if words == CORRECTED else OF_MAIL.get(row.name, {})).get(kind, words)
    reason = row.data.get("reason")
    text = tongue.say(words, **_values(row, tongue, queue_name))
    return Told(look, text.strip(), reason if isinstance(reason, str) and row.name != "article.refused.v1" else "")


def did(what: str, name: str, tongue: Tongue) -> str:
    """`Marco Ferri ha risposto all’utente`, for the fact `what`."""
    return tongue.say(DONE.get(what, CHANGED), name=name)


def news(row: JournalRow, tongue: Tongue, now: datetime, words: str = "") -> str:
    """The same with its time, for a fact of the history; and with `words`, where the fact alone does not say what."""
    held_forward = row.name == PREPARED and _article_kind(row.data) is ArticleKind.MAIL_FORWARD
    what = FORWARDED if held_forward else row.name
    said = f"{did(what, doer(row).name, tongue)} ({when(row.at, tongue, now)})"
    return f"{said}: {words}" if words and row.name.split(".")[1] in SAID_WITH_WHAT else said


def doer(row: JournalRow) -> PersonRef:
    """Who did it. An answer of the second level becomes a fact here by itself: it was done by who gave it."""
    by = row.data.get("by") if row.name == "second_level.answered.v1" else None
    return PersonRef.model_validate(by) if by else PersonRef(id=row.actor.id, name=row.actor.name)


def waits(waiting: Waiting, tongue: Tongue) -> str:
    """What a ticket on hold waits for, until when, and what happens then."""
    if waiting.closing:
        closes = _("It waits for the answers to its questions; then it closes by itself, as %(name)s decided.")
        return tongue.say(closes, name=waiting.closing.by.name)
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


def closing_reason(ticket: View) -> str:
    """What the user will be told when the ticket closes by itself after the last answer; empty when an answer said it.

    The words stand in the fact that put it on hold; an earlier page may have that.
    """
    closing = ticket.waiting.closing if ticket.waiting else None
    if closing is None or closing.answered:
        return ""
    for row in reversed(ticket.journal):
        waiting, reason = row.data.get("waiting"), row.data.get("reason")
        if isinstance(waiting, Mapping) and waiting.get("closing") and isinstance(reason, str):
            return reason
    article = ticket.article(closing.article.id) if closing.article else None
    return article.text if article else ""


def plan_for_questions(ticket: View, article: str) -> object:
    """What becomes of the open questions when the held mail leaves: `wait`, `withdraw`, or None: nobody said."""
    for row in ticket.journal:
        named, plan = row.data.get("article"), row.data.get("plan")
        if isinstance(named, Mapping) and named.get("id") == article and isinstance(plan, Mapping):
            return plan.get("questions")
    return None


def _values(row: JournalRow, tongue: Tongue, queue_name: QueueName) -> dict[str, str]:
    data: Data = row.data
    waiting = data.get("waiting")
    because, outcome = data.get("because"), data.get("outcome")
    return {
        "name": row.name,
        "queue": queue_name(row.queue),
        "former_queue": queue_name(str(data.get("former_queue", ""))),
        "child_queue": queue_name(str(data.get("child_queue", ""))),
        "owner": row.owner.name if row.owner else "",
        "former": _former(row),
        "responsible": _name(data.get("responsible")),
        "person": _name(data.get("person")),
        "by": doer(row).name,
        "title": str(data.get("title") or ""),
        "rule": str(data.get("rule") or ""),
        "priority": _priority(data.get("priority"), tongue),
        "former_priority": _priority(data.get("former_priority"), tongue),
        "tags": _tags(data),
        "waiting": waits(Waiting.model_validate(waiting), tongue) if waiting else "",
        "to": str(data.get("to") or ""),
        "former_to": str(data.get("former_to") or ""),
        "outcome": tongue.say(STATES[State(outcome)].words) if outcome else "",
        "other": _other(data),
        "because": tongue.say(BECAUSE[because]) if because in BECAUSE else "",
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
    for role in ("other", "target", "source", "split_from", "follows_to", "child"):
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
