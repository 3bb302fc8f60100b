"""What a person may choose: the settings file, and the addresses that servers have.

There is one table, OPTIONS: the file's keys and the file with all defaults are made from it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from chat.client.lines import KINDS
from chat.client.themes import THEMES, is_style
from chat.dialects.base import room_name
from chat.parsing import ConfigError

DEFAULT_URL: Final = "ws://127.0.0.1:4000"
OUR_PORT: Final = 4000
FILE_MAX_BYTES: Final = 1_000_000  # of settings; there are twelve
SECONDS_MAX: Final = 1e6  # eleven days between two attempts: more is a slip
RETRY_MIN_S: Final = 0.01  # less keeps a core busy, and a server
KEYS: Final = ("inputrc", "emacs", "vi")


@dataclass(frozen=True, slots=True)
class Settings:
    """What each is for stands in OPTIONS."""

    url: str = DEFAULT_URL
    name: str = ""
    rooms: tuple[str, ...] = ("lobby",)
    theme: str = "both"
    keys: str = "inputrc"
    bell: bool = True
    time_format: str = "%H:%M"
    retry_first: float = 0.5  # seconds
    retry_max: float = 30.0  # seconds
    give_up: float = 0.0  # seconds
    colours: dict[str, str] = field(default_factory=dict)


class Option(NamedTuple):
    """A row of OPTIONS: a field of Settings, what it is for, and what a value of it must be."""

    name: str
    help: str
    parse: Callable[[object], Any]


def load(path: Path, *, optional: bool = False) -> Settings:
    """The settings in a file; all defaults if there need not be one, and is none. Raises
    ConfigError."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_MAX_BYTES).decode("utf-8-sig")  # as editors on Windows have it
        table = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:  # not there, no UTF-8, not TOML ...
        if optional and isinstance(error, FileNotFoundError | NotADirectoryError):
            return Settings()
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    try:
        return Settings(**checked(table))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def checked(table: Mapping[str, Any]) -> dict[str, Any]:
    """What a table says, as Settings has it. Raises ConfigError, which names what is wrong."""
    rows = {option.name: option for option in OPTIONS}
    values = {}
    for name, value in table.items():
        if name not in rows:
            raise ConfigError(f"unknown setting {name!r}")
        try:
            values[name] = rows[name].parse(value)
        except ConfigError as error:
            raise ConfigError(f"{name}: {error}") from None
        except ValueError:  # Python writes out no number of more than 4,300 digits
            raise ConfigError(f"{name}: that number is too long") from None
    return values


def default_file() -> str:
    """The file with every default in it, as comments."""
    paragraphs = ["# The settings of `chat connect`. Take the # off what you change."]
    defaults = Settings()
    for option in OPTIONS[:-1]:
        value = getattr(defaults, option.name)
        shown = json.dumps(list(value) if isinstance(value, tuple) else value)
        paragraphs.append(f"# {option.help}\n#{option.name} = {shown}")
    kinds = [f'#{kind} = "bold"  # {purpose}' for kind, purpose in KINDS.items()]
    paragraphs.append("\n".join([f"# {OPTIONS[-1].help}", f"#[{OPTIONS[-1].name}]", *kinds]))
    return "\n\n".join(paragraphs) + "\n"


def parse_url(value: object) -> str:
    """`ws://host:port/path`, `wss://...`, or `host` or `host:port` alone, with our port 4000. With
    a scheme, a port that isn't named is the scheme's own, 80 or 443, as everywhere."""
    text = _line(value)
    whole = text if "://" in text else f"ws://{text}"
    try:
        parts = urlsplit(whole)
        port = parts.port
        (parts.hostname or "").encode("idna")  # as it is when it is looked up
    except ValueError:
        parts, port = urlsplit(""), None
    is_odd = " " in text or parts.netloc.endswith(":")
    if parts.scheme not in {"ws", "wss"} or not parts.hostname or is_odd:
        raise ConfigError(f"{text!r} is no address of a server, such as {DEFAULT_URL}")
    if parts.username is not None or parts.fragment:
        raise ConfigError(f"{text!r}: an address has no user or fragment in it")
    if "://" not in text and port is None:
        whole = parts._replace(netloc=f"{parts.netloc}:{OUR_PORT}").geturl()
    return whole


# --- values -----------------------------------------------------------------------------------


def _line(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ConfigError(f"{value!r} is not a line of text, in quotes")
    return value


def _word(value: object) -> str:
    if " " in _line(value):
        raise ConfigError(f"{value!r} is more than one word")
    return _line(value)


def _rooms(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError(f'{value!r} is not a list, such as ["lobby"]')
    return tuple(room_name(_word(item)) for item in value if _word(item))


def _one_of(*choices: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in choices:
            raise ConfigError(f"{value!r} is not one of: {', '.join(choices)}")
        return str(value)

    return parse


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{value!r} is neither true nor false")
    return value


def _seconds(value: object) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not 0 <= float(str(value)) <= SECONDS_MAX:
        raise ConfigError(f"{value!r} is not a number of seconds")
    return float(str(value))


def _wait(value: object) -> float:
    seconds = _seconds(value)
    if seconds < RETRY_MIN_S:
        raise ConfigError(f"{value!r} is less than {RETRY_MIN_S:g} seconds")
    return seconds


def _colours(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ConfigError("must be a table, [colours]")
    for kind, style in value.items():
        if kind not in KINDS:
            raise ConfigError(f"{kind!r} is not one of: {', '.join(KINDS)}")
        if not is_style(_line(style)):
            raise ConfigError(f"{style!r} is no colour, such as: #af5f00 bold")
    return dict(value)


OPTIONS: Final[tuple[Option, ...]] = (
    Option("url", "The server. A host alone means ws://HOST:4000.", parse_url),
    Option("name", "Your name there; if empty, that of your login here.", _word),
    Option("rooms", "The rooms that you come into.", _rooms),
    Option("theme", f"One of: {', '.join(THEMES)}. NO_COLOR goes before it.", _one_of(*THEMES)),
    Option("keys", 'As ~/.inputrc says, or else "emacs" or "vi".', _one_of(*KEYS)),
    Option("bell", "Ring when someone says your name, or writes to you alone.", _boolean),
    Option("time_format", "The time before each message, as strftime has it.", _line),
    Option("retry_first", "Seconds until a lost connection is tried again; more later.", _wait),
    Option("retry_max", "But never more than this.", _wait),
    Option("give_up", "Leave after so many seconds without a connection; 0: never.", _seconds),
    Option("colours", "Other colours than the theme's, by what is said.", _colours),
)
