"""Who has a ticket open is known to all copies of the portal, and only to operators."""

import httpx
import pytest

from demo.ports import free_port
from services.portal import app as portal_app
from tests.integration.house import House, field, serving
from tests.unit.portal.test_ticket_page import shown

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

TAB = "a1b2c3d4e5"


async def say(browser: httpx.AsyncClient, address: str, doing: str, tab: str = TAB, **changes: str) -> httpx.Response:
    """What an open page says."""
    page = (await browser.get(address)).text
    told = {"csrf": field(page, "csrf"), "tab": tab, "doing": doing, **changes}
    return await browser.post(f"{address}/presence", data=told)


async def test_two_people_see_each_other_through_two_copies_until_one_says_goodbye(house: House) -> None:
    number = await house.ticket()
    settings = house.settings.model_copy(update={"port": free_port()})
    second = f"http://127.0.0.1:{settings.port}/tickets/{number}"
    async with (
        serving(portal_app.build(settings), settings.port),
        house.person("giulia.conti") as giulia,
        house.person("marco.ferri") as marco,
    ):
        assert shown((await say(giulia, f"/tickets/{number}", "reads")).text) == ""
        assert "Giulia Conti sta guardando" in shown((await say(marco, second, "answers")).text)
        assert "Marco Ferri scrive una risposta" in shown((await say(giulia, f"/tickets/{number}", "notes")).text)
        assert "Giulia Conti sta scrivendo" in shown((await say(marco, second, "reads")).text)
        # Whoever has no JavaScript reads it on the page.
        assert "Marco Ferri sta guardando" in shown((await giulia.get(f"/tickets/{number}")).text)
        assert (await say(marco, second, "gone")).status_code == 204
        assert "Marco Ferri" not in shown((await say(giulia, f"/tickets/{number}", "reads")).text)


async def test_nobody_but_operators_is_told_and_no_strange_word_is_kept(house: House) -> None:
    number = await house.ticket()
    address = f"/tickets/{number}"
    async with house.person("giulia.conti") as giulia, house.person("luca.bianchi") as luca:
        assert (await say(giulia, address, "answers")).status_code == 200
        own = (await luca.get(f"/my/{number}")).text
        assert "Giulia" not in shown(own)
        told = {"csrf": field(own, "csrf"), "tab": TAB, "doing": "reads"}
        assert (await luca.post(f"{address}/presence", data=told)).status_code == 403
        for strange in ({"doing": "dances"}, {"tab": "<b>x</b>y"}, {"tab": ""}, {"csrf": "x" * 43}):
            answer = await say(giulia, address, strange.pop("doing", "reads"), **strange)
            assert answer.status_code in (403, 422), strange
        told = {"csrf": field((await giulia.get(address)).text, "csrf"), "tab": TAB, "doing": "reads"}
        assert (await giulia.post("/tickets/12x/presence", data=told)).status_code == 422
