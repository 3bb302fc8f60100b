"""What a user asks for. Imperative, frozen, plain data: strings and numbers alone.

`registry.py` says of each who may ask it and what happens then.
"""

from __future__ import annotations

from chat.core.errors import Code
from chat.core.value import value


@value
class Login:
    """Be known by a name from now on."""

    name: str


@value
class Nick:
    """Be known by another name from now on."""

    name: str


@value
class Say:
    """Say something to everyone in a room."""

    room: str
    text: str


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


Command = Login | Nick | Say | Tell | Who | Help | Ping | Quit | Disconnect | Malformed | Blank
