"""axe-core finds nothing on any page a user comes to, nor on the operators' pages that are there only after something.

As in `test_accessibility`: both languages and themes, wide and narrow. Here the pages are made to say what they say
only when something is wrong, changed, over, too much or down. A stack of its own, for it is broken in the end.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Final

import httpx
import pytest
import yaml
from fastapi import FastAPI
from playwright.async_api import Browser, FilePayload, Page, Response, expect

from demo.ports import free_port
from demo.stack import ROOT, Stack
from services.portal import app as portal_app
from shared.config import Settings
from shared.events import Language
from shared.identity import follow_token, information_token, submission_token
from shared.ids import random_id, ticket_id
from tests.conftest import eventually
from tests.e2e.browser import a_browser, needs_chromium
from tests.e2e.looks import Look, sent, through
from tests.e2e.test_dead_messages import publish
from tests.integration.house import serving
from tests.system import GIULIA, LUCA, VALUES, System
from tests.unit.portal.evil_files import a_drawing
from tests.unit.shared.formsamples import EXE

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
LANGUAGES: Final[tuple[Language, ...]] = ("it", "en")
ADA: Final = {"name": "Ada Rossi", "email": "ada.rossi@studenti.example"}
EXAM: Final = {"kind": "other", "student_number": "123456", "description": "Una domanda sugli appelli di gennaio."}
FORM, SUMMARY = "[data-part=form]", "[data-part=summary]"


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One in which a form has changed, and another takes hardly anything from one address."""
    config = tmp_path_factory.mktemp("config") / "config"
    shutil.copytree(ROOT / "config", config)
    guard = yaml.safe_load((config / "guard.yml").read_text(encoding="utf-8"))
    guard |= {"unlimited": [], "forms": {"exams": {"rates": {"plain": {"burst": 1, "per_hour": 1}}}}}
    (config / "guard.yml").write_text(yaml.safe_dump(guard), encoding="utf-8")
    form = yaml.safe_load((config / "forms" / "online-services.v1.yml").read_text(encoding="utf-8"))
    more = {"id": "room", "type": "text", "label": {"it": "Aula", "en": "Room"}, "required": True, "max_length": 8}
    form |= {"version": 2, "fields": [more, *(each for each in form["fields"] if each["id"] != "since")]}
    newer = config / "forms" / "online-services.v2.yml"
    newer.write_text(yaml.safe_dump(form, sort_keys=False, allow_unicode=True), encoding="utf-8")
    settings = {"SEND_WINDOW": "0", "CONFIG_DIR": str(config), "ANSWER_WAIT": "6"}
    found = Stack(tmp_path_factory.mktemp("stack"), settings=settings)
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def own(own_stack: Stack) -> AsyncIterator[System]:
    found = System(own_stack)
    yield found
    await found.close()


def by_script(**given: str) -> Any:
    """Sends a form by its button, as somebody with JavaScript does; what comes then is on the same page."""

    async def do(page: Page) -> None:
        form = page.locator(FORM).first
        for name, value in given.items():
            control = form.locator(f"[name={name}]").first
            if await control.get_attribute("type") == "radio":
                await form.locator(f"[name={name}][value={value}]").check()
            elif await control.evaluate("each => each.tagName") == "SELECT":
                await control.select_option(value)
            else:
                await control.fill(value)
        await form.locator("[type=submit]").click()

    return do


async def outdated(page: Page) -> None:
    """The form of a page that somebody has had open since before the form was changed."""
    await page.locator(FORM).first.evaluate("""form => {
        form.dataset.version = "1";
        form.querySelector("[name=_version]").value = "1";
    }""")
    filled = {**ADA, "kind": "slow", "description": "Il piano di studi non si carica mai fino in fondo."}
    await by_script(**filled)(page)


async def offline(page: Page) -> None:
    """Sent where there is no network."""
    await expect(page.locator(FORM)).to_be_visible()
    await page.context.set_offline(True)
    await by_script(**ADA, **VALUES)(page)
    await expect(page.locator("[data-part=wait]")).to_be_visible()
    # What was seen stays; the page after this one has to come.
    await page.context.set_offline(False)


def with_file(content: bytes) -> Any:
    """A message with a file."""

    async def do(page: Page) -> Response | None:
        file = FilePayload(name="tessera.png", mimeType="image/png", buffer=content)
        await page.locator(".my-reply input[type=file]").last.set_input_files(file)
        return await sent(".my-reply", text="Ecco la tessera.")(page)

    return do


