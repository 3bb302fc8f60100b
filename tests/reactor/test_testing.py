"""The simulated network: that it behaves as the system's does, and goes wrong as it is told to."""

from __future__ import annotations

import errno
import selectors
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import fields, replace
from random import Random
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

import pytest

from reactor import Connection, ConnectionLimits, Handler, Reactor
from reactor.listener import ACCEPT_BACKOFF_S
from reactor.testing import (
    Client,
    Crash,
    FakeClock,
    FakeSelector,
    FakeSocket,
    Faults,
    Network,
    Spinning,
    Stalled,
)
from reactor.testing.clock import START_S
from reactor.testing.faults import RECV_ERRORS, SEND_ERRORS
from reactor.testing.selector import SPINS_MAX
from reactor.testing.sockets import TAKEN_S
from tests.reactor.support import DEADLINE_S, Recorder, echo

ADDRESS = ("10.0.0.1", 4000)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

# --- as the system's sockets ----------------------------------------------------------------------


class RealPair:
    """The two ends of a connection, and a selector that watches one of them."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client: Any = socket.create_connection(listener.getsockname())
            self.server: Any = listener.accept()[0]
        for sock in (self.client, self.server):
            sock.setblocking(False)
        self.selector: selectors.BaseSelector = selectors.DefaultSelector()

    def arrived(self, sock: Any) -> None:
        """Wait for something to be read."""
        with selectors.DefaultSelector() as selector:
            selector.register(sock, EVENT_READ)
            assert selector.select(DEADLINE_S), "nothing came"

    def reset(self, sock: Any) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        sock.close()

    def wait_for_room(self) -> None:
        assert self.selector.select(DEADLINE_S), "there is no room"

    def close(self) -> None:
        self.selector.close()
        self.client.close()
        self.server.close()


class FakePair(RealPair):
    """The same, with no system beneath."""

    def __init__(self) -> None:
        self.network = Network()
        listener: Any = self.network.bind(ADDRESS)
        self.client = self.network.connect(ADDRESS).sock
        self.client.watcher = None
        self.network.happen()
        self.server = listener.accept()[0]
        self.selector = FakeSelector(self.network)

    def arrived(self, sock: Any) -> None:
        self.network.happen()
        assert sock.readiness() & EVENT_READ, "nothing came"

    def reset(self, sock: Any) -> None:
        sock.reset()


Look = Callable[[Any], Any]


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the name of the error that it raises."""
    try:
        return call()
    except OSError as error:
        return errno.errorcode[error.errno] if error.errno else repr(error)
    except (KeyError, ValueError) as error:
        return type(error).__name__


def mask(pair: Any) -> int:
    """What the selector says of the server's end."""
    return sum(events for _, events in pair.selector.select(0))


def fill(sock: Any) -> bool:
    """Until there is no more room; whether there was some."""
    size = 0
    with suppress(BlockingIOError):
        while True:
            size += sock.send(b"~" * 65_536)
    return size > 0


def drain(sock: Any) -> bytes:
    """All that is there; its kinds of bytes, as one can't say how many."""
    kinds = set()
    with suppress(BlockingIOError):
        while data := sock.recv(65_536):
            kinds.update(data)
    return bytes(sorted(kinds))


def nothing_yet(pair: Any) -> Iterator[Any]:
    yield outcome(lambda: pair.server.recv(10))


def what_is_sent_arrives(pair: Any) -> Iterator[Any]:
    yield pair.client.send(b"hello")
    pair.arrived(pair.server)
    yield pair.server.recv(2)
    yield pair.server.recv(100)
    yield outcome(lambda: pair.server.recv(1))
    yield pair.server.send(b"")


def an_end_comes_behind_the_data(pair: Any) -> Iterator[Any]:
    pair.client.send(b"last")
    pair.client.shutdown(socket.SHUT_WR)
    pair.arrived(pair.server)
    yield pair.server.recv(100)
    pair.arrived(pair.server)
    yield pair.server.recv(100)
    yield pair.server.recv(100)


