"""The registry: complete, and what its rows say about changing the world is so."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import commands
from chat.core.commands import Command
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.limits import Limits
from chat.core.registry import (
    ANY,
    ASKS,
    CHANGES,
    NEW,
    NOBODY,
    READS,
    READY,
    REGISTRY,
    ROWS,
    SAVES,
    SERVER,
    Row,
)
from chat.core.roles import operator, operator_if_locked
from chat.core.session import State
from chat.core.world import World
from chat.testing.strategies import COMMANDS
from tests.core.support import NOW, Chat, contents

ALL = get_args(Command)
ASKING = [row for row in ROWS if row.effect in {READS, ASKS}]
CHANGING = [row for row in ROWS if row.effect in {CHANGES, SAVES}]


def name_of(row: Row) -> str:
    """For the names of tests."""
    return row.command.__name__


def crowded() -> World:
    """A world in which most commands can do something: two users, and a session without one."""
    chat = Chat("anna", "bob")
    chat.connect("new")
    return chat.core.world


def test_every_command_has_one_row() -> None:
    assert sorted(map(name_of, ROWS)) == sorted(command.__name__ for command in ALL)
    assert {row.command: row for row in ROWS} == REGISTRY


def test_the_tests_know_every_command() -> None:
    assert set(COMMANDS) == set(ALL)


def test_every_state_has_commands() -> None:
    assert NEW | READY | SERVER == ANY == frozenset(State)


def test_who_may_ask_what() -> None:
    """The table of the README, so to speak, once more: a row that changes is to be noticed."""
    states: dict[frozenset[State], set[str]] = {}
    for row in ROWS:
        states.setdefault(row.states, set()).add(name_of(row))
    assert states[NEW] == {"Guest", "Login", "Administer"}
    assert states[NEW | READY] == {"Authenticate", "Enrol"}
    assert states[ANY] == {
        *("Hello", "Ping", "Help", "Quit", "Disconnect", "Malformed", "Blank"),
    }
    assert states[SERVER] == {
        *("ListConnections", "Expel", "Exclude", "Readmit", "ListExclusions", "Unregister"),
        *("Announce", "CloseRoom", "SetLimit", "ListLimits", "ShowStats", "Stop"),
    }
    assert states[NOBODY] == {"Register", "Settle", "Tidy"}
    assert states[READY | SERVER] == {
        *("Who", "ListRooms", "ListMembers", "Kick", "BanUser", "UnbanUser", "ListBans"),
        *("Mute", "Unmute", "MakeOperator", "RemoveOperator", "LockTopic"),
    }


def test_who_has_to_be_an_operator() -> None:
    roles = {name_of(row): row.role for row in ROWS if row.role is not None}
    assert roles.pop("SetTopic") is operator_if_locked
    assert set(roles.values()) == {operator}
    assert set(roles) == {
        *("Kick", "BanUser", "UnbanUser", "ListBans", "Mute", "Unmute"),
        *("MakeOperator", "RemoveOperator", "LockTopic"),
    }


def test_what_changes_the_world() -> None:
    changing = {name_of(row) for row in ROWS if row.effect is CHANGES}
    assert changing == {
        *("Login", "Guest", "Nick", "Leave", "Say", "Act", "Kick", "Expel", "SetLimit"),
        *("Away", "Back"),
        *("Administer", "Settle", "Tidy", "Quit", "Disconnect"),
    }


def test_what_is_saved_first() -> None:
    saving = {name_of(row) for row in ROWS if row.effect is SAVES}
    assert saving == {
        *("Register", "Join", "SetTopic", "BanUser", "UnbanUser", "Mute", "Unmute"),
        *("MakeOperator", "RemoveOperator", "LockTopic"),
        *("Exclude", "Readmit", "Unregister", "CloseRoom"),
    }


# What is no verb's, or shares another's: TOPIC without a text shows it.
NOT_TYPED = {
    *(commands.Disconnect, commands.Malformed, commands.Blank, commands.Register),
    *(commands.Guest, commands.ShowTopic, commands.Administer, commands.Settle, commands.Tidy),
    *(commands.Hello, commands.Resume),
}


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_summary_is_a_phrase(row: Row) -> None:
    assert bool(row.summary) is (row.command not in NOT_TYPED)
    assert re.fullmatch(r"([a-z][\w ,]*[a-z])?", row.summary)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_cost_is_one_that_the_bucket_can_pay(row: Row) -> None:
    assert 0 <= row.cost <= Limits().rate_burst


def test_only_the_end_costs_nothing() -> None:
    """Whoever is over their rate may still leave; and nobody asks twice for what comes with
    having arrived."""
    free = {name_of(row) for row in ROWS if row.cost == 0}
    assert free == {"Quit", "Disconnect", "Administer", "Hello"}


@pytest.mark.parametrize("row", ASKING, ids=name_of)
def test_who_only_asks_changes_nothing(row: Row) -> None:
    here, nobody = [(1, "anna"), (2, "bob")], [(3, ""), (99, "")]  # whom the gate keeps out

    @given(COMMANDS[row.command], st.sampled_from(here + nobody * (row.states != READY)))
    def check(command: Command, who: tuple[int, str]) -> None:
        world = crowded()
        before = contents(world)
        with suppress(Refusal):
            if row.role is not None:
                row.role(world, Entry[Any](NOW, *who, command))
            row.handler(world, Entry[Any](NOW, *who, command))
        assert contents(world) == before

    check()


@pytest.mark.parametrize("row", CHANGING, ids=name_of)
def test_who_is_refused_changes_nothing_and_the_world_stays_sound(row: Row) -> None:
    @given(COMMANDS[row.command])
    def check(command: Command) -> None:
        chat = Chat("anna", "bob")
        chat.connect("new")  # RecordingCore looks at what a refusal leaves behind
        chat.ask("new" if row.states == NEW else "bob", command)

    check()
