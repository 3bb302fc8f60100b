"""Every setting of the server: defaults, then a TOML file, then CHAT_* variables, then flags.

There is one table, OPTIONS: the flags, the variables and the file's keys are all made from it.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from numbers import Real
from pathlib import Path
from typing import Any, Final

from chat.core.limits import Limits
from chat.core.settings import Settings
from chat.parsing import (
    DEFAULT_HOST,
    DEFAULT_RATE,
    ConfigError,
    Listen,
    Rate,
    limit,
    one_of,
    parse_amount,
    parse_argument,
    parse_bool,
    parse_count,
    parse_days,
    parse_line,
    parse_listen,
    parse_name,
    parse_origin,
    parse_path,
    parse_port,
    parse_rate,
    parse_seconds,
)

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one server. What each is for stands in OPTIONS.

    Raises ConfigError for a setting that can't be, and for those that contradict each other.
    """

    host: str = DEFAULT_HOST
    port: int = 4000
    listen: tuple[Listen, ...] = ()
    origin: tuple[str, ...] = ()
    unix: str = ""
    store: str = ""
    store_sync: bool = False
    keep_messages: int = 0
    keep_days: float = 0.0
    admin: str = ""
    record: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    greeting: str = ""
    echo: bool = False
    join_notices: bool = False
    idle_timeout: float = 60.0  # seconds
    away_after: int = 600  # seconds
    rate_limit: Rate = DEFAULT_RATE
    max_clients: int = 10_000
    max_per_address: int = 200
    log_level: str = "info"
    log_format: str = "text"

    def __post_init__(self) -> None:
        for option in OPTIONS:
            value = getattr(self, option.name)
            if option.name not in NOT_PLAIN and not _is_plain(option, value):
                raise ConfigError(f"{option.name}: {value!r} is not of the right type")
        for name, kind in NOT_PLAIN.items():
            value = getattr(self, name)
            items = value if name in REPEATED else (value,)
            if not isinstance(items, tuple) or not all(isinstance(item, kind) for item in items):
                wanted = f"a tuple of {kind.__name__}" if name in REPEATED else f"a {kind.__name__}"
                raise ConfigError(f"{name}: {value!r} is not {wanted}")
        for site in self.origin:
            parse_argument("origin", parse_origin, site)
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ConfigError("tls-cert and tls-key go together")
        try:
            _ = self.limits
        except ValueError as error:
            raise ConfigError(str(error)) from None

    @property
    def admin_socket(self) -> str:
        """Where the server's administration comes in; empty: nowhere."""
        return self.admin or (f"{self.store}.admin" if self.store else "")

    @property
    def limits(self) -> Limits:
        """The core's part of it."""
        return Limits(
            clients_max=self.max_clients,
            clients_per_address_max=self.max_per_address,
            away_after_s=self.away_after,
            rate_burst=self.rate_limit.burst,
            rate_per_s=self.rate_limit.per_s or Limits().rate_per_s,
        )

    @property
    def settings(self) -> Settings:
        """The core's part of it."""
        return Settings(self.greeting, self.echo, self.join_notices)


# --- the table --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: `--flag`, `CHAT_FLAG` and `flag = ...` in the file."""

    name: str  # of the field in Config; with - for _ of the flag and the file's key
    parse: Callable[[str], Any]
    metavar: str  # empty: a flag that stands alone
    help: str
    reloads: bool = False  # takes effect on SIGHUP

    @property
    def flag(self) -> str:
        """As it is typed, without the dashes in front."""
        return self.name.replace("_", "-")


