"""`chat replay FILE`: run a recording again, bit for bit, or under other limits."""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from chat.core import Limits
from chat.testing.recording import Departure, Replay

EXIT_OK, EXIT_DEPARTED, EXIT_USAGE = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recording, and under which limits."""
    parser.description = (
        "Run again what `chat serve --record FILE` has recorded. The exit status is 1 if it "
        "departs from the recording."
    )
    parser.add_argument("file", metavar="FILE", help="the recording")
    parser.add_argument(
        "--limits",
        metavar="FILE",
        help="TOML: what would these limits have done (names as `chat admin limit` lists them)?",
    )


def run(parsed: argparse.Namespace) -> int:
    """Replay; returns the exit status."""
    try:
        limits = _limits(parsed.limits) if parsed.limits else None
        with open(parsed.file, encoding="utf-8") as lines:
            replay = Replay(lines, limits)
            replay.run()
    except Departure as departure:
        print(f"chat: {parsed.file}: {departure}", file=sys.stderr)
        return EXIT_DEPARTED
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"chat: {getattr(error, 'filename', None) or parsed.file}: {reason}", file=sys.stderr)
        return EXIT_USAGE
    _show(replay)
    return EXIT_OK


def _limits(path: str) -> Limits:
    """Raises OSError or ValueError, which name what is wrong."""
    try:
        found: dict[str, Any] = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        known = {field.name for field in fields(Limits)}
        if unknown := sorted(set(found) - known):
            raise ValueError(f"there is no limit {unknown[0]!r}")
        return Limits(**found)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _show(replay: Replay) -> None:
    """What came of it, and what would have come of it."""
    counts = replay.core.counts
    print(f"{counts['inputs']} inputs, {replay.digests} digests: all the same")
    for name in ("said", "lines that waited", "connections closed"):
        then = f", under these limits {replay.other.counts[name]}" if replay.other else ""
        print(f"{name}: {counts[name]}{then}")
