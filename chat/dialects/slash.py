"""The slash dialect: /join, and what doesn't begin with a slash is said in the room. Seed 3.

Everyone is a guest at once, and in one room at a time. Blanks inside a text are kept. A text that
begins with a slash is written with two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from chat.core import commands, events
from chat.core.commands import CURRENT, Command, Malformed
from chat.core.errors import ERRORS
from chat.core.records import Ban
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
    room_name,
    sanction,
    status,
    until,
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


def _moderating(command: Callable[[str, str, float, str], Command]) -> Callable[[str], Command]:
    """A verb with a name, and perhaps a length of time and a reason; in the room one is in."""
    return needing(1, lambda rest: command(CURRENT, *sanction(rest)))


def _of_member(command: Callable[[str, str], Command]) -> Callable[[str], Command]:
    """A verb with a name."""
    return named(lambda name: command(CURRENT, name))


def _kick(rest: str) -> Command:
    name, *reason = rest.split(None, 1)
    return commands.Kick(CURRENT, name, reason[0].rstrip() if reason else "")


def _login(rest: str) -> Command:
    name, password = rest.split(None, 1)
    return commands.Authenticate(name, password.rstrip())


_SANCTION: Final = "<name> [<time>] [<reason>]"

VERBS: Final[dict[str, Verb]] = {
    "/JOIN": Verb(
        commands.Join, "<room>", named(lambda room: commands.Join(room_name(room), alone=True))
    ),
    "/LEAVE": Verb(commands.Leave, "", alone(lambda: commands.Leave(CURRENT))),
    "/MSG": Verb(commands.Tell, "<user> <text>", _msg),
    "/ME": Verb(commands.Act, "<text>", lambda rest: commands.Act(CURRENT, rest.rstrip())),
    "/NICK": Verb(commands.Nick, "<name>", named(commands.Nick)),
    "/LOGIN": Verb(commands.Authenticate, "<name> <password>", needing(2, _login)),
    "/REGISTER": Verb(commands.Enrol, "<name> <password>", needing(2, enrol)),
    "/ROOMS": Verb(commands.ListRooms, "", alone(commands.ListRooms)),
    "/USERS": Verb(commands.ListMembers, "[<room>]", _users),
    "/WHO": Verb(commands.Who, "", alone(commands.Who)),
    "/TOPIC": Verb(commands.SetTopic, "[<text>]", _topic),
    "/HISTORY": Verb(commands.Recall, "[<count>]", _history),
    "/AWAY": Verb(commands.Away, "[<text>]", lambda rest: commands.Away(rest.rstrip())),
    "/BACK": Verb(commands.Back, "", alone(commands.Back)),
    "/KICK": Verb(commands.Kick, "<name> [<reason>]", needing(1, _kick)),
    "/BAN": Verb(commands.BanUser, _SANCTION, _moderating(commands.BanUser)),
    "/UNBAN": Verb(commands.UnbanUser, "<name>", _of_member(commands.UnbanUser)),
    "/BANS": Verb(commands.ListBans, "", alone(lambda: commands.ListBans(CURRENT))),
    "/MUTE": Verb(commands.Mute, _SANCTION, _moderating(commands.Mute)),
    "/UNMUTE": Verb(commands.Unmute, "<name>", _of_member(commands.Unmute)),
    "/OP": Verb(commands.MakeOperator, "<name>", _of_member(commands.MakeOperator)),
    "/DEOP": Verb(commands.RemoveOperator, "<name>", _of_member(commands.RemoveOperator)),
    "/LOCK": Verb(commands.LockTopic, "", alone(lambda: commands.LockTopic(CURRENT, True))),
    "/UNLOCK": Verb(commands.LockTopic, "", alone(lambda: commands.LockTopic(CURRENT, False))),
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
    lines = command_lines(event, VERBS, str.lower)
    return "\n".join([*lines, "anything else: said to everyone in your room"])


def _names(event: events.UsersListed | events.MembersListed) -> str:
    return f"Current users: {', '.join(event.names)}"


def _rooms(event: events.RoomsListed) -> str:
    return "Rooms: " + ", ".join([f"{name} ({members})" for name, members in event.rooms])


def _entered(event: events.Entered) -> str:
    welcome = f"Welcome to room {event.room}!\nCurrent users: {', '.join(event.names)}"
    return f"{welcome}\nTopic: {event.topic}" if event.topic else welcome


def _bans(event: events.BansListed) -> str:
    lines = [f"Banned: {_ban(ban)}" for ban in event.bans]
    lines += [f"Muted: {_ban(ban)}" for ban in event.mutes]
    return "\n".join(lines) or f"Nobody is banned from {event.room}, or muted there."


def _ban(ban: Ban) -> str:
    why = f": {ban.reason}" if ban.reason else ""
    return f"{ban.name}, by {ban.by}{until(ban)}{why}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


RENDERERS: Final[dict[type[events.Event], Renderer]] = {
    events.Greeted: lambda event: event.text,
    events.LoggedIn: lambda event: "" if event.guest else f"You are now {event.name}.",
    events.Named: lambda event: f"You are now {event.name}.",
    events.Done: lambda _: "",  # what was done is told to the room
    events.Joined: lambda event: f"{event.name} has joined the room.",
    events.Entered: _entered,
    events.Left: lambda event: f"{event.name} has left the room.",
    events.Departed: lambda event: f"You have left room {event.room}.",
    events.Said: _said,
    events.StatusChanged: lambda event: status(event, "{}."),
    events.Told: lambda event: f"[private] {event.name}: {event.text}",
    events.Registered: lambda event: f"The name {event.name} is yours now.",
    events.Moderated: lambda event: f"{moderated(event)}.",
    events.BansListed: _bans,
    events.Announced: lambda event: f"[server] {event.text}",
    events.Expelled: lambda event: _sentence(expelled(event)),
    events.RoomClosed: lambda event: f"Room {event.room} was closed.",
    events.TopicSet: lambda event: f"{event.name} has set the topic: {event.topic}".rstrip(),
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