def who_ends_still_reads(pair: Any) -> Iterator[Any]:
    yield pair.client.shutdown(socket.SHUT_WR)
    yield outcome(lambda: pair.client.send(b"more"))
    yield pair.client.shutdown(socket.SHUT_WR)
    pair.arrived(pair.server)
    yield pair.server.recv(100)
    yield pair.server.send(b"answer")
    pair.arrived(pair.client)
    yield pair.client.recv(100)


def a_reset(pair: Any) -> Iterator[Any]:
    pair.reset(pair.client)
    pair.arrived(pair.server)
    yield outcome(lambda: pair.server.recv(100))
    yield outcome(lambda: pair.server.recv(100))
    yield outcome(lambda: pair.server.send(b"x"))
    yield outcome(lambda: pair.server.shutdown(socket.SHUT_WR))


def a_reset_that_sending_finds(pair: Any) -> Iterator[Any]:
    pair.reset(pair.client)
    pair.arrived(pair.server)
    yield outcome(lambda: pair.server.send(b"x"))
    yield outcome(lambda: pair.server.send(b"x"))
    yield outcome(lambda: pair.server.recv(100))


def a_reset_behind_data(pair: Any) -> Iterator[Any]:
    pair.client.send(b"data")
    pair.arrived(pair.server)
    pair.reset(pair.client)
    pair.arrived(pair.server)
    yield outcome(lambda: pair.server.recv(100))
    yield outcome(lambda: pair.server.recv(100))


def closing_with_something_unread(pair: Any) -> Iterator[Any]:
    pair.client.send(b"unread")
    pair.arrived(pair.server)
    pair.server.close()
    pair.arrived(pair.client)
    yield outcome(lambda: pair.client.recv(100))


def sending_to_who_has_closed(pair: Any) -> Iterator[Any]:
    pair.client.close()
    pair.arrived(pair.server)
    yield pair.server.recv(100)
    yield pair.server.send(b"into the void")
    yield outcome(lambda: pair.server.send(b"again"))
    yield outcome(lambda: pair.server.recv(100))


def what_is_closed(pair: Any) -> Iterator[Any]:
    pair.server.close()
    pair.server.close()
    yield pair.server.fileno()
    yield outcome(lambda: pair.server.recv(10))
    yield outcome(lambda: pair.server.send(b"x"))
    yield outcome(lambda: pair.selector.register(pair.server, EVENT_READ))


def what_a_selector_says(pair: Any) -> Iterator[Any]:
    pair.selector.register(pair.server, EVENT_READ | EVENT_WRITE)
    yield mask(pair)
    pair.client.send(b"x")
    pair.arrived(pair.server)
    yield mask(pair)
    yield mask(pair)
    pair.selector.modify(pair.server, EVENT_READ)
    yield mask(pair)
    pair.server.recv(10)
    yield mask(pair)
    pair.client.shutdown(socket.SHUT_WR)
    pair.arrived(pair.server)
    yield mask(pair)
    pair.selector.unregister(pair.server)
    yield mask(pair)


def what_a_selector_says_of_a_reset(pair: Any) -> Iterator[Any]:
    pair.reset(pair.client)
    pair.arrived(pair.server)
    for events in (EVENT_READ, EVENT_WRITE, EVENT_READ | EVENT_WRITE):
        pair.selector.register(pair.server, events)
        yield mask(pair)
        pair.selector.unregister(pair.server)


def full_buffers(pair: Any) -> Iterator[Any]:
    pair.selector.register(pair.server, EVENT_WRITE)
    yield fill(pair.server)
    yield mask(pair)
    yield outcome(lambda: pair.server.send(b"x"))
    while not mask(pair):
        pair.arrived(pair.client)
        yield drain(pair.client)
    yield mask(pair)
    yield pair.server.send(b"x")


def what_a_selector_refuses(pair: Any) -> Iterator[Any]:
    yield outcome(lambda: pair.selector.register(pair.server, 0))
    yield outcome(lambda: pair.selector.unregister(pair.server))
    yield outcome(lambda: pair.selector.modify(pair.server, EVENT_READ))
    key = pair.selector.register(pair.server, EVENT_READ, "data")
    yield key.data, key.events
    yield outcome(lambda: pair.selector.register(pair.server, EVENT_READ))
    yield len(pair.selector.get_map())


