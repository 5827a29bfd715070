"""What a person sees of intake, as HTML strings: the forms, their list, the answer to a submission.

    render_list      GET /forms
    render_form      GET /forms/{id}, and again after a refusal
    render_result    POST .../submissions: 201 with the number, 202 without
    render_problem   any other refusal, for a browser
    contract         GET /forms/{id}/contract, as JSON

`values` are answers as they were typed, `errors` sentences by field.
The pages need `/embed.js` and `/static/` from `static/`, and work under a policy without inline scripts or styles.
What comes after a submission is in `follow_pages`.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.intake.faq import Answered
from services.intake.guide import Guide, Listed, fitting
from services.intake.script import Packed, embed, packed_json
from services.intake.texts import say
from shared.events import Language
from shared.forms.changes import gone, news
from shared.forms.model import Form
from shared.forms.schema import json_schema
from shared.forms.view import fields

HERE = Path(__file__).parent
STATIC = HERE / "static"
# Facts that the script fills into the texts that it says.
FILLED_IN_LATER = {name: f"{{{name}}}" for name in ("seconds", "name", "names", "size", "types", "count")}
SPOKEN = (
    "sending", "uploading", "retry_title", "retrying", "offline_title", "offline", "gave_up", "refused",
    "errors_title", "errors_intro", "file_too_large", "file_type", "file_removed", "remove_file", "remove_this_file",
    "choose_again", "similar_title", "similar_told", "similar_helped", "helped_cleared",
)  # fmt: skip


@cache
def _asset(name: str) -> str:
    """A static file's name that changes with its content, so that a browser may keep it for long."""
    if name == "embed.js":
        return f"{name}?v={embed().digest}"
    return f"{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


@cache
def style() -> str:
    """What dresses a form, in a page of ours or in the widget."""
    return (STATIC / "form.css").read_text(encoding="utf-8")


@dataclass(frozen=True)
class News:
    """What is new in a form since it was shown, and what was typed that it has no place for: (label, text)."""

    sentences: Sequence[str]
    left: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class FormPage:
    """What a form's page shows beside the form itself.

    `key`: the idempotency key that it carries. `notice`: a sentence above it all, like "try again". `page`: where the
    person came from. `preview`: for form makers, it can't be sent.
    """

    key: str
    action: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    context: str = ""
    page: str = ""
    notice: str | None = None
    changes: News | None = None
    preview: bool = False
    # Answered questions of this form, for who has no script that looks for fitting ones.
    answers: Sequence[Answered] = ()

    @property
    def again(self) -> bool:
        """Whether it was sent from here already."""
        return bool(self.errors or self.notice or self.changes)


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["asset"] = _asset


def render_list(guide: Guide, language: Language, asked: str = "", *, context: str = "") -> str:
    """All forms to choose from, those that fit the words `asked` first of all.

    `context` (a site's word for who this is) goes along with each link.
    """
    forms, situations = guide.forms(language), guide.situations(language)
    idle = guide.idle(language)
    fits = fitting([*forms, *situations], asked, idle)
    listed = [_link(one, shown, language, context) for one, shown in zip([*forms, *situations], fits, strict=True)]
    return render(
        "list.html",
        language,
        forms=listed[: len(forms)],
        situations=listed[len(forms) :],
        asked=asked,
        idle=" ".join(sorted(idle)),
        count=sum(fits[: len(forms)]),
        context=context,
        later={"count": "{count}"},
        all_url=_url("/forms", lang=language, context=context),
        other_url=other_address("/forms", language, q=asked, context=context),
    )


def _link(one: Listed, shown: bool, language: Language, context: str) -> dict[str, Any]:
    filled = {f"f.{field}": value for field, value in one.fill.items()}
    url = _url(f"/forms/{one.form.id}", lang=language, context=context, **filled)
    words = " ".join(sorted(one.words))
    return {"title": one.title, "text": one.text, "who": one.who, "url": url, "shown": shown, "words": words}


