"""A WebSocket client's side of the wire (RFC 6455), by hand: what it sends, and what a server may
send it. Nothing is left to chance: who builds a frame says how it is masked.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
CONTROL_MAX_BYTES: Final = 125  # of a frame that is no message (5.5)

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="  # that of 1.3, as is the answer to it
ACCEPTED: Final = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class BadFrameError(ValueError):
    """No server may send this. The message says what."""


class Frame(NamedTuple):
    """What a server has sent."""

    opcode: int
    payload: bytes


def request(host: str) -> bytes:
    """What a connection begins with."""
    lines = (
        *("GET / HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket"),
        *("Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"),
    )
    return "\r\n".join([*lines, "", ""]).encode()


def frame(opcode: int, payload: bytes, mask: bytes, *, fin: bool = True) -> bytes:
    """As a client sends it: masked by four bytes (5.3)."""
    size = len(payload)
    head = bytes([fin << 7 | opcode])
    if size <= CONTROL_MAX_BYTES:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += b"\xfe" + size.to_bytes(2)
    else:
        head += b"\xff" + size.to_bytes(8)
    masks = int.from_bytes((mask * (size // 4 + 1))[:size])
    return head + mask + (int.from_bytes(payload) ^ masks).to_bytes(size)


class ServerFrames:
    """Bytes of a server's in, frames out. Messages have to be whole, and nothing compressed."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that they complete. Raises BadFrameError."""
        self._data += data
        found = []
        while (size := self._size()) and len(self._data) >= sum(size):
            head, length = size
            found.append(Frame(self._data[0] & 15, bytes(self._data[head : head + length])))
            del self._data[: head + length]
        return found

    def _size(self) -> tuple[int, int] | None:
        """Of the head and of the payload behind it; None: it is not known yet."""
        data = self._data
        if len(data) < 2:
            return None
        _check(data)
        length = data[1] & 127
        if length <= CONTROL_MAX_BYTES:
            return 2, length
        head, least = (4, CONTROL_MAX_BYTES + 1) if length == 126 else (10, 1 << 16)
        if len(data) < head:
            return None
        length = int.from_bytes(data[2:head])
        if length < least:
            raise BadFrameError(f"{length} bytes under a head for more (5.2)")
        return head, length


def _check(data: bytearray) -> None:
    opcode = data[0] & 15
    if not data[0] & 0x80 or data[0] & 0x70 or opcode not in (TEXT, CLOSE, PING, PONG):
        raise BadFrameError(f"a frame that begins with {data[0]:#x}")
    if data[1] & 0x80:
        raise BadFrameError("a masked frame")
    if opcode != TEXT and data[1] > CONTROL_MAX_BYTES:
        raise BadFrameError(f"a frame of opcode {opcode} that is too long")
