"""Names and coming and going: Login, Guest, Nick, Quit, Disconnect."""

from __future__ import annotations

from chat.core.commands import Disconnect, Guest, Login, Nick, Quit
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Disconnected, Event, Joined, LoggedIn, Named, Renamed, SaidGoodbye
from chat.core.text import fold, is_name
from chat.core.world import LOBBY, World


def login(world: World, entry: Entry[Login]) -> tuple[Event, ...]:
    """Seed 0's LOGIN: `ERR username-taken`, or OK, and with it into the lobby."""
    name = entry.command.name
    _check_free(world, name, entry.session)
    user = world.add_user(name, entry.session)
    world.enter(user, LOBBY)
    return LoggedIn(name), Joined(entry.session, name, LOBBY, entry.at, by_login=True)


def guest(world: World, entry: Entry[Guest]) -> tuple[Event, ...]:
    """In the slash dialect everyone is somebody at once, and in no room."""
    taken = True
    while taken:
        world.guests += 1
        name = f"guest{world.guests}"
        taken = name in world.users
    world.add_user(name, entry.session)
    return (LoggedIn(name, guest=True),)


def nick(world: World, entry: Entry[Nick]) -> tuple[Event, ...]:
    """Another name for the same user; the same one in other letters will do."""
    name = entry.command.name
    _check_free(world, name, entry.session)
    user = world.sessions[entry.session]
    old = user.name
    world.rename_user(user, name)
    others = world.neighbours(user)
    return Named(name), Renamed(entry.session, old, name, world.rooms_of(user), entry.at, others)


def quit_(world: World, entry: Entry[Quit]) -> tuple[Event, ...]:
    """Seed 3's /quit, before login as well as after."""
    return (*_remove(world, entry, "quit"), SaidGoodbye())


def disconnect(world: World, entry: Entry[Disconnect]) -> tuple[Event, ...]:
    """Seed 0: out of the list of users, and the others are told; once, however it ended."""
    return _remove(world, entry, entry.command.reason)


def _remove(world: World, entry: Entry[Quit] | Entry[Disconnect], reason: str) -> tuple[Event, ...]:
    user = world.sessions.get(entry.session)
    if user is None:
        return ()
    others = world.neighbours(user)
    rooms = world.rooms_of(user)
    world.remove_user(user)
    return (Disconnected(entry.session, user.name, rooms, entry.at, reason, others),)


def _check_free(world: World, name: str, session: int) -> None:
    if not is_name(name, world.limits.username_max_chars):
        raise Refusal("invalid-username", name)
    holder = world.users.get(fold(name))
    if holder is not None and holder.session != session:
        raise Refusal("username-taken", name)
