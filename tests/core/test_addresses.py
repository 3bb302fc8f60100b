"""Addresses: who is counted as one, and which networks somebody is of."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.addresses import is_within, network, prefix, prefixes, site

NO_ADDRESSES = ("", "bob", "local", "10.0.0", "10.0.0.256", "10.0.0.1:4000", "[::1]", "1", "::g")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        *[(address, address) for address in NO_ADDRESSES],
    ],
)
def test_who_is_counted_as_one(address: str, counted: str) -> None:
    assert site(address) == counted


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("10.0.0.1", "10.0.0.1/32"),
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("2001:DB8::0:1", "2001:db8::1/128"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("::/0", "::/0"),
        ("fe80::1%eth0", "fe80::1/128"),
        *[(text, None) for text in (*NO_ADDRESSES, "10.0.0.1/33", "10.0.0.1/", "/8", "::1/129")],
    ],
)
def test_a_network_has_one_spelling(text: str, spelling: str | None) -> None:
    assert network(text) == spelling


@pytest.mark.parametrize(
    ("address", "text", "within"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("::ffff:10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "::ffff:10.0.0.0/104", True),
        ("10.1.2.3", "::/0", False),
        ("fe80::1%eth0", "fe80::/10", True),
        ("", "0.0.0.0/0", False),
        ("10.1.2.3", "bob", False),
    ],
)
def test_an_address_is_of_a_network_or_not(address: str, text: str, within: bool) -> None:
    assert is_within(address, prefix(text)) is within
    assert (prefix(text) in prefixes(address)) is within


def test_what_is_no_address_is_of_no_network() -> None:
    assert all(prefixes(text) == [] for text in NO_ADDRESSES)
    assert all(prefix(text) is None for text in NO_ADDRESSES)


def test_an_address_is_of_its_own_network_first() -> None:
    assert prefixes("10.1.2.3")[0] == prefix("10.1.2.3")
    assert len(prefixes("10.1.2.3")) == 33
    assert prefixes("2001:db8::1")[0] == prefix("2001:db8::1")
    assert len(prefixes("2001:db8::1")) == 129


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_prefixes_say_what_networks_say(one: object, other: object, bits: int) -> None:
    address = ip_address(str(one))
    of = ip_network(f"{other}/{min(bits, ip_address(str(other)).max_prefixlen)}", strict=False)
    assert is_within(str(one), prefix(str(of))) is (prefix(str(of)) in prefixes(str(one)))
    around = ip_network(f"{one}/{min(bits, address.max_prefixlen)}", strict=False)
    assert prefix(str(around)) in prefixes(str(one)) or getattr(address, "ipv4_mapped", None)


@given(st.ip_addresses())
def test_a_spelling_is_its_own_spelling(address: object) -> None:
    spelling = network(str(address))
    assert spelling is not None
    assert network(spelling) == spelling
