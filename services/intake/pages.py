"""What a person sees of intake, as HTML strings: the forms, their list, the answer to a submission.

    render_list      GET /forms
    render_form      GET /forms/{id}, and again after a refusal
    render_result    POST .../submissions: 201 with the number, 202 without
    render_problem   any other refusal, for a browser
    contract         GET /forms/{id}/contract, as JSON

`values` are answers as they were typed, `errors` sentences by field, `key` the idempotency key the page carries.
The pages need `/embed.js` and `/static/` from `static/`, and work under a policy without inline scripts or styles.
What comes after a submission is in `follow_pages`.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.intake.texts import say
from shared.events import Language
from shared.forms.model import Form
from shared.forms.schema import json_schema
from shared.forms.view import fields

HERE = Path(__file__).parent
STATIC = HERE / "static"
FILLED_IN_LATER = {name: f"{{{name}}}" for name in ("seconds", "name", "size")}
# Texts that only the script says.
SPOKEN = ("sending", "retry_title", "retrying", "gave_up", "refused", "errors_title", "errors_intro", "file_too_large")


@cache
def _asset(name: str) -> str:
    """A static file's name that changes with its content, so that a browser may keep it for long."""
    return f"{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["asset"] = _asset


def render_list(forms: Iterable[Form], language: Language, *, context: str = "") -> str:
    """All forms to choose from; `context` (a site's word for who this is) goes along with each link."""
    listed = [
        {
            "title": form.title.say(language),
            "summary": form.summary.say(language),
            "url": _url(f"/forms/{form.id}", lang=language, context=context),
        }
        for form in forms
    ]
    return render("list.html", language, forms=listed, other_url=other_address("/forms", language, context=context))


def render_form(
    form: Form,
    language: Language,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    key: str,
    action: str,
    *,
    context: str = "",
    notice: str | None = None,
) -> str:
    """The form, with what was typed and what is wrong with it. `notice`: a sentence above it all, like "try again"."""
    site = parse_qs(urlsplit(action).query).get("site", [""])[0]
    again = bool(errors or notice)
    # Another language means another page: what was typed would be lost there, so it is offered at first only.
    other = None if again else other_address(f"/forms/{form.id}", language, site=site, context=context)
    drawn = _drawn(form, language, values, errors, key, action, context)
    return render("form.html", language, other_url=other, again=again, notice=notice, **drawn)


def render_result(number: str | None, status_url: str, language: Language) -> str:
    """The request is in: with its number, or still waiting for it."""
    url = f"{status_url}{'&' if '?' in status_url else '?'}lang={language}"
    return render("result.html", language, other_url=None, number=number, status_url=url)


def render_problem(status: int, title: str, detail: str, language: Language) -> str:
    """Something that can't be shown as a form: an unknown address, a body beyond all limits."""
    return render("problem.html", language, other_url=None, status=status, title=title, detail=detail)


def contract(form: Form, language: Language, base_url: str) -> dict[str, Any]:
    """All that another page needs to offer this form: the schema, the fields to draw, and the form ready-made (`html`).

    `base_url` is intake's public address. Whoever draws the form itself posts to `submit`; a site adds `&site=<id>`.
    """
    base = base_url.rstrip("/")
    action = f"{base}{_url(f'/forms/{form.id}/submissions', lang=language)}"
    drawn = _drawn(form, language, {}, {}, "", action, "")
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
        "html": render("widget.html", language, again=False, notice=None, **drawn),
    }


def _drawn(
    form: Form,
    language: Language,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    key: str,
    action: str,
    context: str,
) -> dict[str, Any]:
    asked = fields(form, language)
    known = {field["id"] for field in asked}
    return {
        "title": form.title.say(language),
        "intro": form.intro.say(language),
        "fields": asked,
        "values": values,
        "errors": errors,
        # Faults of fields that the page doesn't have are told all the same.
        "strays": [message for field, message in errors.items() if field not in known],
        "key": key,
        "action": action,
        "context": context,
        # Who is vouched for can't be typed over.
        "vouched": bool(context) and all(values.get(name) for name in ("name", "email")),
        "spoken": {name: say(language, name, **FILLED_IN_LATER) for name in SPOKEN},
    }


def render(template: str, language: Language, **facts: Any) -> str:
    """A template with its facts and the words of the language."""
    return _environment.get_template(template).render(language=language, t=partial(say, language), **facts)


def _url(path: str, **query: str) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def other_address(path: str, language: Language, **query: str) -> str:
    """The same page in the other language."""
    return _url(path, lang="it" if language == "en" else "en", **query)
