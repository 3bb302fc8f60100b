"""Sites: how many connections there may be from one address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.core import Limits
from chat.core.sites import Sites
from tests.core.support import LINE, Chat

TWO = Limits(clients_per_address_max=2)
HERE = ("", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")


def test_so_many_come_in_from_one_address_until_one_goes() -> None:
    chat = Chat(limits=TWO)
    for number in range(2):
        chat.connect(f"office{number}", LINE, "10.0.0.1")
    chat.connect("home", LINE, "10.0.0.2")
    chat.connect("late", LINE, "10.0.0.1")
    assert chat.lines("late") == ["ERR rate-limited"]
    assert chat.closed("late") == "refused: rate-limited"
    chat.send("office0", "QUIT")
    chat.connect("again", LINE, "10.0.0.1")
    assert not chat.closed("again")


@pytest.mark.parametrize("how", [Chat.lose, Chat.time_out])
def test_however_one_goes(how: Callable[[Chat, str], None]) -> None:
    chat = Chat(limits=Limits(clients_per_address_max=1))
    for number in range(3):
        chat.connect(f"guest{number}", LINE, "10.0.0.1")
        assert not chat.closed(f"guest{number}")
        how(chat, f"guest{number}")


def test_an_ipv6_site_is_counted_as_one() -> None:
    sites = Sites()
    sites.add("2001:db8::1")
    sites.add("2001:db8::2")
    assert sites.is_full("2001:db8::3", TWO)
    assert not sites.is_full("2001:db8:0:1::3", TWO)


@pytest.mark.parametrize("address", HERE)
def test_this_machine_is_not_counted(address: str) -> None:
    sites = Sites()
    for _ in range(3):
        sites.add(address)
    assert not sites.is_full(address, TWO)
    sites.discard(address)


def test_no_limit() -> None:
    sites = Sites()
    sites.add("10.0.0.1")
    assert not sites.is_full("10.0.0.1", Limits(clients_per_address_max=0))


def test_who_is_gone_leaves_nothing_behind() -> None:
    sites = Sites()
    for _ in range(2):
        sites.add("10.0.0.1")
    for _ in range(2):
        sites.discard("10.0.0.1")
    assert not sites._counts
