"""What operators can do to a ticket: each verb's path, the wish its form becomes, and when its form is offered.

A verb's path is that of the tickets API. Its form's `id` on the page is the verb, with an article or ticket behind it
where a page has several.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from starlette.datastructures import FormData

from services.portal.i18n import ROME
from services.portal.shapes import View
from shared.errors import NotFound
from shared.events import State

# When the day comes that something waits for: in time for the day's work.
MORNING = time(8)
NEW, OPEN, PENDING = State.NEW, State.OPEN, State.PENDING
LIVE = frozenset({NEW, OPEN, PENDING})
CLOSED = frozenset({State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL})
MERGED = frozenset({State.MERGED})
KEPT = LIVE | CLOSED
# Whose page a verb is on: a ticket's that a user opened, a question's to the second level, or both.
TICKET, QUESTION = False, True
BOTH = frozenset({TICKET, QUESTION})

Wish = dict[str, Any]


@dataclass(frozen=True)
class Verb:
    """`wish`: from the form's fields to the body that `tickets` takes, without `seen`. `states`: where it is offered.

    `while_merging`: also offered in the moment in which a merge is under way. `files`: it may bring some.
    `on`: tickets, questions, or both.
    """

    path: str
    wish: Callable[[FormData], Wish]
    states: frozenset[State]
    while_merging: bool = False
    files: bool = False
    on: frozenset[bool] = frozenset({TICKET})


def offered(ticket: View) -> frozenset[str]:
    """The paths of the verbs that this ticket's state allows; `tickets` decides in the end."""
    return frozenset(
        verb.path
        for verb in VERBS.values()
        if ticket.is_question in verb.on
        and ticket.state in verb.states
        and (verb.while_merging or not ticket.merging)
        # Nobody waits for the answer to a question that was withdrawn.
        and not (ticket.ending == "withdrawn" and verb.path == "reopen")
    )


def verb_of(path: str) -> Verb:
    """The verb with this path. `NotFound` for anything else."""
    if path not in VERBS:
        raise NotFound("There is no such wish.")
    return VERBS[path]


def _text(form: FormData, name: str) -> str:
    given = form.get(name)
    return given if isinstance(given, str) else ""


def _all(form: FormData, name: str) -> list[str]:
    return [given for given in form.getlist(name) if isinstance(given, str) and given]


def _lines(*names: str) -> Callable[[FormData], Wish]:
    """The fields as they were typed."""
    return lambda form: {name: _text(form, name) for name in names}


def _day(form: FormData) -> str | None:
    """The morning of the day in `until`; what is no day is passed on, and refused with a sentence."""
    given = _text(form, "until")
    try:
        return datetime.combine(date.fromisoformat(given), MORNING, ROME).isoformat()
    except ValueError:
        return given or None


def _moment(form: FormData, name: str) -> str | None:
    """The day and time in a field, as Rome's clocks show it; what is none is passed on, and refused."""
    given = _text(form, name)
    try:
        return datetime.fromisoformat(given).replace(tzinfo=ROME).isoformat()
    except ValueError:
        return given or None


def _tags(form: FormData) -> Wish:
    added = [tag.strip() for tag in _text(form, "add").split(",")]
    return {"add": [tag for tag in added if tag], "remove": _all(form, "remove")}


def _outcome(form: FormData) -> Wish:
    return {"outcome": _text(form, "outcome") or None}


def _open_questions(form: FormData) -> Wish:
    """What becomes of the questions that are still open."""
    return {"questions": _text(form, "questions") or None}


def _answer(form: FormData) -> Wish:
    return {"text": _text(form, "text"), **_outcome(form), **_open_questions(form)}


def _ask(form: FormData) -> Wish:
    excerpt = {"fields": _all(form, "fields"), "articles": _all(form, "articles")}
    return {**_lines("title", "text", "queue")(form), "due_at": _moment(form, "due_at"), **excerpt}


def _ending(name: str) -> Callable[[FormData], Wish]:
    """The end of a question, with the words in the field `name`."""
    return lambda form: {name: _text(form, name), **_open_questions(form)}


def _information(form: FormData) -> Wish:
    text = _text(form, "text")
    return {"fields": _all(form, "fields"), "text": text, "until": _day(form), "then": _text(form, "then") or "remind"}


def _closing(form: FormData) -> Wish:
    silent = bool(_text(form, "silent"))
    return {"reason": _text(form, "reason"), "silent": silent, **_outcome(form), **_open_questions(form)}


def _waiting(form: FormData) -> Wish:
    """`then` is what happens on the day: `remind`, or the outcome to close with."""
    then = _text(form, "then") or "remind"
    wish: Wish = {"for_user": _text(form, "for") == "user", "until": _day(form), "then": "remind"}
    return wish if then == "remind" else {**wish, "then": "close", "outcome": then}


def _retry(form: FormData) -> Wish:
    return {"article": _text(form, "article"), "to": _text(form, "to").strip() or None}


def _nothing(form: FormData) -> Wish:
    return {}


_EVERY: Mapping[str, Any] = {"states": KEPT | MERGED, "while_merging": True}
_ASKED: Mapping[str, Any] = {"on": frozenset({QUESTION})}

VERBS: Mapping[str, Verb] = {
    verb.path: verb
    for verb in (
        Verb("take", _nothing, LIVE, on=BOTH),
        Verb("release", _lines("reason"), LIVE, on=BOTH),
        Verb("hand-over", _lines("to", "reason"), LIVE, on=BOTH),
        Verb("responsible", _lines("to"), KEPT, on=BOTH),
        Verb("move", _lines("queue", "reason"), LIVE, on=BOTH),
        Verb("priority", _lines("priority"), KEPT, on=BOTH),
        Verb("tags", _tags, KEPT, on=BOTH),
        Verb("notes", _lines("text"), **_EVERY, on=BOTH),
        Verb("answers", _answer, LIVE, files=True),
        Verb("information-requests", _information, LIVE),
        Verb("forwards", _lines("to", "subject", "text"), KEPT, files=True),
        Verb("close", _closing, LIVE),
        Verb("reopen", _lines("reason"), CLOSED, on=BOTH),
        Verb("pending", _waiting, LIVE, on=BOTH),
        Verb("resume", _nothing, frozenset({PENDING}), on=BOTH),
        Verb("mails/undo", _lines("article"), KEPT - {NEW}),
        Verb("mails/send", _lines("article"), LIVE - {NEW}),
        Verb("mails/retry", _retry, **_EVERY),
        Verb("links", _lines("other"), KEPT),
        Verb("links/remove", _lines("other"), **_EVERY),
        Verb("merge", _lines("target"), KEPT),
        Verb("unmerge", _nothing, MERGED),
        Verb("split", _lines("article", "subject", "queue"), KEPT),
        Verb("questions", _ask, LIVE, files=True, on=BOTH),
        Verb("questions/withdraw", _lines("child", "reason"), LIVE, on=BOTH),
        Verb("question/answer", _ending("text"), LIVE, files=True, **_ASKED),
        Verb("question/return", _ending("reason"), LIVE, **_ASKED),
        Verb("watch", _lines("person"), **_EVERY, on=BOTH),
        Verb("unwatch", _lines("person"), **_EVERY, on=BOTH),
        Verb("follow-links/end", _nothing, **_EVERY),
    )
}
