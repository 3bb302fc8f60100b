"""Coming and going, and under what name: Login, Guest, Nick, Quit, Disconnect."""

from __future__ import annotations

from typing import Any

from chat.core.commands import Disconnect, Guest, Login, Nick, Quit
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Disconnected, Event, Joined, LoggedIn, Named, Renamed, SaidGoodbye
from chat.core.text import RESERVED, fold, is_name
from chat.core.world import LOBBY, User, World


def login(world: World, entry: Entry[Login]) -> tuple[Event, ...]:
    """Seed 0's LOGIN: `ERR username-taken`, or OK, and with it into the lobby."""
    check_name(world, entry, entry.command.name, entry.command.proven)
    return log_in(world, entry, entry.command.name, entry.command.lobby)


def log_in(world: World, entry: Entry[Any], name: str, lobby: bool) -> tuple[Event, ...]:
    """A name that was checked has a user now."""
    user = world.add_user(name, entry.session)
    events: tuple[Event, ...] = (LoggedIn(name),)
    bans = world.rooms[LOBBY].charter.bans
    banned = bans and any(key == fold(name) and ban.holds(entry.at) for key, ban in bans)
    if lobby and not banned:
        world.enter(user, LOBBY)
        events += (Joined(entry.session, name, LOBBY, entry.at, by_login=True),)
    return events


def guest(world: World, entry: Entry[Guest]) -> tuple[Event, ...]:
    """In the slash dialect everyone is somebody at once, and in no room."""
    taken = True
    while taken:
        world.guests += 1
        name = f"guest{world.guests}"
        taken = any(name in names for names in (world.users, world.accounts, world.bans))
    world.add_user(name, entry.session)
    return (LoggedIn(name, guest=True),)


def nick(world: World, entry: Entry[Nick]) -> tuple[Event, ...]:
    """Another name for the same user; the same one in other letters will do."""
    user = world.sessions[entry.session]
    check_name(world, entry, entry.command.name, entry.command.proven)
    check_hides_nothing(world, entry, user)
    return rename(world, entry, user, entry.command.name)


def rename(world: World, entry: Entry[Any], user: User, name: str) -> tuple[Event, ...]:
    """A user goes by another name that was checked."""
    old = user.name
    if name == old:
        return (Named(name),)
    world.rename_user(user, name)
    others = world.neighbours(user)
    return Named(name), Renamed(entry.session, old, name, world.rooms_of(user), entry.at, others)


def quit_(world: World, entry: Entry[Quit]) -> tuple[Event, ...]:
    """Seed 3's /quit, before login as well as after."""
    user = world.sessions.get(entry.session)
    return (*(gone(world, entry, user, "quit") if user else ()), SaidGoodbye())


def disconnect(world: World, entry: Entry[Disconnect]) -> tuple[Event, ...]:
    """Seed 0: out of the list of users, and the others are told; once, however it ended."""
    user = world.sessions.get(entry.session)
    return gone(world, entry, user, entry.command.reason) if user else ()


def gone(world: World, entry: Entry[Any], user: User, reason: str) -> tuple[Event, ...]:
    """A user is no more."""
    others = world.neighbours(user)
    rooms = world.rooms_of(user)
    world.remove_user(user)
    return (Disconnected(user.session, user.name, rooms, entry.at, reason, others),)


def check_name(world: World, entry: Entry[Any], name: str, proven: bool) -> None:
    """Raises Refusal unless the session may go by that name."""
    if not is_name(name, world.limits.username_max_chars):
        raise Refusal("invalid-username", name)
    key = fold(name)
    holder = world.users.get(key)
    if key in RESERVED or (holder is not None and holder.session != entry.session):
        raise Refusal("username-taken", name)
    ban = world.bans.get(key) if world.bans else None
    if ban is not None and ban.holds(entry.at):
        raise Refusal("banned", ban.reason)
    if key in world.accounts and holder is None and not proven:
        raise Refusal("password-required", name)


def check_hides_nothing(world: World, entry: Entry[Any], user: User) -> None:
    """Who is muted stays so under any name; who is banned from a room is not in it under theirs.
    Raises Refusal."""
    old, new = fold(user.name), fold(entry.command.name)
    for key in user.rooms:
        charter = world.rooms[key].charter
        for name, ban in charter.mutes:
            if name == old != new and ban.holds(entry.at):
                raise Refusal("muted", ban.reason)
        for name, ban in charter.bans:
            if name == new and ban.holds(entry.at):
                raise Refusal("banned", ban.reason)
