"""Who counts as one sender."""

import ipaddress

import pytest
from starlette.datastructures import Headers

from services.intake.addresses import is_within, name_of, networks, sender_of
from shared.errors import ConfigError

PROXIES = networks("10.0.0.0/8 fd00::/8")


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
