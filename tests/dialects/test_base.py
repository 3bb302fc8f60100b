"""TextDialect: bytes to verbs and events to bytes, whatever the tables say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import events
from chat.core.commands import Blank, Login, Malformed, Ping
from chat.core.events import Deed, Event
from chat.dialects import DIALECTS
from chat.dialects.base import (
    Renderer,
    TextDialect,
    Verb,
    count,
    duration,
    first_word,
    moderated,
    rfc3339,
    sanction,
    seconds,
)

VERBS = {
    "SIGN": Verb(Login, "<anything>", Login),
    "ÉTÉ": Verb(Ping, "", lambda _: Ping()),
}
RENDERERS: dict[type[Event], Renderer] = {
    events.Ponged: lambda _: "first\nsecond, ünd last",
    events.Done: lambda _: "",
}


class Small(TextDialect):
    """A dialect with two verbs, one of which takes whatever stands behind it."""

    name = "small"
    verbs: Mapping[str, Verb] = VERBS
    renderers: Mapping[type[Event], Renderer] = RENDERERS


SMALL = Small()


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"SIGN x", Login("x")),
        (b"sign x", Login("x")),
        (b"sIgN x  y ", Login("x  y ")),  # blanks are the verb's business
        (b" \t SIGN \t x", Login("x")),
        (b"SIGN", Login("")),
        (b"SIGN  ", Login("")),
        ("été".encode(), Ping()),
        ("\u2028SIGN\u3000x".encode(), Login("x")),
        (b"SIG", Malformed("unknown-command", "SIG")),
        (b"sig nature", Malformed("unknown-command", "sig")),
        (b"", Blank()),
        (b" \0 ", Blank()),
        (b"SIGN \xff", Malformed("invalid-utf-8")),
    ],
)
def test_parse(line: bytes, command: object) -> None:
    assert SMALL.parse(line) == command


@pytest.mark.parametrize("blank", ["  ", "\t", "\u3000", "\xa0", "\x1c", "\x85", "\u2028"])
def test_the_first_word_is_the_verb_whatever_the_blanks(blank: str) -> None:
    line = f"{blank}SI\x00GN{blank}x y".encode()
    assert SMALL.parse(line) == Login("x y")
    assert first_word(line) == b"SIGN"


@pytest.mark.parametrize(
    ("line", "word"), [(b"", b""), (b" \0 ", b""), (b"x\xff y", b"x\xef\xbf\xbd")]
)
def test_the_first_word_of_what_has_no_verb(line: bytes, word: bytes) -> None:
    assert first_word(line) == word


def test_parse_removes_control_characters() -> None:
    assert SMALL.parse(b"SI\x1bGN a\x00b\xc2\x9bc") == Login("abc")


def test_render_ends_the_last_line() -> None:
    assert SMALL.render(events.Ponged()) == "first\nsecond, ünd last\n".encode()


def test_render_says_nothing_where_there_is_nothing_to_say() -> None:
    assert SMALL.render(events.Done()) == b""
    assert SMALL.render(events.IdledOut()) == b""  # which it has no words for


# --- arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "number"),
    [("", 20), ("1", 1), ("007", 7), ("999999999", 999_999_999), ("1234567890", None)]
    + [(word, None) for word in ("-1", "1.5", "\u0663", "\u00b2", "x", " ")],
)
def test_a_number_of_things(word: str, number: int | None) -> None:
    assert count(word, 20) == number


@pytest.mark.parametrize(
    ("word", "length"),
    [("90s", 90.0), ("10m", 600.0), ("2h", 7200.0), ("7d", 604_800.0)]
    + [(word, None) for word in ("0s", "s", "10", "10M", "1.5h", "-1h", "h2", "1234567890s")],
)
def test_a_length_of_time(word: str, length: float | None) -> None:
    assert seconds(word) == length


@pytest.mark.parametrize(
    ("length", "text"),
    {
        0: "",
        1: " for 1s",
        90: " for 90s",
        600: " for 10m",
        7200: " for 2h",
        5400: " for 90m",
        86_400: " for 1d",
        0.5: " for 0.5s",
    }.items(),
)
def test_how_a_length_of_time_is_written(length: float, text: str) -> None:
    assert duration(length) == text


@given(st.integers(1, 10**6), st.sampled_from("smhd"))
def test_it_is_written_as_it_is_read(number: int, unit: str) -> None:
    length = seconds(f"{number}{unit}")
    assert length is not None
    assert seconds(duration(length).removeprefix(" for ")) == length


@pytest.mark.parametrize(
    ("rest", "meant"),
    [
        ("bob", ("bob", 0.0, "")),
        ("bob 10m", ("bob", 600.0, "")),
        ("bob 10m too  loud ", ("bob", 600.0, "too loud")),
        ("bob too loud", ("bob", 0.0, "too loud")),
        ("bob for 10m", ("bob", 0.0, "for 10m")),
        *[
            (f"bob {first} time", ("bob", 0.0, f"{first} time"))
            for first in ("1st", "2nd", "3x", "4")
        ],
        *[
            (f"bob {time} spam", ("bob", -1.0, "spam"))  # refused by the core
            for time in ("1w", "10min", "10M", "1h30m", "0s", "1234567890s", "2Years")
        ],
    ],
)
def test_whom_for_how_long_and_why(rest: str, meant: tuple[str, float, str]) -> None:
    assert sanction(rest) == meant


# --- sentences --------------------------------------------------------------------------------

DEEDS: dict[Deed, str] = {
    "kicked": "bob was kicked from tea by ann",
    "banned": "bob was banned from tea by ann",
    "unbanned": "bob may come into tea again, says ann",
    "muted": "bob was muted in tea by ann",
    "unmuted": "bob may speak in tea again, says ann",
    "made operator": "bob was made an operator of tea by ann",
    "made no operator": "bob is no operator of tea any more, says ann",
    "locked": "ann has locked the topic of tea",
    "unlocked": "ann has unlocked the topic of tea",
}


@given(st.floats(0, 2**33) | st.integers(0, 2**33).map(lambda seconds: seconds - 1e-7))
def test_a_time_is_written_as_the_calendar_has_it(at: float) -> None:
    written = datetime.fromisoformat(rfc3339(at))
    assert timedelta() <= datetime.fromtimestamp(at, UTC) - written < timedelta(milliseconds=1)


@pytest.mark.parametrize("deed", get_args(Deed))
def test_every_deed_has_its_words(deed: Deed) -> None:
    event = events.Moderated(deed, "tea", "bob", "ann", 0.0)
    assert moderated(event) == DEEDS[deed]
    timed = replace(event, seconds=60.0, reason="{spam}")
    assert moderated(timed) == f"{DEEDS[deed]} for 1m: {{spam}}"


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_no_line_is_an_exception(dialect: TextDialect) -> None:
    @given(st.one_of(st.binary(), st.text().map(str.encode)))
    def check(line: bytes) -> None:
        assert dialect.parse(line) == dialect.parse(line)

    check()


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_an_answer_is_the_event_as_everyone_sees_it(dialect: TextDialect) -> None:
    """Nobody tags what they type; but a program may have a text dialect do this."""
    assert dialect.answer(events.Ponged(), "a tag") == dialect.render(events.Ponged())
