"""The slash dialect: what is typed, what is shown. Conversations: `tests/core/test_rooms.py`."""

from __future__ import annotations

import re

import pytest

from chat.core import commands, events
from chat.core.commands import CURRENT, Command, Malformed
from chat.core.events import Event
from chat.core.records import Ban
from chat.core.registry import REGISTRY, ROWS
from chat.core.text import RESERVED, fold
from chat.dialects import DIALECTS, SlashDialect
from chat.dialects.slash import RENDERERS, VERBS
from tests.dialects.support import FOR_PEOPLE, TYPED_BY_PEOPLE

SLASH = DIALECTS["slash"]

PARSED: list[tuple[str, Command]] = [
    ("/join #tea", commands.Join("tea", alone=True)),
    ("/Join tea ", commands.Join("tea", alone=True)),
    ("  /leave now", commands.Leave(CURRENT)),
    ("/msg ben  hello  there ", commands.Tell("ben", "hello  there")),
    ("/msg ben", commands.Tell("ben", "")),
    ("/msg", Malformed("missing-argument")),
    ("/me waves  twice ", commands.Act(CURRENT, "waves  twice")),
    ("/nick zoe", commands.Nick("zoe")),
    ("/users", commands.ListMembers(CURRENT)),
    ("/users #tea", commands.ListMembers("tea")),
    ("/who", commands.Who()),
    ("/rooms", commands.ListRooms()),
    ("/topic", commands.ShowTopic(CURRENT)),
    ("/topic milk  first ", commands.SetTopic(CURRENT, "milk  first")),
    ("/history", commands.Recall(CURRENT, 20)),
    ("/history 7", commands.Recall(CURRENT, 7)),
    ("/history 0", Malformed("invalid-number")),
    ("/history -1", Malformed("invalid-number")),
    ("/history 1234567890", Malformed("invalid-number")),
    ("/history \u0663", Malformed("invalid-number")),
    ("/login ben a  secret ", commands.Authenticate("ben", "a  secret")),
    ("/login ben", Malformed("missing-argument")),
    ("/register ben a  secret ", commands.Enrol("ben", "a  secret")),
    ("/register", Malformed("missing-argument")),
    ("/kick ben", commands.Kick(CURRENT, "ben")),
    ("/kick ben too  loud ", commands.Kick(CURRENT, "ben", "too  loud")),
    ("/kick", Malformed("missing-argument")),
    ("/ban ben", commands.BanUser(CURRENT, "ben")),
    ("/ban ben 7d too loud", commands.BanUser(CURRENT, "ben", 604800.0, "too loud")),
    ("/ban", Malformed("missing-argument")),
    ("/unban ben", commands.UnbanUser(CURRENT, "ben")),
    ("/unban", Malformed("missing-argument")),
    ("/bans", commands.ListBans(CURRENT)),
    ("/mute ben 90s", commands.Mute(CURRENT, "ben", 90.0)),
    ("/unmute ben", commands.Unmute(CURRENT, "ben")),
    ("/op ben", commands.MakeOperator(CURRENT, "ben")),
    ("/deop ben", commands.RemoveOperator(CURRENT, "ben")),
    ("/lock", commands.LockTopic(CURRENT, True)),
    ("/unlock", commands.LockTopic(CURRENT, False)),
    ("/help me", commands.Help()),
    ("/quit", commands.Quit()),
    ("/", Malformed("unknown-command", "/")),
    ("/nonsense 1", Malformed("unknown-command", "/nonsense")),
    ("//join tea", commands.Say(CURRENT, "/join tea")),
    (" two  words\t", commands.Say(CURRENT, "two  words")),
    ("LOGIN ann", commands.Say(CURRENT, "LOGIN ann")),
    ("", commands.Blank()),
    ("\x1b[2J", commands.Say(CURRENT, "[2J")),
]


@pytest.mark.parametrize(("line", "command"), PARSED)
def test_what_a_line_asks_for(line: str, command: Command) -> None:
    assert SLASH.parse(line.encode()) == command


def test_what_is_not_utf_8() -> None:
    assert SLASH.parse(b"/join \xff") == Malformed("invalid-utf-8")


def test_every_event_has_a_renderer() -> None:
    assert set(RENDERERS) == FOR_PEOPLE
    assert {type(event) for event, _ in RENDERED} | {events.CommandsListed} == set(RENDERERS)


def test_every_verb_is_a_command_that_has_a_summary() -> None:
    assert all(REGISTRY[verb.command].summary for verb in VERBS.values())


def test_every_command_that_people_type_has_a_verb() -> None:
    """Bare text is Say; a guest needs no Login, and nobody pings by hand."""
    spared = {commands.Say, commands.Login, commands.Ping}
    assert TYPED_BY_PEOPLE - {verb.command for verb in VERBS.values()} == spared


AT = 1_700_000_000.125
SAID = events.Said(1, "ben", "tea", 7, AT, "hi")
ACTED = events.Said(1, "ben", "tea", 8, AT, "waves", act=True)
FOR_GOOD = Ban("ben", "ann")
FOR_A_WHILE = Ban("eve", "ann", "too loud", AT)
BANS = (
    "Banned: ben, by ann\nBanned: eve, by ann until 2023-11-14T22:13:20.125Z: too loud\n"
    "Muted: ben, by ann\n"
)

