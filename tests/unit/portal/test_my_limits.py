"""How much one person may send: a worried student all they want, a program no more than that."""

import pytest

from services.portal.my_limits import RATE, Limits
from shared.errors import TooMany
from tests.unit.samples import CHIARA, LUCA


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_sixty_at_once_then_one_a_minute_and_nobody_else_is_slowed() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    for _ in range(60):
        limits.count(LUCA)
    for seconds in (60, 30):
        with pytest.raises(TooMany) as refused:
            limits.count(LUCA)
        # The page says "in a minute".
        assert (refused.value.status, refused.value.retry_after) == (429, seconds)
        clock.now += 30
    limits.count(CHIARA)
    limits.count(LUCA)
    with pytest.raises(TooMany):
        limits.count(LUCA)
    assert (RATE.burst, RATE.per_hour) == (60, 60)
