"""Who may do what: the roles that rows of the registry ask for. The gate is in `engine.py`."""

from __future__ import annotations

from typing import Any

from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.handlers.rooms import the_room
from chat.core.text import fold
from chat.core.world import World


def operator(world: World, entry: Entry[Any]) -> None:
    """Operators of the room, and of the server (who have no user). Raises Refusal."""
    room = the_room(world, entry)
    user = world.sessions.get(entry.session)
    if user is not None and not world.operates(user, fold(room.name)):
        raise Refusal("not-allowed")


def operator_if_locked(world: World, entry: Entry[Any]) -> None:
    """Everyone, while the room's topic is not locked. Raises Refusal."""
    if the_room(world, entry).charter.locked:
        operator(world, entry)
