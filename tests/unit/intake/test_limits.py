"""Who counts as one sender, and how many of them are let in."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from services.intake.addresses import is_within, name_of, networks, sender_of
from services.intake.buckets import Buckets
from shared.errors import ConfigError
from shared.forms.guarding import Rate

RATE = Rate(burst=3, per_hour=60)
PROXIES = networks("10.0.0.0/8 fd00::/8")


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


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["1.1.1.1", "198.51.100.1, 10.2.2.2"], "198.51.100.1"),
        ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["nonsense"], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8:1:2::5]:4711"], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("2001:db8:1:2:a:b:c:d", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["198.51.100.1"], "?"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "?"),
    ],
)
def test_only_proxies_of_ours_are_believed_and_a_household_is_one_sender(
    peer: str | None, forwarded: list[str], sender: str
) -> None:
    headers = Headers(raw=[(b"x-forwarded-for", each.encode()) for each in forwarded])
    assert name_of(sender_of(peer, headers, PROXIES)) == sender


def test_an_address_is_in_a_network_of_its_kind_only() -> None:
    assert is_within(ipaddress.ip_address("10.9.9.9"), PROXIES)
    assert not is_within(ipaddress.ip_address("::1"), PROXIES)
    assert not is_within(None, PROXIES)


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="SPORTELLO_TRUSTED_PROXIES"):
        networks("10.0.0.1/8")
