"""`chat connect`: reads settings and flags, and starts the client at a terminal or without one."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from chat.client import exits, settings
from chat.client.settings import Settings
from chat.parsing import ConfigError

NEEDS: Final = ("platformdirs", "prompt_toolkit", "websockets")  # the extra `client`
SETTINGS_FILE: Final = "client.toml"
HISTORY_FILE: Final = "history"
APPLICATION: Final = "reactor-chat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and as whom."""
    parser.description = (
        "Talk at this terminal. Without one (`echo hi | chat connect --room tea`), each line that "
        "comes in is said, what others say comes out, and the end is waited for until the server "
        "has everything."
    )
    parser.epilog = (
        "exit status: 0 all is well, 1 the server refused something, or a line was no command, "
        "2 a mistake in the command line or the settings, or standard input or output that can't "
        "be used, 3 no connection, or something was not sent. The settings are in "
        f"{APPLICATION}/{SETTINGS_FILE} in $XDG_CONFIG_HOME."
    )
    parser.add_argument(
        "url",
        nargs="?",
        metavar="URL",
        help=f"the server ({settings.DEFAULT_URL}); HOST alone is ws://HOST:{settings.OUR_PORT}, "
        "while ws://HOST has port 80, as everywhere",
    )
    parser.add_argument("--name", metavar="NAME", help="your name there (that of your login)")
    parser.add_argument(
        "--room", metavar="ROOM", action="append", help="come into this room; may be repeated"
    )
    parser.add_argument("--config", metavar="FILE", help="other settings than the usual")
    parser.add_argument(
        "--print-config", action="store_true", help="print a settings file with all defaults"
    )


def run(parsed: argparse.Namespace) -> int:
    """Talk; returns the exit status."""
    if parsed.print_config:
        print(settings.default_file(), end="")
        return exits.FINE
    if any(find_spec(name) is None for name in NEEDS):
        print(
            "chat: to connect takes more than Python: pip install 'reactor-chat[client]'",
            file=sys.stderr,
        )
        return exits.USAGE
    try:
        chosen = _chosen(parsed)
        _look_at_streams()
    except ConfigError as error:
        print(f"chat: {error}", file=sys.stderr)
        return exits.USAGE
    try:
        return _talk(chosen)
    except KeyboardInterrupt:  # where it is no key for us: without a terminal, or while connecting
        return exits.INTERRUPTED


def _talk(chosen: Settings) -> int:
    # Not before they are needed: who serves has no use for them, and need not have them.
    prefix = secrets.token_hex(4) + "-"
    if sys.stdin.isatty() and sys.stdout.isatty():
        from chat.client.screen import run as run_screen  # noqa: PLC0415

        return run_screen(chosen, prefix, _history())
    from chat.client.plain import run as run_plain  # noqa: PLC0415

    return run_plain(chosen, prefix)


def _chosen(parsed: argparse.Namespace) -> Settings:
    """The settings, and what was said instead. Raises ConfigError."""
    named = parsed.config is not None
    path = Path(parsed.config) if named else _settings_path()
    chosen = settings.load(path, optional=not named)
    said = {
        "url": parsed.url,
        "name": parsed.name or chosen.name or _login_name(),
        "rooms": parsed.room,
    }
    given = {name: value for name, value in said.items() if value is not None}
    return replace(chosen, **settings.checked(given))


def _look_at_streams() -> None:
    """Whoever started us may have closed them (`<&-`). Raises ConfigError."""
    for what, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if stream is None:
            raise ConfigError(f"standard {what} is closed")


def _settings_path() -> Path:
    from platformdirs import user_config_path  # noqa: PLC0415

    return user_config_path(APPLICATION) / SETTINGS_FILE


def _history() -> Path:
    from platformdirs import user_state_path  # noqa: PLC0415

    return user_state_path(APPLICATION) / HISTORY_FILE


def _login_name() -> str:
    """What the system calls who sits here; where it has no name for them, they are a guest."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "guest"
