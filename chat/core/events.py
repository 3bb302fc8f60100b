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
    """A session has a name now."""

    name: str


@value
class Done:
    """What was asked is done, and there is no more to say about it to who asked."""


@value
class Joined:
    """A user came into a room."""

    session: int
    name: str
    room: str
    at: float


@value
class Said:
    """A user said something in a room. `seq` counts what was said there, from 1."""

    session: int
    name: str
    room: str
    seq: int
    at: float
    text: str


@value
class Told:
    """A user said something to the user of session `to` alone."""

    to: int
    name: str
    at: float
    text: str


@value
class Renamed:
    """A user took another name, and is in these rooms."""

    session: int
    old: str
    new: str
    rooms: tuple[str, ...]
    at: float


@value
class Disconnected:
    """A user is gone, and has left these rooms."""

    session: int
    name: str
    rooms: tuple[str, ...]
    at: float
    reason: str


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
    | Done
    | Joined
    | Said
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
)
