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
    command_lines,
    count,
    enrol,
    expelled,
    moderated,
    named,
    needing,
    of_member,
    of_room,
    rfc3339,
    room_name,
    sanction,
    status,
    until,
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


def _login(rest: str) -> Command:
    name, *password = rest.split(None, 1) or [""]
    if not name:
        return Malformed("missing-argument")
    return commands.Authenticate(name, password[0].rstrip()) if password else commands.Login(name)


def _moderating(command: Callable[[str, str, float, str], Command]) -> Callable[[str], Command]:
    """A verb with a room, a name, and perhaps a length of time and a reason."""

    def parse(rest: str) -> Command:
        room, whom = rest.split(None, 1)
        return command(room_name(room), *sanction(whom))

    return needing(2, parse)


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


def _kick(rest: str) -> Command:
    room, name, *reason = rest.split()
    return commands.Kick(room_name(room), name, " ".join(reason))


def _lock(room: str) -> Command:
    return commands.LockTopic(room, True)


def _unlock(room: str) -> Command:
    return commands.LockTopic(room, False)


_SANCTION: Final = "<room> <username> [<time>] [<reason>]"

VERBS: Final[dict[str, Verb]] = {
    "LOGIN": Verb(commands.Login, "<username> [<password>]", _login),
    "REGISTER": Verb(commands.Enrol, "<username> <password>", needing(2, enrol)),
    "MSG": Verb(commands.Say, "<text>", _msg),
    "DM": Verb(commands.Tell, "<username> <text>", _dm),
    "WHO": Verb(commands.Who, "", alone(commands.Who)),
    "NICK": Verb(commands.Nick, "<username>", named(commands.Nick)),
    "JOIN": Verb(commands.Join, "<room>", of_room(commands.Join)),
    "LEAVE": Verb(commands.Leave, "<room>", of_room(commands.Leave)),
    "ROOMS": Verb(commands.ListRooms, "", alone(commands.ListRooms)),
    "NAMES": Verb(commands.ListMembers, "<room>", of_room(commands.ListMembers)),
    "SAY": Verb(commands.Say, "<room> <text>", _in_room(commands.Say)),
    "ME": Verb(commands.Act, "<room> <text>", _in_room(commands.Act)),
    "TOPIC": Verb(commands.SetTopic, "<room> [<text>]", _topic),
    "HISTORY": Verb(commands.Recall, "<room> [<count>]", _history),
    "AWAY": Verb(commands.Away, "[<text>]", lambda rest: commands.Away(" ".join(rest.split()))),
    "BACK": Verb(commands.Back, "", alone(commands.Back)),
    "KICK": Verb(commands.Kick, "<room> <username> [<reason>]", needing(2, _kick)),
    "BAN": Verb(commands.BanUser, _SANCTION, _moderating(commands.BanUser)),
    "UNBAN": Verb(commands.UnbanUser, "<room> <username>", of_member(commands.UnbanUser)),
    "BANS": Verb(commands.ListBans, "<room>", of_room(commands.ListBans)),
    "MUTE": Verb(commands.Mute, _SANCTION, _moderating(commands.Mute)),
    "UNMUTE": Verb(commands.Unmute, "<room> <username>", of_member(commands.Unmute)),
    "OP": Verb(commands.MakeOperator, "<room> <username>", of_member(commands.MakeOperator)),
    "DEOP": Verb(commands.RemoveOperator, "<room> <username>", of_member(commands.RemoveOperator)),
    "LOCK": Verb(commands.LockTopic, "<room>", of_room(_lock)),
    "UNLOCK": Verb(commands.LockTopic, "<room>", of_room(_unlock)),
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
    return "\n".join([f"INFO {line}" for line in command_lines(event, VERBS, str)])


def _bans(event: events.BansListed) -> str:
    listed = [("BAN", ban) for ban in event.bans] + [("MUTE", ban) for ban in event.mutes]
    lines = [
        f"{what} {event.room} {ban.name} by {ban.by}{until(ban)} {ban.reason}".rstrip()
        for what, ban in listed
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
    events.Registered: lambda _: "",  # what comes with it is answer enough
    events.Moderated: lambda event: f"INFO {moderated(event)}",
    events.BansListed: _bans,
    events.Announced: lambda event: f"INFO server: {event.text}",
    events.Expelled: lambda event: f"INFO {expelled(event)}",
    events.RoomClosed: lambda event: f"INFO {event.room} was closed",
    events.TopicSet: lambda event: (
        f"INFO {event.name} set the topic of {event.room}: {event.topic}".rstrip()
    ),
    events.TopicShown: lambda event: f"TOPIC {event.room} {event.topic}".rstrip(),
    events.RoomsListed: lambda event: "\n".join([f"ROOM {name} {n}" for name, n in event.rooms]),
    events.MembersListed: _users,
    events.Recalled: _recalled,
    events.StatusChanged: lambda event: status(event, "INFO {}"),
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
