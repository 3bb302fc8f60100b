"""Where people come from, as far as the server's bans and limits are concerned. Pure."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

IPV6_SITE_BITS = 64  # what one household or machine is given: within it, addresses are free


MAPPED_BITS = 96  # in front of an IPv4 address that is written as an IPv6 one, ::ffff:10.0.0.1


Prefix = tuple[int, int, int]
"""Of addresses: 4 or 6, how many bits it has, and what number they are."""


def site(address: str) -> str:
    """Who is counted as one: an IPv4 address, or the network that an IPv6 address is of."""
    plain = _plain(address)
    if plain is None:
        return address
    bits = min(IPV6_SITE_BITS, plain.max_prefixlen)
    return str(ip_network((plain, bits), strict=False))


def network(text: str) -> str | None:
    """An address or a network (`10.0.0.0/8`) in its one spelling; None if it is neither."""
    parsed = _network(text)
    return str(parsed) if parsed is not None else None


def prefix(text: str) -> Prefix | None:
    """What all addresses of a network begin with; None for what is none."""
    parsed = _network(text)
    if parsed is None:
        return None
    rest = parsed.max_prefixlen - parsed.prefixlen
    return parsed.version, parsed.prefixlen, int(parsed.network_address) >> rest


def is_within(address: str, network: Prefix | None) -> bool:
    """Whether an address is one of a network; False for what is none."""
    plain = _plain(address) if network is not None else None
    if plain is None or network is None:
        return False
    version, bits, number = network
    return plain.version == version and int(plain) >> (plain.max_prefixlen - bits) == number


def prefixes(address: str) -> list[Prefix]:
    """Those of all networks that an address is one of, itself first; none for what is no address.

    All 129 of an IPv6 address take 30 us; as texts they would take 6 ms.
    """
    plain = _plain(address)
    if plain is None:
        return []
    value, bits = int(plain), plain.max_prefixlen
    return [(plain.version, length, value >> (bits - length)) for length in range(bits, -1, -1)]


def _plain(address: str) -> IPv4Address | IPv6Address | None:
    """Without the interface that it came in by, and in IPv4 if it is one of those."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """The same; `10.0.0.1/8` is `10.0.0.0/8`."""
    address, slash, bits = text.partition("/")
    try:
        parsed = ip_network(address.partition("%")[0] + slash + bits, strict=False)
    except ValueError:
        return None
    mapped = getattr(parsed.network_address, "ipv4_mapped", None)
    if mapped is None or parsed.prefixlen < MAPPED_BITS:
        return parsed
    return ip_network((mapped, parsed.prefixlen - MAPPED_BITS))
