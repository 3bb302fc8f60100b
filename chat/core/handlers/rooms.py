"""Rooms: Join, Leave, SetTopic, ShowTopic, ListRooms, ListMembers, Recall.

Joining makes a room that isn't there; the last to leave ends it. Only the lobby stays.
"""

from __future__ import annotations

from chat.core.commands import (
    CURRENT,
    Join,
    Leave,
    ListMembers,
    ListRooms,
    Recall,
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
    TopicSet,
    TopicShown,
)
from chat.core.text import fold, is_name, visible
from chat.core.world import LOBBY, Room, User, World


def join(world: World, entry: Entry[Join]) -> tuple[Event, ...]:
    """Seed 3's /join. The first to join a room makes it, and its name is spelled as they did."""
    name, alone = entry.command.room, entry.command.alone
    user = world.sessions[entry.session]
    key = fold(name)
    _check_may_enter(world, user, name, alone)
    left = [_leave(world, user, room, entry.at) for room in user.rooms if alone]
    room = world.rooms.get(key) or world.add_room(name)
    world.enter(user, key)
    names = tuple([member.name for member in room.members.values()])
    joined = Joined(entry.session, user.name, room.name, entry.at)
    return *left, Entered(room.name, names, room.topic), joined


def leave(world: World, entry: Entry[Leave]) -> tuple[Event, ...]:
    """Seed 3's /leave."""
    user, room = own_room(world, entry.session, entry.command.room)
    return Departed(room.name), _leave(world, user, fold(room.name), entry.at)


def set_topic(world: World, entry: Entry[SetTopic]) -> tuple[Event, ...]:
    """Everyone in the room hears of it, and who joins reads it."""
    user, room = own_room(world, entry.session, entry.command.room)
    topic = visible(entry.command.text).strip()
    if len(topic) > world.limits.topic_max_chars:
        raise Refusal("text-too-long")
    room.topic = topic
    return (TopicSet(entry.session, user.name, room.name, topic, entry.at),)


def show_topic(world: World, entry: Entry[ShowTopic]) -> tuple[Event, ...]:
    """Of a room that one is in."""
    _, room = own_room(world, entry.session, entry.command.room)
    return (TopicShown(room.name, room.topic),)


def list_rooms(world: World, _entry: Entry[ListRooms]) -> tuple[Event, ...]:
    """All rooms, in the order in which they were made."""
    return (RoomsListed(tuple([(r.name, len(r.members)) for r in world.rooms.values()])),)


def list_members(world: World, entry: Entry[ListMembers]) -> tuple[Event, ...]:
    """Of any room: it helps to decide whether to join."""
    if entry.command.room == CURRENT:
        _, room = own_room(world, entry.session, CURRENT)
    else:
        room = find_room(world, entry.command.room)
    names = tuple([member.name for member in room.members.values()])
    return (MembersListed(room.name, names),)


def recall(world: World, entry: Entry[Recall]) -> tuple[Event, ...]:
    """What was said lately, to those who are in the room to hear it."""
    _, room = own_room(world, entry.session, entry.command.room)
    count = min(entry.command.count, len(room.history))
    return (Recalled(room.name, tuple(room.history)[len(room.history) - count :]),)


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


def _check_may_enter(world: World, user: User, name: str, alone: bool) -> None:
    limits = world.limits
    if not is_name(name, limits.room_name_max_chars):
        raise Refusal("invalid-room-name", name)
    room = world.rooms.get(fold(name))
    if room is not None and user.session in room.members:
        raise Refusal("already-in-room", room.name)
    if room is None and len(world.rooms) >= limits.rooms_max:
        raise Refusal("too-many-rooms", name)
    if len(user.rooms) >= limits.rooms_per_user_max and not alone:
        raise Refusal("too-many-rooms", name)
    capacity = limits.clients_max if fold(name) == LOBBY else limits.room_members_max
    if room is not None and len(room.members) >= capacity:
        raise Refusal("room-full", room.name)


def _leave(world: World, user: User, key: str, at: float) -> Left:
    name = world.rooms[key].name
    world.leave(user, key)
    return Left(user.session, user.name, name, at)
