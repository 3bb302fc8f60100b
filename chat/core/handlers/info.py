"""Asking: Who, Help, Ping; and what asks for nothing, Malformed and Blank. All change nothing."""

from __future__ import annotations

from chat.core.commands import Blank, Malformed, Ping, Who
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event, Ponged, UsersListed
from chat.core.world import World


def who(world: World, _entry: Entry[Who]) -> tuple[Event, ...]:
    """Seed 0's WHO."""
    return (UsersListed(tuple([user.name for user in world.sessions.values()])),)


def ping(_world: World, _entry: Entry[Ping]) -> tuple[Event, ...]:
    """Seed 0's heartbeat."""
    return (Ponged(),)


def malformed(_world: World, entry: Entry[Malformed]) -> tuple[Event, ...]:
    """What a dialect could make nothing of."""
    raise Refusal(entry.command.code, entry.command.detail)


def blank(_world: World, _entry: Entry[Blank]) -> tuple[Event, ...]:
    """An empty line is no error: people press Enter."""
    return ()
