"""The JSON dialect: one object a message, for programs; over WebSocket, a text frame each. Seed 4.

What a client asks has a `type` and, if it likes, an `id`, which the answer carries. `schema.json`
beside this file says what the objects look like, and the tests hold every one to it.

Unknown fields are ignored. Of a field that stands there twice, the last counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final, NoReturn

from chat.core import commands, events
from chat.core.commands import Command, Malformed, Tagged
from chat.core.errors import ERRORS
from chat.core.records import Ban
from chat.dialects.base import expelled, rfc3339, room_name
from chat.version import VERSION

SERVER: Final = "reactor-chat"
ID_MAX_CHARS: Final = 64  # of an `id`: room for any that programs make
NUMBER_MAX: Final = 2**53 - 1  # up to here, JavaScript counts right
HISTORY_COUNT: Final = 50  # messages, where nobody says how many: what a room remembers

OBJECT_MAX_BYTES: Final = 524_288
"""Of what is sent. A connection may be owed twice as much before it counts as too slow a reader,
and lists can be long: ten thousand users, or a thousand messages. Those are cut."""

Object = dict[str, Any]


class Missing(Exception):
    """A field that has to be there is not, or is of another type."""


class Fields:
    """What a client sent, field by field. Raises Missing."""

    def __init__(self, given: Object) -> None:
        self._given = given

    def text(self, name: str, default: str | None = None) -> str:
        """A text; the default where there is none."""
        found = self._given.get(name, default)
        if not isinstance(found, str) or not _is_whole(found):
            raise Missing(name)
        return found

    def number(self, name: str, default: int | None = None, least: int = 0) -> int:
        """A whole number, also one that is written 6e2; the default where there is none."""
        found: Any = self._given.get(name, default)
        if type(found) not in (int, float) or not least <= found <= NUMBER_MAX or found % 1:
            raise Missing(name)
        return int(found)

    def flag(self, name: str) -> bool:
        """True or false; false where there is none."""
        found = self._given.get(name, False)
        if not isinstance(found, bool):
            raise Missing(name)
        return found

    def has(self, name: str) -> bool:
        """Whether it is there at all."""
        return name in self._given

    def room(self) -> str:
        """The name of a room, with or without `#`."""
        name = room_name(self.text("room"))
        if name == commands.CURRENT:  # which a program is not to leave to chance
            raise Missing("room")
        return name


def _is_whole(text: str) -> bool:
    """Whether it is without half characters, which JSON can write, and nothing else can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _login(fields: Fields) -> Command:
    name = fields.text("name")
    if fields.has("password"):
        return commands.Authenticate(name, fields.text("password"), lobby=False)
    return commands.Login(name, lobby=False)


def _nick(fields: Fields) -> Command:
    name = fields.text("name")
    if fields.has("password"):
        return commands.Authenticate(name, fields.text("password"), lobby=False)
    return commands.Nick(name)


def _say(fields: Fields) -> Command:
    said = commands.Act if fields.flag("act") else commands.Say
    return said(fields.room(), fields.text("text"), fields.text("id", ""))


def _topic(fields: Fields) -> Command:
    if fields.has("text"):
        return commands.SetTopic(fields.room(), fields.text("text"))
    return commands.ShowTopic(fields.room())


def _users(fields: Fields) -> Command:
    return commands.ListMembers(fields.room()) if fields.has("room") else commands.Who()


def _history(fields: Fields) -> Command:
    return commands.Recall(fields.room(), fields.number("count", HISTORY_COUNT, least=1))


def _resume(fields: Fields) -> Command:
    return commands.Resume(fields.room(), fields.text("epoch"), fields.number("seq"))


def _kick(fields: Fields) -> Command:
    return commands.Kick(fields.room(), fields.text("name"), fields.text("reason", ""))


def _sanction(
    command: Callable[[str, str, float, str], Command],
) -> Callable[[Fields], Command]:
    return lambda fields: command(
        fields.room(),
        fields.text("name"),
        float(fields.number("seconds", 0)),
        fields.text("reason", ""),
    )


def _of_room(command: Callable[[str], Command]) -> Callable[[Fields], Command]:
    return lambda fields: command(fields.room())


def _of_member(command: Callable[[str, str], Command]) -> Callable[[Fields], Command]:
    return lambda fields: command(fields.room(), fields.text("name"))


