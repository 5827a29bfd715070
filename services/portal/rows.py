"""The rows of a ticket's page: articles with their form's answers as that version of the form words them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from services.portal.shapes import Article, View
from shared.errors import NotFound
from shared.events import Attachment, Language
from shared.forms import Forms
from shared.forms.model import Form as FormVersion
from shared.forms.view import display


class Answer(NamedTuple):
    """An answer in its place in the form: a text, or the files that were sent for it. `personal`: it says who they
    are."""

    label: str
    text: str
    personal: bool = False
    files: Sequence[Attachment] = ()


class Row(NamedTuple):
    """An article with its form's answers as that version of the form words them.

    `filled`: the same with the files in their places; `loose`: the files that belong to no question of the form.
    """

    article: Article
    answers: Sequence[tuple[str, str]]
    filled: Sequence[Answer] = ()
    loose: Sequence[Attachment] = ()


class Field(NamedTuple):
    """A field of the form that the user can be asked for, and what it holds now."""

    id: str
    label: str
    value: str


def form_of(ticket: View, forms: Forms) -> FormVersion | None:
    """The form in the version that was filled in; None when its file is gone."""
    try:
        return forms.get(ticket.form, ticket.version)
    except NotFound:
        return None


def rows_of(ticket: View, form: FormVersion | None, language: Language) -> list[Row]:
    """The articles in order, with readable answers; with bare ones when the form is gone: better than none."""
    return [_row(article, form, language) for article in ticket.articles]


def _row(article: Article, form: FormVersion | None, language: Language) -> Row:
    said = answers(article.fields, form, language)
    if form is None:
        return Row(article, said, [Answer(label, text) for label, text in said], article.attachments)
    values, found, placed = article.fields or {}, [], set()
    for question in form.fields:
        label, personal = question.label.say(language), question.personal
        files = [file for file in article.attachments if file.field == question.id]
        if files:
            found.append(Answer(label, "", personal, files))
            placed |= {file.key for file in files}
        elif question.id in values:
            found.append(Answer(*display(form, {question.id: values[question.id]}, language)[0], personal))
    known = {question.id for question in form.fields}
    found += [Answer(key, str(value)) for key, value in values.items() if key not in known]
    return Row(article, said, found, [file for file in article.attachments if file.key not in placed])


def answers(
    fields: Mapping[str, JsonValue] | None, form: FormVersion | None, language: Language
) -> Sequence[tuple[str, str]]:
    """(label, text) of each answer."""
    if not fields:
        return ()
    return display(form, fields, language) if form else [(name, str(value)) for name, value in fields.items()]


def fields_of(ticket: View, form: FormVersion | None, language: Language) -> list[Field]:
    """Every field of the pinned form with its value now, or the names of the files that were sent for it."""
    if form is None:
        return []
    files: dict[str, list[str]] = {}
    for article in ticket.articles:
        for file in article.attachments:
            files.setdefault(file.field, []).append(file.name)
    found = []
    for question in form.fields:
        value = ""
        if question.id in ticket.values:
            value = display(form, {question.id: ticket.values[question.id]}, language)[0][1]
        found.append(Field(question.id, question.label.say(language), value or ", ".join(files.get(question.id, ()))))
    return found


def labels(asked: Sequence[str], fields: Sequence[Field]) -> list[str]:
    """What the fields are called; a field that this version doesn't have keeps its id."""
    known = {field.id: field.label for field in fields}
    return [known.get(each, each) for each in asked]


def quoted(ticket: View, form: FormVersion | None) -> str:
    """The request's answers as they are now, in the user's language, quoted as in a mail."""
    lines: list[str] = []
    for label, text in answers(ticket.values, form, ticket.language):
        first, *others = (text or "–").splitlines() or ["–"]
        lines += [f"> {label}: {first}", *(f"> {line}" for line in others)]
    return "\n".join(lines)
