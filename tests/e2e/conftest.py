"""One running system for all stories: real servers, two copies of each service."""

from collections.abc import AsyncIterator, Iterator

import pytest

from demo.programs import SERVICES
from demo.stack import Stack
from tests.system import System


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, on free ports, in a folder of its own."""
    # Written mails leave at once, but in test_send_window.
    settings = {"SEND_WINDOW": "0"}
    found = Stack(tmp_path_factory.mktemp("stack"), copies=dict.fromkeys(SERVICES, 2), settings=settings)
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def system(stack: Stack) -> AsyncIterator[System]:
    """Clients of the running system."""
    found = System(stack)
    yield found
    await found.close()
