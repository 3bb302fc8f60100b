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
STRANGE: Final = "that is no server's administration"
JSON: Final = "json"  # asks for answers in JSON from then on

EXIT_OK, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2


class AdminError(Exception):
    """The server can't be asked: one line that says why."""


class Client:
    """A connection to the administration of a server. Raises AdminError if there is none."""

    def __init__(self, path: str, *, as_json: bool = False) -> None:
        self._path = path
        self._as_json = False
        if not hasattr(socket, "AF_UNIX"):  # as on Windows
            raise AdminError(f"{path}: Python has no Unix sockets on this system")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(CONNECT_S)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            if isinstance(error, PermissionError):  # there may well be one
                raise AdminError(f"{path}: {error.strerror}") from None
            raise AdminError(f"{path}: no server is there ({error.strerror or error})") from None
        self._answers: BinaryIO = self._socket.makefile("rb")
        if as_json:
            self.ask(JSON)

    def close(self) -> None:
        """Say goodbye. The server needs no more of it than that."""
        self._answers.close()
        self._socket.close()

    def ask(self, command: str) -> tuple[list[str], str]:
        """The lines that answer a command, and what is wrong with it; empty: nothing. Raises
        AdminError if no answer comes, or one that no administration gives."""
        with suppress(OSError):  # then there is no answer either
            self._socket.sendall(command.encode(errors="replace") + b"\n")
        if command.strip().lower() == JSON:  # the only one that is not answered
            self._as_json = True
            return [], ""
        lines: list[str] = []
        for line in self._lines():
            if line.startswith("ERR "):  # also in place of JSON, where nobody is let in
                return lines, self._text_of(line)
            if self._as_json:
                return [line], self._text_in(line)
            if line == END:
                return lines, ""
            lines.append(line)
        raise AdminError(f"{self._path}: the server is gone")

    def _lines(self) -> Iterable[str]:
        try:
            for line in self._answers:
                if not line.endswith(b"\n"):
                    return  # the server went in the midst of it
                yield line.decode(errors="replace").rstrip("\n")
        except TimeoutError:
            raise AdminError(f"{self._path}: no answer in {CONNECT_S:g} s") from None
        except OSError:
            return

    def _text_of(self, refusal: str) -> str:
        _, _, text = refusal.removeprefix("ERR ").partition(" ")
        if not text:  # a code alone: that is how people are refused
            raise AdminError(f"{self._path}: {STRANGE}")
        return text

    def _text_in(self, answer: str) -> str:
        try:
            return str(json.loads(answer).get("text", ""))
        except (AttributeError, RecursionError, ValueError):  # no object, or no JSON at all
            raise AdminError(f"{self._path}: {STRANGE}") from None


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
        for command in [_one_line(words)] if words else _typed():
            if not command.strip():
                continue
            if not _show(*client.ask(command)):
                status = EXIT_REFUSED
            if command.split()[0].lower() in {"quit", "shutdown"}:
                break
        return status
    finally:
        client.close()


def _one_line(words: Sequence[str]) -> str:
    """One command, whatever an argument holds: what follows a line's end would be another one."""
    return " ".join(" ".join(words).splitlines())


def _show(lines: list[str], problem: str) -> bool:
    for line in lines or [END] * (not problem):
        print(line)
    if problem:
        print(f"chat: {problem}", file=sys.stderr)
    return not problem


def _typed() -> Iterable[str]:
    """What somebody types, with a prompt and the keys of readline if there is a terminal."""
    if sys.stdin is None:  # `<&-`: there is nothing to read
        return
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import readline  # noqa: F401, PLC0415 - it is enough to have it: `input` finds it
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            yield input(PROMPT)
    print()
