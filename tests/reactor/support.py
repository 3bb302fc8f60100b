"""What the tests of the reactor share: a handler that records, a world to step, its clients.

Everything happens in one thread: a test sends as a client, has the reactor do a turn, and looks.
Nothing sleeps; what is waited for is waited for in turns, and not longer than DEADLINE_S.
"""

from __future__ import annotations

import os
import resource
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from reactor import Connection, Handler, Listener, Reactor

DEADLINE_S = 4.0  # less than closing waits for a client: that would hide that it does
TURN_S = 0.01  # how long a turn waits for the kernel when there is nothing to do yet

HOST = "127.0.0.1"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


class Clock:
    """Time that passes when the test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class NeverBlocking(selectors.DefaultSelector):  # type: ignore[misc, valid-type, unused-ignore]
    """Looks, but doesn't wait, as the time it would wait in isn't the test's."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []
        """How long it was to wait, each time."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.asked.append(timeout)
        return super().select(0)


class Recorder(Handler):
    """Remembers what it is told, in order. What else is to happen goes into the `on_` attributes.

    Exceptions of those leave the callback, after it was recorded.
    """

    def __init__(
        self,
        *,
        on_made: Callable[[Connection], object] = bool,
        on_line: Callable[[Connection, bytes], object] = lambda _connection, _line: None,
        on_too_long: Callable[[Connection], object] = bool,
        on_end: Callable[[Connection], object] = Connection.close,
        on_lost: Callable[[Connection, str], object] = lambda _connection, _reason: None,
    ) -> None:
        self.on_made = on_made
        self.on_line = on_line
        self.on_too_long = on_too_long
        self.on_end = on_end
        self.on_lost = on_lost
        self.connections: list[Connection] = []
        self.events: list[tuple[Connection, str, Any]] = []

    def connection_made(self, connection: Connection) -> None:
        self.connections.append(connection)
        self.on_made(connection)

    def line_received(self, connection: Connection, line: bytes) -> None:
        self.events.append((connection, "line", line))
        self.on_line(connection, line)

    def line_too_long(self, connection: Connection) -> None:
        self.events.append((connection, "too long", None))
        self.on_too_long(connection)

    def eof_received(self, connection: Connection) -> None:
        self.events.append((connection, "end", None))
        self.on_end(connection)

    def connection_lost(self, connection: Connection, reason: str) -> None:
        self.events.append((connection, "lost", reason))
        self.on_lost(connection, reason)

    def told(self) -> list[tuple[str, Any]]:
        """What happened, where it doesn't matter, or is clear, to whom."""
        return [(what, detail) for _, what, detail in self.events]

    def lines(self, connection: Connection | None = None) -> list[bytes]:
        """The lines that came in, of one connection or of all."""
        return [
            detail
            for who, what, detail in self.events
            if what == "line" and connection in (None, who)
        ]

    def lost(self) -> list[str]:
        """Why connections were lost, in the order in which they were."""
        return [detail for _, what, detail in self.events if what == "lost"]


def echo(connection: Connection, line: bytes) -> None:
    """For `on_line`."""
    connection.write(line + b"\n")


class World:
    """A reactor with a listener, and the clients that came to it."""

    def __init__(
        self,
        handler: Recorder | None = None,
        *,
        clock: Clock | None = None,
        address: Any = (HOST, 0),
        **listening: Any,
    ) -> None:
        self.handler = handler or Recorder()
        self.reactor = Reactor(clock=clock, selector=NeverBlocking()) if clock else Reactor()
        self._sockets: list[socket.socket] = []
        try:
            self.listener: Listener = self.reactor.listen(address, self.handler, **listening)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.reactor.close()
        for sock in self._sockets:
            sock.close()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def turns(self, count: int = 1) -> None:
        """Do what is there to be done now: for looking that something does not happen."""
        for _ in range(count):
            self.reactor.run_once(0)

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Turn after turn, until `condition` holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what or condition}"
            self.reactor.run_once(TURN_S)

    def knock(self, listener: Listener | None = None) -> socket.socket:
        """Connect, without anyone having opened yet."""
        address = (listener or self.listener).address
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        if isinstance(address, tuple) and ":" in address[0]:
            family = socket.AF_INET6
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._sockets.append(sock)
        sock.settimeout(DEADLINE_S)
        sock.connect(address)
        return sock

    def connect(self, listener: Listener | None = None) -> Client:
        """Connect, and wait for the connection to be there."""
        known = len(self.handler.connections)
        sock = self.knock(listener)
        self.until(lambda: len(self.handler.connections) > known, "connection_made")
        return Client(self, sock, self.handler.connections[-1])


