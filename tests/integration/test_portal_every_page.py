"""Every page of the portal, found by its routes so that none is forgotten, on data that is markup wherever it can be.

Each is light, strict, quiet in the console, readable without JavaScript, and takes nobody's words for its own code.
"""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from demo.ports import free_port
from demo.servers import Broker, Server
from demo.stack import ROOT
from services.notifier import app as notifier_app
from services.portal import app as portal_app
from shared.events import Attachment
from shared.ids import random_id
from shared.mongo import Database
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.e2e.test_questions_stay_inside import routes_of
from tests.integration.house import House, a_house, a_request, field, fields, serving
from tests.integration.test_portal_bulk import begin, over, take, ticks
from tests.integration.test_portal_verbs import form, send
from tests.unit.portal.evil_files import a_photo
from tests.unit.samples import a_requester, routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

EVIL: Final = "<img src=x onerror=owned=1>"
OWNED: Final = "() => 'owned' in window || document.querySelector('img[src=x]') !== null"
# What each route is opened with; `%(…)s` is filled in from the house. A new page has to be written down here.
PAGES: Final = {
    "/": ("/",),
    "/arrange": ("/arrange", "/arrange?did=hide&widget=new"),
    "/bulk": ("/bulk",),
    "/bulk/{job}": ("%(job)s", "/bulk/nothing"),
    "/bulk/{job}/undo": ("%(job)s/undo",),
    "/dead": ("/dead",),
    "/dead/message": ("/dead/message?queue=tickets&id=none",),
    "/drafts": ("/drafts",),
    "/find": ("/find?number=%(number)s", "/find?number=" + EVIL),
    "/list/{rest:path}": ("/list/filters",),
    "/my": ("/my",),
    "/my/{number}": ("/my/%(number)s", "/my/1"),
    "/my/{number}/previews/{key:path}": ("/my/%(number)s/previews/%(key)s", "/my/%(number)s/previews/none"),
    "/notices": ("/notices", "/notices?show=unread"),
    "/preferences": ("/preferences",),
    "/queues": ("/queues",),
    "/sign-in": ("/sign-in", "/sign-in?next=/" + EVIL),
    "/tickets": ("/tickets?state=any", "/tickets?text=" + EVIL, "/tickets?tag=" + EVIL, "/tickets?after=" + EVIL),
    "/tickets/{number}": ("/tickets/%(number)s", "/tickets/20260101999999"),
    "/tickets/{number}/others": ("/tickets/%(number)s/others",),
    "/tickets/{number}/previews/{key:path}": ("/tickets/%(number)s/previews/%(key)s",),
    "/tickets/{number}/print": ("/tickets/%(number)s/print?internal=yes",),
    "/tickets/{number}/texts/{article}": ("/tickets/%(number)s/texts/%(article)s", "/tickets/%(number)s/texts/none"),
    "/tickets/{number}/{path:path}": ("/tickets/%(number)s/notes",),
}
# Parts of pages, files, streams, and ways to elsewhere.
NO_PAGES: Final = {
    "/drafts/{number}/template/{form:path}",
    "/events",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/my/{number}/attachments/{key:path}",
    "/my/{number}/download",
    "/my/{number}/preview-images/{key:path}",
    "/new-request",
    "/notices/bell",
    "/palette",
    "/tickets/{number}/attachments/{key:path}",
    "/tickets/{number}/preview-images/{key:path}",
    "/widgets",
    "/widgets/{widget}",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One in which Marco's name is markup, with a notifier."""
    config, port = tmp_path_factory.mktemp("config") / "config", free_port()
    shutil.copytree(Path(ROOT, "config"), config)
    people = config / "people.yml"
    people.write_text(people.read_text(encoding="utf-8").replace("Marco Ferri", f"Marco {EVIL}"), encoding="utf-8")
    changes = {"notifier_urls": f"http://127.0.0.1:{port}", "config_dir": config}
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), **changes) as found:
        settings = found.settings.model_copy(update={"port": port, "smtp_url": f"smtp://127.0.0.1:{free_port()}"})
        async with serving(notifier_app.build(settings), port):
            yield found
    database = Database(store.url, f"{found.settings.mongo_prefix}_notifier")
    await database.drop()
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def addresses(house: House) -> tuple[str, ...]:
    """All of them, filled in, once there is something to see on each."""
    owner = random_id()
    key = await house.blobs.put(owner, a_photo())
    file = Attachment(key=key, name=f"{EVIL}.jpg", media_type="image/jpeg", size=len(a_photo()), field="card")
    requester = a_requester(subject="luca.bianchi", name=EVIL)
    for more in ({"id": owner, "attachments": [file]}, {}):
        await house.bus.publish(routed(a_request(subject=EVIL, requester=requester, **more)))
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        numbers = await eventually(lambda: _both(giulia))
        of_file = await _with_file(giulia, numbers)
        job = await _filled(giulia, marco, of_file, numbers)
        note = await _noted(giulia, of_file)
    named = {"number": of_file, "key": key, "job": job, "article": note}
    return tuple(path % named for paths in PAGES.values() for path in paths)


