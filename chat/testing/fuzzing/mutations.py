"""What goes wrong with bytes on their way, or with those who send them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from reactor import LINE_MAX_BYTES

TOGETHER_MAX: Final = 4  # mutations of the same bytes
RESULT_MAX_BYTES: Final = 200_000  # what grows again and again must not grow without end
SLICE_MAX_BYTES: Final = 40

PIECES: Final = (
    *(b"\x00", b"\r", b"\n", b"\r\n", b"\x1b[2J\x1b]0;x\x07", b"\x7f", b"\x08", b" ", b"\t"),
    *(b"\xc3\x28", b"\x80", b"\xe2\x98", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"),
    *(b"\xff\xfd\x06", b"\xff\xfb\x18", b"\xff\xf4", b"\xff\xff", b"\xff"),
    *(b"\xff\xfa\x18\x01\xff\xf0", b"\xff\xfa\x1f"),
    *("\u202e\u2028\ufeff\x9b\u0301".encode(), b"<", b"/", b"#", b":", b'"', b"\\", b"{"),
    *(b"y" * LINE_MAX_BYTES, b"y" * (LINE_MAX_BYTES + 1), b"0" * 400, b"LOGIN x\n", b"OK\n"),
)
"""What is put in: ends, controls, what is no UTF-8, telnet, and too much."""


def mutated(random: Random, data: bytes) -> bytes:
    """The same, but for a few mutations."""
    for _ in range(random.randint(1, TOGETHER_MAX)):
        data = random.choice(MUTATIONS)(random, data)[:RESULT_MAX_BYTES]
    return data


def _slice(random: Random, data: bytes) -> tuple[int, int]:
    begin = random.randint(0, len(data))
    return begin, min(len(data), begin + random.randint(1, SLICE_MAX_BYTES))


def _put_in(random: Random, data: bytes) -> bytes:
    at = random.choice((0, random.randint(0, len(data)), len(data)))
    return data[:at] + random.choice(PIECES) + data[at:]


def _take_out(random: Random, data: bytes) -> bytes:
    begin, end = _slice(random, data)
    return data[:begin] + data[end:]


def _repeat(random: Random, data: bytes) -> bytes:
    begin, end = _slice(random, data)
    return data[:end] + data[begin:end] * random.choice((1, 1, 50)) + data[end:]


def _cut_short(random: Random, data: bytes) -> bytes:
    return data[: random.randint(0, len(data))]


def _flip(random: Random, data: bytes) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _swap_lines(random: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    random.shuffle(lines)
    return b"".join(lines)


def _repeat_line(random: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return data + random.choice(lines) if lines else data


MUTATIONS: Final[tuple[Callable[[Random, bytes], bytes], ...]] = (
    *(_put_in, _put_in, _take_out, _repeat, _cut_short, _flip, _swap_lines, _repeat_line),
)
