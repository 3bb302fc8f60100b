"""Listener: accepting, refusing for want of descriptors, addresses, and Unix sockets' files."""

from __future__ import annotations

import errno
import gc
import logging
import os
import socket
import stat
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from reactor import Connection, format_address
from reactor import listener as listener_module
from reactor.listener import ACCEPT_BACKOFF_S, ACCEPT_BURST, bind
from tests.reactor.conftest import MakeWorld
from tests.reactor.support import HOST, Clock, Recorder, World, echo, no_descriptors_left

Logged = Callable[[], list[str]]

REFUSAL = b"no room, try later\r\n"


def fail(*_arguments: object) -> None:
    raise ValueError("on purpose")


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


class FakeDoor:
    """Does in place of a listener's accept() what the test says, then finds nobody."""

    def __init__(self, *errors: int) -> None:
        self._errors = list(errors)

    def __call__(self) -> tuple[socket.socket, object]:
        raise OSError(self._errors.pop(0), "on purpose") if self._errors else BlockingIOError


def run_out(world: World) -> None:
    """Have someone come for whom there is no descriptor."""
    world.knock()
    with no_descriptors_left():
        world.turns()


def answers(sock: socket.socket) -> bytes:
    """All that a client reads until the end."""
    data = b""
    while more := sock.recv(4096):
        data += more
    return data


# --- accepting ------------------------------------------------------------------------------------


def test_a_rush_of_arrivals_does_not_hold_up_the_turn(world: World) -> None:
    for _ in range(ACCEPT_BURST + 1):
        world.knock()
    world.turns()
    assert len(world.handler.connections) == ACCEPT_BURST
    world.turns()
    assert len(world.handler.connections) == ACCEPT_BURST + 1


def test_what_arrives_with_the_connection_is_not_lost(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    sock = world.knock()
    sock.sendall(b"in a hurry\n")
    sock.shutdown(socket.SHUT_WR)
    world.until(world.handler.lost)
    assert answers(sock) == b"in a hurry\n"


def test_connections_send_without_delay_and_notice_a_dead_peer(world: World) -> None:
    sock = world.connect().connection.sock
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert not sock.getblocking()


def test_a_handler_that_fails_on_arrival_closes_that_connection(
    make_world: MakeWorld, logged: Logged
) -> None:
    world = make_world(Recorder(on_made=fail))
    world.connect().expect_end()
    world.handler.on_made = bool
    assert world.connect().connection.is_open
    assert world.handler.lost() == ["internal error"]
    assert [message.split(": ")[1] for message in logged()] == [
        "a handler failed on connection_made"
    ]


def test_a_handler_may_greet_and_close_on_arrival(make_world: MakeWorld) -> None:
    def turn_away(connection: Connection) -> None:
        connection.write(b"closed today\n")
        connection.close()

    world = make_world(Recorder(on_made=turn_away))
    world.connect().expect_end(b"closed today\n")


def test_pausing_leaves_arrivals_waiting(world: World) -> None:
    world.listener.pause_accepting()
    world.listener.pause_accepting()
    world.knock()
    world.turns(3)
    assert world.handler.connections == []
    world.listener.resume_accepting()
    world.listener.resume_accepting()
    world.until(lambda: world.handler.connections)


def test_pausing_on_arrival_leaves_the_next_one_waiting(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_made=lambda _connection: world.listener.pause_accepting()))
    for _ in range(3):
        world.knock()
    world.turns(3)
    assert len(world.handler.connections) == 1


def test_pausing_takes_hold_at_once_even_of_who_is_at_the_door(world: World) -> None:
    """Two listeners have someone waiting when the turn begins; the first pauses both."""
    other = world.reactor.listen((HOST, 0), world.handler)

    def pause_both(_connection: Connection) -> None:
        other.pause_accepting()
        world.listener.pause_accepting()

    world.handler.on_made = pause_both
    world.knock()
    world.knock(other)
    world.turns(2)
    assert len(world.handler.connections) == 1


def test_who_left_before_the_door_opened_is_nobody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    accept = world.listener._accept
    world.listener._accept = FakeDoor(errno.ECONNABORTED, errno.ECONNABORTED)
    world.listener.ready(0)
    world.listener._accept = accept
    assert [record.levelno for record in caplog.records] == [logging.DEBUG] * 2
    assert world.connect().connection.is_open


