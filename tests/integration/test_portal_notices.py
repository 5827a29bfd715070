"""The bell, the inbox and the preferences, as an operator meets them; and what they say while notifier is away."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from demo.ports import free_port
from demo.servers import Broker, Server
from services.notifier import app as notifier_app
from shared.events import TicketNoted, TicketOpened, TicketReplied
from shared.mongo import Database
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House, a_house, field, serving
from tests.unit.notifier.facts import a_fact, ref

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

SARA, PAOLO = "sara.lombardi", "paolo.greco"
DOWN = "Una parte di Sportello in questo momento non risponde"


class Notifier:
    """Starts when a test wants it."""

    def __init__(self, house: House, port: int) -> None:
        self._house = house
        self._port = port
        self._running = AsyncExitStack()
        self.is_up = False

    async def start(self) -> None:
        """Unless it runs."""
        if not self.is_up:
            settings = self._house.settings.model_copy(
                update={"port": self._port, "smtp_url": f"smtp://127.0.0.1:{free_port()}"}
            )
            await self._running.enter_async_context(serving(notifier_app.build(settings), self._port))
            self.is_up = True

    async def stop(self) -> None:
        await self._running.aclose()
        self.is_up = False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    port = free_port()
    urls = f"http://127.0.0.1:{port}"
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), notifier_urls=urls) as found:
        yield found
    database = Database(store.url, f"{found.settings.mongo_prefix}_notifier")
    await database.drop()
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def notifier(house: House) -> AsyncIterator[Notifier]:
    found = Notifier(house, int(house.settings.notifier_urls.rpartition(":")[2]))
    await found.start()
    yield found
    await found.stop()


async def listed(person: httpx.AsyncClient, words: str, path: str = "/notices") -> str:
    """The page, once it says so."""

    async def look() -> str | None:
        page = (await person.get(path)).text
        return page if words in page else None

    return str(await eventually(look))


def rows(page: str) -> list[str]:
    """The rows of an inbox page."""
    return re.findall(r'<li class="notice-row.*?</li>', page, re.DOTALL)


async def test_a_notice_is_found_read_undone_and_leads_to_its_ticket(house: House, notifier: Notifier) -> None:
    async with house.person(PAOLO) as paolo:
        empty = (await paolo.get("/notices")).text
        assert "Ancora nessun avviso." in empty
        assert 'href="/preferences"' in empty
        number = await house.ticket()
        notes = [a_fact(TicketNoted, owner=ref(PAOLO), number=number) for _ in range(3)]
        for fact in (*notes, a_fact(TicketReplied, owner=ref(PAOLO), number="20261123000011")):
            await house.bus.publish(fact)

        async def all_there() -> str | None:
            # The rows and their number are two readings: a notice can come between them.
            page = (await paolo.get("/notices")).text
            return page if "4 da leggere" in page and len(rows(page)) == 4 else None

        page = str(await eventually(all_there))
        assert "perché è affidato a te" in page
        assert "4" in (await paolo.get("/notices/bell")).text

        # Filters.
        noted = (await paolo.get("/notices?kind=note&why=owner&show=unread")).text
        assert len(rows(noted)) == 3
        assert len(rows((await paolo.get(f"/notices?ticket={number}")).text)) == 3
        assert "Nessun avviso corrisponde." in (await paolo.get("/notices?why=mentioned")).text

        # One by one, and back.
        row = rows(page)[0]
        back = {"csrf": field(page, "csrf"), "back": "/notices"}
        read = (await paolo.post("/notices/read", data={**back, "notice": field(row, "notice")})).text
        assert "3 da leggere" in read
        again = (await paolo.post("/notices/unread", data={**back, "notice": field(row, "notice")})).text
        assert "4 da leggere" in again

        # All that the filter shows, with its undo.
        shown = {"until": field(noted, "until"), "kind": "note", "why": "owner", "back": "/notices?kind=note"}
        marked = (await paolo.post("/notices/read", data={**back, **shown})).text
        assert "Segnato come letto." in marked
        assert "1 da leggere" in marked
        undone = (await paolo.post("/notices/unread", data={**back, "mark": field(marked, "mark")})).text
        assert "Di nuovo da leggere." in undone
        assert "4 da leggere" in undone

        # Opening one reads all that was shown of its ticket.
        first = next(row for row in rows(undone) if number in row)
        opened = {
            "csrf": field(undone, "csrf"),
            "number": number,
            "article": field(first, "article"),
            "until": field(undone, "until"),
        }
        notice = re.search(r'action="(/notices/[0-9a-f-]+/open)"', first)
        assert notice
        answer = await paolo.post(notice[1], data=opened, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/tickets/{number}#article-{opened['article']}",
        )
        assert "1 da leggere" in (await paolo.get("/notices")).text


async def test_a_wish_from_elsewhere_and_users_get_nothing(house: House, notifier: Notifier) -> None:
    async with house.person(PAOLO) as paolo, house.person("luca.bianchi") as luca:
        for path in ("/notices/read", "/notices/unread", "/preferences"):
            assert (await paolo.post(path, data={"csrf": "x"})).status_code == 403
        for path in ("/notices", "/notices/bell", "/preferences"):
            assert (await luca.get(path)).status_code == 403
        assert 'id="bell"' not in (await luca.get("/my")).text
        moved = await paolo.post(
            "/notices/x/open", data={"csrf": field((await paolo.get("/notices")).text, "csrf"), "number": "//evil"}
        )
        assert moved.status_code == 422


async def test_preferences_are_saved_refused_beside_their_field_and_kept_as_typed(
    house: House, notifier: Notifier
) -> None:
    async with house.person(SARA) as sara, house.person(SARA) as other:
        page = (await sara.get("/preferences")).text
        assert re.search(r'value="students" checked', page)
        form = {"csrf": field(page, "csrf"), "version": field(page, "version"), "language": "it"}
        wish = {**form, "mail.note": "daily", "mail.assigned": "now", "queues": ["fees", "internships"]}

        half = (await sara.post("/preferences", data={**wish, "deputy": PAOLO})).text
        assert "Indica fino a quando non ci sei" in half
        past = await sara.post("/preferences", data={**wish, "deputy": PAOLO, "until": "2020-01-01T08:00"})
        assert past.status_code == 422
        assert "Questo momento è già passato" in past.text
        assert re.search(r'value="2020-01-01T08:00" aria-invalid="true"', past.text)
        assert re.search(r'value="internships" checked', past.text)
        assert re.search(rf'value="{PAOLO}" selected', past.text)

        saved = (await sara.post("/preferences", data={**wish, "deputy": PAOLO, "until": "2099-01-01T08:00"})).text
        assert "Le tue preferenze sono salvate." in saved
        assert 'value="2099-01-01T08:00"' in saved
        assert not re.search(r'value="students" checked', saved)

        # A page that was opened before is told, keeps what was chosen, and may save over it.
        stale = {**wish, "csrf": field((await other.get("/preferences")).text, "csrf"), "mail.note": "hourly"}
        refused = await other.post("/preferences", data=stale)
        assert refused.status_code == 409
        assert "sono cambiate in un’altra pagina" in refused.text
        assert re.search(r'name="mail.note".*?value="hourly" selected', refused.text, re.DOTALL)
        over = await other.post("/preferences", data={**stale, "version": field(refused.text, "version")})
        assert "Le tue preferenze sono salvate." in over.text

        paolo_page = (await sara.get("/preferences")).text
        assert 'value=""' in paolo_page  # nobody stands in any more


async def test_while_notifier_is_away_pages_say_so_and_the_bell_is_silent(house: House, notifier: Notifier) -> None:
    async with house.person(PAOLO) as paolo:
        page = (await paolo.get("/preferences")).text
        form = {"csrf": field(page, "csrf"), "version": field(page, "version"), "queues": ["students"]}
        await notifier.stop()
        try:
            bell = await paolo.get("/notices/bell")
            assert (bell.status_code, bell.text.strip()) == (200, "")
            for path in ("/notices", "/preferences"):
                answer = await paolo.get(path)
                assert answer.status_code == 503
                assert DOWN in answer.text
            typed = await paolo.post("/preferences", data={**form, "mail.note": "daily"})
            assert typed.status_code == 503
            assert "Ciò che hai scelto è ancora qui" in typed.text
            assert re.search(r'name="mail.note".*?value="daily" selected', typed.text, re.DOTALL)
            number = await house.ticket()
            opened = {"csrf": form["csrf"], "number": number}
            answer = await paolo.post(
                "/notices/00000000-0000-0000-0000-000000000000/open", data=opened, follow_redirects=False
            )
            assert answer.headers["location"] == f"/tickets/{number}"
        finally:
            await notifier.start()


@needs_chromium
async def test_the_bell_and_the_open_inbox_count_by_themselves(house: House, notifier: Notifier) -> None:
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Marco Ferri", "/")
        await expect(page.locator("#live-state.is-on")).to_be_visible()
        number = await house.ticket()
        await house.bus.publish(a_fact(TicketOpened, actor=a_fact(TicketOpened).actor, number=number))
        await expect(page.locator(".bell-count")).to_have_text(re.compile(r"\d"))
        await page.locator("#bell").click()
        await expect(page.get_by_role("heading", name="Avvisi")).to_be_visible()
        before = await page.locator(".notice-row").count()
        await house.bus.publish(a_fact(TicketNoted, mentions=(ref("marco.ferri"),), number=number))
        await expect(page.get_by_role("button", name="Giulia Conti ti ha nominato in una nota")).to_be_visible()
        assert await page.locator(".notice-row").count() > before
        await page.get_by_role("button", name="Giulia Conti ti ha nominato in una nota").click()
        await page.wait_for_url(re.compile(rf"/tickets/{number}"))
    assert complaints.found == []
