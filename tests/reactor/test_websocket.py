"""WebSocketFramer: however the bytes are cut, the same messages; every rule that can be broken."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from reactor import Connection
from reactor.websocket import FRAMES_MAX, HandshakeRefused, WebSocketFramer, text_frame
from tests.reactor.conftest import MakeWorld
from tests.reactor.frames import (
    BINARY,
    CLOSE,
    CONT,
    DEFLATE,
    MASK,
    PING,
    PONG,
    TEXT,
    closed,
    deflated,
    frame,
    request,
)
from tests.reactor.support import Client, Recorder, World

LIMIT = 1000
HI = frame(TEXT, b"hi")


def granted(head: bytes = request(), limit: int = LIMIT) -> WebSocketFramer:
    """A framer whose handshake is over."""
    framer = WebSocketFramer(head, limit, {"banned": 1008, "idle timeout": 4000}, welcome)
    assert framer.replies.startswith(b"HTTP/1.1 101 ")
    framer.replies = b""
    return framer


def welcome(_origin: str | None, _host: str) -> bool:
    return True


def fragments(opcode: int, payload: bytes, cuts: list[int], *, reserved: int = 0) -> list[bytes]:
    """One message in several frames."""
    ends = [*sorted({cut % (len(payload) + 1) for cut in cuts}), len(payload)]
    pieces = [payload[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return [
        frame(
            CONT if number else opcode,
            piece,
            fin=number == len(pieces) - 1,
            reserved=0 if number else reserved,
        )
        for number, piece in enumerate(pieces)
    ]


def fed(framer: WebSocketFramer, pieces: list[bytes]) -> tuple[list[bytes], bytes, str]:
    """All that comes of some bytes: messages, the last pong, and what the goodbye would be."""
    messages, pong = [], b""
    for piece in pieces:
        messages += framer.feed(piece)
        pong, framer.replies = framer.replies or pong, b""
    assert framer.finish() == []
    return messages, pong, str(closed(framer.goodbye("quit")))


# --- messages -------------------------------------------------------------------------------------

message = st.tuples(
    st.text(max_size=200),
    st.lists(st.integers(0, 10_000), max_size=4),
    st.booleans(),
    st.binary(max_size=125),
)


@given(st.lists(message, max_size=6), st.lists(st.integers(1, 400), max_size=20))
def test_however_it_is_cut_the_same_messages_come_out(
    script: list[tuple[str, list[int], bool, bytes]], sizes: list[int]
) -> None:
    stream, expected, last_pong = b"", [], b""
    for text, cuts, compressed, ping in script:
        payload = text.encode()
        frames = fragments(
            TEXT, deflated(payload) if compressed else payload, cuts, reserved=4 * compressed
        )
        for piece in frames:
            stream += piece + frame(PING, ping)
        expected.append(payload)
        last_pong = b"\x8a" + bytes([len(ping)]) + ping
    ends = [0, *accumulate(sizes), len(stream)]
    cut = [stream[start:end] for start, end in pairwise(ends)]
    ways = [[stream], [bytes([byte]) for byte in stream], cut]
    for pieces in ways:
        framer = granted(request(**DEFLATE))
        assert fed(framer, pieces) == (expected, last_pong, str(Close(1000, "quit")))
        assert not framer.ended


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_whatever_comes_it_never_fails(pieces: list[bytes]) -> None:
    framer = granted(request(**DEFLATE))
    for piece in pieces:
        framer.feed(piece)
    assert closed(framer.goodbye("quit"))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 999, LIMIT])
def test_up_to_the_limit_a_message_is_taken(size: int) -> None:
    assert granted().feed(frame(TEXT, b"x" * size)) == [b"x" * size]


def test_a_flood_of_pings_is_answered_once_a_read() -> None:
    framer = granted()
    assert framer.feed(frame(PING, b"1") * 500 + frame(PING, b"2") + frame(PONG, b"3")) == []
    assert framer.replies == b"\x8a\x012"


@pytest.mark.parametrize(
    "frames",
    [
        frame(PING) * (FRAMES_MAX + 1),
        frame(PONG, b"x") * (FRAMES_MAX + 1),
        frame(TEXT, fin=False) + frame(CONT, fin=False) * FRAMES_MAX,
    ],
)
def test_a_flood_of_what_is_no_message_is_ended(frames: bytes) -> None:
    """With the last of them: until then it may be somebody's way of sending."""
    size = len(frame(CONT))
    framer = granted()
    framer.feed(frames[:-size])
    assert framer.problem == ""
    assert framer.feed(frames[-size:] + HI) == []
    assert framer.problem == "too many frames"
    assert closed(framer.goodbye("closed by client")).code == 1008


