"""Talking, and being there: Say, Act, Tell, Away, Back."""

from __future__ import annotations

from chat.core.commands import Act, Away, Back, Say, Tell
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Done, Event, Said, StatusChanged, Told
from chat.core.handlers.rooms import check_not_muted, own_room
from chat.core.limits import Limits
from chat.core.text import cleaned, fold, is_tag
from chat.core.world import User, World


def say(world: World, entry: Entry[Say]) -> tuple[Event, ...]:
    """Seed 0's MSG and seed 3's bare text: to all who are in the room."""
    return _speak(world, entry, act=False)


def act(world: World, entry: Entry[Act]) -> tuple[Event, ...]:
    """`/me waves`: said as it is done."""
    return _speak(world, entry, act=True)


def away(world: World, entry: Entry[Away]) -> tuple[Event, ...]:
    """Nothing is kept from somebody who is away: it is for the others to know."""
    user = world.sessions[entry.session]
    text = cleaned(entry.command.text, world.limits.reason_max_chars)
    for key in user.rooms if text else ():
        check_not_muted(world.rooms[key], user, entry.at)
    idle = user.idle = entry.command.idle
    user.away = True
    return _status(world, user, entry.at, text, idle), *(() if idle else (Done(),))


def back(world: World, entry: Entry[Back]) -> tuple[Event, ...]:
    """Whoever says something is, too."""
    user = world.sessions[entry.session]
    told = (_come_back(world, user, entry.at),) if user.away else ()
    return *told, *(() if entry.command.idle else (Done(),))


def _come_back(world: World, user: User, at: float) -> StatusChanged:
    idle, user.idle, user.away = user.idle, False, False
    return _status(world, user, at, "", idle)


def _status(world: World, user: User, at: float, text: str, idle: bool) -> StatusChanged:
    rooms, others = world.rooms_of(user), world.neighbours(user)
    return StatusChanged(user.session, user.name, user.away, text, rooms, at, others, idle)


def tell(world: World, entry: Entry[Tell]) -> tuple[Event, ...]:
    """Seed 0's DM: to one user alone."""
    command = entry.command
    text = _checked(command.text, world.limits)
    user = world.users.get(fold(command.to))
    if user is None:
        raise Refusal("no-such-user", command.to)
    return (Told(user.session, entry.user, entry.at, text),)


def _speak(world: World, entry: Entry[Say] | Entry[Act], *, act: bool) -> tuple[Event, ...]:
    command = entry.command
    text = _checked(command.text, world.limits)
    if command.tag and not is_tag(command.tag):
        raise Refusal("bad-message", "tag")
    user, room = own_room(world, entry.session, command.room)
    if room.charter.mutes:
        check_not_muted(room, user, entry.at)
    room.seq += 1
    said = Said(entry.session, user.name, room.name, room.seq, entry.at, text, act, command.tag)
    if world.durable:
        room.unsettled += 1
        world.unsettled.append((room, said))
    else:
        room.history.append(said)
    return (_come_back(world, user, entry.at), said) if user.away else (said,)


def _checked(text: str, limits: Limits) -> str:
    if not text.isprintable():
        text = cleaned(text, limits.text_max_chars)
    text = text.strip()
    if not text:
        raise Refusal("empty-message")
    if len(text) > limits.text_max_chars:
        raise Refusal("text-too-long")
    return text
