"""`python -m tests.screens`: starts everything with the sample requests and photographs the pages into docs/screens/.
`python -m tests.screens forms sent` takes only the pictures of these names anew, and leaves the others.

Each page wide and narrow, light and dark, in Italian; the pictures are reduced to few colours, so that the folder stays
small. They are committed, and the README shows some.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from demo import samples
from demo.programs import Urls
from demo.stack import ROOT, Stack
from tests.e2e.browser import NARROW, WIDE, a_browser, sign_in

FOLDER: Final = ROOT / "docs" / "screens"
GIULIA, ANNA, LUCA = "Giulia Conti", "Anna Villa", "Luca Bianchi"
SIZES: Final = {"wide": WIDE, "narrow": NARROW}
Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
# Who sends a form.
ADA: Final = {
    "name": "Ada Rossi",
    "email": "ada.rossi@studenti.example",
    "description": "Il codice di verifica viene sempre rifiutato.",
}
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


async def _typed(page: Page) -> None:
    """A request that is ready to be sent."""
    for name, value in {"role": "student", "kind": "mfa", "mfa_problem": "refused"}.items():
        await page.locator(f"[name={name}][value={value}]").check()
    for name, text in ADA.items():
        await page.locator(f"[name={name}]").fill(text)


async def _sent(page: Page) -> None:
    await _typed(page)
    await page.locator("[data-part=form] [type=submit]").click()
    await page.locator(".sp-result output").wait_for()


async def _answered(page: Page) -> None:
    """The request of theirs in which most has happened: one that was answered."""
    await _follow(page, page.locator("[data-row]", has_text="Password").locator(".row-link").last)


async def _timeline(page: Page) -> None:
    await _answered(page)
    # The answer is on its way as long as whoever wrote it may take it back.
    await expect(page.locator("#ticket")).to_contain_text("Abbiamo reimpostato", timeout=120_000)
    # What was sent is long on a phone: from what came after it.
    after = page.locator("#ticket ol:not(.steps) > li").nth(1)
    await after.evaluate("after => after.scrollIntoView({behavior: 'instant'})")


async def _shortcuts(page: Page) -> None:
    await _first_ticket(page)
    await page.keyboard.press("?")


class Shot(NamedTuple):
    """One page: its picture's name, who looks, where, what is opened first, and whose page it is."""

    name: str
    who: str
    path: str
    opening: Opening = _as_it_comes
    service: Literal["portal", "intake"] = "portal"
    # Of the narrow picture; when it matters what stands below the first screen.
    height: int = NARROW["height"]


SHOTS: Final = (
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
    Shot("my-request", LUCA, "/my", _answered),
    Shot("my-timeline", LUCA, "/my", _timeline),
    # The last: what is sent here would stand in the operators' pictures.
    Shot("sign-in", "", "/sign-in"),
    Shot("forms", "", "/forms", service="intake"),
    Shot("form", "", "/forms/credentials", service="intake"),
    Shot("questions", "", "/faq", service="intake"),
    Shot("sent", "", "/forms/credentials", _sent, "intake", height=920),
)


async def photograph(urls: Urls, folder: Path, shots: Sequence[Shot]) -> None:
    """All of `shots`."""
    async with a_browser() as browser:
        for person in dict.fromkeys(shot.who for shot in shots):
            for theme in THEMES:
                await _for_person(browser, urls, folder, [shot for shot in shots if shot.who == person], theme)


async def _for_person(browser: Browser, urls: Urls, folder: Path, shots: Sequence[Shot], theme: Theme) -> None:
    context = await browser.new_context(
        locale="it-IT", timezone_id="Europe/Rome", reduced_motion="reduce", color_scheme=theme
    )
    page = await context.new_page()
    if shots[0].who:
        await sign_in(page, urls.portal, shots[0].who)
    await context.add_cookies([{"name": "sportello_theme", "value": theme, "url": urls.portal}])
    for shot in shots:
        for name, size in SIZES.items():
            height = shot.height if name == "narrow" else size["height"]
            await page.set_viewport_size({"width": size["width"], "height": height})
            await page.goto((urls.portal if shot.service == "portal" else urls.intake) + shot.path)
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


def main(names: Sequence[str]) -> int:
    """Takes the pictures of `names`, or all; 2 when there is none of such a name."""
    shots = [shot for shot in SHOTS if not names or shot.name in names]
    if unknown := sorted(set(names) - {shot.name for shot in shots}):
        _say(f"No picture is called {', '.join(unknown)}. There are: {', '.join(shot.name for shot in SHOTS)}.")
        return 2
    with tempfile.TemporaryDirectory() as state:
        stack = Stack(Path(state), say=_say)
        try:
            stack.start()
            samples.send(stack, _say)
            FOLDER.mkdir(parents=True, exist_ok=True)
            for old in FOLDER.glob("*.png"):
                if not names or old.stem.rsplit("-", 2)[0] in names:
                    old.unlink()
            asyncio.run(photograph(stack.urls, FOLDER, shots))
        finally:
            stack.stop()
    pictures = list(FOLDER.glob("*.png"))
    size = sum(picture.stat().st_size for picture in pictures) / 1_000_000
    _say(f"{len(pictures)} pictures, {size:.1f} MB, in {FOLDER.relative_to(ROOT)}")
    return 0


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
