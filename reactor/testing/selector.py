"""FakeSelector: where a simulated process waits, and so where time passes."""

from __future__ import annotations

import math
import selectors
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reactor.testing.sockets import FakeListener, FakeSocket

if TYPE_CHECKING:
    from reactor.testing.network import Network

# A socket that is ready so many times in so short a time, while nothing comes of it, is ready for
# ever: a real loop would spin.
SPINS_MAX = 16
SPIN_S = 0.1


class Spinning(AssertionError):
    """The loop is told again and again of something that it does nothing about."""


class Stalled(AssertionError):
    """The loop waits without end, and nothing will ever happen."""


class FakeSelector(selectors.BaseSelector):
    """Waits for simulated sockets on a simulated clock; levels, not edges, as real ones tell."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._stirred: dict[int, None] = {}  # those that may be ready; the others are not
        self._number = network.register(self)

    def stir(self, sock: FakeSocket | FakeListener) -> None:
        """A socket may have become ready."""
        if sock.number in self._keys:
            self._stirred[sock.number] = None

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch. Raises ValueError for what is closed, KeyError for what is watched already."""
        number = _number(fileobj)
        if number in self._keys:
            raise KeyError(f"{fileobj!r} is watched already")
        self._network.descriptors[number].watcher = self
        return self._set(fileobj, number, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Watch no more. Raises as `register`, and KeyError for what is not watched."""
        number = _number(fileobj)
        self._stirred.pop(number, None)
        self._network.descriptors[number].watcher = None
        return self._keys.pop(number)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch for something else."""
        number = _number(fileobj)
        if number not in self._keys:
            raise KeyError(f"{fileobj!r} is not watched")
        return self._set(fileobj, number, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let time pass, up to `timeout` seconds, until something is ready."""
        network = self._network
        clock, random = network.clock, network.random
        network.step()
        clock.now += random.random() * network.faults.turn_s
        until = math.inf
        if timeout is not None:
            late = random.random() * network.faults.late_s if timeout > 0 else 0.0
            # A sum that rounds to the present would let no time pass, for ever.
            until = max(clock.now + timeout + late, math.nextafter(clock.now, math.inf))
            until = until if timeout > 0 else clock.now
        while True:
            network.happen()
            if ready := self._ready():
                network.reported += len(ready)
                return ready
            if clock.now >= until:
                return []
            if until == math.inf and network.next_when() is None:
                raise Stalled("nothing will ever happen")
            network.go_on(until)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """All that is watched, by number."""
        return self._keys

    def fileno(self) -> int:
        """A number that is nobody else's."""
        return self._number

    def close(self) -> None:
        """Watch nothing."""
        self._keys.clear()
        self._stirred.clear()

    def _set(self, fileobj: Any, number: int, events: int, data: Any) -> selectors.SelectorKey:
        if not events or events & ~(selectors.EVENT_READ | selectors.EVENT_WRITE):
            raise ValueError(f"there are no such events: {events!r}")
        key = self._keys[number] = selectors.SelectorKey(fileobj, number, events, data)
        self._network.descriptors[number].reports = 0
        self._stirred[number] = None
        return key

    def _ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = []
        for number in list(self._stirred):
            key = self._keys[number]
            sock = self._network.descriptors[number]
            mask = sock.readiness() & key.events
            if mask:
                ready.append((key, mask))
            else:
                del self._stirred[number]
        random = self._network.random
        if len(ready) > 1:
            random.shuffle(ready)
            if self._network.chance(self._network.faults.partial_selects):
                del ready[random.randint(1, len(ready) - 1) :]
        for key, _ in ready:
            self._count(self._network.descriptors[key.fd])
        return ready

    def _count(self, sock: Any) -> None:
        now = self._network.clock.now
        if not sock.reports or now - sock.reported_at > SPIN_S:
            sock.reports, sock.reported_at = 0, now
        sock.reports += 1
        if sock.reports > SPINS_MAX:
            raise Spinning(f"{sock.name} was ready {sock.reports} times, and nothing was done")


def _number(fileobj: Any) -> int:
    number: int = fileobj if isinstance(fileobj, int) else fileobj.fileno()
    if number < 0:
        raise ValueError(f"{fileobj!r} is closed")
    return number
