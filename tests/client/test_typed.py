"""What typed lines mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.client.typed import (
    COMMANDS,
    NO_ROOM,
    Act,
    Ask,
    Clear,
    Help,
    Here,
    Nothing,
    Quit,
    SayFile,
    Switch,
    Wrong,
    lines_of,
    parse,
    say,
    secret_from,
)
from chat.core.errors import ERRORS
from chat.core.text import visible

TEA = Here("tea", "bob")

REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("hi  there ", {"type": "say", "room": "tea", "text": "hi  there"}),
    ("//join", {"type": "say", "room": "tea", "text": "/join"}),
    ("///", {"type": "say", "room": "tea", "text": "//"}),
    ("a\tb\x1b[31m", {"type": "say", "room": "tea", "text": "a b[31m"}),
    ("/me waves", {"type": "say", "room": "tea", "text": "waves", "act": True}),
    ("/JOIN #work", {"type": "join", "room": "work"}),
    ("  /join work", {"type": "join", "room": "work"}),
    ("/leave", {"type": "leave", "room": "tea"}),
    ("/leave work", {"type": "leave", "room": "work"}),
    ("/rooms", {"type": "rooms"}),
    ("/users", {"type": "users", "room": "tea"}),
    ("/users work", {"type": "users", "room": "work"}),
    ("/users *", {"type": "users"}),
    ("/msg bob hi  there", {"type": "private", "to": "bob", "text": "hi  there"}),
    ("/reply hi", {"type": "private", "to": "bob", "text": "hi"}),
    ("/history", {"type": "history", "room": "tea", "count": 20}),
    ("/history 5", {"type": "history", "room": "tea", "count": 5}),
    ("/topic", {"type": "topic", "room": "tea"}),
    ("/topic green tea", {"type": "topic", "room": "tea", "text": "green tea"}),
    ("/away", {"type": "away"}),
    ("/away lunch time", {"type": "away", "text": "lunch time"}),
    ("/back", {"type": "back"}),
    ("/nick anna", {"type": "nick", "name": "anna"}),
    ("/nick anna pass word", {"type": "nick", "name": "anna", "password": "pass word"}),
    ("/register ann pass word", {"type": "register", "name": "ann", "password": "pass word"}),
    ("/login ann pass  word", {"type": "login", "name": "ann", "password": "pass  word"}),
    ("/kick bob", {"type": "kick", "room": "tea", "name": "bob"}),
    ("/kick bob too loud", {"type": "kick", "room": "tea", "name": "bob", "reason": "too loud"}),
    ("/ban bob", {"type": "ban", "room": "tea", "name": "bob"}),
    (
        "/ban bob 10m so loud",
        {"type": "ban", "room": "tea", "name": "bob", "seconds": 600, "reason": "so loud"},
    ),
    ("/mute bob 2h", {"type": "mute", "room": "tea", "name": "bob", "seconds": 7200}),
    ("/unban bob", {"type": "unban", "room": "tea", "name": "bob"}),
    ("/unmute bob", {"type": "unmute", "room": "tea", "name": "bob"}),
    ("/op bob", {"type": "op", "room": "tea", "name": "bob"}),
    ("/deop bob", {"type": "deop", "room": "tea", "name": "bob"}),
    ("/bans", {"type": "bans", "room": "tea"}),
    ("/lock", {"type": "lock", "room": "tea"}),
    ("/unlock", {"type": "unlock", "room": "tea"}),
]


@pytest.mark.parametrize(("line", "fields"), REQUESTS)
def test_what_is_asked_of_the_server(line: str, fields: dict[str, Any]) -> None:
    assert parse(line, TEA) == Ask(fields)


OTHERS: list[tuple[str, Act]] = [
    ("", Nothing()),
    ("  \t", Nothing()),
    ("/room work", Switch("work")),
    ("/room 2", Switch("2")),
    ("/clear", Clear()),
    ("/quit", Quit()),
    ("/help", Help()),
    ("/help join", Help("join")),
    ("/file ~/a b.txt", SayFile("~/a b.txt")),
    ("/jion tea", Wrong("There is no command /jion. Did you mean /join?")),
    ("/xyzzy", Wrong("There is no command /xyzzy. Try /help.")),
    ("/", Wrong("There is no command /. Try /help.")),
    ("/msg bob", Wrong("Say: /msg <name> <text>")),
    ("/join", Wrong("Say: /join <room>")),
    ("/me", Wrong("Say: /me <text>")),
    ("/ban bob 1w spam", Wrong(ERRORS["invalid-number"])),
    ("/mute bob 10min", Wrong(ERRORS["invalid-number"])),
    ("/history x", Wrong("'x' is not a whole number from 1.")),
    ("/history 0", Wrong("'0' is not a whole number from 1.")),
]


@pytest.mark.parametrize(("line", "act"), OTHERS)
def test_what_is_done_here(line: str, act: Act) -> None:
    assert parse(line, TEA) == act


@pytest.mark.parametrize("line", ["hi", "/me waves", "/topic", "/kick bob", "/leave", "/bans"])
def test_what_needs_a_room(line: str) -> None:
    assert parse(line, Here()) == Wrong(NO_ROOM)


def test_all_users_where_there_is_no_room() -> None:
    assert parse("/users", Here()) == Ask({"type": "users"})


def test_nobody_to_reply_to() -> None:
    assert isinstance(parse("/reply hi", Here("tea")), Wrong)


def test_every_command_is_tried_here() -> None:
    lines = [line for line, _ in REQUESTS] + [line for line, _ in OTHERS]
    tried = {line.split()[0].lower() for line in lines if line.strip().startswith("/")}
    assert tried >= set(COMMANDS)


@given(st.text(), st.sampled_from([Here(), TEA]))
def test_every_line_means_something(line: str, here: Here) -> None:
    parse(line, here)


@given(st.sampled_from(sorted(COMMANDS)), st.text())
def test_every_command_takes_any_arguments(command: str, rest: str) -> None:
    parse(f"{command} {rest}", TEA)


@given(st.text())
def test_a_pasted_line_is_said_whatever_it_is(text: str) -> None:
    act = say(text, TEA)
    if isinstance(act, Ask):
        assert act.fields["type"] == "say"
        assert visible(act.fields["text"]) == act.fields["text"]
    else:
        assert act == Nothing()


def test_lines() -> None:
    assert lines_of("one\r\n\n  \x1b\ntwo\n") == ["one", "two"]


SECRETS = [
    ("/login ann secret word", "secret word"),
    ("  /Register  ann  secret", "secret"),
    ("/nick ann s", "s"),
    ("\ufeff/login ann secret", "secret"),
    ("/lo\u202egin \ufeffann \x1bsecret", "secret"),
    ("/login ann ", ""),
    ("/login ann", ""),
    ("/msg ann hello", ""),
    ("login ann secret", ""),
    ("", ""),
]


@pytest.mark.parametrize(("line", "secret"), SECRETS)
def test_where_a_password_begins(line: str, secret: str) -> None:
    assert line[secret_from(line) :] == secret


ODD = st.text(alphabet="ab \t\ufeff\u202e\x1b\ud800")


@given(st.text(alphabet=" \ufeff\u202e"), ODD, ODD)
def test_a_password_that_is_sent_was_never_shown(front: str, name: str, password: str) -> None:
    line = f"{front}/login {name} {password}"
    act = parse(line, TEA)
    if isinstance(act, Ask):
        hidden = line[secret_from(line) :]
        assert act.fields["password"] == visible(hidden).strip()
        assert visible(hidden[0])
