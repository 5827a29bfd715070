"""What a machine can keep of how we write: apostrophes, quotes, dots, "e-mail", and each language to itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml
from babel.messages.pofile import read_po

from services.portal.i18n import FOLDER
from shared.forms.texts import SENTENCES

LANGUAGES: Final = ("it", "en")


class Text(NamedTuple):
    """A text that somebody reads. `words`: without what is filled in."""

    where: str
    language: str
    text: str

    @property
    def words(self) -> str:
        return re.sub(r"%\(\w+\)s|\{\w+\}|`[^`]*`|https?://\S+|\S+@\S+", "0", self.text)


def of_yaml(where: str, found: Any) -> Iterator[Text]:
    """Every pair of Italian and English sentences, however deep; lists are words to search by, which nobody reads."""
    if isinstance(found, dict):
        if found and set(found) <= set(LANGUAGES):
            yield from (Text(where, name, said) for name, said in found.items() if isinstance(said, str))
        else:
            for name, inside in found.items():
                yield from of_yaml(f"{where}: {name}", inside)
    elif isinstance(found, list):
        for inside in found:
            yield from of_yaml(where, inside)


def of_portal() -> Iterator[Text]:
    """The catalogue: the English texts are its ids."""
    with (FOLDER / "it" / "LC_MESSAGES" / "portal.po").open("rb") as file:
        for message in read_po(file, locale="it"):
            both: tuple[tuple[str, Any], ...] = (("en", message.id), ("it", message.string))
            for language, said in both if message.id else ():
                for text in (said,) if isinstance(said, str) else said:
                    yield Text("portal.po", language, text)


def texts() -> list[Text]:
    """All of the pages; released forms are never edited, so theirs are not among them."""
    files = [Path("services/intake/texts.yml"), Path("config/guide.yml"), *Path("config/faq").glob("*.yml")]
    found = [text for file in files for text in of_yaml(file.name, yaml.safe_load(file.read_text(encoding="utf-8")))]
    for key, pair in SENTENCES.items():
        found += [Text(f"texts.py: {key}", name, said) for name, said in zip(LANGUAGES, pair, strict=True)]
    return [*found, *of_portal()]


TEXTS: Final = texts()
# What is not written like that, by a name that says what instead.
NEVER: Final = {
    "a straight apostrophe": r"(?<=\w)'(?=\w)",
    "a straight quote": r'"',
    "three dots": r"\.\.\.",
    "mail or email for e-mail": r"(?i)(?<!e-)\be?mails?\b(?! server)",
    "two spaces": r"\S  +\S",
    "a space before a mark": r"\w [,;:.!?](\s|$)",
}
NEVER_ITALIAN: Final = {
    "an e-mail without its apostrophe": r"(?i)\b(una|della|nella|dalla|alla|sulla|la) e-mail\b",
    "via e-mail": r"(?i)\bvia e-mail\b",
    "an accent typed as an apostrophe": r"(?i)\b(e|perche|piu|puo|gia|cosi|citta)['’](\s|$)",
    "an English word": r"(?i)(?<!-)\b(the|your|you|please|with|request|link|queue|agent|owner|submit)\b",
}
NEVER_ENGLISH: Final = {
    "an Italian word": r"(?i)\b(il|della|che|non|una|richiesta|coda|perché|puoi|tuo|tua)\b",
    "an accented letter": r"[àèéìòù]",
}


def test_the_texts_are_found() -> None:
    for language in LANGUAGES:
        assert sum(text.language == language for text in TEXTS) > 1000
    assert {text.where.split(":")[0] for text in TEXTS} >= {
        "texts.yml",
        "guide.yml",
        "fees.yml",
        "texts.py",
        "portal.po",
    }


@pytest.mark.parametrize("what", NEVER)
def test_no_text_has(what: str) -> None:
    assert [text for text in TEXTS if re.search(NEVER[what], text.words)] == []


@pytest.mark.parametrize("what", NEVER_ITALIAN)
def test_no_italian_text_has(what: str) -> None:
    italian = [text for text in TEXTS if text.language == "it"]
    assert [text for text in italian if re.search(NEVER_ITALIAN[what], text.words)] == []


@pytest.mark.parametrize("what", NEVER_ENGLISH)
def test_no_english_text_has(what: str) -> None:
    english = [text for text in TEXTS if text.language == "en" and "Università" not in text.text]
    assert [text for text in english if re.search(NEVER_ENGLISH[what], text.words)] == []


def test_every_text_is_said_in_both_languages() -> None:
    assert [text for text in TEXTS if not text.text.strip()] == []


def test_whoever_asks_is_never_told_of_how_we_work_inside() -> None:
    """The pages of those who ask know requests and offices, no tickets, queues or operators."""
    inside = r"(?i)\b(tickets?|queues?|coda|operator[ei]?|operators|articol[oi]|articles?)\b"
    theirs = [text for text in TEXTS if text.where.startswith(("texts.yml", "guide.yml", "texts.py"))]
    assert [text for text in theirs if re.search(inside, text.words)] == []