async def bulk(page: Page, *, done: bool = False) -> Response | None:
    """The tickets of a list are ticked and a verb chosen; or that verb done as well."""
    answer = await sent("#bulk", verb="move", ticket="*")(page)
    return await sent("#form-bulk", queue="fees", reason="Riguarda le tasse.")(page) if done else answer


def of_intake(system: System, links: dict[str, str]) -> list[Look]:
    """Who isn't signed in: the forms, what became of a request, and what is refused."""
    intake, number = system.stack.urls.intake, links["number"]
    plain = ["/forms", "/forms?q=password", "/faq", "/faq?q=password", "/new-link", "/forms/preview"]
    forms = ("credentials", "enrolment", "exams", "fees", "internships", "online-services")
    plain += [*(f"/forms/{form}" for form in forms), "/forms/preview/fees/1", "/forms/preview/fees/1/frame"]
    changed = {**ADA, "_version": "1", "since": "2026-01-02", "service": "portal", "kind": "slow"}
    told = {**changed, "description": "Il piano di studi non si carica mai fino in fondo."}
    late = f"{links['over']}?lang={{lang}}&asked=credentials.1.username"
    return [
        *(Look("", intake + path) for path in plain),
        Look("", f"{intake}/forms?q=xyzzy", shows="[data-part=nothing]"),
        Look("", f"{intake}/faq?q=xyzzy", shows=".sp-note"),
        Look("", f"{intake}/forms/fees", sent(FORM, kind="refund", amount="no"), 422, SUMMARY),
        Look("", f"{intake}/forms/credentials", by_script(kind="mfa"), shows=SUMMARY),
        Look("", f"{intake}/forms/online-services", sent(FORM, **told), 409, "[data-part=changes] li"),
        Look("", f"{intake}/forms/credentials", sent(FORM, **ADA, **VALUES), 201, "output"),
        Look("", f"{intake}/forms/exams", sent(FORM, **ADA, **EXAM), 429),
        *(Look("", links[name]) for name in ("new", "sender", "asked", "closed", "rated", "merged")),
        Look("", links["information"] + "?lang={lang}", shows="[name=username]"),
        Look("", f"{links['rated']}?said=thanks", shows=".sp-note[role=status]"),
        Look("", f"{links['closed']}?said=late", shows=".sp-note[role=status]"),
        Look("", links["asked"], sent(FORM, _message=""), 422, SUMMARY),
        Look("", links["asked"], sent(FORM, _message="Ho trovato il messaggio di errore."), shows=".sp-good output"),
        Look("", links["information"] + "?lang={lang}", sent(FORM, username="?" * 99), 422, SUMMARY),
        Look("", links["over"] + "?lang={lang}", status=409, shows="[role=alert]"),
        Look("", links["over"] + "?lang={lang}", sent(FORM, to=late, username="l.bianchi"), 409, SUMMARY),
        Look("", f"{intake}/new-link", sent("main form", number="", email=""), 422, ".sp-error"),
        Look("", f"{intake}/new-link", sent("main form", number=number, email=ADA["email"]), 202, "[role=status]"),
        Look("", links["ended"], status=404, shows=".sp-button"),
        Look("", f"{intake}/requests/half-a-link", status=401, shows=".sp-button"),
        Look("", f"{intake}/forms/nothing", status=404),
        Look("", f"{intake}/nowhere", status=404),
    ]


def of_sites(system: System) -> list[Look]:
    """The component, on pages of other origins."""
    online, www, faq = (
        f"{url}/{{}}?lang={{lang}}" for url in (system.stack.urls.site, system.stack.urls.www, system.stack.urls.faq)
    )
    credentials, plan = online.replace("{}", "credenziali"), online.replace("{}", "piano-di-studi")
    return [
        *(Look("", each.replace("{}", "")) for each in (online, www, faq)),
        Look("", online.replace("{}", "servizi")),
        Look("", plan, shows=FORM),
        Look("", www.replace("{}", "contatti"), by_script(), shows=SUMMARY),
        Look("", credentials, by_script(kind="mfa"), shows=SUMMARY),
        Look("", plan, outdated, shows="[data-part=changes] li"),
        Look("", credentials, by_script(**ADA, **VALUES), shows="output"),
        Look("", credentials, offline, shows="[data-part=wait]"),
    ]


