"""Faults: what goes wrong on a simulated network, and how often."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from random import Random
from typing import Final

BUFFER_BYTES: Final = 212_992  # what Linux gives a socket, if nobody asks

# What a call may fail with, as the systems' manuals have it.
RECV_ERRORS: Final = (errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH)
SEND_ERRORS: Final = (errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT, errno.ENETUNREACH)
ACCEPT_ERRORS: Final = (errno.ECONNABORTED, errno.EPROTO, errno.EPERM)
SHUTDOWN_ERRORS: Final = (errno.ENOTCONN,)


@dataclass(frozen=True, slots=True)
class Faults:
    """Rates between 0 and 1: of all calls on the server's sockets, how many go wrong. By default
    nothing does, and everything takes no time."""

    partial_reads: float = 0.0
    """`recv` gives less than has arrived."""

    partial_writes: float = 0.0
    """`send` takes less than there is room for."""

    torn: float = 0.0
    """What is sent arrives in pieces."""

    blocked: float = 0.0
    """`recv`, `send` or `accept` can't be done just now, though the selector said so; or a signal
    came between."""

    recv_errors: float = 0.0
    """`recv` fails, and the connection is broken."""

    send_errors: float = 0.0
    """`send` does."""

    accept_errors: float = 0.0
    """Who was at the door left it before it opened."""

    shutdown_errors: float = 0.0
    """`shutdown` fails, as the other side has reset the connection just before."""

    exhaustion: float = 0.0
    """`accept` finds no descriptor left."""

    partial_selects: float = 0.0
    """The selector does not tell of all that are ready, only of some."""

    job_errors: float = 0.0
    """Work in a worker raises an exception."""

    delay_s: float = 0.0
    """How long a piece of what is sent takes, in the mean."""

    job_s: float = 0.0
    """How long work in a worker takes, in the mean."""

    late_s: float = 0.0
    """How much later the selector returns than it was told to, at most."""

    turn_s: float = 0.0
    """How long a turn takes, at most. What arrives meanwhile is handled in one turn, the next."""

    buffer_bytes: int = BUFFER_BYTES
    """What is on its way in one direction of a connection, at most: each has less or as much."""

    @classmethod
    def drawn(cls, random: Random) -> Faults:
        """As a run has them: some that do nothing, some that let hardly anything through."""
        errors = random.choice((0.0, 0.0, 0.001, 0.02, 0.2))

        def rate(most: float) -> float:
            return random.choice((0.0, random.random() * most))

        def error() -> float:
            return random.choice((0.0, random.random() * errors))

        return cls(
            partial_reads=rate(1.0),
            partial_writes=rate(0.5),
            torn=rate(1.0),
            blocked=rate(0.2),
            recv_errors=error(),
            send_errors=error(),
            accept_errors=error(),
            shutdown_errors=error(),
            exhaustion=error(),
            partial_selects=rate(0.5),
            job_errors=rate(0.2),
            delay_s=random.choice((0.0, 0.001, 0.05, 1.0)),
            job_s=random.choice((0.0, 0.1, 3.0)),
            late_s=random.choice((0.0, 0.001)),
            turn_s=random.choice((0.0, 0.001, 0.5)),
            buffer_bytes=random.choice((64, 1_000, 16_384, BUFFER_BYTES)),
        )


NONE: Final = Faults()
