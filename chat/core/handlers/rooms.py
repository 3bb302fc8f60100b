"""Rooms: Join, Leave, SetTopic, ShowTopic, ListRooms, ListMembers, Recall, Resume.

Joining makes a room that isn't there, and who makes it operates it; with an account, they own it.
The last to leave ends it, unless it has an owner. The lobby always stays.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from chat.core.commands import (
    CURRENT,
    Join,
    Leave,
    ListMembers,
    ListRooms,
    Recall,
    Resume,
    SetTopic,
    ShowTopic,
)
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import (
    Departed,
    Entered,
    Event,
    Joined,
    Left,
    MembersListed,
    Recalled,
    RoomsListed,
    Said,
    TopicSet,
    TopicShown,
)
from chat.core.jobs import ReadHistory
from chat.core.limits import Limits
from chat.core.records import Charter, Record
from chat.core.text import cleaned, fold, is_name
from chat.core.world import LOBBY, Room, Steps, User, World

LOST: Final = -1  # for `since`: nothing follows on it


def join(world: World, entry: Entry[Join]) -> Steps:
    """Seed 3's /join. The first to join a room makes it, and its name is spelled as they did."""
    name, alone = entry.command.room, entry.command.alone
    user = world.sessions[entry.session]
    key = fold(name)
    _check_may_enter(world, entry, user)
    is_new = key not in world.rooms
    owned = is_new and _may_own_another(world, user)
    yield (Record("charter", key, Charter(name, owner=fold(user.name))),) if owned else ()
    left = [_leave(world, user, room, entry.at) for room in user.rooms if alone]
    room = world.rooms.get(key) or world.add_room(name)
    world.enter(user, key)
    if is_new:
        room.operators.add(user.session)
    names = tuple([member.name for member in room.members.values()])
    away = world.away(room.members.values())
    joined = Joined(entry.session, user.name, room.name, entry.at)
    return *left, Entered(room.name, names, room.charter.topic, away), joined


def leave(world: World, entry: Entry[Leave]) -> tuple[Event, ...]:
    """Seed 3's /leave."""
    user, room = own_room(world, entry.session, entry.command.room)
    return Departed(room.name), _leave(world, user, fold(room.name), entry.at)


def set_topic(world: World, entry: Entry[SetTopic]) -> Steps:
    """Everyone in the room hears of it, and who joins reads it."""
    user, room = own_room(world, entry.session, entry.command.room)
    check_not_muted(room, user, entry.at)
    topic = cleaned(entry.command.text, world.limits.topic_max_chars)
    yield from settle_charter(room, replace(room.charter, topic=topic))
    return (TopicSet(entry.session, user.name, room.name, topic, entry.at),)


def show_topic(world: World, entry: Entry[ShowTopic]) -> tuple[Event, ...]:
    """Of a room that one is in."""
    _, room = own_room(world, entry.session, entry.command.room)
    return (TopicShown(room.name, room.charter.topic),)


def list_rooms(world: World, _entry: Entry[ListRooms]) -> tuple[Event, ...]:
    """All rooms, in the order in which they were made."""
    return (RoomsListed(tuple([(r.name, len(r.members)) for r in world.rooms.values()])),)


def list_members(world: World, entry: Entry[ListMembers]) -> tuple[Event, ...]:
    """Of any room: it helps to decide whether to join."""
    room = the_room(world, entry)
    names = tuple([member.name for member in room.members.values()])
    return (MembersListed(room.name, names, world.away(room.members.values())),)


def recall(world: World, entry: Entry[Recall]) -> tuple[Event, ...] | ReadHistory:
    """What was said lately, to those who are in the room to hear it: from memory, as far as it
    goes back; else from the store, if there is one."""
    _, room = own_room(world, entry.session, entry.command.room)
    count = max(0, min(entry.command.count, world.limits.history_read_max))
    held = len(room.history)
    if world.durable and (room.unsettled or held < min(count, room.seq)):
        return ReadHistory(fold(room.name), room.name, count, room.epoch)
    messages = _last(room, count, world.limits)
    complete = len(messages) >= min(count, room.seq)
    return (Recalled(room.name, messages, room.epoch, complete),)


