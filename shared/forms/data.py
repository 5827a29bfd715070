"""Form data (urlencoded or multipart) into the JSON types that `shared.forms.check.check` wants. Pure.

What can't be converted stays as it came, so that the one check refuses it with its one sentence.
"""

import re
from collections.abc import Iterable
from typing import Any

from shared.forms.model import CheckboxField, ChoicesField, DateField, Form, NumberField

# Controls of the page that are no answers; no field id can begin like this.
KEY_FIELD = "_key"
# People don't see this one. Its name says nothing that a browser could fill in.
TRAP_FIELD = "_more"
_TICKED = {"on", "true", "1", "yes"}
_NUMBER = re.compile(r"[+-]?[0-9]{1,16}(?:[.,][0-9]{1,6})?")
_ITALIAN_DATE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


def from_pairs(form: Form, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form body, in order, as values. Files are not among `pairs`; a repeated key becomes a list."""
    collected: dict[str, list[str]] = {}
    for key, text in pairs:
        if key != KEY_FIELD:
            collected.setdefault(key, []).append(text)
    return {key: _convert(form, key, texts) for key, texts in collected.items()}


def _convert(form: Form, key: str, texts: list[str]) -> Any:
    question = form.by_id.get(key)
    if isinstance(question, ChoicesField):
        return [text for text in texts if text]
    if len(texts) > 1:
        return texts
    text = texts[0].strip()
    match question:
        case CheckboxField():
            return True if text.lower() in _TICKED else False if text.lower() == "false" else texts[0]
        case NumberField() if _NUMBER.fullmatch(text):
            number = float(text.replace(",", "."))
            return int(number) if number.is_integer() else number
        case DateField() if found := _ITALIAN_DATE.fullmatch(text):
            day, month, year = found.groups()
            return f"{year}-{month:0>2}-{day:0>2}"
    return texts[0]
