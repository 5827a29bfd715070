"""The list of tickets as plain pages: filters and orders of the address, columns, saved filters on two devices."""

import asyncio
import html
import re
from typing import Any

import httpx
import pytest

from services.portal.list_store import LONGEST_NAME, MOST_FILTERS
from tests.integration.house import House, fields
from tests.integration.test_portal_bulk import tagged, take, ticket, ticks
from tests.integration.test_portal_verbs import send
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
MARKUP = '<img src=x onerror="alert(1)">'


async def wish(browser: httpx.AsyncClient, back: str, path: str, **filled: Any) -> httpx.Response:
    """Send a form of the list at `back`."""
    page = (await browser.get(back)).text
    hidden = fields(page[page.index('id="list-columns"') :], "csrf", "back")
    return await browser.post(f"/list/{path}", data={**hidden, **filled})


def heads(page: str) -> list[str]:
    """The words of the columns' heads."""
    row = page[page.index("<thead") : page.index("</thead>")]
    return [shown(head).strip(" ▲▼↕") for head in re.findall(r"<th .*?</th>", row, re.DOTALL)][2:]


def saved(page: str) -> list[str]:
    """The names of the saved filters above the list."""
    part = page[page.index('id="saved"') : page.index('id="f-text"')]
    return [shown(name) for name in re.findall(r'<li><a href="[^"]+"[^>]*>(.*?)</a></li>', part, re.DOTALL)]


def filter_id(page: str) -> str:
    found = re.search(r'action="/list/filters/([^"]+)/remove"', page)
    assert found
    return found[1]


