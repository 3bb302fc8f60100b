"""What a setting may be, from the text that somebody typed: ports, addresses, rates and their like.

Each function raises ConfigError, which says in one line why a text is none of them.
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chat.core.limits import LIMIT_MAX, Limits
from chat.dialects import DIALECTS
from reactor import Address

WEBSOCKET = "ws"
LISTENABLE = (*DIALECTS, WEBSOCKET)  # what a listener can be for
PORT_MAX = 65_535
DIGITS_MAX = 18  # of a whole number: more than there are of anything
DEFAULT_HOST = "127.0.0.1"  # nobody else can reach it until somebody decides so

_ORIGIN = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]*://([^\s/:@?#\[\]]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?"
)


Parsed = TypeVar("Parsed")


class ConfigError(ValueError):
    """A setting that can't be: the message says which and why, in one line."""


@dataclass(frozen=True, slots=True)
class Listen:
    """An address and the dialect that is spoken there, or `ws`: WebSocket; or none: all of them.

    Raises ConfigError for what nobody can listen on.
    """

    dialect: str
    address: Address

    def __post_init__(self) -> None:
        if self.dialect != "":
            one_of(*LISTENABLE)(self.dialect)
        if not _is_address(self.address):
            raise ConfigError(f"{self.address!r} is not (HOST, PORT), nor the path of a socket")


def _is_address(address: object) -> bool:
    """Of the right type, with a port that there can be: the system takes 99999 for 34463."""
    if isinstance(address, str):
        return _is_path(address) and bool(address)
    if not isinstance(address, tuple) or list(map(type, address)) != [str, int]:
        return False
    port: int = address[1]
    return 0 <= port <= PORT_MAX


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` lines at once, then `per_s` a second. A burst of 0: as many as they like.

    Raises ValueError for a rate that can't be.
    """

    burst: int
    per_s: float

    def __post_init__(self) -> None:
        Limits(rate_burst=self.burst, rate_per_s=self.per_s if self.burst else 1.0)


DEFAULT_RATE = Rate(20, 10.0)


def parse_port(text: str) -> int:
    """0 to 65535; 0 lets the system choose."""
    if not 0 <= _whole(text) <= PORT_MAX:
        raise ConfigError(f"{text!r} is not a port: 0 to {PORT_MAX}")
    return int(text)


def parse_listen(text: str) -> Listen:
    """`ws:8080`, `slash:8888`, `line:0.0.0.0:4000`, `line:[::1]:4000` or `line:/run/chat.sock`."""
    dialect, colon, where = text.partition(":")
    if dialect not in LISTENABLE:
        raise ConfigError(f"{text!r}: the dialect must be one of: {', '.join(LISTENABLE)}")
    if not colon or not where:
        raise ConfigError(f"{text!r}: say DIALECT:PORT, DIALECT:HOST:PORT or DIALECT:/PATH")
    if "/" in where:
        return Listen(dialect, where)
    host, _, port = where.rpartition(":")
    return Listen(dialect, (host.strip("[]") or DEFAULT_HOST, parse_port(port)))


def parse_origin(text: str) -> str:
    """A site, as browsers name it: `https://chat.example.org`, with a port where it is unusual."""
    if not _ORIGIN.fullmatch(text):
        raise ConfigError(f"{text!r} is not a site: https://HOST or https://HOST:PORT")
    return text.lower()


def parse_rate(text: str) -> Rate:
    """`BURST:PER_SECOND`, or `0` for no limit."""
    burst, colon, per_s = text.partition(":")
    try:
        return Rate(int(burst), float(per_s) if colon else 0.0)
    except ValueError:
        problem = "is not a rate: BURST:PER_SECOND, such as 20:10, or 0"
        raise ConfigError(f"{text!r} {problem}") from None


def parse_bool(text: str) -> bool:
    """For variables and the file; as a flag it stands alone."""
    values = {"1": True, "true": True, "yes": True, "on": True}
    values |= {"0": False, "false": False, "no": False, "off": False}
    if text.lower() not in values:
        raise ConfigError(f"{text!r} is neither true nor false")
    return values[text.lower()]


def parse_seconds(text: str) -> float:
    """A number of seconds, not negative; 0 turns a timeout off."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ConfigError(f"{text!r} is not a number of seconds")
    return seconds


def parse_some_seconds(text: str) -> float:
    """More than none."""
    seconds = parse_seconds(text)
    if not seconds:
        raise ConfigError("nothing comes in no time")
    return seconds


def parse_server(text: str) -> tuple[str, int]:
    """`HOST:PORT` or `[::1]:PORT`, where somebody may listen."""
    scheme, slashes, _ = text.rpartition("://")
    if slashes:
        raise ConfigError(f"{text!r}: say HOST:PORT, without {scheme}://")
    host, _, port = text.rpartition(":")
    if not host or not port:
        raise ConfigError(f"{text!r}: say HOST:PORT")
    number = parse_port(port)
    if not number:
        raise ConfigError(f"{text!r}: nobody can listen on port 0")
    return host.removeprefix("[").removesuffix("]"), number


def parse_argument(name: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    """What `parse` makes of it; ConfigError names the argument."""
    try:
        return parse(text)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def argument_type(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    """For argparse, which tells a person what one exception alone says."""

    def parsed(text: str) -> Parsed:
        try:
            return parse(text)
        except ConfigError as error:
            raise ArgumentTypeError(str(error)) from None

    return parsed


def parse_count(text: str) -> int:
    """A whole number from 1."""
    if _whole(text) < 1:
        raise ConfigError(f"{text!r} is not a whole number from 1")
    return int(text)


def parse_line(text: str) -> str:
    """One line of text."""
    if not text.isprintable():
        raise ConfigError(f"{text!r} is more than one line of plain text")
    return text


def parse_name(text: str) -> str:
    """Of a host; the system tells whether there is such a thing."""
    if "\0" in text:
        raise ConfigError(f"{text!r} can't be a name")
    return text


def parse_path(text: str) -> str:
    """Of a file; the system tells whether there is such a thing."""
    if not _is_path(text):
        raise ConfigError(f"{text!r} can't be a name")
    return text


def _is_path(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:  # in Latin-1 or ASCII, where that is the locale's, there is no 你
        return False


def _whole(text: str) -> int:
    """Negative if it is no number; `int` itself refuses those of more than 4,300 digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX else -1


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ConfigError(f"{text!r} is not one of: {', '.join(choices)}")
        return text

    return parse


def parse_amount(text: str) -> int:
    """A whole number, not negative."""
    number = _whole(text)
    if number < 0:
        raise ConfigError(f"{text!r} is not a whole number from 0")
    return number


def limit(parse: Callable[[str], int]) -> Callable[[str], int]:
    """A number that is a limit of the core's, too."""

    def parsed(text: str) -> int:
        number = parse(text)
        if number > LIMIT_MAX:
            raise ConfigError(f"{text!r} is more than {LIMIT_MAX}")
        return number

    return parsed


def parse_days(text: str) -> float:
    """A number of days, not negative."""
    try:
        return parse_seconds(text)
    except ConfigError:
        raise ConfigError(f"{text!r} is not a number of days") from None
