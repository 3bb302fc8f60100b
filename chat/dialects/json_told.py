"""What is told in JSON: one row of RENDERERS for each event, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final

from chat.core import events
from chat.core.errors import ERRORS
from chat.core.records import Ban
from chat.core.text import visible
from chat.dialects.base import expelled, rfc3339
from chat.dialects.json_asked import TYPES, Object
from chat.version import VERSION

SERVER: Final = "reactor-chat"

OBJECT_MAX_BYTES: Final = 524_288
"""Of what is sent. A connection may be owed twice as much before it counts as too slow a reader,
and lists can be long: ten thousand users, or a thousand messages. Those are cut."""

DETAIL_MAX_CHARS: Final = 256
"""More than any name has. The rest of 64 KiB would be cleaned, at 75 ns a character, and sent
back."""


def _people(names: tuple[str, ...], away: tuple[str, ...]) -> list[Object]:
    absent = {*away}
    return [{"name": name, "status": "away" if name in absent else "active"} for name in names]


def message(event: events.Said) -> Object:
    found: Object = {
        "type": "message",
        "room": event.room,
        "seq": event.seq,
        "time": rfc3339(event.at),
        "from": event.name,
        "text": event.text,
    }
    if event.act:
        found["act"] = True
    if event.tag:
        found["id"] = event.tag
    return found


def _welcomed(event: events.Welcomed) -> Object:
    return {
        "type": "welcome",
        "server": SERVER,
        "version": VERSION,
        "epoch": event.epoch,
        "limits": dict(event.limits),
    }


def _refused(event: events.Refused) -> Object:
    found = {"type": "error", "code": event.code, "text": ERRORS[event.code]}
    # A part of what was asked, as it came in: what is cleaned elsewhere was refused before that.
    detail = visible(event.detail[:DETAIL_MAX_CHARS])
    return {**found, "detail": detail} if event.detail else found


def _entered(event: events.Entered) -> Object:
    users = _people(event.names, event.away)
    return {"type": "ok", "room": event.room, "topic": event.topic, "users": users}


def _recalled(event: events.Recalled) -> Object:
    return {
        "type": "history",
        "room": event.room,
        "epoch": event.epoch,
        "complete": event.complete,
        "messages": [message(said) for said in event.messages],
    }


def _status(event: events.StatusChanged) -> Object:
    return {
        "type": "status",
        "from": event.name,
        "status": "away" if event.away else "active",
        "text": event.text,
        "time": rfc3339(event.at),
    }


def _moderated(event: events.Moderated) -> Object:
    return {
        "type": "moderation",
        "deed": event.deed,
        "room": event.room,
        "name": event.name,
        "from": event.by,
        "seconds": ceil(event.seconds),
        "reason": event.reason,
        "time": rfc3339(event.at),
    }


def _ban(ban: Ban) -> Object:
    found: Object = {"name": ban.name, "by": ban.by}
    if ban.reason:
        found["reason"] = ban.reason
    if ban.until:
        found["until"] = rfc3339(ban.until)
    return found


def _bans(event: events.BansListed) -> Object:
    bans, mutes = ([_ban(ban) for ban in listed] for listed in (event.bans, event.mutes))
    return {"type": "bans", "room": event.room, "bans": bans, "mutes": mutes}


def _commands(event: events.CommandsListed) -> Object:
    summaries = dict(event.summaries)
    listed = [
        {"type": name, "summary": summaries.get(command, "")}
        for name, (command, _) in TYPES.items()
    ]
    return {"type": "help", "commands": listed}


def _system(code: str, text: str, **more: Any) -> Object:
    return {"type": "system", "code": code, "text": text, **more}


def _in_room(kind: str, event: events.Joined | events.Left) -> Object:
    return {"type": kind, "room": event.room, "from": event.name, "time": rfc3339(event.at)}


RENDERERS: Final[Mapping[type[events.Event], Callable[[Any], Object]]] = {
    events.Welcomed: _welcomed,
    events.Greeted: lambda event: _system("greeting", event.text),
    events.LoggedIn: lambda event: {"type": "ok", "name": event.name},
    events.Named: lambda event: {"type": "ok", "name": event.name},
    events.Done: lambda _: {"type": "ok"},
    events.Entered: _entered,
    events.Departed: lambda event: {"type": "ok", "room": event.room},
    events.Joined: lambda event: _in_room("join", event),
    events.Left: lambda event: _in_room("leave", event),
    events.Said: message,
    events.Told: lambda event: {
        "type": "private",
        "from": event.name,
        "text": event.text,
        "time": rfc3339(event.at),
    },
    events.Renamed: lambda event: {
        "type": "nick",
        "from": event.old,
        "to": event.new,
        "time": rfc3339(event.at),
    },
    events.StatusChanged: _status,
    events.Disconnected: lambda event: {
        "type": "status",
        "from": event.name,
        "status": "offline",
        "text": "",
        "time": rfc3339(event.at),
    },
    events.TopicSet: lambda event: {
        "type": "topic",
        "room": event.room,
        "text": event.topic,
        "from": event.name,
        "time": rfc3339(event.at),
    },
    events.TopicShown: lambda event: {"type": "topic", "room": event.room, "text": event.topic},
    events.RoomsListed: lambda event: {
        "type": "rooms",
        "rooms": [{"room": name, "members": members} for name, members in event.rooms],
    },
    events.MembersListed: lambda event: {
        "type": "users",
        "room": event.room,
        "users": _people(event.names, event.away),
    },
    events.UsersListed: lambda event: {"type": "users", "users": _people(event.names, event.away)},
    events.Recalled: _recalled,
    events.Moderated: _moderated,
    events.BansListed: _bans,
    events.CommandsListed: _commands,
    events.Refused: _refused,
    events.Ponged: lambda _: {"type": "pong"},
    events.Announced: lambda event: _system("announcement", event.text, time=rfc3339(event.at)),
    events.Expelled: lambda event: _system("expelled", expelled(event)),
    events.RoomClosed: lambda event: _system(
        "room-closed", "The room was closed.", room=event.room, time=rfc3339(event.at)
    ),
    events.SlowedDown: lambda _: _system("slow-down", "Your messages wait their turn."),
    events.IdledOut: lambda _: _system("idle-timeout", "You have been idle for too long."),
    events.ShutDown: lambda _: _system("shutdown", "The server is shutting down."),
    events.SaidGoodbye: lambda _: _system("goodbye", "Goodbye!"),
}


_written: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":")
).encode  # made once: `json.dumps` would make one for every message

_quoted: Final = json.encoder.encode_basestring  # what `_written` comes to, for a text


def message_line(event: events.Said) -> bytes:
    """`encoded(message(event))`, written down at once, as that is what most is said of: 1.6 us
    and not 6.4."""
    act = ',"act":true' if event.act else ""
    tag = f',"id":{_quoted(event.tag)}' if event.tag else ""
    return (
        f'{{"type":"message","room":{_quoted(event.room)},"seq":{event.seq},'
        f'"time":"{rfc3339(event.at)}","from":{_quoted(event.name)},'
        f'"text":{_quoted(event.text)}{act}{tag}}}\n'
    ).encode(errors="replace")


def encoded(answer: Object) -> bytes:
    data = _written(answer).encode(errors="replace") + b"\n"
    while len(data) > OBJECT_MAX_BYTES and (shorter := _cut(answer)) != answer:
        answer = shorter
        data = _written(answer).encode(errors="replace") + b"\n"
    return data


def _cut(answer: Object) -> Object:
    """Half of a list: the newer messages, or the first of anything else, and how many `more` there
    are."""
    if messages := answer.get("messages"):
        return {**answer, "complete": False, "messages": messages[len(messages) // 2 :]}
    cut = dict(answer)
    for name in _LISTS & answer.keys():
        half = (len(answer[name]) + 1) // 2
        cut["more"] = cut.get("more", 0) + len(answer[name]) - half
        cut[name] = answer[name][:half]
    return cut


_LISTS: Final = {"users", "rooms", "bans", "mutes"}
