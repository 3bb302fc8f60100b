"""Clients that log in with passwords, all at once, while `Load` puts messages on the server."""

import socket
import time
from typing import Self

from tests.bench.accounts import PASSWORD
from tests.bench.client import CONNECT_TIMEOUT_S, LoadError
from tests.bench.servers import HOST

DEADLINE_S = 300.0  # a hundred hashes, on a core that has other things to do
READ_MAX_BYTES = 1 << 20
DONE = b"OK\n"


class Logins:
    """So many clients, each from an address of its own: from one, tries are limited.

    Whoever is in hears what is said, and nobody counts it.
    """

    def __init__(self, count: int) -> None:
        self.names = [f"a{number:05d}" for number in range(count)]
        self._sockets: list[socket.socket] = []
        self._waiting: set[socket.socket] = set()
        self._deadline = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets:
            sock.close()

    def begin(self, port: int) -> None:
        """Connect, and ask."""
        self._deadline = time.monotonic() + DEADLINE_S
        for number, name in enumerate(self.names):
            try:
                sock = socket.create_connection((HOST, port), CONNECT_TIMEOUT_S, _address(number))
                self._sockets.append(sock)
                sock.setblocking(False)
                sock.send(f"LOGIN {name} {PASSWORD}\n".encode())
            except OSError as error:
                raise LoadError(f"{name} can't ask to log in: {error}") from error
        self._waiting = set(self._sockets)

    def look(self) -> int:
        """Read what has come; returns how many still wait."""
        for name, sock in zip(self.names, self._sockets, strict=True):
            data = _read(sock)
            if data is None:
                continue
            if sock in self._waiting and not data.startswith(DONE):
                raise LoadError(f"{name} could not log in, but got {data[:80]!r}")
            if not data:
                raise LoadError(f"the server closed {name}")
            self._waiting.discard(sock)
        if self._waiting and time.monotonic() > self._deadline:
            raise LoadError(f"{len(self._waiting)} are not logged in after {DEADLINE_S:g} s")
        return len(self._waiting)


def _read(sock: socket.socket) -> bytes | None:
    """What has come; None: nothing yet."""
    try:
        return sock.recv(READ_MAX_BYTES)
    except BlockingIOError:
        return None
    except ConnectionError:
        return b""


def _address(number: int) -> tuple[str, int]:
    """127.1.0.0 and up: all of 127 is this machine."""
    return f"127.1.{number // 256}.{number % 256}", 0
