"""The slash dialect: what is typed, what is shown. Conversations: `tests/core/test_rooms.py`."""

from __future__ import annotations

from typing import get_args

import pytest

from chat.core import commands, events
from chat.core.commands import CURRENT, Command, Malformed
from chat.core.events import Event
from chat.core.registry import REGISTRY, ROWS
from chat.dialects import DIALECTS, SlashDialect
from chat.dialects.slash import RENDERERS, VERBS

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
    assert set(RENDERERS) == set(get_args(Event))


def test_every_verb_is_a_command_that_has_a_summary() -> None:
    assert all(REGISTRY[verb.command].summary for verb in VERBS.values())


def test_every_command_that_people_type_has_a_verb() -> None:
    """Bare text is Say; a guest needs no Login, and nobody pings by hand."""
    typed = {row.command for row in ROWS if row.summary}
    spared = {commands.Say, commands.Login, commands.Ping}
    assert typed - {verb.command for verb in VERBS.values()} == spared


RENDERED: list[tuple[Event, str]] = [
    (events.Greeted("Hello."), "Hello.\n"),
    (events.LoggedIn("guest1", guest=True), ""),
    (events.LoggedIn("zoe"), "You are now zoe.\n"),
    (events.Done(), "Done.\n"),
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


def test_help_has_a_line_for_each_verb_and_one_for_text() -> None:
    summaries = tuple((row.command, row.summary) for row in ROWS)
    lines = SLASH.render(events.CommandsListed(summaries)).decode().splitlines()
    assert len(lines) == len(VERBS) + 1
    assert lines[0] == "/join <room>: come into a room, which is made if there is none"


def test_it_is_known_by_its_name() -> None:
    assert isinstance(SLASH, SlashDialect)
