"""Answering on the page what an operator asked for: the small form of just those fields, of the pinned version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData, UploadFile

from services.portal.i18n import Tongue
from services.portal.my_replies import CODED, key_of, notice_of, text_of
from services.portal.rows import form_of
from services.portal.shapes import View
from services.portal.tickets import Tickets
from shared.blobs import Blobs
from shared.errors import BadInput, Conflict, SportelloError
from shared.events import Language
from shared.forms import Forms
from shared.forms.data import from_pairs
from shared.forms.files import HEAD_BYTES, Upload
from shared.forms.model import FileField
from shared.forms.reply import Narrowed, check_reply, narrowed, wish, wish_key
from shared.forms.texts import say
from shared.policy import Person
from shared.scan import Scan

OVER = "information_over"
# Our own controls, apart from the answers.
CONTROLS = frozenset({"csrf", "key", "article", "asked"})


@dataclass(frozen=True)
class Answering:
    """What stands in the small form: as `my_replies.Draft`, with a value for each field."""

    values: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    files: bool = False


def asked(ticket: View, forms: Forms) -> Narrowed | None:
    """The form of what is asked now."""
    form = form_of(ticket, forms)
    return narrowed(form, ticket.information.fields) if form and ticket.information else None


async def send(
    person: Person,
    ticket: View,
    form: FormData,
    forms: Forms,
    language: Language,
    tickets: Tickets,
    blobs: Blobs,
    scan: Scan,
) -> None:
    """Check, store its files, send. `Conflict` with the code `information_over` when it is asked no more."""
    article, version = text_of(form, "article"), form_of(ticket, forms)
    if version is None:
        raise Conflict("Its form is gone.", code=OVER)
    # Sent also when it is asked no more: a repeat of the very answer that ended the question gets the same answer.
    question = narrowed(version, text_of(form, "asked").split("."))
    uploads, contents = await _files(question, form)
    reply = check_reply(question, values_of(question, form), uploads, language)
    await scan.look(reply.files, contents, language, say(language, "reply_detail"))
    keys = [await blobs.put(ticket.id, content) for content in contents]
    body = wish(reply, keys, article)
    await tickets.wish(person, ticket.number, "replies", body, wish_key(key_of(form), body))


def is_over(error: SportelloError, ticket: View, form: FormData) -> bool:
    """Whether it was refused because another question, or none, is asked by now."""
    now = ticket.information.article if ticket.information else ""
    return error.extra.get("code") in (OVER, "unknown_field") or now != text_of(form, "article")


def values_of(question: Narrowed, form: FormData) -> dict[str, Any]:
    """What was typed."""
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in CONTROLS]
    return from_pairs(question, pairs)


def again(question: Narrowed, form: FormData, error: SportelloError, tongue: Tongue) -> Answering:
    """What was typed, with its key, and why it was refused."""
    faults: dict[str, str] = {}
    if isinstance(error, BadInput) and CODED not in error.extra:
        for fault in error.extra.get("errors", ()):
            faults[fault["field"]] = " ".join(filter(None, (faults.get(fault["field"]), fault["message"])))
    notice = "" if faults else notice_of(error, tongue)
    sent = any(isinstance(value, UploadFile) and value.filename for value in form.values())
    return Answering(values_of(question, form), key_of(form), faults, notice, sent)


def in_words(form: FormData) -> str:
    """The same as one text, when the small form is there no more: nothing typed is lost."""
    pairs = ((name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in CONTROLS)
    return "\n".join(value.strip() for _, value in pairs if value.strip())


async def _files(question: Narrowed, form: FormData) -> tuple[list[Upload], list[bytes]]:
    uploads: list[Upload] = []
    contents: list[bytes] = []
    places = {each.id for each in question.fields if isinstance(each, FileField)}
    for name, given in form.multi_items():
        if not isinstance(given, UploadFile):
            continue
        content = await given.read()
        if given.filename or content:
            place = name if name in places else ""
            head = content[:HEAD_BYTES]
            uploads.append(Upload(place or name, given.filename or "", given.content_type or "", len(content), head))
            contents.append(content)
    return uploads, contents
