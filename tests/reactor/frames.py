"""What a WebSocket client sends, byte for byte, good and bad."""

from __future__ import annotations

import zlib

from websockets.frames import Close

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MASK = b"\x01\x80\xff\x33"

HEAD = {
    "Host": "chat.example.org",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # of RFC 6455, 1.3
}
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}


def request(first: str = "GET /chat HTTP/1.1", **fields: str | None) -> bytes:
    """A request; `_` in a field's name is `-`. None: without that field."""
    head = HEAD | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [first, *(f"{name}: {value}" for name, value in head.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """As a client sends it."""
    size = len(payload)
    head = bytes([fin << 7 | reserved << 4 | opcode])
    if size < 126:
        head += bytes([masked << 7 | size])
    elif size < 65_536:
        head += bytes([masked << 7 | 126]) + size.to_bytes(2)
    else:
        head += bytes([masked << 7 | 127]) + size.to_bytes(8)
    if not masked:
        return head + payload
    return head + MASK + bytes([byte ^ MASK[at % 4] for at, byte in enumerate(payload)])


def deflated(payload: bytes) -> bytes:
    """A message, compressed for itself (RFC 7692, 7.2.1)."""
    squeeze = zlib.compressobj(wbits=-15)
    return (squeeze.compress(payload) + squeeze.flush(zlib.Z_SYNC_FLUSH)).removesuffix(
        b"\0\0\xff\xff"
    )


def closed(data: bytes) -> Close:
    """What a close frame of the server's says."""
    assert data[0] == 0x88
    assert data[1] == len(data) - 2 <= 125
    return Close.parse(data[2:])
