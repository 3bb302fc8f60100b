"""Settings: each from each source, which source wins, and what is wrong with what is wrong."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.config import OPTIONS, REPEATED, Config, Option, changed, level, load
from chat.parsing import (
    ConfigError,
    Listen,
    Rate,
    parse_bool,
    parse_count,
    parse_line,
    parse_listen,
    parse_name,
    parse_origin,
    parse_path,
    parse_port,
    parse_rate,
    parse_seconds,
)

# A value of each setting as it is typed, what it means, and how a TOML file may say it.
VALUES: dict[str, tuple[str, Any, str]] = {
    "host": ("0.0.0.0", "0.0.0.0", '"0.0.0.0"'),
    "port": ("5000", 5000, "5000"),
    "listen": (
        "line:5000 line:/run/chat.sock",
        (Listen("line", ("127.0.0.1", 5000)), Listen("line", "/run/chat.sock")),
        '["line:5000", "line:/run/chat.sock"]',
    ),
    "origin": (
        "https://a.example http://b.example:8080",
        ("https://a.example", "http://b.example:8080"),
        '["https://a.example", "HTTP://B.example:8080"]',
    ),
    "unix": ("/run/chat.sock", "/run/chat.sock", '"/run/chat.sock"'),
    "store": ("chat.db", "chat.db", '"chat.db"'),
    "store_sync": ("true", True, "true"),
    "keep_messages": ("1000", 1000, "1000"),
    "keep_days": ("0.5", 0.5, "0.5"),
    "admin": ("/run/chat.admin", "/run/chat.admin", '"/run/chat.admin"'),
    "record": ("run.log", "run.log", '"run.log"'),
    "tls_cert": ("cert.pem", "cert.pem", '"cert.pem"'),
    "tls_key": ("key.pem", "key.pem", '"key.pem"'),
    "greeting": ("Welcome! 😀", "Welcome! 😀", '"Welcome! 😀"'),
    "echo": ("true", True, "true"),
    "join_notices": ("1", True, "true"),
    "idle_timeout": ("2.5", 2.5, "2.5"),
    "away_after": ("90", 90, "90"),
    "rate_limit": ("5:0.5", Rate(5, 0.5), '"5:0.5"'),
    "max_clients": ("7", 7, "7"),
    "max_per_address": ("0", 0, "0"),
    "log_level": ("debug", "debug", '"debug"'),
    "log_format": ("json", "json", '"json"'),
}

# Something that each setting can't be, as it is typed.
BAD = {
    "port": "65536",
    "listen": "line",
    "origin": "chat.example.org",
    "greeting": "two\nlines",
    "store_sync": "perhaps",
    "keep_messages": "-1",
    "keep_days": "-1",
    "echo": "perhaps",
    "join_notices": "",
    "idle_timeout": "-1",
    "away_after": "1.5",
    "rate_limit": "20",
    "max_clients": "0",
    "max_per_address": "-1",
    "log_level": "loud",
    "log_format": "xml",
}

each = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.flag)


def written(folder: Path, text: str | bytes) -> str:
    """A file with settings."""
    path = folder / "chat.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def others(option: Option) -> dict[str, str]:
    """What has to go with a setting: of certificate and key, the other one."""
    pair = {"tls_cert": "CHAT_TLS_KEY", "tls_key": "CHAT_TLS_CERT"}
    return {pair[option.name]: "other.pem"} if option.name in pair else {}


def problem(path: str | None = None, environment: dict[str, str] | None = None) -> str:
    """What is wrong with these settings: one line."""
    with pytest.raises(ConfigError) as raised:
        load(path, environment or {}, {})
    text = str(raised.value)
    assert text.isprintable(), text
    return text


@pytest.mark.parametrize(
    "settings",
    [
        {"listen": ("slash:8888",)},
        {"listen": [Listen("slash", "/run/chat")]},
        {"origin": "https://chat.example.org"},
        {"rate_limit": "20:10"},
    ],
)
def test_what_a_program_gives_is_looked_at_as_well(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"is not a (tuple of (Listen|str)|Rate)$"):
        Config(**settings)


# --- where settings come from ---------------------------------------------------------------------


def test_this_file_knows_every_setting() -> None:
    names = [field.name for field in fields(Config)]
    assert names == [option.name for option in OPTIONS] == list(VALUES)
    assert set(BAD) == set(VALUES) - {
        *("host", "unix", "store", "admin", "record", "tls_cert", "tls_key")
    }


def test_without_any_source_it_is_the_defaults() -> None:
    assert load(None, {}, {}) == Config()
    assert (Config().host, Config().port) == ("127.0.0.1", 4000)


@each
def test_from_a_file(option: Option, tmp_path: Path) -> None:
    _, value, toml = VALUES[option.name]
    for key in (option.flag, option.name):
        config = load(written(tmp_path, f"{key} = {toml}\n"), others(option), {})
        assert getattr(config, option.name) == value
        assert value != getattr(Config(), option.name)


@each
def test_from_a_variable(option: Option) -> None:
    text, value, _ = VALUES[option.name]
    environment = {f"CHAT_{option.name.upper()}": text, "CHAT_SOMETHING": "else", "PORT": "1"}
    config = load(None, environment | others(option), {})
    assert getattr(config, option.name) == value


@each
def test_variables_go_over_the_file_and_flags_over_both(option: Option, tmp_path: Path) -> None:
    _, value, toml = VALUES[option.name]
    path = written(tmp_path, f"{option.flag} = {toml}\n")
    default = getattr(Config(), option.name)
    variable = {f"CHAT_{option.name.upper()}": in_text(option, default)} | others(option)
    if option.name.startswith("tls"):  # there can't be one without the other
        variable[f"CHAT_{option.name.upper()}"] = default = "another.pem"
    assert getattr(load(path, variable, {}), option.name) == default
    assert getattr(load(path, variable, {option.name: value}), option.name) == value
    assert getattr(load(path, others(option), {option.name: default}), option.name) == default
    assert getattr(load(path, others(option), {option.name: None}), option.name) == value


def in_text(option: Option, value: Any) -> str:
    """A value as one would type it."""
    if isinstance(value, Rate):
        return f"{value.burst}:{value.per_s}"
    return "" if option.name in REPEATED else str(value)


def test_all_of_a_file_and_part_of_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join(f"{name} = {toml}" for name, (_, _, toml) in VALUES.items()))
    expected = Config(**{name: value for name, (_, value, _) in VALUES.items()})
    assert load(path, {}, {}) == expected
    assert load(path, {"CHAT_PORT": "1"}, {"echo": False}) == replace(expected, port=1, echo=False)


def test_one_address_needs_no_list(tmp_path: Path) -> None:
    listen = (Listen("line", ("127.0.0.1", 5000)),)
    assert load(written(tmp_path, 'listen = "line:5000"'), {}, {}).listen == listen


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text"), BAD.items())
def test_a_bad_value_is_blamed_on_its_setting(name: str, text: str, tmp_path: Path) -> None:
    variable = f"CHAT_{name.upper()}"
    if name != "listen" or text:
        assert problem(environment={variable: text}).startswith(f"{variable}: {text!r}")
    path = written(tmp_path, f"{name} = {toml_string(text)}")
    assert problem(path).startswith(f"{path}: {name}: {text!r}")


def toml_string(text: str) -> str:
    return '"' + text.replace("\n", "\\n") + '"'


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("port = true", "port: 'True' is not a port"),
        ("port = 4000.5", "port: '4000.5' is not a port"),
        ("port = -1", "port: '-1' is not a port"),
        ("port = [4000]", "port: must be a single value"),
        ("port = {number = 1}", "port: must be a single value"),
        ("idle-timeout = nan", "idle-timeout: 'nan' is not a number of seconds"),
        ("idle-timeout = inf", "idle-timeout: 'inf' is not a number of seconds"),
        ("echo = 2", "echo: '2' is neither true nor false"),
        ("host = true", "host: must be text, in quotes"),
        ("greeting = 5", "greeting: must be text, in quotes"),
        ("unix = 1979-05-27", "unix: must be text, in quotes"),
        ('unix = "a\\u0000b"', "unix: 'a\\x00b' can't be a name"),
        ("listen = [5000]", "listen: '5000': the dialect must be one of: line"),
        ("listen = [[]]", "listen: '[]': the dialect must be one of: line"),
        ("max-clients = 1_000_000_001", "max-clients: '1000000001' is more than 1000000000"),
        ("away-after = 99999999999", "away-after: '99999999999' is more than 1000000000"),
        ("max-per-address = 9999999999", "max-per-address: '9999999999' is more than 1000000000"),
        ("prot = 4000", "unknown setting 'prot'"),
        ("[server]\nport = 4000", "unknown setting 'server'"),
        ("port = 1\nport = 2", ""),  # here the words are the standard library's
        ("port 4000", ""),
        (f"port = {'9' * 5000}", ""),
        (f"port = {'[' * 20_000}", ""),
    ],
)
def test_what_is_wrong_with_a_file(setting: str, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, setting)
    assert problem(path).startswith(f"{path}: {says}")


@pytest.mark.parametrize("name", ["unix", "store", "admin", "record", "tls-cert", "tls-key"])
def test_a_file_for_whose_name_the_locale_has_no_letters(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with LC_ALL=C and without Python's UTF-8 mode."""
    monkeypatch.setattr(os, "fsencode", lambda text: text.encode("ascii"))
    path = written(tmp_path, f'{name} = "chät"')
    assert problem(path) == f"{path}: {name}: 'chät' can't be a name"
    assert load(written(tmp_path, 'host = "chät"'), {}, {}).host == "chät"
    with pytest.raises(ConfigError, match="nor the path of a socket"):
        Listen("line", "/chät")


