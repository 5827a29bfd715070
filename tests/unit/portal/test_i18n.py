"""Every word of the pages exists in both languages, and dates, ages and sizes are written as each language does."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.portal.assets import Assets
from services.portal.i18n import FOLDER, tongues
from services.portal.pages import _environment
from shared.events import Language
from tests.unit.samples import NOON

PORTAL = FOLDER.parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {
    "_": None,
    "say": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Key = tuple[str | None, str]


def asked_for() -> set[Key]:
    """What code and templates say, as (context, message)."""
    options = {"templates/**.html": {"newstyle_gettext": "true"}}
    found = extract_from_dir(str(PORTAL), METHODS, options, keywords=KEYWORDS)
    return {(context, _first(message)) for _, _, message, _, context in found}


def translated() -> Iterator[Message]:
    """What the Italian catalogue has."""
    with (FOLDER / "it" / "LC_MESSAGES" / "portal.po").open("rb") as file:
        catalogue = read_po(file, locale="it")
    return (message for message in catalogue if message.id)


def _first(message: str | Sequence[str]) -> str:
    return message if isinstance(message, str) else message[0]


def _all(text: str | Sequence[str] | None) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text or ("",)


def test_every_message_has_its_italian_words() -> None:
    known = {(m.context, _first(m.id)) for m in translated() if all(_all(m.string)) and not m.fuzzy}
    assert asked_for() - known == set(), "add these to services/portal/locale/it/LC_MESSAGES/portal.po"


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    assert {(m.context, _first(m.id)) for m in translated()} - asked_for() == set()


def test_a_translation_fills_in_the_same_names() -> None:
    names = re.compile(r"%\((\w+)\)s")
    for message in translated():
        expected = set(names.findall(_first(message.id)))
        assert all(set(names.findall(text)) == expected for text in _all(message.string)), message.id


def test_templates_hold_no_words_outside_the_catalogue() -> None:
    """A text between tags that isn't an expression would be the same in both languages."""
    allowed = {"Sportello", "· Sportello", "Sportello ·", "·", "›", "Ctrl", "Esc"}
    for path in Path(PORTAL / "templates").glob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        words = {word.strip() for word in re.findall(r">([^<>]+)<", text)}
        assert {word for word in words if re.search(r"[A-Za-z]{2}", word)} <= allowed, path.name


@pytest.mark.parametrize(
    ("elapsed", "italian", "english"),
    [
        (timedelta(seconds=59), "adesso", "now"),
        (timedelta(minutes=3), "3 min", "3 mins"),
        (timedelta(minutes=119), "1 h", "1 hr"),
        (timedelta(hours=26), "1 giorno", "1 day"),
        (timedelta(days=40), "40 giorni", "40 days"),
    ],
)
def test_an_age_is_told_in_whole_units(elapsed: timedelta, italian: str, english: str) -> None:
    spoken = tongues()
    assert spoken["it"].age(NOON - elapsed, NOON) == italian
    assert spoken["en"].age(NOON - elapsed, NOON) == english


def test_moments_are_those_of_rome() -> None:
    spoken = tongues()
    assert spoken["it"].moment(NOON) == "23 novembre 2026, 13:00"
    assert spoken["en"].moment(NOON) == "23 November 2026, 13:00"
    assert spoken["it"].short_moment(NOON, NOON) == "13:00"
    assert spoken["it"].short_moment(NOON - timedelta(days=1), NOON) == "22 nov 2026, 13:00"


def test_sizes_use_the_language_s_comma() -> None:
    spoken = tongues()
    assert spoken["it"].size(2_400_000) == "2,4 MB"
    assert spoken["en"].size(2_400_000) == "2.4 MB"
    assert spoken["en"].size(999) == "999 B"


def test_numbers_are_grouped_as_the_language_does() -> None:
    spoken = tongues()
    assert [spoken["it"].number(count) for count in (0, 999, 1234, 1234567)] == ["0", "999", "1.234", "1.234.567"]
    assert spoken["en"].number(1234) == "1,234"
    assert spoken["it"].age(NOON - timedelta(days=1234), NOON) == "1.234 giorni"
    assert spoken["it"].size(1_234_500_000) == "1.234,5 MB"


def test_templates_write_the_numbers_of_a_plural_too() -> None:
    words_of: dict[Language, str] = {"it": "1.234 domande aperte", "en": "1,234 open questions"}
    for language, words in words_of.items():
        environment = _environment(tongues()[language], Assets())
        template = environment.from_string('{{ ngettext("%(num)s open question", "%(num)s open questions", n) }}')
        assert template.render(n=1234) == words
        assert environment.from_string("{{ n|number }}").render(n=1234) == words.split()[0]
