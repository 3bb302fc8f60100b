"""Bytes in, whole lines out. Pure: no socket, no clock.

A line ends in LF or CRLF, which are not part of it. Three things go beside the lines:

    too long     a line over the limit comes out as TOO_LONG, in its place, once; what remains of
                 it is skipped without being kept
    telnet       a negotiation (IAC ...) is answered as a terminal that supports no option, the
                 first ANSWERS_MAX times, and never reaches a line (see telnet.py)
    end          `finish` gives the last line, when what was sent last has no line end

However the bytes are cut, the same lines come out: fed whole or byte by byte.
"""

from __future__ import annotations

from typing import Protocol

from reactor import telnet

LINE_MAX_BYTES = 8192

# Who is answered without end can have a turn of the loop spent on it, and pays no rate limit. A
# terminal asks about ten times, and once more for each Ctrl-C.
ANSWERS_MAX = 256


class TooLong(bytes):
    """The type of TOO_LONG: an empty line that says that there was a longer one."""


TOO_LONG = TooLong()


class Framer(Protocol):
    """What a Connection asks of what divides its input: a LineFramer, or its successor."""

    replies: bytes
    """What is to be sent back at once; whoever sends it clears it."""

    @property
    def ended(self) -> bool:
        """Nothing more comes, though the socket has not said so: as at its end, it is closed."""
        ...

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return what they complete, in order."""
        ...

    def finish(self) -> list[bytes]:
        """The socket has no more: what is left, if that is something."""
        ...

    def goodbye(self, reason: str) -> bytes:
        """What to send last, before closing for this reason."""
        ...


class LineFramer:
    """One connection's way from bytes to lines."""

    __slots__ = ("_answers_left", "_command", "_line_max", "_partial", "_skipping", "replies")

    ended = False

    def __init__(self, line_max_bytes: int = LINE_MAX_BYTES) -> None:
        self._line_max = line_max_bytes
        self._partial = b""  # the line that has begun
        self._skipping = False  # inside a line that was too long
        self._command = b""  # the beginning of a telnet command
        self._answers_left = ANSWERS_MAX
        self.replies = b""  # what negotiations ask to have sent back; whoever sends it clears it

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the lines that they complete, in order."""
        if self._command or b"\xff" in data:
            data = self._negotiate(data)
        if self._skipping:
            _, end, data = data.partition(b"\n")
            self._skipping = not end
        data = self._partial + data
        lines = data.split(b"\n")
        self._partial = lines.pop()
        if b"\r" in data:
            lines = [line[:-1] if line[-1:] == b"\r" else line for line in lines]
        if len(data) > self._line_max:
            lines = [line if len(line) <= self._line_max else TOO_LONG for line in lines]
            lines += self._check_partial()
        return lines

    def finish(self) -> list[bytes]:
        """The other side will send no more: the line it left without an end, if there is one."""
        last, self._partial = self._partial, b""
        return [last.removesuffix(b"\r")] if last else []

    def goodbye(self, _reason: str) -> bytes:
        """Lines end without a word."""
        return b""

    def _check_partial(self) -> list[bytes]:
        """Give up the line that has begun as soon as it can't become a good one."""
        size = len(self._partial)
        # One byte more is fine as long as it can still turn out to be the CR of a CRLF.
        if size <= self._line_max + (self._partial[-1:] == b"\r"):
            return []
        self._partial, self._skipping = b"", True
        return [TOO_LONG]

    def _negotiate(self, data: bytes) -> bytes:
        """Take telnet's commands out of `data`; put the answers to them into `replies`."""
        data, self._command = telnet.split(self._command + data)
        answers = telnet.refusals(data, self._answers_left)
        self._answers_left -= len(answers)
        self.replies += b"".join(answers)
        return telnet.said(data)
