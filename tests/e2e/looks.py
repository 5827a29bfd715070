"""One look at a page: who comes, where, what they do there, and what axe-core says in both themes and widths."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from playwright.async_api import Browser, Error, Page, Response, expect

from demo.stack import ROOT
from shared.events import Language
from tests.e2e.browser import NARROW, WIDE, sign_in

AXE: Final = Path(ROOT, "node_modules", "axe-core", "axe.min.js").read_text(encoding="utf-8")
RUN: Final = """async (rules) => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"], preload: false, ...rules});
    const shown = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
    return violations.map(({id, nodes}) => `${id}: ${shown(nodes)}`);
}"""
# The other theme changes nothing but colours: all other rules have been through then.
COLOURS: Final = {"runOnly": ["color-contrast", "link-in-text-block"]}
# Pairwise: each theme in each width, and each of both in each language.
LIGHT_AND_DARK: Final = {"it": (WIDE, NARROW), "en": (NARROW, WIDE)}
# What can be opened is, and what is asked only of some is asked; `sportello-form` has its own root.
OPEN: Final = """() => {
    const embedded = [...document.querySelectorAll("sportello-form")].map((each) => each.shadowRoot || each);
    const roots = [document, ...embedded];
    for (const root of roots) {
        for (const each of root.querySelectorAll("main details, .sp-root details")) each.open = true;
        for (const each of root.querySelectorAll("[data-show-field]")) each.dataset.asked = "";
    }
}"""
# At one go: a page that is read again by itself takes nothing back in between.
SEND: Final = """(form, [given, to]) => {
    for (const [name, value] of Object.entries(given)) {
        const found = [...form.elements].filter((each) => each.name === name && each.tagName !== "BUTTON");
        if (!found.length) {
            const each = Object.assign(document.createElement("input"), {type: "hidden", name});
            form.append(each);
            found.push(each);
        }
        for (const each of found) {
            if (["radio", "checkbox"].includes(each.type)) each.checked = [each.value, "*"].includes(value);
            else each.value = value;
        }
    }
    if (to) form.action = to.replace("{lang}", document.documentElement.lang);
    HTMLFormElement.prototype.submit.call(form);
}"""

# Links within a page that lead nowhere: a summary of faults, a table of contents, a way past the menu.
NOWHERE: Final = """() => {
    const embedded = [...document.querySelectorAll("sportello-form")].map((each) => each.shadowRoot).filter(Boolean);
    return [document, ...embedded].flatMap((root) => [...root.querySelectorAll("a[href^='#']")]
        .filter((each) => each.hash.length > 1 && !root.getElementById(decodeURIComponent(each.hash.slice(1))))
        .map((each) => `leads nowhere: ${each.outerHTML.slice(0, 120)}`));
}"""

Doing = Callable[[Page], Awaitable[Response | None]]


class Look(NamedTuple):
    """A page of somebody's. `does`: what they do there; `shows`: where one sees that it is the page that is meant.

    `{lang}` in the address is the language, where a cookie or the browser doesn't say it.
    """

    who: str
    url: str
    does: Doing | None = None
    status: int = 200
    shows: str = "h1"

    def __str__(self) -> str:
        # Links are long, and say no more by their ends.
        return f"{self.who} {self.url[:70]} {self.status} {self.shows}".strip()


def sent(form: str, *, to: str = "", **given: str) -> Doing:
    """Fills in a form and sends it as a browser without JavaScript does.

    `given` may be what it has no field for, `*` ticks all boxes; `to`: another address than the form's.
    """

    async def do(page: Page) -> Response | None:
        async with page.expect_navigation() as arriving:
            await page.locator(form).last.evaluate(SEND, [given, to])
        return await arriving.value

    return do


async def violations(page: Page, language: Language) -> list[str]:
    """What axe-core finds in both themes and widths, on one reading; what is too wide, or leads nowhere."""
    await page.evaluate(AXE)
    await page.evaluate(OPEN)
    wrong: list[str] = await page.evaluate(NOWHERE)
    light, dark = LIGHT_AND_DARK[language]
    for theme, rules, size in (("light", {}, light), ("dark", COLOURS, dark)):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
        wrong += [f"{theme} {size['width']}: {each}" for each in await page.evaluate(RUN, rules)]
        spare = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong += [f"{theme} {size['width']}: {spare} pixels wider than the window"] if spare > 0 else []
    return wrong


async def looked(page: Page, look: Look, language: Language) -> list[str]:
    """Goes there, does it, makes sure that it is the page that is meant, and what is wrong with it."""
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    answer = await page.goto(look.url.replace("{lang}", language))
    if look.does:
        answer = await look.does(page)
    assert answer is None or answer.status == look.status, answer.status
    # A busy machine takes its time for the work that a form costs its sender (docs/guard.md).
    await expect(page.locator(look.shows).filter(visible=True).first).to_be_visible(timeout=30_000)
    assert await page.locator("html").get_attribute("lang") == language
    return await violations(page, language)


async def through(browser: Browser, portal: str, looks: Sequence[Look], language: Language) -> list[str]:
    """What is wrong with all pages of one person in one language."""
    locale = {"it": "it-IT", "en": "en-GB"}[language]
    context = await browser.new_context(locale=locale, timezone_id="Europe/Rome")
    page = await context.new_page()
    page.set_default_timeout(15_000)
    # A whole page may take long while other stacks start beside this one; that it comes is what matters here.
    page.set_default_navigation_timeout(60_000)
    if looks[0].who:
        await sign_in(page, portal, looks[0].who)
    # By the cookie alone: the choice of a sample person would be everybody's who is signed in as them.
    await context.add_cookies([{"name": "sportello_language", "value": language, "url": portal}])
    wrong: list[str] = []
    for look in looks:
        try:
            wrong += [f"{look} {language} {each}" for each in await looked(page, look, language)]
        except (AssertionError, Error) as error:
            # One page that doesn't come hides nothing of the others.
            wrong.append(f"{look} {language} {page.url[:70]}: {error!s:.300}")
    await context.close()
    return wrong
