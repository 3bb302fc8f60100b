"""The bounds on what people can do, each with its reason. Units stand in the names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound that the core keeps. Those on bytes and sockets are the reactor's.

    Raises ValueError, which names the field, for one that can't be.
    """

    clients_max: int = 10_000
    """Sessions at a time. A connection more is told `server-full`: below the usual limit of
    descriptors, so that the server refuses before the system does."""

    username_max_chars: int = 32
    """Longer ones push the text that follows them off a terminal's line."""

    room_name_max_chars: int = 64
    """Rooms are typed more rarely than names, and may say more."""

    topic_max_chars: int = 300
    """A sentence or two: everyone who joins reads it."""

    room_members_max: int = 1_000
    """Users in a room; the lobby, where everyone begins, has room for all of `clients_max`."""

    rooms_max: int = 1_000
    """Rooms at a time. Each takes memory for its history, and joining makes them."""

    rooms_per_user_max: int = 50
    """Rooms that one user is in: leaving them all is one step, which has to stay short."""

    history_kept: int = 50
    """Messages of a room that are kept in memory for those who come later."""

    text_max_chars: int = 8192
    """One message. What comes over a wire is bounded by its line already; what a program says
    in process, by this."""

    rate_burst: int = 20
    """Lines that a session may send at once: a pasted paragraph. 0 turns the rate limit off."""

    rate_per_s: float = 10.0
    """Lines a second after that: faster than anyone types, too slow to drown a room."""

    def __post_init__(self) -> None:
        for field in fields(self):
            limit = getattr(self, field.name)
            if field.name != "rate_per_s" and (type(limit) is not int or limit < 0):
                raise ValueError(f"{field.name} is a whole number from 0, not {limit!r}")
        if self.rate_burst and not 0 < self.rate_per_s < inf:
            raise ValueError(f"rate_per_s is a number over 0, not {self.rate_per_s!r}")