def test_closing_leaves_who_is_here_here(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    client = world.connect()
    world.listener.close()
    world.listener.close()
    world.listener.resume_accepting()
    with pytest.raises(ConnectionRefusedError):
        world.knock()
    client.send(b"still here\n")
    client.expect(b"still here\n")
    assert world.reactor.listeners == []


def test_closing_makes_room_for_another(world: World) -> None:
    """One that will have the same descriptor, at the same address."""
    address = world.listener.address
    world.listener.close()
    again = world.reactor.listen(address, world.handler)
    assert world.connect(again).connection.is_open


def test_closing_on_arrival_ends_the_burst(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_made=lambda _connection: world.listener.close()))
    for _ in range(3):
        world.knock()
    world.turns(2)
    assert len(world.handler.connections) == 1


# --- out of descriptors ---------------------------------------------------------------------------


def test_out_of_descriptors_all_at_the_door_are_told(make_world: MakeWorld, logged: Logged) -> None:
    world = make_world(clock=Clock(), refusal=REFUSAL)
    talking, silent, late = world.knock(), world.knock(), world.knock()
    talking.sendall(b"hello\n")
    with no_descriptors_left():
        world.turns()
        assert [answers(sock) for sock in (talking, silent, late)] == [REFUSAL] * 3
    assert len(logged()) == 1
    assert logged()[0].startswith(f"{world.listener.name}: can't accept: [Errno {errno.EMFILE}]")
    assert world.handler.connections == []


def test_out_of_descriptors_it_waits_and_then_recovers(
    make_world: MakeWorld, logged: Logged
) -> None:
    clock = Clock()
    world = make_world(clock=clock, refusal=REFUSAL)
    first, second, third = [world.knock() for _ in range(3)]
    world.turns()  # these three got in
    first_out, second_out = world.knock(), world.knock()
    with no_descriptors_left() as release:
        world.turns()
        assert (answers(first_out), answers(second_out)) == (REFUSAL, REFUSAL)
        world.turns(3)  # the door is shut: this doesn't ask again
        clock.now += ACCEPT_BACKOFF_S
        world.turns(2)
        release()
    assert len(logged()) == 1
    assert world.connect().connection.is_open
    for sock in (first, second, third):
        sock.close()
    world.until(lambda: len(world.handler.lost()) == 3)


def test_out_of_descriptors_again_is_logged_again(make_world: MakeWorld, logged: Logged) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    for _ in range(2):
        for _ in range(3):  # as long as it lasts it is said once
            run_out(world)
            clock.now += ACCEPT_BACKOFF_S
            world.turns()
        world.connect()
    assert len(logged()) == 2


def test_while_the_door_is_shut_nobody_is_let_in(make_world: MakeWorld, logged: Logged) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    run_out(world)
    world.knock()
    clock.now += ACCEPT_BACKOFF_S * 0.9
    world.turns(2)
    assert world.handler.connections == []
    clock.now += ACCEPT_BACKOFF_S * 0.2
    world.turns(2)
    assert len(world.handler.connections) == 1
    assert logged()


def test_one_closed_while_its_door_is_shut_stays_closed(
    make_world: MakeWorld, logged: Logged
) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    run_out(world)
    world.listener.close()
    clock.now += ACCEPT_BACKOFF_S
    world.turns(2)
    assert logged()


def test_out_of_descriptors_only_so_many_are_told_in_a_turn(
    make_world: MakeWorld, logged: Logged
) -> None:
    clock = Clock()
    world = make_world(clock=clock, refusal=REFUSAL)
    waiting = [world.knock() for _ in range(ACCEPT_BURST + 1)]
    with no_descriptors_left():
        world.turns()
        assert [answers(sock) for sock in waiting[:-1]] == [REFUSAL] * ACCEPT_BURST
        clock.now += ACCEPT_BACKOFF_S
        world.turns(2)
        assert answers(waiting[-1]) == REFUSAL
    assert len(logged()) == 1


def test_no_descriptor_is_lost_or_left_open(make_world: MakeWorld, logged: Logged) -> None:
    world = make_world(clock=Clock(), refusal=REFUSAL)
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        sock = world.knock()
        with no_descriptors_left():
            world.listener.ready(0)
        world.listener.resume_accepting()
        sock.close()
    assert len(os.listdir("/dev/fd")) == before
    assert logged()


