"""Which dialect somebody speaks, by the first line that they send."""

from __future__ import annotations

import re
from typing import Final

_REQUEST = re.compile(rb"[A-Z]{3,10} \S+ HTTP/1\.[01]")

HTTP_REFUSAL: Final = (
    b"HTTP/1.1 405 Method Not Allowed\r\nAllow:\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
"""For web browsers: a page must not be able to trick one into chatting."""


def detect(line: bytes) -> str | None:
    """`slash`, `line`, or `http`, which is none of ours; None while nothing is on the line."""
    text = line.strip()
    if not text:
        return None
    if text.startswith(b"/"):
        return "slash"
    return "http" if _REQUEST.fullmatch(text) else "line"
