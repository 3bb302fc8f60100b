"""How many are here from where. Pure."""

from __future__ import annotations

from functools import lru_cache

from chat.core.addresses import site
from chat.core.limits import Limits


class Sites:
    """Counts connections by the site of their address; those on this very machine are nobody's
    business."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, address: str) -> None:
        """Somebody comes."""
        if key := _key(address):
            self._counts[key] = self._counts.get(key, 0) + 1

    def discard(self, address: str) -> None:
        """Somebody of those who came is gone."""
        if key := _key(address):
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def is_full(self, address: str, limits: Limits) -> bool:
        """Whether nobody more is let in from there."""
        most = limits.clients_per_address_max
        return most > 0 and self._counts.get(_key(address), 0) >= most


@lru_cache(maxsize=1024)  # 6 us each, and people come and go
def _key(address: str) -> str:
    """What somebody is counted by; nothing, where there is no address, or this machine's own."""
    is_here = address in _HERE or address.startswith(_LOOPBACK)
    return "" if is_here else site(address)


_HERE = frozenset({"", "::1"})
_LOOPBACK = ("127.", "::ffff:127.")
