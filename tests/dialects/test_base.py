"""TextDialect: bytes to verbs and events to bytes, whatever the tables say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import events
from chat.core.commands import Blank, Login, Malformed, Ping
from chat.core.events import Event
from chat.dialects import DIALECTS
from chat.dialects.base import Renderer, TextDialect, Verb
from tests.core.support import DETERMINISTIC

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


def test_parse_removes_control_characters() -> None:
    assert SMALL.parse(b"SI\x1bGN a\x00b\xc2\x9bc") == Login("abc")


def test_render_ends_the_last_line() -> None:
    assert SMALL.render(events.Ponged()) == "first\nsecond, ünd last\n".encode()


def test_render_says_nothing_where_there_is_nothing_to_say() -> None:
    assert SMALL.render(events.Done()) == b""


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_no_line_is_an_exception(dialect: TextDialect) -> None:
    @given(st.one_of(st.binary(), st.text().map(str.encode)))
    @DETERMINISTIC
    def check(line: bytes) -> None:
        assert dialect.parse(line) == dialect.parse(line)

    check()
