"""Objects of the server, good and bad."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.client.wire import Heard, WireError, read, write
from chat.core.text import visible
from tests.client.support import NOW, TIME

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_an_object() -> None:
    heard = read(json.dumps({"type": "message", "seq": 4, "act": True, "time": TIME, "l": [{}, 1]}))
    assert heard.text("type") == "message"
    assert heard.number("seq") == 4
    assert heard.true("act")
    assert heard.at(0.0) == NOW
    assert len(heard.objects("l")) == 1
    assert sorted(heard) == ["act", "l", "seq", "time", "type"]


def test_what_is_missing_or_of_another_type_is_empty() -> None:
    heard = Heard(
        {"a": 1, "b": "x", "c": -1, "d": True, "e": 2**60, "f": "soon"}
        | {"g": "0001-01-01T00:00:00Z", "h": "9999-12-31T23:59:59Z"}
    )
    assert [heard.text(name) for name in "acz"] == ["", "", ""]
    assert [heard.number(name) for name in "bcdez"] == [0, 0, 0, 0, 0]
    assert [heard.true(name) for name in "abz"] == [False, False, False]
    assert [heard.objects(name) for name in "abz"] == [[], [], []]
    assert [heard.at(5.0, name) for name in "afghz"] == [5.0] * 5


@pytest.mark.parametrize(
    "frame", ["", "nonsense", "[]", "{}", '"x"', '{"type":null}', "[" * 10_000, b"\xff", "1" * 5000]
)
def test_what_is_no_object(frame: str | bytes) -> None:
    with pytest.raises(WireError):
        read(frame)


def test_what_is_too_deep() -> None:
    with pytest.raises(WireError, match="nested"):
        read('{"type":"x","a":[[[[[[[1]]]]]]]}')


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x1b[2Jb", "a[2Jb"), ("a\nb\r", "a b "), ("\x9b31m", "31m"), ("\ud800x", "x")],
)
def test_nothing_can_move_the_cursor(text: str, shown: str) -> None:
    fields = {"type": text, text: [{"text": text}]}
    heard = read(json.dumps(fields))
    assert heard.text("type") == shown
    assert heard.objects(shown)[0].text("text") == shown


@given(st.text() | JSON.map(json.dumps) | JSON.map(lambda value: json.dumps({"type": value})))
def test_whatever_comes(frame: str) -> None:
    try:
        kind = read(frame).text("type")
    except WireError:
        return
    assert visible(kind) == kind


@given(st.dictionaries(st.text(), st.text(), max_size=3))
def test_what_is_written_can_be_read(fields: dict[str, str]) -> None:
    assert json.loads(write(fields)) == fields
    assert "\n" not in write(fields)
