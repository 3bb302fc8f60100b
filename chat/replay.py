"""`chat replay FILE`: run a recording again, bit for bit, or under other limits."""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from chat.core import Limits
from chat.testing.replaying import Departure, Replay

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
    file = parsed.limits
    try:
        limits = _limits(file) if file else None
        file = parsed.file
        with open(file, encoding="utf-8") as lines:
            replay = Replay(lines, limits)
            replay.run()
    except Departure as departure:
        print(f"chat: {file}: {departure}", file=sys.stderr)
        return EXIT_DEPARTED
    except UnicodeDecodeError:
        print(f"chat: {file}: not UTF-8", file=sys.stderr)
        return EXIT_USAGE
    except (OSError, RecursionError, ValueError, TypeError) as error:
        print(f"chat: {file}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return EXIT_USAGE
    _show(replay)
    return EXIT_OK


def _limits(path: str) -> dict[str, Any]:
    """By their names: all others are as recorded. Raises OSError or ValueError, which says what is
    wrong."""
    table = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    found: dict[str, Any] = {name.replace("-", "_"): value for name, value in table.items()}
    known = {field.name for field in fields(Limits)}
    if unknown := sorted(set(found) - known):
        raise ValueError(f"there is no limit {unknown[0]!r}")
    Limits(**found)  # says what can't be one
    return found


def _show(replay: Replay) -> None:
    """What came of it, and what would have come of it."""
    counts = replay.core.counts
    inputs, digests = _counted(counts["inputs"], "input"), _counted(replay.digests, "digest")
    compared = "all the same" if replay.digests else "there was nothing to compare with"
    print(f"{inputs}, {digests}: {compared}")
    for name in ("said", "lines that waited", "connections closed"):
        then = f", under these limits {replay.other.counts[name]}" if replay.other else ""
        print(f"{name}: {counts[name]}{then}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + "s" * (number != 1)
