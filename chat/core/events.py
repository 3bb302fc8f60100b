"""What happened. Past tense, frozen. Dialects make wire text of it; nothing here knows of any.

`delivery.py` says who is told. `at` is in seconds since the epoch, as the input said.
"""

from __future__ import annotations

from typing import Literal

from chat.core.commands import Command
from chat.core.errors import Code
from chat.core.records import Ban
from chat.core.value import value


@value
class Greeted:
    """Someone connected, and the server has a greeting."""

    text: str


@value
class Welcomed:
    """What one has come to: the epoch (see World), and the limits that a client has to know."""

    epoch: str
    limits: tuple[tuple[str, float], ...]


@value
class LoggedIn:
    """A session has a name now; a guest's is the server's choice."""

    name: str
    guest: bool = False


@value
class Named:
    """A user asked for another name, and has it."""

    name: str


@value
class Registered:
    """A name belongs to whoever knows its password now."""

    name: str


@value
class Done:
    """What was asked is done, and there is no more to say about it to who asked."""


@value
class Joined:
    """A user came into a room; `by_login`: as everyone does who logs in."""

    session: int
    name: str
    room: str
    at: float
    by_login: bool = False


@value
class Entered:
    """A user is in a room now, with these others (some of them away): what the user hears of
    Joined."""

    room: str
    names: tuple[str, ...]
    topic: str
    away: tuple[str, ...] = ()


@value
class Left:
    """A user went out of a room, and is still connected."""

    session: int
    name: str
    room: str
    at: float


@value
class Departed:
    """A user is out of a room now: what the user hears of Left."""

    room: str


@value
class Said:
    """A user said something in a room, or did it (`act`). `seq` counts these, from 1; `tag` is the
    sender's own name for it."""

    session: int
    name: str
    room: str
    seq: int
    at: float
    text: str
    act: bool = False
    tag: str = ""


@value
class TopicSet:
    """A user said what a room is about."""

    session: int
    name: str
    room: str
    topic: str
    at: float


@value
class TopicShown:
    """What a room is about; empty if nobody has said."""

    room: str
    topic: str


@value
class RoomsListed:
    """The rooms, each with the number of its members."""

    rooms: tuple[tuple[str, int], ...]


@value
class MembersListed:
    """Who is in a room, in the order of joining; some of them away."""

    room: str
    names: tuple[str, ...]
    away: tuple[str, ...] = ()


@value
class Recalled:
    """The last messages of a room, oldest first, and its epoch (see Room). Not `complete`: some
    that were asked for are missing in front of them."""

    room: str
    messages: tuple[Said, ...]
    epoch: str = ""
    complete: bool = True


Deed = Literal[
    "kicked",
    "banned",
    "unbanned",
    "muted",
    "unmuted",
    "made operator",
    "made no operator",
    "locked",
    "unlocked",
]


@value
class Moderated:
    """An operator of a room did something about someone, or (with no `name`) about its topic;
    for so many seconds, 0: for good. The room hears of it, and `session`, who it is about, if
    they are not in the room."""

    deed: Deed
    room: str
    name: str
    by: str
    at: float
    seconds: float = 0.0
    reason: str = ""
    session: int | None = None


@value
class Removed:
    """A user is no longer in a room, as Moderated or RoomClosed has told."""

    session: int
    room: str


@value
class BansListed:
    """Who may not come into a room, and who may not speak there."""

    room: str
    bans: tuple[Ban, ...]
    mutes: tuple[Ban, ...]


@value
class StatusChanged:
    """A user is away, or there again; `idle`: was away without having said so. Who hears of it: see
    Renamed."""

    session: int
    name: str
    away: bool
    text: str
    rooms: tuple[str, ...]
    at: float
    others: tuple[int, ...] = ()
    idle: bool = False


@value
class Told:
    """A user said something to the user of session `to` alone."""

    to: int
    name: str
    at: float
    text: str


@value
class Renamed:
    """A user took another name, and is in these rooms. Everyone who is in one with them hears of
    it once: all in the first, and `others`, the sessions that are in another one only."""

    session: int
    old: str
    new: str
    rooms: tuple[str, ...]
    at: float
    others: tuple[int, ...] = ()


@value
class Disconnected:
    """A user is gone, and has left these rooms. Who hears of it: see Renamed."""

    session: int
    name: str
    rooms: tuple[str, ...]
    at: float
    reason: str
    others: tuple[int, ...] = ()


@value
class Refused:
    """What was asked was not done. Codes are those of `errors.py`."""

    code: Code
    detail: str = ""


@value
class UsersListed:
    """Who is logged in, in the order of login; some of them away."""

    names: tuple[str, ...]
    away: tuple[str, ...] = ()


@value
class CommandsListed:
    """What can be asked for, each with a sentence on it."""

    summaries: tuple[tuple[type[Command], str], ...]


@value
class Ponged:
    """A ping arrived."""


@value
class SaidGoodbye:
    """The user wants to go."""


@value
class SlowedDown:
    """A session is over its rate: its lines wait their turn from now on."""


@value
class IdledOut:
    """Nothing was heard of a session for too long."""


@value
class ShutDown:
    """The server is about to stop."""


@value
class Administering:
    """A session is one of the server's administration."""


@value
class Announced:
    """The server has something to say to everyone who is connected."""

    text: str
    at: float


@value
class Expelled:
    """A user is being disconnected, or kept out. For whom it is about."""

    session: int
    name: str
    reason: str
    banned: bool = False


@value
class Ended:
    """A session is to be closed."""

    session: int
    reason: str


@value
class Excluded:
    """Someone, or an address, is kept out of the server from now on."""

    target: str
    reason: str


@value
class ExclusionsListed:
    """Who is kept out of the server."""

    bans: tuple[Ban, ...]


@value
class ConnectionsListed:
    """Everyone who is connected: number, address, dialect and, if there is one, name."""

    connections: tuple[tuple[int, str, str, str], ...] = ()


@value
class RoomClosed:
    """A room was closed by the server's administration, and everyone put out of it."""

    room: str
    at: float


@value
class RoomForgotten:
    """A room that had ended is not remembered any more, nor what was said there. For the store."""

    key: str


@value
class LimitsListed:
    """The limits, each with its value."""

    limits: tuple[tuple[str, float], ...]


@value
class StatsShown:
    """How much of everything there is. `messages` is over all rooms there are or were."""

    connections: int
    users: int
    rooms: int
    accounts: int
    bans: int
    messages: int


@value
class Stopped:
    """The server was told to shut down."""


Event = (
    Greeted
    | Welcomed
    | LoggedIn
    | Named
    | Registered
    | Done
    | Joined
    | Entered
    | Left
    | Departed
    | Said
    | TopicSet
    | TopicShown
    | RoomsListed
    | MembersListed
    | Recalled
    | Moderated
    | Removed
    | BansListed
    | StatusChanged
    | Told
    | Renamed
    | Disconnected
    | Refused
    | UsersListed
    | CommandsListed
    | Ponged
    | SaidGoodbye
    | SlowedDown
    | IdledOut
    | ShutDown
    | Administering
    | Announced
    | Expelled
    | Ended
    | Excluded
    | ExclusionsListed
    | ConnectionsListed
    | RoomClosed
    | RoomForgotten
    | LimitsListed
    | StatsShown
    | Stopped
)
