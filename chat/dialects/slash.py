"""The slash dialect: /join, and what doesn't begin with a slash is said in the room. Seed 3.

Everyone is a guest at once, and in one room at a time. Blanks inside a text are kept. A text that
begins with a slash is written with two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from chat.core import commands, events
from chat.core.commands import CURRENT, Command, Malformed
from chat.core.errors import ERRORS
from chat.dialects.base import (
    HISTORY_COUNT,
    Renderer,
    TextDialect,
    Verb,
    alone,
    count,
    named,
    room_name,
)


def _msg(rest: str) -> Command:
    to, *text = rest.split(None, 1) or [""]
    return (
        commands.Tell(to, text[0].rstrip() if text else "") if to else Malformed("missing-argument")
    )


def _topic(rest: str) -> Command:
    return commands.SetTopic(CURRENT, rest.rstrip()) if rest else commands.ShowTopic(CURRENT)


def _history(rest: str) -> Command:
    number = count(rest.rstrip(), HISTORY_COUNT)
    return commands.Recall(CURRENT, number) if number else Malformed("invalid-number")


def _users(rest: str) -> Command:
    return commands.ListMembers(room_name(rest.rstrip()) if rest else CURRENT)


VERBS: Final[dict[str, Verb]] = {
    "/JOIN": Verb(
        commands.Join, "<room>", named(lambda room: commands.Join(room_name(room), alone=True))
    ),
    "/LEAVE": Verb(commands.Leave, "", alone(lambda: commands.Leave(CURRENT))),
    "/MSG": Verb(commands.Tell, "<user> <text>", _msg),
    "/ME": Verb(commands.Act, "<text>", lambda rest: commands.Act(CURRENT, rest.rstrip())),
    "/NICK": Verb(commands.Nick, "<name>", named(commands.Nick)),
    "/ROOMS": Verb(commands.ListRooms, "", alone(commands.ListRooms)),
    "/USERS": Verb(commands.ListMembers, "[<room>]", _users),
    "/WHO": Verb(commands.Who, "", alone(commands.Who)),
    "/TOPIC": Verb(commands.SetTopic, "[<text>]", _topic),
    "/HISTORY": Verb(commands.Recall, "[<count>]", _history),
    "/HELP": Verb(commands.Help, "", alone(commands.Help)),
    "/QUIT": Verb(commands.Quit, "", alone(commands.Quit)),
}


def _refused(event: events.Refused) -> str:
    if event.code == "unknown-command":
        return f"Error: unknown command {event.detail}. Try /help."
    if event.code == "not-in-room" and not event.detail:
        return "You are in no room. /join one first."
    return f"Error: {ERRORS[event.code]}"


def _said(event: events.Said) -> str:
    return f"* {event.name} {event.text}" if event.act else f"{event.name}: {event.text}"


def _recalled(event: events.Recalled) -> str:
    lines = [
        f"[{datetime.fromtimestamp(said.at, UTC):%Y-%m-%d %H:%M:%S}] {_said(said)}"
        for said in event.messages
    ]
    return "\n".join(lines) or "Nothing has been said here yet."


def _commands(event: events.CommandsListed) -> str:
    summaries = dict(event.summaries)
    lines = [
        f"{verb.lower()} {row.usage}".rstrip() + f": {summaries[row.command]}"
        for verb, row in VERBS.items()
    ]
    return "\n".join([*lines, "anything else: said to everyone in your room"])


def _names(event: events.UsersListed | events.MembersListed) -> str:
    return f"Current users: {', '.join(event.names)}"


def _rooms(event: events.RoomsListed) -> str:
    return "Rooms: " + ", ".join([f"{name} ({members})" for name, members in event.rooms])


def _entered(event: events.Entered) -> str:
    welcome = f"Welcome to room {event.room}!\nCurrent users: {', '.join(event.names)}"
    return f"{welcome}\nTopic: {event.topic}" if event.topic else welcome


RENDERERS: Final[dict[type[events.Event], Renderer]] = {
    events.Greeted: lambda event: event.text,
    events.LoggedIn: lambda event: "" if event.guest else f"You are now {event.name}.",
    events.Named: lambda event: f"You are now {event.name}.",
    events.Done: lambda _: "Done.",
    events.Joined: lambda event: f"{event.name} has joined the room.",
    events.Entered: _entered,
    events.Left: lambda event: f"{event.name} has left the room.",
    events.Departed: lambda event: f"You have left room {event.room}.",
    events.Said: _said,
    events.Told: lambda event: f"[private] {event.name}: {event.text}",
    events.TopicSet: lambda event: f"{event.name} has set the topic: {event.topic}",
    events.TopicShown: lambda event: f"Topic: {event.topic}" if event.topic else "No topic is set.",
    events.RoomsListed: _rooms,
    events.MembersListed: _names,
    events.Recalled: _recalled,
    events.Renamed: lambda event: f"{event.old} is now {event.new}.",
    events.Disconnected: lambda event: f"{event.name} has disconnected.",
    events.Refused: _refused,
    events.UsersListed: _names,
    events.CommandsListed: _commands,
    events.Ponged: lambda _: "Pong.",
    events.SaidGoodbye: lambda _: "Goodbye!",
    events.SlowedDown: lambda _: "You are sending too fast: your lines wait their turn.",
    events.IdledOut: lambda _: "You have been idle for too long. Goodbye!",
    events.ShutDown: lambda _: "The server is shutting down. Goodbye!",
}


class SlashDialect(TextDialect):
    """One object serves all connections: it has no state."""

    name = "slash"
    arrival = commands.Guest()
    verbs: Mapping[str, Verb] = VERBS
    renderers: Mapping[type[events.Event], Renderer] = RENDERERS

    def other(self, text: str, word: str) -> Command:
        """Text for the room, unless it begins with a single slash."""
        if word.startswith("//"):
            return commands.Say(CURRENT, text.strip()[1:])
        if word.startswith("/"):
            return Malformed("unknown-command", word)
        return commands.Say(CURRENT, text.strip())
