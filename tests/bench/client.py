"""One client of the load generator: its connection, what it got, and what it should get."""

import socket
from collections.abc import Sequence

from tests.bench.servers import HOST
from tests.bench.speech import Speech, Step

CONNECT_TIMEOUT_S = 10.0


class LoadError(Exception):
    """The server did not do what is due, or not in time."""


class Client:
    """One connection and the counts of the phase that it is in."""

    __slots__ = (
        "awaited",
        "due_least",
        "due_lines",
        "due_most",
        "expected",
        "got_bytes",
        "got_lines",
        "latencies",
        "name",
        "reads_text",
        "rooms",
        "seen",
        "sent",
        "socket",
        "speech",
        "steps",
        "tail",
        "to_send",
    )

    def __init__(self, number: int, port: int, speech: Speech, rooms: Sequence[str]) -> None:
        self.name = f"u{number:05d}"
        self.speech = speech
        self.rooms = rooms
        self.socket = socket.create_connection((HOST, port), CONNECT_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.expect(0, (0, 0))
        self.steps = speech.log_in(self.name, rooms)
        self.awaited = b""

    def expect(self, lines: int, sizes: tuple[int, int]) -> None:
        """Start a phase in which this client is due `lines` messages, each of a size between."""
        self.due_lines, self.due_least, self.due_most = lines, lines * sizes[0], lines * sizes[1]
        self.got_lines = self.got_bytes = 0
        self.to_send = self.sent = self.seen = 0
        self.reads_text = False
        self.tail = b""
        self.expected: dict[bytes, int] = {}  # the next message number of each sender
        self.latencies: list[int] | None = None  # None: nobody asks

    def ask(self, step: Step) -> None:
        """Send something, and skip all that comes up to the end of the answer to it."""
        line, self.awaited = step
        self.tail = b""
        self.send(line)

    def answered(self, data: bytes) -> bool:
        """Whether that was the answer. Raises LoadError for a refusal that nobody awaited."""
        self.tail += data
        if self.awaited in self.tail:
            self.awaited = self.tail = b""
            return True
        if self.speech.refusal in self.tail:
            raise LoadError(f"{self.name} was refused: {self.tail[-200:]!r}")
        # As much as may be the beginning of either.
        self.tail = self.tail[-max(len(self.awaited), len(self.speech.refusal)) :]
        return False

    def send(self, line: bytes) -> None:
        """Send one line at once. A server that reads lets this never be short."""
        try:
            size = self.socket.send(line)
        except OSError as error:
            raise LoadError(f"{self.name} can't send: {error}") from error
        if size != len(line):
            raise LoadError(f"{self.name} can't send: the server has stopped reading")
