"""The line dialect: what each line asks for, and what each event looks like.

Whole conversations are in `tests/core/test_transcripts.py`.
"""

from __future__ import annotations

from typing import get_args

import pytest

from chat.core import LOBBY, events
from chat.core.commands import (
    Blank,
    Command,
    Disconnect,
    Help,
    Login,
    Malformed,
    Nick,
    Ping,
    Quit,
    Say,
    Tell,
    Who,
)
from chat.core.events import Event
from chat.core.registry import REGISTRY, ROWS
from chat.dialects import DIALECTS, LineDialect
from chat.dialects.line import RENDERERS, VERBS

LINE = LineDialect()

NOTHING_TO_TAKE = Malformed("missing-argument")

PARSED: dict[str, Command] = {
    "LOGIN bob": Login("bob"),
    "login bob": Login("bob"),
    "LoGiN bob": Login("bob"),
    "LOGIN Bob": Login("Bob"),
    "  LOGIN \t bob  ": Login("bob"),
    "LOGIN\x00 b\x07ob": Login("bob"),
    "LOGIN two words": Login("two words"),
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
    (events.SaidGoodbye(), "BYE\n"),
    (events.SlowedDown(), "INFO slow-down\n"),
    (events.IdledOut(), "INFO idle-timeout\n"),
    (events.ShutDown(), "INFO server-shutdown\n"),
]


@pytest.mark.parametrize(("event", "text"), RENDERED)
def test_what_an_event_looks_like(event: Event, text: str) -> None:
    assert LINE.render(event) == text.encode()


def test_help_has_a_line_for_each_verb() -> None:
    summaries = tuple((row.command, row.summary) for row in ROWS)
    lines = LINE.render(events.CommandsListed(summaries)).decode().splitlines()
    assert len(lines) == len(VERBS)
    assert lines[0] == "INFO LOGIN <username>: log in with a name that nobody else has"
    assert lines[3] == "INFO WHO: list who is here"


def test_every_event_has_a_renderer() -> None:
    assert set(RENDERERS) == set(get_args(Event))
    assert {type(event) for event, _ in RENDERED} | {events.CommandsListed} == set(RENDERERS)


def test_every_verb_is_a_command_that_has_a_summary() -> None:
    for verb in VERBS.values():
        assert REGISTRY[verb.command].summary


def test_every_command_that_has_a_summary_has_a_verb() -> None:
    typed = {row.command for row in ROWS if row.summary}
    assert {verb.command for verb in VERBS.values()} == typed
    assert Disconnect not in typed


USAGES = {"<username>": "bob", "<room>": "attic", "[<count>]": "7", "[<text>]": "x", "<text>": "hi"}


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