ROWS = [
    nothing_yet,
    what_is_sent_arrives,
    an_end_comes_behind_the_data,
    who_ends_still_reads,
    a_reset,
    a_reset_that_sending_finds,
    a_reset_behind_data,
    closing_with_something_unread,
    sending_to_who_has_closed,
    what_is_closed,
    what_a_selector_says,
    what_a_selector_says_of_a_reset,
    full_buffers,
    what_a_selector_refuses,
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_it_behaves_as_the_systems_sockets_do(row: Callable[[Any], Iterator[Any]]) -> None:
    told = []
    for kind in (RealPair, FakePair):
        pair = kind()
        try:
            told.append(list(row(pair)))
        finally:
            pair.close()
    real, fake = told
    assert fake == real


# --- a reactor on it ------------------------------------------------------------------------------


class Stage:
    """A real reactor on a simulated network, and somebody who listens."""

    def __init__(self, faults: Faults | None = None, seed: int = 1, **listening: Any) -> None:
        self.network = Network(seed, faults)
        self.handler = Recorder(on_line=echo)
        self.reactor: Reactor = self.network.reactor()
        self.listener = self.reactor.listen(ADDRESS, self.handler, **listening)

    def connect(self, **options: Any) -> Client:
        return self.network.connect(ADDRESS, **options)

    def run(self, seconds: float = 10.0) -> None:
        self.network.run(self.reactor, seconds)

    def trouble(self, faults: Faults) -> None:
        """From here on, for everyone."""
        self.network.faults = faults
        for sock in self.network.descriptors.values():
            if isinstance(sock, FakeSocket) and sock.is_server:
                sock.faults = faults


LINES = b"".join([b"line %d\n" % number for number in range(100)])


def test_a_conversation() -> None:
    stage = Stage()
    client = stage.connect(host="10.0.0.9")
    client.send(b"hello\n")
    stage.run()
    assert client.received == b"hello\n"
    assert stage.handler.connections[0].peer.startswith("10.0.0.9:")
    assert client.sock.getsockname() == client.sock.other.getpeername()
    assert client.sock.getpeername() == ADDRESS
    client.hang_up()
    stage.run()
    assert stage.handler.lost() == ["closed"]
    assert client.is_gone
    assert stage.network.accepted == 0


def test_time_passes_only_where_the_loop_waits() -> None:
    stage = Stage()
    called: list[float] = []
    for delay_s in (3600.0, 0.5):
        stage.reactor.call_later(delay_s, lambda: called.append(stage.reactor.time()))
    stage.reactor.run_once(0)
    assert called == []
    stage.reactor.run_once()
    stage.reactor.run_once()
    assert called == [START_S + 0.5, START_S + 3600.0]


def test_time_passes_when_the_reactor_has_stopped() -> None:
    """What was sent arrives; what comes after that finds nobody."""
    stage = Stage(Faults(delay_s=1.0))

    def answer_and_stop(connection: Connection, line: bytes) -> None:
        echo(connection, line)
        stage.reactor.stop()

    stage.handler.on_line = answer_and_stop
    client = stage.connect()
    client.send(b"the last\n")
    stage.run(100.0)
    assert client.received == b"the last\n"
    assert stage.network.clock.now == START_S + 100.0
    client.send(b"too late\n")
    stage.run(100.0)
    assert stage.handler.lines() == [b"the last"]
    assert stage.network.clock.now == START_S + 200.0


CUTS = [Faults(partial_reads=1.0), Faults(partial_writes=1.0), Faults(torn=1.0)]


@pytest.mark.parametrize("faults", CUTS)
def test_however_it_is_cut_the_same_arrives(faults: Faults) -> None:
    stage = Stage(replace(faults, delay_s=0.01))
    clients = [stage.connect() for _ in range(3)]
    for client in clients:
        client.send(LINES)
    stage.run(100.0)
    assert [bytes(client.received) for client in clients] == [LINES] * 3


def test_not_all_that_is_ready_is_told_of_at_once() -> None:
    stage = Stage(Faults(partial_selects=1.0))
    clients = [stage.connect() for _ in range(5)]
    stage.run()
    for client in clients:
        client.send(LINES)
    stage.network.happen()
    stage.reactor.run_once(0)
    assert 0 < len({id(one) for one, _, _ in stage.handler.events}) < 5
    stage.run()
    assert [bytes(client.received) for client in clients] == [LINES] * 5


def test_what_is_blocked_is_tried_again() -> None:
    stage = Stage(Faults(blocked=0.5, delay_s=0.01))
    client = stage.connect()
    client.send(LINES)
    stage.run(100.0)
    assert client.received == LINES


def test_everything_takes_its_time() -> None:
    stage = Stage(Faults(delay_s=1.0, late_s=0.5, turn_s=0.5))
    client = stage.connect()
    client.send(b"ping\n")
    stage.network.run(stage.reactor, 0.001)
    assert not client.received
    stage.run(60.0)
    assert client.received == b"ping\n"


@pytest.mark.parametrize(
    ("faults", "errors"),
    [(Faults(recv_errors=1.0), RECV_ERRORS), (Faults(send_errors=1.0), SEND_ERRORS)],
)
def test_a_broken_connection_is_broken_at_both_ends(
    faults: Faults, errors: tuple[int, ...]
) -> None:
    lost = set()
    for seed in range(20):
        stage = Stage(faults, seed)
        client = stage.connect()
        client.send(b"hello\n")
        stage.run()
        lost.update(stage.handler.lost())
        assert client.was_reset
        assert stage.network.accepted == 0
    assert len(lost) == len(errors)


def test_shutting_down_may_fail() -> None:
    stage = Stage(Faults(shutdown_errors=1.0))
    client = stage.connect()
    stage.run()
    stage.handler.connections[0].close()
    stage.run()
    assert len(stage.handler.lost()) == 1
    assert client.ended


def test_who_left_before_the_door_opened() -> None:
    stage = Stage(Faults(accept_errors=1.0))
    client = stage.connect()
    stage.run()
    assert stage.handler.connections == []
    assert client.was_reset


def test_without_a_descriptor_nobody_gets_in(logged: Callable[[], list[str]]) -> None:
    stage = Stage(refusal=b"full\n")
    stage.network.descriptors_max = 1
    first, second = stage.connect(), stage.connect()
    stage.run(ACCEPT_BACKOFF_S)
    assert len(stage.handler.connections) == 1
    assert {bytes(first.received), bytes(second.received)} == {b"", b"full\n"}
    for client in (first, second):
        client.hang_up()
    stage.run()
    third = stage.connect()
    third.send(b"hello\n")
    stage.run()
    assert third.received == b"hello\n"
    assert "can't accept" in logged()[0]


def test_the_reserve_may_be_taken(logged: Callable[[], list[str]]) -> None:
    refused = set()
    for seed in range(20):
        stage = Stage(Faults(exhaustion=1.0), seed)
        clients = [stage.connect() for _ in range(5)]
        stage.run(ACCEPT_BACKOFF_S + TAKEN_S / 2)
        assert stage.handler.connections == []
        refused.add(sum(client.is_gone for client in clients))
        stage.network.faults = Faults()
        stage.run(TAKEN_S + ACCEPT_BACKOFF_S)
        waited = [client for client in clients if not client.is_gone]
        assert len(waited) == len(stage.handler.connections) > 0
    assert refused >= {0, 3}
    assert "can't accept" in logged()[0]


def test_a_slow_reader_gets_it_all() -> None:
    stage = Stage(Faults(buffer_bytes=100))
    client = stage.connect()
    client.read_slowly(10, 1.0)
    client.send(LINES)
    stage.run(10.0)
    assert 0 < len(client.received) <= 110
    client.read()
    stage.run()
    assert client.received == LINES


def test_who_does_not_read_fills_the_buffers() -> None:
    stage = Stage(limits=ConnectionLimits(high_water_bytes=10, output_max_bytes=500))
    client = stage.connect(buffer_bytes=64)
    client.stop_reading()
    client.send(LINES)
    stage.run()
    (connection,) = stage.handler.connections
    assert 0 < connection.get_write_buffer_size() <= 500
    assert 0 < len(stage.handler.lines()) < 100
    assert stage.handler.lost() == []
    client.read()
    stage.run()
    assert client.received == LINES


def test_an_end_comes_after_what_was_sent() -> None:
    stage = Stage(Faults(buffer_bytes=10))
    client = stage.connect()
    client.send(LINES)
    client.send_end()
    stage.run()
    assert client.received == LINES
    assert client.ended
    client.send(b"more\n")  # which has nowhere to go
    stage.run()


@pytest.mark.parametrize("unread", [b"", b"unread"])
def test_a_reset(unread: bytes) -> None:
    stage = Stage()
    client = stage.connect()
    stage.run()
    client.send(unread)
    client.reset()
    client.reset()
    stage.run()
    assert len(stage.handler.lost()) == 1
    client.send(b"more\n")
    stage.run()
    assert stage.handler.lines() == []


def test_what_arrives_at_a_closed_end_is_answered_with_a_reset() -> None:
    stage = Stage(Faults(delay_s=0.1))
    client = stage.connect()
    stage.run()
    stage.handler.connections[0].abort()
    client.send(b"too late\n")
    stage.run()
    assert client.ended
    assert client.sock.broken


def test_nothing_arrives_at_a_broken_end() -> None:
    stage = Stage(Faults(delay_s=0.1))
    client = stage.connect()
    stage.run()
    client.send(b"on its way\n")
    stage.network.happen()
    stage.trouble(Faults(recv_errors=1.0))
    client.sock.other.incoming.arrived += b"x"
    client.sock.other.stir()
    stage.run()
    assert stage.handler.lines() == []


def test_a_reset_that_comes_too_late_is_nothing() -> None:
    stage = Stage(Faults(delay_s=0.1))
    client = stage.connect()
    stage.run()
    client.reset()
    stage.handler.connections[0].abort()
    stage.run()
    assert stage.handler.lost() == ["aborted"]


def test_nobody_listens() -> None:
    stage = Stage(Faults(delay_s=1.0))
    client = stage.connect()
    stage.listener.close()
    stage.listener._sock.close()
    stage.run()
    assert client.was_reset
    with pytest.raises(ConnectionRefusedError):
        stage.connect()


def test_who_waits_at_a_door_that_closes_is_reset() -> None:
    stage = Stage()
    client = stage.connect()
    stage.network.happen()
    stage.listener.close()
    stage.run()
    assert client.was_reset
    assert stage.network.accepted == 0


def test_who_comes_by_a_path_has_no_address() -> None:
    network = Network()
    reactor = network.reactor()
    recorder = Recorder()
    reactor.listen("/dev/null/admin", recorder)
    client = network.connect("/dev/null/admin")
    client.send(b"hello\n")
    network.run(reactor, until=1.0)
    (connection,) = reactor.connections.values()
    assert connection.peer == "/dev/null/admin"
    reactor.close()


def test_who_falls_silent_does_not_hang_up() -> None:
    network = Network()
    reactor = network.reactor()
    reactor.listen(ADDRESS, Recorder(on_line=echo))
    client = network.connect(ADDRESS)
    client.send(b"hello\n")
    network.run(reactor, until=1.0)
    client.send(b"more\n")
    client.fall_silent()
    network.run(reactor, until=1.0)
    assert bytes(client.received) == b"hello\n"
    assert len(reactor.connections) == 1
    reactor.close()


def test_an_address_is_taken() -> None:
    stage = Stage()
    with pytest.raises(OSError, match="in use"):
        stage.network.bind(ADDRESS)


def test_a_simulated_socket_never_blocks() -> None:
    one, _other = Network().socketpair()
    with one, pytest.raises(AssertionError):
        one.setblocking(True)
    assert one.closed


# --- work -----------------------------------------------------------------------------------------


def test_work_is_done_later_and_in_any_order() -> None:
    orders = set()
    for seed in range(20):
        stage = Stage(Faults(job_s=1.0), seed)
        done: list[Future[int]] = []
        for number in range(3):
            stage.reactor.run_in_worker(int, number, then=done.append)
        stage.reactor.run_once(0)
        assert done == []
        stage.run(100.0)
        order = tuple([future.result() for future in done])
        assert sorted(order) == [0, 1, 2]
        orders.add(order)
    assert len(orders) > 2


def test_work_may_fail() -> None:
    stage = Stage(Faults(job_errors=1.0))
    futures: list[Future[int]] = []
    stage.reactor.run_in_worker(int, then=futures.append)
    stage.run()
    assert isinstance(futures[0].exception(), OSError)


def test_work_is_cancelled_with_the_reactor() -> None:
    stage = Stage(Faults(job_s=1.0))
    future = stage.network.workers("")
    waiting = future.submit(int)
    stage.reactor.run_in_worker(int, then=bool)
    future.shutdown()
    stage.reactor.close()
    with pytest.raises(CancelledError):
        waiting.result()
    assert stage.network.next_when() is None


# --- the end of a process -------------------------------------------------------------------------


def test_a_process_may_crash_at_any_call() -> None:
    stage = Stage()
    client, other = stage.connect(), stage.connect()
    stage.network.happen()
    crashes = 0
    for call in range(1, 40):
        stage.network.crash_at = stage.network.steps + call % 4 + 1
        client.send(b"%d\n" % call)
        try:
            stage.run(1.0)
        except Crash:
            crashes += 1
    assert crashes > 20
    assert stage.network.accepted == 2
    stage.reactor.run_in_worker(int, then=bool)
    stage.network.kill(stage.reactor)
    stage.network.happen()
    assert client.ended
    assert other.ended
    assert stage.network.accepted == 0
    again = stage.network.reactor()
    again.listen(ADDRESS, stage.handler)
    third = stage.connect()
    third.send(b"back\n")
    stage.network.run(again, 1.0)
    assert third.received == b"back\n"


def test_what_is_sent_is_seen_before_it_leaves() -> None:
    stage = Stage()
    seen: list[bytes] = []
    stage.network.on_send = lambda _sock, data: seen.append(data)
    client = stage.connect()
    client.send(b"hello\n")
    stage.run()
    assert seen == [b"hello\n"]


# --- a loop that does not wait --------------------------------------------------------------------


class Deaf(Handler):
    """Is told, and does nothing: the reactor is told again."""


def test_a_loop_that_spins_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    client = stage.connect()
    stage.run()
    monkeypatch.setattr(type(stage.handler.connections[0]), "ready", lambda _self, _mask: None)
    client.send(b"hello\n")
    with pytest.raises(Spinning, match=f"{SPINS_MAX + 1} times"):
        stage.run()


def test_a_loop_that_waits_for_nothing_is_found() -> None:
    stage = Stage()
    with pytest.raises(Stalled):
        stage.reactor.run_once()


def test_a_wait_too_short_to_be_told_apart_passes_all_the_same() -> None:
    stage = Stage()
    before = stage.network.clock.now
    stage.reactor.run_once(1e-12)
    assert stage.network.clock.now > before


def test_what_is_not_watched_is_not_told_of() -> None:
    network = Network()
    selector = FakeSelector(network)
    one, other = network.socketpair()
    selector.register(one.fileno(), EVENT_READ)
    other.send(b"x")
    selector.close()
    one.stir()
    assert selector.select(0) == []
    assert selector.fileno() > 0


# --- one seed, one run ----------------------------------------------------------------------------


def traced(seed: int) -> list[tuple[float, str, str, bytes]]:
    faults = Faults(partial_reads=0.5, torn=0.5, blocked=0.1, delay_s=0.1, recv_errors=0.01)
    stage = Stage(faults, seed)
    trace: list[tuple[float, str, str, bytes]] = []
    stage.network.trace = lambda *happened: trace.append(happened)
    for client in [stage.connect() for _ in range(3)]:
        client.send(LINES)
    stage.run()
    return trace


def test_the_same_seed_is_the_same_run() -> None:
    assert traced(1) == traced(1)
    assert traced(1) != traced(2)


def test_faults_are_drawn_of_every_kind() -> None:
    drawn = [Faults.drawn(Random(seed)) for seed in range(100)]
    for field in fields(Faults):
        assert len({getattr(faults, field.name) for faults in drawn}) > 1, field.name
    assert max(faults.partial_reads for faults in drawn) > 0.9
    assert 0.4 < max(faults.partial_writes for faults in drawn) <= 0.5
    assert 0.1 < max(faults.recv_errors for faults in drawn) <= 0.2


def test_a_clock_is_set_by_hand() -> None:
    clock = FakeClock(5.0)
    clock.now += 1.5
    assert clock() == 6.5
