"""Operators see where a request was written, as that page said; nobody else does."""

from pathlib import Path

import pytest

from demo.servers import Broker, Server
from tests.integration.house import a_house

pytestmark = pytest.mark.integration


async def test_a_ticket_says_where_it_was_written_to_operators_only(
    broker: Broker, store: Server, tmp_path: Path
) -> None:
    async with a_house(broker, store, tmp_path) as house:
        number = await house.ticket(page="E-learning <b>di Fisica</b>")
        without = await house.ticket()
        async with house.person("giulia.conti") as giulia:
            page = (await giulia.get(f"/tickets/{number}")).text
            assert "Scritta da" in page
            assert "E-learning &lt;b&gt;di Fisica&lt;/b&gt;" in page
            assert "Scritta da" not in (await giulia.get(f"/tickets/{without}")).text
        async with house.person("luca.bianchi") as luca:
            assert "E-learning" not in (await luca.get(f"/my/{number}")).text