TYPES: Final[dict[str, tuple[type[Command], Callable[[Fields], Command]]]] = {
    "login": (commands.Login, _login),
    "register": (
        commands.Enrol,
        lambda fields: commands.Enrol(fields.text("name"), fields.text("password"), lobby=False),
    ),
    "nick": (commands.Nick, _nick),
    "join": (commands.Join, _of_room(commands.Join)),
    "leave": (commands.Leave, _of_room(commands.Leave)),
    "say": (commands.Say, _say),
    "private": (
        commands.Tell,
        lambda fields: commands.Tell(fields.text("to"), fields.text("text")),
    ),
    "rooms": (commands.ListRooms, lambda _: commands.ListRooms()),
    "users": (commands.Who, _users),
    "history": (commands.Recall, _history),
    "resume": (commands.Recall, _resume),
    "topic": (commands.SetTopic, _topic),
    "away": (commands.Away, lambda fields: commands.Away(fields.text("text", ""))),
    "back": (commands.Back, lambda _: commands.Back()),
    "kick": (commands.Kick, _kick),
    "ban": (commands.BanUser, _sanction(commands.BanUser)),
    "unban": (commands.UnbanUser, _of_member(commands.UnbanUser)),
    "bans": (commands.ListBans, _of_room(commands.ListBans)),
    "mute": (commands.Mute, _sanction(commands.Mute)),
    "unmute": (commands.Unmute, _of_member(commands.Unmute)),
    "op": (commands.MakeOperator, _of_member(commands.MakeOperator)),
    "deop": (commands.RemoveOperator, _of_member(commands.RemoveOperator)),
    "lock": (commands.LockTopic, lambda fields: commands.LockTopic(fields.room(), True)),
    "unlock": (commands.LockTopic, lambda fields: commands.LockTopic(fields.room(), False)),
    "ping": (commands.Ping, lambda _: commands.Ping()),
    "help": (commands.Help, lambda _: commands.Help()),
    "quit": (commands.Quit, lambda _: commands.Quit()),
}
"""What a client may ask: the `type`, the command whose summary says what it does, and how the
command is made."""


def _people(names: tuple[str, ...], away: tuple[str, ...]) -> list[Object]:
    absent = {*away}
    return [{"name": name, "status": "away" if name in absent else "active"} for name in names]


def _message(event: events.Said) -> Object:
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
    return {**found, "detail": event.detail} if event.detail else found


def _entered(event: events.Entered) -> Object:
    users = _people(event.names, event.away)
    return {"type": "ok", "room": event.room, "topic": event.topic, "users": users}


def _recalled(event: events.Recalled) -> Object:
    return {
        "type": "history",
        "room": event.room,
        "epoch": event.epoch,
        "complete": event.complete,
        "messages": [_message(said) for said in event.messages],
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
    events.Said: _message,
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


class JsonDialect:
    """One object serves all connections: it has no state."""

    name = "json"
    arrival: Command | None = commands.Hello()
    reads_history = True

    def parse(self, line: bytes) -> Command | Tagged:
        """What an object asks for."""
        try:
            given = _decoded(line.decode())
        except (ValueError, RecursionError):  # no UTF-8, no JSON, or too deep
            return Malformed("bad-message")
        if not isinstance(given, dict):
            return Malformed("bad-message")
        if "id" not in given:
            return self._command(given)
        tag = given["id"]
        if not isinstance(tag, str) or not 0 < len(tag) <= ID_MAX_CHARS or not tag.isprintable():
            return Malformed("bad-message", "id")
        return Tagged(self._command(given), tag)

    def _command(self, given: Object) -> Command:
        kind = given.get("type")
        if not isinstance(kind, str):
            return Malformed("bad-message", "type")
        if kind not in TYPES:
            return Malformed("unknown-command", kind)
        try:
            return TYPES[kind][1](Fields(given))
        except Missing as missing:
            return Malformed("bad-message", str(missing))

    def render(self, event: events.Event) -> bytes:
        """One object, and a line end behind it; nothing about what needs no words."""
        if type(event) is events.Said:
            return _message_line(event)
        renderer = RENDERERS.get(type(event))
        return _encoded(renderer(event)) if renderer is not None else b""

    def answer(self, event: events.Event, tag: str) -> bytes:
        """The same, with the `id`. That something was said is answered with its number alone."""
        if type(event) is events.Said:
            message = _message(event)
            answer = {"type": "ok"} | {name: message[name] for name in ("room", "seq", "time")}
        else:
            answer = RENDERERS.get(type(event), RENDERERS[events.Done])(event)
        return _encoded({"type": answer["type"], "id": tag} | answer)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decoded: Final = json.JSONDecoder(parse_constant=_refuse).decode
_written: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":")
).encode  # made once: `json.dumps` would make one for every message


def _message_line(event: events.Said) -> bytes:
    """`_encoded(_message(event))`, written down at once, as that is what most is said of: 1.9 us
    and not 4.5."""
    act = ',"act":true' if event.act else ""
    tag = f',"id":{_written(event.tag)}' if event.tag else ""
    return (
        f'{{"type":"message","room":{_written(event.room)},"seq":{event.seq},'
        f'"time":"{rfc3339(event.at)}","from":{_written(event.name)},'
        f'"text":{_written(event.text)}{act}{tag}}}\n'
    ).encode(errors="replace")


def _encoded(answer: Object) -> bytes:
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
