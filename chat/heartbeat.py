"""Heartbeat: who is gone without a word, as when a laptop is shut or a router forgets.

Each WebSocket is pinged every PERIOD_S seconds; if nothing at all has come of it by the next time,
it is given up. They are divided into as many parts as there are seconds in a period, and one timer
visits a part each second: a timer for each would cost more, and all at once would be a burst.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactor import Connection, Reactor, Timer

if TYPE_CHECKING:
    from reactor.websocket import WebSocketFramer

PERIOD_S = 20  # less than the half minute after which some proxies cut a silent connection


class Heartbeat:
    """Pings those who were added, and aborts those who don't answer."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._parts: list[dict[Connection, WebSocketFramer]] = [{} for _ in range(PERIOD_S)]
        self._next = 0  # the part that is visited next
        self._timer: Timer | None = None  # runs while there is anybody

    def add(self, connection: Connection, framer: WebSocketFramer) -> None:
        """Somebody is here, within PERIOD_S to be pinged for the first time."""
        self._parts[connection.id % PERIOD_S][connection] = framer
        if self._timer is None:
            self._timer = self._reactor.call_later(1.0, self._beat)

    def discard(self, connection: Connection) -> None:
        """Somebody is gone, or was never here."""
        self._parts[connection.id % PERIOD_S].pop(connection, None)
        if self._timer is not None and not any(self._parts):
            self._reactor.cancel(self._timer)
            self._timer = None

    def _beat(self) -> None:
        self._timer = self._reactor.call_later(1.0, self._beat)
        part = self._parts[self._next]
        self._next = (self._next + 1) % PERIOD_S
        for connection, framer in part.items():
            if connection.is_paused:  # it is us who don't listen just now
                framer.awaits_pong = False
            elif framer.awaits_pong:
                connection.abort("no pong")
            else:
                connection.write(framer.ping())
