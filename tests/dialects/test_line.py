"""The line dialect: what each line asks for, and what each event looks like.

Whole conversations are in `tests/core/test_transcripts.py`.
"""

from __future__ import annotations

import pytest

from chat.core import LOBBY, events
from chat.core.commands import (
    Authenticate,
    BanUser,
    Blank,
    Command,
    Disconnect,
    Enrol,
    Help,
    Kick,
    ListBans,
    LockTopic,
    Login,
    MakeOperator,
    Malformed,
    Mute,
    Nick,
    Ping,
    Quit,
    RemoveOperator,
    Say,
    Tell,
    UnbanUser,
    Unmute,
    Who,
)
from chat.core.events import Event
from chat.core.records import Ban
from chat.core.registry import REGISTRY, ROWS
from chat.dialects import DIALECTS, LineDialect
from chat.dialects.line import RENDERERS, VERBS
from tests.dialects.support import FOR_PEOPLE, TYPED_BY_PEOPLE

LINE = LineDialect()

NOTHING_TO_TAKE = Malformed("missing-argument")

PARSED: dict[str, Command] = {
    "LOGIN bob": Login("bob"),
    "login bob": Login("bob"),
    "LoGiN bob": Login("bob"),
    "LOGIN Bob": Login("Bob"),
    "  LOGIN \t bob  ": Login("bob"),
    "LOGIN\x00 b\x07ob": Login("bob"),
    "LOGIN bob a secret ": Authenticate("bob", "a secret"),
    "LOGIN  bob  two  blanks ": Authenticate("bob", "two  blanks"),
    "LOGIN": NOTHING_TO_TAKE,
    "LOGIN  ": NOTHING_TO_TAKE,
    "LOGIN \x1b": NOTHING_TO_TAKE,
    "NICK zoe": Nick("zoe"),
    "NICK two words": Nick("two words"),
    "NICK": NOTHING_TO_TAKE,
    "MSG hi": Say(LOBBY, "hi"),
    "MSG  how \t are\u3000you  ": Say(LOBBY, "how are you"),
    "MSG MSG": Say(LOBBY, "MSG"),
    "MSG": Say(LOBBY, ""),
    "MSG   ": Say(LOBBY, ""),
    "DM bob hi": Tell("bob", "hi"),
    "DM  bob  how   are you ": Tell("bob", "how are you"),
    "DM bob": Tell("bob", ""),
    "DM": NOTHING_TO_TAKE,
    "WHO": Who(),
    "who is there": Who(),
    "PING": Ping(),
    "PING 123": Ping(),
    "HELP": Help(),
    "HELP MSG": Help(),
    "QUIT": Quit(),
    "quit now": Quit(),
    "REGISTER bob a secret ": Enrol("bob", "a secret"),
    "REGISTER bob": NOTHING_TO_TAKE,
    "REGISTER": NOTHING_TO_TAKE,
    "KICK #attic bob": Kick("attic", "bob"),
    "KICK attic bob  too   loud ": Kick("attic", "bob", "too loud"),
    "KICK attic": NOTHING_TO_TAKE,
    "KICK": NOTHING_TO_TAKE,
    "BAN #attic bob": BanUser("attic", "bob"),
    "BAN attic bob 10m": BanUser("attic", "bob", 600.0),
    "BAN attic bob 2h  too   loud ": BanUser("attic", "bob", 7200.0, "too loud"),
    "BAN attic bob 10 times too loud": BanUser("attic", "bob", 0.0, "10 times too loud"),
    "BAN attic": NOTHING_TO_TAKE,
    "UNBAN #attic bob": UnbanUser("attic", "bob"),
    "UNBAN attic two words": UnbanUser("attic", "two words"),
    "UNBAN attic": NOTHING_TO_TAKE,
    "BANS #attic": ListBans("attic"),
    "BANS": NOTHING_TO_TAKE,
    "MUTE #attic bob 30s psst": Mute("attic", "bob", 30.0, "psst"),
    "MUTE attic": NOTHING_TO_TAKE,
    "UNMUTE attic bob": Unmute("attic", "bob"),
    "OP attic bob": MakeOperator("attic", "bob"),
    "DEOP attic bob": RemoveOperator("attic", "bob"),
    "LOCK #attic": LockTopic("attic", True),
    "UNLOCK attic": LockTopic("attic", False),
    "LOCK": NOTHING_TO_TAKE,
    "": Blank(),
    " \t ": Blank(),
    "\x00": Blank(),
    "\ufeff": Blank(),
    "\r": Blank(),
    "\ufeffPING": Ping(),
    "P\x08I\x1bN\x9bG": Ping(),
    "hello": Malformed("unknown-command", "hello"),
    "MSGhi": Malformed("unknown-command", "MSGhi"),
    "MSG:hi": Malformed("unknown-command", "MSG:hi"),
    "/quit": Malformed("unknown-command", "/quit"),
    '{"type":"login"}': Malformed("unknown-command", '{"type":"login"}'),
}


