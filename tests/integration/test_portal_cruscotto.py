"""The Cruscotto before real services: sent widget by widget, each person's own arrangement, parts that read again."""

import asyncio
import html
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from demo.ports import free_port
from demo.servers import Broker, Server
from services.notifier import app as notifier_app
from services.portal import app as portal_app
from services.portal.widgets import WIDGETS
from shared.config import Settings
from shared.mongo import Database
from tests.conftest import eventually
from tests.integration.house import House, a_house, a_request, field, fields, serving
from tests.unit.samples import routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

DOWN = "Questa parte di Sportello ora non risponde: non è andato perso niente."
LATE = "Ci vuole più del solito."
OF_TICKETS = [widget.id for widget in WIDGETS.values() if widget.id != "notices"]


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


def board(page: str, widget: str) -> str:
    """A widget's part of the page."""
    found = re.search(rf'<section [^>]*id="at-{widget}".*?</section>', page, re.DOTALL)
    return html.unescape(found[0]) if found else ""


def order(page: str) -> list[str]:
    """The widgets of the page, in the order in which they stand."""
    return re.findall(r'id="at-(\w+)"', page)


async def arrange(browser: httpx.AsyncClient, do: str, widget: str = "", **more: Any) -> str:
    """Press a button of the arrange page; the page it leads to. `seen`, when told: as an older page has it."""
    page = (await browser.get("/arrange")).text
    answer = await browser.post("/arrange", data={**fields(page, "csrf", "seen"), "do": do, "widget": widget, **more})
    assert answer.status_code == 200
    return html.unescape(answer.text)


async def test_the_frame_is_sent_before_tickets_is_asked_and_what_is_late_can_come_later(house: House) -> None:
    asked = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()  # until whoever asked gives up
        writer.close()

    port, tickets = free_port(), free_port()
    server = await asyncio.start_server(hang, "127.0.0.1", tickets)
    settings = house.settings.model_copy(update={"tickets_urls": f"http://127.0.0.1:{tickets}", "port": port})
    async with server, serving(portal_app.build(settings), port), house.person("giulia.conti") as giulia:
        async with giulia.stream("GET", f"http://127.0.0.1:{port}/") as answer:
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            parts = answer.aiter_text()
            frame = await anext(parts)
            assert not asked.is_set()
            assert "Cruscotto</h1>" in frame
            assert 'aria-label="Menu principale"' in frame
            rest = "".join([part async for part in parts])
        assert asked.is_set()
        # The page ends all the same, and says what to do.
        assert rest.rstrip().endswith("</html>")
        assert rest.count(LATE) == len(OF_TICKETS)
        assert 'hx-get="/widgets/new" hx-trigger="load"' in rest


async def test_a_service_that_is_down_takes_only_its_own_widgets_with_it(house: House) -> None:
    number = await house.ticket()

    def without(service: str) -> Settings:
        return house.settings.model_copy(update={service: f"http://127.0.0.1:{free_port()}", "port": free_port()})

    async with house.person("giulia.conti") as giulia:
        settings = without("notifier_urls")
        async with serving(portal_app.build(settings), settings.port):
            page = (await giulia.get(f"http://127.0.0.1:{settings.port}/")).text
            assert DOWN in board(page, "notices")
            assert 'hx-get="/widgets/notices"' in board(page, "notices")
            assert f'href="/tickets/{number}"' in board(page, "new")
            assert html.unescape(page).count(DOWN) == 1
        settings = without("tickets_urls")
        async with serving(portal_app.build(settings), settings.port):
            address = f"http://127.0.0.1:{settings.port}"
            answer = await giulia.get(f"{address}/")
            assert answer.status_code == 200
            assert all(DOWN in board(answer.text, widget) for widget in OF_TICKETS)
            assert DOWN not in board(answer.text, "notices")
            assert answer.text.rstrip().endswith("</html>")
            # A page that shows something keeps it; one widget asked for alone says what is the matter.
            assert (await giulia.get(f"{address}/widgets", params={"have": "new:"})).status_code == 503
            again = await giulia.get(f"{address}/widgets/new")
            assert (again.status_code, DOWN in html.unescape(again.text)) == (200, True)


async def test_nobody_is_shown_a_frame_who_may_not_see_the_page(house: House) -> None:
    async with house.browser() as stranger:
        for path in ("/", "/arrange", "/queues", "/widgets", "/widgets/new"):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.text) == (303, "")
    async with house.person("luca.bianchi") as luca:
        assert "Le mie richieste" in (await luca.get("/")).text
        for path in ("/arrange", "/queues", "/widgets", "/widgets/new"):
            assert (await luca.get(path)).status_code == 403
        own = field((await luca.get("/my")).text, "csrf")
        assert (await luca.post("/arrange", data={"csrf": own, "do": "usual"})).status_code == 403


async def test_a_look_without_a_body_asks_nothing(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        answer = await giulia.head("/")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_ticket_in_several_widgets_gives_no_id_twice(house: House) -> None:
    number = await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get(f"/tickets/{number}")).text
        await giulia.post(f"/tickets/{number}/take", data=fields(page, "csrf", "key", "seen"))
        page = (await giulia.get("/")).text
    for widget in ("held", "working", "responsible"):
        assert f'href="/tickets/{number}"' in board(page, widget), widget
    twice = [name for name, times in Counter(re.findall(r'\sid="([^"]*)"', page)).items() if times > 1]
    assert twice == []
    assert len(page.encode()) < 150_000


