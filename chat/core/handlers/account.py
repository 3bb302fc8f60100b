"""Names and coming and going: Login, Nick, Quit, Disconnect."""

from __future__ import annotations

from chat.core.commands import Disconnect, Login, Nick, Quit
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Disconnected, Done, Event, Joined, LoggedIn, Renamed, SaidGoodbye
from chat.core.text import fold, is_name
from chat.core.world import LOBBY, World


def login(world: World, entry: Entry[Login]) -> tuple[Event, ...]:
    """Seed 0's LOGIN: `ERR username-taken`, or OK, and with it into the lobby."""
    name = entry.command.name
    _check_free(world, name, entry.session)
    user = world.add_user(name, entry.session)
    world.enter(user, LOBBY)
    return LoggedIn(name), Joined(entry.session, name, LOBBY, entry.at)


def nick(world: World, entry: Entry[Nick]) -> tuple[Event, ...]:
    """Another name for the same user; the same one in other letters will do."""
    name = entry.command.name
    _check_free(world, name, entry.session)
    user = world.sessions[entry.session]
    old = user.name
    world.rename_user(user, name)
    return Done(), Renamed(entry.session, old, name, user.rooms, entry.at)


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
    world.remove_user(user)
    return (Disconnected(entry.session, user.name, user.rooms, entry.at, reason),)


def _check_free(world: World, name: str, session: int) -> None:
    if not is_name(name, world.limits.username_max_chars):
        raise Refusal("invalid-username", name)
    holder = world.users.get(fold(name))
    if holder is not None and holder.session != session:
        raise Refusal("username-taken", name)
