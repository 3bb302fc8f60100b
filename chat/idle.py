"""Idle: who has sent nothing for too long.

A timer for each connection would cost it 300 bytes and each arrival 2 us, for what hardly ever
happens. So those whose time is up within the same tick stand in one set, and share its timer.
A line moves nobody: who turns out to have sent something, when the set's time is up, goes into
the set in which the rest of the silence ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from reactor import Connection, Reactor, Timer

log = logging.getLogger("chat")

TICKS_PER_S = 16  # so much later, at most, does anyone notice that somebody's time is up
TIMEOUT_MAX_S = 1e9  # thirty years: as good as never, and unlike infinity it has a last tick


class Tick:
    """Those whose time is up in the same fraction of a second, if they stay silent."""

    __slots__ = ("members", "number", "timer")

    def __init__(self, number: int, timer: Timer) -> None:
        self.number = number
        self.timer = timer
        self.members: set[Connection] = set()


class IdleClock:
    """Calls `end(connection)` when nothing was heard of a connection for so many seconds, and it
    is not we who make it wait. A connection's `context` is the Tick that it stands in, if its
    handler is one that `is_timed`; others may be silent for as long as they like."""

    def __init__(self, reactor: Reactor, end: Callable[[Connection], object]) -> None:
        self._reactor = reactor
        self._end = end
        self._timeout_s = 0.0
        self._ticks: dict[int, Tick] = {}

    def set_timeout(self, timeout_s: float) -> None:
        """From now on, also for those who are here. 0: never."""
        self._timeout_s = min(timeout_s, TIMEOUT_MAX_S)
        for connection in self._reactor.connections.values():
            if _is_timed(connection):
                self.discard(connection)
                self.add(connection)

    def add(self, connection: Connection) -> None:
        """Somebody is here."""
        if self._timeout_s and _is_timed(connection):
            self._put(connection, self._tick_after(connection.heard_at))

    def discard(self, connection: Connection) -> None:
        """Somebody is gone."""
        tick = connection.context
        if tick is None:
            return
        connection.context = None
        tick.members.remove(connection)
        if not tick.members:
            self._reactor.cancel(tick.timer)
            del self._ticks[tick.number]

    def _tick_after(self, heard_at: float) -> int:
        """In which the time is up of those who were heard then, and never again."""
        return int((heard_at + self._timeout_s) * TICKS_PER_S)

    def _put(self, connection: Connection, number: int) -> None:
        tick = self._ticks.get(number)
        if tick is None:
            timer = self._reactor.call_at((number + 1) / TICKS_PER_S, self._look, number)
            tick = self._ticks[number] = Tick(number, timer)
        tick.members.add(connection)
        connection.context = tick

    def _look(self, number: int) -> None:
        """A tick is over. In order of arrival: a set has none, and what happens is to be the same
        each time."""
        for connection in sorted(self._ticks[number].members, key=lambda member: member.id):
            waits = connection.has_waiting_lines or connection.is_paused
            later = self._tick_after(self._reactor.now if waits else connection.heard_at)
            self.discard(connection)
            if later > number:
                self._put(connection, later)
            else:
                self._time_out(connection)

    def _time_out(self, connection: Connection) -> None:
        try:
            self._end(connection)
        except Exception:
            log.exception("%s: its idle timeout failed", connection.peer)
            connection.abort("internal error")


def _is_timed(connection: Connection) -> bool:
    """Not those of a program that listens on the server's reactor, too."""
    return getattr(connection.handler, "is_timed", False)
