"""What can come back from a form, all its versions together: for whoever writes conditions about answers."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.forms.model import AnyField, CheckboxField, ChoiceField, ChoicesField, FileField, Form, NumberField

# A condition compares texts and yes or no; these hold neither.
_NO_TEXT = (FileField, NumberField)


class FieldShape(NamedTuple):
    """One field. `options`: what can be answered, None when anything can be typed; `several`: at once.

    `personal`: in each version that has it.
    """

    options: frozenset[str | bool] | None
    several: bool
    personal: bool


class FormShape(NamedTuple):
    """The sites that may show a form, and its fields, of any version."""

    sites: frozenset[str]
    fields: Mapping[str, FieldShape]


def shape_of(versions: Iterable[Form]) -> FormShape:
    """All that any version can send."""
    sites: frozenset[str] = frozenset()
    fields: dict[str, FieldShape] = {}
    for form in versions:
        sites |= frozenset(form.sites)
        for question in form.fields:
            new = _field(question)
            old = fields.get(question.id, new)
            options = None if old.options is None or new.options is None else old.options | new.options
            fields[question.id] = FieldShape(options, old.several or new.several, old.personal and new.personal)
    return FormShape(sites, fields)


def _field(question: AnyField) -> FieldShape:
    options: frozenset[str | bool] | None = None
    if isinstance(question, (ChoiceField, ChoicesField)):
        options = frozenset(option.value for option in question.options)
    elif isinstance(question, CheckboxField):
        options = frozenset({True, False})
    elif isinstance(question, _NO_TEXT):
        options = frozenset()
    return FieldShape(options, isinstance(question, ChoicesField), question.personal)