async def test_each_widget_tells_how_many_how_old_and_who_holds_what(house: House) -> None:
    draft = a_request()
    await house.bus.publish(routed(draft, queue="fees"))
    number = await house.number_of(draft)
    async with house.person("sara.lombardi") as sara:
        page = (await sara.get("/")).text
        assert re.search(r'has-some">\d+</span>\s*<span class="board-oldest">da adesso', board(page, "new"))
        await sara.post(
            f"/tickets/{number}/take",
            data=fields((await sara.get(f"/tickets/{number}")).text, "csrf", "key", "seen"),
        )
        page = (await sara.get("/")).text
        row = re.search(rf'<li [^>]*id="working-[^>]*>(?:(?!</li>).)*/tickets/{number}".*?</li>', page, re.DOTALL)
        assert row
        assert "Tu" in row[0]
        assert "Nulla è scaduto." in board(page, "overdue")
        assert 'href="/tickets?owner=me"' in board(page, "held")


async def test_two_people_have_their_own_arrangements_and_each_the_same_on_every_device(house: House) -> None:
    async with (
        house.person("marco.ferri") as marco,
        house.person("marco.ferri") as phone,
        house.person("paolo.greco") as paolo,
    ):
        usual = order((await paolo.get("/")).text)
        assert sorted(usual) == sorted(WIDGETS)
        said = await arrange(marco, "down", "new")
        assert "Ticket nuovi: posto 2 di 5, colonna larga." in said
        await arrange(marco, "hide", "overdue")
        await arrange(marco, "narrow", "working", queue="credentials", order="longest", rows="3")
        page = (await phone.get("/")).text
        assert order(page)[:2] == ["working", "new"]
        assert "overdue" not in order(page)
        assert "Credenziali e accesso" in board(page, "working")
        assert order((await paolo.get("/")).text) == usual
        # The phone adds to it; nothing of what was done elsewhere is lost.
        await arrange(phone, "across", "held")
        assert "held" in order((await marco.get("/")).text)[:6]
        assert "overdue" not in order((await marco.get("/")).text)


async def test_undo_takes_back_step_by_step_and_only_what_was_seen(house: House) -> None:
    async with house.person("emma.clarke") as emma, house.person("emma.clarke") as phone:
        usual = order((await emma.get("/")).text)
        await arrange(emma, "up", "queues")
        await arrange(emma, "hide", "new")
        stale = (await phone.get("/arrange")).text
        await arrange(emma, "hide", "asked")
        # The phone's page is older: it would take back what it never showed.
        for do in ("undo", "usual"):
            answer = await phone.post("/arrange", data={**fields(stale, "csrf", "seen"), "do": do})
            assert "arranged on another device" in answer.text
            assert "asked" not in order((await emma.get("/")).text)
        await arrange(phone, "undo")
        assert "asked" in order((await emma.get("/")).text)
        await arrange(phone, "usual")
        assert order((await emma.get("/")).text) == usual
        await arrange(emma, "undo")
        await arrange(emma, "undo")
        await arrange(emma, "undo")
        assert order((await emma.get("/")).text) == usual
        assert 'id="undo" aria-disabled="true"' in await arrange(emma, "undo")


async def test_bad_wishes_change_nothing_and_get_a_clear_page(house: House) -> None:
    async with house.person("anna.villa") as anna:
        usual = order((await anna.get("/")).text)
        page = (await anna.get("/arrange")).text
        known = fields(page, "csrf", "seen")
        for wish, status in (
            ({"do": "explode", "widget": "new"}, 422),
            ({"do": "up", "widget": "<b>"}, 404),
            ({"do": "up"}, 404),
            ({"do": "narrow", "widget": "new", "queue": "nowhere"}, 422),
            ({"do": "narrow", "widget": "new", "rows": "100000"}, 422),
            ({"do": "place", "widget": "new", "column": "third"}, 422),
            ({"do": "up", "widget": "new", "csrf": "x"}, 403),
        ):
            assert (await anna.post("/arrange", data={**known, **wish})).status_code == status, wish
        assert (await anna.get("/arrange", params={"did": "up", "widget": "<b>"})).status_code == 200
        assert (await anna.get("/arrange", params={"did": "lies"})).status_code == 422
        assert (await anna.get("/widgets", params={"have": "new:<b>"})).status_code == 422
        assert (await anna.get("/widgets/nothing")).status_code == 404
        assert order((await anna.get("/")).text) == usual


async def test_only_what_looks_otherwise_is_sent_again(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        have = html.unescape((await giulia.get("/")).text)
        known = re.findall(r'name="have" value="([^"]+)"', have)
        # Notices read themselves again, by facts of their own.
        assert {each.split(":")[0] for each in known} == {"glance", *OF_TICKETS}

        # Unless a minute went by meanwhile, and somebody's age is another one.
        async def quiet() -> bool:
            known[:] = re.findall(r'name="have" value="([^"]+)"', (await giulia.get("/")).text)
            return (await giulia.get("/widgets", params={"have": known})).status_code == 204

        await eventually(quiet)
        number = await house.ticket()
        answer = await giulia.get("/widgets", params={"have": known})
        parts = re.findall(r'<div [^>]*id="([\w-]+)" hx-swap-oob="true"', answer.text)
        assert {"glance", "body-new", "body-queues"} <= set(parts)
        assert "body-second" not in parts
        assert f'href="/tickets/{number}"' in answer.text
        assert "<html" not in answer.text


async def test_the_queues_are_a_tree_that_leads_to_their_lists(house: House) -> None:
    await house.ticket()
    async with house.person("giulia.conti") as giulia:
        page = (await giulia.get("/queues")).text
        inner = page[page.index('href="/tickets?queue=credentials"') :]
        assert inner.index('href="/tickets?queue=credentials-identity"') < inner.index('href="/tickets?queue=students"')
        assert re.search(r"\d+ nuov", inner[: inner.index("<details")])
        assert "una delle mie code" in inner[: inner.index("<details")]
        assert 'aria-label="Sotto-code di Credenziali e accesso"' in page
