"""The `chat` command. Whatever a person can get wrong is said in one line, with exit status 2."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from types import ModuleType
from typing import Final, NoReturn

import chat

EXIT_USAGE = 2
EXIT_INTERRUPTED, EXIT_UNREAD = 130, 141  # as shells have it of who is ended by SIGINT or SIGPIPE

COMMANDS: Final = {
    "serve": ("chat.serve", "run a server (also without this word)"),
    "connect": ("chat.client.connect", "talk at this terminal"),
    "admin": ("chat.admin", "look after a running server"),
    "check": ("chat.check", "see whether a server, whoever wrote it, speaks the protocol"),
    "fuzz": ("chat.fuzz", "talk nonsense to a running server, and watch it"),
    "replay": ("chat.replay", "run a recording again"),
}
"""Each a module with `add_arguments(parser)` and `run(parsed)`, imported where it is asked for, and
what it is for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status. Raises SystemExit as argparse does."""
    if sys.stderr is None:  # `2>&-`: else `print` would take standard output
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until we end
    typed = list(sys.argv[1:] if arguments is None else arguments)
    parser, parsers = _parsers()
    if typed and typed[0].isidentifier() and typed[0] not in COMMANDS:
        parser.error(f"there is no command {typed[0]!r}; try: chat --help")
    if not typed or typed[0] not in {*COMMANDS, "-h", "--help", "--version"}:
        typed.insert(0, "serve")  # what nearly everyone wants needs no word
    if typed[0] not in COMMANDS:
        parser.parse_args(typed[:1])  # which prints something, and ends
    try:
        module = import_module(COMMANDS[typed[0]][0])
    except KeyboardInterrupt:  # it takes a moment
        return EXIT_INTERRUPTED
    module.add_arguments(parsers[typed[0]])
    parsed, unknown = parser.parse_known_args(typed)
    if unknown:
        parser.error(f"unknown: {' '.join(unknown)}; try: chat {typed[0]} --help")
    return _run(module, parsed)


def _run(module: ModuleType, parsed: argparse.Namespace) -> int:
    """Quiet where nobody reads any more what is printed, as in `chat check … | head`, and where
    somebody has seen enough. A full disk is no verdict."""
    if isinstance(sys.stdout, TextIOWrapper):  # what its encoding lacks is no reason to end
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status: int = module.run(parsed)
        print(end="", flush=True)
    except BrokenPipeError:
        _print_no_more()
        return EXIT_UNREAD
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename:
            raise
        _print_no_more()
        print(f"chat: standard output: {error.strerror}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return status


def _print_no_more() -> None:
    """Nor what Python has left, and flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without all the usage above it."""
        self.exit(EXIT_USAGE, f"chat: {' '.join(message.split())}\n")


def _parsers() -> tuple[_Parser, dict[str, _Parser]]:
    """Of the whole, and of each command, which lacks its arguments so far."""
    parser = _Parser(
        prog="chat",
        description=chat.__doc__,
        epilog="`chat serve --help` lists the settings.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"reactor-chat {chat.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    return parser, {
        name: commands.add_parser(name, help=purpose, allow_abbrev=False)
        for name, (_, purpose) in COMMANDS.items()
    }
