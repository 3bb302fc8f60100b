"""The bounds on what people can do, each with its reason. Units stand in the names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Every bound that the core keeps. Those on bytes and sockets are the reactor's."""

    clients_max: int = 10_000
    """Sessions at a time. A connection more is told `server-full`: below the usual limit of
    descriptors, so that the server refuses before the system does."""

    username_max_chars: int = 32
    """Longer ones push the text that follows them off a terminal's line."""

    text_max_chars: int = 8192
    """One message. What comes over a wire is bounded by its line already; what a program says
    in process, by this."""

    rate_burst: int = 20
    """Lines that a session may send at once: a pasted paragraph. 0 turns the rate limit off."""

    rate_per_s: float = 10.0
    """Lines a second after that: faster than anyone types, too slow to drown a room."""