def test_the_reserve_may_be_taken_by_another_thread(
    make_world: MakeWorld, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nobody can be told, until there was a descriptor to be had again."""
    clock = Clock()
    world = make_world(clock=clock, refusal=REFUSAL)
    told, untold = world.knock(), world.knock()
    with no_descriptors_left() as release:
        with monkeypatch.context() as patch, ExitStack() as stack:

            def take_instead(*_arguments: object) -> int:
                stack.callback(os.close, os.dup(2))
                raise OSError(errno.EMFILE, "Too many open files")

            patch.setattr(os, "open", take_instead)
            world.turns()
            assert answers(told) == REFUSAL
            release()
        clock.now += ACCEPT_BACKOFF_S
        world.turns(2)
    assert [c.peer for c in world.handler.connections] == [format_address(untold.getsockname())]
    told = world.knock()
    with no_descriptors_left():
        world.turns()
        assert answers(told) == REFUSAL
    assert len(logged()) == 2


def test_one_that_lost_its_reserve_closes_all_the_same(
    make_world: MakeWorld, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(clock=Clock())

    def taken(*_arguments: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "open", taken)
    run_out(world)
    world.listener.close()
    assert world.reactor.listeners == []
    assert logged()


def test_paused_while_the_door_is_shut_it_stays_paused(
    make_world: MakeWorld, logged: Logged
) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    run_out(world)
    world.listener.pause_accepting()
    clock.now += ACCEPT_BACKOFF_S
    world.knock()
    world.turns(3)
    assert logged()
    assert world.handler.connections == []
    world.listener.resume_accepting()
    world.turns()
    assert len(world.handler.connections) == 1


# --- addresses ------------------------------------------------------------------------------------


def test_port_0_is_any_and_the_address_says_which(world: World) -> None:
    host, port = world.listener.address[0], world.listener.address[1]
    assert (host, world.listener.name) == (HOST, f"{HOST}:{port}")
    assert port


def test_an_address_in_use_is_an_error(world: World) -> None:
    with pytest.raises(OSError, match="in use") as caught:
        world.reactor.listen(world.listener.address, world.handler)
    assert caught.value.errno == errno.EADDRINUSE
    assert world.reactor.listeners == [world.listener]


def test_a_socket_that_listens_already_will_do(make_world: MakeWorld) -> None:
    sock = socket.create_server((HOST, 0))
    world = make_world(Recorder(on_line=echo), address=sock)
    client = world.connect()
    client.send(b"x\n")
    client.expect(b"x\n")
    assert world.listener.address == sock.getsockname()


@needs_ipv6
def test_ipv6(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo), address=("::1", 0))
    assert world.listener.name == f"[::1]:{world.listener.address[1]}"
    client = world.connect()
    assert client.connection.peer == f"[::1]:{client.sock.getsockname()[1]}"
    client.send(b"x\n")
    client.expect(b"x\n")


@needs_ipv6
def test_all_addresses_of_ipv6_are_those_of_ipv4_too(world: World) -> None:
    listener = world.reactor.listen(("::", 0), world.handler)
    for host in (HOST, "::1"):
        with socket.create_connection((host, listener.address[1])):
            world.until(lambda: world.handler.connections)
        assert host in world.handler.connections.pop().peer


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("127.0.0.1", 4000), "127.0.0.1:4000"),
        (("::1", 4000), "[::1]:4000"),
        (("example.org", 4000), "example.org:4000"),
        ("/run/chat.sock", "/run/chat.sock"),
    ],
)
def test_addresses_are_written_as_people_do(address: tuple[str, int] | str, text: str) -> None:
    assert format_address(address) == text


# --- Unix sockets ---------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where to put a socket. Relative, as the length of such a path is limited."""
    monkeypatch.chdir(tmp_path)
    return "socket"


def test_a_unix_socket_works_and_is_tidied_up(make_world: MakeWorld, path: str) -> None:
    world = make_world(Recorder(on_line=echo), address=path)
    assert (world.listener.address, world.listener.name) == (path, path)
    client = world.connect()
    assert client.connection.peer == path
    client.send(b"x\n")
    client.expect(b"x\n")
    world.listener.close()
    assert not os.path.exists(path)
    client.send(b"y\n")
    client.expect(b"y\n")


def test_a_unix_socket_closes_as_gently(make_world: MakeWorld, path: str) -> None:
    world = make_world(address=path)
    client = world.connect()
    client.connection.write(b"bye\n")
    client.connection.close("enough")
    client.expect_end(b"bye\n")
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lost() == ["enough"]


@pytest.mark.skipif(sys.platform != "linux", reason="they are Linux's")
def test_a_unix_socket_without_a_file_has_a_name(make_world: MakeWorld) -> None:
    world = make_world()
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(f"\0reactor-{os.getpid()}")
        theirs.listen()
        ours = socket.socket(fileno=os.dup(theirs.fileno()))
        listener = world.reactor.listen(ours, world.handler)
        assert listener.address == listener.name == f"@reactor-{os.getpid()}"


def test_a_socket_that_is_bound_will_do(make_world: MakeWorld) -> None:
    """One that does not listen would be readable all the time, with nobody there."""
    world = make_world(Recorder(on_line=echo))
    theirs = socket.socket()
    theirs.bind((HOST, 0))
    client = world.connect(world.reactor.listen(theirs, world.handler))
    client.send(b"x\n")
    client.expect(b"x\n")


def test_a_socket_that_nobody_can_connect_to(make_world: MakeWorld) -> None:
    world = make_world()
    with socket.socket(type=socket.SOCK_DGRAM) as theirs, pytest.raises(OSError, match="support"):
        world.reactor.listen(theirs, world.handler)


def test_where_there_are_no_unix_sockets(
    make_world: MakeWorld, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    world = make_world()
    monkeypatch.delattr(socket, "AF_UNIX")
    listener = world.reactor.listen((HOST, 0), world.handler)
    assert world.reactor.listeners[-1] is listener
    with pytest.raises(OSError, match="no Unix sockets"):
        world.reactor.listen(path, world.handler)


def test_what_is_no_path_leaves_no_socket_open(make_world: MakeWorld) -> None:
    world = make_world()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        for path in ("a\0b", "half \ud83d"):
            with pytest.raises(ValueError, match=r"null (byte|character)|surrogates"):
                world.reactor.listen(path, world.handler)
        gc.collect()
    assert not warned


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_a_unix_socket_has_the_mode_it_is_given(
    make_world: MakeWorld, path: str, mode: int
) -> None:
    make_world(address=path, mode=mode)
    assert stat.S_IMODE(os.stat(path).st_mode) == mode


def test_what_a_killed_server_left_is_replaced(make_world: MakeWorld, path: str) -> None:
    left = bind(path)
    left.close()
    assert os.path.exists(path)
    world = make_world(address=path)
    assert world.connect().connection.is_open


def test_a_unix_socket_in_use_is_an_error_and_stays_in_use(
    make_world: MakeWorld, path: str
) -> None:
    world = make_world(address=path)
    with pytest.raises(OSError, match="in use"):
        world.reactor.listen(path, world.handler)
    assert world.connect().connection.is_open


def test_a_file_is_never_removed(world: World, path: str) -> None:
    Path(path).write_text("dear to someone")
    with pytest.raises(OSError, match="in use"):
        world.reactor.listen(path, world.handler)
    assert Path(path).read_text() == "dear to someone"


def test_a_unix_socket_somebody_else_removed_closes_all_the_same(
    make_world: MakeWorld, path: str
) -> None:
    world = make_world(address=path)
    os.unlink(path)
    world.listener.close()
    assert world.reactor.listeners == []


def test_a_unix_socket_that_somebody_else_put_there_stays(make_world: MakeWorld, path: str) -> None:
    world = make_world(address=path)
    os.unlink(path)
    with bind(path):
        world.listener.close()
        assert os.path.exists(path)


def test_the_path_of_a_socket_that_listened_before_stays(world: World, path: str) -> None:
    """It is a service manager's, which starts the next server on it."""
    with bind(path) as theirs:
        world.reactor.listen(socket.socket(fileno=os.dup(theirs.fileno())), world.handler).close()
    assert os.path.exists(path)


def test_a_unix_socket_that_can_not_be_removed_closes_all_the_same(
    make_world: MakeWorld, path: str
) -> None:
    """It may be in a directory that only root may write to, and we are root no more."""
    world = make_world(address=path)
    client = world.connect()
    os.unlink(path)
    os.mkdir(path)
    world.reactor.close()
    assert not client.connection.is_open


def test_a_socket_of_a_directory_that_is_not_there_is_an_error(world: World, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        world.reactor.listen(f"missing/{path}", world.handler)


def test_a_socket_that_is_none_of_the_systems_accepts_its_own() -> None:
    class Simulated:
        def accept(self) -> tuple[str, str]:
            return "a socket", "its peer"

    socket_: Any = Simulated()
    accepted: Any = listener_module._accept_of(socket_)()
    assert accepted == ("a socket", "its peer")
