"""What happened. Past tense, frozen. Dialects make wire text of it; nothing here knows of any.

`delivery.py` says who is told. `at` is in seconds since the epoch, as the input said.
"""

from __future__ import annotations

from chat.core.commands import Command
from chat.core.errors import Code
from chat.core.value import value


@value
class Greeted:
    """Someone connected, and the server has a greeting."""

    text: str


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
    """A user is in a room now, with these others: what the user hears of Joined."""

    room: str
    names: tuple[str, ...]
    topic: str


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
    """A user said something in a room, or did it (`act`). `seq` counts these, from 1."""

    session: int
    name: str
    room: str
    seq: int
    at: float
    text: str
    act: bool = False


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
    """Who is in a room, in the order of joining."""

    room: str
    names: tuple[str, ...]


@value
class Recalled:
    """The last messages of a room, oldest first."""

    room: str
    messages: tuple[Said, ...]


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
    """Who is logged in, in the order of login."""

    names: tuple[str, ...]


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


Event = (
    Greeted
    | LoggedIn
    | Named
    | Done
    | Joined
    | Entered
    | Left
    | Departed
    | Said
    | Told
    | TopicSet
    | TopicShown
    | RoomsListed
    | MembersListed
    | Recalled
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
)
