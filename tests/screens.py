"""`python -m tests.screens`: starts everything with the sample requests and photographs the pages into docs/screens/.

Each page wide and narrow, light and dark, in Italian; the pictures are reduced to few colours, so that the folder stays
small. They are committed, and the README shows some.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from demo import samples
from demo.stack import ROOT, Stack
from tests.e2e.browser import NARROW, WIDE, a_browser, sign_in

FOLDER: Final = ROOT / "docs" / "screens"
GIULIA, ANNA, LUCA = "Giulia Conti", "Anna Villa", "Luca Bianchi"
SIZES: Final = {"wide": WIDE, "narrow": NARROW}
THEMES: Final = ("light", "dark")
# Colours of one picture: more than a page has, fewer than a photograph.
COLOURS: Final = 240
Opening = Callable[[Page], Awaitable[None]]


async def _as_it_comes(page: Page) -> None:
    pass


async def _first_ticket(page: Page) -> None:
    """The ticket in which most has happened: one whose question is open."""
    await _follow(page, page.locator("[data-row]", has_text="Accesso alla posta").locator(".row-link").first)


async def _first_row(page: Page) -> None:
    await _follow(page, page.locator("[data-row] .row-link").first)


async def _follow(page: Page, link: Locator) -> None:
    await page.goto(await link.evaluate("link => link.href"))


async def _answering(page: Page) -> None:
    await _first_ticket(page)
    await page.keyboard.press("r")


async def _palette(page: Page) -> None:
    await page.keyboard.press("Control+k")
    await page.keyboard.type("cred")
    await page.get_by_role("option", name="Credenziali: ").first.wait_for()


async def _shortcuts(page: Page) -> None:
    await _first_ticket(page)
    await page.keyboard.press("?")


class Shot(NamedTuple):
    """One page: its picture's name, who looks, where, and what is opened first."""

    name: str
    who: str
    path: str
    opening: Opening = _as_it_comes


SHOTS: Final = (
    Shot("sign-in", "", "/sign-in"),
    Shot("cruscotto", GIULIA, "/"),
    Shot("arrange", GIULIA, "/arrange"),
    Shot("queues", GIULIA, "/queues"),
    Shot("list", GIULIA, "/tickets"),
    Shot("ticket", GIULIA, "/tickets?state=any&order=oldest", _first_ticket),
    Shot("answer", GIULIA, "/tickets?state=any&order=oldest", _answering),
    Shot("palette", GIULIA, "/", _palette),
    Shot("shortcuts", GIULIA, "/tickets?state=any&order=oldest", _shortcuts),
    Shot("notices", GIULIA, "/notices"),
    Shot("question", ANNA, "/tickets?level=2", _first_row),
    Shot("my-requests", LUCA, "/my"),
    Shot("my-request", LUCA, "/my", _first_row),
)


async def photograph(portal: str, folder: Path) -> None:
    """All of `SHOTS`."""
    async with a_browser() as browser:
        for person in dict.fromkeys(shot.who for shot in SHOTS):
            for theme in THEMES:
                await _for_person(browser, portal, folder, person, theme)


async def _for_person(browser: Browser, portal: str, folder: Path, person: str, theme: str) -> None:
    context = await browser.new_context(locale="it-IT", timezone_id="Europe/Rome", reduced_motion="reduce")
    page = await context.new_page()
    if person:
        await sign_in(page, portal, person)
    await context.add_cookies([{"name": "sportello_theme", "value": theme, "url": portal}])
    for shot in (shot for shot in SHOTS if shot.who == person):
        for name, size in SIZES.items():
            await page.set_viewport_size({"width": size["width"], "height": size["height"]})
            await page.goto(portal + shot.path)
            await shot.opening(page)
            await expect(page.locator(".htmx-request, [aria-busy=true]")).to_have_count(0)
            await page.evaluate("() => document.fonts.ready.then(() => true)")
            picture = await page.screenshot(animations="disabled", caret="hide")
            _keep(picture, folder / f"{shot.name}-{theme}-{name}.png")
    await context.close()


def _keep(picture: bytes, file: Path) -> None:
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            file, optimize=True
        )


def main() -> int:
    with tempfile.TemporaryDirectory() as state:
        stack = Stack(Path(state), say=_say)
        try:
            stack.start()
            samples.send(stack, _say)
            FOLDER.mkdir(parents=True, exist_ok=True)
            for old in FOLDER.glob("*.png"):
                old.unlink()
            asyncio.run(photograph(stack.urls.portal, FOLDER))
        finally:
            stack.stop()
    pictures = list(FOLDER.glob("*.png"))
    size = sum(picture.stat().st_size for picture in pictures) / 1_000_000
    _say(f"{len(pictures)} pictures, {size:.1f} MB, in {FOLDER.relative_to(ROOT)}")
    return 0


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
