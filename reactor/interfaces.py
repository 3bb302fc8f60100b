"""What the parts of the loop ask of the loop, so that none of them has to import it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Protocol

from reactor.timers import Timer
from reactor.turn import Turn


class Source(Protocol):
    """What can be watched: it is told when its socket is ready."""

    def ready(self, mask: int) -> None:
        """`mask` is EVENT_READ, EVENT_WRITE or both."""
        ...


class Loop(Protocol):
    """What connections, listeners and groups need of a Reactor; its methods are described there."""

    now: float
    turn: Turn
    connections: dict[int, Any]

    def next_id(self) -> int:
        """See Reactor."""
        ...

    def watch(self, sock: socket.SocketType, before: int, after: int, source: Source) -> None:
        """See Reactor."""
        ...

    def forget(self, listener: Any) -> None:
        """See Reactor."""
        ...

    def call_soon(self, callback: Callable[..., object], *args: Any) -> None:
        """See Reactor."""
        ...

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> Timer:
        """See Reactor."""
        ...

    def cancel(self, timer: Timer) -> None:
        """See Reactor."""
        ...
