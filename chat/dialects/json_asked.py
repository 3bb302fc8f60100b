"""What may be asked in JSON: one row of TYPES each.

Unknown fields are ignored. Of a field that stands there twice, the last counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chat.core import commands
from chat.core.commands import Command
from chat.dialects.base import room_name

NUMBER_MAX: Final = 2**53 - 1  # up to here, JavaScript counts right
HISTORY_COUNT: Final = 50  # messages, where nobody says how many: what a room remembers

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
        if not isinstance(found, str) or not (found.isascii() or _is_whole(found)):
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
