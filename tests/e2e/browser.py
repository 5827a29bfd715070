"""Real browsers for the stories: Debian's Chromium, one context per person, and no console error let through."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

# The same start as a person's, without looking for Google's hosts.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}


def chromium() -> str | None:
    """The browser's path, or None when there is none."""
    given = os.environ.get("SPORTELLO_TEST_CHROMIUM")
    return given or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


needs_chromium = pytest.mark.skipif(chromium() is None, reason="no Chromium: `make test` installs one")


@contextlib.asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """A running browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


class Complaints:
    """What a page's console complained about; `allowed` texts are the test's own doing."""

    def __init__(self, *allowed: str) -> None:
        self.found: list[str] = []
        self._allowed = allowed

    def watch(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"{page.url}: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self._allowed):
            self.found.append(f"{message.location.get('url')}: {message.text}")


async def a_page(browser: Browser, complaints: Complaints, wide: bool = True, language: str = "it-IT") -> Page:
    """A page of a person of its own: nothing shared with the others."""
    size = WIDE if wide else NARROW
    context = await browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, locale=language, timezone_id="Europe/Rome"
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    complaints.watch(page)
    return page


async def sign_in(page: Page, portal: str, name: str, path: str = "/") -> None:
    """Choose a sample person."""
    await page.goto(portal + path)
    await page.get_by_role("button", name=name).click()
    await page.wait_for_load_state()
