"""What several adapters' tests stand on: a house of its own for each file."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from demo.servers import Broker, Server
from tests.integration.house import House, a_house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    request: pytest.FixtureRequest, broker: Broker, store: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """Portal, routing and tickets, running; `HOUSE` in the test's file changes their settings."""
    changes = getattr(request.module, "HOUSE", {})
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), **changes) as found:
        yield found
