"""Network: everything that a simulated process asks of its system, and time itself."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any, cast

from reactor.loop import Reactor
from reactor.testing.clients import Client
from reactor.testing.clock import FakeClock
from reactor.testing.faults import Faults
from reactor.testing.selector import FakeSelector
from reactor.testing.sockets import Crash, Descriptor, FakeListener, FakeSocket, Stream, failure
from reactor.testing.workers import FakeWorkers
from reactor.timers import Timer, TimerQueue
from reactor.wakeup import Wakeup

Address = tuple[str, int] | str


class Network:
    """A network, its clock, and what goes wrong on it, all decided by the seed.

    `faults` may be changed at any time. `descriptors_max`: so many connections can be accepted at a
    time; 0: any number. `trace`, if it is set, is called with the time, who, what and the data.
    """

    def __init__(self, seed: object = 0, faults: Faults | None = None) -> None:
        self.random = Random(f"network {seed}")
        self.clock = FakeClock()
        self.faults = faults or Faults()
        self.descriptors: dict[int, Any] = {}
        self.descriptors_max = 0
        self.trace: Callable[[float, str, str, bytes], object] | None = None
        self.on_send: Callable[[FakeSocket, bytes], object] | None = None
        """Called with what the server's end of a connection is about to send."""
        self.steps = 0
        """How many calls of the system the process has made."""
        self.reported = 0
        """How often the selector has told it of something."""
        self.crash_at = 0
        """The call, by this count, that raises Crash; 0: none."""
        self._timers = TimerQueue()
        self._numbers = count(3)
        self._ports = count(50_000)
        self._listeners: dict[Address, FakeListener] = {}
        self._accepted: dict[int, FakeSocket] = {}  # the server's ends, by number
        self._workers: list[FakeWorkers] = []

    # --- the server's side ----------------------------------------------------------------------

    def reactor(self) -> Reactor:
        """A real Reactor that knows no system but this."""
        return Reactor(
            clock=self.clock,
            selector=FakeSelector(self),
            wakeup=Wakeup(cast(Any, self.socketpair())),
            bind=self.bind,
            workers=self.workers,
        )

    def bind(self, address: Address, *, mode: int | None = None) -> socket.socket:  # noqa: ARG002
        """A listening socket. Raises OSError when somebody listens there already."""
        if address in self._listeners:
            raise failure(errno.EADDRINUSE)
        listener = self._listeners[address] = FakeListener(self, address)
        return cast(socket.socket, listener)

    def socketpair(self) -> tuple[FakeSocket, FakeSocket]:
        """Two ends of a connection that nothing goes wrong with, and that takes no time."""
        return self._pair("wake-up", ("", 0), ("", 0))

    def workers(self, _kind: str) -> FakeWorkers:
        """Those that do one kind of work."""
        workers = FakeWorkers(self)
        self._workers.append(workers)
        return workers

    def run(self, reactor: Reactor, until: float) -> None:
        """Turn after turn, until the clock has gone on by so many seconds. After `reactor.stop`
        there are no more turns: time passes for the others alone."""
        end = self.clock.now + until
        while self.clock.now < end and not reactor.stopping:
            reactor.run_once(end - self.clock.now)
        while self.clock.now < end:
            self.happen()
            self.go_on(end)

    def kill(self, reactor: Reactor) -> None:
        """A process is no more: the system closes what it had, and nobody is told anything."""
        self.crash_at = 0
        for listener in list(reactor.listeners):
            listener.close()
        for sock in list(self._accepted.values()):
            sock.close()
        for workers in self._workers:
            workers.shutdown()
        self._workers.clear()

    @property
    def accepted(self) -> int:
        """How many connections the server has not closed yet."""
        return len(self._accepted)

    def is_full(self) -> bool:
        """Nobody else can be accepted."""
        return 0 < self.descriptors_max <= len(self._accepted)

    # --- the clients' side ----------------------------------------------------------------------

    def connect(self, address: Address, host: str = "127.0.0.1", buffer_bytes: int = 0) -> Client:
        """Somebody comes in; by a Unix socket's path, from nowhere. Raises ConnectionRefusedError
        when nobody listens there.

        `buffer_bytes`: what may be on its way in either direction; 0: the network decides.
        """
        listener = self._listeners.get(address)
        if listener is None:
            raise failure(errno.ECONNREFUSED)
        port = next(self._ports)
        peer = "" if isinstance(address, str) else (host, port)
        client, server = self._pair(f"{host}:{port}", peer, address, buffer_bytes)
        self.call_later(self.some(self.faults.delay_s), listener.arrive, server)
        return Client(self, client)

    # --- time -----------------------------------------------------------------------------------

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Have something happen in `delay_s` seconds: a client's deed, as a rule."""
        return self._timers.add(self.clock.now + delay_s, callback, *args)

    def cancel(self, timer: Timer) -> None:
        """Have it not happen."""
        self._timers.cancel(timer)

    def happen(self) -> None:
        """All that is due by now happens, and what is due at once because of it."""
        while (when := self._timers.next_when()) is not None and when <= self.clock.now:
            for timer in self._timers.due(self.clock.now):
                timer.callback(*timer.args)

    def next_when(self) -> float | None:
        """When the next thing happens; None: nothing will."""
        return self._timers.next_when()

    def go_on(self, until: float) -> None:
        """Time passes until the next thing happens, or until then, whatever comes first."""
        due = self.next_when()
        self.clock.now = until if due is None else min(due, until)

    # --- chance ---------------------------------------------------------------------------------

    def chance(self, rate: float) -> bool:
        """Whether something happens that happens so often."""
        return rate > 0 and self.random.random() < rate

    def some(self, mean: float) -> float:
        """A time: mostly shorter than the mean, sometimes much longer."""
        return self.random.expovariate(1 / mean) if mean > 0 else 0.0

    # --- for the parts --------------------------------------------------------------------------

    def step(self) -> None:
        """A call of the system begins. Raises Crash if it is the one."""
        self.steps += 1
        if self.steps == self.crash_at:
            raise Crash

    def note(self, who: str, what: str, data: bytes) -> None:
        """For the trace."""
        if self.trace is not None:
            self.trace(self.clock.now, who, what, data)

    def sending(self, sock: FakeSocket, data: bytes) -> None:
        """Something is about to leave."""
        if self.trace is not None:
            self.trace(self.clock.now, sock.name, "send", data)
        if self.on_send is not None and sock.is_server:
            self.on_send(sock, data)

    def deliver(self, stream: Stream, arrive: Callable[..., object], *data: bytes) -> None:
        """Have something arrive: later than all that was sent before."""
        at = max(stream.arrives_at, self.clock.now + self.some(self.faults.delay_s))
        stream.arrives_at = at
        if at > self.clock.now:
            self._timers.add(at, arrive, *data)
        else:
            arrive(*data)

    def register(self, descriptor: Any) -> int:
        """A number for something that can be watched."""
        number = next(self._numbers)
        self.descriptors[number] = descriptor
        return number

    def admit(self, sock: FakeSocket) -> None:
        """A connection is accepted: the server's end is the server's."""
        self._accepted[sock.number] = sock

    def unregister(self, descriptor: Descriptor) -> None:
        """It is closed."""
        self._accepted.pop(descriptor.number, None)
        self.descriptors.pop(descriptor.number, None)

    def forget(self, listener: FakeListener) -> None:
        """It listens no more."""
        self._listeners.pop(listener.address, None)

    def _pair(
        self, name: str, address: object, peer: object, buffer_bytes: int = 0
    ) -> tuple[FakeSocket, FakeSocket]:
        """The client's end first."""
        one = FakeSocket(self, f"client {name}", address, peer)
        two = FakeSocket(self, f"server {name}", peer, address)
        one.other, two.other = two, one
        most = buffer_bytes or self.faults.buffer_bytes
        there, back = (Stream(self.random.randint(1 + most // 4, most)) for _ in range(2))
        one.outgoing = two.incoming = there
        two.outgoing = one.incoming = back
        return one, two
