"""A house of its own for each test, and a ticket in it."""

import pytest

from tests.unit.tickets.house import House


@pytest.fixture
def house() -> House:
    """Empty."""
    return House()


@pytest.fixture
def ticket(house: House) -> str:
    """Just opened."""
    return house.open()
