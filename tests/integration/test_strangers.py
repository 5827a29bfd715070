"""Another user's request is never reachable: every route of a requester with every kind of stranger.

The routes are read from the running apps' own tables, so that a new one can't be forgotten.
"""

import contextlib
import html
import re
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.intake import app as intake_app
from services.portal import app as portal_app
from shared.blobs import Blobs
from shared.events import Attachment
from shared.identity import follow_token, information_token, sign, submission_token
from shared.ids import random_id
from tests.integration.house import field
from tests.integration.test_information import KEY, PAGE, SECRET, House, house  # noqa: F401
from tests.unit.portal.evil_files import a_photo

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

# Parts of addresses that lead to one request; a route with any other is one that nobody thought of here.
HOLES: Final = frozenset({"number", "key", "token", "what"})
INTAKE: Final = ("/requests/", "/submissions/", "/information/")
DAY: Final = 86_400


def routes_of(app: FastAPI, prefixes: tuple[str, ...]) -> list[tuple[str, str]]:
    """(method, path) of all that lies below."""
    found: list[tuple[str, str]] = []
    for route in _all(app.routes):
        if route.path.startswith(prefixes) and "{" in route.path:
            found += [(method, route.path) for method in route.methods or () if method in ("GET", "POST")]
    return sorted(found)


def _all(routes: Any) -> list[APIRoute]:
    found: list[APIRoute] = []
    for route in routes:
        if isinstance(route, APIRoute):
            found.append(route)
        elif inner := getattr(getattr(route, "original_router", None) or route, "routes", None):
            found += _all(inner)
    return found


def filled(path: str, **holes: str) -> str:
    """The address of a route."""
    for name, value in holes.items():
        path = path.replace(f"{{{name}:path}}", value).replace(f"{{{name}}}", value)
    assert "{" not in path, f"{path}: what belongs there?"
    return path


async def tried(browser: httpx.AsyncClient, method: str, url: str, csrf: str = "") -> httpx.Response:
    """The route, with all that any of our forms sends."""
    if method == "GET":
        return await browser.get(url)
    typed = {"csrf": csrf, "text": "Intruso.", "_message": "Intruso.", "helpful": "yes", "key": random_id()}
    return await browser.post(url, data=typed)


@contextlib.asynccontextmanager
async def closing(browser: httpx.AsyncClient) -> AsyncIterator[None]:
    """Until the block ends; it was used before."""
    try:
        yield
    finally:
        await browser.aclose()


async def sign_in(house: House, person: str) -> tuple[httpx.AsyncClient, str]:  # noqa: F811
    """A browser of this person's, and its token for forms."""
    browser = httpx.AsyncClient(base_url=house.settings.portal_url, timeout=10, headers=PAGE)
    assert (await browser.post("/sign-in", data={"person": person})).status_code == 303
    # Any page of theirs has it, in the form that changes the language.
    browser.follow_redirects = True
    page = await browser.get("/my")
    browser.follow_redirects = False
    return browser, field(page.text, "csrf")


async def test_no_route_of_the_portal_shows_or_changes_anothers_request(house: House) -> None:  # noqa: F811
    owner = random_id()
    key = await Blobs(house.settings.blobs_url).put(owner, a_photo())
    file = Attachment(key=key, name="tessera-di-luca.jpg", media_type="image/jpeg", size=len(a_photo()), field="card")
    ticket = await house.ticket(id=owner, attachments=[file])
    await house.wish(ticket, "take")
    await house.wish(ticket, "close", outcome="closed_successful", reason="Fatto.")
    before = await house.view(ticket)
    routes = routes_of(portal_app.build(house.settings), ("/my",))
    assert len(routes) >= 10, routes
    assert {"previews", "preview-images", "attachments"} <= {path.split("/")[-2] for _, path in routes}
    names = set("".join(path for _, path in routes).replace(":path", "").split("{")[1:])
    assert {name.partition("}")[0] for name in names} <= HOLES
    for person in (None, "chiara.russo", "giulia.conti"):
        if person:
            browser, csrf = await sign_in(house, person)
        else:
            browser, csrf = httpx.AsyncClient(base_url=house.settings.portal_url, timeout=10, headers=PAGE), "x"
        async with closing(browser):
            for method, path in routes:
                for name in (ticket["number"], ticket["id"]):
                    url = filled(path, number=name, key=key)
                    answer = await tried(browser, method, url, csrf)
                    assert answer.status_code in ((404,) if person else (303, 401, 403, 404)), (person, method, path)
                    assert SECRET not in answer.text
                    assert before["subject"] not in answer.text
                    assert file.name not in answer.text
                    assert "image" not in answer.headers.get("content-type", "")
    assert (await house.view(ticket))["seq"] == before["seq"]
    browser, _ = await sign_in(house, "luca.bianchi")
    async with closing(browser):
        # The same addresses are right: they only weren't theirs.
        for path in [path for method, path in routes if method == "GET"]:
            own = await browser.get(filled(path, number=ticket["number"], key=key))
            assert own.status_code == 200, path


