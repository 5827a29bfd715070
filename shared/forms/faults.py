"""What a form file can get wrong beyond its shape: checked at start-up, each fault with its place in the file."""

import re
from collections.abc import Collection, Iterator
from string import Formatter

from shared.forms.model import (
    RESERVED,
    AnyField,
    CheckboxField,
    ChoiceField,
    ChoicesField,
    DateField,
    FileField,
    Form,
    LongTextField,
    NumberField,
    TextField,
)
from shared.yamlfile import Location

Fault = tuple[Location, str]
# What stands at /forms/ beside the forms themselves.
TAKEN = frozenset({"preview"})
# `fields`, their `id`s: how a template may name a field, and nothing more (no attributes, no formats).
_PLACEHOLDER = re.compile(r"[a-z][a-z0-9_]*")


def faults(form: Form, sites: Collection[str]) -> Iterator[Fault]:
    """Everything wrong with `form`, the fields before the subject that names them. `sites`: the ids that exist."""
    if form.id in TAKEN:
        yield ("id",), f"'{form.id}' is an address of ours: /forms/{form.id} can't be a form"
    for index, site in enumerate(form.sites):
        if site not in sites:
            yield ("sites", index), f"site '{site}' is not in sites.yml"
    earlier: dict[str, AnyField] = {}
    for index, question in enumerate(form.fields):
        at = ("fields", index)
        if question.id in RESERVED:
            yield (*at, "id"), f"'{question.id}' is asked by every form: it can't be defined again"
        if question.id in earlier:
            yield (*at, "id"), f"field '{question.id}' is given twice"
        yield from _condition(form, question, earlier, at)
        yield from _limits(question, at)
        earlier[question.id] = question
    yield from _subject(form)


def subject_fields(template: str) -> list[str]:
    """The placeholders of a subject, as they are written. Raises `ValueError` when the braces don't match."""
    return [
        name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        for _, name, spec, conversion in Formatter().parse(template)
        if name is not None
    ]


def _subject(form: Form) -> Iterator[Fault]:
    by_id = {question.id: question for question in form.fields}
    for language, template in (("it", form.subject.it), ("en", form.subject.en)):
        at = ("subject", language)
        try:
            names = subject_fields(template)
        except ValueError as error:
            yield at, f"subject: {error}"
            continue
        for name in names:
            question = by_id.get(name)
            if question is None or not _PLACEHOLDER.fullmatch(name):
                yield at, f"subject: '{{{name}}}' is not a field of this form"
            elif question.personal:
                yield at, f"subject: '{name}' is personal, and subjects are read by everyone"
            elif not question.required or question.show_when is not None:
                yield at, f"subject: '{name}' may be left out; use a required field without show_when"
            elif isinstance(question, (FileField, CheckboxField, LongTextField)):
                yield at, f"subject: '{name}' is a {question.type}, which has no short text"


def _condition(form: Form, question: AnyField, earlier: dict[str, AnyField], at: Location) -> Iterator[Fault]:
    condition = question.show_when
    if condition is None:
        return
    where = (*at, "show_when")
    other = earlier.get(condition.field)
    if other is None:
        later = any(field.id == condition.field for field in form.fields)
        reason = "comes later; it must stand before" if later else "does not exist"
        yield (*where, "field"), f"'{question.id}' depends on '{condition.field}', which {reason}"
    elif isinstance(other, CheckboxField):
        if any(not isinstance(value, bool) for value in condition.wanted):
            yield (*where, "equals"), f"'{other.id}' is a checkbox: write equals: true or equals: false"
    elif isinstance(other, (ChoiceField, ChoicesField)):
        offered = {option.value for option in other.options}
        for value in condition.wanted:
            if value not in offered:
                yield (*where, "in" if condition.any_of else "equals"), f"'{other.id}' has no option '{value}'"
    else:
        yield (*where, "field"), f"'{other.id}' is a {other.type}: only choice, choices and checkbox can decide"


def _limits(question: AnyField, at: Location) -> Iterator[Fault]:
    match question:
        case TextField() | LongTextField():
            yield from _ordered(question, "min_length", "max_length", at)
        case NumberField() | DateField():
            yield from _ordered(question, "minimum", "maximum", at)
        case ChoiceField() | ChoicesField():
            yield from _options(question, at)
        case FileField() if len(set(question.types)) < len(question.types):
            yield (*at, "types"), f"'{question.id}': the same type is given twice"
    if isinstance(question, TextField):
        yield from _pattern(question, at)


def _ordered(question: AnyField, low: str, high: str, at: Location) -> Iterator[Fault]:
    lowest, highest = getattr(question, low), getattr(question, high)
    if lowest is not None and highest is not None and lowest > highest:
        yield (*at, low), f"'{question.id}': {low} is above {high}"


def _pattern(question: TextField, at: Location) -> Iterator[Fault]:
    if question.pattern is None:
        return
    try:
        re.compile(question.pattern)
    except re.error as error:
        yield (*at, "pattern"), f"'{question.id}': the pattern does not compile: {error}"
    if question.pattern_message is None:
        yield (*at, "pattern"), f"'{question.id}': a pattern needs a pattern_message that says what is wanted"


def _options(question: ChoiceField | ChoicesField, at: Location) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, option in enumerate(question.options):
        if option.value in seen:
            yield (*at, "options", index, "value"), f"'{question.id}': option '{option.value}' is given twice"
        seen.add(option.value)
    if isinstance(question, ChoicesField):
        yield from _ordered(question, "min_count", "max_count", at)
        if question.min_count > len(question.options):
            yield (*at, "min_count"), f"'{question.id}': min_count is above the number of options"
