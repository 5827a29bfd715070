"""What a person writes on a request of theirs: what an operator asked for again, words, and files. Pure.

It is checked by the one check, on a form narrowed to what is asked now.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import JsonValue

from shared.errors import BadInput
from shared.events import Attachment, Language
from shared.forms.check import check
from shared.forms.files import Upload
from shared.forms.model import AnyField, FileField, Form, LongTextField
from shared.forms.texts import say
from shared.ids import derived, digest
from shared.yamlfile import Texts

# Of the page, not of any form: no field's id can begin like this.
MESSAGE = "_message"
FILES = "_files"
LONGEST_MESSAGE = 10_000


def _message(label: Texts, hint: Texts | None = None) -> LongTextField:
    # Not validated, because the id is one that no form may have.
    return LongTextField.model_construct(
        id=MESSAGE, type="longtext", label=label, help=hint, personal=True, max_length=LONGEST_MESSAGE
    )


class Narrowed(Form):
    """Some questions only: nobody is asked again who they are."""

    @cached_property
    def questions(self) -> tuple[AnyField, ...]:
        """Just its fields."""
        return self.fields


REPLY = Narrowed(
    id="reply",
    version=1,
    title=Texts(it="Scrivici", en="Write to us"),
    summary=Texts(it="Aggiungi qualcosa alla tua richiesta", en="Add something to your request"),
    intro=Texts(it="Aggiungi qualcosa alla tua richiesta.", en="Add something to your request."),
    subject=Texts(it="Risposta", en="Reply"),
    sites=("portal",),
    fields=(
        _message(Texts(it="Il tuo messaggio", en="Your message")),
        FileField.model_construct(
            id=FILES,
            type="file",
            label=Texts(it="Allegati (se servono)", en="Attachments (if needed)"),
            personal=True,
            max_count=5,
            max_bytes=5_000_000,
            types=("pdf", "jpg", "png", "webp"),
        ),
    ),
)

_ADDED = _message(
    Texts(it="Vuoi aggiungere qualcosa?", en="Would you like to add anything?"),
    Texts(
        it="Facoltativo. Se qualcosa di quello che chiediamo non ce l'hai, scrivilo qui.",
        en="Optional. If you don't have something that we ask for, say so here.",
    ),
)


def narrowed(form: Form, asked: Collection[str]) -> Narrowed:
    """`form` with only the questions `asked`, in its own order, and room for a message.

    None is required or depends on another: whoever asked has decided that it concerns this person, and who doesn't
    have something says so in the message. Ids that this version doesn't have are left out.
    """
    open_again = {"required": False, "show_when": None}
    questions = [field.model_copy(update=open_again) for field in form.fields if field.id in asked]
    given = {name: getattr(form, name) for name in Form.model_fields}
    return Narrowed(**{**given, "fields": (*questions, _ADDED)})


class Reply(NamedTuple):
    """What was written, checked. `values` by field; `files` in the order they came."""

    text: str
    values: dict[str, JsonValue]
    files: tuple[Upload, ...]


def check_reply(form: Narrowed, values: Mapping[str, Any], files: Sequence[Upload], language: Language) -> Reply:
    """The reply, cleaned. `BadInput` and its kin as `check` raises them, and when there is nothing in it at all."""
    try:
        checked = check(form, values, files, language)
    except BadInput as refused:
        raise type(refused)(say(language, "reply_detail"), **refused.extra) from refused
    text = str(checked.values.get(MESSAGE, ""))
    answers = {field: value for field, value in checked.values.items() if field != MESSAGE}
    if not (text or answers or checked.files):
        nothing = "empty_reply" if FILES in form.by_id else "empty_answer"
        errors = [{"field": MESSAGE, "message": say(language, nothing)}]
        raise BadInput(say(language, "reply_detail"), errors=errors)
    return Reply(text, answers, checked.files)


def wish(reply: Reply, blobs: Sequence[str], information: str | None) -> dict[str, JsonValue]:
    """The body of a ticket's `replies`. `blobs`: the keys under which the files are stored, in their order."""
    attachments = [
        Attachment(
            key=key,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            field="" if file.field == FILES else file.field,
        ).model_dump(mode="json")
        for file, key in zip(reply.files, blobs, strict=True)
    ]
    return {"text": reply.text, "values": reply.values, "attachments": [*attachments], "information": information}


def wish_key(key: str, body: Mapping[str, JsonValue]) -> str:
    """The idempotency key: the page's and the content's. What was changed before it was sent again is another reply."""
    return derived("reply", key, digest(body))