def test_a_file_from_an_editor_that_marks_it_as_utf_8(tmp_path: Path) -> None:
    path = written(tmp_path, b'\xef\xbb\xbfgreeting = "hi"\r\n')
    assert load(path, {}, {}).greeting == "hi"


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    path = str(tmp_path / "none.toml")
    assert problem(path) == f"{path}: No such file or directory"
    assert problem(str(tmp_path)) == f"{tmp_path}: Is a directory"
    path = written(tmp_path, b'greeting = "gr\xfc\xdfe"')
    assert problem(path).startswith(f"{path}: 'utf-8' codec can't decode byte 0xfc")


def test_a_certificate_without_its_key() -> None:
    for name in ("CHAT_TLS_CERT", "CHAT_TLS_KEY"):
        assert problem(environment={name: "x.pem"}) == "tls-cert and tls-key go together"


@pytest.mark.parametrize("name", ["PORT", "MAX_CLIENTS"])
def test_a_number_beyond_all_bounds(name: str) -> None:
    """`int` itself refuses to read it, in words of its own."""
    assert "is not a" in problem(environment={f"CHAT_{name}": "9" * 5000})


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("port", 99_999, "port: '99999' is not a port: 0 to 65535"),
        ("port", "4000", "port: '4000' is not of the right type"),
        ("idle_timeout", -1.0, "idle_timeout: '-1.0' is not a number of seconds"),
        ("idle_timeout", Decimal(5), "idle_timeout: Decimal('5') is not of the right type"),
        ("origin", ("chat.example.org",), "origin: 'chat.example.org' is not a site"),
        ("max_clients", -5, "max_clients: '-5' is not a whole number from 1"),
        ("max_clients", 10**10, "max_clients: '10000000000' is more than 1000000000"),
        ("greeting", "two\nlines", r"greeting: 'two\nlines' is more than one line of plain text"),
        ("host", None, "host: must be text"),
        ("log_level", "loud", "log_level: 'loud' is not one of: "),
        ("echo", 7, "echo: '7' is neither true nor false"),
    ],
)
def test_a_value_given_from_code_is_checked_too(setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**{setting: value})
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("dialect", ["json", "LINE", None])
def test_a_dialect_given_from_code_is_checked_too(dialect: Any) -> None:
    with pytest.raises(ConfigError, match=r" is not one of: line, slash, ws$"):
        Listen(dialect, ("127.0.0.1", 0))


