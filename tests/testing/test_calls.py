"""Calls to a server of our own, which answers what they ask, and some that it does not mean to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from chat.testing.calls import CONNECT_S, Call, CallEndedError
from chat.testing.check.stage import Target
from chat.testing.check.websocket_person import WebSocketPerson
from chat.testing.websocket_calls import WebSocketCall
from tests.chatting import DEADLINE_S, HOST, Threaded


@pytest.fixture
def chat() -> Iterator[Threaded]:
    with Threaded() as chat:
        yield chat


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], tuple[str, int]]]:
    """A server that says one thing to whoever comes, whatever they want, and hangs up."""
    listener = socket.create_server((HOST, 0))

    def serve(data: bytes) -> None:
        sock, _ = listener.accept()
        with sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass

    threads = []

    def start(data: bytes) -> tuple[str, int]:
        threads.append(threading.Thread(target=serve, args=[data]))
        threads[-1].start()
        address: tuple[str, int] = listener.getsockname()
        return address

    with listener:
        yield start
        for thread in threads:
            thread.join(DEADLINE_S)


def test_lines_go_and_come(chat: Threaded) -> None:
    with Call(chat.server.address) as ann, Call(chat.server.address) as ben:
        for call, name in ((ann, b"ann"), (ben, b"ben")):
            call.send(b"LOGIN " + name)
            assert call.receive(DEADLINE_S) == b"OK"
        ann.send_raw(b"MSG a\nMS")
        assert ben.receive(DEADLINE_S) == b"MSG ann a"
        ann.send_raw(b"G b\n")
        assert ben.receive(DEADLINE_S) == b"MSG ann b"
        assert ben.receive(0) is None


def test_the_end_is_told_after_the_last_line(chat: Threaded) -> None:
    with Call(chat.server.address) as ann:
        ann.send(b"PING")
        ann.send(b"QUIT")
        assert [ann.receive(DEADLINE_S), ann.receive(DEADLINE_S)] == [b"PONG", b"BYE"]
        for _ in range(2):
            with pytest.raises(CallEndedError, match="closed"):
                ann.receive(DEADLINE_S)


def test_who_sends_no_more_reads_on(chat: Threaded) -> None:
    with Call(chat.server.address) as ann:
        ann.send_raw(b"PING")
        ann.send_end()
        assert ann.receive(DEADLINE_S) == b"PONG"


def test_who_resets_is_gone_at_once(chat: Threaded) -> None:
    with Call(chat.server.address) as ann, Call(chat.server.address) as ben:
        for call, name in ((ann, b"ann"), (ben, b"ben")):
            call.send(b"LOGIN " + name)
            assert call.receive(DEADLINE_S) == b"OK"
        ann.reset()
        assert ben.receive(DEADLINE_S) == b"INFO ann disconnected"


def test_what_has_no_end_is_no_line(answering: Callable[[bytes], tuple[str, int]]) -> None:
    with Call(answering(b"whole\nhalf")) as call:
        assert call.receive(DEADLINE_S) == b"whole"
        with pytest.raises(CallEndedError):
            call.receive(DEADLINE_S)
        assert call.unfinished == b"half"


def test_nobody_is_there() -> None:
    with socket.create_server((HOST, 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(OSError, match="refused"):
        Call(address)


def test_messages_go_and_come(chat: Threaded) -> None:
    with WebSocketCall(chat.server.address) as ann:
        ann.send(b'{"type":"ping","id":"a"}')
        welcome, pong = ann.receive(DEADLINE_S), ann.receive(DEADLINE_S)
        assert welcome is not None
        assert welcome.startswith(b'{"type":"welcome",')
        assert pong == b'{"type":"pong","id":"a"}'
        ann.send_end()
        with pytest.raises(CallEndedError, match="closed with 1000"):
            ann.receive(DEADLINE_S)
        with pytest.raises(CallEndedError, match="closed with 1000"):
            ann.send(b"{}")
        ann.send_end()  # once more is once


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 404 Not Found\r\n\r\n", b"INFO who are you\n"])
def test_what_is_no_websocket(answering: Callable[[bytes], tuple[str, int]], answer: bytes) -> None:
    with pytest.raises(CallEndedError):
        WebSocketCall(answering(answer))


def test_who_is_narrow_is_soon_behind() -> None:
    with socket.create_server((HOST, 0)) as listener, Call(listener.getsockname(), narrow=True):
        sock, _ = listener.accept()
        with sock:
            sock.setblocking(False)
            assert sock.send(bytes(2**20)) < 2**18


def test_a_handshake_is_waited_for_as_long_as_one_is_patient() -> None:
    began_at = time.monotonic()
    with (
        socket.create_server((HOST, 0)) as silent,
        pytest.raises(CallEndedError, match="no answer to the handshake"),
    ):
        WebSocketPerson("ann", Target(silent.getsockname()[:2], patience_s=0.0), narrow=False)
    assert time.monotonic() - began_at < CONNECT_S
