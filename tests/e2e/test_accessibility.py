"""axe-core finds nothing on any page, in both languages and themes, wide and narrow (WCAG 2.2 AA and good practice)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import pytest
from playwright.async_api import Browser, Page

from shared.events import Language
from tests.e2e.browser import NARROW, WIDE, a_browser, needs_chromium, sign_in
from tests.e2e.looks import AXE, COLOURS, RUN
from tests.system import EMMA, LUCA, System

pytestmark = [
    pytest.mark.e2e,
    needs_chromium,
]
OPEN_ALL: Final = "() => { for (const each of document.querySelectorAll('main details')) each.open = true; }"
RULES: Final = {"light": {}, "dark": COLOURS}
# What pages are looked at in, besides as they come.
OPENED: Final = {
    "panels": OPEN_ALL,
    "menu": "() => { document.getElementById('who').open = true; }",
    "palette": "() => shell.openPalette()",
    "shortcuts": "() => shell.showShortcuts()",
}


class Look(NamedTuple):
    """A page of somebody's, and what is opened on it."""

    who: str
    path: str
    opened: str = ""


async def every_look(system: System) -> list[Look]:
    """All pages there are, each kind of ticket among them; nothing here is changed while it is looked at."""
    numbers = await tickets_in_every_state(system)
    luca = await system.opened(LUCA)
    luca = await system.view(await system.until(luca, lambda view: view["number"]))
    asked = await system.wish(luca, "information-requests", text="Che nome utente hai?", fields=["username"])
    assert asked["facts"]
    operators = [
        *("/", "/tickets", "/tickets?state=any&order=oldest", "/tickets?state=merged&queue=online-services-network"),
        *("/queues", "/drafts", "/notices", "/notices?show=unread&kind=mention", "/preferences", "/dead", "/my"),
        *("/no-such-page", "/tickets/20260101999999", "/arrange", f"/tickets/{numbers['open']}/print"),
        *(f"/tickets/{number}" for number in numbers.values()),
    ]
    giulia = [Look("Giulia Conti", path) for path in operators]
    opened = [Look("Giulia Conti", "/", each) for each in ("menu", "palette", "shortcuts")]
    panels = [Look("Giulia Conti", f"/tickets/{numbers[state]}", "panels") for state in ("open", "question", "closed")]
    users = [Look("Luca Bianchi", path) for path in ("/my", f"/my/{luca['number']}", "/tickets")]
    return [Look("", "/sign-in"), Look("", "/sign-in", "menu"), *giulia, *opened, *panels, *users]


async def tickets_in_every_state(system: System) -> dict[str, str]:
    """Numbers by state, and of a question; in each something happened that its page shows."""
    new, taken, held, closed, failed, merged, target, asking = await asyncio.gather(
        *(system.opened(LUCA if at in (5, 6) else None) for at in range(8))
    )
    await system.take(taken)
    await system.wish(await system.view(taken), "notes", text="Ho chiamato @marco.ferri: tutto bene.")
    await system.wish(await system.view(taken), "priority", priority=5)
    await system.wish(await system.view(taken), "tags", add=["tessera", "urgente"])
    await system.wish(held, "pending", until=(datetime.now(UTC) + timedelta(days=3)).isoformat())
    await system.wish(closed, "answers", text="La password è nuova.", outcome="closed_successful")
    await system.wish(failed, "close", outcome="closed_unsuccessful", reason="Non era per noi.")
    await system.wish(merged, "merge", target=target["number"])
    question = await system.asked(asking, queue="credentials-identity", fields=["description"])
    answered = await system.asked(asking, queue="credentials-mail", title="Casella")
    await system.wish(answered, "question/answer", EMMA, text="La casella è piena.")
    await system.until(asking, lambda view: view["open_questions"] == 1)
    await system.until(merged, lambda view: view["state"] == "merged")
    named = {"new": new, "open": taken, "pending": held, "closed": closed, "unsuccessful": failed, "merged": merged}
    return {name: each["number"] for name, each in {**named, "asking": asking, "question": question}.items()}


async def found(page: Page, portal: str, look: Look, language: Language) -> dict[str, list[str]]:
    """What axe-core finds on it: in both themes and widths, on one reading of the page."""
    answer = await page.goto(portal + look.path)
    assert answer, look.path
    assert answer.status < 500, look.path
    assert await page.locator("html").get_attribute("lang") == language
    await page.evaluate(AXE)
    if look.opened:
        await page.evaluate(OPENED[look.opened])
    wrong: dict[str, list[str]] = {}
    for theme, rules in RULES.items():
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        for size in (WIDE, NARROW):
            await page.set_viewport_size({"width": size["width"], "height": size["height"]})
            if violations := await page.evaluate(RUN, rules):
                wrong[f"{look.path} {look.opened} {language} {theme} {size['width']}"] = violations
    return wrong


async def through(browser: Browser, portal: str, looks: Sequence[Look], language: Language) -> dict[str, list[str]]:
    """All pages of one person in one language."""
    context = await browser.new_context(reduced_motion="reduce", timezone_id="Europe/Rome")
    page = await context.new_page()
    if looks[0].who:
        await sign_in(page, portal, looks[0].who)
    # By the cookie alone: the choice of a sample person would be everybody's who is signed in as them.
    await context.add_cookies([{"name": "sportello_language", "value": language, "url": portal}])
    wrong: dict[str, list[str]] = {}
    for look in looks:
        wrong |= await found(page, portal, look, language)
    await context.close()
    return wrong


async def test_axe_finds_nothing_on_any_page_in_either_language_and_theme(system: System) -> None:
    looks, portal = await every_look(system), system.stack.urls.portal
    persons = {look.who for look in looks}
    async with a_browser() as browser:
        results = await asyncio.gather(
            *(
                through(browser, portal, [look for look in looks if look.who == person], language)
                for language in ("it", "en")
                for person in persons
            )
        )
    assert {name: each for result in results for name, each in result.items()} == {}
