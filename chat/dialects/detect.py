"""Which dialect somebody speaks, by the first line that they send."""

from __future__ import annotations

import re

REQUEST = re.compile(rb"([A-Z]{3,10}) \S+ HTTP/1\.([01])")
"""HTTP's first line: the method and the minor version."""

HOST = re.compile(rb"(?i:host):.*")
"""Its second, as all browsers have it: what comes first where a request's first was too long."""

BOM = "\ufeff".encode()
"""What some editors put in front of a text in UTF-8."""


def detect(line: bytes) -> str | None:
    """`slash`, `line`, or `http`, as WebSocket begins; None while nothing is on the line."""
    text = line.removeprefix(BOM).strip()
    if not text:
        return None
    if text.startswith(b"/"):
        return "slash"
    return "http" if REQUEST.fullmatch(text) or HOST.fullmatch(text) else "line"
