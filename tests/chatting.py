"""What the tests of the server share: a server to step or to let run, and people to talk on it.

A Stepped server lives in the test's own thread and in a time that the test makes pass. A Threaded
one runs as most programs would have it, in real time. Nothing sleeps: what is waited for is
waited for until it is there, and not longer than DEADLINE_S.
"""

from __future__ import annotations

import gc
import logging
import select
import selectors
import socket
import ssl
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

from chat import ChatServer
from reactor import Address, Connection, Reactor

HOST = "127.0.0.1"
DEADLINE_S = 30.0  # for what comes at all; a password takes its time where others compute
LOOK_S = 0.001  # between two looks at what a server does that shares our thread
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all
BUFFER_BYTES = 4096  # of a socket; the least that systems give is about as much
THE_END = "(the end)"  # in place of a line that did not come as the connection ended

TESTS = Path(__file__).parent
CERT, KEY = str(TESTS / "reactor/data/cert.pem"), str(TESTS / "reactor/data/key.pem")
OTHER_CERT, OTHER_KEY = str(TESTS / "data/other-cert.pem"), str(TESTS / "data/other-key.pem")


class Clock:
    """Time that passes when the test says so. Serves as the loop's clock and as the wall's."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class NeverBlocking(selectors.DefaultSelector):  # type: ignore[misc, valid-type, unused-ignore]
    """Looks, but doesn't wait, as the time it would wait in isn't the test's."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:  # noqa: ARG002
        return super().select(0)


class Errors(logging.Handler):
    """What the server logs as an error: without this, a test might not notice."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(record))

    def take(self) -> str:
        """The one error that there was to be, with its traceback."""
        assert len(self.texts) == 1, self.texts
        return self.texts.pop()


class Chat:
    """A server and its clients, all gone at the end of a `with`. Errors fail the test, unless it
    takes them (`errors.take`)."""

    def __init__(self, server: ChatServer) -> None:
        self.server = server
        self.clients: list[Client] = []
        self.errors = Errors()

    def __enter__(self) -> Self:
        for name in ("chat", "reactor"):
            logging.getLogger(name).addHandler(self.errors)
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        try:
            self.end()
        finally:
            for client in self.clients:
                client.hang_up()
            for name in ("chat", "reactor"):
                logging.getLogger(name).removeHandler(self.errors)
        assert kind or not self.errors.texts, self.errors.texts[0]

    def end(self) -> None:
        """End the server."""
        raise NotImplementedError

    def wait(self, client: Client) -> None:
        """Nothing has come for a client yet. Do what may help."""
        raise NotImplementedError

    def connect(self, address: Address | None = None, **options: Any) -> Client:
        """Someone comes in."""
        client = Client(address or self.server.address, self.wait, **options)
        self.clients.append(client)
        return client

    def log_in(self, name: str, **options: Any) -> Client:
        """Someone comes in and says who they are."""
        client = self.connect(**options)
        client.send(f"LOGIN {name}")
        client.expect("OK")
        return client


class Stepped(Chat):
    """A server that the test steps."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.time_flies = False  # True: while a client waits, time goes to what is due next
        reactor = Reactor(clock=self.clock, selector=NeverBlocking())
        settings = {"port": 0, **settings}
        super().__init__(ChatServer(reactor=reactor, wall_clock=self.clock, **settings))

    def end(self) -> None:
        self.server.close()

    def wait(self, client: Client) -> None:
        self.server.run_once(0)
        if self.time_flies and not look(0, client.sock):
            self.clock.now += self.server.timeout() or 0.0
        else:  # a worker may be at it, which is not to be kept from the processor
            look(LOOK_S, client.sock, self.server)

    def turns(self, count: int = 3) -> None:
        """Do what is there to be done now: for looking that something does not happen."""
        for _ in range(count):
            self.server.run_once(0)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Turn after turn, until `condition` holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}"
            self.server.run_once(0)

    def let_pass(self, seconds: float) -> None:
        """Time passes, and what was due has happened."""
        self.clock.now += seconds
        self.turns()

    @property
    def connections(self) -> list[Connection]:
        """Those of everyone who is here, in the order in which they came."""
        return list(self.server.reactor.connections.values())

    def log_in_slow_reader(self, name: str) -> Client:
        """Someone for whom the system keeps next to nothing on either side."""
        client = self.log_in(name, receive_buffer_bytes=BUFFER_BYTES)
        self.connections[-1].sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        return client


