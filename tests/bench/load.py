"""Load on one chat server over the line protocol, from one thread.

`Load.login` connects the clients; `Load.closed` and `Load.paced` send messages and return when
every client has received every message that is due to it. Anything else is a LoadError: a line
too many, a line of another length, a closed connection, silence until the deadline.

All lines of a run have one length, so that lines and bytes due to a client are both known
beforehand. The last client, the observer, reads what it gets: it checks that each sender's
messages come in order, takes their latency, and thereby paces the senders.
"""

import select
import time
from dataclasses import dataclass
from itertools import cycle
from typing import Self

from tests.bench.client import Client, LoadError

SENDERS = 5
WINDOW = 16  # messages of one sender that the observer has not seen yet
# Logins under way at once. Less than the shortest accept queue of the servers (Twisted's 50),
# because a full queue costs a connection a whole second.
LOGINS_AT_ONCE = 32
DEADLINE_S = 120.0
READ_MAX_BYTES = 1 << 18
NEWLINE = ord("\n")
PADDING = "x" * 12
LINE_BYTES = len(f"MSG u00000 00000000 0000000000 {PADDING}\n")


@dataclass(frozen=True)
class Delivery:
    """What one run took."""

    messages: int
    deliveries: int
    """Messages received, summed over the clients."""
    seconds: float
    """Wall-clock time from the first send to the last receipt."""
    busy: float
    """CPU time of the load generator as a part of `seconds`."""
    batch: float
    """Messages that the observer got per read, on average."""
    latencies_us: list[int]
    """From send to receipt at the observer."""


