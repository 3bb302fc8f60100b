"""`chat admin`: one command, or a prompt for many, put to a running server over its Unix socket."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import BinaryIO, Final

from chat.config import load
from chat.parsing import ConfigError

CONNECT_S: Final = 5.0  # a server that takes longer to let us in, or to answer, has hung
PROMPT: Final = "chat> "
END: Final = "OK"  # the last line of an answer, and all of it where there is nothing to list

EXIT_OK, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2


class AdminError(Exception):
    """The server can't be asked: one line that says why."""


class Client:
    """A connection to the administration of a server. Raises AdminError if there is none."""

    def __init__(self, path: str, *, as_json: bool = False) -> None:
        self._path = path
        self._as_json = as_json
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(CONNECT_S)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise AdminError(f"{path}: no server is there ({error.strerror or error})") from None
        self._answers: BinaryIO = self._socket.makefile("rb")
        if as_json:
            self._send("json")

    def close(self) -> None:
        """Say goodbye. The server needs no more of it than that."""
        self._answers.close()
        self._socket.close()

    def ask(self, command: str) -> tuple[list[str], str]:
        """The lines that answer a command, and what is wrong with it; empty: nothing."""
        self._send(command)
        lines: list[str] = []
        for line in self._lines():
            if self._as_json:
                return [line], str(json.loads(line).get("text", ""))
            if line == END:
                return lines, ""
            if line.startswith("ERR "):
                return lines, line.split(" ", 2)[2]
            lines.append(line)
        raise AdminError(f"{self._path}: the server is gone")

    def _send(self, line: str) -> None:
        with suppress(OSError):  # then there is no answer either
            self._socket.sendall(line.encode(errors="replace") + b"\n")

    def _lines(self) -> Iterable[str]:
        with suppress(OSError):
            for line in self._answers:
                yield line.decode().rstrip("\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server, and what to ask of it."""
    parser.description = (
        "Look after a running server: one command, or a prompt for many. `chat admin help` lists "
        "them. The exit status is 1 if a command was refused."
    )
    parser.add_argument("words", nargs="*", metavar="COMMAND", help="such as: users")
    parser.add_argument("--socket", metavar="PATH", help="the server's socket, FILE.admin")
    parser.add_argument("--config", metavar="FILE", help="find it by the server's TOML file")
    parser.add_argument("--json", action="store_true", help="answers as JSON, one object a line")


def run(parsed: argparse.Namespace) -> int:
    """Ask; returns the exit status."""
    try:
        path = parsed.socket or _configured(parsed.config or os.environ.get("CHAT_CONFIG"))
        return ask_all(path, parsed.words, as_json=parsed.json)
    except (ConfigError, AdminError) as error:
        print(f"chat: {error}", file=sys.stderr)
        return EXIT_USAGE


def _configured(file: str | None) -> str:
    """The socket that the server's own settings name. Raises ConfigError."""
    path = load(file, os.environ, {}).admin_socket
    if not path:
        raise ConfigError("which server? Say --socket PATH, or --config FILE")
    return path


def ask_all(path: str, words: Sequence[str], *, as_json: bool = False) -> int:
    """One command, or as many as come in on standard input; returns the exit status.

    Raises AdminError if there is no server, or none any more.
    """
    client = Client(path, as_json=as_json)
    try:
        status = EXIT_OK
        for command in [" ".join(words)] if words else _typed():
            if not command.strip():
                continue
            if not _show(*client.ask(command)):
                status = EXIT_REFUSED
            if command.split()[0].lower() in {"quit", "shutdown"}:
                break
        return status
    finally:
        client.close()


def _show(lines: list[str], problem: str) -> bool:
    for line in lines or [END] * (not problem):
        print(line)
    if problem:
        print(f"chat: {problem}", file=sys.stderr)
    return not problem


def _typed() -> Iterable[str]:
    """What somebody types, with a prompt and the keys of readline if there is a terminal."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415 - it is enough to have it: `input` finds it
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            yield input(PROMPT)
    print()
