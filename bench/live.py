"""(l) How soon a colleague's open page shows what somebody did: in a real browser, from the POST of the verb."""

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.bed import Bed
from bench.figures import Aim, Row, Table, paired, percentile
from bench.fill import fill
from bench.pages import Browser, Form
from bench.plan import Plan
from demo.errors import StackError
from shared.mongo import Database

# Positions that no other section takes.
START = 300_000
TICKETS = 1_000
ACTS, SEES, SEES_IN = "giulia.conti", "marco.ferri", "Marco Ferri"
PATIENCE_MS = 30_000
HIS = ["credentials", "online-services"]
AIM = Aim("at most", 1_000.0, of="figure")
# When the page first looked so, on the clock that we read too. Seen by the browser itself: nobody asks it meanwhile.
WATCH = """([gone, text]) => {
  const shows = () => gone ? !document.querySelector(`form[action="${gone}"]`) : document.body.innerText.includes(text);
  if (shows()) throw new Error(`the page showed it before: ${gone}${text}`);
  window.shown = new Promise((resolve) => {
    const look = () => shows() && (watching.disconnect(), resolve(performance.timeOrigin + performance.now()));
    const watching = new MutationObserver(look);
    watching.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}"""
NOTE = """\
Giulia sends a form of a ticket (POST to the portal); Marco looks at a page in a real Chromium, headless, signed in and
with its stream open, while all services run. From the start of the POST until Marco's page has changed, told by an
observer in the page. A page reads itself again at most once a second, so the POSTs are one to two seconds apart, at
random. {tickets} tickets more in the store. Bare: the same POST, and when it is answered a GET of the same page as
Marco without a browser: what somebody who reloads at the right moment waits for the server. In turn."""


@dataclass
class Turns:
    """Milliseconds, by round."""

    ours: list[list[float]] = field(default_factory=list)
    bare: list[list[float]] = field(default_factory=list)


def measure(bed: Bed, plan: Plan, say: Callable[[str], None]) -> Table:
    """The table of section (l), on the whole stack."""
    rows = asyncio.run(_pages(bed, plan, say))
    return Table("(l) Live pages", "live", "POST and GET", tuple(rows), NOTE.format(tickets=TICKETS))


async def _pages(bed: Bed, plan: Plan, say: Callable[[str], None]) -> list[Row]:
    prefix = bed.stack.settings.get("SPORTELLO_MONGO_PREFIX", "sportello")
    database = Database(bed.stack.urls.mongo, f"{prefix}_tickets")
    await fill(database, START, START + TICKETS)
    new = await _new(database)
    await database.close()
    url = bed.stack.urls.portal
    acts, sees = await Browser.signed_in(url, ACTS), await Browser.signed_in(url, SEES)
    desk = _Desk(acts, new)
    rows: list[Row] = []
    async with _chromium(url) as page:
        for what, path, verb in (
            ("a note on the open ticket", f"/tickets/{desk.noted}", desk.note),
            ("taken, on a list", "/tickets?state=new&queue=mine", desk.take),
            ("taken, on the Cruscotto", "/", desk.take),
        ):
            turns = await _in_turn(page, url + path, path, verb, sees, plan)
            for share, aim in ((0.50, AIM), (0.95, None)):
                ours, bare = ([percentile(times, share) for times in side] for side in (turns.ours, turns.bare))
                rows.append(paired(f"{what}, p{share * 100:.0f}", "ms", ours, bare, aim))
            say(f"  (l) {rows[-2].what} {rows[-2].ours:.0f} ms, bare {rows[-2].bare:.0f} ms")
    acts.close()
    sees.close()
    return rows


async def _new(database: Database) -> list[str]:
    """The numbers of those of Marco's queues that nobody has taken, the newest first, as his pages show them."""
    found = database.collection("tickets").find({"live_queue": {"$in": HIS}, "state": "new"}, {"number": 1})
    rows: list[Any] = await found.sort("place", -1).to_list(None)
    return [row["number"] for row in rows]


class _Desk:
    """Who acts, and on what next: a form ready to be sent, and the button that leaves or the text that comes."""

    def __init__(self, acts: Browser, new: list[str]) -> None:
        self._acts = acts
        self._new = iter(new[1:])
        self.noted = new[0]

    async def note(self) -> tuple[Form, str, str]:
        """One more note on the same ticket."""
        text = f"Nota {random.getrandbits(48):x}"
        return await self._acts.form(f"/tickets/{self.noted}", "notes", text=text), "", text

    async def take(self) -> tuple[Form, str, str]:
        """The newest ticket that nobody has taken."""
        number = next(self._new)
        return await self._acts.form(f"/tickets/{number}", "take"), f"/tickets/{number}/take", ""


async def _in_turn(
    page: Page, address: str, path: str, verb: Callable[[], Awaitable[tuple[Form, str, str]]], sees: Browser, plan: Plan
) -> Turns:
    turns = Turns()
    await page.goto(address)
    await page.locator("#live-state.is-on").wait_for()
    for _ in range(plan.live_rounds):
        turns.ours.append([])
        turns.bare.append([])
        for _ in range(plan.live_calls):
            await _rest()
            form, gone, text = await verb()
            if gone:
                await page.locator(f'form[action="{gone}"]').wait_for()
            await page.evaluate(WATCH, [gone, text])
            started = time.time()
            await form.send()
            turns.ours[-1].append(float(await page.evaluate("window.shown")) - 1000 * started)
            form, gone, text = await verb()
            before = time.perf_counter()
            await form.send()
            read = await sees.get(path)
            shown = f'action="{gone}"'.encode() not in read.body if gone else text.encode() in read.body
            if not shown:
                raise RuntimeError(f"{path} did not show what was done")
            turns.bare[-1].append(1000 * (time.perf_counter() - before))
    return turns


async def _rest() -> None:
    await asyncio.sleep(random.uniform(1.0, 2.0))


@asynccontextmanager
async def _chromium(url: str) -> AsyncIterator[Page]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise StackError("Section (l) needs a Chromium: `make test` installs one.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(locale="it-IT")
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(url)
        await page.get_by_role("button", name=SEES_IN).click()
        await page.wait_for_load_state()
        try:
            yield page
        finally:
            await browser.close()
