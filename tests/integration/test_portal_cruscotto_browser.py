"""The Cruscotto in a real browser: arranged by keyboard and mouse, alive without a reload, whole without JavaScript."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Request, expect

from demo.ports import free_port
from demo.servers import Broker, Server
from services.notifier import app as notifier_app
from services.portal import app as portal_app
from shared.events import TicketNoted
from shared.mongo import Database
from tests.conftest import eventually
from tests.e2e.browser import Complaints, a_browser, a_page, needs_chromium, sign_in
from tests.integration.house import House, a_house, fields, serving
from tests.unit.notifier.facts import a_fact, ref

pytestmark = [
    pytest.mark.integration,
    pytest.mark.asyncio(loop_scope="module"),
    needs_chromium,
]
LIVE = 8_000  # ms in which what a colleague did must be seen
ORDER = "() => [...document.querySelectorAll('.boards > div > section')].map((each) => each.id.slice(3))"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    port = free_port()
    urls = f"http://127.0.0.1:{port}"
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), notifier_urls=urls) as found:
        settings = found.settings.model_copy(update={"port": port, "smtp_url": f"smtp://127.0.0.1:{free_port()}"})
        async with serving(notifier_app.build(settings), port):
            yield found
    database = Database(store.url, f"{found.settings.mongo_prefix}_notifier")
    await database.drop()
    await database.close()


def axe() -> str:
    """The checker, as the page is told it: by the debugger, whom its own policy doesn't bind."""
    return Path("node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


async def takes(house: House, who: str, number: str) -> None:
    """A colleague, elsewhere, takes a ticket in charge."""
    async with house.person(who) as colleague:
        page = (await colleague.get(f"/tickets/{number}")).text
        await colleague.post(f"/tickets/{number}/take", data=fields(page, "csrf", "key", "seen"))


async def at_cruscotto(page: Page, house: House, name: str) -> None:
    """Somebody's Cruscotto, which listens."""
    await sign_in(page, house.settings.portal_url, name)
    await expect(page.locator("#live-state.is-on")).to_be_visible()


async def press_until(page: Page, key: str, selector: str) -> None:
    """Press a key until this has the focus, and is seen to have it."""
    for _ in range(120):
        await page.keyboard.press(key)
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            await expect(page.locator(":focus-visible")).to_be_in_viewport()
            return
    raise AssertionError(f"no way to {selector} by {key}")


async def test_a_keyboard_arranges_and_the_focus_stays_where_it_is_needed(house: House) -> None:
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await at_cruscotto(page, house, "Marco Ferri")
        usual = await page.evaluate(ORDER)
        assert usual[:2] == ["new", "working"]
        await press_until(page, "Tab", "#to-arrange")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/arrange")
        said = page.locator("#arranged")

        await press_until(page, "Tab", "#down-new")
        await page.keyboard.press("Enter")
        await expect(said).to_have_text("Ticket nuovi: posto 2 di 5, colonna larga.")
        await expect(page.locator("#down-new")).to_be_focused()
        await page.keyboard.press("Space")
        await expect(said).to_have_text("Ticket nuovi: posto 3 di 5, colonna larga.")

        # What is put away can be shown again at once: the focus is on its button.
        await page.locator("#hide-overdue").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#show-overdue")).to_be_focused()
        await page.locator("#across-held").focus()
        await page.keyboard.press("Enter")
        await expect(said).to_have_text("Affidati a me: posto 1 di 6, colonna larga.")
        await expect(page.locator("#across-held")).to_be_focused()

        # A filter, by keys alone.
        await page.locator("#filter-working > summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.locator("#queue-working")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await press_until(page, "Tab", "#narrow-working")
        await page.keyboard.press("Enter")
        await expect(said).to_have_text("In lavorazione nelle mie code: filtro salvato.")
        await expect(page.locator("#filter-working > summary")).to_be_focused()

        # A step back, and no step beyond the first.
        await page.locator("#undo").focus()
        await page.keyboard.press("Enter")
        await expect(said).to_have_text("L’ultima modifica è annullata.")
        await expect(page.locator("#undo")).to_be_focused()

        await page.locator("#arrange-done").press("Enter")
        await page.wait_for_url(house.settings.portal_url + "/")
        arranged = await page.evaluate(ORDER)
        assert arranged[:4] == ["held", "working", "responsible", "new"]
        assert "overdue" not in arranged
    assert complaints.found == []


async def test_a_mouse_drags_a_widget_to_the_other_column(house: House) -> None:
    complaints = Complaints()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await sign_in(page, house.settings.portal_url, "Paolo Greco", "/arrange")
        await page.locator("#arrange-waiting .grip").drag_to(
            page.locator("#arrange-overdue"), target_position={"x": 60, "y": 4}
        )
        await expect(page.locator("#arranged")).to_have_text("In attesa dell’utente: posto 2 di 6, colonna stretta.")
        side = page.locator("[data-column=side] > li")
        assert await side.nth(1).get_attribute("id") == "arrange-waiting"
    assert complaints.found == []


async def test_a_fact_changes_the_widgets_it_is_about_and_nothing_else_with_one_request(house: House) -> None:
    complaints, asked = Complaints(), list[str]()

    def note(request: Request) -> None:
        asked.append(request.url.removeprefix(house.settings.portal_url))

    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await at_cruscotto(page, house, "Giulia Conti")
        await page.evaluate("document.querySelector('#body-second').dataset.witness = 'the same'")
        number = await house.ticket()
        new = page.locator(".board-new .row-ticket", has=page.locator(f"a[href='/tickets/{number}']"))
        await expect(new).to_be_visible(timeout=LIVE)
        await expect(page.locator("#live-says")).to_contain_text("Nuovo ticket")
        # The focus stays on a link while the widget around it is read again.
        await new.locator(".row-link").focus()
        page.on("request", note)
        await takes(house, "marco.ferri", number)
        working = page.locator(".board-working .row-ticket", has=page.locator(f"a[href='/tickets/{number}']"))
        await expect(working).to_contain_text("Marco Ferri", timeout=LIVE)
        await expect(new).to_have_count(0)
        await expect(page.locator("#body-second[data-witness]")).to_have_count(1)
        parts = [each for each in asked if each.startswith("/widgets")]
        assert 1 <= len([each for each in parts if each.startswith("/widgets?")]) <= 3
        assert all(each.startswith(("/widgets?", "/widgets/notices")) for each in parts)
        # A button in a widget works in place.
        second = await house.ticket()
        row = page.locator(".board-new .row-ticket", has=page.locator(f"a[href='/tickets/{second}']"))
        await row.get_by_role("button", name="Prendi in carico").click(timeout=LIVE)
        await expect(page.locator("#notices")).to_contain_text("Hai preso in carico")
        held = page.locator(f".board-held a[href='/tickets/{second}']")
        await expect(held).to_be_visible()
    assert complaints.found == []


async def test_the_focus_stays_in_a_widget_that_is_read_again(house: House) -> None:
    complaints = Complaints()
    number = await house.ticket()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await at_cruscotto(page, house, "Giulia Conti")
        link = page.locator(f".board-new a[href='/tickets/{number}']")

        async def focused() -> bool:
            # The first reading may take the link away just now.
            await link.focus()
            return bool(await link.evaluate("at => at === document.activeElement"))

        await eventually(focused)
        other = await house.ticket()
        await expect(page.locator(f".board-new a[href='/tickets/{other}']")).to_be_visible(timeout=LIVE)
        await expect(link).to_be_focused()
        # A branch that was closed stays closed, also when its numbers change.
        branch = page.locator("#tree-credentials")
        await branch.locator("> summary").click()
        last = await house.ticket()
        await expect(page.locator(f".board-new a[href='/tickets/{last}']")).to_be_visible(timeout=LIVE)
        assert await branch.get_attribute("open") is None
    assert complaints.found == []


async def test_a_notice_more_changes_only_the_notices(house: House) -> None:
    complaints, asked = Complaints(), list[str]()
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await at_cruscotto(page, house, "Paolo Greco")
        notices = page.locator(".board-notices")
        await expect(notices.locator(".count")).to_have_text("0")
        page.on("request", lambda request: asked.append(request.url.removeprefix(house.settings.portal_url)))
        # A fact of tickets that only notifier hears of here.
        number = await house.ticket()
        await house.bus.publish(a_fact(TicketNoted, mentions=(ref("paolo.greco"),), number=number))
        await expect(notices.locator(".row-says")).to_have_text("Giulia Conti ti ha nominato in una nota", timeout=LIVE)
        await expect(notices.locator(".count")).to_have_text("1")
        assert "/widgets/notices" in asked
        # It leads to its ticket, and is read then.
        await notices.locator(".row-says").click()
        await page.wait_for_url(f"**/tickets/{number}#article-*")
        await page.goto(house.settings.portal_url)
        await expect(notices).to_contain_text("Hai letto tutto.")
    assert complaints.found == []


async def test_a_session_that_ended_meanwhile_leads_to_the_sign_in(house: House) -> None:
    complaints = Complaints("401")
    async with a_browser() as browser:
        page = await a_page(browser, complaints)
        await at_cruscotto(page, house, "Emma Clarke")
        await page.context.clear_cookies()
        await house.ticket()
        await page.wait_for_url("**/sign-in", timeout=LIVE)
    assert complaints.found == []


async def test_what_could_not_be_shown_is_shown_after_another_try(house: House) -> None:
    complaints = Complaints()
    away = free_port()
    settings = house.settings.model_copy(
        update={"port": free_port(), "notifier_urls": f"http://127.0.0.1:{away}", "demo": "public"}
    )
    settings = settings.model_copy(update={"portal_url": f"http://127.0.0.1:{settings.port}"})
    async with a_browser() as browser, serving(portal_app.build(settings), settings.port):
        page = await a_page(browser, complaints)
        await sign_in(page, settings.portal_url, "Sara Lombardi")
        notices = page.locator(".board-notices")
        await expect(notices).to_contain_text("ora non risponde")
        back = house.settings.model_copy(update={"port": away, "smtp_url": f"smtp://127.0.0.1:{free_port()}"})
        async with serving(notifier_app.build(back), away):
            await notices.get_by_role("link", name="Riprova").click()
            await expect(notices).not_to_contain_text("ora non risponde")
        # Before its portal goes.
        await page.context.close()
    assert complaints.found == []


async def test_without_javascript_a_cruscotto_is_read_and_arranged(house: House) -> None:
    number = await house.ticket()
    async with a_browser() as browser:
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        portal = house.settings.portal_url
        await sign_in(page, portal, "Anna Villa")
        await expect(page.locator(f".board-new a[href='/tickets/{number}']")).to_be_visible()
        await page.locator("#to-arrange").click()
        await page.locator("#hide-waiting").click()
        await expect(page.locator("#arranged")).to_contain_text("In attesa dell’utente: messo da parte.")
        await page.locator("#filter-new > summary").click()
        await page.locator("#queue-new").select_option("fees")
        await page.locator("#narrow-new").click()
        await expect(page.locator("#arranged")).to_contain_text("filtro salvato")
        await page.locator("#arrange-done").click()
        await expect(page.locator(".board-waiting")).to_have_count(0)
        await expect(page.locator(".board-new .board-narrow")).to_have_text("Tasse e contributi")
        await expect(page.locator(f".board-new a[href='/tickets/{number}']")).to_have_count(0)


@pytest.mark.parametrize("wide", [True, False], ids=["wide", "narrow"])
async def test_the_pages_are_accessible(house: House, wide: bool) -> None:
    complaints = Complaints()
    await house.ticket()
    async with a_browser() as browser:
        page = await a_page(browser, complaints, wide=wide)
        await sign_in(page, house.settings.portal_url, "Sara Lombardi")
        for path in ("/", "/arrange", "/queues"):
            await page.goto(house.settings.portal_url + path)
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            await page.evaluate(axe())
            found = await page.evaluate("axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes[0].html]))")
            assert found == [], path
    assert complaints.found == []