RENDERED: list[tuple[Event, str]] = [
    (events.Named("zoe"), "You are now zoe.\n"),
    (events.Joined(1, "ben", "tea", AT), "ben has joined the room.\n"),
    (
        events.Entered("tea", ("ann", "ben"), ""),
        "Welcome to room tea!\nCurrent users: ann, ben\n",
    ),
    (
        events.Entered("tea", ("ann",), "milk"),
        "Welcome to room tea!\nCurrent users: ann\nTopic: milk\n",
    ),
    (events.Left(1, "ben", "tea", AT), "ben has left the room.\n"),
    (events.Departed("tea"), "You have left room tea.\n"),
    (SAID, "ben: hi\n"),
    (ACTED, "* ben waves\n"),
    (events.Told(1, "ben", AT, "psst"), "[private] ben: psst\n"),
    (events.TopicSet(1, "ben", "tea", "milk", AT), "ben has set the topic: milk\n"),
    (events.TopicSet(1, "ben", "tea", "", AT), "ben has set the topic:\n"),
    (events.TopicShown("tea", "milk"), "Topic: milk\n"),
    (events.TopicShown("tea", ""), "No topic is set.\n"),
    (events.RoomsListed((("lobby", 2), ("tea", 1))), "Rooms: lobby (2), tea (1)\n"),
    (events.MembersListed("tea", ("ann", "ben")), "Current users: ann, ben\n"),
    (
        events.Recalled("tea", (SAID, ACTED)),
        "[2023-11-14 22:13:20] ben: hi\n[2023-11-14 22:13:20] * ben waves\n",
    ),
    (events.Renamed(1, "ben", "zoe", ("tea",), AT), "ben is now zoe.\n"),
    (events.Disconnected(1, "ben", ("tea",), AT, "reset"), "ben has disconnected.\n"),
    (events.Refused("banned", "spam"), "Error: You are banned there.\n"),
    (events.Refused("unknown-command", "/x"), "Error: unknown command /x. Try /help.\n"),
    (events.Refused("not-in-room"), "You are in no room. /join one first.\n"),
    (events.Refused("not-in-room", "tea"), "Error: You are not in that room.\n"),
    (events.StatusChanged(1, "ben", True, "", ("tea",), AT), "ben is away.\n"),
    (events.StatusChanged(1, "ben", True, "lunch", ("tea",), AT), "ben is away: lunch.\n"),
    (events.StatusChanged(1, "ben", False, "", ("tea",), AT), "ben is back.\n"),
    (events.StatusChanged(1, "ben", True, "", ("tea",), AT, (), True), ""),
    (events.StatusChanged(1, "ben", False, "", ("tea",), AT, (), True), ""),
    (events.SaidGoodbye(), "Goodbye!\n"),
    (events.Registered("zoe"), "The name zoe is yours now.\n"),
    (
        events.Moderated("kicked", "tea", "ben", "ann", AT, reason="spam"),
        "ben was kicked from tea by ann: spam.\n",
    ),
    (events.BansListed("tea", (), ()), "Nobody is banned from tea, or muted there.\n"),
    (events.BansListed("tea", (FOR_GOOD, FOR_A_WHILE), (FOR_GOOD,)), BANS),
    (events.Announced("tea is ready", AT), "[server] tea is ready\n"),
    (events.Expelled(1, "ben", "spam"), "You were disconnected: spam.\n"),
    (events.Expelled(1, "ben", "", banned=True), "You are banned from this server.\n"),
    (events.RoomClosed("tea", AT), "Room tea was closed.\n"),
    (events.Greeted("Hello."), "Hello.\n"),
    (events.LoggedIn("guest1", guest=True), ""),
    (events.LoggedIn("zoe"), "You are now zoe.\n"),
    (events.Done(), ""),
    (events.Recalled("tea", ()), "Nothing has been said here yet.\n"),
    (events.UsersListed(("ann", "ben")), "Current users: ann, ben\n"),
    (events.Ponged(), "Pong.\n"),
    (events.SlowedDown(), "You are sending too fast: your lines wait their turn.\n"),
    (events.IdledOut(), "You have been idle for too long. Goodbye!\n"),
    (events.ShutDown(), "The server is shutting down. Goodbye!\n"),
]


@pytest.mark.parametrize(("event", "text"), RENDERED)
def test_what_an_event_looks_like(event: Event, text: str) -> None:
    assert SLASH.render(event) == text.encode()


def test_nobody_bears_a_name_that_a_line_of_the_servers_own_begins_with() -> None:
    lines = [line for event, text in RENDERED if event != SAID for line in text.splitlines()]
    first = {fold(found[1]) for line in lines if (found := re.match(r"(\S+): ", line))}
    assert first
    assert first <= RESERVED


def test_help_has_a_line_for_each_verb_and_one_for_text() -> None:
    summaries = tuple((row.command, row.summary) for row in ROWS)
    lines = SLASH.render(events.CommandsListed(summaries)).decode().splitlines()
    assert len(lines) == len(VERBS) + 1
    assert lines[0] == "/join <room>: come into a room, which is made if there is none"


def test_it_is_known_by_its_name() -> None:
    assert isinstance(SLASH, SlashDialect)
