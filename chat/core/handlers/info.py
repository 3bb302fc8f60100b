"""Asking: Hello, Who, Ping; and what asks for nothing, Malformed and Blank. All change nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from chat.core.commands import Blank, Hello, Malformed, Ping, Who
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event, Ponged, UsersListed, Welcomed
from chat.core.world import World

TOLD_LIMITS: Final = (
    *("username_max_chars", "room_name_max_chars", "text_max_chars", "topic_max_chars"),
    "history_read_max",
)
"""What a client that checks what is typed has to know."""


def who(world: World, _entry: Entry[Who]) -> tuple[Event, ...]:
    """Seed 0's WHO."""
    users = world.sessions.values()
    return (UsersListed(tuple([user.name for user in users]), world.away(users)),)


def hello(world: World, _entry: Entry[Hello]) -> tuple[Event, ...]:
    """Whether one has a name yet or not."""
    limits = asdict(world.limits)
    return (Welcomed(world.epoch, tuple([(name, limits[name]) for name in TOLD_LIMITS])),)


def ping(_world: World, _entry: Entry[Ping]) -> tuple[Event, ...]:
    """Seed 0's heartbeat."""
    return (Ponged(),)


def malformed(_world: World, entry: Entry[Malformed]) -> tuple[Event, ...]:
    """What a dialect could make nothing of."""
    raise Refusal(entry.command.code, entry.command.detail)


def blank(_world: World, _entry: Entry[Blank]) -> tuple[Event, ...]:
    """An empty line is no error: people press Enter."""
    return ()