OPTIONS: Final[tuple[Option, ...]] = (
    Option("host", parse_name, "HOST", "listen on this address or name (127.0.0.1)"),
    Option("port", parse_port, "PORT", "listen on this port (4000); 0 lets the system choose"),
    Option(
        "listen",
        parse_listen,
        "DIALECT:ADDRESS",
        "listen here too, for one dialect: slash:8888, line:0.0.0.0:5000, ws:8080 (WebSocket);"
        " may be repeated",
    ),
    Option(
        "origin",
        parse_origin,
        "SITE",
        "a site whose pages may chat here by WebSocket: https://chat.example.org; may be repeated",
        True,
    ),
    Option("unix", parse_path, "PATH", "listen on a Unix socket too"),
    Option("store", parse_path, "FILE", "keep accounts, bans and what is said in this file"),
    Option("store_sync", parse_bool, "", "wait for the disk, so that a power cut loses nothing"),
    Option(
        "keep_messages",
        parse_amount,
        "N",
        "messages of each room to keep in the store (0: all)",
        True,
    ),
    Option("keep_days", parse_days, "DAYS", "how long to keep them (0: for ever)", True),
    Option(
        "admin",
        parse_path,
        "PATH",
        "listen on this Unix socket for `chat admin` (beside the store, FILE.admin)",
    ),
    Option("record", parse_path, "FILE", "record all that happens, for `chat replay` (a new file)"),
    Option("tls_cert", parse_path, "FILE", "speak TLS, with this certificate chain (PEM)", True),
    Option("tls_key", parse_path, "FILE", "and this private key (PEM)", True),
    Option("greeting", parse_line, "TEXT", "a line that everyone reads on connecting", True),
    Option("echo", parse_bool, "", "who sends a message is sent it as well", True),
    Option("join_notices", parse_bool, "", "say when someone joins", True),
    Option(
        "idle_timeout",
        parse_seconds,
        "SECONDS",
        "disconnect who sends nothing for so long (60); 0: never",
        True,
    ),
    Option(
        "away_after",
        limit(parse_amount),
        "SECONDS",
        "show as away who sends nothing for so long (600); 0: never",
        True,
    ),
    Option(
        "rate_limit",
        parse_rate,
        "BURST:PER_SECOND",
        "lines that one may send at once, and per second after that (20:10); 0: no limit",
        True,
    ),
    Option("max_clients", limit(parse_count), "N", "connections at a time (10000)", True),
    Option(
        "max_per_address",
        limit(parse_amount),
        "N",
        "of these, from one address other than this machine's own (200); 0: any number",
        True,
    ),
    Option("log_level", one_of(*LOG_LEVELS), "LEVEL", ", ".join(LOG_LEVELS) + " (info)", True),
    Option("log_format", one_of(*LOG_FORMATS), "FORMAT", "text or json (text)"),
)

NOT_PLAIN = {"listen": Listen, "origin": str, "rate_limit": Rate}  # neither text nor a number
REPEATED = {"listen", "origin"}  # of these, a tuple

_BY_FLAG = {option.flag: option for option in OPTIONS}


# --- the sources ------------------------------------------------------------------------------


def load(path: str | None, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Config:
    """Put a configuration together. Raises ConfigError, which names the setting at fault.

    `flags` are values already, keyed as Config's fields; those that are None were not given.
    """
    settings = _from_file(path) if path else {}
    settings |= _from_environment(environment)
    settings |= {name: value for name, value in flags.items() if value is not None}
    return Config(**settings)


def _from_file(path: str) -> dict[str, Any]:
    try:  # -sig: some editors begin a file with a mark that nobody sees
        table = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, RecursionError, ValueError) as error:  # not there, not UTF-8, not TOML
        raise ConfigError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    settings: dict[str, Any] = {}
    for key, value in table.items():
        option = _BY_FLAG.get(key.replace("_", "-"))
        if option is None:
            raise ConfigError(f"{path}: unknown setting {key!r}")
        if option.name in settings:
            raise ConfigError(f"{path}: {option.flag} is there twice")
        settings[option.name] = _parse(option, value, f"{path}: {key}")
    return settings


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    settings = {}
    for option in OPTIONS:
        variable = f"CHAT_{option.name.upper()}"
        if variable in environment:
            # Several stand in one variable, apart by blanks.
            text = environment[variable]
            value = text.split() if option.name in REPEATED else text
            settings[option.name] = _parse(option, value, variable)
    return settings


def _parse(option: Option, value: object, where: str) -> Any:
    """A file's values may be numbers, booleans and lists; all are checked as text is."""
    try:
        if option.name in REPEATED:
            items = value if isinstance(value, list) else [value]
            return tuple(option.parse(str(item)) for item in items)
        if isinstance(value, dict | list):
            raise ConfigError("must be a single value")
        if option.parse in {parse_name, parse_path, parse_line} and not isinstance(value, str):
            raise ConfigError("must be text, in quotes")
        return option.parse(str(value))
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _is_plain(option: Option, value: object) -> bool:
    """Whether it is what its text says. Raises ConfigError for what can't be. A Decimal equals a
    number, but can't be reckoned with as one."""
    same = _parse(option, value, option.name) == value
    return same and isinstance(value, str | Real)


def changed(old: Config, new: Config) -> tuple[Config, list[str]]:
    """What a running server makes of a new configuration: the settings that it can take over,
    and the names of those that have to wait for a restart."""
    names = [field.name for field in fields(Config)]
    different = {name for name in names if getattr(old, name) != getattr(new, name)}
    waits = [option.flag for option in OPTIONS if option.name in different and not option.reloads]
    kept = {option.name: getattr(old, option.name) for option in OPTIONS if not option.reloads}
    if bool(old.tls_cert) != bool(new.tls_cert):  # a port speaks TLS, or it doesn't
        waits += ["tls-cert", "tls-key"]
        kept |= {"tls_cert": old.tls_cert, "tls_key": old.tls_key}
    return replace(new, **kept), waits


def level(config: Config) -> int:
    """The `logging` level."""
    return logging.getLevelNamesMapping()[config.log_level.upper()]
