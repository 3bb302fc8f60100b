"""The bounds on one connection, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from reactor.framing import LINE_MAX_BYTES


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take of the process. One object serves all of a listener's."""

    line_max_bytes: int = LINE_MAX_BYTES
    """A longer line is skipped, and its sender told: it would have to be kept whole in memory."""

    read_max_bytes: int = 65_536
    """What is read of one connection in a turn of the loop, so that none holds up the others."""

    high_water_bytes: int = 65_536
    """With more than this unsent, a connection's own lines wait: who doesn't read its answers
    gets no more of them. They go on below half of it."""

    output_max_bytes: int = 1_048_576
    """With more than this unsent, a connection is dropped: others' lines can't be made to wait
    for one slow reader, nor kept for it without end."""

    flush_s: float = 5.0
    """How long a connection that is being closed has to take what is still due to it."""

    linger_s: float = 1.0
    """How long it then has to hang up itself: enough for what it says meanwhile to be thrown away
    without harm, and short, as some programs (OpenBSD's nc) never do."""
