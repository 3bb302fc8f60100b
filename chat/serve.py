"""`chat serve`: a server, with its settings from everywhere, until a signal ends it."""

from __future__ import annotations

import argparse
import gc
import math
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chat import logs
from chat.config import OPTIONS, REPEATED, Config, Option, load
from chat.parsing import ConfigError, argument_type, parse_port
from chat.server import ChatServer
from chat.shell import log
from chat.store import StoreError
from reactor import format_address

if sys.platform != "win32":
    import resource

EXIT_OK, EXIT_USAGE = 0, 2

OPEN_MAX = 10_240  # descriptors that macOS lets a process have in any case: see its setrlimit(2)

COLLECT_AFTER_OBJECTS = 10_000  # as many as 1,000 connections have; Python's own number is 700


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All settings, as flags."""
    parser.description = "Run a chat server. Without arguments: on 127.0.0.1, port 4000."
    parser.epilog = (
        "Each of these is also a CHAT_... variable (CHAT_PORT=5000) and a key of the file."
    )
    parser.add_argument("port_argument", nargs="?", metavar="PORT", help="the same as --port")
    parser.add_argument("--config", metavar="FILE", help="read settings from a TOML file")
    for option in OPTIONS:
        _add_flag(parser, option)


def run(parsed: argparse.Namespace) -> int:
    """Serve until a signal ends it; returns the exit status."""
    path = parsed.config or os.environ.get("CHAT_CONFIG")
    try:
        flags = _flags(parsed)
        config = load(path, os.environ, flags)
        descriptors = _raise_descriptor_limit()
        server = ChatServer(config)
    except (ConfigError, OSError, StoreError) as error:
        print(f"chat: {_one_line(error)}", file=sys.stderr)
        return EXIT_USAGE
    logs.set_up(config, server.reactor.call_soon_threadsafe)
    _handle_signals(server, path, flags)
    for address in server.addresses:
        logs.announce(config, "listening on %(address)s", address=format_address(address))
    if descriptors < config.max_clients:
        log.warning(
            "%d descriptors (ulimit -n) are too few for %d clients", descriptors, config.max_clients
        )
    _collect_seldom()
    _tell_manager(os.environ.get("NOTIFY_SOCKET", ""))
    server.serve_forever()
    return EXIT_OK


def _add_flag(parser: argparse.ArgumentParser, option: Option) -> None:
    if not option.metavar:
        parser.add_argument(
            f"--{option.flag}", action=argparse.BooleanOptionalAction, help=option.help
        )
        return
    parser.add_argument(
        f"--{option.flag}",
        metavar=option.metavar,
        type=argument_type(option.parse),
        action="append" if option.name in REPEATED else "store",
        help=option.help,
    )


def _flags(parsed: argparse.Namespace) -> dict[str, Any]:
    """What was given on the command line, by Config's names. `--port` beats a bare PORT.

    That is looked at here: argparse would blame the `x` of an unknown `--flag x` for being no port.
    """
    flags = {option.name: getattr(parsed, option.name) for option in OPTIONS}
    if parsed.port_argument is not None:
        port = parse_port(parsed.port_argument)
        flags["port"] = port if flags["port"] is None else flags["port"]
    for name in REPEATED:
        if flags[name] is not None:
            flags[name] = tuple(flags[name])
    return flags


def _handle_signals(server: ChatServer, path: str | None, flags: Mapping[str, Any]) -> None:
    """INT and TERM stop the server, and INT after that at once. HUP has it read its settings
    again, unless it was started in a terminal: that says HUP when somebody closes it."""

    def stop(_number: int, _frame: object) -> None:
        server.stop()
        signal.signal(signal.SIGINT, stop_waiting)

    def stop_waiting(_number: int, _frame: object) -> None:
        server.reactor.stop()

    def reload(_number: int, _frame: object) -> None:
        server.reactor.call_soon_threadsafe(_reload, server, path, flags)

    server.reactor.wake_on_signals()
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, stop if _in_terminal() else reload)


def _in_terminal() -> bool:
    return any(map(os.isatty, (0, 2)))  # `sys.stdin` may be None


def _reload(server: ChatServer, path: str | None, flags: Mapping[str, Any]) -> None:
    """Settings and certificate again; a mistake in them is logged and changes nothing."""
    try:
        config: Config = load(path, os.environ, flags)
        waits = server.reconfigure(config)
    except (ConfigError, OSError) as error:
        log.error("not reloaded: %s", _one_line(error))
        return
    logs.set_up(server.config, server.reactor.call_soon_threadsafe)
    if waits:
        log.warning("reloaded; after a restart: %s", ", ".join(waits))
    else:
        log.info("reloaded")


def _raise_descriptor_limit() -> float:
    """A connection takes a descriptor; the usual limit of 1,024 is for ordinary programs. Returns
    how many we may have now."""
    if sys.platform == "win32":
        return math.inf
    kind = resource.RLIMIT_NOFILE
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (hard, hard))
    except (ValueError, OSError):  # macOS has no limit, and then refuses to set none
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (max(soft, OPEN_MAX), hard))
    soft, _ = resource.getrlimit(kind)
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _collect_seldom() -> None:
    """Have the garbage collector look at what is made from here on, and less often than by itself:
    what comes and goes with a message or a user is freed without it, and to look at 10,000 users
    again and again is a tenth of what letting them in costs. What it is for is little: requests for
    WebSocket that are refused, and bugs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS)


def _tell_manager(where: str) -> None:
    """We listen, and know what a HUP is for: said to a service manager that waits for it on a Unix
    socket (sd_notify(3)), whose name begins with @ where it stands in no directory (unix(7))."""
    if not where:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(b"READY=1", "\0" + where[1:] if where.startswith("@") else where)
    except OSError as error:
        log.warning("NOTIFY_SOCKET=%s: %s", where, _one_line(error))


def _one_line(error: Exception) -> str:
    """What is wrong, without a number that means nothing to people."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    name = getattr(error, "filename", None)
    return " ".join(f"{name}: {reason}".split() if name else reason.split())
