"""What the server tells without being asked: a row for each type of object, and what becomes of
the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from chat.client.lines import Line
from chat.client.model import Model, Room
from chat.client.wire import Heard
from chat.core.events import Deed, Moderated
from chat.core.text import fold
from chat.dialects.base import moderated

OUT = {"kicked", "banned"}  # after which one is not in the room any more


def happen(model: Model, heard: Heard, now: float) -> bool:
    """Something happened. False for what nobody here knows."""
    handler = HAPPENINGS.get(heard.text("type"))
    if handler is not None:
        handler(model, heard, now)
    return handler is not None


def _message(model: Model, heard: Heard, now: float) -> None:
    room = model.open(heard.text("room"))
    if room is None:
        return
    room.joined = True  # else it would not have come
    if room.held is not None:
        room.held.append(heard)
    else:
        model.message(room, heard, now)


def _private(model: Model, heard: Heard, now: float) -> None:
    model.correspondent = heard.text("from")
    line = Line("private", heard.text("text"), heard.at(now), model.correspondent, mention=True)
    model.say(line)


def _join(model: Model, heard: Heard, now: float) -> None:
    room, name = model.open(heard.text("room")), heard.text("from")
    if room is not None:
        model.arrive(room, name)
        model.add(room, Line("notice", f"{name} has joined.", heard.at(now)))


def _leave(model: Model, heard: Heard, now: float) -> None:
    room, name = model.room(heard.text("room")), heard.text("from")
    if room is None:
        return
    room.members.pop(fold(name), None)
    if fold(name) == fold(model.me):
        room.joined = False
    model.add(room, Line("notice", f"{name} has left.", heard.at(now)))


def _nick(model: Model, heard: Heard, now: float) -> None:
    old, new = heard.text("from"), heard.text("to")
    if fold(old) == fold(model.me):
        model.me = new
    for room in _rooms_of(model, old):
        _, status = room.members.pop(fold(old))
        model.arrive(room, new, status)
        model.add(room, Line("notice", f"{old} is now {new}.", heard.at(now)))


def _status(model: Model, heard: Heard, now: float) -> None:
    name, status, why = heard.text("from"), heard.text("status"), heard.text("text")
    if fold(name) == fold(model.me):
        model.away = status == "away"
        return  # who did it knows
    what = _STATUSES.get(status, f"is {status}")
    for room in _rooms_of(model, name):
        if status == "offline":
            del room.members[fold(name)]
        else:
            model.arrive(room, name, status)
        text = f"{name} {what}" + (f": {why}" if why else ".")
        model.add(room, Line("notice", text, heard.at(now)))


_STATUSES = {"active": "is back", "away": "is away", "offline": "has disconnected"}


def _topic(model: Model, heard: Heard, now: float) -> None:
    room = model.room(heard.text("room"))
    if room is None:
        return
    room.topic = heard.text("text")
    by = heard.text("from") or "Someone"
    what = f"has set the topic: {room.topic}" if room.topic else "has taken the topic away."
    model.add(room, Line("topic", f"{by} {what}", heard.at(now)))


def _moderation(model: Model, heard: Heard, now: float) -> None:
    deed, name = heard.text("deed"), heard.text("name")
    place, by, reason = heard.text("room"), heard.text("from"), heard.text("reason")
    about_me = bool(name) and fold(name) == fold(model.me)
    try:
        event = Moderated(
            cast(Deed, deed), place, name, by, 0.0, float(heard.number("seconds")), reason
        )
        text = moderated(event)
    except KeyError:  # a deed of a newer server
        text = f"{name} was {deed} in {place} by {by}"
    room = model.room(place)
    line = Line("moderation", f"{text}.", heard.at(now), mention=about_me)
    if room is None:
        model.say(line)
        return
    if deed in OUT:
        room.members.pop(fold(name), None)
        room.joined &= not about_me
    model.add(room, line)


def _system(model: Model, heard: Heard, now: float) -> None:
    code, place = heard.text("code"), heard.text("room")
    room = model.room(place) or model.current
    if code == "room-closed":
        room.joined = False
    line = Line("system", heard.text("text") or code, heard.at(now), mention=code in _LOUD)
    model.add(room, line)


_LOUD = {"announcement", "expelled"}


def _rooms_of(model: Model, name: str) -> list[Room]:
    return [room for room in model.rooms.values() if fold(name) in room.members]


HAPPENINGS: Final[dict[str, Callable[[Model, Heard, float], Any]]] = {
    "message": _message,
    "private": _private,
    "join": _join,
    "leave": _leave,
    "nick": _nick,
    "status": _status,
    "topic": _topic,
    "moderation": _moderation,
    "system": _system,
}
