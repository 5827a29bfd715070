"""A form as JSON Schema 2020-12: what a client may check by itself before it sends.

It agrees with `shared.forms.check` on tidied answers (trimmed, NFC, empty ones left out). It can't say two things: the
limits of dates (they are in `x-sportello`) and that some mail domains are reserved. Files are names here; they travel
as multipart parts.
"""

from typing import Any

from shared.events import Language
from shared.forms.answers import DATE_PATTERN, EMAIL_LENGTH, EMAIL_PATTERN, PHONE_LENGTH, PHONE_PATTERN
from shared.forms.model import (
    FILE_TYPES,
    AnyField,
    CheckboxField,
    ChoiceField,
    ChoicesField,
    Condition,
    DateField,
    EmailField,
    FileField,
    Form,
    LongTextField,
    NumberField,
    PhoneField,
    TextField,
)
from shared.forms.texts import ONE_LINE, SEVERAL_LINES

Schema = dict[str, Any]


def json_schema(form: Form, language: Language) -> Schema:
    """The schema of the values of one submission, with titles and help in `language` and `x-sportello` hints."""
    conditional = [question for question in form.fields if question.show_when is not None]
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sportello:form:{form.id}:{form.version}:{language}",
        "title": form.title.say(language),
        "description": form.summary.say(language),
        "type": "object",
        "properties": {question.id: _property(question, language) for question in form.questions},
        "required": [question.id for question in form.questions if question.required and question.show_when is None],
        "additionalProperties": False,
        "x-sportello": {
            "form": form.id,
            "version": form.version,
            "language": language,
            "order": [question.id for question in form.questions],
        },
    }
    if conditional:
        schema["allOf"] = [_conditional(form, question) for question in conditional]
    return schema


def _property(question: AnyField, language: Language) -> Schema:
    hints: Schema = {"type": question.type, "personal": question.personal}
    schema: Schema = {"title": question.label.say(language)}
    if question.help is not None:
        schema["description"] = question.help.say(language)
    if question.show_when is not None:
        hints["show_when"] = {"field": question.show_when.field, "in": list(question.show_when.wanted)}
    schema |= _type(question)
    hints |= _hints(question, language)
    return schema | {"x-sportello": hints}


def _type(question: AnyField) -> Schema:
    match question:
        case TextField() | LongTextField():
            return _text(question)
        case EmailField():
            return {"type": "string", "format": "email", "maxLength": EMAIL_LENGTH, "pattern": f"^{EMAIL_PATTERN}$"}
        case PhoneField():
            return {"type": "string", "maxLength": PHONE_LENGTH, "pattern": f"^{PHONE_PATTERN}$"}
        case NumberField():
            kind = "integer" if question.integer else "number"
            return {"type": kind, "minimum": question.minimum, "maximum": question.maximum}
        case DateField():
            return {"type": "string", "format": "date", "pattern": f"^{DATE_PATTERN}$"}
        case ChoiceField() | ChoicesField():
            return _options(question)
        case CheckboxField():
            ticked = question.required and question.show_when is None
            return {"type": "boolean"} | ({"const": True} if ticked else {})
        case FileField():
            items = {"type": "string", "contentMediaType": "application/octet-stream"}
            return {"type": "array", "items": items, "minItems": 1, "maxItems": question.max_count}


def _text(question: TextField | LongTextField) -> Schema:
    allowed = ONE_LINE if isinstance(question, TextField) else SEVERAL_LINES
    schema: Schema = {"type": "string", "minLength": max(1, question.min_length), "maxLength": question.max_length}
    if isinstance(question, TextField) and question.pattern is not None:
        return schema | {"pattern": f"^(?:{question.pattern})$", "allOf": [{"pattern": f"^{allowed}$"}]}
    return schema | {"pattern": f"^{allowed}$"}


def _options(question: ChoiceField | ChoicesField) -> Schema:
    values = [option.value for option in question.options]
    if isinstance(question, ChoiceField):
        return {"type": "string", "enum": values}
    schema: Schema = {"type": "array", "items": {"type": "string", "enum": values}, "uniqueItems": True}
    schema["minItems"] = max(1, question.min_count)
    if question.max_count is not None:
        schema["maxItems"] = question.max_count
    return schema


def _hints(question: AnyField, language: Language) -> Schema:
    match question:
        case ChoiceField() | ChoicesField():
            return {"options": [{"value": o.value, "label": o.label.say(language)} for o in question.options]}
        case DateField():
            limits = {"minimum": question.minimum, "maximum": question.maximum}
            return {name: day.isoformat() for name, day in limits.items() if day is not None}
        case NumberField() if question.unit:
            return {"unit": question.unit}
        case FileField():
            types = [FILE_TYPES[name] for name in question.types]
            return {
                "max_bytes": question.max_bytes,
                "extensions": [extension for kind in types for extension in kind.extensions],
                "media_types": [kind.media_type for kind in types],
            }
        case TextField() if question.pattern_message is not None:
            return {"pattern_message": question.pattern_message.say(language)}
    return {}


def _conditional(form: Form, question: AnyField) -> Schema:
    """Shown: required if it is. Hidden: not to be sent; an unticked box may be."""
    hidden: Any = {"const": False} if isinstance(question, CheckboxField) else False
    rule: Schema = {
        "if": {"allOf": [_holds(form, condition) for condition in form.conditions(question)]},
        "else": {"properties": {question.id: hidden}},
    }
    if question.required:
        ticked = {"properties": {question.id: {"const": True}}} if isinstance(question, CheckboxField) else {}
        rule["then"] = {"required": [question.id], **ticked}
    return rule


def _holds(form: Form, condition: Condition) -> Schema:
    other, wanted = form.by_id[condition.field], list(condition.wanted)
    if wanted == [False]:
        return {"properties": {other.id: {"const": False}}}
    answer: Schema = {"enum": wanted}
    if isinstance(other, ChoicesField):
        # Without the type an answer that is no list would satisfy `contains`.
        answer = {"type": "array", "contains": answer}
    return {"properties": {other.id: answer}, "required": [other.id]}