def test_after_a_ping_of_ours_there_may_be_as_many_again() -> None:
    framer = granted()
    for _ in range(3):
        framer.feed(frame(PING) * FRAMES_MAX)
        framer.ping()
    assert not framer.ended


@pytest.mark.parametrize("sign", [frame(PONG), frame(TEXT, b"x"), frame(TEXT, b"x")[:1]])
def test_whatever_comes_shows_that_somebody_is_there(sign: bytes) -> None:
    framer = granted()
    assert framer.ping() == b"\x89\0"
    assert framer.feed(b"") == []
    assert framer.awaits_pong
    framer.feed(sign)
    assert framer.awaits_pong is False


# --- what is against the rules --------------------------------------------------------------------

ZEROES = deflated(b"\0" * 2_000_000)
assert len(ZEROES) > LIMIT
SMALL_BOMB = deflated(b"\0" * 100_000)
assert len(SMALL_BOMB) < LIMIT

BROKEN: dict[str, tuple[bytes, int]] = {
    "over-long": (frame(TEXT, b"x" * (LIMIT + 1)), 1009),
    "over-long, long before it is there": (b"\x81\xff" + (1 << 62).to_bytes(8) + MASK, 1009),
    "over-long in fragments": (
        frame(TEXT, b"x" * LIMIT, fin=False) + frame(CONT, b"x", fin=False),
        1009,
    ),
    "over-long when it is inflated": (frame(TEXT, SMALL_BOMB, reserved=4), 1009),
    "over-long when its fragments are": (
        b"".join(fragments(TEXT, SMALL_BOMB, [50], reserved=4)),
        1009,
    ),
    "over-long before it is inflated": (frame(TEXT, ZEROES, reserved=4), 1009),
    "badly compressed": (frame(TEXT, b"\xff" * 20, reserved=4), 1002),
    "not UTF-8": (frame(TEXT, b"\xc3\x28"), 1007),
    "not UTF-8 over fragments": (frame(TEXT, b"\xc3", fin=False) + frame(CONT, b"\x28"), 1007),
    "half a character": (frame(TEXT, b"a\xe2\x82"), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "binary": (frame(BINARY, b"x"), 1003),
    "binary in fragments": (frame(BINARY, b"x", fin=False) + frame(CONT, b"x"), 1003),
    "a reserved bit": (frame(TEXT, b"x", reserved=1), 1002),
    "another": (frame(TEXT, b"x", reserved=2), 1002),
    "a bit for a later fragment": (
        frame(TEXT, b"x", fin=False) + frame(CONT, b"x", reserved=4),
        1002,
    ),
    "a reserved opcode": (frame(3), 1002),
    "not masked": (frame(TEXT, b"x", masked=False), 1002),
    "not masked, long before it is there": (b"\x81\x7d", 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a ping in fragments": (frame(PING, fin=False), 1002),
    "a fragment of nothing": (frame(CONT, b"x"), 1002),
    "a message in another": (frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"), 1002),
    "a close of one byte": (frame(CLOSE, b"x"), 1002),
    "a close that can't be": (frame(CLOSE, (1005).to_bytes(2)), 1002),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("behind", [b"", HI, frame(PING), frame(CLOSE), frame(3)])
def test_who_breaks_the_rules_is_told_which(what: str, behind: bytes) -> None:
    broken, code = BROKEN[what]
    stream = HI + broken + behind
    for pieces in ([stream], [bytes([byte]) for byte in stream]):
        framer = granted(request(**DEFLATE))
        messages: list[bytes] = []
        for piece in pieces:
            messages += framer.feed(piece)
        assert messages == [b"hi"]
        assert framer.ended
        assert framer.problem
        assert closed(framer.goodbye("closed by client")).code == code
        assert framer.feed(HI) == []


def test_without_an_offer_nothing_may_be_compressed() -> None:
    framer = granted()
    assert framer.feed(frame(TEXT, deflated(b"hi"), reserved=4)) == []
    assert closed(framer.goodbye("")).code == 1002


# --- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe9going", b"\x0f\xa0"])
def test_a_goodbye_is_answered_with_the_same(payload: bytes) -> None:
    framer = granted()
    assert framer.feed(HI + frame(PING, b"p") + frame(CLOSE, payload) + HI) == [b"hi"]
    assert framer.ended
    assert not framer.problem
    assert framer.replies == b"\x8a\x01p"
    assert framer.goodbye("closed by client") == b"\x88" + bytes([len(payload)]) + payload


@pytest.mark.parametrize(
    ("reason", "code"),
    [("quit", 1000), ("banned", 1008), ("banned: for good", 1008), ("idle timeout", 4000)],
)
def test_the_goodbye_says_why(reason: str, code: int) -> None:
    assert closed(granted().goodbye(reason)) == Close(code, reason)


def test_a_long_reason_is_cut() -> None:
    assert closed(granted().goodbye("é" * 1000)) == Close(1000, "?" * 123)


def test_what_is_closed_needs_no_garbage_collector() -> None:
    framer = granted()
    assert framer.feed(HI) == [b"hi"]
    protocol = weakref.ref(framer._protocol)
    framer.close()
    del framer
    assert protocol() is None


# --- the handshake --------------------------------------------------------------------------------


def test_the_answer_to_the_request() -> None:
    framer = WebSocketFramer(request(), LIMIT, {}, welcome)
    first, *fields = framer.replies.decode().split("\r\n")
    assert first == "HTTP/1.1 101 Switching Protocols"
    assert sorted(fields) == [  # the same at any time: no date
        *("", "", "Connection: Upgrade"),
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Upgrade: websocket",
    ]


def test_what_is_compressed_is_so_for_itself() -> None:
    framer = WebSocketFramer(request(**DEFLATE), LIMIT, {}, welcome)
    assert b"permessage-deflate; server_no_context_takeover; client_no_context" in framer.replies


def test_an_offer_that_is_not_taken() -> None:
    framer = WebSocketFramer(request(Sec_WebSocket_Extensions="x-new"), LIMIT, {}, welcome)
    assert b"Extensions" not in framer.replies


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request(Upgrade=None), 426),
        (request(Upgrade="h2c"), 426),
        (request(Connection=None), 426),
        (request(Connection="keep-alive"), 426),
        (request(Sec_WebSocket_Key=None), 400),
        (request(Sec_WebSocket_Key="short"), 400),
        (request(Sec_WebSocket_Key="!"), 400),
        (request(Sec_WebSocket_Version=None), 400),
        (request(Sec_WebSocket_Version="8"), 400),
        (request(Sec_WebSocket_Extensions=";"), 400),
        (request(Host=None), 400),
        (request(Host="a\r\nHost: b"), 400),
        (request(Origin="http://a\r\nOrigin: http://b"), 400),
        (request("POST /chat HTTP/1.1"), 400),
        (request("GET /chat HTTP/1.0"), 400),
        (request("GET"), 400),
        (request().replace(b"Host:", b"Host"), 400),
        (request().replace(b"Host:", b"H\0st:"), 400),
        (request(Origin="http://evil.example"), 403),
    ],
)
def test_a_request_that_is_not_granted(head: bytes, status: int) -> None:
    def not_evil(origin: str | None, host: str) -> bool:
        assert host == "chat.example.org"
        return origin != "http://evil.example"

    with pytest.raises(HandshakeRefused) as refused:
        WebSocketFramer(head, LIMIT, {}, not_evil)
    assert refused.value.status == status


def test_who_is_welcome_is_asked() -> None:
    asked: list[tuple[str | None, str]] = []

    def ask(origin: str | None, host: str) -> bool:
        asked.append((origin, host))
        return True

    WebSocketFramer(request(), LIMIT, {}, ask)
    WebSocketFramer(request(Origin="https://a.example", Host="b:1"), LIMIT, {}, ask)
    assert asked == [(None, "chat.example.org"), ("https://a.example", "b:1")]


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.server", None)
    monkeypatch.delitem(sys.modules, "reactor.websocket")
    with pytest.raises(ImportError, match=r"pip install 'reactor-chat\[websocket\]'$"):
        import reactor.websocket  # noqa: F401, PLC0415


# --- what is sent ---------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=300) | st.integers(0, 70_000).map("x".__mul__), max_size=4))
def test_frames_are_read_by_another(texts: list[str]) -> None:
    client = ClientProtocol(parse_uri("ws://chat.example.org/"), state=OPEN)
    client.receive_data(b"".join([text_frame(text.encode()) for text in texts]))
    assert client.events_received() == [Frame(Opcode.TEXT, text.encode()) for text in texts]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_the_sizes_at_which_the_head_changes(size: int) -> None:
    client = ClientProtocol(parse_uri("ws://chat.example.org/"), state=OPEN)
    client.receive_data(text_frame(b"x" * size))
    assert client.events_received() == [Frame(Opcode.TEXT, b"x" * size)]


# --- on a connection ------------------------------------------------------------------------------

SetUp = Callable[..., tuple[World, Client]]


@pytest.fixture
def upgraded(make_world: MakeWorld) -> SetUp:
    """A world with one client, whose handshake is over."""

    def make(handler: Recorder) -> tuple[World, Client]:
        world = make_world(handler)
        client = world.connect()
        client.connection.framer = granted()
        return world, client

    return make


def answer(connection: Connection, line: bytes) -> None:
    connection.write(text_frame(line))


def test_messages_pings_and_a_goodbye_in_one_read(upgraded: SetUp) -> None:
    """The goodbye goes last: nothing may follow it."""
    handler = Recorder(on_line=answer)
    _, client = upgraded(handler)
    client.send(HI + frame(PING, b"p") + HI + frame(CLOSE, b"\x03\xe8"))
    client.expect_end(b"\x8a\x01p" + text_frame(b"hi") * 2 + b"\x88\x02\x03\xe8")
    assert not client.was_reset


def test_what_was_said_before_a_goodbye_is_handled_when_its_time_comes(upgraded: SetUp) -> None:
    def pause(connection: Connection, line: bytes) -> None:
        connection.pause_reading()
        answer(connection, line)

    world, client = upgraded(Recorder(on_line=pause))
    client.send(HI + frame(TEXT, b"ho") + frame(CLOSE))
    client.expect(text_frame(b"hi"))
    client.connection.resume_reading()
    client.expect(text_frame(b"ho"))
    world.turns(3)
    assert not client.look()
    client.connection.resume_reading()
    client.expect_end(b"\x88\0")


def test_who_breaks_the_rules_reads_which_though_more_is_on_its_way(upgraded: SetUp) -> None:
    handler = Recorder()
    world, client = upgraded(handler)
    client.send(frame(TEXT, b"x" * 400_000))
    world.until(lambda: client.look() and client.ended, "the end")
    assert closed(client.received).code == 1009
    assert not client.was_reset
    client.hang_up()
    world.until(handler.lost, "the loss")


def test_the_server_says_goodbye_first(upgraded: SetUp) -> None:
    handler = Recorder()
    world, client = upgraded(handler)
    client.connection.close("idle timeout")
    client.expect_end(b"\x88\x0e\x0f\xa0idle timeout")
    client.send(HI + frame(CLOSE, b"\x0f\xa0"))
    client.hang_up()
    world.until(handler.lost, "the loss")
    assert handler.told() == [("lost", "idle timeout")]


@pytest.mark.parametrize("way", [Client.hang_up, Client.reset])
def test_who_goes_without_a_word(upgraded: SetUp, way: Callable[[Client], None]) -> None:
    handler = Recorder()
    world, client = upgraded(handler)
    client.send(HI + frame(TEXT, b"half a")[:-1])
    way(client)
    world.until(handler.lost, "the loss")
    assert handler.lines() in ([b"hi"], [])


def test_who_sends_no_more_is_told_goodbye(upgraded: SetUp) -> None:
    _, client = upgraded(Recorder())
    client.send(HI)
    client.send_end()
    client.expect_end(b"\x88\x08\x03\xe8closed")
