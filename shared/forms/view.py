"""A form and its answers as people see them: the ticket's subject, the answers written out, the fields to draw."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from shared.events import Language
from shared.forms.files import type_labels
from shared.forms.model import (
    FILE_TYPES,
    AnyField,
    CheckboxField,
    ChoiceField,
    ChoicesField,
    DateField,
    EmailField,
    FileField,
    Form,
    LongTextField,
    NumberField,
    PhoneField,
    TextField,
    option_label,
)
from shared.forms.texts import date_text, number_text, say, size_text

# A subject also stands in mails, behind the number.
SUBJECT_LENGTH = 120
# Up to here a required choice shows all its options at once instead of a closed list.
RADIOS_UP_TO = 7


def subject(form: Form, values: Mapping[str, JsonValue], language: Language) -> str:
    """The ticket's subject: one line without personal fields. `values` as `check` gave them."""
    text = form.subject.say(language).format_map(_Answers(form, values, language))
    return text if len(text) <= SUBJECT_LENGTH else text[: SUBJECT_LENGTH - 1].rstrip() + "…"


class _Answers(dict[str, str]):
    """The answers written out, each when it is asked for."""

    def __init__(self, form: Form, values: Mapping[str, JsonValue], language: Language) -> None:
        super().__init__()
        self._form, self._values, self._language = form, values, language

    def __missing__(self, field: str) -> str:
        return _text(self._form.by_id[field], self._values.get(field), self._language)


def display(
    form: Form, values: Mapping[str, JsonValue], language: Language, *, personal: bool = True
) -> list[tuple[str, str]]:
    """The answers as (label, text), in the order of the form; `personal=False` leaves out personal fields.

    An answer to a question that this version doesn't have is shown under its id: nothing a person wrote gets lost.
    """
    lines = [
        (question.label.say(language), _text(question, values[question.id], language))
        for question in form.fields
        if question.id in values and (personal or not question.personal)
    ]
    if personal:
        lines += [(key, str(value)) for key, value in values.items() if key not in form.by_id]
    return lines


def fields(form: Form, language: Language) -> list[dict[str, Any]]:
    """What a page or widget needs to draw each question, name and e-mail first, in plain JSON types."""
    return [_drawn(form, question, language) for question in form.questions]


def _text(question: AnyField, value: JsonValue, language: Language) -> str:
    if value is None:
        return ""
    if isinstance(question, ChoicesField) and isinstance(value, list):
        return ", ".join(option_label(question, item, language) for item in value)
    if isinstance(question, ChoiceField):
        return option_label(question, value, language)
    if isinstance(value, bool):
        return say(language, "yes" if value else "no")
    if isinstance(question, NumberField) and isinstance(value, (int, float)):
        return number_text(value, language) + (f" {question.unit}" if question.unit else "")
    if isinstance(question, DateField):
        return date_text(str(value), language)
    return str(value)


def _drawn(form: Form, question: AnyField, language: Language) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "id": question.id,
        "type": question.type,
        "label": question.label.say(language),
        "help": question.help.say(language) if question.help else None,
        "required": question.required,
        "show_when": None,
    }
    if question.show_when is not None:
        other = form.by_id[question.show_when.field]
        drawn["show_when"] = {
            "field": other.id,
            "in": list(question.show_when.wanted),
            "label": other.label.say(language),
            "answers": [_text(other, value, language) for value in question.show_when.wanted],
        }
    return drawn | _limits(question, language)


def _limits(question: AnyField, language: Language) -> dict[str, Any]:
    match question:
        case TextField():
            autocomplete = "name" if question.id == "name" else question.autocomplete
            return {"max_length": question.max_length, "autocomplete": autocomplete}
        case EmailField():
            return {"autocomplete": "email" if question.id == "email" else "off"}
        case PhoneField():
            return {"autocomplete": "tel"}
        case LongTextField():
            return {"max_length": question.max_length, "limit": number_text(question.max_length, language)}
        case NumberField():
            return {"integer": question.integer, "unit": question.unit}
        case DateField():
            days = {"minimum": question.minimum, "maximum": question.maximum}
            return {name: day.isoformat() if day else None for name, day in days.items()}
        case ChoiceField() | ChoicesField():
            return _options(question, language)
        case FileField():
            return _files(question, language)
        case CheckboxField():
            return {}


def _options(question: ChoiceField | ChoicesField, language: Language) -> dict[str, Any]:
    options = [{"value": option.value, "label": option.label.say(language)} for option in question.options]
    if isinstance(question, ChoicesField):
        return {"options": options, "control": "checkboxes", "max_count": question.max_count}
    # A radio can't be taken back, so an optional choice is always a list with an empty entry.
    radios = question.required and len(options) <= RADIOS_UP_TO
    return {"options": options, "control": "radios" if radios else "select"}


def _files(question: FileField, language: Language) -> dict[str, Any]:
    extensions = [extension for name in question.types for extension in FILE_TYPES[name].extensions]
    return {
        "max_count": question.max_count,
        "max_bytes": question.max_bytes,
        "max_size": size_text(question.max_bytes, language),
        "types": type_labels(question, language),
        "accept": ",".join(extensions),
    }
