"""Call: one connection to a server that runs somewhere, as who waits for each answer has it.

It knows how lines and messages are framed, and nothing of what they say: any server can be called.
"""

from __future__ import annotations

import socket
import struct
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final, Self

from reactor import Address

CONNECT_S: Final = 5.0  # a server that doesn't answer for so long is none
SEND_S: Final = 10.0  # one that takes nothing for so long hangs
READ_BYTES: Final = 65_536
KEPT_MAX_BYTES: Final = 16 * 2**20  # of what was not asked for yet; a server may be ill
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all

# What a narrow call tells its system, and through it the server's, to keep on the way: together
# 130 KB of Linux's own, where it would be 4 MB.
NARROW_SEGMENT_BYTES: Final = 536  # what every machine has to take (RFC 9293, 3.7.1)
NARROW_BUFFER_BYTES: Final = 4096


class CallEndedError(ConnectionError):
    """There is no more to come. The message says how it ended, in a word or two."""


class Call:
    """Lines of bytes, each with its end; `nc`, but for programs.

    A `narrow` one has little on its way to it, so that it is soon behind when it doesn't read.
    Raises OSError when there is nobody. Closed at the end of a `with`."""

    unit = "line"
    """What is sent and received, as people call it."""

    def __init__(self, address: Address, *, narrow: bool = False) -> None:
        self._sock = _connected(address, narrow)
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self.how_it_ended = ""
        self.send_s = SEND_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def send(self, line: bytes) -> None:
        """Send a line; it gets its end here. Raises CallEndedError when nobody takes it."""
        self.send_raw(line + b"\n")

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, whole lines or not."""
        self._sock.settimeout(self.send_s)
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise CallEndedError(_reason(error)) from error

    def send_end(self) -> None:
        """Send no more, as `nc -N` does at the end of its input; go on reading."""
        self._sock.shutdown(socket.SHUT_WR)

    def receive(self, timeout_s: float) -> bytes | None:
        """The next line, without its end; None if none is whole within the time. Raises
        CallEndedError when all that came has been received, and the other side has ended."""
        until = time.monotonic() + timeout_s
        while not self._lines:
            if self.how_it_ended:
                raise CallEndedError(self.how_it_ended)
            if not self._read(until):
                return None
        return self._lines.popleft()

    def read_no_more(self) -> None:
        """Leave what comes to the system, which is to keep as little of it as it can."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    def close(self) -> None:
        """Hang up; more than once is once."""
        self._sock.close()

    def reset(self) -> None:
        """Go as a crashed machine goes."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._sock.close()

    @property
    def unfinished(self) -> bytes:
        """What has come of a line or message that has no end yet."""
        return bytes(self._partial)

    def _read(self, until: float) -> bool:
        """Something has come, or the end; False: it is time to stop waiting."""
        self._sock.settimeout(max(0.0, until - time.monotonic()))
        try:
            data = self._sock.recv(READ_BYTES)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError as error:
            self.how_it_ended = _reason(error)
            return True
        if data:
            self._take(data)
        else:
            self.how_it_ended = "closed"
        return True

    def _take(self, data: bytes) -> None:
        self._partial += data
        *lines, rest = self._partial.split(b"\n")
        self._lines += [bytes(line) for line in lines]
        self._partial = rest
        if len(rest) > KEPT_MAX_BYTES:
            self.how_it_ended = f"a line of over {KEPT_MAX_BYTES} bytes"


def _connected(address: Address, narrow: bool) -> socket.socket:
    if isinstance(address, str):
        return _opened(socket.socket(socket.AF_UNIX), address)
    *others, last = socket.getaddrinfo(*address[:2], type=socket.SOCK_STREAM)
    for family, kind, number, _, place in others:  # a name may stand for several addresses
        with suppress(OSError):
            return _opened(_made(family, kind, number, narrow), place)
    family, kind, number, _, place = last
    return _opened(_made(family, kind, number, narrow), place)


def _made(family: int, kind: int, number: int, narrow: bool) -> socket.socket:
    sock = socket.socket(family, kind, number)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is sent leaves at once
    if narrow:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BUFFER_BYTES)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, NARROW_SEGMENT_BYTES)
    return sock


def _opened(sock: socket.socket, place: Any) -> socket.socket:
    sock.settimeout(CONNECT_S)
    try:
        sock.connect(place)
    except OSError:
        sock.close()
        raise
    return sock


def _reason(error: OSError) -> str:
    return "reset" if isinstance(error, ConnectionResetError) else error.strerror or str(error)
