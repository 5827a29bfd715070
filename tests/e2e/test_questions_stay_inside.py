"""A question is nobody's but the operators': every fact, mail, route and list, tried by every kind of stranger."""

import importlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import httpx
import pytest
from fastapi.routing import APIRoute

from demo.programs import SERVICES
from services.notifier.mails import Mails
from shared.config import Settings
from shared.errors import Forbidden, NotFound, SportelloError
from shared.events import ArticleKind, ChildEvent, RootEvent, TicketEvent, leaves
from shared.identity import information_token, submission_token
from shared.ids import random_id
from shared.policy import Person, Role, Visibility, visibility
from shared.topology import HEARERS
from tests.system import CHIARA, EMMA, GIULIA, LUCA, System

pytestmark = pytest.mark.e2e

# What is asked without a requester: by tickets and by questions.
INSIDE = [event for event in leaves(RootEvent) if not issubclass(event, TicketEvent)]


@pytest.mark.parametrize("event", INSIDE, ids=lambda event: event.name)
def test_no_fact_of_the_second_level_names_a_requester_or_is_heard_by_who_writes_to_users(
    event: type[RootEvent],
) -> None:
    assert event.name.startswith("child." if issubclass(event, ChildEvent) else "second_level.")
    assert {"requester", "mail", "email"}.isdisjoint(event.model_fields)
    # In no queue of notifier's own: what it hears in its stream becomes notices of operators only.
    assert set(HEARERS[event]) <= {"tickets", "routing"}


def test_every_mail_to_a_user_is_written_of_a_users_ticket() -> None:
    written = 0
    for name, method in vars(Mails).items():
        # Of a hand-over the colleague hears, who gets the ticket or the question.
        if name.startswith("_") or name == "handed_over":
            continue
        event = get_type_hints(method)["event"]
        for each in get_args(event) or (event,):
            assert issubclass(each, TicketEvent), name
            written += 1
    assert written >= 8


@dataclass
class Secret:
    """A ticket of Luca's and its question, with words in them that must stay inside."""

    system: System
    ticket: dict[str, Any]
    child: dict[str, Any]
    words: tuple[str, ...]


async def asked(system: System, person: Person) -> Secret:
    """Asked with an excerpt, noted, and answered."""
    mark = random_id()[:8]
    words = tuple(f"{word}-{mark}" for word in ("titolo", "domanda", "appunto", "risposta", "estratto"))
    ticket = await system.opened(person)
    await system.wish(ticket, "notes", text=words[4])
    note = next(each["id"] for each in (await system.view(ticket))["articles"] if each["kind"] == "note")
    child = await system.asked(ticket, title=words[0], text=words[1], articles=[note], fields=["kind"])
    await system.wish(await system.view(child), "notes", EMMA, text=words[2])
    await system.wish(await system.view(child), "question/answer", EMMA, text=words[3])
    await system.until(ticket, lambda view: view["open_questions"] == 0)
    return Secret(system, await system.view(ticket), await system.view(child), words)


def strangers(secret: Secret) -> list[Person]:
    """Everybody who is no operator, with links made for the very question as well."""
    holders = [
        Person(id=f"holder:{root}", name="", roles=frozenset({Role.HOLDER}), ticket=root)
        for root in (secret.ticket["id"], secret.child["id"], random_id())
    ]
    service = Person(id="service", name="", roles=frozenset({Role.SERVICE}))
    return [LUCA, CHIARA, *holders, service, Person(id="nobody", name="")]


def hidden(secret: Secret, shown: str, where: str) -> None:
    for word in secret.words:
        assert word not in shown, f"{word} at {where}"


async def test_nobody_outside_is_shown_a_question_by_any_door(system: System) -> None:
    secret = await asked(system, LUCA)
    child, ticket = secret.child, secret.ticket
    assert {visibility(ArticleKind(each["kind"])) for each in child["articles"]} == {Visibility.INTERNAL}
    for stranger in strangers(secret):
        for name in (child["id"], child["number"]):
            with pytest.raises((NotFound, Forbidden)):
                await system.tickets.get(f"/tickets/{name}", stranger)
            for verb, body in (("replies", {"text": "Ciao"}), ("notes", {"seen": 1, "text": "Ciao"})):
                with pytest.raises((NotFound, Forbidden)):
                    await system.tickets.post(f"/tickets/{name}/{verb}", stranger, body, random_id())
        for wanted in ({}, {"level": 2}, {"parent": ticket["id"]}, {"watcher": GIULIA.id}, {"queue": [child["queue"]]}):
            try:
                page = await system.tickets.get("/tickets", stranger, limit=200, **wanted)
            except SportelloError:
                continue
            hidden(secret, str(page), f"a list of {stranger.id}")
            assert child["id"] not in str(page)
        for path in ("/inbox", "/inbox/unread", "/preferences", f"/mails?ticket={child['id']}"):
            with pytest.raises(Forbidden):
                await system.notifier.get(path, stranger)
    async for where, answer in everywhere(secret):
        hidden(secret, answer.text, where)
        assert answer.status_code < 500, where


