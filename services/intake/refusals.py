"""Submissions that are refused, and addresses that lead nowhere: a page for a browser, problem+json for a program."""

from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from services.intake import pages
from services.intake.negotiation import language_of, wants_page
from services.intake.security import HEADERS
from services.intake.texts import say
from services.intake.vouching import SignInAgain
from shared.errors import (
    BadInput,
    Conflict,
    DependencyDown,
    Forbidden,
    NotFound,
    NotSignedIn,
    SportelloError,
    TooLarge,
    TooMany,
    TooSlow,
    UnsupportedType,
)
from shared.events import Language
from shared.web import problem

_WORDS: dict[type[SportelloError], dict[Language, tuple[str, str]]] = {
    NotFound: {
        "it": ("Pagina non trovata", "Questo modulo non esiste, o non esiste più."),
        "en": ("Page not found", "There is no such form, or no longer."),
    },
    NotSignedIn: {
        "it": (
            "Collegamento non valido",
            (
                "Il collegamento non è valido o è scaduto. Usa quello dell'ultima e-mail che ti abbiamo mandato, "
                "oppure chiedine uno nuovo: lo mandiamo all'indirizzo della richiesta."
            ),
        ),
        "en": (
            "This link is not valid",
            (
                "The link is not valid, or has expired. Use the one in the last e-mail that we sent you, "
                "or ask for a new one: we send it to the address of the request."
            ),
        ),
    },
    TooSlow: {
        "it": (
            "Invio interrotto",
            "La richiesta non è arrivata intera: controlla la connessione e invia di nuovo.",
        ),
        "en": ("Sending was cut off", "The request did not arrive in full: check your connection and send it again."),
    },
    DependencyDown: {
        "it": (
            "Servizio momentaneamente non disponibile",
            "In questo momento non riusciamo a ricevere la richiesta. Non hai perso nulla: riprova tra poco.",
        ),
        "en": (
            "Temporarily unavailable",
            "We can't receive the request just now. Nothing is lost: try again in a moment.",
        ),
    },
}
# What the other kinds are called (`texts.yml`); their sentences are in the reader's language already.
_TITLES: dict[type[SportelloError], str] = {
    TooLarge: "title_too_large",
    UnsupportedType: "title_unsupported",
    BadInput: "title_bad_input",
    Forbidden: "title_forbidden",
    Conflict: "title_conflict",
    TooMany: "too_many_title",
}
# Where mailed links lead: who comes there with half of one is offered a new one.
_LINKS = ("/requests", "/submissions", "/information")


def title_of(error: SportelloError, language: Language) -> str:
    """What a kind of refusal is called."""
    key = next((key for kind, key in _TITLES.items() if isinstance(error, kind)), "")
    return say(language, key) if key else error.title


def in_words(error: SportelloError, language: Language) -> tuple[str, str]:
    """Title and sentence for a person, in their language."""
    if isinstance(error, SignInAgain):
        return error.title, error.detail
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words[language]
    return title_of(error, language), error.detail


def faults_of(error: SportelloError) -> dict[str, str]:
    """What is wrong with each field, in the order of the page."""
    faults: dict[str, str] = {}
    for fault in error.extra.get("errors", []):
        faults[fault["field"]] = " ".join(filter(None, (faults.get(fault["field"]), fault["message"])))
    return faults


def answer(
    request: Request,
    error: SportelloError,
    headers: dict[str, str] | None = None,
    words: tuple[str, str] | None = None,
) -> Response:
    """The refusal in the form that was asked for. `words`: title and sentence, where `in_words` has no fitting ones."""
    headers = dict(headers or {})
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    language = language_of(request)
    title, detail = words or in_words(error, language)
    if wants_page(request):
        # Forged, expired or ended: whoever has a request gets to it again.
        lost = isinstance(error, NotSignedIn) or error.extra.get("code") == "link_ended"
        html = pages.render_problem(error.status, title, detail, language, new_link=lost)
        return HTMLResponse(html, error.status, headers=headers)
    extra: dict[str, Any] = {"code": type(error).__name__, **error.extra}
    return problem(error.status, title, detail, headers, **extra)


async def on_error(request: Request, error: Exception) -> Response:
    """The handler of every error a route raised."""
    assert isinstance(error, SportelloError)  # noqa: S101  # registered for this class only
    return answer(request, error)


async def on_invalid(request: Request, error: Exception) -> Response:
    """The handler of an address whose query the framework can't read."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class only
    return answer(request, BadInput(say(language_of(request), "bad_address")))


async def on_crash(request: Request, _: Exception) -> Response:
    """The handler of what nobody expected. It stands outside of all middleware, which would add the headers."""
    language = language_of(request)
    words = say(language, "crashed_title"), say(language, "crashed")
    if not wants_page(request):
        return problem(500, *words, HEADERS)
    return HTMLResponse(pages.render_problem(500, *words, language), 500, headers=HEADERS)


async def on_http_error(request: Request, error: Exception) -> Response:
    """An address that leads nowhere, or is for sending only, as the framework found it."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class only
    headers = dict(error.headers or {})
    language = language_of(request)
    words = say(language, "nowhere_title"), say(language, "nowhere")
    if not wants_page(request):
        return problem(error.status_code, *words, headers)
    html = pages.render_problem(error.status_code, *words, language, new_link=request.url.path.startswith(_LINKS))
    return HTMLResponse(html, error.status_code, headers=headers)
