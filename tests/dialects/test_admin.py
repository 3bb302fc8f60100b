"""The dialect of the administration: what is typed, what is answered, in words and in JSON. What
the commands do: `tests/core/test_administration.py`."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from chat.core import commands, events
from chat.core.commands import Command, Malformed
from chat.core.errors import ERRORS
from chat.core.events import Event
from chat.core.records import Ban
from chat.core.registry import REGISTRY, ROWS
from chat.core.session import State
from chat.dialects.admin import RENDERERS, VERBS, AdminDialect, AdminJsonDialect

WORDS = AdminDialect()
JSON = AdminJsonDialect()

PARSED: list[tuple[str, Command]] = [
    ("users", commands.Who()),
    ("ROOMS all", commands.ListRooms()),
    ("names #tea", commands.ListMembers("tea")),
    ("names", Malformed("missing-argument")),
    ("connections", commands.ListConnections()),
    ("stats", commands.ShowStats()),
    ("announce two  words", commands.Announce("two  words")),
    ("announce", commands.Announce("")),
    ("kick bob", commands.Expel("bob")),
    ("kick bob two  words ", commands.Expel("bob", "two  words")),
    ("kick", Malformed("missing-argument")),
    ("ban bob", commands.Exclude("bob")),
    ("ban 10.0.0.0/8 2h  two  words", commands.Exclude("10.0.0.0/8", 7200.0, "two words")),
    ("ban bob 2 hours", commands.Exclude("bob", 0.0, "2 hours")),
    ("ban", Malformed("missing-argument")),
    ("unban ::1 ", commands.Readmit("::1")),
    ("unban", Malformed("missing-argument")),
    ("bans", commands.ListExclusions()),
    ("op #tea bob ", commands.MakeOperator("tea", "bob")),
    ("op tea", Malformed("missing-argument")),
    ("op # bob", commands.MakeOperator("#", "bob")),
    ("deop tea bob", commands.RemoveOperator("tea", "bob")),
    ("deop", Malformed("missing-argument")),
    ("close #tea", commands.CloseRoom("tea")),
    ("close", Malformed("missing-argument")),
    ("unregister bob", commands.Unregister("bob")),
    ("unregister", Malformed("missing-argument")),
    ("limit", commands.ListLimits()),
    ("limit rooms_max", Malformed("missing-argument")),
    ("limit rooms_max 7", commands.SetLimit("rooms_max", 7.0)),
    ("limit rate_per_s 0.5 ", commands.SetLimit("rate_per_s", 0.5)),
    ("limit rooms_max seven", Malformed("invalid-number")),
    ("limit rooms_max 7 8", Malformed("invalid-number")),
    ("shutdown", commands.Stop()),
    ("ping", commands.Ping()),
    ("help", commands.Help()),
    ("quit", commands.Quit()),
    ("say hello", Malformed("unknown-command", "say")),
    ("", commands.Blank()),
]

SUMMARIES = tuple((row.command, row.summary) for row in ROWS)

# Each answer: in words, and in JSON.
ANSWERS: list[tuple[Event, str, object]] = [
    (events.Done(), "OK\n", {"ok": True}),
    (
        events.Refused("no-such-user", "bob"),
        "ERR no-such-user There is nobody of that name here.\n",
        {"error": "no-such-user", "text": "There is nobody of that name here."},
    ),
    (events.UsersListed(()), "OK\n", {"users": []}),
    (events.UsersListed(("ann", "Zoë")), "USER ann\nUSER Zoë\nOK\n", {"users": ["ann", "Zoë"]}),
    (
        events.RoomsListed((("lobby", 2), ("tea", 0))),
        "ROOM lobby 2\nROOM tea 0\nOK\n",
        {"rooms": [{"name": "lobby", "members": 2}, {"name": "tea", "members": 0}]},
    ),
    (
        events.MembersListed("tea", ("ann", "bob")),
        "USER ann\nUSER bob\nOK\n",
        {"room": "tea", "users": ["ann", "bob"]},
    ),
    (
        events.ConnectionsListed(((1, "", "admin", ""), (2, "::1", "line", "bob"))),
        "CONNECTION #1 local admin\nCONNECTION #2 ::1 line bob\nOK\n",
        {
            "connections": [
                {"number": 1, "address": "", "dialect": "admin", "user": ""},
                {"number": 2, "address": "::1", "dialect": "line", "user": "bob"},
            ]
        },
    ),
    (
        events.StatsShown(1, 2, 3, 4, 5, 6),
        "STAT connections 1\nSTAT users 2\nSTAT rooms 3\n"
        "STAT accounts 4\nSTAT bans 5\nSTAT messages 6\nOK\n",
        {
            "stats": {
                **{"connections": 1, "users": 2, "rooms": 3},
                **{"accounts": 4, "bans": 5, "messages": 6},
            }
        },
    ),
    (
        events.ExclusionsListed((Ban("bob", "x"), Ban("10.0.0.0/8", "x", "why not", 86400.0))),
        "BAN bob\nBAN 10.0.0.0/8 until 1970-01-02T00:00:00.000Z why not\nOK\n",
        {
            "bans": [
                {"name": "bob", "by": "x"},
                {"name": "10.0.0.0/8", "by": "x", "reason": "why not", "until": 86400.0},
            ]
        },
    ),
    (
        events.LimitsListed((("rooms_max", 1_234_567), ("rate_per_s", 10.0))),
        "LIMIT rooms_max 1234567\nLIMIT rate_per_s 10\nOK\n",
        {"limits": {"rooms_max": 1_234_567, "rate_per_s": 10.0}},
    ),
    (events.Ponged(), "PONG\nOK\n", {"ok": True}),
    (events.SaidGoodbye(), "OK\n", {"ok": True}),
    (
        events.CommandsListed(SUMMARIES),
        "".join(
            f"INFO {verb.lower()} {row.usage}".rstrip() + f": {REGISTRY[row.command].summary}\n"
            for verb, row in VERBS.items()
        )
        + "OK\n",
        {"commands": [verb.lower() for verb in VERBS]},
    ),
]

# What happens to people, or to the connection itself, is no answer.
SILENT: list[Event] = [
    events.Greeted("Hello."),
    events.Administering(),
    events.Announced("hello", 0.0),
    events.SlowedDown(),
    events.IdledOut(),
    events.ShutDown(),
    events.Expelled(1, "bob", "why not"),
]


@pytest.mark.parametrize(("line", "command"), PARSED, ids=[line for line, _ in PARSED])
def test_what_a_line_asks_for(line: str, command: Command) -> None:
    assert WORDS.parse(line.encode()) == command
    assert JSON.parse(line.encode()) == command


def test_every_verb_is_tried() -> None:
    assert {line.split()[0].upper() for line, _ in PARSED if line} == {*VERBS, "SAY"}


def test_a_number_that_is_none_is_for_the_core_to_refuse() -> None:
    parsed = WORDS.parse(b"limit rooms_max nan")
    assert isinstance(parsed, commands.SetLimit)
    assert parsed.value != parsed.value  # as nothing else


@pytest.mark.parametrize(("event", "words", "_"), ANSWERS)
def test_an_answer_in_words(event: Event, words: str, _: object) -> None:
    assert WORDS.render(event).decode() == words
    last = words.splitlines()[-1]
    assert last == "OK" or last.startswith("ERR ")


@pytest.mark.parametrize(("event", "_", "answer"), ANSWERS)
def test_an_answer_in_json(event: Event, _: str, answer: object) -> None:
    rendered = JSON.render(event)
    assert json.loads(rendered) == answer
    assert rendered.count(b"\n") == 1
    assert rendered.endswith(b"\n")


def test_every_answer_is_tried() -> None:
    assert {type(event) for event, _, _ in ANSWERS} == set(RENDERERS)


@pytest.mark.parametrize("code", ERRORS)
def test_every_refusal_has_words(code: str) -> None:
    refused = events.Refused(code)  # type: ignore[arg-type]
    assert WORDS.render(refused).decode() == f"ERR {code} {ERRORS[refused.code]}\n"
    assert json.loads(JSON.render(refused)) == {"error": code, "text": ERRORS[refused.code]}


@pytest.mark.parametrize("event", SILENT, ids=lambda event: type(event).__name__)
def test_what_is_no_answer(event: Event) -> None:
    assert WORDS.render(event) == JSON.render(event) == b""
    assert {type(each) for each in SILENT} <= set(get_args(Event)) - set(RENDERERS)


def test_every_verb_is_a_command_of_the_administration() -> None:
    for verb in VERBS.values():
        assert State.OPERATOR in REGISTRY[verb.command].states
        assert REGISTRY[verb.command].summary


def test_whoever_speaks_it_administers() -> None:
    """Who changes over to JSON does so already."""
    assert WORDS.arrival == commands.Administer()
    assert JSON.arrival is None
    assert (WORDS.name, JSON.name) == ("admin", "admin-json")
