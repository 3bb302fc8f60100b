"""Reactor: the event loop.

One turn is

    select -> read and handle -> due timers -> callbacks -> commit -> flush -> reap

in this order for these reasons:

* All that a turn has to say leaves together at its end: at most one `send` per connection and
  turn while sockets take it. This is where the speed is.
* What must be durable before anyone sees it is made so once per turn, in `before_flush`.
* Sockets are closed at the very end, in one place, so that within a turn nobody meets a dead
  one. Closing may make handlers speak again: then flush and reap go round once more, and
  `run_once` returns with everything sent that could be.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

from reactor.connection import Connection
from reactor.handler import Handler
from reactor.interfaces import Source
from reactor.limits import ConnectionLimits
from reactor.listener import BACKLOG, Address, Listener, bind
from reactor.timers import Timer, TimerQueue
from reactor.tls import TlsLayer
from reactor.turn import Turn
from reactor.wakeup import Wakeup

log = logging.getLogger("reactor")

T = TypeVar("T")

TURN_OUTPUT_BYTES = 262_144  # owed to groups; over it a turn flushes before it reads on

# When groups have spoken, what has come in meanwhile is read too, this many times at most, before
# the turn's output leaves: a `send` to each member is what costs, and one can carry it all. With
# 5 of 100 clients sending, that takes the CPU per delivery from 1.4 to 1.1 times that of C.
GATHER_ROUNDS = 8

WAIT_MAX_S = 86_400.0  # systems count what they wait in 31 bits of milliseconds: 24.8 days

# Threads for each kind of blocking work; they are only made when there is some. More than there are
# processors would only take turns; of two, one goes on while the other waits for a disk.
WORKERS = min(4, max(2, os.cpu_count() or 1))
WORKER_NICENESS = 10  # a tenth of what the loop gets of a processor that is too busy for both


class Reactor:
    """A single-threaded loop of connections, timers and callbacks.

    Run it (`run`), or step it from a loop of your own (`run_once`). Only `call_soon_threadsafe`
    and `stop` may be called from another thread.

    All that it asks of the system comes by these arguments; those of `reactor.testing` ask nothing.
    `bind` makes a listening socket for an address, `workers` an Executor for a kind of work.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        selector: selectors.BaseSelector | None = None,
        wakeup: Wakeup | None = None,
        bind: Callable[..., socket.socket] = bind,
        workers: Callable[[str], Executor] | None = None,
    ) -> None:
        self._clock = clock
        self._selector = selector or selectors.DefaultSelector()
        self._wakeup = wakeup or Wakeup()
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._wakeup)
        self._timers = TimerQueue()
        self._soon: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._bind = bind
        self._make_workers = workers or _threads
        self._workers: dict[str, Executor] = {}  # by the kind of their work
        self._thread: int | None = None  # which runs a turn just now
        self._stopping = False
        self._closed = False
        self.next_id = count(1).__next__
        """Returns a number that no connection of this reactor has had."""
        self.turn = Turn()
        self.now = clock()
        """The clock's reading, in seconds, when this turn began to handle its events."""
        self.connections: dict[int, Connection] = {}
        """Every connection that is not closed, by its id."""
        self.listeners: list[Listener] = []
        self.before_flush: list[Callable[[], object]] = []
        """Called before a turn's output leaves, as often as there is output, or `turn.expect`
        announced some."""

    # --- running --------------------------------------------------------------------------------

    def run(self) -> None:
        """Turn after turn, until `stop`."""
        while not self._stopping:
            self.run_once()
        self._stopping = False

    def run_once(self, timeout: float | None = None) -> None:
        """One turn: wait up to `timeout` seconds (None: as long as it takes) for something to do,
        do it, and send the answers."""
        events = self._selector.select(self._patience(timeout))
        # From here on what is to be called soon will be; while waiting it takes a wake-up, also
        # from a signal handler, which runs in this very thread.
        self._thread = threading.get_ident()
        try:
            self._handle(events)
            for _ in range(GATHER_ROUNDS):
                if not self.turn.has_spoken:
                    break
                self._handle(self._selector.select(0))
            for timer in self._timers.due(self.now):
                self._call(timer.callback, timer.args)
            for _ in range(len(self._soon)):  # what these add waits for the next turn
                self._call(*self._soon.popleft())
            self._end_turn()
        finally:
            self._thread = None
            if self._soon:  # of those who were closed: a loop that watches `fileno` has to know
                self._wakeup.wake()

    def stop(self) -> None:
        """Have `run` return after this turn. From any thread; more than once is once."""
        self._stopping = True
        self._wakeup.wake()

    def wake_on_signals(self) -> None:
        """Have signals end the loop's wait, so that their handlers run at once, whichever thread
        gets them and whatever the system. In the main thread only, `close` included."""
        self._wakeup.wake_on_signals()

    @property
    def stopping(self) -> bool:
        """`stop` was asked for, and `run` has not returned since."""
        return self._stopping

    def fileno(self) -> int:
        """For another loop to watch: readable when `run_once(0)` has something to do.

        Timers don't make it readable, nor does what is written between turns: call `run_once` no
        later than in `timeout()` seconds.
        """
        return self._selector.fileno()  # type: ignore[attr-defined, no-any-return]

    def timeout(self) -> float | None:
        """Seconds until `run_once` has something to do of itself, up to a day; None: not before an
        event."""
        if self._soon or not self.turn.is_over:
            return 0.0
        due = self._timers.next_when()
        return None if due is None else min(max(0.0, due - self._clock()), WAIT_MAX_S)

    def close(self) -> None:
        """Close every listener, connection and worker at once, without a word to anyone."""
        if self._closed:
            return
        self._closed = True
        for listener in list(self.listeners):
            listener.close()
        for connection in list(self.connections.values()):
            connection.abort("reactor closed")
        self.turn.reap()
        for workers in self._workers.values():
            workers.shutdown(wait=False, cancel_futures=True)
        self._selector.close()
        self._wakeup.close()

    # --- what to do, and when -------------------------------------------------------------------

    def call_soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Call back in this turn, or in the next one if this one's callbacks run already."""
        self._soon.append((callback, args))
        if self._thread is None:
            self._wakeup.wake()  # a loop that watches `fileno` has to know

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any) -> None:
        """`call_soon` from any thread."""
        self._soon.append((callback, args))
        if self._thread != threading.get_ident():  # a turn looks for callbacks itself
            self._wakeup.wake()

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call back in `delay_s` seconds."""
        return self._timers.add(self._clock() + delay_s, callback, *args)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call back at a time of this loop's clock (see `time`)."""
        return self._timers.add(when, callback, *args)

    def rearm(self, timer: Timer, when: float) -> None:
        """Move a timer to another time. Moving it later costs next to nothing."""
        self._timers.rearm(timer, when)

    def cancel(self, timer: Timer) -> None:
        """Take a timer back. One that ran already is left as it is."""
        self._timers.cancel(timer)

    def time(self) -> float:
        """The loop's clock, in seconds, read now."""
        return self._clock()

    def run_in_worker(
        self,
        work: Callable[..., T],
        *args: Any,
        then: Callable[[Future[T]], object],
        kind: str = "",
    ) -> None:
        """Do blocking work in a thread; call `then(future)` in the loop when it is done.

        `future.result()` returns what the work returned, or raises what it raised; RuntimeError
        where the system has no thread left. Work waits for work of its own `kind` alone: a read of
        the disk need not wait until much was computed.
        """
        workers = self._workers.get(kind)
        if workers is None:
            workers = self._workers[kind] = self._make_workers(kind)
        try:
            future = workers.submit(work, *args)
        except RuntimeError as error:
            future = Future()
            future.set_exception(error)
        future.add_done_callback(lambda done: self.call_soon_threadsafe(then, done))

    # --- sockets --------------------------------------------------------------------------------

    def listen(
        self,
        address: Address | socket.socket,
        handler: Handler,
        *,
        tls: ssl.SSLContext | None = None,
        limits: ConnectionLimits | None = None,
        refusal: bytes = b"",
        mode: int | None = None,
    ) -> Listener:
        """Accept connections for `handler` on (host, port), a Unix socket's path, or a socket that
        is bound, and may listen already. Raises OSError when the address can't be had, ssl.SSLError
        for the `tls` of a client.

        A path that is bound here is removed again at the end; a socket's own is its owner's.
        `refusal` is sent to those for whom the process has no descriptor; `mode` is a Unix
        socket's permissions.
        """
        if tls is not None:
            TlsLayer(tls)  # or the first to connect would show whether it is one for servers
        if isinstance(address, str | tuple):
            sock = self._bind(address, mode=mode)
        else:
            sock = address
            sock.listen(BACKLOG)  # no harm if it does; else it is always readable, and nobody there
        sock.setblocking(False)
        path = address if isinstance(address, str) else ""
        limits = limits or ConnectionLimits()
        listener = Listener(self, sock, handler, limits, tls, refusal, path)
        self.listeners.append(listener)
        return listener

    def watch(self, sock: socket.SocketType, before: int, after: int, source: Source) -> None:
        """Change what is waited for on a socket. For connections and listeners."""
        if not before:
            self._selector.register(sock, after, source)
        elif not after:
            self._selector.unregister(sock)
        else:
            self._selector.modify(sock, after, source)

    def forget(self, listener: Listener) -> None:
        """A listener has closed. For listeners."""
        self.listeners.remove(listener)

    # --- a turn and its end ----------------------------------------------------------------------

    def _handle(self, events: list[tuple[selectors.SelectorKey, int]]) -> None:
        self.now = self._clock()
        for key, mask in events:
            key.data.ready(mask)
            if self.turn.owed_bytes > TURN_OUTPUT_BYTES:
                self._end_turn()

    def _end_turn(self) -> None:
        """Commit, flush and reap, until there is nothing left to say to anyone."""
        while not self.turn.is_over:
            self.turn.expecting = False
            for prepare in self.before_flush:
                self._call(prepare, ())
            self.turn.flush()
            self.turn.reap()

    def _patience(self, timeout: float | None) -> float | None:
        """How long this turn may wait for an event, in seconds."""
        if self._stopping:
            return 0
        wait = self.timeout()
        if wait is None or (timeout is not None and timeout < wait):
            wait = timeout
        return None if wait is None else min(wait, WAIT_MAX_S)

    def _call(self, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        """A callback that fails is our bug or its owner's, and no reason for the rest to stop."""
        try:
            callback(*args)
        except Exception:
            log.exception("a callback failed: %r", callback)


def _threads(kind: str) -> Executor:
    """Those that do one kind of work; they only begin when there is some."""
    return ThreadPoolExecutor(WORKERS, f"reactor-worker-{kind}".rstrip("-"), _step_back)


def _step_back() -> None:
    """A worker begins: let the loop go first where both could run.

    Work that holds no lock, such as hashing a password, would keep the processor from it: of PINGs
    sent while a hundred scrypts ran, one in a hundred waited 8 to 13 ms, and with this 0.3.
    """
    if sys.platform == "linux":  # elsewhere it is not the thread's priority, but the process's
        with suppress(OSError):  # a sandbox may forbid it; the work is to be done all the same
            os.nice(WORKER_NICENESS)
