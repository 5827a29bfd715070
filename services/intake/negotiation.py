"""What a request asks for beside its content: language, kind of answer, site and who may read the answer (CORS)."""

from urllib.parse import urlsplit

from fastapi import Request

from shared.errors import Forbidden
from shared.events import Language
from shared.forms import Forms
from shared.forms.model import Form

# A page of our own: the site of whoever names none.
OWN_SITE = "portal"
_NOT_HERE: dict[Language, str] = {
    "it": "Questo sito non può inviare questo modulo.",
    "en": "This site may not send this form.",
}


def language_of(request: Request) -> Language:
    """`?lang=`, else the browser's first of ours, else Italian."""
    asked = request.query_params.get("lang", "")
    if asked in ("it", "en"):
        return "en" if asked == "en" else "it"
    for choice in request.headers.get("accept-language", "").split(","):
        code = choice.partition(";")[0].strip().lower()[:2]
        if code in ("it", "en"):
            return "en" if code == "en" else "it"
    return "it"


def wants_page(request: Request) -> bool:
    """Whether a browser is to be shown a page, rather than a program an answer."""
    accepted = request.headers.get("accept", "")
    html, json = accepted.find("text/html"), accepted.find("json")
    return html >= 0 and (json < 0 or html < json)


def prefers_async(request: Request) -> bool:
    """RFC 7240: `Prefer: respond-async` wants no waiting."""
    preferences = ",".join(request.headers.getlist("prefer"))
    return any(one.strip().lower() == "respond-async" for one in preferences.split(","))


def site_of(request: Request, form: Form, forms: Forms, own_origin: str, language: Language) -> str:
    """The site in whose name the form is sent. `Forbidden` when the form or the page's origin is not that site's."""
    site = request.query_params.get("site") or OWN_SITE
    origin = request.headers.get("origin")
    # A page of ours may carry any site's name; without an Origin it is a program, not somebody's browser.
    ours = origin is None or origin == own_origin
    if site not in forms.sites or not form.allows(site) or not (ours or forms.may_embed(form, site, origin or "")):
        raise Forbidden(_NOT_HERE[language])
    return site


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def cors(request: Request, allowed: frozenset[str]) -> dict[str, str]:
    """Headers that let a page of an allowed origin read the answer. Never with cookies."""
    origin = request.headers.get("origin", "")
    headers = {"Vary": "Origin"}
    if origin in allowed:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Location, Retry-After"
    return headers


def preflight(request: Request, allowed: frozenset[str]) -> dict[str, str]:
    """The answer to a browser that asks before it sends."""
    return {
        **cors(request, allowed),
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Prefer, Accept",
        "Access-Control-Max-Age": "600",
    }
