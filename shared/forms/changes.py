"""What is different between two versions of a form: for who makes forms, for who was filling in the old one, and what
of their answers still fits. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue

from shared.events import Language
from shared.forms.model import AnyField, CheckboxField, ChoiceField, ChoicesField, FileField, Form
from shared.forms.texts import say
from shared.forms.view import display

Kind = Literal["added", "removed", "changed", "moved"]
# Properties by what their change means to who fills the form in; the first that changed is said.
_MEANING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("new_kind", ("type",)),
    ("new_options", ("options",)),
    ("new_condition", ("show_when",)),
    (
        "new_limits",
        ("min_length", "max_length", "minimum", "maximum", "min_count", "max_count", "max_bytes", "types", "pattern",
         "integer"),
    ),
    ("new_words", ("label", "help", "unit")),
)  # fmt: skip


class Change(NamedTuple):
    """One difference. `field` is empty for the form's own texts; `what` is a property, like `label.en`."""

    field: str
    kind: Kind
    what: str
    before: str
    after: str


class Gone(NamedTuple):
    """A question, or some of its answers, that the new version doesn't have."""

    label: str
    options: dict[str, str]


class Carried(NamedTuple):
    """Answers to an older version: `values` fit the new one, `left` are (label, text) of those that don't."""

    values: dict[str, Any]
    left: list[tuple[str, str]]


def changes(old: Form, new: Form) -> list[Change]:
    """Every difference, the form's own first, then in the order of the new form's questions; what is gone last."""
    own = _properties(old, {"fields", "version"}), _properties(new, {"fields", "version"})
    found = [*_differences("", *own)]
    kept = [field for field in old.by_id if field in new.by_id]
    order = [field for field in new.by_id if field in old.by_id]
    for field in new.fields:
        before = old.by_id.get(field.id)
        if before is None:
            found.append(Change(field.id, "added", "", "", field.label.it))
            continue
        found += _differences(field.id, _properties(before, {"id"}), _properties(field, {"id"}))
        if kept.index(field.id) != order.index(field.id):
            places = str(kept.index(field.id) + 1), str(order.index(field.id) + 1)
            found.append(Change(field.id, "moved", "order", *places))
    found += [Change(field.id, "removed", "", field.label.it, "") for field in old.fields if field.id not in new.by_id]
    return found


def news(old: Form, new: Form, language: Language) -> list[str]:
    """What changed, in sentences for who was filling in the old version."""
    found = changes(old, new)
    told = [*_questions(found, old, new, language)]
    return told or ([say(language, "new_texts")] if found else [])


def gone(old: Form, new: Form, language: Language) -> dict[str, Gone]:
    """By field, what answers to the old version may name and the new one doesn't have."""
    found: dict[str, Gone] = {}
    for field in old.fields:
        now = new.by_id.get(field.id)
        options: dict[str, str] = {}
        if isinstance(field, (ChoiceField, ChoicesField)):
            offered = now.options if isinstance(now, (ChoiceField, ChoicesField)) else ()
            values = {option.value for option in offered}
            options = {one.value: one.label.say(language) for one in field.options if one.value not in values}
        if now is None or options or now.type != field.type:
            found[field.id] = Gone(field.label.say(language), options)
    return found


def carry(old: Form, new: Form, values: Mapping[str, Any], language: Language) -> Carried:
    """Answers typed for `old`, unchecked, as far as `new` has a place for them."""
    fitting: dict[str, Any] = {}
    left: list[tuple[str, str]] = []
    for field, value in values.items():
        if value in ("", None, []) or (field not in new.asked and field not in old.asked):
            continue
        question = new.asked.get(field)
        fits, rest = _fitting(question, value) if question else (None, value)
        if fits not in (None, []):
            fitting[field] = fits
        if rest not in (None, [], False):
            left += [(label, text) for label, text in display(old, {field: _json(rest)}, language) if text]
    return Carried(fitting, left)


def _fitting(question: AnyField, value: Any) -> tuple[Any, Any]:
    """What the question can show of an answer, and the rest of it."""
    match question:
        case ChoiceField():
            fits = any(option.value == value for option in question.options)
            return (value, None) if fits else (None, value)
        case ChoicesField():
            given = value if isinstance(value, list) else [value]
            offered = [option.value for option in question.options]
            return [one for one in given if one in offered], [one for one in given if one not in offered]
        case CheckboxField():
            return (value, None) if isinstance(value, bool) else (None, value)
        case FileField():
            return None, value
    return (None, value) if isinstance(value, (list, bool)) else (value, None)


def _json(value: Any) -> JsonValue:
    return value if isinstance(value, (str, int, float, bool, list)) else str(value)


def _properties(thing: Form | AnyField, but: set[str]) -> dict[str, str]:
    return dict(_flat("", thing.model_dump(mode="json", by_alias=True, exclude=but)))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        # Options: told apart by their value, wherever they stand.
        for option in value:
            yield from _flat(f"{path}.{option['value']}", option["label"])
    elif value not in (None, [], ""):
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else _word(value)


def _word(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _differences(field: str, old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    for what in dict.fromkeys([*new, *old]):
        before, after = old.get(what, ""), new.get(what, "")
        if before != after:
            yield Change(field, "changed", what, before, after)


def _questions(found: list[Change], old: Form, new: Form, language: Language) -> Iterator[str]:
    for field in dict.fromkeys(change.field for change in found if change.field):
        question = new.by_id.get(field)
        if question is None:
            yield say(language, "no_more", label=old.by_id[field].label.say(language))
            continue
        label = question.label.say(language)
        if field not in old.by_id:
            often = "required" if question.required else "optional"
            yield say(language, f"new_{'sometimes' if question.show_when else often}", label=label)
            continue
        what = {change.what.partition(".")[0] for change in found if change.field == field}
        if "required" in what and question.required:
            yield say(language, "now_required", label=label)
        if key := next((key for key, properties in _MEANING if what & set(properties)), None):
            yield say(language, key, label=label)