async def _both(giulia: httpx.AsyncClient) -> list[str] | None:
    found = list(ticks((await giulia.get("/tickets?state=any")).text))
    return found if len(found) == 2 else None


async def _noted(giulia: httpx.AsyncClient, number: str) -> str:
    """The id of a note so long that the ticket's page shows only its beginning."""
    await send(giulia, (await giulia.get(f"/tickets/{number}")).text, "notes", text=f"{EVIL} {'parola ' * 2000}")
    found = re.search(rf'href="/tickets/{number}/texts/([\w-]+)"', (await giulia.get(f"/tickets/{number}")).text)
    assert found
    return found[1]


async def _with_file(giulia: httpx.AsyncClient, numbers: list[str]) -> str:
    (number,) = [each for each in numbers if "/previews/" in (await giulia.get(f"/tickets/{each}")).text]
    return number


async def _filled(giulia: httpx.AsyncClient, marco: httpx.AsyncClient, number: str, numbers: list[str]) -> str:
    """Markup in everything that an operator can write; the address of a bulk job that was refused something."""
    ticket = f"/tickets/{number}"
    await take(marco, number)
    for name, filled in (
        ("notes", {"text": f"@marco.ferri {EVIL}"}),
        ("tags", {"add": EVIL}),
        ("links", {"other": next(each for each in numbers if each != number)}),
        ("hand-over", {"to": "giulia.conti", "reason": EVIL}),
        ("hand-over", {"to": "marco.ferri", "reason": EVIL}),
    ):
        await send(giulia, (await giulia.get(ticket)).text, name, **filled)
    page = (await giulia.get(ticket)).text
    draft = {**fields(form(page, "answers"), "csrf", "key"), "text": EVIL}
    assert (await giulia.post(f"/drafts/{number}/save/answers", data=draft)).status_code < 400
    listed = (await giulia.get("/tickets?state=any")).text
    save = {**fields(listed, "csrf", "back"), "name": EVIL}
    assert (await giulia.post("/list/filters", data=save)).status_code < 400
    listed = (await giulia.get("/tickets?state=any")).text
    shown = ticks(listed)
    await send(marco, (await marco.get(ticket)).text, "move", queue="internships", reason=EVIL)
    done = await begin(giulia, listed, "move", [shown[each] for each in numbers], queue="fees", reason=EVIL)
    await over(giulia, done)
    return done.url.path


async def test_every_route_of_the_portal_is_looked_at(house: House) -> None:
    paths = {route.path for route in routes_of(portal_app.build(house.settings)) if "GET" in (route.methods or ())}
    # When this fails the routes are no longer found, not gone.
    assert len(paths) > 25
    assert paths - set(NO_PAGES) == set(PAGES)


