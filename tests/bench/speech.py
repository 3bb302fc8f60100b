"""How clients of the load generator speak: lines, lines of the other dialect, or JSON in frames.

Whatever they speak, each message has one byte `end` that stands nowhere else in it, so that to
count messages is to count that byte. In lines it is the line end. In JSON it is the brace that
closes the object; it is in no message's head either, as its length, in two bytes, is over 125.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

LOBBY: Final = "lobby"
REQUEST: Final = b"""GET / HTTP/1.1\r
Host: 127.0.0.1\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""
SEQ_MAX: Final = 9_999_999  # no run has so many messages in a room
TIME: Final = "2026-11-21T14:03:07.125Z"

TEXT, PING = 0x81, 0x89  # how a frame begins

Step = tuple[bytes, bytes]
"""What to send, and what the end of the answer to it is."""


class Speech(Protocol):
    """One way to speak."""

    name: str
    end: int
    refusal: bytes
    """How a refusal begins."""
    beat: bytes
    """What to send now and then in order not to be taken for lost; empty: nothing."""

    def log_in(self, name: str, rooms: Sequence[str]) -> list[Step]:
        """Coming in, and into these rooms."""

    def ping(self, name: str) -> Step:
        """Something that changes nothing, and is answered behind all that came before it."""

    def say(self, room: str, text: bytes) -> bytes:
        """A message to send."""

    def sizes(self, room: str, text_bytes: int) -> tuple[int, int]:
        """The bytes of a message as it comes in from a client, at least and at most."""

    def read(self, data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Who said what, and the bytes of a message that isn't all there yet. Raises ValueError."""


class Lines:
    """`MSG text`, in the lobby."""

    name = "line"
    end = ord("\n")
    refusal = b"ERR "
    beat = b""
    heard = b"MSG %s %s"

    def log_in(self, name: str, _rooms: Sequence[str]) -> list[Step]:
        return [(f"LOGIN {name}\n".encode(), b"OK\n")]

    def ping(self, _name: str) -> Step:
        return b"PING\n", b"PONG\n"

    def say(self, _room: str, text: bytes) -> bytes:
        return b"MSG " + text + b"\n"

    def sizes(self, _room: str, text_bytes: int) -> tuple[int, int]:
        size = len(self.heard % (b"u00000", b"x" * text_bytes)) + 1
        return size, size

    def read(self, data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
        *lines, tail = data.split(b"\n")
        return [self._heard(line) for line in lines], tail

    def _heard(self, line: bytes) -> tuple[bytes, bytes]:
        verb, name, text = line.split(b" ", 2)
        if verb != b"MSG":
            raise ValueError(line)
        return name, text


class Slash(Lines):
    """`text`, after `/join lobby`."""

    name = "slash"
    refusal = b"Error: "
    heard = b"%s: %s"

    def log_in(self, name: str, _rooms: Sequence[str]) -> list[Step]:
        ask, answer = self.ping(name)
        return [(f"/nick {name}\n/join {LOBBY}\n".encode() + ask, answer)]

    def ping(self, name: str) -> Step:
        return f"/msg {name} done\n".encode(), f"[private] {name}: done\n".encode()

    def say(self, _room: str, text: bytes) -> bytes:
        return text + b"\n"

    def _heard(self, line: bytes) -> tuple[bytes, bytes]:
        name, text = line.split(b": ", 1)
        return name, text


class WebSocket:
    """JSON in frames, without `id`: then nobody but the others in the room is sent anything."""

    name = "WebSocket"
    end = ord("}")
    refusal = b'{"type":"error"'
    beat = b"\x8a\x80\0\0\0\0"  # a pong: none of them waits for its ping

    def log_in(self, name: str, rooms: Sequence[str]) -> list[Step]:
        asked = [f'{{"type":"login","name":"{name}"}}']
        asked += [f'{{"type":"join","room":"{room}"}}' for room in rooms]
        ask, answer = self.ping(name)
        return [
            (REQUEST, b"\r\n\r\n"),
            (b"".join([frame(one.encode()) for one in asked]) + ask, answer),
        ]

    def ping(self, _name: str) -> Step:
        return frame(b'{"type":"ping"}'), b'{"type":"pong"}'

    def say(self, room: str, text: bytes) -> bytes:
        return frame(b'{"type":"say","room":"%s","text":"%s"}' % (room.encode(), text))

    def sizes(self, room: str, text_bytes: int) -> tuple[int, int]:
        least, most = (
            4 + len(json.dumps(_message(room, seq, "x" * text_bytes), separators=(",", ":")))
            for seq in (1, SEQ_MAX)
        )
        return least, most

    def read(self, data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
        heard, read = [], 0
        for start, end in _frames(data):
            message, read = json.loads(data[start:end]), end
            if message.get("type") != "message":
                raise ValueError(message)
            heard.append((message["from"].encode(), message["text"].encode()))
        return heard, data[read:]


def frame(payload: bytes) -> bytes:
    """A client's text frame. It has to be masked; a mask of zeros costs the generator nothing, and
    the server the same as any other."""
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return b"\x81" + length + b"\0\0\0\0" + payload


def _frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the texts begin and end that are all there. Pings are passed over."""
    end = 0
    while len(data) >= end + 4:
        start, size = end + 2, data[end + 1]
        if size == 126:
            start, size = end + 4, int.from_bytes(data[end + 2 : end + 4])
        opcode, end = data[end], start + size
        if opcode not in (TEXT, PING):
            raise ValueError(f"opcode {opcode:#x}")
        if end > len(data):
            return
        if opcode == TEXT:
            yield start, end


def _message(room: str, seq: int, text: str) -> dict[str, str | int]:
    fields: dict[str, str | int] = {"type": "message", "room": room, "seq": seq, "time": TIME}
    return fields | {"from": "u00000", "text": text}


LINES, SLASH, WEBSOCKET = Lines(), Slash(), WebSocket()
