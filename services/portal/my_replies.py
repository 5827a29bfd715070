"""Writing to a request of one's own again: read, checked, its files stored, and sent as the person who is signed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.datastructures import FormData

from services.portal.i18n import Tongue
from services.portal.i18n import marked as _
from services.portal.tickets import Done, Tickets, View
from services.portal.uploads import files_of, has_files
from shared.blobs import Blobs
from shared.errors import DependencyDown, SportelloError, TooMany
from shared.events import ArticleKind, Language, State, TicketReopened, TicketSplit
from shared.forms.reply import MESSAGE, REPLY, check_reply, wish, wish_key
from shared.forms.texts import say
from shared.ids import random_id
from shared.policy import Person
from shared.scan import Scan

CLOSED = (State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL)
DOWN = _("We can’t receive your message just now. It is still here: send it again in a moment, it won’t arrive twice.")
MANY = _("You have sent a lot in a short time. What you wrote is still here: send it again in a minute.")
MANY_TAPS = _("You have sent a lot in a short time, so this was not recorded. Try again in a minute.")
OVER = _("We don’t ask for this any more. What you wrote is in the box below: you can send it as a message.")
REFUSED = _("Your message was not accepted as it was sent. Check it and try again.")

# Tickets' own words come with a code: they are for operators.
CODED = "code"
Written = Literal["added", "reopened", "renewed"]
SAID: Mapping[str, str] = {
    "answered": _("Thank you: we have what we asked you for, and go on."),
    "thanked": _("Thank you: we tell those who answered you."),
    "rated": _("Thank you: we have recorded your answer."),
    "ended": _("Done: no link that we mailed for this request opens any more. The next e-mails will have a new one."),
    "late": _(
        "We could not record that: the request has moved on, or was closed too long ago. Here is where it stands."
    ),
    "added": _("Thank you: your message has reached who is working on your request."),
    "reopened": _("Thank you: your message has arrived, and your request is open again."),
    "renewed": _(
        "Thank you: this request was closed long ago, so your message has become a new one. You find it in My requests."
    ),
}


# What was said with one tap, and the steps that show it.
TAPPED = {"thanked": ("thanked",), "rated": ("rated",), "ended": ("links_ended",)}


@dataclass(frozen=True)
class Draft:
    """What stands in the box. `errors`: sentences by field; `notice`: one above it all; `files`: there were some."""

    text: str = ""
    key: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    files: bool = False


async def write(
    person: Person, ticket: View, form: FormData, language: Language, tickets: Tickets, blobs: Blobs, scan: Scan
) -> Written:
    """Check it and its files, store, send. The same key and content is the same reply, however often it comes."""
    uploads, contents = await files_of(form)
    reply = check_reply(REPLY, {MESSAGE: text_of(form, "text")}, uploads, language)
    await scan.look(reply.files, contents, language, say(language, "reply_detail"))
    keys = [await blobs.put(ticket.id, content) for content in contents]
    body = wish(reply, keys, None)
    done = await tickets.wish(person, ticket.number, "replies", body, wish_key(key_of(form), body))
    return _written(done)


def draft_of(form: FormData, error: SportelloError, tongue: Tongue) -> Draft:
    """What was typed, with its key, so that sending it again is the same reply; and why it was refused."""
    faults: dict[str, str] = {}
    if CODED not in error.extra:
        # Without a code they are the check's, in the reader's language.
        for fault in error.extra.get("errors", ()):
            faults[fault["field"]] = " ".join(filter(None, (faults.get(fault["field"]), fault["message"])))
    notice = ""
    if not faults:
        notice = notice_of(error, tongue)
    return Draft(text_of(form, "text"), key_of(form), faults, notice, has_files(form))


def notice_of(error: SportelloError, tongue: Tongue) -> str:
    """Why nothing was sent, when it is no field's fault, with what to do."""
    if isinstance(error, DependencyDown):
        return tongue.say(DOWN)
    return tongue.say(MANY if isinstance(error, TooMany) else REFUSED)


def said_of(written: str, ticket: View) -> str | None:
    """What the page says of a reply, if it is true of the ticket: the address alone could claim anything."""
    words = SAID.get(written)
    if written == "late":
        return words
    if written in TAPPED:
        return words if any(step.what in TAPPED[written] for step in ticket.steps) else None
    replied = any(article.kind is ArticleKind.REQUESTER_REPLY for article in ticket.articles)
    if words is None or not replied or written == "answered":
        return words if replied else None
    if (ticket.state in CLOSED) != (written == "renewed"):
        return None
    return words


def key_of(form: FormData) -> str:
    """The idempotency key that our form carries."""
    key = text_of(form, "key")
    return key if 0 < len(key) <= 100 else random_id()


def _written(done: Done) -> Written:
    said = {fact.name for fact in done.facts}
    return "renewed" if TicketSplit.name in said else "reopened" if TicketReopened.name in said else "added"


def text_of(form: FormData, name: str) -> str:
    """A control's text; none of ours is a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
