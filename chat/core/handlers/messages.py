"""Talking: Say, Tell."""

from __future__ import annotations

from chat.core.commands import Say, Tell
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event, Said, Told
from chat.core.limits import Limits
from chat.core.text import fold, visible
from chat.core.world import World


def say(world: World, entry: Entry[Say]) -> tuple[Event, ...]:
    """Seed 0's MSG: to all who are in the room."""
    command = entry.command
    text = _checked(command.text, world.limits)
    room = world.rooms.get(command.room) or world.rooms.get(fold(command.room))
    if room is None:
        raise Refusal("no-such-room", command.room)
    user = room.members.get(entry.session)
    if user is None:
        raise Refusal("not-in-room", command.room)
    room.seq += 1
    return (Said(entry.session, user.name, room.name, room.seq, entry.at, text),)


def tell(world: World, entry: Entry[Tell]) -> tuple[Event, ...]:
    """Seed 0's DM: to one user alone."""
    command = entry.command
    text = _checked(command.text, world.limits)
    user = world.users.get(fold(command.to))
    if user is None:
        raise Refusal("no-such-user", command.to)
    return (Told(user.session, entry.user, entry.at, text),)


def _checked(text: str, limits: Limits) -> str:
    if not text.isprintable():
        text = visible(text)
    if not text or text.isspace():
        raise Refusal("empty-message")
    if len(text) > limits.text_max_chars:
        raise Refusal("text-too-long")
    return text
