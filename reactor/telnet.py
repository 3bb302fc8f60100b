"""Telnet's commands, as patterns (RFC 854). Pure.

A command is IAC and a byte, or IAC, a verb and an option, or a subnegotiation: IAC SB, anything,
IAC SE. A doubled IAC is a byte of the text; UTF-8 has none.

A loop over the bytes took 4 ms for the 64 KiB that are read at once, 8 ms where all of it asked to
be answered. Patterns take 0.2 ms where commands are few, and 3 to 6 where there is nothing else.
None ever goes back (hence `++` and `*+`), and each begins where the one before it ended, as in the
middle of a command bytes mean something else.
"""

from __future__ import annotations

import re
from typing import Final

IAC, SB = b"\xff", b"\xfa"

_TEXT = rb"[^\xff]++|\xff\xff"
_INSIDE = rb"(?:[^\xff]++|\xff[^\xf0])*+"  # a subnegotiation, up to its IAC SE
_UNANSWERED = rb"\xff[^\xfa-\xff]|\xff[\xfc\xfe].|\xff\xfa" + _INSIDE + rb"\xff\xf0"
_ASKING = rb"\xff([\xfb\xfd])(.)"

_COMPLETE = re.compile(b"(?:%b|%b|%b)*+" % (_TEXT, _UNANSWERED, _ASKING), re.DOTALL)
_OPEN = re.compile(IAC + SB + _INSIDE)
_SAID = re.compile(b"(?:%b|%b)*+((?:%b)*+)" % (_UNANSWERED, rb"\xff[\xfb\xfd].", _TEXT), re.DOTALL)
_NEXT_ASKED = re.compile(b"(?:%b|%b)*+%b" % (_TEXT, _UNANSWERED, _ASKING), re.DOTALL)

# Who offers an option (WILL), or asks for one (DO), is told no: DONT, WONT. Who says no is not
# answered: RFC 1143.
_REFUSALS: Final = {b"\xfb": IAC + b"\xfe", b"\xfd": IAC + b"\xfc"}


def split(data: bytes) -> tuple[bytes, bytes]:
    """Up to where nothing is unfinished; and the command that has begun there, without what a
    subnegotiation holds. It goes before the bytes that come next."""
    begun = _COMPLETE.sub(b"", data, count=1)
    return data[: len(data) - len(begun)], _OPEN.sub(IAC + SB, begun, count=1)


def said(data: bytes) -> bytes:
    """What remains without the commands."""
    return b"".join(_SAID.findall(data)).replace(IAC + IAC, IAC)


def refusals(data: bytes, at_most: int) -> list[bytes]:
    """The answers of a terminal that supports no option."""
    answers: list[bytes] = []
    end = 0
    while len(answers) < at_most and (asked := _NEXT_ASKED.match(data, end)):
        answers.append(_REFUSALS[asked[1]] + asked[2])
        end = asked.end()
    return answers
