"""One connection, as the core sees it.

A session is CONNECTED until its user has a name, then READY until it ends. One of the server's
own administration has no user; it is OPERATOR from the beginning:

    state      input                                     becomes
    CONNECTED  Login, Guest ..., unless it is refused    READY
    CONNECTED  Administer                                OPERATOR
    READY      Nick, Say ...                             READY
    any        Quit, silence for too long, a lost        (gone: what still comes in for it
               connection, the server's shutdown          finds no session, and is dropped)

What of all commands may come in which state is said in `registry.py`; one that may not is
answered with REFUSED_IN of the state it came in.
"""

from __future__ import annotations

from enum import Enum
from math import inf
from typing import Final

from chat.core.dialect import Dialect
from chat.core.errors import Code
from chat.core.limits import Limits


class State(Enum):
    """How far a session has come."""

    CONNECTED = "connected"
    READY = "ready"
    OPERATOR = "operator"

    # An Enum's own hash is a call of Python, and the gate asks for one with every line.
    __hash__ = object.__hash__


REFUSED_IN: Final[dict[State, Code]] = {
    State.CONNECTED: "not-logged-in",
    State.READY: "already-logged-in",
    State.OPERATOR: "not-allowed",
}

REFILL_S: Final = 0.1
"""How old the level of a bucket may be when a line is taken on it. Filling for each line would
cost each line; filling the empty ones alone would let one burst follow another at once."""


class Session:
    """State, name, and a token bucket that holds the rate of its lines.

    Every line takes tokens out of the bucket; it fills at a steady rate. A line that finds too
    few waits. Pure: what time it is comes in as `now`, in seconds; a clock that is set back
    fills no bucket and empties none.
    """

    __slots__ = (
        "address",
        "dialect",
        "filled_at",
        "id",
        "name",
        "slowed",
        "state",
        "tag",
        "tokens",
    )

    def __init__(
        self, id: int, dialect: Dialect, limits: Limits, now: float, address: str = ""
    ) -> None:
        self.id = id
        self.dialect = dialect
        self.address = address  # where it comes from; empty: from this very machine
        self.state = State.CONNECTED
        self.name = ""
        self.tag = ""  # of what is just being handled: its answer carries it
        self.slowed = False  # was told that its lines wait, and has not caught up since
        self.tokens: float = limits.rate_burst or inf
        self.filled_at = now

    def log_in(self, name: str) -> None:
        """It has a user now."""
        self.state = State.READY
        self.name = name

    def log_out(self) -> None:
        """It has none any more."""
        self.state = State.CONNECTED
        self.name = ""

    def refill(self, limits: Limits, now: float) -> None:
        """Add the tokens for the time since the last refill."""
        full = limits.rate_burst or inf
        gained = max(0.0, now - self.filled_at) * limits.rate_per_s if limits.rate_burst else inf
        level = self.tokens + gained
        # Full just now is a bucket on which a line has waited; so, full and a line's time longer.
        if level >= full + 1:
            self.slowed = False
        self.tokens = min(level, full)
        self.filled_at = now
