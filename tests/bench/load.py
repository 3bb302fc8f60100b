"""Load on one chat server, from one thread, in whichever `speech`.

`Load.login` or `Load.gather` connects the clients; `Load.closed` and `Load.paced` send messages
and return when every client has received every message that is due to it. Anything else is a
LoadError: a line too many, a line of another length, a closed connection, silence until the
deadline. A line is whatever carries a message, be it a frame.

All lines of a run have one length (those in JSON within six digits of a number), so that lines and
bytes due to a client are both known beforehand. The last client, the observer, reads what it gets:
it checks that each sender's messages come in order, takes their latency, and thereby paces the
senders.

In one room, everybody hears all the others. In several, each sender is in some of them and speaks
in one after the other, the observer is in all, and of the rest each is in one.
"""

import select
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Self

from tests.bench.client import Client, LoadError
from tests.bench.speech import LINES, LOBBY, Speech

SENDERS = 5
WINDOW = 16  # messages of one sender that the observer has not seen yet
# Logins under way at once. Less than the shortest accept queue of the servers (Twisted's 50),
# because a full queue costs a connection a whole second.
LOGINS_AT_ONCE = 32
DEADLINE_S = 120.0
BEAT_S = 10.0  # half of what a server waits for a sign of life
READ_MAX_BYTES = 1 << 18
PADDING = b"x" * 12
TEXT = b"%08d %010d " + PADDING
TEXT_BYTES = len(TEXT % (0, 0))


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
    by_speech: dict[str, list[int]]
    """The same at the last client of each speech."""