class Threaded(Chat):
    """A server in a thread of its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(ChatServer(**{"port": 0, **settings}))

    def __enter__(self) -> Self:
        super().__enter__()
        self.server.__enter__()
        return self

    def end(self) -> None:
        for client in self.clients:  # or the server would wait for them to hang up
            client.hang_up()
        self.server.__exit__(None, None, None)

    def wait(self, client: Client) -> None:
        look(DEADLINE_S, client.sock)


def look(seconds: float, *sources: socket.socket | ChatServer) -> bool:
    """Whether there is something to read within so long. Not by `select`, which takes no descriptor
    over 1023."""
    poll = select.poll()
    for source in sources:
        poll.register(source.fileno(), select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class Client:
    """Someone with a socket. What is expected is the next that arrives, and waited for."""

    def __init__(
        self,
        address: Address,
        wait: Callable[[Client], None],
        *,
        tls: ssl.SSLContext | None = None,
        receive_buffer_bytes: int = 0,
    ) -> None:
        self._wait = wait
        self._received = b""
        self._ended = False
        self.sock = _connected(address, receive_buffer_bytes)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.sock.setblocking(False)

    def send(self, *lines: str) -> None:
        """Type lines."""
        self.send_bytes("".join(f"{line}\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        """Send all, having the server read if there is no other way."""
        while data:
            try:
                data = data[self.sock.send(data) :]
            except BlockingIOError:
                self._wait(self)

    def expect(self, *lines: str) -> None:
        """The next lines to arrive have to be these."""
        read = self.read(len(lines))
        assert read == list(lines), difference(read, lines)

    def expect_nothing(self) -> None:
        """Whatever the server has done so far, none of it was for this client to see."""
        self.send("PING")
        self.expect("PONG")

    def expect_end(self, *lines: str) -> None:
        """These lines have to arrive, and then the end."""
        read = self.read_rest()
        assert read == list(lines), difference(read, lines)

    def expect_lost(self) -> None:
        """The end has to come, whatever may come before it."""
        self.read_rest()

    def read_rest(self) -> list[str]:
        """All the lines until the end, which has to come."""
        self._until(lambda: self._ended, "end")
        return self._received.decode().splitlines()

    def expect_bytes(self, data: bytes) -> None:
        """For what is not made of lines."""
        self._until(lambda: len(self._received) >= len(data) or self._ended, repr(data))
        assert self._received[: len(data)] == data, self._received
        self._received = self._received[len(data) :]

    def read(self, count: int) -> list[str]:
        """The next lines. THE_END stands in place of the first that didn't come."""
        self._until(lambda: self._received.count(b"\n") >= count or self._ended, "line")
        *lines, self._received = self._received.split(b"\n", count)
        return [line.decode() for line in lines] + [THE_END] * (len(lines) < count)

    def send_end(self) -> None:
        """Say that there is no more to come; go on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """Go. Going twice is going once."""
        self.sock.close()

    def reset(self) -> None:
        """Go as a crashed program goes."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.sock.close()

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"no {what} after {self._received[-300:]!r}"
            with suppress(BlockingIOError, ssl.SSLWantReadError):
                self._receive()
                continue
            self._wait(self)

    def _receive(self) -> None:
        try:
            data = self.sock.recv(1 << 20)
        except ConnectionResetError:  # whom the server drops has an end, too
            data = b""
        self._received += data
        self._ended = not data


@contextmanager
def without_garbage(*kinds: type) -> Iterator[None]:
    """What comes meanwhile, and goes, is freed at once: nothing of these kinds is left over for the
    garbage collector, which would let it pile up."""
    gc.collect()
    before = _counted(kinds)
    gc.disable()
    try:
        yield
        left = _counted(kinds) - before
        assert not left, f"left over: {left}"
    finally:
        gc.enable()


def _counted(kinds: tuple[type, ...]) -> Counter[type]:
    return Counter(type(one) for one in gc.get_objects() if isinstance(one, kinds))


def difference(read: Sequence[str], expected: Sequence[str]) -> str:
    """Where what was read is first another than expected."""
    for number, (is_, should) in enumerate(zip_longest(read, expected)):
        if is_ != should:
            return f"line {number}: {is_!r:.200} instead of {should!r:.200}"
    return "no difference"


def _connected(address: Address, receive_buffer_bytes: int) -> socket.socket:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    if isinstance(address, tuple) and ":" in address[0]:
        family = socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if receive_buffer_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        sock.settimeout(DEADLINE_S)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def trusting(certificate: str) -> ssl.SSLContext:
    """How a client is to speak TLS."""
    return ssl.create_default_context(cafile=certificate)


def has_ipv6() -> bool:
    """Whether this machine can talk to itself over IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