@pytest.mark.parametrize(("line", "command"), PARSED.items())
def test_what_a_line_asks_for(line: str, command: Command) -> None:
    assert LINE.parse(line.encode()) == command


@pytest.mark.parametrize(
    "line", [b"\xff", b"MSG caf\xe9", b"LOGIN \xed\xa0\x80", b"\xc0\x80", b"\xe2\x82"]
)
def test_what_is_not_utf_8(line: bytes) -> None:
    assert LINE.parse(line) == Malformed("invalid-utf-8")


AT = 1_700_000_000.125
SAID = events.Said(1, "bob", "attic", 7, AT, "hi")
ACTED = events.Said(1, "bob", "attic", 8, AT, "waves", act=True)
PAST = "".join(
    [f"PAST attic 2023-11-14T22:13:20.125Z bob {text}\n" for text in ("hi", "/me waves")]
)
BANNED = events.Moderated("banned", "attic", "bob", "Zoë", AT, 7200.0, "spam")
FOR_GOOD = Ban("bob", "Zoë")
FOR_A_WHILE = Ban("eve", "Zoë", "too loud", AT)
BANS = (
    "BAN attic bob by Zoë\nBAN attic eve by Zoë until 2023-11-14T22:13:20.125Z too loud\n"
    "MUTE attic bob by Zoë\n"
)
TOPIC_SET = "INFO bob set the topic of attic: old things\n"

