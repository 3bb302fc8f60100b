"""Sockets in memory, which behave as those of Linux do over TCP.

A connection is two streams, one in each direction. What is sent is on its way for a while, in
pieces that never overtake each other; sent and not yet read, it takes room. The server's ends
suffer what `Faults` says, the clients' ends don't.
"""

from __future__ import annotations

import errno
import os
import socket
from collections import deque
from itertools import pairwise
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, Protocol, Self

from reactor.testing import faults as f

if TYPE_CHECKING:
    from reactor.testing.network import Network

PIECES_MAX = 8  # into so many, at most, what is sent at once is torn
RESERVE_TAKEN = 0.2  # how often a descriptor that was given up is somebody else's by now
TAKEN_S = 2.5  # for how long


class Crash(BaseException):
    """The process is no more, from this very call on. Nothing of the loop's catches it."""


class Watcher(Protocol):
    """Who wants to know when something has changed about a socket."""

    def stir(self, sock: FakeSocket | FakeListener) -> None:
        """Something has: it may have become ready."""
        ...


def failure(number: int) -> OSError:
    """The exception that Python raises for an error of the system's."""
    return OSError(number, os.strerror(number))


class Stream:
    """One direction of a connection: what `writer` sends, and `reader` reads."""

    __slots__ = ("arrived", "arrives_at", "capacity", "closing", "ended", "flying")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.arrived = bytearray()
        self.flying = 0  # bytes on their way
        self.arrives_at = 0.0  # the last of what is on its way: nothing overtakes it
        self.closing = False  # its end is on its way
        self.ended = False  # its end has arrived

    @property
    def room(self) -> int:
        """Bytes that it takes just now."""
        return self.capacity - self.flying - len(self.arrived)


class Descriptor:
    """What everything has that a selector can watch."""

    def __init__(self, network: Network, name: str) -> None:
        self.network = network
        self.name = name  # for the trace
        self.number = network.register(self)
        self.watcher: Watcher | None = None
        self.closed = False
        self.reports = 0  # how often the selector said that it is ready, in next to no time
        self.reported_at = 0.0  # when it began to
        self.is_server = False  # of the process that is tested, which may crash

    def fileno(self) -> int:
        """-1 when it is closed."""
        return -1 if self.closed else self.number

    def setblocking(self, flag: bool) -> None:
        """They never block. Asking for it is a mistake."""
        assert not flag, "a simulated socket never blocks"

    def setsockopt(self, *_option: object) -> None:
        """There is nothing to set."""

    def _call(self) -> None:
        """A call begins: perhaps the last one of this process."""
        if self.is_server:
            self.network.step()
        if self.closed:
            raise failure(errno.EBADF)


