"""`chat check HOST:PORT`: whether a server, whoever wrote it, speaks the protocol."""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from chat.parsing import (
    ConfigError,
    parse_argument,
    parse_seconds,
    parse_server,
    parse_some_seconds,
)
from chat.testing.calls import CONNECT_S
from chat.testing.check.reports import as_count, as_json, as_lines, as_untried
from chat.testing.check.rules import Report, Verdict
from chat.testing.check.run import look
from chat.testing.check.stage import PATIENCE_S, Target

EXIT_OK, EXIT_BROKEN, EXIT_USAGE = 0, 1, 2
EXIT_INTERRUPTED = 130  # as shells have it

TABLES: Final = {
    "line": "chat.testing.check.line_table",
    "slash": "chat.testing.check.slash_table",
    "ws": "chat.testing.check.websocket_table",
}
"""By dialect, the module with the RULES, and the PERSON that speaks it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server, what it speaks, and how to say what was found."""
    parser.description = (
        "Look whether a server, whoever wrote it, speaks the protocol: log people in, have them "
        "talk, and hold what they see against the descriptions. The exit status is 1 if a rule "
        "doesn't hold."
    )
    parser.add_argument("server", metavar="HOST:PORT", help="where it listens")
    parser.add_argument(
        "--dialect", choices=TABLES, default="line", help="what it speaks (line); ws: WebSocket"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML, too")
    parser.add_argument(
        "--idle", metavar="SECONDS", default="0", help="look whether the silent are disconnected"
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        default=str(PATIENCE_S),
        help=f"how long to wait for what should come ({PATIENCE_S:g})",
    )


def run(parsed: argparse.Namespace) -> int:
    """Look; returns the exit status."""
    verdicts: list[Verdict] = []
    try:
        patience_s = parse_argument("--patience", parse_some_seconds, parsed.patience)
        idle_s = parse_argument("--idle", parse_seconds, parsed.idle)
        table = _table(parsed.dialect)
        target = Target(_address(parsed.server), patience_s, idle_s)
        if parsed.junit:
            _write(parsed.junit, b"")  # or only after all the work it would be found that one can't
        report = _check(table, target, parsed, verdicts)
        print(as_json(report) if parsed.json else _last_lines(report))
        if parsed.junit:
            _write_junit(parsed.junit, report)
    except ConfigError as error:
        print(f"chat: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print(f"\ninterrupted: {as_count(verdicts)}", file=sys.stderr)
        return EXIT_INTERRUPTED
    return EXIT_OK if report.holds else EXIT_BROKEN


def _check(
    table: ModuleType, target: Target, parsed: argparse.Namespace, verdicts: list[Verdict]
) -> Report:
    """Look at every rule, and say what was found as it is found, if people read it. `verdicts`
    has it even where this is interrupted."""
    start = time.monotonic()
    width = shutil.get_terminal_size().columns  # 80, where it is no terminal
    for verdict in look(table.RULES, target, table.PERSON):
        verdicts.append(verdict)
        if verdict.tried and not parsed.json:
            print(as_lines(verdict, width), flush=True)
    variety = str(target.variety or "")
    seconds = time.monotonic() - start
    return Report(parsed.server, parsed.dialect, variety, tuple(verdicts), seconds)


def _last_lines(report: Report) -> str:
    """What there is to say when all is done."""
    count = f"{as_count(report.verdicts)} ({report.seconds:.1f} s)"
    return "\n".join(["", *filter(None, [as_untried(report.verdicts)]), count])


def _table(dialect: str) -> ModuleType:
    """The rules. Raises ConfigError where the extra that they need is missing."""
    try:
        return import_module(TABLES[dialect])
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("websockets"):
            raise
        raise ConfigError(
            f"--dialect {dialect} needs: pip install 'reactor-chat[websocket]'"
        ) from None


def _address(text: str) -> tuple[str, int]:
    """Where somebody listens, in numbers. Raises ConfigError if nobody does."""
    place = parse_server(text)
    try:
        with closing(socket.create_connection(place, CONNECT_S)) as sock:
            found: tuple[str, int] = sock.getpeername()[:2]
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{text}: nobody is there ({reason})") from None
    return found


def _write_junit(path: str, report: Report) -> None:
    """As `_write`."""
    from chat.testing.check.junit import as_junit  # noqa: PLC0415 - few need it, and XML is large

    _write(path, as_junit(report))


def _write(path: str, data: bytes) -> None:
    """Raises ConfigError if the file can't be written."""
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
