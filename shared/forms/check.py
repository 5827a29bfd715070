"""The one validation of answers, for every door: JSON as it comes, form data after `shared.forms.data.from_pairs`.

Empty answers (`""`, null, `[]`, only spaces) count as not given. Text is trimmed and NFC-normalised. No I/O, no clock.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import JsonValue

from shared.errors import BadInput, TooLarge, UnsupportedType
from shared.events import Language
from shared.forms.answers import Refused, accept
from shared.forms.files import Upload, check_files
from shared.forms.model import AnyField, CheckboxField, FileField, Form, TextField
from shared.forms.texts import UNPRINTABLE, date_text, number_text, say

# Unknown fields named in one answer; more help nobody.
MOST_UNKNOWN = 20


@dataclass(frozen=True)
class Checked:
    """A submission that fits its form. `values` holds only what was answered; `files` are in the order they came.

    `name` and `email` are empty when the form doesn't ask for them.
    """

    name: str
    email: str
    values: dict[str, JsonValue]
    files: tuple[Upload, ...]


def check(form: Form, values: Mapping[str, Any], files: Sequence[Upload], language: Language) -> Checked:
    """The submission, cleaned. `values` holds the requester's `name` and `email` beside the form's fields.

    Raises `BadInput` (422), or when only files are at fault `TooLarge` (413) or `UnsupportedType` (415), each with
    `errors=[{"field", "message"}]` in the page's language, in the order of the page.
    """
    return _Checking(form, values, files, language).run()


def tidy(value: Any) -> Any:
    """Text trimmed, NFC, with plain line ends; everything else as it is."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if isinstance(value, list):
        return [tidy(item) for item in value]
    return value


class _Checking:
    """One pass over the questions in the order of the page; a condition only looks back."""

    def __init__(self, form: Form, values: Mapping[str, Any], files: Sequence[Upload], language: Language) -> None:
        self.form, self.language, self.files = form, language, files
        tidied = {key: tidy(value) for key, value in values.items()}
        self.given = {key: value for key, value in tidied.items() if value not in ("", None, [])}
        self.known = form.asked
        self.values: dict[str, JsonValue] = {}
        self.unsure: set[str] = set()
        self.errors: list[dict[str, str]] = []
        self.kinds: set[type[BadInput]] = set()

    def run(self) -> Checked:
        true_types: dict[str, list[Upload]] = {}
        for question in self.form.questions:
            if isinstance(question, FileField):
                true_types[question.id] = self._files(question)
            else:
                self._answer(question)
        self._unknown()
        if self.errors:
            raise self._error()(say(self.language, "detail"), errors=self.errors)
        in_order = [true_types[upload.field].pop(0) for upload in self.files]
        # A form narrowed to some questions doesn't ask for them.
        name, email = (str(self.values.pop(field, "")) for field in ("name", "email"))
        return Checked(name=name, email=email, values=self.values, files=tuple(in_order))

    def _answer(self, question: AnyField) -> None:
        answer = self.given.get(question.id)
        shown = self._shown(question)
        if shown is None:
            return
        unticked = answer is False and isinstance(question, CheckboxField)
        if not shown:
            if answer is not None and not unticked:
                self._fault(question.id, "not_asked")
            return
        try:
            if answer is None or (question.required and unticked):
                self._missing(question)
            else:
                self.values[question.id] = accept(question, answer)
        except Refused as refused:
            self.unsure.add(question.id)
            message = say(self.language, refused.key, **{k: self._text(v) for k, v in refused.facts.items()})
            if refused.key == "pattern" and isinstance(question, TextField) and question.pattern_message:
                message = question.pattern_message.say(self.language)
            self._add(question.id, message)

    def _files(self, question: FileField) -> list[Upload]:
        uploads = [upload for upload in self.files if upload.field == question.id]
        if question.id in self.given:
            self._fault(question.id, "not_a_file")
        shown = self._shown(question)
        if shown is None:
            return uploads
        if not shown:
            if uploads:
                self._fault(question.id, "not_asked")
            return uploads
        if not uploads and question.required:
            self._fault(question.id, "required_file")
        true_types, faults = check_files(question, uploads, self.language)
        for fault in faults:
            self._add(question.id, fault.message, fault.kind)
        return true_types

    def _shown(self, question: AnyField) -> bool | None:
        """None: what it depends on was itself wrong or missing, so there is nothing sensible to say yet."""
        if question.show_when is None:
            return True
        conditions = self.form.conditions(question)
        if any(condition.field in self.unsure for condition in conditions):
            return None
        return self.form.shows(question, self.values)

    def _missing(self, question: AnyField) -> None:
        if question.required:
            key = f"required_{question.type}" if question.type in ("choice", "choices", "checkbox") else "required"
            raise Refused(key)

    def _unknown(self) -> None:
        fields = [key for key in self.given if key not in self.known]
        for field in fields[:MOST_UNKNOWN]:
            self._fault(field, "unknown")
        for upload in self.files:
            if not isinstance(self.known.get(upload.field), FileField):
                self._fault(upload.field, "no_file_here")

    def _fault(self, field: str, key: str) -> None:
        self._add(field, say(self.language, key))

    def _add(self, field: str, message: str, kind: type[BadInput] = BadInput) -> None:
        # Names of fields come from outside too: a half surrogate pair would break the answer's encoding.
        self.errors.append({"field": UNPRINTABLE.sub("?", field)[:80], "message": message})
        self.kinds.add(kind)

    def _error(self) -> type[BadInput]:
        for kind in (BadInput, TooLarge, UnsupportedType):
            if kind in self.kinds:
                return kind
        return BadInput

    def _text(self, fact: object) -> object:
        if isinstance(fact, date):
            return date_text(fact.isoformat(), self.language)
        return number_text(fact, self.language) if isinstance(fact, (int, float)) else fact
