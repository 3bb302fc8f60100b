"""What a user asks for. Imperative, frozen, plain data: strings and numbers alone.

`registry.py` says of each who may ask it and what happens then. Where a room is named, CURRENT
stands for the one that the user joined last.
"""

from __future__ import annotations

from chat.core.errors import Code
from chat.core.value import value

CURRENT = ""


@value
class Login:
    """Be known by a name from now on."""

    name: str


@value
class Guest:
    """Be known by a name of the server's choice until there is a better one."""


@value
class Nick:
    """Be known by another name from now on."""

    name: str


@value
class Join:
    """Come into a room; `alone`: and leave those that one was in."""

    room: str
    alone: bool = False


@value
class Leave:
    """Go out of a room."""

    room: str


@value
class Say:
    """Say something to everyone in a room."""

    room: str
    text: str


@value
class Act:
    """Do something in front of everyone in a room: `/me waves`."""

    room: str
    text: str


@value
class SetTopic:
    """Say what a room is about."""

    room: str
    text: str


@value
class ShowTopic:
    """Ask what a room is about."""

    room: str


@value
class ListRooms:
    """List the rooms."""


@value
class ListMembers:
    """List who is in a room."""

    room: str


@value
class Recall:
    """List the last messages of a room."""

    room: str
    count: int


@value
class Tell:
    """Say something to one user alone."""

    to: str
    text: str


@value
class Who:
    """List the users."""


@value
class Help:
    """List the commands."""


@value
class Ping:
    """See whether the server is there."""


@value
class Quit:
    """Say goodbye."""


@value
class Disconnect:
    """The connection is gone. Nobody types this: it is what the server makes of that."""

    reason: str


@value
class Malformed:
    """Something that its dialect could make no command of; to be refused with this code."""

    code: Code
    detail: str = ""


@value
class Blank:
    """A line with nothing on it."""


Command = (
    Login
    | Guest
    | Nick
    | Join
    | Leave
    | Say
    | Act
    | Tell
    | SetTopic
    | ShowTopic
    | ListRooms
    | ListMembers
    | Recall
    | Who
    | Help
    | Ping
    | Quit
    | Disconnect
    | Malformed
    | Blank
)