def of_luca(system: System, numbers: dict[str, str]) -> list[Look]:
    """Le mie richieste."""
    who, portal = "Luca Bianchi", system.stack.urls.portal
    mine = {name: f"{portal}/my/{number}" for name, number in numbers.items()}
    refused = "#my-refused"
    return [
        *(Look(who, f"{portal}/my{query}", shows=".request") for query in ("", "?show=closed", "?q=credenziali")),
        Look(who, f"{portal}/my?q=xyzzy", shows=".empty"),
        *(Look(who, mine[name]) for name in ("new", "open", "asked", "closed", "rated", "merged")),
        *(Look(who, f"{mine['rated']}?written={said}", shows=".notice") for said in ("rated", "thanked", "late")),
        Look(who, f"{mine['ended']}?written=ended", shows=".notice"),
        Look(who, mine["open"], sent(".my-reply", text=""), 422, refused),
        Look(who, mine["open"], with_file(EXE), 415, refused),
        Look(who, mine["closed"], with_file(EXE), 415, refused),
        Look(who, mine["open"], with_file(a_drawing()), shows=".notice-good"),
        Look(who, mine["asked"], sent(".my-question form", username="?" * 99), 422, "#answer-refused"),
        Look(who, mine["asked"], sent(".my-question form", article="older", username="l.bianchi"), 409, refused),
        Look(who, f"{portal}/my/1", status=404),
        Look(who, f"{portal}/queues", status=403),
        Look(who, f"{portal}/my/{numbers['open']}", sent(".my-reply", csrf="stale", text="Ciao"), 403),
    ]


def of_others(system: System) -> list[Look]:
    """Somebody without requests."""
    portal = system.stack.urls.portal
    return [Look("Chiara Russo", f"{portal}/my{query}", shows=".empty") for query in ("", "?show=closed", "?q=x")]


async def of_giulia(system: System) -> list[Look]:
    """The operators' pages that are there only after something."""
    who, portal = "Giulia Conti", system.stack.urls.portal
    ticket, key = await with_a_picture(system)
    open_ones = f"{portal}/tickets"
    message = f"event-{random_id()[:8]}"
    await publish(system, b'{"nothing": "to read"}', message)
    async with httpx.AsyncClient(base_url=portal, follow_redirects=True) as giulia:
        await giulia.post("/sign-in", data={"person": GIULIA.id})

        async def buried() -> str | None:
            found = re.search(r'href="(/dead/message\?[^"]+)"', (await giulia.get("/dead")).text)
            return found[1].replace("&amp;", "&") if found else None

        dead = await eventually(buried, timeout=30)
    return [
        Look(who, f"{portal}/dead", shows="main table, main li"),
        Look(who, portal + dead),
        Look(who, f"{portal}/tickets/{ticket}/previews/{key}", shows="img"),
        Look(who, open_ones, partial(bulk), shows="#form-bulk"),
        Look(who, open_ones, partial(bulk, done=True), shows="main"),
        Look(who, f"{portal}/bulk"),
    ]


