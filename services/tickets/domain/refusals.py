"""Why a verb is refused: a clash (409), or a wish that can't be (422); one sentence for each code."""

from typing import Any

from shared.errors import BadInput, Conflict
from shared.events import State

# `{number}` is the ticket's, the other names are given with the refusal.
SENTENCES: dict[str, str] = {
    "closed": "Ticket {number} is closed: reopen it first.",
    "merged": "Ticket {number} is part of ticket {target}: act there, or unmerge it first.",
    "merging": "Ticket {number} is being merged just now: try again in a moment.",
    "not_merged": "Ticket {number} is not part of another one.",
    "already": "Ticket {number} is already {state}: reopen it first.",
    "already_merging": "Ticket {number} is already on its way into ticket {target}.",
    "not_held": "This mail is not waiting any more: it has left, or was undone.",
    "not_refused": "This mail was not refused: there is nothing to send again.",
    "mail_held": "A written mail waits to leave: undo it, or wait until it is gone.",
    "information_over": "This question was answered already, or asked again in another way.",
    "unknown_queue": "There is no queue '{queue}': choose one of the list.",
    "second_level": "Queue '{queue}' answers other queues and never meets the user: choose a first-level queue.",
    "unknown_person": "There is no operator '{person}': choose one of the list.",
    "silent_not_allowed": "Queue '{queue}' doesn't close silently: give the user a reason.",
    "reason_missing": "Give the user a reason, or close silently where the queue allows it.",
    "date_past": "The date must be in the future.",
    "date_missing": "Say until when.",
    "same_ticket": "A ticket can't be joined with itself.",
    "part_of_this": "Ticket {target} is part of this one: unmerge it first.",
    "other_requester": "Ticket {target} is of another person: link them instead.",
    "too_many_links": "A ticket can have {limit} links at most.",
    "not_the_users_words": "Only what the user wrote can become a ticket of its own.",
    "unknown_field": "'{field}' was not asked for.",
    "unknown_article": "This ticket has no such article.",
    "too_many_tags": "A ticket can have {limit} tags at most.",
    "nothing_to_tag": "Name a tag to add or to remove.",
    "empty": "Write something, or fill in a field.",
    "questions_open": "Ticket {number} waits for the second level: take its questions back, or let it close by itself "
    "once they are answered.",
    "questions_open_merge": "Ticket {number} waits for the second level: merge the other ticket into this one, or "
    "wait for the answers.",
    "is_question": "{number} is a question to the second level: it never meets the user and stands alone.",
    "not_a_question": "Ticket {number} is a user's request, no question: answer the user, or close it.",
    "answered": "Question {number} is answered already: reopen it first.",
    "returned": "Question {number} was sent back already: reopen it first.",
    "withdrawn": "Question {number} was taken back: nobody waits for an answer any more.",
    "first_level": "Queue '{queue}' faces the user: ask one of the second level.",
    "same_queue": "Queue '{queue}' is the one that asks: choose another.",
    "only_a_date": "A question can only wait for a date: answer it, or send it back.",
    "too_deep": "A question can be {limit} questions deep at most: answer this one, or send it back.",
    "too_many_questions": "A ticket can wait for {limit} questions at most: take some back first.",
    "not_asked": "This is no open question of ticket {number}: it has its answer, or was taken back.",
    "too_many_watchers": "A ticket can have {limit} watchers at most.",
    "not_closed": "Ticket {number} is not closed yet.",
    "rating_over": "Ticket {number} was closed too long ago to be rated.",
    "fields_missing": "Tick what is missing, or answer instead.",
}

# What the last one did, for "<name> <did> meanwhile."
DID: dict[str, str] = {
    "ticket.taken.v1": "took this ticket in charge",
    "ticket.handed_over.v1": "handed this ticket over",
    "ticket.responsible_changed.v1": "changed the responsible",
    "ticket.moved.v1": "moved this ticket",
    "ticket.prioritized.v1": "changed the priority",
    "ticket.replied.v1": "wrote again",
    "ticket.reply_followed.v1": "wrote again",
    "ticket.answered.v1": "answered the user",
    "article.prepared.v1": "wrote a mail",
    "ticket.information_requested.v1": "asked the user for information",
    "ticket.forwarded.v1": "forwarded this ticket",
    "ticket.closed.v1": "closed this ticket",
    "ticket.reopened.v1": "reopened this ticket",
    "ticket.deferred.v1": "made this ticket wait",
    "ticket.merge_started.v1": "began to merge this ticket",
    "ticket.merge_accepted.v1": "merged another ticket into this one",
    "ticket.split.v1": "split this ticket",
    "second_level.answered.v1": "answered for the second level",
    "second_level.requested.v1": "asked the second level",
    "child.taken.v1": "took this question in charge",
    "child.handed_over.v1": "handed this question over",
    "child.responsible_changed.v1": "changed the responsible",
    "child.moved.v1": "moved this question",
    "child.prioritized.v1": "changed the priority",
    "child.deferred.v1": "made this question wait",
    "child.closed.v1": "ended this question",
}


class Clash(Conflict):
    """The ticket is not in a state for this, or somebody was first (`changed`: what, by, at)."""

    def __init__(self, code: str, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or sentence(code, **extra), code=code, **extra)


class Refused(BadInput):
    """The wish can't be done on any state of this ticket."""

    def __init__(self, code: str, field: str | None = None, **extra: Any) -> None:
        detail = sentence(code, **{"field": field, **extra})
        errors = [{"field": field, "message": detail}] if field else []
        super().__init__(detail, code=code, errors=errors, **extra)


def sentence(code: str, **given: Any) -> str:
    """The sentence of a code, in English."""
    said = {key: str(value).replace("_", " ") if isinstance(value, State) else value for key, value in given.items()}
    return SENTENCES[code].format(**said)
