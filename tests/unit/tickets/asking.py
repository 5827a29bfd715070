"""What tests of questions ask a house."""

from typing import Any, Final

from services.tickets import commands as c
from shared.events import Event, State
from tests.unit.tickets.house import House

SUCCESS: Final = State.CLOSED_SUCCESSFUL


def said(house: House, root: str, kind: type[Event]) -> list[Any]:
    """The facts of this kind in the history of a ticket or question."""
    return [fact for fact in house.history(root) if isinstance(fact, kind)]


def close(house: House, ticket: str, **given: Any) -> list[Any]:
    """Close it successfully, with a reason; the facts of it."""
    wish = c.CloseTicket(**{"seen": house.seen(ticket), "outcome": SUCCESS, "reason": "Fatto.", **given})
    return house.do(ticket, wish)


def held_back(house: House, kind: type[Event]) -> Event:
    """A message of this kind, taken out of the queue: it comes when the test says so."""
    found = next(each for each in house.messages if isinstance(each, kind))
    house.messages.remove(found)
    return found
