"""The settings file and addresses."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.uri import parse_uri

from chat.client.settings import OPTIONS, Settings, default_file, load, parse_url
from chat.parsing import ConfigError


def test_there_is_a_row_for_every_setting() -> None:
    assert [option.name for option in OPTIONS] == [field.name for field in fields(Settings)]


def test_the_file_of_defaults(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_text(default_file())
    assert load(path) == Settings()
    path.write_text(re.sub(r"^#(?=\w|\[)", "", default_file(), flags=re.MULTILINE))
    uncommented = load(path)
    assert set(uncommented.colours) > {"message", "error"}
    uncommented.colours.clear()
    assert uncommented == Settings()


def test_no_file(tmp_path: Path) -> None:
    assert load(tmp_path / "none", optional=True) == Settings()
    with pytest.raises(ConfigError, match="none: No such file or directory"):
        load(tmp_path / "none")


def test_no_folder_for_the_file(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    path = tmp_path / "config" / "client.toml"
    assert load(path, optional=True) == Settings()
    with pytest.raises(ConfigError, match="Not a directory"):
        load(path)


def test_every_setting(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_text(
        'url = "example.org"\nname = "ann"\nrooms = ["#tea", "work"]\ntheme = "dark"\n'
        'keys = "vi"\nbell = false\ntime_format = ""\nretry_first = 1\nretry_max = 2.5\n'
        'give_up = 60\n[colours]\nerror = "#ff0000 bold"\n'
    )
    assert load(path) == Settings(
        *("ws://example.org:4000", "ann", ("tea", "work"), "dark", "vi", False, "", 1.0, 2.5),
        *(60.0, {"error": "#ff0000 bold"}),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nme = 1", "unknown setting 'nme'"),
        ("name = 1", "name: 1 is not a line of text, in quotes"),
        ('name = "a b"', "name: 'a b' is more than one word"),
        ('name = "a\\u001bb"', "is not a line of text"),
        ('rooms = "tea"', "rooms: 'tea' is not a list"),
        ('theme = "pink"', "theme: 'pink' is not one of: both, dark, light, none"),
        ("bell = 1", "bell: 1 is neither true nor false"),
        ("retry_max = -1", "retry_max: -1 is not a number of seconds"),
        ("retry_max = 0", "retry_max: 0 is less than 0.01 seconds"),
        ("retry_first = 0.005", "retry_first: 0.005 is less than 0.01 seconds"),
        ("retry_max = nan", "retry_max: nan is not a number of seconds"),
        ("retry_max = true", "retry_max: True is not a number of seconds"),
        ("colours = 1", "colours: must be a table"),
        ('[colours]\nsky = "blue"', "colours: 'sky' is not one of: message"),
        ('[colours]\nerror = "blue"', "colours: 'blue' is no colour"),
        ("name = ", "Invalid value"),
        (f"name = {'[' * 20_000}", ""),
        (f"retry_first = 0x{'f' * 5_000}", "retry_first: that number is too long"),
        (f"name = 0x{'f' * 5_000}", "name: that number is too long"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "client.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_from_an_editor_that_marks_it_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "Ann"\r\n')
    assert load(path).name == "Ann"


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError):
        load(path)
    with pytest.raises(ConfigError, match="directory"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("example.org", "ws://example.org:4000"),
        ("example.org:80", "ws://example.org:80"),
        ("example.org/chat", "ws://example.org:4000/chat"),
        ("[::1]", "ws://[::1]:4000"),
        ("ws://example.org", "ws://example.org"),
        ("wss://example.org/chat?x=1", "wss://example.org/chat?x=1"),
        ("ws://127.0.0.1:4000", "ws://127.0.0.1:4000"),
    ],
)
def test_addresses(typed: str, url: str) -> None:
    assert parse_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        *("", "http://x", "ws://", ":4000", "x:port", "x:99999", "ws://u:p@x", "ws://x/#y", "a b"),
        *("[x", "x:", "ws://x:", "x..org", ".x.org", f"{'x' * 64}.org"),
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ConfigError):
        parse_url(typed)


@given(st.text())
def test_any_address(typed: str) -> None:
    with suppress(ConfigError):
        parse_uri(parse_url(typed)).host.encode("idna")  # what is done when it is called