@pytest.mark.parametrize(
    "address",
    [
        ("127.0.0.1", 99_999),  # which the system would take for another one
        ("127.0.0.1", -1),
        ("127.0.0.1", "4000"),
        ("127.0.0.1", True),
        ("127.0.0.1",),
        ["127.0.0.1", 4000],
        (None, 4000),
        4000,
        "",
        "a\0b",
        Path("/run/chat"),
    ],
)
def test_an_address_given_from_code_is_checked_too(address: Any) -> None:
    with pytest.raises(ConfigError, match=r" is not \(HOST, PORT\), nor the path of a socket$"):
        Listen("line", address)


@pytest.mark.parametrize(("burst", "per_s"), [(-1, 10.0), (5, 0.0), (5, -1.0), (5, float("nan"))])
def test_a_rate_given_from_code_is_checked_too(burst: int, per_s: float) -> None:
    with pytest.raises(ValueError, match=r"^rate_"):
        Rate(burst, per_s)


# --- what is parsed -------------------------------------------------------------------------------

PARSERS = [
    parse_bool,
    parse_count,
    parse_line,
    parse_listen,
    parse_name,
    parse_path,
    parse_origin,
    parse_port,
    parse_rate,
    parse_seconds,
]

numbers = st.text("0123456789:.-+_e[]/ ∞٣\x00")
texts = st.one_of(st.text(), numbers, numbers.map(lambda text: f"line:{text}"))


