"""Where a request comes from: the address that counts for its sender, never logged, and kept in this process only."""

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers

from shared.errors import ConfigError
from shared.forms.guarding import Network, as_network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# One household or laboratory has a whole /64, and a device changes its address in it every day.
ONE_SENDER_V6 = 64
UNKNOWN = "?"


def networks(text: str) -> tuple[Network, ...]:
    """`SPORTELLO_TRUSTED_PROXIES`: networks, space-separated."""
    try:
        return tuple(as_network(each) for each in text.split())
    except ValueError as error:
        raise ConfigError(f"SPORTELLO_TRUSTED_PROXIES: {error}") from error


def sender_of(peer: str | None, headers: Headers, trusted: Iterable[Network]) -> Address | None:
    """Who sent it: the last address that no trusted proxy stands behind. None: nobody can say.

    Each proxy adds whom it heard at the end of `X-Forwarded-For`; what stands before the first that isn't ours may be
    invented.
    """
    address = _address(peer or "")
    trusted = tuple(trusted)
    forwarded = [each.strip() for line in headers.getlist("x-forwarded-for") for each in line.split(",")]
    if address is not None and address.is_loopback and forwarded and not _within(address, trusted):
        # A proxy on this machine that nobody told us of: its clients are not this machine.
        return None
    while address is not None and forwarded and _within(address, trusted):
        told = _address(forwarded.pop())
        if told is None:
            # Our own proxy says something unreadable: then it is the proxy that counts.
            break
        address = told
    return address


def is_within(address: Address | None, wanted: Iterable[Network]) -> bool:
    """Whether the address is in one of the networks."""
    return address is not None and _within(address, tuple(wanted))


def name_of(address: Address | None) -> str:
    """What one sender is called: the address, or its /64."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, ONE_SENDER_V6), strict=False))
    return str(address) if address is not None else UNKNOWN


def _within(address: Address, wanted: tuple[Network, ...]) -> bool:
    return any(address in network for network in wanted if network.version == address.version)


def _address(text: str) -> Address | None:
    # With a port, as some proxies write it: 192.0.2.1:1234, [2001:db8::1]:1234.
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
