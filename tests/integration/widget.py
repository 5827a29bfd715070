"""A page with the widget as a test uses it, and what axe says of it."""

import json
from typing import Any

from playwright.async_api import Browser, Page, Request, expect

from tests.e2e.browser import Complaints, a_page
from tests.integration.formdesk import ROOT

AXE = (ROOT / "node_modules" / "axe-core" / "axe.js").read_text(encoding="utf-8")
TEXT = "Non riesco più a entrare: la password non viene accettata."


async def opened(browser: Browser, complaints: Complaints, url: str, **how: Any) -> Page:
    """The page, once its forms are there."""
    page = await a_page(browser, complaints, **how)
    await page.goto(url)
    await expect(page.locator("[data-part=form]").first).to_be_visible()
    return page


async def fill_in(page: Page, email: str, nth: int = 0) -> None:
    """The credentials form."""
    form = page.locator("[data-part=form]").nth(nth)
    await form.locator("[name=name]").fill("Ada Rossi")
    await form.locator("[name=email]").fill(email)
    await form.locator("[name=role][value=student]").check()
    await form.locator("[name=kind][value=password]").check()
    await form.locator("[name=description]").fill(TEXT)


async def send(page: Page, nth: int = 0) -> None:
    await page.locator("[data-part=form] [type=submit]").nth(nth).click()


async def number(page: Page, nth: int = 0) -> str:
    """What the page says, once it does."""
    place = page.locator(".sp-result output").nth(nth)
    await expect(place).not_to_be_empty(timeout=20_000)
    return (await place.inner_text()).strip()


async def violations(page: Page) -> list[str]:
    """What axe finds, in shadow roots too."""
    await page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = await page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))",
        tags,
    )
    return [json.dumps(one)[:400] for one in found]


class Sent:
    """The keys of what a page posted."""

    def __init__(self, page: Page) -> None:
        self.keys: list[str] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.method == "POST" and "/submissions" in request.url:
            self.keys.append(request.headers["idempotency-key"])
