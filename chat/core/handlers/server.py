"""The server as a whole: what its administration asks (Expel, Exclude, CloseRoom ...), and what it
asks itself (Settle, Tidy)."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from chat.core.addresses import network
from chat.core.commands import (
    Administer,
    Announce,
    CloseRoom,
    Exclude,
    Expel,
    ListConnections,
    ListExclusions,
    ListLimits,
    Readmit,
    SetLimit,
    Settle,
    ShowStats,
    Stop,
    Tidy,
    Unregister,
)
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import (
    Administering,
    Announced,
    ConnectionsListed,
    Done,
    Ended,
    Event,
    Excluded,
    ExclusionsListed,
    Expelled,
    LimitsListed,
    Removed,
    RoomClosed,
    RoomForgotten,
    StatsShown,
    Stopped,
)
from chat.core.handlers.account import gone
from chat.core.handlers.moderation import THE_SERVER, clean_reason, end_of, without_operator
from chat.core.handlers.rooms import find_room, is_kept
from chat.core.records import Ban, Charter, Record
from chat.core.text import cleaned, fold, is_name
from chat.core.world import LOBBY, Steps, World


def administer(_world: World, _entry: Entry[Administer]) -> tuple[Event, ...]:
    """By having come in through the socket that only the server's owner can open."""
    return (Administering(),)


def announce(world: World, entry: Entry[Announce]) -> tuple[Event, ...]:
    """To everyone, in whichever room."""
    text = cleaned(entry.command.text, world.limits.text_max_chars)
    if not text:
        raise Refusal("empty-message")
    return Announced(text, entry.at), Done()


def expel(world: World, entry: Entry[Expel]) -> tuple[Event, ...]:
    """Disconnected, and free to come back."""
    user = world.users.get(fold(entry.command.name))
    if user is None:
        raise Refusal("no-such-user", entry.command.name)
    reason = clean_reason(world, entry.command.reason)
    told = Expelled(user.session, user.name, reason)
    return told, *gone(world, entry, user, "kicked"), Ended(user.session, "kicked"), Done()


def exclude(world: World, entry: Entry[Exclude]) -> Steps:
    """A name, or an address, or a network of them. Who is here already is sent away: `engine.py`
    sees to it, as the world knows of no addresses."""
    command = entry.command
    key = _target(command.target, world)
    reason = clean_reason(world, command.reason)
    until = end_of(world, entry, command.seconds)
    over = [name for name, ban in world.bans.items() if not ban.holds(entry.at)]
    if len(world.bans) - len(over) >= world.limits.bans_max and key not in world.bans:
        raise Refusal("too-many-bans")
    ended = [Record("ban", name, None) for name in over]
    yield (*ended, Record("ban", key, Ban(command.target, THE_SERVER, reason, until)))
    return Excluded(key, reason), Done()


def readmit(world: World, entry: Entry[Readmit]) -> Steps:
    """As if nothing had been."""
    key = _target(entry.command.target, world)
    if key not in world.bans:
        raise Refusal("no-such-ban")
    yield (Record("ban", key, None),)
    return (Done(),)


def list_exclusions(world: World, entry: Entry[ListExclusions]) -> tuple[Event, ...]:
    """Those that have not run out."""
    return (ExclusionsListed(tuple([b for b in world.bans.values() if b.holds(entry.at)])),)


def unregister(world: World, entry: Entry[Unregister]) -> Steps:
    """The rooms that the account owns have no owner any more, and it operates none."""
    key = fold(entry.command.name)
    if key not in world.accounts:
        raise Refusal("not-registered", entry.command.name)
    rooms = world.rooms.items()
    owned = [Record("charter", name, None) for name, room in rooms if room.charter.owner == key]
    operated = {name: room for name, room in rooms if key in room.charter.operators}
    kept = [
        Record("charter", name, without_operator(room.charter, key))
        for name, room in operated.items()
        if is_kept(room)
    ]
    yield (*kept, *owned, Record("account", key, None))
    for room in operated.values():
        room.charter = without_operator(room.charter, key)
    return (Done(),)


def close_room(world: World, entry: Entry[CloseRoom]) -> Steps:
    """Whoever joins it next makes a new one. The lobby can't be closed."""
    room = find_room(world, entry.command.room)
    key = fold(room.name)
    if key == LOBBY:
        raise Refusal("not-allowed")
    yield (Record("charter", key, None),) if room.charter.owner else ()
    room.charter = Charter(room.name)
    members = list(room.members.values())
    for user in members:
        world.leave(user, key)
    removed = [Removed(user.session, room.name) for user in members]
    return RoomClosed(room.name, entry.at), *removed, Done()


def list_connections(_world: World, _entry: Entry[ListConnections]) -> tuple[Event, ...]:
    """The world knows of users alone; `delivery.py` fills in the rest."""
    return (ConnectionsListed(),)


def list_limits(world: World, _entry: Entry[ListLimits]) -> tuple[Event, ...]:
    """By the names of Limits' fields."""
    return (LimitsListed(tuple(asdict(world.limits).items())),)


def set_limit(world: World, entry: Entry[SetLimit]) -> tuple[Event, ...]:
    """Another limit from here on. Who is over it already may stay; of what rooms remember, the
    oldest is forgotten."""
    name, value = entry.command.name, entry.command.value
    known = asdict(world.limits)
    if name not in known:
        raise Refusal("no-such-limit", name)
    try:
        changed: dict[str, Any] = {name: type(known[name])(value)}
        if changed[name] != value:
            raise ValueError(f"{name} is counted")
        world.limits = replace(world.limits, **changed)
    except (ValueError, OverflowError):
        raise Refusal("invalid-number") from None
    if name == "history_kept":
        for room in world.rooms.values():
            room.history = deque(room.history, world.limits.history_kept)
    return (Done(),)


def show_stats(world: World, _entry: Entry[ShowStats]) -> tuple[Event, ...]:
    """`delivery.py` fills in the connections."""
    rooms = [*world.rooms.values(), *world.remembered.values()]
    messages = sum([room.seq for room in rooms])
    users, accounts, bans = len(world.users), len(world.accounts), len(world.bans)
    return (StatsShown(0, users, len(world.rooms), accounts, bans, messages),)


def stop(_world: World, _entry: Entry[Stop]) -> tuple[Event, ...]:
    """As a signal would."""
    return Done(), Stopped()


def settle(world: World, entry: Entry[Settle]) -> tuple[Event, ...]:
    """What was said in a turn is history now, or was never said."""
    world.settle(entry.command.kept)
    return ()


def tidy(world: World, _entry: Entry[Tidy]) -> tuple[Event, ...]:
    """Rooms over the limit are forgotten, a few at a time; none of which the store is about to be
    given something."""
    excess = len(world.remembered) - world.limits.rooms_remembered_max
    settled = (key for key, room in world.remembered.items() if not room.unsettled)
    keys = list(islice(settled, max(0, min(excess, world.limits.forgotten_at_once))))
    for key in keys:
        world.forget(key)
    return tuple([RoomForgotten(key) for key in keys])


def _target(text: str, world: World) -> str:
    """How a ban on a name, an address or a network is kept. Raises Refusal for anything else."""
    if key := network(text):
        return key
    if not is_name(text, world.limits.username_max_chars):
        raise Refusal("no-such-user", text)
    return fold(text)
