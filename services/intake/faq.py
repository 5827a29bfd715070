"""`config/faq/*.yml`: answered questions, each with the forms that it belongs to, in both languages."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import nh3
from markdown_it import MarkdownIt
from pydantic import Field

from services.intake.faq_search import Index, Text
from shared.entries import Entry, read_entries
from shared.errors import ConfigError
from shared.events import Language
from shared.forms import Forms
from shared.reload import Kept
from shared.yamlfile import Location, Strict, Texts

FOLDER: Final = "faq"
LONGEST_QUESTION: Final = 160
LONGEST_ANSWER: Final = 1500
LANGUAGES: Final[tuple[Language, ...]] = ("it", "en")
_TAGS: Final = {"p", "ul", "ol", "li", "strong", "em", "a", "br"}
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


class Keywords(Strict):
    """Other words for it."""

    it: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def say(self, language: Language) -> tuple[str, ...]:
        """Those of a language."""
        return self.en if language == "en" else self.it


class Question(Entry):
    """One question with its answer. The first of `forms` is for whom the answer wasn't enough."""

    forms: tuple[str, ...] = Field(min_length=1)
    question: Texts
    answer: Texts
    keywords: Keywords = Keywords()


class Answered(NamedTuple):
    """A question in one language; `html` is safe to show."""

    id: str
    question: str
    html: str
    forms: tuple[str, ...]


class Faq:
    """All questions, in the order of the files."""

    def __init__(self, questions: Sequence[Question] = ()) -> None:
        self._said = {language: [_answered(each, language) for each in questions] for language in LANGUAGES}
        self._index = {
            language: Index([_text(each, language) for each in questions], language) for language in LANGUAGES
        }
        self._ids = frozenset(each.id for each in questions)

    @classmethod
    def load(cls, config_dir: Path, forms: Forms) -> "Faq":
        """Those of a folder; the first fault is raised as `ConfigError`. No folder, no questions."""
        questions, faults = read(config_dir, forms)
        if faults:
            raise faults[0]
        return cls(questions)

    def __contains__(self, question_id: str) -> bool:
        return question_id in self._ids

    def all(self, language: Language, form: str = "") -> list[Answered]:
        """All of them, or those of a form."""
        return [each for each in self._said[language] if not form or form in each.forms]

    def similar(self, text: str, language: Language, form: str = "", most: int = 3) -> list[Answered]:
        """What answers something like `text`, best first; a little rather those of `form`."""
        said = self._said[language]
        near = [form in each.forms for each in said]
        return [said[place] for place in self._index[language].find(text, near, most)]


def watched_faq(config_dir: Path, forms: Forms) -> Kept[Faq]:
    """The questions as the files have them, once they are right; they change with the files while intake runs."""
    return Kept([config_dir / FOLDER], partial(Faq.load, config_dir, forms))


def read(config_dir: Path, forms: Forms) -> tuple[list[Question], list[ConfigError]]:
    """All questions of a folder, and everything wrong with them; a fault that hides others in its file comes alone."""
    return read_entries(config_dir / FOLDER, "questions", Question, "question", partial(_faults, forms=forms))


def _faults(question: Question, forms: Forms) -> Iterator[tuple[Location, str]]:
    for index, form in enumerate(question.forms):
        if form not in forms.ids():
            yield ("forms", index), f"there is no form '{form}'"
    for language in LANGUAGES:
        for name, text, longest in (
            ("question", question.question.say(language), LONGEST_QUESTION),
            ("answer", question.answer.say(language), LONGEST_ANSWER),
        ):
            if not text.strip():
                yield (name, language), "is empty: write it"
            if len(text) > longest:
                yield (name, language), f"has {len(text):,} characters: {longest:,} at most"
        for tag in sorted(_tags(question.answer.say(language)) - _TAGS):
            yield ("answer", language), f"would need <{tag}>: write paragraphs, lists, bold, emphasis and links only"


def _tags(markdown: str) -> set[str]:
    """The elements that it asks for."""
    tokens = _MARKDOWN.parse(markdown)
    inner = [child for token in tokens for child in token.children or ()]
    return {token.tag for token in (*tokens, *inner) if token.tag and token.nesting >= 0}


def _answered(question: Question, language: Language) -> Answered:
    html = nh3.clean(
        _MARKDOWN.render(question.answer.say(language)).strip(),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto"},
        link_rel=None,
    )
    return Answered(question.id, question.question.say(language), html, question.forms)


def _text(question: Question, language: Language) -> Text:
    return Text(
        question.question.say(language),
        " ".join(question.keywords.say(language)),
        question.answer.say(language),
    )
