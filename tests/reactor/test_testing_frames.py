"""A WebSocket client's frames, by hand: against those that the other tests are made with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.testing.frames import (
    CLOSE,
    PING,
    TEXT,
    BadFrameError,
    Frame,
    ServerFrames,
    frame,
    request,
)
from reactor.websocket import WebSocketFramer, text_frame
from tests.reactor import frames


@given(st.binary(max_size=300) | st.sampled_from([b"x" * 65_535, b"x" * 65_536]))
def test_a_clients_frame(payload: bytes) -> None:
    assert frame(TEXT, payload, frames.MASK) == frames.frame(TEXT, payload)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_servers_frames(size: int) -> None:
    server = ServerFrames()
    data = text_frame(b"x" * size) + b"\x89\x00" + b"\x88\x02\x03\xe8"
    assert server.feed(data) == [
        Frame(TEXT, b"x" * size),
        Frame(PING, b""),
        Frame(CLOSE, b"\x03\xe8"),
    ]
    pieces = [server.feed(data[at : at + 1]) for at in range(len(data))]
    assert [len(shown.payload) for piece in pieces for shown in piece] == [size, 0, 2]


@pytest.mark.parametrize(
    "data",
    [
        *(b"\x01\x00", b"\xc1\x00", b"\x82\x00", b"\x81\x80", b"\x88\x7e"),
        *(b"\x81\x7e\x00\x7d", b"\x81\x7f" + (65_535).to_bytes(8)),  # longer heads than they need
    ],
    ids=bytes.hex,
)
def test_what_no_server_may_send(data: bytes) -> None:
    with pytest.raises(BadFrameError):
        ServerFrames().feed(data)


def test_a_request_is_granted() -> None:
    framer = WebSocketFramer(request("chat.example.org"), 100, {}, lambda _, host: "chat" in host)
    assert framer.replies.startswith(b"HTTP/1.1 101 ")
