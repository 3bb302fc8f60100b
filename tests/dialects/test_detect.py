"""Which dialect a first line is of."""

from __future__ import annotations

import pytest

from chat.dialects.detect import detect


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"LOGIN ann", "line"),
        (b"hello", "line"),
        (b"\xff\xfe", "line"),
        (b"/join tea", "slash"),
        (b"  /join tea", "slash"),
        (b"//", "slash"),
        (b"GET / HTTP/1.1", "http"),
        (b"POST /chat HTTP/1.0", "http"),
        (b"Host: chat.example.org", "http"),
        (b"host:", "http"),
        (b"Host chat", "line"),
        (b"\xef\xbb\xbf/join tea", "slash"),
        (b"\xef\xbb\xbf", None),
        (b"GET / HTTP/2", "line"),
        (b"MSG / HTTP/1.1 is old", "line"),
        (b"", None),
        (b" \t", None),
    ],
)
def test_the_first_line_tells(line: bytes, name: str | None) -> None:
    assert detect(line) == name
