"""All that the core can do to the outside: what the shell around it is to do next, in order.

Sessions are named by the number under which the shell announced them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chat.core.value import value

Rendered = Any
"""What a dialect made of an event: bytes, for every dialect that goes over a wire."""


class Audience(NamedTuple):
    """The members of a room who speak one dialect: they are all sent the same bytes.

    A tuple, as it is looked up for every message: hashing a dataclass takes 0.2 us longer.
    """

    room: str
    dialect: str


@value
class Send:
    """Give this to one session."""

    session: int
    data: Rendered


@value
class Publish:
    """Give this to everyone in an audience, except perhaps to one session."""

    audience: Audience
    data: Rendered
    but: int | None


@value
class Enter:
    """A session belongs to an audience from now on."""

    session: int
    audience: Audience


@value
class Exit:
    """A session no longer belongs to an audience."""

    session: int
    audience: Audience


@value
class Close:
    """End the connection, once it was sent all that is due to it. The core is done with it."""

    session: int
    reason: str


@value
class Hold:
    """This line was not taken. Give it again in `delay_s` seconds, and none before it."""

    session: int
    line: bytes
    delay_s: float


@value
class Report:
    """For the log: what became of a session, and the name that goes with it."""

    session: int
    what: str
    name: str = ""


Action = Send | Publish | Enter | Exit | Close | Hold | Report