RENDERED: list[tuple[Event, str]] = [
    (events.Greeted("Hello."), "Hello.\n"),
    (events.LoggedIn("bob"), "OK\n"),
    (events.Done(), "OK\n"),
    (events.Named("Zoë"), "OK\n"),
    (events.Joined(1, "bob", LOBBY, 0.0, by_login=True), "INFO bob joined the chat\n"),
    (events.Joined(1, "bob", "attic", 0.0), "INFO bob joined attic\n"),
    (events.Entered("attic", ("bob",), "old things"), "OK\n"),
    (events.Left(1, "bob", "attic", 0.0), "INFO bob left attic\n"),
    (events.Departed("attic"), "OK\n"),
    (events.TopicSet(1, "bob", "attic", "old things", 0.0), TOPIC_SET),
    (events.TopicSet(1, "bob", "attic", "", 0.0), "INFO bob set the topic of attic:\n"),
    (events.TopicShown("attic", "old things"), "TOPIC attic old things\n"),
    (events.TopicShown("attic", ""), "TOPIC attic\n"),
    (events.RoomsListed((("lobby", 2), ("attic", 1))), "ROOM lobby 2\nROOM attic 1\n"),
    (events.MembersListed("attic", ("bob", "Zoë")), "USER bob\nUSER Zoë\n"),
    (events.Recalled("attic", ()), ""),
    (events.Recalled("attic", (SAID, ACTED)), PAST),
    (SAID, "SAID attic bob hi\n"),
    (ACTED, "ME attic bob waves\n"),
    (events.Said(1, "bob", LOBBY, 7, 0.0, "hi, all"), "MSG bob hi, all\n"),
    (events.Told(2, "Zoë", 0.0, "hi"), "DM Zoë hi\n"),
    (events.Renamed(1, "bob", "Zoë", (LOBBY,), 0.0), "INFO bob is now Zoë\n"),
    (events.Disconnected(1, "bob", (LOBBY,), 0.0, "reset"), "INFO bob disconnected\n"),
    (events.Refused("no-such-user", "eve"), "ERR no-such-user\n"),
    (events.UsersListed(("bob", "Zoë")), "USER bob\nUSER Zoë\n"),
    (events.UsersListed(()), ""),
    (events.Ponged(), "PONG\n"),
    (events.StatusChanged(1, "ben", True, "", ("tea",), AT), "INFO ben is away\n"),
    (events.StatusChanged(1, "ben", True, "lunch", ("tea",), AT), "INFO ben is away: lunch\n"),
    (events.StatusChanged(1, "ben", False, "", ("tea",), AT), "INFO ben is back\n"),
    (events.StatusChanged(1, "ben", True, "", ("tea",), AT, (), True), ""),
    (events.StatusChanged(1, "ben", False, "", ("tea",), AT, (), True), ""),
    (events.SaidGoodbye(), "BYE\n"),
    (events.SlowedDown(), "INFO slow-down\n"),
    (events.IdledOut(), "INFO idle-timeout\n"),
    (events.ShutDown(), "INFO server-shutdown\n"),
    (events.Registered("bob"), ""),
    (BANNED, "INFO bob was banned from attic by Zoë for 2h: spam\n"),
    (events.BansListed("attic", (), ()), ""),
    (events.BansListed("attic", (FOR_GOOD, FOR_A_WHILE), (FOR_GOOD,)), BANS),
    (events.Announced("tea is ready", 0.0), "INFO server: tea is ready\n"),
    (events.Expelled(1, "bob", "spam"), "INFO you were disconnected: spam\n"),
    (events.Expelled(1, "bob", "", banned=True), "INFO you are banned from this server\n"),
    (events.RoomClosed("attic", 0.0), "INFO attic was closed\n"),
]


@pytest.mark.parametrize(("event", "text"), RENDERED)
def test_what_an_event_looks_like(event: Event, text: str) -> None:
    assert LINE.render(event) == text.encode()


def test_help_has_a_line_for_each_verb() -> None:
    summaries = tuple((row.command, row.summary) for row in ROWS)
    lines = LINE.render(events.CommandsListed(summaries)).decode().splitlines()
    assert len(lines) == len(VERBS)
    usage = "INFO LOGIN <username> [<password>]"
    assert lines[0] == f"{usage}: log in with a name that nobody else has"
    assert lines[4] == "INFO WHO: list who is here"


def test_every_event_has_a_renderer() -> None:
    assert set(RENDERERS) == FOR_PEOPLE
    assert {type(event) for event, _ in RENDERED} | {events.CommandsListed} == set(RENDERERS)


def test_every_verb_is_a_command_that_has_a_summary() -> None:
    for verb in VERBS.values():
        assert REGISTRY[verb.command].summary


def test_every_command_that_has_a_summary_has_a_verb() -> None:
    """LOGIN is two: with a password, and without."""
    assert {verb.command for verb in VERBS.values()} == TYPED_BY_PEOPLE - {Authenticate}
    assert Disconnect not in TYPED_BY_PEOPLE


USAGES = {
    **{"<username>": "bob", "<room>": "attic", "[<count>]": "7", "[<text>]": "x", "<text>": "hi"},
    **{"[<password>]": "", "<password>": "a secret", "[<time>]": "2h", "[<reason>]": "spam"},
}


def test_a_verb_with_its_arguments_is_the_command_that_it_is_said_to_be() -> None:
    for name, verb in VERBS.items():
        assert name == name.upper()
        line = f"{name} {verb.usage}"
        for usage, typed in USAGES.items():
            line = line.replace(usage, typed)
        assert type(LINE.parse(line.encode())) is verb.command


def test_it_is_known_by_its_name() -> None:
    assert isinstance(DIALECTS["line"], LineDialect)
    assert all(dialect.name == name for name, dialect in DIALECTS.items())
