"""The two languages of the pages: words from the gettext catalogue, dates and sizes as each language writes them.

Message ids are the English words; `locale/it/LC_MESSAGES/portal.po` has the Italian ones.
"""

import io
from datetime import datetime
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from shared.events import Language

LANGUAGES: tuple[Language, ...] = ("it", "en")
NAMES: dict[Language, str] = {"it": "Italiano", "en": "English"}
FOLDER = Path(__file__).with_name("locale")
ROME = ZoneInfo("Europe/Rome")
# Units of an age with their seconds, the longest first.
UNITS = (("duration-day", 86_400), ("duration-hour", 3_600), ("duration-minute", 60))


def marked(message: str) -> str:
    """Marks a constant for the catalogue; it is translated where it is shown."""
    return message


class Tongue:
    """One language: what the templates need to speak it."""

    def __init__(self, language: Language, translations: NullTranslations) -> None:
        self.language = language
        self.translations = translations
        # British habits for dates: the English of European universities.
        self._locale = "it_IT" if language == "it" else "en_GB"

    def say(self, message: str, **values: object) -> str:
        """The message in this language, with `%(name)s` filled in."""
        text = self.translations.gettext(message)
        return text % values if values else text

    def moment(self, when: datetime) -> str:
        """`23 novembre 2026, 18:42`"""
        return f"{format_date(self._local(when), 'long', self._locale)}, {self.clock(when)}"

    def short_moment(self, when: datetime, now: datetime) -> str:
        """`18:42` today, else `23 nov 2026, 18:42`."""
        local = self._local(when)
        if local.date() == self._local(now).date():
            return self.clock(when)
        return format_datetime(local, "d MMM y, HH:mm", locale=self._locale)

    def day(self, when: datetime) -> str:
        """`23 novembre 2026`"""
        return format_date(self._local(when), "long", self._locale)

    def clock(self, when: datetime) -> str:
        """`18:42`"""
        return format_time(self._local(when), "HH:mm", locale=self._locale)

    def seconds_clock(self, when: datetime) -> str:
        """`18:42:07`"""
        return format_time(self._local(when), "HH:mm:ss", locale=self._locale)

    def age(self, when: datetime, now: datetime) -> str:
        """`3 min`, `2 h`, `5 giorni`: how long something has waited, in whole units."""
        seconds = int((now - when).total_seconds())
        for unit, one in UNITS:
            if seconds >= one:
                return format_unit(seconds // one, unit, "short", locale=self._locale)
        return self.say("now")

    def number(self, count: int) -> str:
        """`1.234`"""
        return str(format_decimal(count, locale=self._locale))

    def size(self, octets: int) -> str:
        """`2,4 MB`"""
        for unit, one in (("MB", 1_000_000), ("kB", 1_000)):
            if octets >= one:
                return f"{format_decimal(round(octets / one, 1), locale=self._locale)} {unit}"
        return f"{octets} B"

    def _local(self, when: datetime) -> datetime:
        return when.astimezone(ROME)


def tongues(folder: Path = FOLDER) -> dict[Language, Tongue]:
    """Both languages, from the catalogue under `folder`."""
    return {language: Tongue(language, _translations(folder, language)) for language in LANGUAGES}


def _translations(folder: Path, language: Language) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    with (folder / language / "LC_MESSAGES" / "portal.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
