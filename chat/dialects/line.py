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
from chat.dialects.base import Renderer, TextDialect, Verb


def _alone(command: Callable[[], Command]) -> Callable[[str], Command]:
    """A verb without arguments; what stands behind it is nobody's business."""
    return lambda _rest: command()


def _named(command: Callable[[str], Command]) -> Callable[[str], Command]:
    """A verb with one name. Two words are given on as they are: no name has a blank in it."""
    return lambda rest: command(rest.rstrip()) if rest else Malformed("missing-argument")


def _msg(rest: str) -> Command:
    return commands.Say(LOBBY, " ".join(rest.split()))


def _dm(rest: str) -> Command:
    if not rest:
        return Malformed("missing-argument")
    to, *words = rest.split()
    return commands.Tell(to, " ".join(words))


VERBS: Final[dict[str, Verb]] = {
    "LOGIN": Verb(commands.Login, "<username>", _named(commands.Login)),
    "MSG": Verb(commands.Say, "<text>", _msg),
    "DM": Verb(commands.Tell, "<username> <text>", _dm),
    "WHO": Verb(commands.Who, "", _alone(commands.Who)),
    "NICK": Verb(commands.Nick, "<username>", _named(commands.Nick)),
    "PING": Verb(commands.Ping, "", _alone(commands.Ping)),
    "HELP": Verb(commands.Help, "", _alone(commands.Help)),
    "QUIT": Verb(commands.Quit, "", _alone(commands.Quit)),
}


def _users(event: events.UsersListed) -> str:
    return "\n".join([f"USER {name}" for name in event.names])


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
    events.Joined: lambda event: f"INFO {event.name} joined the chat",
    events.Said: lambda event: f"MSG {event.name} {event.text}",
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
