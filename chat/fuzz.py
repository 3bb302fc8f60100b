"""`chat fuzz HOST:PORT`: talk nonsense to a running server, and see whether it minds."""

from __future__ import annotations

import argparse
import sys
from typing import Final

DIALECTS: Final = ("line", "slash", "ws")
RUNS: Final = 1_000
SECONDS: Final = 60
MEMORY_MORE_MAX_MIB: Final = 64  # room for histories, which have a bound
FOLDER: Final = "fuzz-findings"
EXIT_INTERRUPTED: Final = 130  # as shells have it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server, how, and for how long."""
    parser.description = (
        "Talk to a running server as people do to whom everything happens that can happen, and "
        "watch for crashes, hangs, leaks, lines of no known form, and what reaches somebody whom "
        "it was not meant for. Whatever the server keeps will be full of it."
    )
    parser.epilog = (
        "exit status: 0 nothing found, 1 something found, 2 a mistake, or nobody there, "
        "130 interrupted before the first run"
    )
    add = parser.add_argument
    add("address", metavar="HOST:PORT", help="the server; on this machine")
    add("--dialect", choices=DIALECTS, default="line", help="what is spoken there (line)")
    add("--runs", metavar="N", help=f"conversations, at most ({RUNS}; with --replay 1)")
    add("--seconds", metavar="N", default=str(SECONDS), help=f"how long, at most ({SECONDS})")
    add("--seed", metavar="N", help="the same conversations again (a fresh one)")
    add("--pid", metavar="PID", help="the server's process: its memory and descriptors are watched")
    add(
        "--memory-mib",
        metavar="N",
        default=str(MEMORY_MORE_MAX_MIB),
        help=f"by how much it may grow, once it is warm ({MEMORY_MORE_MAX_MIB})",
    )
    add(
        "--save",
        metavar="DIR",
        default=FOLDER,
        help=f"where findings go ({FOLDER}); with --replay nowhere",
    )
    add("--replay", metavar="FILE", help="play a finding again, in its dialect")
    add(
        "--i-own-this-server",
        action="store_true",
        help="it may be on another machine: it is mine, and so is everybody's time who is on it",
    )


def run(parsed: argparse.Namespace) -> int:
    """Fuzz; returns the exit status."""
    try:
        # Not before it is needed: who serves has no use for it, and would wait for it.
        from chat.testing.fuzzing import command  # noqa: PLC0415

        return command.run(parsed, RUNS)
    except KeyboardInterrupt:
        print("interrupted before the first run", file=sys.stderr)
        return EXIT_INTERRUPTED
