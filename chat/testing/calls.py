"""Call: one connection to a server that runs somewhere, as who waits for each answer has it.

It knows how lines and messages are framed, and nothing of what they say: any server can be called.
"""

from __future__ import annotations

import socket
import struct
import time
from collections import deque
from typing import Final, Self

from reactor import Address

CONNECT_S: Final = 5.0  # a server that doesn't answer for so long is none
SEND_S: Final = 10.0  # one that takes nothing for so long hangs
READ_BYTES: Final = 65_536
KEPT_MAX_BYTES: Final = 16 * 2**20  # of what was not asked for yet; a server may be ill
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


class CallEndedError(ConnectionError):
    """There is no more to come. The message says how it ended, in a word or two."""


class Call:
    """Lines of bytes, each with its end; `nc`, but for programs.

    Raises OSError when there is nobody. Closed at the end of a `with`."""

    def __init__(self, address: Address) -> None:
        self._sock = _connected(address)
        self._lines: deque[bytes] = deque()
        self._partial = bytearray()
        self.how_it_ended = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def send(self, line: bytes) -> None:
        """Send a line; it gets its end here. Raises CallEndedError when nobody takes it."""
        self.send_raw(line + b"\n")

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, whole lines or not."""
        self._sock.settimeout(SEND_S)
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

    def close(self) -> None:
        """Hang up; more than once is once."""
        self._sock.close()

    def reset(self) -> None:
        """Go as a crashed machine goes."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._sock.close()

    @property
    def unfinished(self) -> bytes:
        """What has come of a line that has no end yet."""
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


def _connected(address: Address) -> socket.socket:
    if isinstance(address, tuple):
        return socket.create_connection(address[:2], CONNECT_S)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _reason(error: OSError) -> str:
    return "reset" if isinstance(error, ConnectionResetError) else error.strerror or str(error)
