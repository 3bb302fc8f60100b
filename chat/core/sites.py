"""How many are here from where. Pure."""

from __future__ import annotations

from functools import lru_cache

from chat.core.addresses import site
from chat.core.limits import Limits

_site = lru_cache(maxsize=1024)(site)  # 6 us each, and people come and go


class Sites:
    """Counts connections by the site of their address; those on this very machine are nobody's
    business."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, address: str) -> None:
        """Somebody comes."""
        if not _is_here(address):
            key = _site(address)
            self._counts[key] = self._counts.get(key, 0) + 1

    def discard(self, address: str) -> None:
        """Somebody of those who came is gone."""
        if not _is_here(address):
            key = _site(address)
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]

    def is_full(self, address: str, limits: Limits) -> bool:
        """Whether nobody more is let in from there."""
        most = limits.clients_per_address_max
        if not most or _is_here(address):
            return False
        return self._counts.get(_site(address), 0) >= most


def _is_here(address: str) -> bool:
    """Empty: on a socket that has no address, or in this process."""
    return address in _HERE or address.startswith(_LOOPBACK)


_HERE = frozenset({"", "::1"})
_LOOPBACK = ("127.", "::ffff:127.")