class Load:
    """Clients of one server, and the messages between them, sent by the first `senders` of them.
    They speak `speeches` by turns, in these rooms; who speaks lines is in the lobby alone."""

    def __init__(
        self,
        speeches: Sequence[Speech] = (LINES,),
        rooms: Sequence[str] = (LOBBY,),
        senders: int = SENDERS,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.senders = senders
        self._speeches = speeches
        self._rooms = rooms
        self._epoll = select.epoll()
        self._buffer = bytearray(READ_MAX_BYTES)
        self._deadline_s = deadline_s
        self._deadline = 0.0
        self._beat_at = time.monotonic() + BEAT_S
        self._clients: list[Client] = []
        self._by_fd: dict[int, Client] = {}
        self._senders: dict[bytes, Client] = {}
        self._window = 0
        self._skips = False  # what nobody has asked for
        self._waiting = 0  # clients that have not got all that is due to them
        self._observers: dict[str, Client] = {}
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
                self._open(port, self._rooms_of(len(self._clients), clients))
            self._receive(1.0)
        self._senders = {c.name.encode(): c for c in self._clients[: self.senders]}
        self._observers = {client.speech.name: client for client in self._clients}

    def gather(self, port: int, clients: int) -> None:
        """The same where who is in hears of everyone who comes later, which is skipped."""
        self._skips = True
        self.login(port, clients)
        for client in self._clients:
            client.ask(client.speech.ping(client.name))
        self._waiting = clients
        self._receive_all()
        self._skips = False

    def be_refused(self, port: int, code: bytes) -> None:
        """One more client asks to come in, and is told `code`."""
        client = self._open(port, self._rooms)
        client.steps[-1] = client.steps[-1][0], code
        self._receive_all()
        self._clients.remove(client)
        del self._by_fd[client.socket.fileno()]
        client.socket.close()

    def closed(self, messages: int, check_all: bool = False) -> Delivery:
        """Send a multiple of `senders` messages, WINDOW of each sender under way at a time.

        With `check_all` every client reads its lines as the observer does: exact, and slow.
        """
        self._begin(messages, WINDOW, check_all)
        started, cpu = time.monotonic(), time.process_time()
        for sender in self._senders.values():
            self._fill(sender)
        return self._finish(messages, started, cpu)

    def paced(self, messages: int, rate: float) -> Delivery:
        """Send a multiple of `senders` messages, evenly spaced, `rate` a second in total."""
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

    def _rooms_of(self, number: int, clients: int) -> Sequence[str]:
        """Where the client of this number sits, out of so many."""
        if number == clients - 1:
            return self._rooms
        if number < self.senders <= len(self._rooms):
            return self._rooms[number :: self.senders]
        return [self._rooms[number % len(self._rooms)]]

    def _open(self, port: int, rooms: Sequence[str]) -> Client:
        number = len(self._clients)
        speech = self._speeches[number % len(self._speeches)]
        try:
            client = Client(number, port, speech, rooms)
        except OSError as error:
            raise LoadError(f"client {number} can't connect: {error}") from error
        self._clients.append(client)
        self._by_fd[client.socket.fileno()] = client
        self._epoll.register(client.socket, select.EPOLLIN)
        self._waiting += 1
        client.ask(client.steps.pop(0))
        return client

    def _begin(self, messages: int, window: int, check_all: bool = False) -> None:
        each = messages // self.senders
        senders = list(self._senders.values())
        said = Counter(
            sender.rooms[number % len(sender.rooms)] for sender in senders for number in range(each)
        )
        for client in self._clients:
            due = sum(said[room] for room in client.rooms) - each * (client in senders)
            client.expect(due, client.speech.sizes(client.rooms[0], TEXT_BYTES))
            client.reads_text = check_all
        for observer in self._observers.values():
            observer.reads_text, observer.latencies = True, []
        for sender in senders:
            sender.to_send = each
        self._window = window
        self._waiting = sum(client.due_lines > 0 for client in self._clients)
        self._reads = 0
        self._began = time.monotonic_ns()
        self._deadline = time.monotonic() + self._deadline_s

    def _fill(self, sender: Client) -> None:
        while sender.sent < sender.to_send and sender.sent - sender.seen < self._window:
            self._send(sender)

    def _send(self, sender: Client) -> None:
        sent_at = (time.monotonic_ns() - self._began) // 1000
        room = sender.rooms[sender.sent % len(sender.rooms)]
        sender.send(sender.speech.say(room, TEXT % (sender.sent, sent_at)))
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
            if self._skips or client.awaited:
                self._read_answer(client, bytes(buffer[:size]))
                continue
            client.got_bytes += size
            ends = buffer.count(client.speech.end, 0, size)
            client.got_lines += ends
            if client.reads_text:
                self._read_text(client, bytes(buffer[:size]))
            if ends and client.got_lines >= client.due_lines:
                self._complete(client, buffer[:size])
        now = time.monotonic()
        if now > self._deadline:
            self._fail_late()
        if now > self._beat_at:
            self._beat_at = now + BEAT_S
            self._beat()

    def _beat(self) -> None:
        for client in self._clients:
            if client.speech.beat and not client.steps:
                client.send(client.speech.beat)

    def _receive_all(self) -> None:
        while self._waiting:
            self._receive(1.0)

    def _read_answer(self, client: Client, data: bytes) -> None:
        if not client.awaited or not client.answered(data):
            return
        if client.steps:
            client.ask(client.steps.pop(0))
        else:
            self._waiting -= 1

    def _complete(self, client: Client, data: bytearray) -> None:
        in_all = client.due_least <= client.got_bytes <= client.due_most
        if client.got_lines > client.due_lines or not in_all:
            raise LoadError(f"wrong data at {self._state(client)}: {bytes(data[-80:])!r}")
        self._waiting -= 1

    def _read_text(self, client: Client, data: bytes) -> None:
        now = (time.monotonic_ns() - self._began) // 1000
        try:
            heard, client.tail = client.speech.read(client.tail + data)
            said = [(name, *text.split(b" ")) for name, text in heard]
            for name, number, _, _ in said:
                self._check_order(client, name, int(number))
        except (ValueError, KeyError):
            raise LoadError(f"{client.name} got {data[-200:]!r}") from None
        if client.latencies is not None:
            client.latencies += [now - int(sent_at) for _, _, sent_at, _ in said]
        if client is self._clients[-1]:
            self._reads += 1
            for name, *_ in said:
                self._senders[name].seen += 1
            for sender in self._senders.values():
                self._fill(sender)

    def _check_order(self, client: Client, name: bytes, number: int) -> None:
        """Who hears a sender in one of its rooms alone is due every so many of its messages."""
        rooms = self._senders[name].rooms
        hears_all = len(client.rooms) >= len(rooms)
        first, step = (0, 1) if hears_all else (rooms.index(client.rooms[0]), len(rooms))
        due = client.expected.get(name, first)
        if number != due:
            raise LoadError(f"{client.name} awaited {due} of {name.decode()}, got {number}")
        client.expected[name] = number + step

    def _finish(self, messages: int, started: float, cpu: float) -> Delivery:
        self._receive_all()
        seconds = time.monotonic() - started
        busy = (time.process_time() - cpu) / seconds
        deliveries = sum(client.got_lines for client in self._clients)
        found = {name: client.latencies or [] for name, client in self._observers.items()}
        latencies = found[self._clients[-1].speech.name]
        batch = len(latencies) / self._reads
        return Delivery(messages, deliveries, seconds, busy, batch, latencies, found)

    def _fail_late(self) -> None:
        late = next((c for c in self._clients if c.awaited or c.got_lines < c.due_lines), None)
        if late is not None:
            raise LoadError(
                f"{self._waiting} clients still wait after {self._deadline_s:g} s, "
                f"the first is {self._state(late)}"
            )

    def _state(self, client: Client) -> str:
        if client.awaited:
            return f"{client.name} (no {client.awaited!r})"
        return f"{client.name} ({client.got_lines} of {client.due_lines} lines)"
