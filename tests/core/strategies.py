"""What hypothesis makes for the tests of the core: text, commands, lines."""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from chat.core import commands
from chat.core.commands import Command
from chat.core.errors import ERRORS

# Spellings of a few names, so that they clash, and what is no name at all.
NAMES: Final = ("bob", "Bob", "Ｂｏｂ", "anna", "Zoë", "Zoe\u0308", "x" * 32, "李")
NO_NAMES: Final = ("", "two words", "x" * 33, "\u0301", "@bob", "\x1b[31mbob", "\ud800")

names = st.sampled_from(NAMES + NO_NAMES)
texts = st.one_of(
    st.sampled_from(["hi", "", "  ", "\x1b]0;x\x07", "two  words", "\u202e", "x" * 9000]),
    st.text(st.characters(codec=None), max_size=20),
)
rooms = st.sampled_from(["lobby", "LOBBY", "attic", "", "\ud800"])
codes = st.sampled_from(list(ERRORS))

COMMANDS: Final[dict[type[Command], st.SearchStrategy[Any]]] = {
    commands.Login: st.builds(commands.Login, names),
    commands.Guest: st.builds(commands.Guest),
    commands.Nick: st.builds(commands.Nick, names),
    commands.Join: st.builds(commands.Join, rooms, st.booleans()),
    commands.Leave: st.builds(commands.Leave, rooms),
    commands.Act: st.builds(commands.Act, rooms, texts),
    commands.SetTopic: st.builds(commands.SetTopic, rooms, texts),
    commands.ShowTopic: st.builds(commands.ShowTopic, rooms),
    commands.ListRooms: st.builds(commands.ListRooms),
    commands.ListMembers: st.builds(commands.ListMembers, rooms),
    commands.Recall: st.builds(commands.Recall, rooms, st.integers(1, 100)),
    commands.Say: st.builds(commands.Say, rooms, texts),
    commands.Tell: st.builds(commands.Tell, names, texts),
    commands.Who: st.builds(commands.Who),
    commands.Help: st.builds(commands.Help),
    commands.Ping: st.builds(commands.Ping),
    commands.Quit: st.builds(commands.Quit),
    commands.Disconnect: st.builds(commands.Disconnect, texts),
    commands.Malformed: st.builds(commands.Malformed, codes, texts),
    commands.Blank: st.builds(commands.Blank),
}
"""One row per command: `test_registry.py` says when one is missing."""

# Pieces of which garbage is made that is nearly a command, or nearly UTF-8, or neither.
_PIECES: Final = (
    *(b"LOGIN", b"login ", b"MSG ", b"DM ", b"WHO", b"NICK ", b"QUIT", b"HELP", b"PING"),
    *(name.encode(errors="replace") for name in NAMES),
    *(b" ", b"\t", b"\r", b"\n", b"\0", b"\x1b[2J", b"\x07", b"\xff", b"\xc2\x9b", b"\xe2\x80"),
    *("\u2028\u202e\ufeff\u3000\xa0\u0301\u200b".encode(), b"\xed\xa0\x80", b"INFO x disconnected"),
)


def _typed(verbs: list[str], rest: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """What somebody types who knows the verbs."""
    return st.builds("{} {}".format, st.sampled_from(verbs), rest).map(
        lambda line: line.encode(errors="replace")
    )


lines = st.one_of(
    _typed(["MSG", "msg", "DM bob", "DM Anna"], texts),
    _typed(["MSG", "MSG  \t", "MSG \x1b[", "DM anna"], st.text()),
    _typed(["LOGIN", "login", "NICK", "DM"], names),
    _typed(["JOIN", "LEAVE", "NAMES", "TOPIC", "HISTORY"], rooms),
    _typed(["SAY lobby", "SAY attic", "ME attic", "TOPIC attic", "HISTORY attic"], texts),
    st.sampled_from([b"WHO", b"PING", b"QUIT", b"HELP"]),
    st.lists(st.sampled_from(_PIECES), max_size=6).map(b"".join),
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=30),
)
