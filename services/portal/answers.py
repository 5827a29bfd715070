"""Answer templates of `config/answers/*.yml`: texts that operators begin from, in the language of whoever reads them.

A placeholder like `{{ requester }}` or `{{ field.student_number }}` is filled in from the ticket; one without a value
stays marked, like `[Student number?]`, and the form asks before it is sent so.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import Field

from shared.entries import Entry, read_entries
from shared.errors import ConfigError
from shared.events import Language
from shared.forms import Forms
from shared.queues import Queues
from shared.reload import Kept
from shared.yamlfile import Location, Texts

FOLDER: Final = "answers"
LONGEST: Final = 20_000
# The forms of the ticket's page, as the files call them, and the field that the text goes into.
FORMS: Final[Mapping[str, str]] = {
    "answer": "answers",
    "information": "information-requests",
    "note": "notes",
    "close": "close",
    "question": "question/answer",
}
TEXT_OF: Final[Mapping[str, str]] = {form: "reason" if form == "close" else "text" for form in FORMS.values()}
# What a template can name, and how it is marked when the ticket doesn't have it.
NAMES: Final[Mapping[str, Mapping[Language, str]]] = {
    "requester": {"it": "richiedente", "en": "requester"},
    "number": {"it": "numero", "en": "number"},
    "subject": {"it": "oggetto", "en": "subject"},
    "queue": {"it": "coda", "en": "queue"},
    "operator": {"it": "operatore", "en": "operator"},
    "today": {"it": "oggi", "en": "today"},
}
OF_FORM: Final = "field."
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}")
_MARK: Final = re.compile(r"\[[^\[\]\n]{1,120}\?\]")


class Template(Entry):
    """One text. Without `queues` it is for all of them; a queue stands for those below it too."""

    names: Texts
    queues: tuple[str, ...] = ()
    forms: tuple[Literal["answer", "information", "note", "close", "question"], ...] = Field(("answer",), min_length=1)
    text: Texts


class Filled(NamedTuple):
    """What a placeholder stands for in one ticket, and what it is called when that is nothing."""

    value: str
    name: str


class Answers:
    """All templates, in the order of the files."""

    def __init__(self, templates: Sequence[Template] = ()) -> None:
        self._templates = templates

    @classmethod
    def load(cls, config_dir: Path, forms: Forms) -> "Answers":
        """Those of a folder; the first fault is raised as `ConfigError`. No folder, no templates."""
        templates, faults = read(config_dir, forms)
        if faults:
            raise faults[0]
        return cls(templates)

    def __len__(self) -> int:
        return len(self._templates)

    def offered(self, form: str, queue: str, queues: Queues) -> list[Template]:
        """Those for a form of a ticket in that queue."""
        above = set(_above(queue, queues))
        return [
            each
            for each in self._templates
            if form in {FORMS[name] for name in each.forms} and (not each.queues or above & set(each.queues))
        ]


def watched_answers(config_dir: Path, forms: Forms) -> Kept[Answers]:
    """The templates as the files have them, once they are right; they change with the files while the service runs."""
    return Kept((config_dir / FOLDER, config_dir / "queues.yml"), lambda: Answers.load(config_dir, forms))


def read(config_dir: Path, forms: Forms) -> tuple[list[Template], list[ConfigError]]:
    """All templates of a folder, and everything wrong with them; a fault that hides others in its file comes alone."""
    try:
        queues = {queue.id for queue in Queues.load(config_dir)}
    except ConfigError as error:
        return [], [error]
    fields = {field for form in forms.ids() for field in forms.shape(form).fields}
    return read_entries(
        config_dir / FOLDER, "answers", Template, "template", partial(_faults, queues=queues, fields=fields)
    )


def fill(text: str, known: Mapping[str, Filled]) -> str:
    """The text with its placeholders filled in; what is not known stays marked."""

    def put(found: re.Match[str]) -> str:
        name = found[1]
        filled = known.get(name, Filled("", name.removeprefix(OF_FORM)))
        return filled.value.strip() or f"[{filled.name}?]"

    return _PLACEHOLDER.sub(put, text.strip())


def unfilled(text: str) -> list[str]:
    """The marks that still stand in a text, each once."""
    return list(dict.fromkeys(_MARK.findall(text)))


def _faults(template: Template, queues: set[str], fields: set[str]) -> Iterator[tuple[Location, str]]:
    for index, queue in enumerate(template.queues):
        if queue not in queues:
            yield ("queues", index), f"queue '{queue}' is not in queues.yml{_meant(queue, queues)}"
    for language in ("it", "en"):
        text = template.text.say(language)
        if len(text) > LONGEST:
            yield ("text", language), f"a template can have {LONGEST:,} characters at most"
        for name in dict.fromkeys(_PLACEHOLDER.findall(text)):
            if name.startswith(OF_FORM):
                field = name.removeprefix(OF_FORM)
                if field not in fields:
                    yield ("text", language), f"no form has the field '{field}'{_meant(field, fields)}"
            elif name not in NAMES:
                known = {*NAMES, *(OF_FORM + field for field in fields)}
                yield ("text", language), f"there is no placeholder '{name}'{_meant(name, known)}"
        if "{{" in (rest := _PLACEHOLDER.sub("", text)) or "}}" in rest:
            yield ("text", language), "write a placeholder like {{ requester }} or {{ field.student_number }}"


def _meant(word: str, known: set[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), 1)
    return f": did you mean '{near[0]}'?" if near else ""


def _above(queue: str, queues: Queues) -> Iterator[str]:
    """The queue and all those above it."""
    found = queues.get(queue)
    while found is not None:
        yield found.id
        found = queues.get(found.parent) if found.parent else None
