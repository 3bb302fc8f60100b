"""From bytes to lines."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs.bug import Bug

FRAMING = "reactor/framing.py"
TELNET = "reactor/telnet.py"

_JOINED = (
    "        data = self._partial + data\n"
    '        lines = data.split(b"\\n")\n'
    "        self._partial = lines.pop()\n"
)

BUGS: Final = (
    Bug(
        "a line of exactly the limit is too long",
        FRAMING,
        "lines = [line if len(line) <= self._line_max else TOO_LONG for line in lines]",
        "lines = [line if len(line) < self._line_max else TOO_LONG for line in lines]",
    ),
    Bug(
        "a line that comes alone may be a byte too long",
        FRAMING,
        "if len(data) > self._line_max:",
        "if len(data) > self._line_max + 2:",
    ),
    Bug(
        "the CR that a line of the limit still ends in makes it too long",
        FRAMING,
        'if size <= self._line_max + (self._partial[-1:] == b"\\r"):',
        "if size <= self._line_max:",
    ),
    Bug(
        "a CR stays when the LF comes with the next read",
        FRAMING,
        _JOINED + '        if b"\\r" in data:',
        _JOINED.replace("data =", "new, data = data,") + '        if b"\\r" in new:',
    ),
    Bug(
        "the line after one that was too long is skipped, too",
        FRAMING,
        "            self._skipping = not end\n",
        "",
    ),
    Bug(
        "the end of a line that was too long is a line",
        FRAMING,
        '_, end, data = data.partition(b"\\n")',
        'data, end = (data, True) if b"\\n" in data else (b"", False)',
    ),
    Bug(
        "a line that is too long is told of again with every read",
        FRAMING,
        'self._partial, self._skipping = b"", True',
        "self._skipping = True",
    ),
    Bug(
        "the last line is lost when it has no end",
        FRAMING,
        'return [last.removesuffix(b"\\r")] if last else []',
        "return []",
    ),
    Bug(
        "a telnet command that comes in two reads is text",
        FRAMING,
        'if self._command or b"\\xff" in data:',
        'if b"\\xff" in data:',
    ),
    Bug(
        "what a terminal offers is refused as if it had been asked for",
        TELNET,
        'b"\\xfb": IAC + b"\\xfe"',
        'b"\\xfb": IAC + b"\\xfc"',
    ),
    Bug(
        "a subnegotiation that comes in two reads is text",
        TELNET,
        "_OPEN.sub(IAC + SB, begun, count=1)",
        '_OPEN.sub(b"", begun, count=1)',
    ),
)