async def everywhere(secret: Secret) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Every address of the two public services, filled in with the question's names, opened by each kind of visitor."""
    urls = secret.system.stack.urls
    for service, base in (("intake", urls.intake), ("portal", urls.portal)):
        for person in (None, LUCA, CHIARA) if service == "portal" else (None,):
            async with httpx.AsyncClient(base_url=base, timeout=20, follow_redirects=True) as browser:
                if person:
                    answer = await browser.post("/sign-in", data={"person": person.id})
                    assert answer.status_code < 400
                for path in addresses(secret, service):
                    yield f"{service}{path} as {person.id if person else 'nobody'}", await browser.get(path)


def addresses(secret: Secret, service: str) -> Iterator[str]:
    """Every GET route of a service, with everything that could name the question in it."""
    key = secret.system.stack.settings["SPORTELLO_SIGNING_KEY"]
    child, article = secret.child, secret.child["articles"][0]["id"]
    tokens = [submission_token(child["id"], key), information_token(child["id"], article, key)]
    fillings = {
        "number": [child["number"], child["id"]],
        "token": tokens,
        "verb": ["question/answer", "notes"],
        "path": ["question/answer"],
        "key": [f"{child['id']}/{'a' * 64}"],
        "notice": [article],
        "article": [article],
        "form_id": ["credentials"],
        "version": ["1"],
        "widget": ["second", "asked"],
        "job": [child["id"]],
        "form": ["question/answer", "notes"],
        "rest": ["filters"],
    }
    app = importlib.import_module(f"services.{service}.app").build(settings(secret))
    paths = {route.path for route in routes_of(app) if "GET" in (route.methods or ())} - {"/events"}
    # When this fails the routes are no longer found, not gone.
    assert len(paths) >= {"intake": 7, "portal": 15}[service], paths
    for path_of in sorted(paths):
        names = re.findall(r"{(\w+)(?::\w+)?}", path_of)
        for place in range(max([len(fillings[name]) for name in names], default=1)):
            path = path_of
            for name in names:
                path = re.sub(rf"{{{name}(:\w+)?}}", fillings[name][place % len(fillings[name])], path)
            yield path
    if service == "portal":
        yield f"/find?number={child['number']}"
        yield f"/tickets?parent={secret.ticket['id']}&level=2"


def routes_of(router: Any) -> Iterator[APIRoute]:
    """Every route, those of included routers too."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif included := getattr(route, "original_router", None):
            yield from routes_of(included)


def settings(secret: Secret) -> Settings:
    """Enough to build an app and look at its routes."""
    given = {name.removeprefix("SPORTELLO_").lower(): value for name, value in secret.system.stack.settings.items()}
    return Settings.model_validate({name: value for name, value in given.items() if name in Settings.model_fields})


async def test_no_mail_to_a_user_and_none_to_a_third_party_says_a_word_of_a_question(system: System) -> None:
    secret = await asked(system, LUCA)
    await system.wish(
        await system.view(secret.ticket), "answers", text="Ecco la risposta.", outcome="closed_successful"
    )
    await system.mail(LUCA.email, "Ecco la risposta.")
    operators = {"giulia.conti", "marco.ferri", "sara.lombardi", "paolo.greco", "anna.villa", "emma.clarke"}
    for mail in await system.all_mails():
        to = str(mail["to"])
        if not any(operator in to for operator in operators):
            hidden(secret, mail["subject"] + mail["text"] + mail["html"], to)
            assert secret.child["number"] not in mail["subject"] + mail["text"] + mail["html"]


def test_every_service_is_public_or_asks_who_calls() -> None:
    """When a service is added, its doors are tried above, or it is one that only colleagues reach."""
    assert set(SERVICES) == {"intake", "portal", "tickets", "routing", "notifier"}