class Load:
    """Clients of one server, and the messages between them."""

    def __init__(self, deadline_s: float = DEADLINE_S) -> None:
        self._epoll = select.epoll()
        self._buffer = bytearray(READ_MAX_BYTES)
        self._deadline_s = deadline_s
        self._deadline = 0.0
        self._clients: list[Client] = []
        self._by_fd: dict[int, Client] = {}
        self._senders: dict[bytes, Client] = {}
        self._window = 0
        self._waiting = 0  # clients that have not got all that is due to them
        self._latencies: list[int] = []
        self._reads = 0  # of the observer
        self._began = time.monotonic_ns()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.socket.close()
        self._epoll.close()

    def login(self, port: int, clients: int) -> None:
        """Connect and log in that many clients, a few at a time."""
        self._deadline = time.monotonic() + self._deadline_s
        while len(self._clients) < clients or self._waiting:
            while len(self._clients) < clients and self._waiting < LOGINS_AT_ONCE:
                self._open(port)
            self._receive(1.0)
        self._senders = {c.name.encode(): c for c in self._clients[:SENDERS]}

    def closed(self, messages: int, check_all: bool = False) -> Delivery:
        """Send a multiple of SENDERS messages, WINDOW of each sender under way at a time.

        With `check_all` every client reads its lines as the observer does: exact, and slow.
        """
        self._begin(messages, WINDOW, check_all)
        started, cpu = time.monotonic(), time.process_time()
        for sender in self._senders.values():
            self._fill(sender)
        return self._finish(messages, started, cpu)

    def paced(self, messages: int, rate: float) -> Delivery:
        """Send a multiple of SENDERS messages, evenly spaced, `rate` a second in total."""
        self._begin(messages, window=0)
        started, cpu = time.monotonic(), time.process_time()
        for number, sender in zip(range(messages), cycle(self._senders.values()), strict=False):
            self._receive_until(started + number / rate)
            self._send(sender)
        return self._finish(messages, started, cpu)

    def idle(self, seconds: float) -> None:
        """Wait that long; whatever a client receives meanwhile is one line too many."""
        self._deadline = time.monotonic() + seconds + self._deadline_s
        self._receive_until(time.monotonic() + seconds)

    def _open(self, port: int) -> None:
        try:
            client = Client(len(self._clients), port)
        except OSError as error:
            raise LoadError(f"client {len(self._clients)} can't connect: {error}") from error
        self._clients.append(client)
        self._by_fd[client.socket.fileno()] = client
        self._epoll.register(client.socket, select.EPOLLIN)
        client.expect(1, len("OK\n"))
        self._waiting += 1
        client.send(f"LOGIN {client.name}\n".encode())

    def _begin(self, messages: int, window: int, check_all: bool = False) -> None:
        each = messages // SENDERS
        senders = list(self._senders.values())
        for client in self._clients:
            due = messages - each if client in senders else messages
            client.expect(due, due * LINE_BYTES)
            client.reads_text = check_all or client is self._clients[-1]
            client.expected = dict.fromkeys(self._senders, 0)
        for sender in senders:
            sender.to_send = each
        self._window = window
        self._waiting = len(self._clients)
        self._latencies = []
        self._reads = 0
        self._began = time.monotonic_ns()
        self._deadline = time.monotonic() + self._deadline_s

    def _fill(self, sender: Client) -> None:
        while sender.sent < sender.to_send and sender.sent - sender.seen < self._window:
            self._send(sender)

    def _send(self, sender: Client) -> None:
        sent_at = (time.monotonic_ns() - self._began) // 1000
        sender.send(b"MSG %08d %010d %s\n" % (sender.sent, sent_at, PADDING.encode()))
        sender.sent += 1

    def _receive_until(self, when: float) -> None:
        while True:
            self._receive(0)
            left = when - time.monotonic()
            if left <= 0:
                return
            # epoll counts in milliseconds, too coarse to pace by; select on it does not.
            select.select([self._epoll], [], [], left)

    def _receive(self, timeout_s: float) -> None:
        """Wait for data, then read once from each client that has some."""
        buffer, by_fd = self._buffer, self._by_fd
        for fd, _ in self._epoll.poll(timeout_s):
            client = by_fd[fd]
            try:
                size = client.socket.recv_into(buffer)
            except OSError as error:
                raise LoadError(f"{client.name} lost its connection: {error}") from error
            if not size:
                raise LoadError(f"the server closed {self._state(client)}")
            client.got_bytes += size
            client.got_lines += buffer.count(NEWLINE, 0, size)
            if client.reads_text:
                self._read_text(client, bytes(buffer[:size]))
            if client.got_lines >= client.due_lines:
                self._complete(client, buffer[:size])
        if time.monotonic() > self._deadline:
            self._fail_late()

    def _complete(self, client: Client, data: bytearray) -> None:
        if client.got_lines > client.due_lines or client.got_bytes != client.due_bytes:
            raise LoadError(f"wrong data at {self._state(client)}: {bytes(data[-80:])!r}")
        self._waiting -= 1

    def _read_text(self, client: Client, data: bytes) -> None:
        now = (time.monotonic_ns() - self._began) // 1000
        *lines, client.tail = (client.tail + data).split(b"\n")
        observes = client is self._clients[-1]
        for line in lines:
            try:
                _, name, number, sent_at, _ = line.split(b" ")
                in_order = int(number) == client.expected[name]
            except (ValueError, KeyError):
                raise LoadError(f"{client.name} got {line!r}") from None
            if not in_order:
                raise LoadError(f"{client.name} awaited {client.expected[name]}, got {line!r}")
            client.expected[name] += 1
            if observes:
                self._latencies.append(now - int(sent_at))
                self._senders[name].seen += 1
        if observes:
            self._reads += 1
            for sender in self._senders.values():
                self._fill(sender)

    def _finish(self, messages: int, started: float, cpu: float) -> Delivery:
        while self._waiting:
            self._receive(1.0)
        seconds = time.monotonic() - started
        busy = (time.process_time() - cpu) / seconds
        deliveries = sum(client.got_lines for client in self._clients)
        batch = len(self._latencies) / self._reads
        return Delivery(messages, deliveries, seconds, busy, batch, self._latencies)

    def _fail_late(self) -> None:
        late = next((c for c in self._clients if c.got_lines < c.due_lines), None)
        if late is not None:
            raise LoadError(
                f"{self._waiting} clients still wait after {self._deadline_s:g} s, "
                f"the first is {self._state(late)}"
            )

    def _state(self, client: Client) -> str:
        return f"{client.name} ({client.got_lines} of {client.due_lines} lines)"