@pytest.mark.parametrize("parse", PARSERS)
def test_whatever_is_typed_is_a_value_or_a_mistake(parse: Any) -> None:
    @given(texts)
    def check(text: str) -> None:
        assert mistake_in(parse, text).isprintable()

    check()


def mistake_in(parse: Any, text: str) -> str:
    """What a parser says about a text; nothing if it takes it."""
    try:
        parse(text)
    except ConfigError as error:
        return str(error)
    return ""


@given(st.integers())
def test_ports(number: int) -> None:
    if 0 <= number <= 65_535:
        assert parse_port(str(number)) == number
    else:
        with pytest.raises(ConfigError):
            parse_port(str(number))


@given(st.integers(1, 10**9), st.floats(1e-6, 1e9))
def test_rates(burst: int, per_s: float) -> None:
    assert parse_rate(f"{burst}:{per_s}") == Rate(burst, per_s)


@pytest.mark.parametrize(
    "text", ["", ":", "5:", ":5", "5:0", "5:-1", "-5:1", "5:nan", "5:inf", "x"]
)
def test_no_rates(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a rate"):
        parse_rate(text)


def test_no_rate_limit() -> None:
    assert parse_rate("0").burst == parse_rate("0:10").burst == 0
    assert Config(rate_limit=parse_rate("0")).limits.rate_burst == 0


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("line:5000", ("127.0.0.1", 5000)),
        ("line:0", ("127.0.0.1", 0)),
        ("line:0.0.0.0:5000", ("0.0.0.0", 5000)),
        ("line:localhost:5000", ("localhost", 5000)),
        ("line:[::1]:5000", ("::1", 5000)),
        ("line::::5000", ("::", 5000)),
        ("line:/run/chat.sock", "/run/chat.sock"),
        ("line:./chat.sock", "./chat.sock"),
        ("line:/odd:name:1", "/odd:name:1"),
    ],
)
def test_addresses(text: str, address: object) -> None:
    assert parse_listen(text) == Listen("line", address)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "line", "line:", "5000", "telnet:5000", "LINE:5000", "line:host:", "line:chat.sock"],
)
def test_no_addresses(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_listen(text)


def test_websocket_is_listened_for_like_a_dialect() -> None:
    assert parse_listen("ws:8080") == Listen("ws", ("127.0.0.1", 8080))


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("https://chat.example.org", "https://chat.example.org"),
        ("HTTP://Localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_sites(text: str, site: str) -> None:
    assert parse_origin(text) == site


@pytest.mark.parametrize(
    "text",
    ["", "*", "null", "a.example", "https://", "https://a/", "https://a:b", "https://u@a", "//a"],
)
def test_no_sites(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_origin(text)


@pytest.mark.parametrize("text", ["1", "true", "TRUE", "Yes", "on"])
def test_yes(text: str) -> None:
    assert parse_bool(text)


@pytest.mark.parametrize("text", ["0", "false", "FALSE", "No", "off"])
def test_no(text: str) -> None:
    assert not parse_bool(text)


# --- the rest -------------------------------------------------------------------------------------


def test_what_changes_in_a_running_server() -> None:
    new = Config(**{name: value for name, (_, value, _) in VALUES.items()})
    old = replace(Config(), tls_cert="old.pem", tls_key="old-key.pem")
    now, waits = changed(old, new)
    assert waits == [
        *("host", "port", "listen", "unix", "store", "store-sync", "admin", "record", "log-format")
    ]
    assert now == replace(
        new, **{name.replace("-", "_"): getattr(old, name.replace("-", "_")) for name in waits}
    )
    assert changed(now, now) == (now, [])


def test_tls_is_neither_turned_on_nor_off_in_a_running_server() -> None:
    plain, tls = Config(), Config(tls_cert="cert.pem", tls_key="key.pem")
    assert changed(plain, tls) == (plain, ["tls-cert", "tls-key"])
    assert changed(tls, plain) == (tls, ["tls-cert", "tls-key"])


def test_the_cores_part_of_it() -> None:
    config = Config(greeting="hello", echo=True, max_clients=7, rate_limit=Rate(5, 0.5))
    assert (config.limits.clients_max, config.limits.rate_burst) == (7, 5)
    assert config.limits.rate_per_s == 0.5
    assert (config.settings.greeting, config.settings.echo) == ("hello", True)
    assert not config.settings.join_notices


@pytest.mark.parametrize(("name", "number"), [("debug", 10), ("info", 20), ("error", 40)])
def test_levels(name: str, number: int) -> None:
    assert level(Config(log_level=name)) == number
