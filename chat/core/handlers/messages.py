"""Talking: Say, Act, Tell."""

from __future__ import annotations

from chat.core.commands import Act, Say, Tell
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event, Said, Told
from chat.core.handlers.rooms import check_not_muted, own_room
from chat.core.limits import Limits
from chat.core.text import fold, visible
from chat.core.world import World


def say(world: World, entry: Entry[Say]) -> tuple[Event, ...]:
    """Seed 0's MSG and seed 3's bare text: to all who are in the room."""
    return (_speak(world, entry, act=False),)


def act(world: World, entry: Entry[Act]) -> tuple[Event, ...]:
    """`/me waves`: said as it is done."""
    return (_speak(world, entry, act=True),)


def tell(world: World, entry: Entry[Tell]) -> tuple[Event, ...]:
    """Seed 0's DM: to one user alone."""
    command = entry.command
    text = _checked(command.text, world.limits)
    user = world.users.get(fold(command.to))
    if user is None:
        raise Refusal("no-such-user", command.to)
    return (Told(user.session, entry.user, entry.at, text),)


def _speak(world: World, entry: Entry[Say] | Entry[Act], *, act: bool) -> Said:
    text = _checked(entry.command.text, world.limits)
    user, room = own_room(world, entry.session, entry.command.room)
    if room.charter.mutes:
        check_not_muted(room, user, entry.at)
    room.seq += 1
    said = Said(entry.session, user.name, room.name, room.seq, entry.at, text, act)
    if world.durable:
        room.unsettled += 1
        world.unsettled.append((room, said))
    else:
        room.history.append(said)
    return said


def _checked(text: str, limits: Limits) -> str:
    if not text.isprintable():
        text = visible(text)
    text = text.strip()
    if not text:
        raise Refusal("empty-message")
    if len(text) > limits.text_max_chars:
        raise Refusal("text-too-long")
    return text