def strangers(ticket: dict[str, Any], other: dict[str, Any], article: str) -> dict[str, dict[str, str]]:
    """Tokens by where they are used, for each kind of stranger."""
    expired = {"ticket": ticket["id"], "article": article, "epoch": 1}
    return {
        "another request's link": {
            "requests": follow_token(other["id"], 0, KEY),
            "submissions": submission_token(other["id"], KEY),
            "information": information_token(other["id"], article, KEY),
        },
        "an expired link": {
            name: sign(expired, KEY, f"sportello-{audience}", -DAY)
            for name, audience in (
                ("requests", "follow"),
                ("submissions", "submission"),
                ("information", "information"),
            )
        },
        "a link that was ended": {
            "requests": follow_token(ticket["id"], 0, KEY),
            "submissions": submission_token(ticket["id"], KEY),
            "information": information_token(ticket["id"], article, KEY, 0),
        },
        "a link of an epoch to come": {
            "requests": follow_token(ticket["id"], 2, KEY),
            "submissions": submission_token(ticket["id"], KEY),
            "information": information_token(ticket["id"], article, KEY, 2),
        },
        "a link for something else": {
            "requests": information_token(ticket["id"], article, KEY, 1),
            "submissions": follow_token(ticket["id"], 1, KEY),
            "information": follow_token(ticket["id"], 1, KEY),
        },
        "a forged link": {
            "requests": follow_token(ticket["id"], 1, "x" * 40),
            "submissions": submission_token(ticket["id"], "x" * 40),
            "information": information_token(ticket["id"], article, "x" * 40, 1),
        },
        "an id": dict.fromkeys(("requests", "submissions", "information"), ticket["id"]),
    }


async def test_no_link_but_its_own_shows_or_changes_a_request(house: House) -> None:  # noqa: F811
    ticket = await house.ticket()
    other = await house.ticket(values={"kind": "password", "description": "Tutt'altro."})
    view = await house.wish(ticket, "information-requests", fields=["username"], text="Quale nome utente?")
    article = view["information"]["article"]
    own = follow_token(ticket["id"], 0, KEY)
    async with httpx.AsyncClient(base_url=house.settings.intake_url, timeout=10, headers=PAGE) as browser:
        shown = await browser.get(f"/requests/{own}")
        assert (shown.status_code, ticket["number"] in shown.text, SECRET in shown.text) == (200, True, False)
        ended = await browser.post(f"/requests/{own}/end")
        assert (ended.status_code, "Collegamenti disattivati" in ended.text) == (200, True)
        over = await browser.get(f"/requests/{own}")
        assert (over.status_code, "/new-link" in over.text) == (404, True)
        assert "ne mandiamo uno nuovo" in html.unescape(over.text)
        assert (await browser.get(f"/requests/{follow_token(ticket['id'], 1, KEY)}")).status_code == 200
        before = await house.view(ticket)
        routes = routes_of(intake_app.build(house.settings), INTAKE)
        assert len(routes) >= 8, routes
        for kind, tokens in strangers(ticket, other, article).items():
            for method, path in routes:
                token = tokens[path.split("/")[1]]
                for what in ("thanks", "rating", "end") if "{what}" in path else ("",):
                    answer = await tried(browser, method, filled(path, token=token, what=what))
                    assert ticket["number"] not in answer.text, (kind, method, path)
                    assert SECRET not in answer.text, (kind, method, path)
                    if kind != "another request's link":
                        assert answer.status_code in (401, 404), (kind, method, path, answer.status_code)
        assert (await house.view(ticket))["seq"] == before["seq"]


async def test_who_asks_for_a_new_link_never_learns_whether_the_address_is_right(house: House) -> None:  # noqa: F811
    ticket = await house.ticket()
    email = (await house.view(ticket))["requester"]["email"]
    async with httpx.AsyncClient(base_url=house.settings.intake_url, timeout=10, headers=PAGE) as browser:
        answers, times = [], []
        for number, address in (
            (ticket["number"], "altro@studenti.example"),
            ("20200101000001", email),
            (ticket["number"], f" {email.upper()} "),
            (ticket["number"], email),
        ):
            began = time.monotonic()
            answers.append(await browser.post("/new-link", data={"number": number, "email": address}))
            times.append(time.monotonic() - began)
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.text for answer in answers}) == 1
        assert min(times) >= 0.4
        nothing = await browser.post("/new-link", data={"number": ticket["number"], "email": ""})
        assert (nothing.status_code, "Scrivi l’indirizzo" in nothing.text) == (422, True)
        assert ticket["number"] in nothing.text
    mails = [each for each in (await house.view(ticket))["articles"] if each["kind"] == "mail_link"]
    assert len(mails) == 1


@pytest.mark.parametrize("language", ["it", "en"])
async def test_a_mail_that_left_after_its_links_were_ended_leads_to_a_new_one_in_one_press(
    house: House,  # noqa: F811
    language: str,
) -> None:
    """By each kind of link; it goes to the request's own address, and the ended one opens nothing."""
    ticket = await house.ticket()
    view = await house.wish(ticket, "information-requests", fields=["username"], text="Quale nome utente?")
    links = (
        f"/requests/{follow_token(ticket['id'], 0, KEY)}",
        f"/submissions/{submission_token(ticket['id'], KEY)}",
        f"/information/{information_token(ticket['id'], view['information']['article'], KEY, 0)}",
    )
    headers = {**PAGE, "Accept-Language": language}
    warned = {"it": "anche questa pagina, su ogni dispositivo", "en": "this page too, on every device"}[language]
    async with httpx.AsyncClient(base_url=house.settings.intake_url, timeout=10, headers=headers) as browser:
        assert warned in (await browser.get(links[1])).text
        await browser.post(f"{links[1]}/end")
        for link in links:
            over = await browser.get(link)
            assert (over.status_code, SECRET in over.text) == (404, False)
            (press,) = re.findall(r'<form action="([^"]+)" method="post"><button', over.text)
            pressed = await browser.post(html.unescape(press))
            assert (pressed.status_code, f'<html lang="{language}"' in pressed.text) == (202, True)
            assert ticket["number"] not in pressed.text
            assert (await browser.get(link)).status_code == 404
        assert (await browser.get(f"/requests/{follow_token(ticket['id'], 1, KEY)}")).status_code == 200
    mails = [each for each in (await house.view(ticket))["articles"] if each["kind"] == "mail_link"]
    assert len(mails) == 1
