"""Each number of the Cruscotto leads to a list with exactly so many tickets, however varied the tickets are."""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from demo.servers import Broker, Server
from services.portal.widgets import WIDGETS
from tests.conftest import eventually
from tests.integration.house import House, a_house, a_request, fields
from tests.integration.test_portal_bulk import ticks
from tests.integration.test_portal_verbs import form, send
from tests.unit.samples import routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

# Giulia is of the group `credentials`; one queue is no longer in the configuration.
NEW = {"credentials": 12, "fees": 3, "internships": 2, "given-up": 1}
PRESSED = ("held", "responsible", "working", "waiting", "asked")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs")) as found:
        yield found


async def varied(house: House, giulia: httpx.AsyncClient, marco: httpx.AsyncClient) -> None:
    """Tickets of several queues; some are Giulia's, one Marco's, one waits for its user, one for the second level."""
    for queue, n in NEW.items():
        for _ in range(n):
            await house.bus.publish(routed(a_request(), queue=queue))
    wanted = sum(NEW.values())
    await eventually(lambda: _all_there(giulia, wanted), timeout=30)
    numbers = re.findall(r'id="tick-(\d+)"', (await giulia.get("/tickets?queue=credentials")).text)
    for number in numbers[:4]:
        page = (await giulia.get(f"/tickets/{number}")).text
        await giulia.post(f"/tickets/{number}/take", data=fields(page, "csrf", "key", "seen"))
    page = (await marco.get(f"/tickets/{numbers[4]}")).text
    await marco.post(f"/tickets/{numbers[4]}/take", data=fields(page, "csrf", "key", "seen"))
    page = (await giulia.get(f"/tickets/{numbers[0]}")).text
    await send(giulia, page, "pending", **{"for": "user"})
    page = (await giulia.get(f"/tickets/{numbers[1]}")).text
    assert form(page, "questions")
    await send(giulia, page, "questions", title="Una domanda", text="Chi lo sa?", queue="credentials-identity")
    assert await eventually(lambda: _asked(giulia))


async def _all_there(giulia: httpx.AsyncClient, wanted: int) -> bool:
    return len(rows((await giulia.get("/tickets?state=any")).text)) == wanted


async def _asked(giulia: httpx.AsyncClient) -> bool:
    return bool(rows((await giulia.get("/tickets?asked_by=me&level=2")).text))


def rows(page: str) -> list[str]:
    """The tickets of a page of the list."""
    return list(ticks(page))


async def listed(browser: httpx.AsyncClient, address: str) -> int:
    """How many tickets the list has, all its pages together."""
    found, seen = 0, 0
    while address:
        page = (await browser.get(address)).text
        found += len(rows(page))
        seen += 1
        assert seen < 10
        older = re.search(r'<a [^>]*href="([^"]*after=[^"]*)"[^>]*>', page)
        address = html.unescape(older[1]) if older else ""
    return found


def numbers_of(page: str) -> list[tuple[str, int, str]]:
    """What the Cruscotto says: of which part, how many, and where that leads."""
    said = []
    for widget in WIDGETS.values():
        found = re.search(rf'<section [^>]*id="at-{widget.id}".*?</section>', page, re.DOTALL)
        assert found, widget.id
        board = html.unescape(found[0])
        if not widget.of_tickets:
            continue
        head = re.search(r'<h2 [^>]*><a href="([^"]+)">.*?<span class="count[^"]*">(\d+)</span>', board, re.DOTALL)
        assert head, widget.id
        said.append((widget.id, int(head[2]), head[1]))
        said += [
            (widget.id, int(n), to) for to, n in re.findall(r'<p class="more"><a href="([^"]+)">[^<]*\((\d+)\)', board)
        ]
    tree = html.unescape(page[page.index('id="at-queues"') :])
    for to, inside in re.findall(r'<li class="branch[^"]*">\s*<a href="([^"]+)">(.*?)</a>', tree, re.DOTALL):
        counted = re.search(r'<span class="queue-counts">(.*)</span>', inside, re.DOTALL)
        assert counted
        said.append(("queues", sum(int(n) for n in re.findall(r">(\d+) ", counted[1])), to))
    return said


@pytest.mark.parametrize("person", ["giulia.conti", "marco.ferri", "anna.villa"])
async def test_every_number_leads_to_a_list_of_exactly_so_many_tickets(house: House, person: str) -> None:
    async with house.person("giulia.conti") as giulia, house.person("marco.ferri") as marco:
        if not rows((await giulia.get("/tickets?state=any")).text):
            await varied(house, giulia, marco)
    async with house.person(person) as operator:
        said = numbers_of((await operator.get("/")).text)
        if person == "giulia.conti":
            assert {part for part, n, _ in said if n} >= {*PRESSED, "new", "queues"}
            # Its two halves lead apart: mine, and those of the others alone.
            assert ("new", 6, "/tickets?state=new&level=1&queue=others") in said
        for part, n, to in said:
            assert await listed(operator, to) == n, f"{part}: {to}"