async def test_every_page_is_light_and_strict_and_takes_no_words_for_code(
    house: House, addresses: tuple[str, ...]
) -> None:
    seen = 0
    for who in ("giulia.conti", "luca.bianchi", None):
        async with house.person(who) if who else house.browser() as browser:
            browser.follow_redirects = True
            for address in addresses:
                answer = await browser.get(address)
                where = f"{address} for {who}: {answer.status_code}"
                assert answer.status_code < 500, where
                policy = answer.headers["content-security-policy"]
                assert "unsafe" not in policy, where
                assert "default-src 'self'" in policy or "default-src 'none'" in policy, where
                assert len(answer.content) < 150_000, f"{where}, {len(answer.content)} bytes"
                # No code and no look between the tags, and all that people wrote only as text.
                tags = re.sub(r"""=("[^"]*"|'[^']*')""", "=", answer.text)
                assert not re.search(r"<script(?![^>]* src=)|<style|<[^<>]* (style|on\w+)=", tags), where
                assert EVIL not in answer.text, where
                seen += "&lt;img src=x onerror=owned=1&gt;" in answer.text
    assert seen > 15  # so many pages show it as what it is


async def test_a_long_note_is_whole_on_its_own_page_for_operators_and_nowhere_for_others(
    house: House, addresses: tuple[str, ...]
) -> None:
    (whole,) = [each for each in addresses if "/texts/" in each and not each.endswith("/none")]
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca, house.browser() as nobody:
        page = await giulia.get(whole)
        assert (page.status_code, page.text.count("parola")) == (200, 2000)
        for wrong in (whole + "?quote=0", whole.rpartition("/")[0] + "/none"):
            assert (await giulia.get(wrong)).status_code == 404, wrong
        for other in (luca, nobody):
            answer = await other.get(whole)
            assert answer.status_code != 200
            assert "parola" not in answer.text


async def looked_at(page: Page, house: House, addresses: tuple[str, ...]) -> AsyncIterator[str]:
    for address in addresses:
        await page.goto(house.settings.portal_url + address)
        # The paper has its heading in the page, every page has one.
        await expect(page.get_by_role("heading", level=1).first).to_be_visible()
        assert len((await page.locator("main, body").first.inner_text()).strip()) > 30, address
        yield address


@needs_chromium
async def test_every_page_is_quiet_in_a_browser_and_runs_nobodys_words(
    house: House, addresses: tuple[str, ...]
) -> None:
    complaints = Complaints("Failed to load resource")  # the pages of what there is not
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Giulia Conti")
        async for address in looked_at(page, house, addresses):
            assert not await page.evaluate(OWNED), address
        # What scripts put into pages: the palette's rows, the news, and who else is there.
        ticket = house.settings.portal_url + next(each for each in addresses if re.fullmatch(r"/tickets/\d+", each))
        async with house.person("marco.ferri") as marco:
            here = {"csrf": field((await marco.get(ticket)).text, "csrf"), "tab": "a" * 24, "doing": "answers"}
            assert (await marco.post(f"{ticket}/presence", data=here)).status_code == 200
        await page.goto(ticket)
        await expect(page.locator("#presence")).to_contain_text(f"Marco {EVIL}")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("img src")
        await expect(page.locator("#palette").get_by_role("option", name=EVIL).first).to_be_visible()
        async with house.person("marco.ferri") as marco:
            page_of_marco = (await marco.get(ticket)).text
            await send(marco, page_of_marco, "hand-over", to="giulia.conti", reason=EVIL)
        await expect(page.locator("#news").get_by_role("link", name=EVIL)).to_be_attached()
        assert not await page.evaluate(OWNED)
    assert complaints.found == []


@needs_chromium
async def test_every_page_is_readable_without_javascript(house: House, addresses: tuple[str, ...]) -> None:
    async with a_browser() as browser:
        context = await browser.new_context(java_script_enabled=False, locale="it-IT")
        page = await context.new_page()
        await sign_in(page, house.settings.portal_url, "Giulia Conti")
        assert [address async for address in looked_at(page, house, addresses)] == list(addresses)