def render_form(form: Form, language: Language, page: FormPage) -> str:
    """The form, with what was typed and what is wrong with it."""
    site = parse_qs(urlsplit(page.action).query).get("site", [""])[0]
    # Another language means another page: what was typed would be lost there, so it is offered at first only.
    other = other_address(f"/forms/{form.id}", language, site=site, page=page.page, context=page.context)
    drawn = _drawn(form, language, page)
    return render("form.html", language, other_url=None if page.again or page.preview else other, **drawn)


def render_result(number: str | None, status_url: str, language: Language, usual: str = "") -> str:
    """The request is in: with its number, or still waiting for it. `usual`: when an answer usually comes."""
    url = f"{status_url}{'&' if '?' in status_url else '?'}lang={language}"
    return render("result.html", language, other_url=None, number=number, status_url=url, usual=usual)


def render_problem(
    status: int, title: str, detail: str, language: Language, *, new_link: bool = False, renew_url: str = ""
) -> str:
    """Something that can't be shown as a form: an unknown address, a body beyond all limits."""
    said = {"status": status, "title": title, "detail": detail, "new_link": new_link, "renew_url": renew_url}
    return render("problem.html", language, other_url=None, **said)


@lru_cache(maxsize=200)
def packed_contract(form: Form, language: Language, base_url: str, old: Form | None, level: int) -> Packed:
    """The contract as it is sent: every page of every site asks for it."""
    return packed_json(contract(form, language, base_url, old, level))


def contract(form: Form, language: Language, base_url: str, old: Form | None = None, level: int = 2) -> dict[str, Any]:
    """All that another page needs to offer this form: the schema, the fields to draw, and the form ready-made (`html`).

    `base_url` is intake's public address. Whoever draws the form itself posts to `submit`; a site adds `&site=<id>`.
    `old`: the version that somebody began to fill in; `changes` says what is new since. `level`: of the heading.
    """
    base = base_url.rstrip("/")
    action = f"{base}{_url(f'/forms/{form.id}/submissions', lang=language)}"
    changes = None
    if old is not None and old.version != form.version:
        lost = {field: one._asdict() for field, one in gone(old, form, language).items()}
        changes = {"sentences": news(old, form, language), "gone": lost}
    return {
        "form": form.id,
        "version": form.version,
        "language": language,
        "title": form.title.say(language),
        "intro": form.intro.say(language),
        "schema": json_schema(form, language),
        "fields": fields(form, language),
        "submit": action,
        "page": f"{base}{_url(f'/forms/{form.id}', lang=language)}",
        "style": f"{base}/static/{_asset('form.css')}",
        "css": style(),
        "html": render("widget.html", language, level=level, **_drawn(form, language, FormPage("", action))),
        "changes": changes,
    }


def _drawn(form: Form, language: Language, page: FormPage) -> dict[str, Any]:
    asked = fields(form, language)
    known = {each["id"] for each in asked}
    return {
        "title": form.title.say(language),
        "intro": form.intro.say(language),
        "form_id": form.id,
        "version": form.version,
        "fields": asked,
        # Faults of fields that the page doesn't have are told all the same.
        "strays": [message for name, message in page.errors.items() if name not in known],
        # Who is vouched for can't be typed over.
        "vouched": bool(page.context) and all(page.values.get(name) for name in ("name", "email")),
        "spoken": {name: say(language, name, **FILLED_IN_LATER) for name in SPOKEN},
        "again": page.again,
        **{each.name: getattr(page, each.name) for each in dataclasses.fields(page)},
        "values": {name: _as_typed(value, language) for name, value in page.values.items()},
    }


def _as_typed(value: Any, language: Language) -> Any:
    return str(value).replace(".", ",") if isinstance(value, float) and language == "it" else value


def render(template: str, language: Language, **facts: Any) -> str:
    """A template with its facts and the words of the language."""
    return _environment.get_template(template).render(language=language, t=partial(say, language), **facts)


def _url(path: str, **query: str) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def other_address(path: str, language: Language, **query: str) -> str:
    """The same page in the other language."""
    return _url(path, lang="it" if language == "en" else "en", **query)
