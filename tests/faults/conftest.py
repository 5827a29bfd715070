"""A system of its own for each test that breaks it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from demo.programs import SERVICES
from demo.stack import Stack
from tests.system import System

# Seconds of one SMTP conversation; a mail that was in hand at a kill is sent again after twice that.
MAIL_TIMEOUT = 4


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Two copies of each service, on servers that may be killed."""
    settings = {"MAIL_TIMEOUT": str(MAIL_TIMEOUT), "SWEEP_AFTER": "3", "SEND_WINDOW": "1"}
    found = Stack(tmp_path / "stack", copies=dict.fromkeys(SERVICES, 2), settings=settings)
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def system(stack: Stack) -> AsyncIterator[System]:
    """Clients of the running system."""
    found = System(stack)
    yield found
    await found.close()
