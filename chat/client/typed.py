"""What a typed line means: something to ask of the server, or something to do here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from chat.core.errors import ERRORS
from chat.core.text import visible
from chat.dialects.base import HISTORY_COUNT, count, room_name, sanction

PASTE_MAX: Final = 200  # lines said at once: more is not conversation
SECRET: Final = re.compile(r"\s*/(login|register|nick)\s+\S+\s+(?=\S)", re.IGNORECASE)
"""What stands in front of a password."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask this of the server."""

    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Switch:
    """Show another room."""

    room: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Show none of what was there so far."""


@dataclass(frozen=True, slots=True)
class Help:
    """List the commands, or tell about one."""

    about: str = ""


@dataclass(frozen=True, slots=True)
class SayFile:
    """Say what stands in a text file."""

    path: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """It means nothing: why."""

    why: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


Act = Ask | Switch | Clear | Help | SayFile | Quit | Wrong | Nothing


@dataclass(frozen=True, slots=True)
class Here:
    """Where one is: the room that is shown ("": none), and who was the last to say something in
    private ("": nobody)."""

    room: str = ""
    correspondent: str = ""


class Command(NamedTuple):
    """A row of COMMANDS. A command needs a room or not, and as many words as its usage has <>."""

    usage: str
    summary: str
    act: Callable[[Here, str], Act]  # of what stands behind the command
    in_room: bool = False


def parse(line: str, here: Here) -> Act:
    """What a line means that someone typed who is here."""
    text = visible(line).strip()
    if not text:
        return Nothing()
    if not text.startswith("/") or text.startswith("//"):
        return say(text.removeprefix("/"), here)
    name, _, rest = text.partition(" ")
    command = COMMANDS.get(name.lower())
    if command is None:
        return Wrong(f"There is no command {name}. {_suggestion(name)}")
    if len(rest.split()) < command.usage.count("<"):
        return Wrong(f"Say: {name.lower()} {command.usage}")
    if command.in_room and not here.room:
        return Wrong(NO_ROOM)
    return command.act(here, rest.strip())


def say(text: str, here: Here) -> Act:
    """Text as it is, whatever it begins with."""
    text = visible(text).strip()
    if not text:
        return Nothing()
    if not here.room:
        return Wrong(NO_ROOM)
    return Ask({"type": "say", "room": here.room, "text": text})


def lines_of(text: str) -> list[str]:
    """The lines of what was typed or pasted that have anything in them."""
    return [line for line in text.splitlines() if visible(line).strip()]


def secret_from(line: str) -> int:
    """Where a password begins in a line; its length if there is none."""
    match = SECRET.match(visible(line))  # as `parse` has it
    seen = [at for at, char in enumerate(line) if visible(char)] if match else []
    return seen[match.end()] if match else len(line)


NO_ROOM: Final = "You are in no room. /join one first."


def _suggestion(name: str) -> str:
    close = get_close_matches(name.lower(), COMMANDS, n=1)
    return f"Did you mean {close[0]}?" if close else "Try /help."


# --- the commands -----------------------------------------------------------------------------


def _ask(kind: str, **fields: Any) -> Ask:
    return Ask({"type": kind, **fields})


def _of_server(kind: str) -> Callable[[Here, str], Act]:
    return lambda _here, _rest: _ask(kind)


def _of_room(kind: str) -> Callable[[Here, str], Act]:
    return lambda here, _rest: _ask(kind, room=here.room)


def _of_member(kind: str) -> Callable[[Here, str], Act]:
    return lambda here, rest: _ask(kind, room=here.room, name=_first(rest))


def _named(kind: str) -> Callable[[Here, str], Act]:
    """A name, and perhaps a password, in which blanks are kept."""

    def act(_here: Here, rest: str) -> Act:
        name, _, password = rest.partition(" ")
        return _ask(kind, name=name, **({"password": password.strip()} if password else {}))

    return act


def _against(kind: str) -> Callable[[Here, str], Act]:
    def act(here: Here, rest: str) -> Act:
        name, seconds, reason = sanction(rest)
        if seconds < 0:
            return Wrong(ERRORS["invalid-number"])
        fields: dict[str, Any] = {"seconds": int(seconds)} if seconds else {}
        fields |= {"reason": reason} if reason else {}
        return _ask(kind, room=here.room, name=name, **fields)

    return act


def _kick(here: Here, rest: str) -> Act:
    name, _, reason = rest.partition(" ")
    fields = {"reason": reason.strip()} if reason.strip() else {}
    return _ask("kick", room=here.room, name=name, **fields)


def _join(_here: Here, rest: str) -> Act:
    return _ask("join", room=room_name(_first(rest)))


def _leave(here: Here, rest: str) -> Act:
    room = room_name(_first(rest)) if rest else here.room
    return _ask("leave", room=room) if room else Wrong(NO_ROOM)


def _users(here: Here, rest: str) -> Act:
    if rest == "*" or not (rest or here.room):
        return _ask("users")
    return _ask("users", room=room_name(_first(rest)) if rest else here.room)


def _history(here: Here, rest: str) -> Act:
    number = count(rest, HISTORY_COUNT)
    if not number:
        return Wrong(f"{rest!r} is not a whole number from 1.")
    return _ask("history", room=here.room, count=number)


def _topic(here: Here, rest: str) -> Act:
    return _ask("topic", room=here.room, **({"text": rest} if rest else {}))


def _msg(_here: Here, rest: str) -> Act:
    name, text = rest.split(None, 1)
    return _ask("private", to=name, text=text)


def _reply(here: Here, rest: str) -> Act:
    if not here.correspondent:
        return Wrong("Nobody has written to you alone yet. /msg someone.")
    return _ask("private", to=here.correspondent, text=rest)


def _me(here: Here, rest: str) -> Act:
    return _ask("say", room=here.room, text=rest, act=True)


def _away(_here: Here, rest: str) -> Act:
    return _ask("away", **({"text": rest} if rest else {}))


def _first(rest: str) -> str:
    return rest.split(maxsplit=1)[0]


COMMANDS: Final[dict[str, Command]] = {
    "/join": Command("<room>", "come into a room", _join),
    "/leave": Command("[room]", "leave this room, or another", _leave),
    "/room": Command("<room>", "show another room", lambda _, rest: Switch(room_name(rest))),
    "/rooms": Command("", "list the rooms", _of_server("rooms")),
    "/users": Command("[room]", "who is in this room, or another; *: everywhere", _users),
    "/msg": Command("<name> <text>", "say something to one alone", _msg),
    "/reply": Command("<text>", "to who last wrote to you alone", _reply),
    "/me": Command("<text>", "tell what you do", _me, True),
    "/history": Command("[count]", "what was said here before", _history, True),
    "/topic": Command("[text]", "ask for this room's topic, or set it", _topic, True),
    "/away": Command("[text]", "tell that you are away", _away),
    "/back": Command("", "tell that you are back", _of_server("back")),
    "/nick": Command("<name> [password]", "take another name", _named("nick")),
    "/register": Command("<name> <password>", "make a name your own", _named("register")),
    "/login": Command("<name> <password>", "come in under a name of your own", _named("login")),
    "/kick": Command("<name> [reason]", "send someone out of this room", _kick, True),
    "/ban": Command("<name> [10m] [reason]", "keep someone out of it", _against("ban"), True),
    "/unban": Command("<name>", "let them in again", _of_member("unban"), True),
    "/mute": Command("<name> [10m] [reason]", "let someone only read", _against("mute"), True),
    "/unmute": Command("<name>", "let them speak again", _of_member("unmute"), True),
    "/bans": Command("", "who is banned or muted here", _of_room("bans"), True),
    "/op": Command("<name>", "make someone an operator", _of_member("op"), True),
    "/deop": Command("<name>", "and no operator any more", _of_member("deop"), True),
    "/lock": Command("", "only operators set the topic", _of_room("lock"), True),
    "/unlock": Command("", "everyone sets the topic", _of_room("unlock"), True),
    "/file": Command("<file>", "say what stands in a text file", lambda _, rest: SayFile(rest)),
    "/clear": Command("", "clear the screen", lambda _here, _rest: Clear()),
    "/help": Command("[command]", "list the commands", lambda _, rest: Help(rest)),
    "/quit": Command("", "leave", lambda _here, _rest: Quit()),
}
