"""The line dialect: LOGIN, MSG and their like, for `nc` and `telnet`. Seeds of the protocol:
the socket chat assignment and the two servers that answered it.

A verb, in any case, then its arguments, separated by any run of blanks. In message text, blanks
at the ends go and runs of them become one, "so messages always appear clean".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chat.core import commands, events
from chat.core.commands import Command, Malformed
from chat.core.world import LOBBY
from chat.dialects.base import (
    HISTORY_COUNT,
    Renderer,
    TextDialect,
    Verb,
    alone,
    count,
    named,
    rfc3339,
    room_name,
)


def _msg(rest: str) -> Command:
    return commands.Say(LOBBY, " ".join(rest.split()))


def _dm(rest: str) -> Command:
    if not rest:
        return Malformed("missing-argument")
    to, *words = rest.split()
    return commands.Tell(to, " ".join(words))


def _in_room(command: Callable[[str, str], Command]) -> Callable[[str], Command]:
    """A verb with a room and a text."""

    def parse(rest: str) -> Command:
        if not rest:
            return Malformed("missing-argument")
        room, *words = rest.split()
        return command(room_name(room), " ".join(words))

    return parse


def _of_room(command: Callable[[str], Command]) -> Callable[[str], Command]:
    """A verb with a room."""
    return named(lambda room: command(room_name(room)))


def _topic(rest: str) -> Command:
    room, *words = rest.split() or [""]
    if not room:
        return Malformed("missing-argument")
    if not words:
        return commands.ShowTopic(room_name(room))
    return commands.SetTopic(room_name(room), " ".join(words))


def _history(rest: str) -> Command:
    room, *words = rest.split() or [""]
    number = count(words[0] if words else "", HISTORY_COUNT)
    if not room:
        return Malformed("missing-argument")
    return commands.Recall(room_name(room), number) if number else Malformed("invalid-number")


VERBS: Final[dict[str, Verb]] = {
    "LOGIN": Verb(commands.Login, "<username>", named(commands.Login)),
    "MSG": Verb(commands.Say, "<text>", _msg),
    "DM": Verb(commands.Tell, "<username> <text>", _dm),
    "WHO": Verb(commands.Who, "", alone(commands.Who)),
    "NICK": Verb(commands.Nick, "<username>", named(commands.Nick)),
    "JOIN": Verb(commands.Join, "<room>", _of_room(commands.Join)),
    "LEAVE": Verb(commands.Leave, "<room>", _of_room(commands.Leave)),
    "ROOMS": Verb(commands.ListRooms, "", alone(commands.ListRooms)),
    "NAMES": Verb(commands.ListMembers, "<room>", _of_room(commands.ListMembers)),
    "SAY": Verb(commands.Say, "<room> <text>", _in_room(commands.Say)),
    "ME": Verb(commands.Act, "<room> <text>", _in_room(commands.Act)),
    "TOPIC": Verb(commands.SetTopic, "<room> [<text>]", _topic),
    "HISTORY": Verb(commands.Recall, "<room> [<count>]", _history),
    "PING": Verb(commands.Ping, "", alone(commands.Ping)),
    "HELP": Verb(commands.Help, "", alone(commands.Help)),
    "QUIT": Verb(commands.Quit, "", alone(commands.Quit)),
}


def _users(event: events.UsersListed | events.MembersListed) -> str:
    return "\n".join([f"USER {name}" for name in event.names])


def _said(event: events.Said) -> str:
    if event.act:
        return f"ME {event.room} {event.name} {event.text}"
    if event.room == LOBBY:
        return f"MSG {event.name} {event.text}"
    return f"SAID {event.room} {event.name} {event.text}"


def _joined(event: events.Joined) -> str:
    where = "the chat" if event.by_login else event.room
    return f"INFO {event.name} joined {where}"


def _recalled(event: events.Recalled) -> str:
    lines = [
        f"PAST {said.room} {rfc3339(said.at)} {said.name} {'/me ' * said.act}{said.text}"
        for said in event.messages
    ]
    return "\n".join(lines)


def _commands(event: events.CommandsListed) -> str:
    summaries = dict(event.summaries)
    lines = [
        f"INFO {verb} {row.usage}".rstrip() + f": {summaries[row.command]}"
        for verb, row in VERBS.items()
    ]
    return "\n".join(lines)


RENDERERS: Final[dict[type[events.Event], Renderer]] = {
    events.Greeted: lambda event: event.text,
    events.LoggedIn: lambda _: "OK",
    events.Done: lambda _: "OK",
    events.Named: lambda _: "OK",
    events.Joined: _joined,
    events.Entered: lambda _: "OK",
    events.Left: lambda event: f"INFO {event.name} left {event.room}",
    events.Departed: lambda _: "OK",
    events.Said: _said,
    events.TopicSet: lambda event: (
        f"INFO {event.name} set the topic of {event.room}: {event.topic}"
    ),
    events.TopicShown: lambda event: f"TOPIC {event.room} {event.topic}".rstrip(),
    events.RoomsListed: lambda event: "\n".join([f"ROOM {name} {n}" for name, n in event.rooms]),
    events.MembersListed: _users,
    events.Recalled: _recalled,
    events.Told: lambda event: f"DM {event.name} {event.text}",
    events.Renamed: lambda event: f"INFO {event.old} is now {event.new}",
    events.Disconnected: lambda event: f"INFO {event.name} disconnected",
    events.Refused: lambda event: f"ERR {event.code}",
    events.UsersListed: _users,
    events.CommandsListed: _commands,
    events.Ponged: lambda _: "PONG",
    events.SaidGoodbye: lambda _: "BYE",
    events.SlowedDown: lambda _: "INFO slow-down",
    events.IdledOut: lambda _: "INFO idle-timeout",
    events.ShutDown: lambda _: "INFO server-shutdown",
}


class LineDialect(TextDialect):
    """One object serves all connections: it has no state."""

    name = "line"
    verbs: Mapping[str, Verb] = VERBS
    renderers: Mapping[type[events.Event], Renderer] = RENDERERS
