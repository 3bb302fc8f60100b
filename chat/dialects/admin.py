"""The dialect of the server's administration: what `chat admin` speaks, and `nc -U` can.

A verb, in any case, then its arguments, as in the line dialect. Every answer ends with a line
`OK` or `ERR code text`, so that a program knows when it has read all of it. Who begins with the
line `json` is answered in JSON, one object a line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Final

from chat.core import commands, events
from chat.core.commands import Command, Malformed
from chat.core.errors import ERRORS
from chat.core.records import Ban
from chat.dialects.base import (
    Renderer,
    TextDialect,
    Verb,
    alone,
    command_lines,
    named,
    needing,
    of_member,
    of_room,
    sanction,
    until,
)


def _kick(rest: str) -> Command:
    name, *reason = rest.split(None, 1)
    return commands.Expel(name, reason[0].rstrip() if reason else "")


def _limit(rest: str) -> Command:
    name, value = rest.split(None, 1)
    try:
        return commands.SetLimit(name, float(value))
    except ValueError:
        return Malformed("invalid-number")


def _limits(rest: str) -> Command:
    return needing(2, _limit)(rest) if rest else commands.ListLimits()


VERBS: Final[dict[str, Verb]] = {
    "USERS": Verb(commands.Who, "", alone(commands.Who)),
    "ROOMS": Verb(commands.ListRooms, "", alone(commands.ListRooms)),
    "NAMES": Verb(commands.ListMembers, "<room>", of_room(commands.ListMembers)),
    "CONNECTIONS": Verb(commands.ListConnections, "", alone(commands.ListConnections)),
    "STATS": Verb(commands.ShowStats, "", alone(commands.ShowStats)),
    "ANNOUNCE": Verb(commands.Announce, "<text>", commands.Announce),
    "KICK": Verb(commands.Expel, "<username> [<reason>]", needing(1, _kick)),
    "BAN": Verb(
        commands.Exclude,
        "<username or address> [<time>] [<reason>]",
        needing(1, lambda rest: commands.Exclude(*sanction(rest))),
    ),
    "UNBAN": Verb(commands.Readmit, "<username or address>", named(commands.Readmit)),
    "BANS": Verb(commands.ListExclusions, "", alone(commands.ListExclusions)),
    "OP": Verb(commands.MakeOperator, "<room> <username>", of_member(commands.MakeOperator)),
    "DEOP": Verb(commands.RemoveOperator, "<room> <username>", of_member(commands.RemoveOperator)),
    "CLOSE": Verb(commands.CloseRoom, "<room>", of_room(commands.CloseRoom)),
    "UNREGISTER": Verb(commands.Unregister, "<username>", named(commands.Unregister)),
    "LIMIT": Verb(commands.SetLimit, "[<name> <value>]", _limits),
    "SHUTDOWN": Verb(commands.Stop, "", alone(commands.Stop)),
    "PING": Verb(commands.Ping, "", alone(commands.Ping)),
    "HELP": Verb(commands.Help, "", alone(commands.Help)),
    "QUIT": Verb(commands.Quit, "", alone(commands.Quit)),
}

END: Final = "OK"


def _lines(lines: list[str]) -> str:
    return "\n".join([*lines, END])


def _users(event: events.UsersListed | events.MembersListed) -> str:
    return _lines([f"USER {name}" for name in event.names])


def _bans(event: events.ExclusionsListed) -> str:
    return _lines([f"BAN {ban.name}{until(ban)} {ban.reason}".rstrip() for ban in event.bans])


def _connections(event: events.ConnectionsListed) -> str:
    rows = [
        f"CONNECTION #{number} {address or 'local'} {dialect} {name}".rstrip()
        for number, address, dialect, name in event.connections
    ]
    return _lines(rows)


def _commands(event: events.CommandsListed) -> str:
    return _lines([f"INFO {line}" for line in command_lines(event, VERBS, str.lower)])


# Answers alone: what happens to people is not told here.
RENDERERS: Final[dict[type[events.Event], Renderer]] = {
    events.Done: lambda _: END,
    events.Refused: lambda event: f"ERR {event.code} {ERRORS[event.code]}",
    events.UsersListed: _users,
    events.RoomsListed: lambda event: _lines([f"ROOM {name} {size}" for name, size in event.rooms]),
    events.MembersListed: _users,
    events.ConnectionsListed: _connections,
    events.StatsShown: lambda event: _lines([f"STAT {k} {v}" for k, v in asdict(event).items()]),
    events.ExclusionsListed: _bans,
    events.LimitsListed: lambda event: _lines(
        [f"LIMIT {name} {n:.12g}" for name, n in event.limits]
    ),
    events.CommandsListed: _commands,
    events.Ponged: lambda _: _lines(["PONG"]),
    events.SaidGoodbye: lambda _: END,
}


class AdminDialect(TextDialect):
    """For people. One object serves all connections: it has no state."""

    name = "admin"
    arrival: Command | None = commands.Administer()
    verbs: Mapping[str, Verb] = VERBS
    renderers: Mapping[type[events.Event], Renderer] = RENDERERS


class AdminJsonDialect(AdminDialect):
    """For programs."""

    name = "admin-json"
    arrival = None  # it is an administrator's already

    def render(self, event: events.Event) -> bytes:
        """One object, with what was asked for, or `ok` and `error`."""
        answer = _JSON[type(event)](event) if type(event) in _JSON else None
        return json.dumps(answer, ensure_ascii=False).encode() + b"\n" if answer else b""


def _ban(ban: Ban) -> dict[str, object]:
    return {key: value for key, value in asdict(ban).items() if value}


_JSON: Final[dict[type[events.Event], Callable[..., dict[str, object]]]] = {
    events.Done: lambda _: {"ok": True},
    events.Refused: lambda event: {"error": event.code, "text": ERRORS[event.code]},
    events.UsersListed: lambda event: {"users": event.names},
    events.RoomsListed: lambda event: {
        "rooms": [{"name": name, "members": size} for name, size in event.rooms]
    },
    events.MembersListed: lambda event: {"room": event.room, "users": event.names},
    events.ConnectionsListed: lambda event: {
        "connections": [
            dict(zip(("number", "address", "dialect", "user"), row, strict=True))
            for row in event.connections
        ]
    },
    events.StatsShown: lambda event: {"stats": asdict(event)},
    events.ExclusionsListed: lambda event: {"bans": [_ban(ban) for ban in event.bans]},
    events.LimitsListed: lambda event: {"limits": dict(event.limits)},
    events.CommandsListed: lambda _: {"commands": [verb.lower() for verb in VERBS]},
    events.Ponged: lambda _: {"ok": True},
    events.SaidGoodbye: lambda _: {"ok": True},
}
