"""Order in a room, kept by its operators: Kick, BanUser, UnbanUser, ListBans, Mute, Unmute,
MakeOperator, RemoveOperator, LockTopic.

What is settled stands in the room's charter. That of a room with an owner, or of the lobby, is
saved; another room's ends with the room. Bans and mutes are on names: who has no account can
come back under another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chat.core.commands import (
    BanUser,
    Kick,
    ListBans,
    LockTopic,
    MakeOperator,
    Mute,
    RemoveOperator,
    UnbanUser,
    Unmute,
)
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import BansListed, Deed, Done, Event, Moderated, Removed
from chat.core.handlers.rooms import is_kept, settle_charter, the_room
from chat.core.records import Ban, Charter
from chat.core.text import cleaned, fold, is_name, visible
from chat.core.world import Room, Steps, User, World

Bans = tuple[tuple[str, Ban], ...]

THE_SERVER = "the server"  # who does what the server's administration does


def kick(world: World, entry: Entry[Kick]) -> tuple[Event, ...]:
    """Out of the room, and free to come back."""
    room = the_room(world, entry)
    user = _member(world, room, entry.command.name)
    _check_not_owner(room, fold(user.name))
    reason = clean_reason(world, entry.command.reason)
    told = _moderated(world, entry, "kicked", room, user.name, reason=reason)
    return told, *_put_out(world, user, room), Done()


def ban_user(world: World, entry: Entry[BanUser]) -> Steps:
    """Out of the room, and kept out; also who is not there just now."""
    room = the_room(world, entry)
    key, ban = _ban(world, entry, entry.command)
    _check_not_owner(room, key)
    bans = _with(world, room.charter.bans, key, ban, entry.at)
    yield from settle_charter(room, replace(without_operator(room.charter, key), bans=bans))
    told = _moderated(world, entry, "banned", room, ban.name, entry.command.seconds, ban.reason)
    user = world.users.get(key)
    here = user is not None and user.session in room.members
    return told, *(_put_out(world, user, room) if user is not None and here else ()), Done()


def unban_user(world: World, entry: Entry[UnbanUser]) -> Steps:
    """Free to come back."""
    room = the_room(world, entry)
    key = fold(entry.command.name)
    bans = _without(room.charter.bans, key)
    yield from settle_charter(room, replace(room.charter, bans=bans))
    return _moderated(world, entry, "unbanned", room, entry.command.name), Done()


def mute(world: World, entry: Entry[Mute]) -> Steps:
    """In the room, and silent."""
    room = the_room(world, entry)
    key, ban = _ban(world, entry, entry.command)
    _check_not_owner(room, key)
    mutes = _with(world, room.charter.mutes, key, ban, entry.at)
    yield from settle_charter(room, replace(room.charter, mutes=mutes))
    return _moderated(
        world, entry, "muted", room, ban.name, entry.command.seconds, ban.reason
    ), Done()


def unmute(world: World, entry: Entry[Unmute]) -> Steps:
    """Free to speak."""
    room = the_room(world, entry)
    mutes = _without(room.charter.mutes, fold(entry.command.name))
    yield from settle_charter(room, replace(room.charter, mutes=mutes))
    return _moderated(world, entry, "unmuted", room, entry.command.name), Done()


def make_operator(world: World, entry: Entry[MakeOperator]) -> Steps:
    """For good, if the charter is kept and the name is registered; else while they are here."""
    room = the_room(world, entry)
    key = fold(entry.command.name)
    if key in world.accounts and is_kept(room):
        name = world.accounts[key].name
        operators = (*[one for one in room.charter.operators if one != key], key)
        if len(operators) > world.limits.bans_per_room_max:
            raise Refusal("too-many-bans")
        yield from settle_charter(room, replace(room.charter, operators=operators))
    else:
        user = _member(world, room, entry.command.name)
        yield ()
        name = user.name
        room.operators.add(user.session)
    return _moderated(world, entry, "made operator", room, name), Done()


def remove_operator(world: World, entry: Entry[RemoveOperator]) -> Steps:
    """No operator any more; the owner remains one."""
    room = the_room(world, entry)
    key = fold(entry.command.name)
    _check_not_owner(room, key)
    user = world.users.get(key)
    session = user.session if user is not None else 0
    if key not in room.charter.operators and session not in room.operators:
        raise Refusal("no-such-operator", entry.command.name)
    yield from settle_charter(room, without_operator(room.charter, key))
    room.operators.discard(session)
    return _moderated(world, entry, "made no operator", room, entry.command.name), Done()


def lock_topic(world: World, entry: Entry[LockTopic]) -> Steps:
    """Whether operators alone may set the topic."""
    room = the_room(world, entry)
    locked = entry.command.locked
    yield from settle_charter(room, replace(room.charter, locked=locked))
    return _moderated(world, entry, "locked" if locked else "unlocked", room, ""), Done()


def list_bans(world: World, entry: Entry[ListBans]) -> tuple[Event, ...]:
    """Those that have not run out."""
    room = the_room(world, entry)
    bans, mutes = (
        tuple([ban for _, ban in listed if ban.holds(entry.at)])
        for listed in (room.charter.bans, room.charter.mutes)
    )
    return (BansListed(room.name, bans, mutes),)


def _put_out(world: World, user: User, room: Room) -> tuple[Event, ...]:
    world.leave(user, fold(room.name))
    return (Removed(user.session, room.name),)


def without_operator(charter: Charter, key: str) -> Charter:
    """One account is no operator of a room any more."""
    return replace(charter, operators=tuple([one for one in charter.operators if one != key]))


def _member(world: World, room: Room, name: str) -> User:
    user = world.users.get(fold(name))
    if user is None or user.session not in room.members:
        raise Refusal("no-such-user", name)
    return user


def _check_not_owner(room: Room, key: str) -> None:
    """The owner can't be put out of their own room. An empty name is nobody's."""
    if key and key == room.charter.owner:
        raise Refusal("not-allowed")


def _ban(world: World, entry: Entry[Any], command: BanUser | Mute) -> tuple[str, Ban]:
    until = end_of(world, entry, command.seconds)
    if not is_name(command.name, world.limits.username_max_chars):
        raise Refusal("no-such-user", command.name)
    reason = clean_reason(world, command.reason)
    name = _known_as(world, command.name)
    return fold(name), Ban(name, entry.user or THE_SERVER, reason, until)


def _with(world: World, bans: Bans, key: str, ban: Ban, now: float) -> Bans:
    """With one more; those that have run out are gone, and room for others."""
    rest = [(name, old) for name, old in bans if name != key and old.holds(now)]
    if len(rest) >= world.limits.bans_per_room_max:
        raise Refusal("too-many-bans")
    more = (*rest, (key, ban))
    if sum(map(_chars, more)) > world.limits.bans_per_room_max_chars:
        raise Refusal("too-many-bans")
    return more


def _chars(listed: tuple[str, Ban]) -> int:
    key, ban = listed
    return len(key) + len(ban.name) + len(ban.by) + len(ban.reason)


def _without(bans: Bans, key: str) -> Bans:
    rest = tuple([(name, ban) for name, ban in bans if name != key])
    if rest == bans:
        raise Refusal("no-such-ban")
    return rest


def end_of(world: World, entry: Entry[Any], seconds: float) -> float:
    """When something ends that lasts so long; 0: never. Raises Refusal."""
    if not 0 <= seconds <= world.limits.ban_max_s:
        raise Refusal("invalid-number")
    return entry.at + seconds if seconds else 0.0


def clean_reason(world: World, text: str) -> str:
    """What may be shown of a reason. Raises Refusal for one that is too long."""
    return cleaned(text, world.limits.reason_max_chars)


def _moderated(
    world: World,
    entry: Entry[Any],
    deed: Deed,
    room: Room,
    name: str,
    seconds: float = 0.0,
    reason: str = "",
) -> Moderated:
    user = world.users.get(fold(name))
    elsewhere = user.session if user and user.session not in room.members else None
    by = entry.user or THE_SERVER
    name = _known_as(world, name)
    return Moderated(deed, room.name, name, by, entry.at, seconds, reason, session=elsewhere)


def _known_as(world: World, name: str) -> str:
    """A name in the letters of its bearer, if there is one."""
    key = fold(name)
    bearer = world.users.get(key) or world.accounts.get(key)
    return bearer.name if bearer is not None else visible(name)
