"""Every address of intake with nonsense, in both languages: who asked for a page gets one, and each reads their own.

The routes are read from the running app's own table, so that a new one can't be forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute

from services.intake import app as intake_app
from shared.config import Settings
from shared.identity import follow_token, information_token, submission_token
from tests.unit.intake.fakes import ARTICLE, KEY, TICKET
from tests.unit.intake.page import Page

pytestmark = pytest.mark.integration
HOLES: Final = {
    "token": (
        follow_token(TICKET, 0, KEY),
        submission_token(TICKET, KEY),
        information_token(TICKET, ARTICLE, KEY),
        "x",
    ),
    "form_id": ("credentials", "nothing"),
    "version": ("1", "99", "x"),
    "what": ("thanks", "rating", "end", "nonsense"),
    "rest": ("x",),
}
QUERIES: Final = (
    "",
    "before=abc",
    "before=0",
    "before=999999999999999999999999",
    "context=nonsense",
    "site=nothing",
    "since=x&level=x&page=%00&f.kind=x&said=x&asked=x.y.z&q=%ff&form=nothing",
)
JSON: Final = {"Content-Type": "application/json"}
BODIES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"content": b"{", "headers": JSON},
    {"content": b"[]", "headers": JSON},
    {"content": b"x" * 600_000, "headers": JSON},
    {"content": b"x", "headers": {"Content-Type": "application/xml"}},
    {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    {"json": {"helpful": "perhaps", "text": 7, "question": "x", "_context": "x"}},
    {"json": {"text": "Ciao", "helpful": "yes", "number": "1", "email": "a@b.example"}},
    {"data": {"_key": "\u00e8", "text": "Ciao", "helpful": "yes"}},
    {"data": {"text": "Ciao"}, "headers": {"Idempotency-Key": "k" * 101}},
)


@pytest.fixture
def app() -> FastAPI:
    """Intake, with nobody behind it."""
    nobody = "http://127.0.0.1:9"
    settings = Settings(signing_key=KEY, internal_key=KEY, tickets_urls=nobody, intake_url="http://forms.example")
    return intake_app.build(settings.model_copy(update={"blobs_url": "memory:///"}))


@pytest_asyncio.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://forms.example") as client:
        yield client


def routes_of(routes: Any) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif inner := getattr(getattr(route, "original_router", None) or route, "routes", None):
            yield from routes_of(inner)


def addresses(path: str) -> list[str]:
    """The route with each of what may stand in its holes."""
    found = [path]
    for name, values in HOLES.items():
        found = [one.replace(f"{{{name}:path}}", f"{{{name}}}") for one in found]
        found = [
            one.replace(f"{{{name}}}", value) for one in found for value in (values if f"{{{name}}}" in one else "x")
        ]
    assert not any("{" in one for one in found), f"{path}: what belongs there?"
    return found


def tries(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, address, body) of all that is refused by some route, or by all."""
    paths = sorted({route.path for route in routes_of(app.routes) if not route.path.startswith("/health")})
    found: list[tuple[str, str, dict[str, Any]]] = [("GET", "/nowhere", {}), ("POST", "/static/x", {})]
    for address in (one for path in paths for one in addresses(path)):
        found += [("GET", f"{address}?{query}", {}) for query in QUERIES]
        found += [("POST", f"{address}?", body) for body in BODIES]
        found += [("DELETE", f"{address}?", {}), ("POST", f"{address}?site=nothing", {"json": {}})]
    return found


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_each_is_refused_in_the_words_of_its_reader(
    app: FastAPI, anybody: httpx.AsyncClient, accept: str
) -> None:
    # Several at once: who asks tickets waits for nobody, a second each.
    turn = asyncio.Semaphore(30)

    async def tried(method: str, url: str, how: dict[str, Any]) -> list[tuple[int, str]]:
        said = []
        for language in ("it", "en"):
            headers = {"Accept": accept, "Accept-Language": language, **how.get("headers", {})}
            async with turn:
                answer = await anybody.request(method, url, **{**how, "headers": headers})
            said.append(_words(answer, accept, language))
        return said

    found = await asyncio.gather(*(tried(*each) for each in tries(app)))
    faults = [(each, said) for each, said in zip(tries(app), found, strict=True) if not _fits(said)]
    assert faults == []
    assert {status for said in found for status, _ in said} >= {401, 404, 405, 413, 415, 422, 503}


def _fits(said: list[tuple[int, str]]) -> bool:
    """Both were told the same, and if it was a refusal, each in other words."""
    (status, italian), (other, english) = said
    return status == other and (status < 400 or (italian != english and "?" not in (italian, english)))


def _words(answer: httpx.Response, accept: str, language: str) -> tuple[int, str]:
    """Status and words; `?` where they aren't in the form that was asked for."""
    if accept == "text/html":
        page = answer.headers.get("content-type", "").startswith("text/html")
        text = Page(answer.text).text if page else "?"
        return answer.status_code, text if f'<html lang="{language}"' in answer.text else "?"
    problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["detail"] if problem else "?"


@pytest.mark.parametrize("language", ["it", "en"])
async def test_what_nobody_expected_is_told_in_words_too(
    app: FastAPI, anybody: httpx.AsyncClient, language: str
) -> None:
    @app.get("/crash")
    async def crash(request: Request) -> None:
        raise RuntimeError("secret")

    title = {"it": "Qualcosa non ha funzionato", "en": "Something went wrong"}[language]
    for accept in ("text/html", "application/json"):
        answer = await anybody.get("/crash", headers={"Accept": accept, "Accept-Language": language})
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        told = Page(answer.text).text if accept == "text/html" else answer.json()["title"]
        assert title in told
