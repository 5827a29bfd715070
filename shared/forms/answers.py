"""Whether one answer fits its question: one small function for each type of field. No I/O, no clock."""

import math
import re
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import JsonValue, validate_email

from shared.forms.model import (
    AnyField,
    CheckboxField,
    ChoiceField,
    ChoicesField,
    DateField,
    EmailField,
    FileField,
    LongTextField,
    NumberField,
    PhoneField,
    TextField,
)
from shared.forms.texts import ONE_LINE, SEVERAL_LINES

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+\/=?^_`{|}~-]+"
# Also in the JSON Schema and the browser; `validate_email` after it knows reserved domains too.
EMAIL_PATTERN = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]"
EMAIL_LENGTH = 254
PHONE_PATTERN = r"\+?(?:[ ().\/-]*[0-9]){6,15}[ ().-]*"
PHONE_LENGTH = 40
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


class Refused(Exception):
    """The answer doesn't fit: `key` names a sentence of `shared.forms.texts`, `facts` fill it in."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


def accept(question: AnyField, value: Any) -> JsonValue:
    """The tidied answer as it is stored. Raises `Refused`."""
    match question:
        case TextField():
            return _text(question, value)
        case LongTextField():
            return _text_within(value, question.min_length, question.max_length, SEVERAL_LINES)
        case EmailField():
            return _email(value)
        case PhoneField():
            return _phone(value)
        case NumberField():
            return _number(question, value)
        case DateField():
            return _date(question, value)
        case ChoiceField() | ChoicesField():
            return _options(question, value)
        case CheckboxField():
            return _checkbox(value)
        case FileField():
            raise Refused("not_a_file")


def _text_within(value: Any, minimum: int, maximum: int, allowed: str) -> str:
    if not isinstance(value, str):
        raise Refused("text")
    if not re.fullmatch(allowed, value):
        raise Refused("unprintable")
    if len(value) > maximum:
        raise Refused("too_long", maximum=maximum, count=len(value))
    if len(value) < minimum:
        raise Refused("too_short", minimum=minimum, count=len(value))
    return value


def _text(question: TextField, value: Any) -> JsonValue:
    text = _text_within(value, question.min_length, question.max_length, ONE_LINE)
    if question.pattern is not None and not re.fullmatch(question.pattern, text):
        raise Refused("pattern")
    return text


def _email(value: Any) -> JsonValue:
    if not isinstance(value, str) or len(value) > EMAIL_LENGTH or not re.fullmatch(EMAIL_PATTERN, value):
        raise Refused("email")
    local, _, domain = value.rpartition("@")
    if len(local) > 64:
        raise Refused("email")
    try:
        return f"{local}@{_domain(domain)}"
    except ValueError as error:
        raise Refused("email") from error


@lru_cache(maxsize=1024)
def _domain(domain: str) -> str:
    """The domain in its usual spelling. Slow, and mostly one of few. `ValueError`: nobody can have mail there."""
    return validate_email(f"x@{domain}")[1].rpartition("@")[2]


def _phone(value: Any) -> JsonValue:
    if not isinstance(value, str) or len(value) > PHONE_LENGTH or not re.fullmatch(PHONE_PATTERN, value):
        raise Refused("phone")
    return value


def _number(question: NumberField, value: Any) -> JsonValue:
    wrong = "integer" if question.integer else "number"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(wrong)
    # Not `isfinite`: it can't take an integer beyond a float's range.
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(wrong)
    if question.integer and value != int(value):
        raise Refused(wrong)
    if value < question.minimum:
        raise Refused("minimum", limit=question.minimum)
    if value > question.maximum:
        raise Refused("maximum", limit=question.maximum)
    return int(value) if question.integer else value


def _date(question: DateField, value: Any) -> JsonValue:
    if not isinstance(value, str) or not re.fullmatch(DATE_PATTERN, value):
        raise Refused("date")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise Refused("date") from error
    if question.minimum is not None and day < question.minimum:
        raise Refused("not_before", limit=question.minimum)
    if question.maximum is not None and day > question.maximum:
        raise Refused("not_after", limit=question.maximum)
    return value


def _options(question: ChoiceField | ChoicesField, value: Any) -> JsonValue:
    offered = [option.value for option in question.options]
    if isinstance(question, ChoiceField):
        if not isinstance(value, str) or value not in offered:
            raise Refused("option")
        return value
    if not isinstance(value, list) or any(item not in offered for item in value):
        raise Refused("option")
    if len(set(value)) < len(value):
        raise Refused("repeated")
    if len(value) < question.min_count:
        raise Refused("min_count", minimum=question.min_count)
    if question.max_count is not None and len(value) > question.max_count:
        raise Refused("max_count", maximum=question.max_count)
    return [item for item in offered if item in value]


def _checkbox(value: Any) -> JsonValue:
    if not isinstance(value, bool):
        raise Refused("checkbox")
    return value
