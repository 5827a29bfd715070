"""`config/guide.yml`: which form for which situation, words to find a form by, and who answers it.

It stands beside the forms and not in them: a released form is never edited, and what people call things changes.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from shared.errors import ConfigError, NotFound
from shared.events import Language
from shared.forms import Form, Forms, keeping
from shared.forms.model import ChoiceField, ChoicesField
from shared.queues import Queues
from shared.reload import Kept
from shared.yamlfile import Location, Strict, Texts, YamlFile


class Words(Strict):
    """Single words in both languages."""

    it: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class Entry(Strict):
    """What is said of a form beside the form. `queue`: whose name people read as who answers."""

    queue: str
    words: Words = Words()


class Situation(Strict):
    """What happened to somebody, in their words, and the form for it; `fill`: answers that this already gives."""

    says: Texts
    form: str
    fill: dict[str, str] = Field(default_factory=dict)


class _File(Strict):
    idle: Words = Words()
    forms: dict[str, Entry] = Field(default_factory=dict)
    situations: tuple[Situation, ...] = ()


class Listed(NamedTuple):
    """A form or a situation on the page of all forms. `words`: by what it is found, folded."""

    form: Form
    title: str
    text: str
    who: str
    words: frozenset[str]
    fill: dict[str, str]


class Guide:
    """The file, read and checked against the forms and queues. Without a file: the forms alone."""

    def __init__(self, forms: Forms, content: _File, queues: Queues) -> None:
        self._forms = forms
        self._content = content
        self._queues = queues

    @classmethod
    def load(cls, config_dir: Path, forms: Forms, queues: Queues | None = None) -> "Guide":
        """Raises `ConfigError` with file and line at the first fault. `queues`: else those of the same folder."""
        queues, path = queues or Queues.load(config_dir), config_dir / "guide.yml"
        if not path.exists():
            return cls(forms, _File(), queues)
        file = YamlFile(path)
        guide = cls(forms, file.into(_File), queues)
        for location, sentence in guide.faults():
            raise file.fault(location, sentence)
        return guide

    def take(self, newer: "Guide") -> None:
        """From now on the same as `newer`, which was checked against the forms and queues that ours have become."""
        self._content = newer._content

    def faults(self) -> Iterator[tuple[Location, str]]:
        """What doesn't fit the forms and queues, each with its place in the file."""
        for form_id, entry in self._content.forms.items():
            if form_id not in self._forms.ids():
                yield ("forms", form_id), f"there is no form '{form_id}'"
            if entry.queue not in self._queues:
                yield ("forms", form_id, "queue"), f"there is no queue '{entry.queue}'"
        for index, situation in enumerate(self._content.situations):
            yield from self._situation_faults(situation, ("situations", index))

    def _situation_faults(self, situation: Situation, at: Location) -> Iterator[tuple[Location, str]]:
        try:
            form = self._forms.current(situation.form)
        except NotFound:
            yield (*at, "form"), f"there is no form '{situation.form}'"
            return
        for field, value in situation.fill.items():
            question = form.by_id.get(field)
            if question is None or question.personal:
                yield (*at, "fill", field), f"'{field}' is no field of '{form.id}' that may be filled in beforehand"
            elif isinstance(question, (ChoiceField, ChoicesField)) and value not in {o.value for o in question.options}:
                yield (*at, "fill", field), f"'{field}' has no option '{value}'"

    def named(self) -> frozenset[str]:
        """The forms that the file names."""
        return frozenset(self._content.forms)

    def queue_of(self, form_id: str) -> str:
        """The queue that answers it; empty when the file doesn't say."""
        return self._content.forms.get(form_id, Entry(queue="")).queue

    def forms(self, language: Language) -> list[Listed]:
        """Every current form."""
        return [self._listed(form, language) for form in self._forms.all_current()]

    def situations(self, language: Language) -> list[Listed]:
        """The situations, in the order of the file."""
        found = []
        for one in self._content.situations:
            form, says = self._forms.current(one.form), one.says.say(language)
            words = fold(says, form.title.say(language), *self._words(form.id, language))
            found.append(Listed(form, says, form.title.say(language), "", words, one.fill))
        return found

    def idle(self, language: Language) -> frozenset[str]:
        """Words that say nothing about what is looked for."""
        return fold(*(self._content.idle.en if language == "en" else self._content.idle.it))

    def _words(self, form_id: str, language: Language) -> tuple[str, ...]:
        entry = self._content.forms.get(form_id, Entry(queue=""))
        return entry.words.en if language == "en" else entry.words.it

    def _listed(self, form: Form, language: Language) -> Listed:
        entry = self._content.forms.get(form.id)
        title, summary = form.title.say(language), form.summary.say(language)
        says = [one.says.say(language) for one in self._content.situations if one.form == form.id]
        who = self._queues.name(entry.queue, language) if entry else ""
        words = fold(title, summary, who, *self._words(form.id, language), *says)
        return Listed(form, title, summary, who, words, {})


def fold(*texts: str) -> frozenset[str]:
    """The words of a text without case and accents."""
    return frozenset(words_of(" ".join(texts)))


def words_of(text: str) -> list[str]:
    """The words, in their order, without case and accents."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).lower()
    return re.findall(r"[a-z0-9]+", plain)


def fitting(listed: list[Listed], asked: str, idle: frozenset[str]) -> list[bool]:
    """Which of `listed` have all words of `asked`, or else as many as possible.

    `script/search.js` does the same while somebody types.
    """
    stems = [_stem(word) for word in words_of(asked) if len(word) > 1 and word not in idle]
    hits = [sum(any(word.startswith(stem) for word in one.words) for stem in stems) for one in listed]
    best = max(hits, default=0)
    return [not stems or (best > 0 and count == best) for count in hits]


def _stem(word: str) -> str:
    # `tasse` finds `tassa`: the last letter of a longer word may differ.
    return word[:-1] if len(word) > 4 else word


def guide_faults(config_dir: Path, forms: Forms) -> list[ConfigError]:
    """Everything wrong with the guide, and the forms it forgets."""
    path = config_dir / "guide.yml"
    if not path.exists():
        return []
    try:
        file = YamlFile(path)
        guide = Guide(forms, file.into(_File), Queues.load(config_dir))
    except ConfigError as error:
        return [error]
    found = [file.fault(location, sentence) for location, sentence in guide.faults()]
    forgotten = sorted(forms.ids() - guide.named())
    return found + [file.fault(("forms",), f"form '{form}' is missing here: who answers it?") for form in forgotten]


class Shown(NamedTuple):
    """What the pages show: all of one moment, and right together."""

    forms: Forms
    queues: Queues
    guide: Guide

    @classmethod
    def load(cls, config_dir: Path, extra_origins: str = "") -> "Shown":
        """Of a folder. `ConfigError` with file and line at the first fault."""
        forms, queues = keeping.load(config_dir, extra_origins), Queues.load(config_dir)
        return cls(forms, queues, Guide.load(config_dir, forms, queues))

    def take(self, newer: "Shown") -> None:
        """From now on the same as `newer`, for whoever holds a part of it."""
        self.forms.take(newer.forms)
        self.queues.take(newer.queues)
        self.guide.take(newer.guide)

    def watched(self, config_dir: Path, extra_origins: str, took: Callable[[], None]) -> Kept["Shown"]:
        """Lets this take what the changed files say, once they are right; `took` hears of it."""

        def take(newer: Shown) -> None:
            self.take(newer)
            took()

        read = partial(Shown.load, config_dir, extra_origins)
        return keeping.kept_with_forms(config_dir, read, take, also=("guide.yml", "queues.yml"))