class FakeSocket(Descriptor):
    """One end of a connection. `address` is what it is called at this end, `peer` at the other."""

    def __init__(self, network: Network, name: str, address: object, peer: object) -> None:
        super().__init__(network, name)
        self.address, self.peer = address, peer
        self.other: FakeSocket  # the other end
        self.incoming: Stream
        self.outgoing: Stream
        self.error = 0  # to be told by the next call
        self.broken = False  # it was reset: nothing comes any more, nothing goes
        self.faults = f.NONE
        self.heard_at = network.clock.now  # when something was read of it the last time

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def getsockname(self) -> object:
        """What this end is called."""
        return self.address

    def getpeername(self) -> object:
        """What the other end is called."""
        return self.peer

    def readiness(self) -> int:
        """What can be done at once, as a selector's mask."""
        stream = self.incoming
        mask = EVENT_READ if stream.arrived or stream.ended or self.broken else 0
        return mask | (EVENT_WRITE if self.outgoing.room > 0 or self.broken else 0)

    # --- in -------------------------------------------------------------------------------------

    def recv(self, size: int) -> bytes:
        """At most `size` bytes of what has arrived; nothing: that was the end."""
        self._call()
        self._fail(self.faults.recv_errors, f.RECV_ERRORS)
        stream = self.incoming
        if stream.arrived:
            self._block()
            size = min(size, len(stream.arrived))
            if self.network.chance(self.faults.partial_reads):
                size = self.network.random.randint(1, size)
            data = bytes(stream.arrived[:size])
            del stream.arrived[:size]
            self.heard_at = self.network.clock.now
            self.reports = 0
            self.other.stir()
            self.network.note(self.name, "recv", data)
            return data
        self._raise_pending()
        if stream.ended or self.broken:
            return b""
        raise BlockingIOError(errno.EAGAIN, "nothing has arrived")

    def arrive(self, data: bytes) -> None:
        """A piece of what the other end sent is here."""
        self.incoming.flying -= len(data)
        if self.broken:
            return
        if self.closed:  # nobody will ever read it: the sender is told
            self._answer_with_reset()
            return
        self.incoming.arrived += data
        self.stir()

    def arrive_end(self) -> None:
        """The other end will send no more."""
        self.incoming.ended = True
        self.stir()

    def arrive_reset(self) -> None:
        """The other end is no more. What has arrived before can still be read."""
        if not self.broken and not self.closed:
            self.error = errno.EPIPE if self.incoming.ended else errno.ECONNRESET
            self.broken = True
            self.stir()

    # --- out ------------------------------------------------------------------------------------

    def send(self, data: bytes) -> int:
        """Have bytes sent, as many as there is room for; how many that is."""
        self._call()
        self._fail(self.faults.send_errors, f.SEND_ERRORS)
        self._raise_pending()
        if self.broken or self.outgoing.closing:
            raise failure(errno.EPIPE)
        self._block()
        size = min(len(data), self.outgoing.room)
        if size <= 0 < len(data):
            raise BlockingIOError(errno.EAGAIN, "no room")
        if size and self.network.chance(self.faults.partial_writes):
            size = self.network.random.randint(1, size)
        sent = data[:size]
        self.reports = 0
        self.network.sending(self, sent)
        self._fly(sent)
        return size

    def shutdown(self, how: int) -> None:
        """Send no more: the other end will read that as the end."""
        assert how == socket.SHUT_WR, "the loop ends its output alone"
        self._call()
        self._fail(self.faults.shutdown_errors, f.SHUTDOWN_ERRORS)
        if self.broken:
            raise failure(errno.ENOTCONN)
        self._end()

    def close(self) -> None:
        """Give it back. If something that has arrived was not read, the other end is reset."""
        if self.closed:
            return
        self.network.note(self.name, "close", b"")
        self.closed = True
        self.network.unregister(self)
        if self.incoming.arrived:
            self._answer_with_reset()
        elif not self.broken:
            self._end()

    def reset(self) -> None:
        """Go as a crashed machine goes."""
        if not self.closed:
            self.closed = True
            self.network.unregister(self)
            self._answer_with_reset()

    # --- inside ---------------------------------------------------------------------------------

    def stir(self) -> None:
        """Something has changed."""
        if self.watcher is not None:
            self.watcher.stir(self)

    def _fly(self, data: bytes) -> None:
        """On its way: whole, or in pieces."""
        network, stream = self.network, self.outgoing
        stream.flying += len(data)
        cuts = [0, len(data)]
        if len(data) > 1 and network.chance(network.faults.torn):
            count = min(PIECES_MAX - 1, len(data) - 1)
            cuts[1:1] = sorted(network.random.randint(1, len(data) - 1) for _ in range(count))
        for begin, end in pairwise(cuts):
            if begin < end:
                network.deliver(stream, self.other.arrive, data[begin:end])

    def _end(self) -> None:
        if not self.outgoing.closing:
            self.outgoing.closing = True
            self.network.deliver(self.outgoing, self.other.arrive_end)

    def _answer_with_reset(self) -> None:
        self.outgoing.closing = True
        self.network.deliver(self.outgoing, self.other.arrive_reset)

    def _raise_pending(self) -> None:
        if self.error:
            number, self.error = self.error, 0
            raise failure(number)

    def _block(self) -> None:
        if self.network.chance(self.faults.blocked):
            number = self.network.random.choice((errno.EAGAIN, errno.EINTR))
            raise failure(number)

    def _fail(self, rate: float, errors: tuple[int, ...]) -> None:
        """Break, perhaps. The other end hears of it, as its machine will."""
        if not self.broken and self.network.chance(rate):
            self.broken = True
            self.incoming.arrived.clear()
            self._answer_with_reset()
            number = self.network.random.choice(errors)
            self.network.note(self.name, f"fails: {errno.errorcode[number]}", b"")
            raise failure(number)


class FakeListener(Descriptor):
    """A listening socket. Who has connected waits in `queue` to be accepted."""

    type, proto = socket.SOCK_STREAM, 0

    def __init__(self, network: Network, address: tuple[str, int] | str) -> None:
        super().__init__(network, f"listener {address}")
        self.address = address
        self.family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.queue: deque[FakeSocket] = deque()
        self.is_server = True
        self._told_at = -1.0  # that there is no descriptor left
        self._taken_until = 0.0

    def getsockname(self) -> tuple[str, int] | str:
        """Where it listens."""
        return self.address

    def readiness(self) -> int:
        """Whether somebody is at the door, as a selector's mask."""
        return EVENT_READ if self.queue else 0

    def arrive(self, sock: FakeSocket) -> None:
        """Somebody is."""
        if self.closed:
            sock.reset()
            return
        self.queue.append(sock)
        if self.watcher is not None:
            self.watcher.stir(self)

    def accept(self) -> tuple[FakeSocket, object]:
        """The server's end of the next connection, and where it comes from."""
        self._call()
        network, faults = self.network, self.network.faults
        if not self.queue or network.chance(faults.blocked):
            raise BlockingIOError(errno.EAGAIN, "nobody there")
        if network.chance(faults.accept_errors):
            self.queue.popleft().reset()
            raise failure(network.random.choice(f.ACCEPT_ERRORS))
        if self._is_full():
            raise failure(errno.EMFILE)
        sock = self.queue.popleft()
        sock.faults, sock.is_server = faults, True
        network.admit(sock)
        self.reports = 0
        network.note(sock.name, "accepted", b"")
        return sock, sock.peer

    def close(self) -> None:
        """Listen no more. Who waits is reset."""
        if self.closed:
            return
        self.closed = True
        self.network.unregister(self)
        self.network.forget(self)
        while self.queue:
            self.queue.popleft().reset()

    def _is_full(self) -> bool:
        """Once told, a server gives up its reserve, and can accept one more, to refuse it: if
        nothing else in the process has taken that descriptor meanwhile."""
        network, now = self.network, self.network.clock.now
        if now < self._taken_until:
            return True
        if not (network.is_full() or network.chance(network.faults.exhaustion)):
            return False
        if self._told_at == now and network.chance(RESERVE_TAKEN):
            self._taken_until = now + TAKEN_S
            return True
        self._told_at = -1.0 if self._told_at == now else now
        return self._told_at == now
