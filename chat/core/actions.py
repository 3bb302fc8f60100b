"""All that the core can do to the outside: what the shell around it is to do next, in order.

Sessions are named by the number under which the shell announced them.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, NamedTuple

from chat.core.dialect import Dialect, Rendered
from chat.core.events import Said
from chat.core.jobs import Job
from chat.core.records import Record
from chat.core.value import value


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
    line: bytes = field(repr=False)  # there may be a password in it
    delay_s: float


@value
class RunJob:
    """Compute this for a session, and give the result to `ChatCore.finish`; handle none of its
    lines before that."""

    session: int
    job: Job


@value
class Save:
    """Keep these records, all or none, and say at once whether they are (`ChatCore.saved`)."""

    records: tuple[Record, ...]


@value
class Store:
    """Keep this message; do `then` when it is kept, and what `ChatCore.refuse` says when it can't
    be. Several may be kept together, before any of what came after them is seen by anyone;
    `ChatCore.settle` is told what became of them."""

    key: str  # the room's folded name
    message: Said
    then: list[Any]  # of Publish
    dialect: Dialect  # of who said it, who may be gone when it turns out


@value
class Forget:
    """Delete what is kept of a room, at once: before the Stores that come after."""

    key: str


@value
class StopServer:
    """Shut down, as a signal would have it."""


@value
class Report:
    """For the log: what became of a session, and the name that goes with it."""

    session: int
    what: str
    name: str = ""


Action = (
    Send
    | Publish
    | Enter
    | Exit
    | Close
    | Hold
    | RunJob
    | Save
    | Store
    | Forget
    | StopServer
    | Report
)
