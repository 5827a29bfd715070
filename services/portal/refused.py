"""A wish that was refused, in the reader's words: who did what and when, or what doesn't fit and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.portal.history import FORWARDED, PREPARED, QueueName, did, when
from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.uploads import CONTROL
from services.portal.wording import STATES
from shared.errors import BadInput, DependencyDown, SportelloError, TooLarge
from shared.events import State

# By the code that `tickets` gives; the names in them come with the refusal.
CODES: dict[str, str] = {
    "closed": _("This ticket is closed: reopen it first."),
    "merged": _("This ticket is part of ticket %(target)s: act there, or unmerge it first."),
    "merging": _("This ticket is being merged just now: try again in a moment."),
    "not_merged": _("This ticket is not part of another one."),
    "not_closed": _("This ticket is not closed."),
    "rating_over": _("This request was closed too long ago to be rated."),
    "not_pending": _("This ticket is not on hold."),
    "already": _("This ticket is already %(state)s: to close it the other way, reopen it first."),
    "already_merging": _("This ticket is already on its way into ticket %(target)s."),
    "not_held": _("This e-mail does not wait any more: it has left, or it was undone."),
    "not_refused": _("This e-mail was not refused: there is nothing to send again."),
    "mail_held": _("A written e-mail waits to leave: undo it, or wait until it is gone."),
    "information_over": _("This question was answered already, or asked again in another way."),
    "unknown_queue": _("This queue does not exist any more: choose one of the list."),
    "second_level": _("The queue %(queue)s answers other queues and never meets the user: choose one of the list."),
    "unknown_person": _("This person is no operator any more: choose one of the list."),
    "silent_not_allowed": _("This queue does not close without a word: give the user a reason."),
    "reason_missing": _("Write the reason: the user gets it by e-mail."),
    "date_past": _("This day is over: choose one that is still to come."),
    "date_missing": _("Choose a day."),
    "same_ticket": _("A ticket can’t be joined with itself, or with one that does not exist: check the number."),
    "part_of_this": _("Ticket %(target)s is part of this one: unmerge it first."),
    "other_requester": _("Ticket %(target)s is another person’s: link the two instead of merging them."),
    "too_many_links": _("A ticket can have %(limit)s links at most."),
    "not_linked": _("These tickets are not linked."),
    "not_the_users_words": _("Only what the user wrote can become a ticket of its own."),
    "unknown_field": _("The form does not ask for this: choose among what it asks."),
    "unknown_article": _("This ticket has no such row."),
    "too_many_tags": _("A ticket can have %(limit)s tags at most."),
    "nothing_to_tag": _("Write a tag to add, or choose one to take off."),
    "empty": _("Write something first."),
    "unknown_file": _("One of the ticked files is not in this ticket any more: choose again."),
    "fields_missing": _("Tick what is missing or wrong; if nothing is, answer instead."),
    "questions_open": _("There are open questions to the second level: choose what becomes of them, then send again."),
    "questions_open_merge": _(
        "This ticket waits for the second level: merge the other one into it, or wait for the answers."
    ),
    "withdrawn": _("This question was withdrawn: nobody waits for an answer any more."),
    "answered": _("This question has its answer already: reopen it first."),
    "returned": _("This question was sent back already: reopen it first."),
    "is_question": _("This is a question of the second level: nothing of it ever goes to the user."),
    "not_a_question": _("This is a request of a user, no question: answer the user instead."),
    "first_level": _("The queue %(queue)s meets the users and answers no questions: choose one of the list."),
    "same_queue": _("The queue %(queue)s is the one that asks: choose another one."),
    "only_a_date": _("A question can only wait for a day: answer it, or send it back."),
    "too_deep": _("Questions can go %(limit)s deep at most: answer this one, or send it back."),
    "too_many_questions": _("A ticket can wait for %(limit)s questions at most: withdraw some first."),
    "not_asked": _("This question is not open any more: it has its answer, or it was withdrawn."),
    "unfilled": _("Something is not filled in yet: %(marks)s. Fill it in, or say below that it is meant like this."),
    "too_many_watchers": _("A ticket can have %(limit)s watchers at most."),
}
# The same code, where another verb needs other advice.
OF_VERB: dict[tuple[str, str], str] = {
    ("questions", "date_past"): _("This moment is over: choose one that is still to come."),
    ("questions", "unknown_field"): _("One of the ticked answers is not in this ticket any more: choose again."),
    ("questions", "unknown_article"): _("One of the ticked rows is not in this ticket any more: choose again."),
}
# The field at which a code is told, when the refusal itself names none.
AT_FIELD = {"questions_open": "questions", "unfilled": "unfilled"}
# How a question ended that somebody still wants to answer: that says more than to read again.
ENDED = frozenset({"answered", "returned", "withdrawn"})
OTHER = _("This can’t be done as it was sent. Check what you wrote and try again.")
TOO_LARGE = _("This is too long. A text can have 50,000 characters at most.")
DOWN = _("A part of Sportello doesn’t answer just now. Send it again in a moment: it will not be done twice.")
NOT_ATTACHED = _("The files can’t go like this: what is wrong stands at their field.")
UNKNOWN = _("There is no such ticket: check the number.")

# What a field takes, by verb and field, or by field alone.
FIELDS: dict[str, str] = {
    "hand-over.to": _("Choose a colleague from the list."),
    "responsible.to": _("Choose a colleague from the list."),
    "to": _("Write a whole e-mail address, such as name@example.org."),
    "text": _("Write a text of 50,000 characters at most."),
    "reason": _("Write the reason; it can’t be empty or too long."),
    "title": _("Write what you ask in a few words, on one line of 200 characters at most."),
    "due_at": _("Write a day and a time that are still to come, or leave it empty."),
    "person": _("Choose a colleague from the list."),
    "questions": _("Choose what becomes of the open questions."),
    "questions.fields": _("One of the ticked answers is not in this ticket any more: choose again."),
    "articles": _("One of the ticked rows is not in this ticket any more: choose again."),
    "subject": _("Write a subject on one line, of 200 characters at most."),
    "queue": _("Choose a queue from the list."),
    "until": _("Choose a day that is still to come."),
    "add": _(
        "A tag has letters, digits, spaces and - . + only, 40 of them at most, and starts with a letter or digit."
    ),
    "attachments": _("An e-mail can bring 20 files at most: choose again."),
    "priority": _("Choose a priority from the list."),
    "outcome": _("Choose how it closes."),
    "other": _("Write a ticket’s number."),
    "target": _("Write a ticket’s number."),
    "fields": _("Tick what is missing or wrong; if nothing is, answer instead."),
}
# Where the page has a field under another name.
ON_PAGE = {"attachments": CONTROL}


@dataclass(frozen=True)
class Refusal:
    """`first`: who was faster and what they did, empty when nobody was. `errors`: by field of the form."""

    sentence: str
    first: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    down: bool = False


def refusal(error: SportelloError, path: str, tongue: Tongue, queue_name: QueueName, now: datetime) -> Refusal:
    """What to tell the person whose wish `path` met this error."""
    if isinstance(error, DependencyDown):
        return Refusal(tongue.say(DOWN), down=True)
    changed = error.extra.get("changed")
    if isinstance(changed, Mapping):
        ended = _sentence(error.extra, path, tongue, queue_name) if error.extra.get("code") in ENDED else ""
        return _overtaken(changed, path, ended, tongue, now)
    if isinstance(error, TooLarge):
        return Refusal(tongue.say(TOO_LARGE))
    sentence = _sentence(error.extra, path, tongue, queue_name)
    errors = _errors(error, path, sentence, tongue)
    if CONTROL in errors:
        # Which and why can be long, and stands at the field.
        sentence = tongue.say(NOT_ATTACHED)
    return Refusal(sentence or next(iter(errors.values()), tongue.say(OTHER)), errors=errors)


def unknown_ticket(path: str, tongue: Tongue) -> Refusal:
    """The other ticket of a link or merge does not exist."""
    sentence = tongue.say(UNKNOWN)
    return Refusal(sentence, errors={"target" if path == "merge" else "other": sentence})


def _overtaken(changed: Mapping[str, Any], path: str, ended: str, tongue: Tongue, now: datetime) -> Refusal:
    who, what = str(changed.get("by", "")), str(changed.get("what", ""))
    if path == "forwards" and what == PREPARED:
        what = FORWARDED
    first = f"{did(what, who, tongue)} ({when(datetime.fromisoformat(str(changed['at'])), tongue, now)})"
    return Refusal(ended or tongue.say(_("Read what has changed, then decide.")), first)


def _sentence(extra: Mapping[str, Any], path: str, tongue: Tongue, queue_name: QueueName) -> str:
    code = extra.get("code")
    if code not in CODES:
        return ""
    state = extra.get("state")
    names = {
        "target": str(extra.get("target", "")),
        "limit": str(extra.get("limit", "")),
        "marks": str(extra.get("marks", "")),
        "queue": queue_name(str(extra.get("queue", ""))),
        "state": tongue.say(STATES[State(state)].words).lower() if state else "",
    }
    return tongue.say(OF_VERB.get((path, code), CODES[code]), **names)


def _errors(error: SportelloError, path: str, sentence: str, tongue: Tongue) -> dict[str, str]:
    at = AT_FIELD.get(str(error.extra.get("code")))
    found = {at: sentence} if at else {}
    if not isinstance(error, BadInput):
        return found
    for each in error.extra.get("errors") or ():
        # A place within a list, as in `add.0`, is the list's field on the page.
        name = str(each.get("field", "")).split(".")[0]
        if name == CONTROL:
            # Of the check of files, which speaks the reader's language.
            found[name] = str(each["message"])
            continue
        advice = FIELDS.get(f"{path}.{name}") or FIELDS.get(name)
        found[ON_PAGE.get(name, name)] = sentence or tongue.say(advice or OTHER)
    return found
