"""Entries: each is one line of JSON, and comes back from it as it was."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.commands import Command, Disconnect, LockTopic, Login, Malformed, Mute, Say, Who
from chat.core.entry import Entry, _restored, check_command, decode, encode
from chat.testing.strategies import COMMANDS
from tests.core.support import NOW

ENTRIES = st.builds(
    Entry[Any],
    at=st.floats(allow_nan=False),
    session=st.integers(),
    user=st.text(st.characters(codec=None)),
    command=st.one_of(list(COMMANDS.values())),
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@st.composite
def nearly_entries(draw: st.DrawFn) -> str:
    """An entry of which one thing, or nothing, is anything at all: or is missing, or too much."""
    fields = json.loads(encode(draw(ENTRIES)))
    part = draw(st.sampled_from([fields, fields["arguments"]]))
    name = draw(st.sampled_from([*part, "more"]))
    match draw(st.sampled_from(["keep", "change", "drop", "all"])):
        case "change":
            part[name] = draw(JSON)
        case "drop":
            part.pop(name, None)
        case "all":
            fields = draw(JSON)
    return json.dumps(fields)


def test_it_is_written_like_this() -> None:
    entry = Entry(NOW + 0.25, 3, "Zoë", Say("lobby", 'say "hi"'))
    assert encode(entry) == (
        '{"at":1700000000.25,"session":3,"user":"Zo\\u00eb","command":"Say",'
        '"arguments":{"room":"lobby","text":"say \\"hi\\"","tag":""}}'
    )


@given(ENTRIES)
def test_it_comes_back_as_it_was(entry: Entry[Any]) -> None:
    line = encode(entry)
    assert decode(line) == entry
    assert type(decode(line).command) is type(entry.command)
    assert line.isascii()
    assert line.isprintable()


@given(ENTRIES, ENTRIES)
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
        '{"at":"0","session":1,"user":"","command":"Who","arguments":{}}',
        '{"at":false,"session":1,"user":"","command":"Who","arguments":{}}',
        '{"at":0,"session":1.5,"user":"","command":"Who","arguments":{}}',
        '{"at":0,"session":true,"user":"","command":"Who","arguments":{}}',
        '{"at":0,"session":1,"user":null,"command":"Who","arguments":{}}',
        '{"at":0,"session":1,"user":"","command":"Who","arguments":{},"more":0}',
        '{"at":0,"session":1,"user":"","command":"Login","arguments":{"name":5}}',
        '{"at":0,"session":1,"user":"","command":"Join","arguments":{"room":"x","alone":1}}',
        '{"at":0,"session":1,"user":"","command":"Malformed","arguments":{"code":"x"}}',
        '{"at":0,"session":1,"user":"","command":"Login","arguments":{"name":["x"]}}',
        "[" * 100_000,
        '{"at":' * 100_000,
    ],
)
def test_what_is_no_entry_is_an_error(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own, or decode's
        decode(line)


@given(nearly_entries())
def test_any_json_is_an_entry_or_an_error(line: str) -> None:
    try:
        entry = decode(line)
    except ValueError:
        return
    assert decode(encode(entry)) == entry
    read, written = json.loads(line), json.loads(encode(entry))
    assert written["arguments"].items() >= read.pop("arguments").items()  # and its defaults
    assert written.items() >= read.items()


@pytest.mark.parametrize(
    ("hint", "given_", "value"),
    [
        (tuple[str, ...], ["a", "b"], ("a", "b")),
        (tuple[str, ...], [], ()),
        (str | None, None, None),
        (str | None, "a", "a"),
        (tuple[str, ...] | None, ["a"], ("a",)),
    ],
)
def test_commands_may_hold_several_or_nothing(hint: Any, given_: object, value: object) -> None:
    assert _restored(given_, hint) == value


@pytest.mark.parametrize(
    ("hint", "given_"),
    [(tuple[str, ...], "ab"), (tuple[str, ...], [1]), (str | None, 1), (str, None), (list, [])],
)
def test_what_is_no_value_of_a_type(hint: Any, given_: object) -> None:
    with pytest.raises(TypeError, match=" instead of "):
        _restored(given_, hint)


@given(st.one_of(list(COMMANDS.values())))
def test_a_command_of_the_right_types(command: Command) -> None:
    check_command(command)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (Say("lobby", b"hi"), "Say.text: bytes instead of str"),  # type: ignore[arg-type]
        (Say("lobby", "hi", None), "Say.tag: NoneType instead of str"),  # type: ignore[arg-type]
        (LockTopic("tea", 1), "LockTopic.locked: int instead of bool"),  # type: ignore[arg-type]
        (Mute("tea", "Ann", "10m"), "Mute.seconds: str instead of float"),  # type: ignore[arg-type]
        (Malformed("so-so"), "Malformed.code: str instead of Literal"),  # type: ignore[arg-type]
        (Who, "no command: <class 'chat.core.commands.Who'>"),
        ("hi", "no command: 'hi'"),
    ],
)
def test_what_is_of_the_wrong_type_is_no_command(command: Command, problem: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(problem)}$"):
        check_command(command)


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
