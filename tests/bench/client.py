"""One client of the load generator: its connection, what it got, and what it should get."""

import socket

from tests.bench.servers import HOST

CONNECT_TIMEOUT_S = 10.0


class LoadError(Exception):
    """The server did not do what is due, or not in time."""


class Client:
    """One connection and the counts of the phase that it is in."""

    __slots__ = (
        "due_bytes",
        "due_lines",
        "expected",
        "got_bytes",
        "got_lines",
        "name",
        "reads_text",
        "seen",
        "sent",
        "socket",
        "tail",
        "to_send",
    )

    def __init__(self, number: int, port: int) -> None:
        self.name = f"u{number:05d}"
        self.socket = socket.create_connection((HOST, port), CONNECT_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.expect(0, 0)

    def expect(self, lines: int, size: int) -> None:
        """Start a phase in which this client is due `lines` lines of `size` bytes in all."""
        self.due_lines, self.due_bytes = lines, size
        self.got_lines = self.got_bytes = 0
        self.to_send = self.sent = self.seen = 0
        self.reads_text = False
        self.tail = b""
        self.expected: dict[bytes, int] = {}  # the next message number of each sender

    def send(self, line: bytes) -> None:
        """Send one line at once. A server that reads lets this never be short."""
        try:
            size = self.socket.send(line)
        except OSError as error:
            raise LoadError(f"{self.name} can't send: {error}") from error
        if size != len(line):
            raise LoadError(f"{self.name} can't send: the server has stopped reading")
