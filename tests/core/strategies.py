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
passwords = st.sampled_from(["", "short", "long enough", "x" * 129])
spans = st.sampled_from([0.0, 60.0])
targets = st.one_of(names, st.sampled_from(["127.0.0.1", "10.0.0.0/8", "::1"]))
codes = st.sampled_from(list(ERRORS))

COMMANDS: Final[dict[type[Command], st.SearchStrategy[Any]]] = {
    commands.Login: st.builds(commands.Login, names, st.booleans()),
    commands.Guest: st.builds(commands.Guest),
    commands.Nick: st.builds(commands.Nick, names, st.booleans()),
    commands.Join: st.builds(commands.Join, rooms, st.booleans()),
    commands.Leave: st.builds(commands.Leave, rooms),
    commands.Act: st.builds(commands.Act, rooms, texts),
    commands.SetTopic: st.builds(commands.SetTopic, rooms, texts),
    commands.ShowTopic: st.builds(commands.ShowTopic, rooms),
    commands.ListRooms: st.builds(commands.ListRooms),
    commands.ListMembers: st.builds(commands.ListMembers, rooms),
    commands.Recall: st.builds(commands.Recall, rooms, st.integers(1, 100)),
    commands.Resume: st.builds(commands.Resume, rooms, texts, st.integers(0, 9)),
    commands.Say: st.builds(commands.Say, rooms, texts),
    commands.Tell: st.builds(commands.Tell, names, texts),
    commands.Away: st.builds(commands.Away, texts, st.booleans()),
    commands.Back: st.builds(commands.Back, st.booleans()),
    commands.Who: st.builds(commands.Who),
    commands.Hello: st.builds(commands.Hello),
    commands.Help: st.builds(commands.Help),
    commands.Ping: st.builds(commands.Ping),
    commands.Quit: st.builds(commands.Quit),
    commands.Disconnect: st.builds(commands.Disconnect, texts),
    commands.Authenticate: st.builds(commands.Authenticate, names, passwords),
    commands.Enrol: st.builds(commands.Enrol, names, passwords),
    commands.Register: st.builds(commands.Register, names, passwords),
    commands.LockTopic: st.builds(commands.LockTopic, rooms, st.booleans()),
    commands.Kick: st.builds(commands.Kick, rooms, names, texts),
    commands.BanUser: st.builds(commands.BanUser, rooms, names, spans, texts),
    commands.UnbanUser: st.builds(commands.UnbanUser, rooms, names),
    commands.ListBans: st.builds(commands.ListBans, rooms),
    commands.Mute: st.builds(commands.Mute, rooms, names, spans, texts),
    commands.Unmute: st.builds(commands.Unmute, rooms, names),
    commands.MakeOperator: st.builds(commands.MakeOperator, rooms, names),
    commands.RemoveOperator: st.builds(commands.RemoveOperator, rooms, names),
    commands.Administer: st.builds(commands.Administer),
    commands.ListConnections: st.builds(commands.ListConnections),
    commands.Expel: st.builds(commands.Expel, names, texts),
    commands.Exclude: st.builds(commands.Exclude, targets, spans, texts),
    commands.Readmit: st.builds(commands.Readmit, targets),
    commands.ListExclusions: st.builds(commands.ListExclusions),
    commands.Unregister: st.builds(commands.Unregister, names),
    commands.Announce: st.builds(commands.Announce, texts),
    commands.CloseRoom: st.builds(commands.CloseRoom, rooms),
    commands.ListLimits: st.builds(commands.ListLimits),
    commands.ShowStats: st.builds(commands.ShowStats),
    commands.Stop: st.builds(commands.Stop),
    commands.Settle: st.builds(commands.Settle, st.booleans()),
    commands.Tidy: st.builds(commands.Tidy),
    commands.SetLimit: st.builds(
        commands.SetLimit, st.sampled_from(["rooms_max", "no_limit"]), st.integers(-1, 9)
    ),
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
    _typed(["LOGIN bob", "LOGIN anna", "REGISTER bob", "REGISTER Zoë"], passwords),
    _typed(["KICK attic", "BAN attic", "MUTE attic", "OP attic", "DEOP attic"], names),
    _typed(["UNBAN attic", "UNMUTE attic", "LOCK", "UNLOCK", "BANS"], st.just("attic")),
    _typed(["BAN attic bob 10m", "MUTE attic anna 999999999d", "KICK attic bob"], texts),
    st.sampled_from([b"WHO", b"PING", b"QUIT", b"HELP"]),
    st.lists(st.sampled_from(_PIECES), max_size=6).map(b"".join),
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=30),
)