class Client:
    """One end of a socket, and the Connection that is the other."""

    def __init__(self, world: World, sock: socket.socket, connection: Connection) -> None:
        self._world = world
        self.sock = sock
        self.connection = connection
        self.received = b""
        self.ended = False
        self.was_reset = False
        sock.setblocking(False)

    def send(self, data: bytes) -> None:
        """Send all, having the reactor read if there is no other way."""
        while data:
            with suppress(BlockingIOError):
                data = data[self.sock.send(data) :]
                continue
            self._world.reactor.run_once(TURN_S)

    def send_end(self) -> None:
        """Say that there is no more to come; go on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Go as a crashed program goes."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.sock.close()

    def look(self) -> bytes:
        """All that has arrived and was not expected yet."""
        with suppress(BlockingIOError):
            while not self.ended:
                data = self._receive()
                self.received += data
                self.ended = not data
        return self.received

    def expect(self, data: bytes) -> None:
        """The next that arrives has to be `data`."""
        self._world.until(
            lambda: len(self.look()) >= len(data) or self.ended, f"arrival of {data[:60]!r}"
        )
        assert self.received[: len(data)] == data
        self.received = self.received[len(data) :]

    def expect_end(self, data: bytes = b"") -> None:
        """`data` has to arrive, and then the end."""
        self._world.until(lambda: self.look() is not None and self.ended, "the end")
        assert self.received == data
        self.received = b""

    def _receive(self) -> bytes:
        try:
            return self.sock.recv(1 << 20)
        except ConnectionResetError:
            self.was_reset = True
            return b""


class FussySocket:
    """A connection's socket that takes what the test lets it take, and counts.

    Put in place by `replace_socket`; the selector goes on watching the real one below.
    """

    def __init__(self, sock: socket.SocketType) -> None:
        self._sock = sock
        self.allowance: int | None = None
        """How much the next sends may take together; None: all that the kernel takes."""
        self.sends: list[bytes] = []
        self.reads = 0
        self.shutdowns = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def send(self, data: bytes) -> int:
        if self.allowance == 0:
            raise BlockingIOError
        taken = data if self.allowance is None else data[: self.allowance]
        sent = self._sock.send(taken)
        self.sends.append(taken[:sent])
        if self.allowance is not None:
            self.allowance -= sent
        return sent

    def shutdown(self, how: int) -> None:
        self.shutdowns += 1
        self._sock.shutdown(how)

    def recv(self, size: int) -> bytes:
        self.reads += 1
        return self._sock.recv(size)


def replace_socket(connection: Connection) -> FussySocket:
    """Give a connection a FussySocket instead of its socket."""
    fussy = FussySocket(connection.sock)
    connection.sock = fussy  # type: ignore[assignment]
    return fussy


def fill_up(connection: Connection) -> int:
    """Fill the kernel's buffer of a connection from behind its back; how much that took."""
    size = 0
    with suppress(BlockingIOError):
        while True:
            size += connection.sock.send(b"~" * 65_536)
    return size


@contextmanager
def no_descriptors_left() -> Iterator[Callable[[], None]]:
    """The process can open nothing; what is yielded ends that early."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []

    def release() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        while taken:
            os.close(taken.pop())

    lowest_free = os.dup(2)
    taken.append(lowest_free)
    highest = max(int(name) for name in os.listdir("/dev/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(2))
        yield release
    finally:
        release()
