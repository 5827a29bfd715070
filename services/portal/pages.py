"""Renders the templates: one Jinja environment per language, autoescaped, with what every page needs."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from services.portal import wording
from services.portal.assets import Assets
from services.portal.folding import folded
from services.portal.gate import Visitor
from services.portal.i18n import NAMES, Tongue, tongues
from services.portal.keyless import keyless
from shared.config import Settings
from shared.events import Language
from shared.ids import random_id
from shared.queues import Queues

# How the templates are indented is nobody's to load: a tenth of a long page. A line end stays, and so do typed spaces,
# which stand before text, before the end of a field, or before a colleague's name.
INDENT = re.compile(r"\n[ \t]+(?=<(?!/textarea|b[ >]))")
TEMPLATES = Path(__file__).with_name("templates")


class Pages:
    """All templates in both languages."""

    def __init__(self, settings: Settings, queues: Queues, assets: Assets) -> None:
        self._demo = settings.demo
        # Whether cookies may only travel encrypted.
        self.secure = settings.portal_url.startswith("https://")
        self._intake_url = settings.intake_url.rstrip("/")
        self._queues = queues
        self.tongues = tongues()
        self._environments = {language: _environment(tongue, assets) for language, tongue in self.tongues.items()}

    def show(
        self, request: Request, visitor: Visitor, template: str, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """The page."""
        return HTMLResponse(self.render(request, visitor, template, **context), status)

    def render(self, request: Request, visitor: Visitor, template: str, **context: Any) -> str:
        """A page or a part of one. Every template finds who reads it, when, and in which language."""
        language = visitor.language
        other: Language = "en" if language == "it" else "it"
        known = {
            "visitor": visitor,
            "person": visitor.known,
            "csrf": visitor.session.csrf if visitor.session else "",
            "language": language,
            "theme": visitor.theme,
            "other_language": other,
            "language_names": NAMES,
            "tongue": self.tongues[language],
            "now": datetime.now(UTC),
            "here": address(request),
            "demo": self._demo != "off",
            # Who is signed in is vouched for on the way to the forms.
            "forms_url": "/new-request" if visitor.known else f"{self._intake_url}/forms?lang={language}",
            "queue_name": partial(self._queues.name, language=language),
        }
        return INDENT.sub("\n", self._environments[language].get_template(template).render({**known, **context}))

    def tongue(self, visitor: Visitor) -> Tongue:
        """The visitor's language."""
        return self.tongues[visitor.language]


def address(request: Request) -> str:
    """The page's own address, as a link within the portal."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def with_query(path: str, pairs: Sequence[tuple[str, str | None]]) -> str:
    """`path` with those of `pairs` that have a value."""
    query = urlencode([(name, value) for name, value in pairs if value])
    return f"{path}?{query}" if query else path


def _environment(tongue: Tongue, assets: Assets) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The extension adds these methods; its types don't say so.
    install: Any = environment
    install.install_gettext_translations(tongue.translations, newstyle=True)
    for name in ("ngettext", "npgettext"):
        environment.globals[name] = _with_written_numbers(environment.globals[name], tongue)
    environment.filters["number"] = tongue.number
    environment.filters["keyless"] = keyless
    environment.filters["folded"] = folded
    environment.globals.update(
        static=assets.address,
        wording=wording,
        new_key=random_id,
        with_query=with_query,
    )
    return environment


def _with_written_numbers(plural: Any, tongue: Tongue) -> Any:
    """`ngettext`, whose `%(num)s` is written as the language writes numbers."""

    @pass_context
    def written(context: Context, *given: Any, **values: Any) -> Any:
        return plural(context, *given, **{"num": tongue.number(given[-1]), **values})

    return written
