"""LineFramer: however the bytes are cut, the lines of an oracle that sees them whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reactor import LINE_MAX_BYTES, TOO_LONG, LineFramer
from reactor.framing import ANSWERS_MAX

IAC, DONT, DO, WONT, WILL, SB, SE, NOP = b"\xff \xfe \xfd \xfc \xfb \xfa \xf0 \xf1".split(b" ")

# A telnet command, as a pattern over all the bytes; one that isn't over yet reaches to the end.
COMMAND = re.compile(
    rb"\xff(?:(?P<literal>\xff)|(?P<asked>[\xfb\xfd])(?P<option>.)|[\xfc\xfe]."
    rb"|\xfa(?:[^\xff]|\xff[^\xf0])*(?:\xff\xf0|\xff?\Z)|[\xfb-\xfe]?\Z|[^\xfa-\xff])",
    re.DOTALL,
)


def oracle(data: bytes, limit: int) -> tuple[list[bytes], bytes]:
    """What has to come out in the end, lines and replies, by a plain reading of the rules."""
    replies = b""

    def answer(command: re.Match[bytes]) -> bytes:
        nonlocal replies
        if command["asked"]:
            replies += IAC + (DONT if command["asked"] == WILL else WONT) + command["option"]
        return command["literal"] or b""

    *lines, last = COMMAND.sub(answer, data).split(b"\n")
    if last:
        lines.append(last)
    lines = [line.removesuffix(b"\r") for line in lines]
    return [line if len(line) <= limit else TOO_LONG for line in lines], replies


def run(pieces: list[bytes], limit: int) -> tuple[list[bytes], bytes]:
    """What does come out. On the way: is no more kept than a line may have, and its CR?"""
    framer = LineFramer(limit)
    lines, replies = [], b""
    for piece in pieces:
        lines += framer.feed(piece)
        assert len(framer._partial) <= limit + 1
        replies, framer.replies = replies + framer.replies, b""
    lines += framer.finish()
    assert framer.finish() == []
    return lines, replies


def same(found: tuple[list[bytes], bytes], expected: tuple[list[bytes], bytes]) -> bool:
    """An empty line equals TOO_LONG, so look at which is which as well."""
    return found == expected and [line is TOO_LONG for line in found[0]] == [
        line is TOO_LONG for line in expected[0]
    ]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


LIMIT = 6  # of the examples, so that lines of all interesting lengths are short

fragments = st.one_of(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n\n", b"\0", b"\xc3\xa4", IAC, IAC + IAC]
        + [IAC + verb + b"\x01" for verb in (WILL, WONT, DO, DONT)]
        + [IAC + DO + b"\n", IAC + WILL + IAC, IAC + NOP, IAC + SE, IAC + SB, IAC + b"x"]
    ),
    st.lists(st.sampled_from([b"\x18", b"\n", SE, IAC + IAC, IAC + NOP]), max_size=4).map(
        lambda parts: IAC + SB + b"".join(parts) + IAC + SE
    ),
    st.integers(LIMIT - 2, LIMIT + 3).map(lambda size: b"x" * size),
    st.integers(1, 3).map(lambda size: b"y" * size),
    st.binary(max_size=4),
)
data_of_all_kinds = st.lists(fragments, max_size=14).map(b"".join)


@settings(max_examples=250)
@given(data_of_all_kinds, st.lists(st.integers(0, 1000), max_size=8), st.integers(0, LIMIT + 1))
@example(b"xxxxxx\r\n", [6, 7], LIMIT)
@example(b"xxxxxx\rx\n", [7], LIMIT)
@example(b"xxxxxx\r\r\n", [7, 8], LIMIT)
def test_whole_bytewise_and_cut_anywhere_are_the_same(
    data: bytes, places: list[int], limit: int
) -> None:
    expected = oracle(data, limit)
    assert same(run([data], limit), expected)
    assert same(run([bytes((byte,)) for byte in data], limit), expected)
    assert same(run(cut(data, places), limit), expected)


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_fine(pieces: list[bytes]) -> None:
    assert same(run(pieces, LIMIT), oracle(b"".join(pieces), LIMIT))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("size", [-1, 0, 1, 2, LINE_MAX_BYTES])
@pytest.mark.parametrize("piece", [1, 7, LINE_MAX_BYTES, LINE_MAX_BYTES + 1, 1 << 20])
def test_the_limit_counts_the_line_without_its_end(end: bytes, size: int, piece: int) -> None:
    line = b"x" * (LINE_MAX_BYTES + size)
    data = line + end
    pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
    assert same(run(pieces, LINE_MAX_BYTES), ([line if size <= 0 else TOO_LONG], b""))


def test_a_line_that_gets_too_long_is_told_at_once_and_skipped() -> None:
    framer = LineFramer(LIMIT)
    assert framer.feed(b"x" * LIMIT) == []
    assert [line is TOO_LONG for line in framer.feed(b"x")] == [True]
    for _ in range(3):
        assert framer.feed(b"x" * 100) == []
        assert framer._partial == b""
    assert framer.feed(b"x\nnext\n") == [b"next"]


def test_a_carriage_return_may_be_one_too_many_until_something_follows() -> None:
    framer = LineFramer(LIMIT)
    assert framer.feed(b"x" * LIMIT + b"\r") == []
    assert framer.feed(b"\n") == [b"x" * LIMIT]
    assert framer.feed(b"x" * LIMIT + b"\r") == []
    assert [line is TOO_LONG for line in framer.feed(b"\r")] == [True]


def test_only_one_carriage_return_belongs_to_the_line_end() -> None:
    assert LineFramer().feed(b"a\rb\nc\r\r\nd\r\n") == [b"a\rb", b"c\r", b"d"]


def test_the_last_line_needs_no_end() -> None:
    framer = LineFramer()
    assert framer.feed(b"one\ntw") == [b"one"]
    assert framer.feed(b"o\r") == []
    assert framer.finish() == [b"two"]
    assert framer.finish() == []


def test_an_end_in_the_middle_of_a_skipped_line_gives_nothing() -> None:
    framer = LineFramer(LIMIT)
    framer.feed(b"x" * 10)
    assert framer.finish() == []


def test_what_a_terminal_offers_or_asks_for_is_refused() -> None:
    framer = LineFramer()
    assert framer.feed(b"he" + IAC + WILL + b"\x18" + b"ll" + IAC + DO + b"\x01" + b"o\n") == [
        b"hello"
    ]
    assert framer.replies == IAC + DONT + b"\x18" + IAC + WONT + b"\x01"


def test_who_refuses_is_not_answered() -> None:
    """Answering would start a loop: RFC 1143."""
    framer = LineFramer()
    assert framer.feed(IAC + WONT + b"\x18" + IAC + DONT + b"\x01" + b"x\n") == [b"x"]
    assert framer.replies == b""


def test_who_asks_without_end_is_answered_so_many_times_and_no_more() -> None:
    framer = LineFramer()
    framer.feed(IAC + DO + b"\x01")
    assert framer.feed((b"x" + IAC + DO + b"\x01") * 1000 + b"\n") == [b"x" * 1000]
    assert framer.replies == (IAC + WONT + b"\x01") * ANSWERS_MAX
    framer.feed(IAC + WILL + b"\x01")
    assert len(framer.replies) == 3 * ANSWERS_MAX


def test_an_endless_subnegotiation_is_not_kept() -> None:
    framer = LineFramer()
    framer.feed(IAC + SB)
    for _ in range(3):
        assert framer.feed(b"x" * 100_000 + IAC + IAC) == []
        assert framer._command == IAC + SB
    assert framer.feed(IAC) + framer.feed(SE + b"y\n") == [b"y"]


def test_replies_add_up_until_they_are_taken() -> None:
    framer = LineFramer()
    framer.feed(IAC + WILL + b"\x01")
    framer.feed(IAC + WILL)
    framer.feed(b"\x02")
    assert framer.replies == IAC + DONT + b"\x01" + IAC + DONT + b"\x02"


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        b"\x18",
        b"\x18\0",
        b"a\r\nb",
        SE,
        SE + SE,
        IAC + IAC + SE,
        IAC + IAC + b"\0" + SE,
        b"a" + IAC + WILL + b"\x01",
        IAC + SB,
    ],
)
def test_a_subnegotiation_never_reaches_a_line_whatever_is_in_it(inside: bytes) -> None:
    framer = LineFramer()
    assert framer.feed(b"x" + IAC + SB + inside + IAC + SE + b"y\n") == [b"xy"]
    assert framer.replies == b""


def test_a_line_end_around_a_command_is_still_one() -> None:
    assert LineFramer().feed(b"a\r" + IAC + NOP + b"\nb\n") == [b"a", b"b"]


def test_byte_255_is_sent_doubled() -> None:
    assert LineFramer().feed(b"a" + IAC + IAC + b"b\n") == [b"a\xffb"]
