"""Entries: each is one line of JSON, and comes back from it as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.commands import Disconnect, Login, Malformed, Say, Who
from chat.core.entry import Entry, decode, encode
from tests.core.strategies import COMMANDS
from tests.core.support import DETERMINISTIC, NOW

ENTRIES = st.builds(
    Entry[Any],
    at=st.floats(allow_nan=False),
    session=st.integers(),
    user=st.text(st.characters(codec=None)),
    command=st.one_of(list(COMMANDS.values())),
)


def test_it_is_written_like_this() -> None:
    entry = Entry(NOW + 0.25, 3, "Zoë", Say("lobby", 'say "hi"'))
    assert encode(entry) == (
        '{"at":1700000000.25,"session":3,"user":"Zo\\u00eb","command":"Say",'
        '"arguments":{"room":"lobby","text":"say \\"hi\\""}}'
    )


@given(ENTRIES)
@DETERMINISTIC
def test_it_comes_back_as_it_was(entry: Entry[Any]) -> None:
    line = encode(entry)
    assert decode(line) == entry
    assert type(decode(line).command) is type(entry.command)
    assert line.isascii()
    assert line.isprintable()


@given(ENTRIES, ENTRIES)
@DETERMINISTIC
def test_different_entries_are_written_differently(one: Entry[Any], other: Entry[Any]) -> None:
    assert (encode(one) == encode(other)) == (one == other)


def test_what_may_be_left_out_of_a_command_has_its_default() -> None:
    fields = {"at": 0, "session": 1, "user": "", "command": "Malformed"}
    line = json.dumps(fields | {"arguments": {"code": "invalid-utf-8"}})
    assert decode(line) == Entry(0, 1, "", Malformed("invalid-utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "not JSON",
        "{",
        "null",
        "5",
        "[]",
        '"Login"',
        "{}",
        '{"command":"Nothing","arguments":{}}',
        '{"command":[],"arguments":{}}',
        '{"command":"Who"}',
        '{"command":"Who","arguments":[]}',
        '{"at":0,"session":1,"user":"","command":"Who","arguments":{"name":"x"}}',
        '{"at":0,"session":1,"user":"","command":"Login","arguments":{}}',
        '{"session":1,"user":"","command":"Who","arguments":{}}',
        '{"at":0,"user":"","command":"Who","arguments":{}}',
        '{"at":0,"session":1,"command":"Who","arguments":{}}',
    ],
)
def test_what_is_no_entry_is_an_error(line: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(line)


@pytest.mark.parametrize("cut", [1, 10, 40, 80])
def test_half_an_entry_is_an_error(cut: int) -> None:
    """As it stands at the end of a file whose writer was killed."""
    line = encode(Entry(NOW, 3, "bob", Disconnect("connection lost")))
    with pytest.raises(ValueError, match="line 1"):
        decode(line[:cut])


def test_entries_are_values() -> None:
    assert Entry(NOW, 1, "bob", Who()) == Entry(NOW, 1, "bob", Who())
    assert Entry(NOW, 1, "", Login("bob")) != Entry(NOW, 2, "", Login("bob"))
    assert len({Entry(NOW, 1, "bob", Who()), Entry(NOW, 1, "bob", Who())}) == 1