async def test_each_filter_of_the_address_finds_what_it_says(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        address = await tagged(house, giulia, 4, "filtri")
        numbers = list(ticks((await giulia.get(address)).text))
        await take(giulia, numbers[0])
        await send(giulia, await ticket(giulia, numbers[1]), "responsible", to="marco.ferri")
        await send(giulia, await ticket(giulia, numbers[2]), "tags", add="Laurea")
        waiting = {"for": "user", "until": "2099-01-15", "then": "remind"}
        await send(giulia, await ticket(giulia, numbers[3]), "pending", **waiting)
        await send(giulia, await ticket(giulia, numbers[1]), "priority", priority="5")

        async def found(query: str) -> list[int]:
            page = await giulia.get(f"{address}&{query}")
            assert page.status_code == 200
            return [numbers.index(number) for number in ticks(page.text)]

        assert await found("owner=me") == [0, 3]
        assert await found("owner=giulia.conti") == [0, 3]
        assert await found("owner=none") == [1, 2]
        assert await found("responsible=marco.ferri") == [1]
        assert await found("tag=LAUREA") == [2]
        assert await found("waiting=user") == [3]
        assert await found("overdue=1") == []
        assert await found("asked_by=me") == []
        assert await found("level=1") == [0, 1, 2, 3]
        assert await found("queue=mine") == [0, 1, 2, 3]
        by_priority = (await giulia.get(address.replace("oldest", "priority"))).text
        assert next(iter(ticks(by_priority))) == numbers[1]
        assert 'aria-sort="descending"' in (await giulia.get(address.replace("oldest", "newest"))).text
        latest = (await giulia.get(address.replace("oldest", "changed"))).text
        assert next(iter(ticks(latest))) == numbers[1]
        # Each active condition can be taken off again.
        page = (await giulia.get(f"{address}&owner=me&tag=x")).text
        chips = re.findall(r'<a class="chip" href="([^"]+)"', page)
        assert len(chips) == 4
        assert any("owner=me" in chip and "tag" not in chip for chip in chips)


async def test_columns_are_remembered_on_every_device_and_only_for_their_person(house: House) -> None:
    async with house.person("giulia.conti") as desk, house.person("giulia.conti") as phone:
        await tagged(house, desk, 1, "colonne")
        back = "/tickets?text=colonne&order=oldest"
        answer = await wish(desk, back, "columns", column=["due", "priority", "nothing", "number"])
        assert answer.url.query == b"text=colonne&order=oldest"
        assert heads(answer.text) == ["Numero", "Priorità", "Scadenza"]
        assert heads((await phone.get("/tickets?text=colonne")).text) == ["Numero", "Priorità", "Scadenza"]
        assert heads((await wish(desk, back, "columns")).text) == []
        async with house.person("marco.ferri") as marco:
            assert "Richiedente" in heads((await marco.get("/tickets?text=colonne")).text)


async def test_saved_filters_are_named_renamed_removed_and_brought_back_on_two_devices(house: House) -> None:
    async with house.person("marco.ferri") as desk, house.person("marco.ferri") as phone:
        back = "/tickets?queue=mine&order=priority"
        answer = await wish(desk, back, "filters", name=f"  Urgenti {MARKUP} ")
        name = f"Urgenti {html.escape(MARKUP, quote=True)}"
        assert answer.url.query == b"queue=mine&order=priority"
        assert name.replace("&quot;", "&#34;") in answer.text
        assert MARKUP not in answer.text
        page = (await phone.get(back)).text
        assert "Urgenti" in saved(page)[0]
        assert 'aria-current="page"' in page[page.index('id="saved"') : page.index("f-text")]
        one = filter_id(page)
        assert (await wish(phone, back, f"filters/{one}/rename", name="Mie")).status_code == 200
        assert saved((await desk.get(back)).text) == ["Mie"]
        # The bare list begins with it on both devices, and can be left.
        await wish(desk, back, f"filters/{one}/first")
        assert (await phone.get("/tickets")).url.query == b"queue=mine&order=priority"
        assert (await phone.get("/tickets?state=")).url.query == b"state="
        assert (await phone.get(f"/tickets?saved={one}")).url.query == b"queue=mine&order=priority"
        # Another person has none of it.
        async with house.person("giulia.conti") as giulia:
            assert "Mie" not in saved((await giulia.get("/tickets")).text)
            unknown = await giulia.get(f"/tickets?saved={one}")
            assert unknown.status_code == 404
            assert "Questo filtro salvato non esiste" in shown(unknown.text)
            for verb in ("rename", "first", "remove"):
                assert (await wish(giulia, "/tickets", f"filters/{one}/{verb}", name="Sua")).status_code == 404
        removed = await wish(phone, back, f"filters/{one}/remove")
        assert "è stato tolto" in shown(removed.text)
        assert saved(removed.text) == []
        assert (await desk.get("/tickets")).url.query == b""
        assert saved((await wish(desk, back, "filters/restore")).text) == ["Mie"]


async def test_names_have_limits_and_what_was_typed_comes_back(house: House) -> None:
    async with house.person("anna.villa") as anna:
        back = "/tickets?queue=fees"
        for name, words in ((" ", "Scrivi un nome"), ("x" * (LONGEST_NAME + 1), "al massimo 60 caratteri")):
            answer = await wish(anna, back, "filters", name=name)
            assert answer.status_code == 422
            assert words in shown(answer.text)
            assert f'name="name" class="list-input" value="{name}"' in answer.text
        # Two devices at once: both are kept.
        await asyncio.gather(*(wish(anna, f"{back}&tag=t{each}", "filters", name=f"F{each}") for each in range(4)))
        page = (await anna.get(back)).text
        assert sorted(saved(page)) == ["F0", "F1", "F2", "F3"]
        answer = await wish(anna, back, "filters", name="f0")
        assert "con questo nome" in shown(answer.text)
        for each in range(4, MOST_FILTERS):
            await wish(anna, f"{back}&tag=t{each}", "filters", name=f"F{each}")
        answer = await wish(anna, back, "filters", name="One more")
        assert answer.status_code == 422
        assert "al massimo 20 filtri" in shown(answer.text)
        assert "One more" in answer.text


async def test_addresses_that_say_nothing_get_a_clear_page_and_a_way_on(house: House) -> None:
    async with house.person("giulia.conti") as giulia:
        await tagged(house, giulia, 26, "indirizzi")
        page = (await giulia.get("/tickets?text=indirizzi&state=any")).text
        older = re.search(r'href="([^"]*)" id="pager-older"', page)
        assert older
        cursor = html.unescape(older[1]).split("after=")[1]
        for query, words, way in (
            ("order=lost&queue=fees", "Non esiste un ordine così", "/tickets?queue=fees"),
            ("state=lost", "Non esiste uno stato così", "/tickets?state="),
            (f"text={'x' * 300}", "troppo lunga", "/tickets?state="),
            (f"order=due&after={cursor}", "appartiene a un altro ordine", "/tickets?order=due"),
            ("after=@@@", "appartiene a un altro ordine", "/tickets?state="),
        ):
            answer = await giulia.get(f"/tickets?{query}")
            assert answer.status_code == 422, query
            assert words in shown(answer.text), query
            assert f'class="btn btn-primary btn-sm" href="{html.escape(way)}"' in answer.text, query
        nothing = await giulia.get("/tickets?text=nessunoscrivecosi")
        assert nothing.status_code == 200
        assert "Nessun ticket" in shown(nothing.text)
        assert (await giulia.get("/list/filters")).url.path == "/tickets"
        assert (await wish(giulia, "/tickets", "filters/nothing")).status_code == 404
        forged = await giulia.post("/list/columns", data={"column": ["number"]})
        assert forged.status_code == 403
    async with house.person("luca.bianchi") as luca:
        assert (await luca.get("/tickets")).status_code == 403
