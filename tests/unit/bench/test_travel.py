"""What the measurements ask of the running system must be what it answers."""

from datetime import UTC, datetime

from bench.travel import cursor_at
from services.tickets.lists import Filter


def test_a_moment_is_a_cursor_of_the_list_that_is_looked_at() -> None:
    moment = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    cursor = cursor_at(moment.timestamp())
    (query,) = Filter(order="oldest", after=cursor).queries()
    assert query["place"] == {"$gt": f"{int(moment.timestamp() * 1000):015d}-0"}
