"""Bytes in, whole lines out. Pure: no socket, no clock.

A line ends in LF or CRLF, which are not part of it. Three things go beside the lines:

    too long     a line over the limit comes out as TOO_LONG, in its place, once; what remains of
                 it is skipped without being kept
    telnet       a negotiation (IAC ...) is answered as a terminal that supports no option, and
                 never reaches a line (RFC 854; RFC 1143 says whom not to answer)
    end          `finish` gives the last line, when what was sent last has no line end

However the bytes are cut, the same lines come out: fed whole or byte by byte.
"""

from __future__ import annotations

LINE_MAX_BYTES = 8192

# Telnet's commands (RFC 854), which are also the states that reading one passes through.
# No UTF-8 text holds the byte 255.
TEXT, SE, SB, WILL, WONT, DO, DONT, IAC = 0, 240, 250, 251, 252, 253, 254, 255
IN_SUBNEGOTIATION_IAC = 1

# Who offers an option, or asks for one, is told no. Who says no is not answered: RFC 1143.
REFUSALS = {WILL: DONT, DO: WONT}


class TooLong(bytes):
    """The type of TOO_LONG: an empty line that says that there was a longer one."""


TOO_LONG = TooLong()


class LineFramer:
    """One connection's way from bytes to lines."""

    __slots__ = ("_line_max", "_partial", "_skipping", "_telnet", "replies")

    def __init__(self, line_max_bytes: int = LINE_MAX_BYTES) -> None:
        self._line_max = line_max_bytes
        self._partial = b""  # the line that has begun; searched for an end already
        self._skipping = False  # inside a line that was too long
        self._telnet = TEXT  # where in a telnet command the bytes have come to
        self.replies = b""  # what negotiations ask to have sent back; whoever sends it clears it

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the lines that they complete, in order."""
        if self._telnet or b"\xff" in data:
            data = self._negotiate(data)
        lines = data.split(b"\n")
        if len(lines) == 1:
            return self._extend(data)
        if self._skipping:
            self._skipping = False
            lines.pop(0)
        else:
            lines[0] = self._partial + lines[0]
        self._partial = lines.pop()
        if b"\r" in data or (lines and lines[0][-1:] == b"\r"):
            lines = [line[:-1] if line[-1:] == b"\r" else line for line in lines]
        if len(data) > self._line_max or (lines and len(lines[0]) > self._line_max):
            lines = [line if len(line) <= self._line_max else TOO_LONG for line in lines]
            lines += self._check_partial()
        return lines

    def finish(self) -> list[bytes]:
        """The other side will send no more: the line it left without an end, if there is one."""
        last, self._partial = self._partial, b""
        return [last.removesuffix(b"\r")] if last else []

    def _extend(self, data: bytes) -> list[bytes]:
        """No line ends in `data`."""
        if self._skipping:
            return []
        self._partial += data
        return self._check_partial()

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
        text, replies, state = bytearray(), bytearray(), self._telnet
        for byte in data:
            if state == TEXT:
                if byte == IAC:
                    state = IAC
                else:
                    text.append(byte)
            elif state == IAC:
                state = byte if SB <= byte <= DONT else TEXT
                if byte == IAC:  # doubled, it means itself
                    text.append(byte)
            elif state == SB:
                state = IN_SUBNEGOTIATION_IAC if byte == IAC else SB
            elif state == IN_SUBNEGOTIATION_IAC:
                state = TEXT if byte == SE else SB
            else:
                if state in REFUSALS:
                    replies += bytes((IAC, REFUSALS[state], byte))
                state = TEXT
        self._telnet = state
        self.replies += bytes(replies)
        return bytes(text)