def resume(world: World, entry: Entry[Resume]) -> tuple[Event, ...] | ReadHistory:
    """What was said since, if all of it is held; else the last that is."""
    _, room = own_room(world, entry.session, entry.command.room)
    missed, held = room.seq - entry.command.seq, len(room.history)
    known = entry.command.epoch == room.epoch and missed >= 0
    if known and not room.unsettled and missed <= held:
        messages = _last(room, missed, world.limits)
        return (Recalled(room.name, messages, room.epoch, len(messages) == missed),)
    if world.durable:
        limits = world.limits
        count = limits.history_read_max if known else limits.history_kept
        since = entry.command.seq if known else LOST
        return ReadHistory(fold(room.name), room.name, count, room.epoch, since)
    messages = _last(room, held, world.limits)
    return (Recalled(room.name, messages, room.epoch, complete=False),)


def _last(room: Room, count: int, limits: Limits) -> tuple[Said, ...]:
    """The last `count` messages in memory; fewer if they are more than may be read at a time."""
    found: list[Said] = []
    left = limits.history_read_max_bytes
    for said in islice(reversed(room.history), count):
        left -= len(said.text.encode())
        if left < 0:
            break
        found.append(said)
    return tuple(reversed(found))


def find_room(world: World, name: str) -> Room:
    """The room of a name, in whatever letters. Raises Refusal."""
    room = world.rooms.get(name) or world.rooms.get(fold(name))
    if room is None:
        raise Refusal("no-such-room", name)
    return room


def own_room(world: World, session: int, name: str) -> tuple[User, Room]:
    """A session's user, and a room that they are in. Raises Refusal."""
    user = world.sessions[session]
    if name == CURRENT:
        if not user.rooms:
            raise Refusal("not-in-room")
        return user, world.rooms[user.rooms[-1]]
    room = find_room(world, name)
    if session not in room.members:
        raise Refusal("not-in-room", name)
    return user, room


def the_room(world: World, entry: Entry[Any]) -> Room:
    """The room that a command is about, whether one is in it or not. Raises Refusal."""
    name: str = entry.command.room
    if name == CURRENT and entry.session in world.sessions:
        return own_room(world, entry.session, name)[1]
    return find_room(world, name)


def check_not_muted(room: Room, user: User, now: float) -> None:
    """Raises Refusal for who may listen alone."""
    key = fold(user.name)
    for name, ban in room.charter.mutes:
        if name == key and ban.holds(now):
            raise Refusal("muted", ban.reason)


def is_kept(room: Room) -> bool:
    """Whether what is settled about a room outlives it, and the server."""
    return bool(room.charter.owner) or fold(room.name) == LOBBY


def settle_charter(room: Room, charter: Charter) -> Generator[tuple[Record, ...], None, None]:
    """A room has another charter: saved first, if it is one that is kept."""
    kept = is_kept(room)
    yield (Record("charter", fold(room.name), charter),) if kept else ()
    room.charter = charter


def _check_may_enter(world: World, entry: Entry[Join], user: User) -> None:
    limits, name, alone = world.limits, entry.command.room, entry.command.alone
    if not is_name(name, limits.room_name_max_chars):
        raise Refusal("invalid-room-name", name)
    key = fold(name)
    if len(user.rooms) >= limits.rooms_per_user_max and not alone:
        raise Refusal("too-many-rooms", name)
    room = world.rooms.get(key)
    if room is None:
        if len(world.rooms) >= limits.rooms_max and _in_use(world) >= limits.rooms_max:
            raise Refusal("too-many-rooms", name)
        return
    if user.session in room.members:
        raise Refusal("already-in-room", room.name)
    for banned, ban in room.charter.bans:
        if banned == fold(user.name) and ban.holds(entry.at):
            raise Refusal("banned", ban.reason)
    capacity = limits.clients_max if key == LOBBY else limits.room_members_max
    if len(room.members) >= capacity and not world.operates(user, key):
        raise Refusal("room-full", room.name)


def _in_use(world: World) -> int:
    """How many rooms there are without those that are only kept for their owners: a hundred of
    them must not be able to take all the room that there is."""
    return sum([bool(room.members) or key == LOBBY for key, room in world.rooms.items()])


def _may_own_another(world: World, user: User) -> bool:
    """Rooms beyond the limits are made as by anyone without an account."""
    key, limits = fold(user.name), world.limits
    if key not in world.accounts:
        return False
    owners = [room.charter.owner for room in world.rooms.values() if room.charter.owner]
    return owners.count(key) < limits.rooms_owned_max and len(owners) < limits.rooms_kept_max


def _leave(world: World, user: User, key: str, at: float) -> Left:
    name = world.rooms[key].name
    world.leave(user, key)
    return Left(user.session, user.name, name, at)