async def with_a_picture(system: System) -> tuple[str, str]:
    """The number of a ticket that came with one, and the picture's key."""
    values = {**ADA, "room": "A1", "service": "portal", "kind": "slow", "description": "Si ferma a questa pagina."}
    answer = await system.intake.post(
        "/forms/online-services/submissions",
        data=values,
        files={"screenshot": ("schermata.png", a_drawing(), "image/png")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 201, answer.text
    number = answer.json()["number"]
    (file,) = (await system.view(number))["articles"][0]["attachments"]
    return number, file["key"]


async def requests_of_luca(system: System) -> tuple[dict[str, str], dict[str, str]]:
    """One in each state that its page has words for: their numbers, and the links that mails would carry."""
    names = ("new", "open", "asked", "over", "closed", "rated", "merged", "target", "ended")
    views = dict(zip(names, await asyncio.gather(*(system.opened(LUCA) for _ in names)), strict=True))
    key, intake = system.stack.settings["SPORTELLO_SIGNING_KEY"], system.stack.urls.intake
    links = {name: f"{intake}/requests/{follow_token(view['id'], 0, key)}" for name, view in views.items()}
    links["sender"] = f"{intake}/submissions/{submission_token(views['open']['id'], key)}"
    await system.take(views["open"])
    asked: dict[str, Any] = {"text": "Ci serve ancora questo.", "fields": ["username", "kind", "tried"]}
    for name, link in (("asked", "information"), ("over", "over")):
        await system.wish(views[name], "information-requests", **asked)
        view = await system.view(views[name])
        links[link] = f"{intake}/information/{information_token(view['id'], view['information']['article'], key)}"
    await system.wish(views["over"], "replies", LUCA, text="Eccolo: l.bianchi")
    for name in ("closed", "rated", "over"):
        view = await system.view(views[name])
        await system.wish(view, "answers", text="La password è nuova.", outcome="closed_successful")
    rated = f"/tickets/{views['rated']['number']}"
    await system.tickets.post(f"{rated}/thanks", LUCA, {}, random_id())
    await system.tickets.post(f"{rated}/rating", LUCA, {"helpful": True}, random_id())
    await system.tickets.post(f"/tickets/{views['ended']['number']}/follow-links/end", LUCA, {}, random_id())
    await system.wish(views["merged"], "merge", target=views["target"]["number"])
    await system.until(views["merged"], lambda view: view["state"] == "merged")
    numbers = {name: view["number"] for name, view in views.items()}
    links["number"] = numbers["new"]
    return numbers, links


async def found(browser: Browser, system: System, *groups: list[Look], portal: str = "") -> str:
    """All that is wrong, a line each; each group belongs to one person."""
    first = portal or system.stack.urls.portal
    going = (through(browser, first, looks, language) for looks in groups for language in LANGUAGES)
    return "\n".join(each for lines in await asyncio.gather(*going) for each in lines)


def demand_nothing(wrong: str) -> None:
    """Says all of it, not only how it begins."""
    assert not wrong, wrong


async def test_axe_finds_nothing_where_a_user_comes(own: System) -> None:
    numbers, links = await requests_of_luca(own)
    # What one address may send of this form at once.
    assert (await own.send({**ADA, **EXAM}, "exams")).status_code in (201, 202)
    groups = [of_intake(own, links), of_sites(own), of_luca(own, numbers), of_others(own)]
    async with a_browser() as browser:
        demand_nothing(await found(browser, own, *groups, await of_giulia(own)))


async def test_axe_finds_nothing_where_something_is_broken_or_down(own: System) -> None:
    """The last test of its stack, which is in pieces then."""
    luca, stack, urls = await own.opened(LUCA), own.stack, own.stack.urls
    key = stack.settings["SPORTELLO_SIGNING_KEY"]
    form, reply = f"{urls.intake}/forms/credentials", f"/my/{luca['number']}/replies"
    told = {name.removeprefix("SPORTELLO_").lower(): value for name, value in stack.settings.items()}
    port = free_port()
    settings = Settings(**{**told, "port": port, "portal_url": f"http://127.0.0.1:{port}"})  # type: ignore[arg-type]
    async with a_browser() as browser:
        async with serving(_with_a_fault(settings), port):
            look = Look("", f"{settings.portal_url}/fault", status=500)
            demand_nothing(await found(browser, own, [look], portal=settings.portal_url))

        # No request becomes a ticket: there is no number yet.
        await asyncio.to_thread(stack.kill, "routing")
        waiting = f"{urls.intake}/submissions/{submission_token(ticket_id(random_id()), key)}"
        looks = [
            Look("", waiting, shows="[data-waiting]"),
            Look("", form, sent(FORM, **ADA, **VALUES), 202, ".sp-result"),
        ]
        demand_nothing(await found(browser, own, looks))

        # Nobody can say what became of one.
        await asyncio.to_thread(stack.kill, "tickets")
        typed = {"text": "Ho trovato il messaggio di errore.", "key": random_id()}
        down = [
            Look(LUCA.name, f"{urls.portal}/my", status=503),
            Look(LUCA.name, f"{urls.portal}/my", sent("form.choose", to=reply, **typed), 503, "#my-refused"),
        ]
        link = f"{urls.intake}/requests/{follow_token(luca['id'], 0, key)}"
        demand_nothing(await found(browser, own, [Look("", link, status=503)], down))

        # Nothing can be taken.
        await asyncio.to_thread(stack.broker.stop)
        looks = [
            Look("", form, sent(FORM, **ADA, **VALUES), 503, SUMMARY),
            Look("", form, by_script(**ADA, **VALUES), shows="[data-part=wait]"),
        ]
        demand_nothing(await found(browser, own, looks))


def _with_a_fault(settings: Settings) -> FastAPI:
    """The portal, with a page in which something goes wrong that nobody thought of."""
    app = portal_app.build(settings)

    async def broken() -> None:
        raise RuntimeError("nobody thought of this")

    app.add_api_route("/fault", broken)
    return app
