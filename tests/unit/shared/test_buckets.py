"""How many are let in, and when the next one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.buckets import Buckets
from shared.forms.guarding import Rate

RATE = Rate(burst=3, per_hour=60)


def let_in(buckets: Buckets, times: int, now: float, sender: str = "a", rate: Rate = RATE, copies: int = 1) -> int:
    """How many of so many tries at once."""
    count = 0
    for _ in range(times):
        if buckets.wait((sender,), rate, copies, now) == 0:
            buckets.take((sender,), rate, copies, now)
            count += 1
    return count


def test_so_many_at_once_and_then_one_after_the_other() -> None:
    buckets = Buckets()
    assert let_in(buckets, 9, 0) == 3
    assert buckets.wait(("a",), RATE, 1, 0) == 60
    assert buckets.wait(("a",), RATE, 1, 30) == 30
    assert let_in(buckets, 9, 60) == 1
    assert let_in(buckets, 9, 60 + 120) == 2
    assert let_in(buckets, 9, 99_999) == 3, "never more than the burst"


def test_one_sender_is_not_another_and_a_clock_that_goes_back_gives_nothing() -> None:
    buckets = Buckets()
    assert let_in(buckets, 9, 100) == 3
    assert let_in(buckets, 9, 100, "b") == 3
    assert let_in(buckets, 9, 0) == 0


@given(st.integers(1, 50), st.integers(1, 500), st.integers(1, 4000), st.integers(1, 5))
def test_whoever_waits_as_long_as_told_is_let_in(burst: int, tries: int, per_hour: int, copies: int) -> None:
    buckets, rate = Buckets(), Rate(burst=burst, per_hour=per_hour)
    let_in(buckets, tries, 0, rate=rate, copies=copies)
    seconds = buckets.wait(("a",), rate, copies, 0)
    if per_hour // copies:
        assert let_in(buckets, 1, seconds + 0.001, rate=rate, copies=copies) == 1


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_all_copies_together_allow_the_rate_and_hardly_more(copies: int) -> None:
    rate = Rate(burst=60, per_hour=120)
    each = [Buckets() for _ in range(copies)]
    assert sum(let_in(one, 999, 0, rate=rate, copies=copies) for one in each) in range(60, 60 + copies)
    assert sum(let_in(one, 999, 1800, rate=rate, copies=copies) for one in each) in range(60 - copies, 60 + copies)


def test_nothing_is_let_in_without_a_burst() -> None:
    assert let_in(Buckets(), 9, 0, rate=Rate(burst=0, per_hour=0)) == 0
    assert Buckets().wait(("a",), Rate(burst=0, per_hour=0), 1, 0) == 3600


def test_only_so_many_senders_are_remembered() -> None:
    buckets = Buckets(most=2)
    for sender in ("a", "b", "c"):
        let_in(buckets, 9, 0, sender)
    assert [let_in(buckets, 1, 0, sender) for sender in ("c", "b")] == [0, 0]
    assert let_in(buckets, 1, 0, "a") == 1, "the longest unseen begins anew"
