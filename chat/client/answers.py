"""What the answers to requests do to the model: a row for each type of request that has more to it
than that it was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from chat.client.happenings import happen
from chat.client.lines import Line
from chat.client.model import Model, Room
from chat.client.outbox import Request
from chat.client.wire import Heard
from chat.core.text import fold


def answer(model: Model, request: Request, heard: Heard, now: float) -> None:
    """A request was answered."""
    if heard.text("type") == "error":
        refuse(model, request, heard, now)
    elif request.type in ANSWERS:
        ANSWERS[request.type](model, request, heard, now)
    elif heard.text("type") == "moderation":  # the room hears of it, and so do we
        happen(model, heard, now)
    elif request.type in DONE and not _inside(model, request):
        _show(model, DONE[request.type].format(**request.fields), now)


def _inside(model: Model, request: Request) -> bool:
    """Whether one is told what becomes of a request, as everyone in the room is."""
    room = model.room(request.fields["room"])
    return room is not None and room.joined


def refuse(model: Model, request: Request, heard: Heard, now: float) -> None:
    """It was not done. What somebody wrote is told with it, so that it isn't lost."""
    why = heard.text("text") or heard.text("code") or "The server refused that."
    text = request.fields.get("text", "") if request.type in {"say", "private"} else ""
    told = f"Not sent: {text} ({why})" if text else why
    room = model.room(request.fields.get("room", "")) or model.current
    model.add(room, Line("error", told, now))


def _name(model: Model, request: Request, heard: Heard, now: float) -> None:
    old, model.me = model.me, heard.text("name") or request.fields["name"]
    for room in model.joined:
        if room.members.pop(fold(old), None):
            model.arrive(room, model.me)
    if request.type == "register":
        _show(model, f"The name {model.me} is yours now.", now)
    elif request.by_hand:
        _show(model, f"You are {model.me} now.", now)


def _join(model: Model, request: Request, heard: Heard, now: float) -> None:
    name = heard.text("room") or request.fields["room"]
    room = model.enter(name, heard.text("topic"), heard.objects("users"))
    if room is None or (room.epoch and not request.by_hand):
        return  # or back again, which is told once for all rooms
    if request.by_hand:
        model.switch(room)
    who = f"You are in {room.name}: {', '.join(room.names)}."
    _note(model, room, who + (f" Topic: {room.topic}" if room.topic else ""), now)


def _leave(model: Model, request: Request, _heard: Heard, now: float) -> None:
    room = model.room(request.fields["room"])
    if room is not None:
        model.forget(room)
    _show(model, f"You have left {request.fields['room']}.", now)


def _say(model: Model, request: Request, heard: Heard, now: float) -> None:
    """The server has it: now it stands among what the others said."""
    room = model.open(request.fields["room"])
    if room is not None:
        room.seq = max(room.seq, heard.number("seq"))
        model.add(room, said(model, request, heard.at(now)))


def said(model: Model, request: Request, at: float) -> Line:
    """One's own words as a line."""
    kind: Any = "act" if request.fields.get("act") else "message"
    return Line(kind, request.fields["text"], at, model.me, own=True)


def _private(model: Model, request: Request, heard: Heard, now: float) -> None:
    model.say(
        Line("private", request.fields["text"], heard.at(now), request.fields["to"], own=True)
    )


def _rooms(model: Model, _request: Request, heard: Heard, now: float) -> None:
    rooms = [(item.text("room"), item.number("members")) for item in heard.objects("rooms")]
    model.elsewhere = [name for name, _ in rooms]
    _show(model, "Rooms: " + ", ".join(f"{name} ({members})" for name, members in rooms), now)


def _users(model: Model, _request: Request, heard: Heard, now: float) -> None:
    users = heard.objects("users")
    model.people = [user.text("name") for user in users]
    shown = [
        user.text("name") + (f" ({status})" if (status := user.text("status")) == "away" else "")
        for user in users
    ]
    where = f"In {heard.text('room')}" if heard.text("room") else "Here"
    _show(model, f"{where} ({len(shown)}): " + ", ".join(sorted(shown, key=fold)), now)


def _history(model: Model, request: Request, heard: Heard, now: float) -> None:
    room = model.room(request.fields["room"]) or model.current
    messages = heard.objects("messages")
    _note(model, room, f"The last {len(messages)} of {request.fields['room']}:", now)
    for message in messages:
        line = model.line_of(message, now)
        _note(model, room, line.head + line.text, line.at)


def _resume(model: Model, request: Request, heard: Heard, now: float) -> None:
    room = model.room(request.fields["room"])
    if room is not None:
        model.history(room, heard, now, resumed=True)


def _topic(model: Model, request: Request, heard: Heard, now: float) -> None:
    if "text" in request.fields:
        happen(model, heard, now)  # if it is what the room is told; else that comes, too
        return
    topic, place = heard.text("text"), request.fields["room"]
    _show(model, f"Topic of {place}: {topic}" if topic else f"{place} has no topic.", now)


def _away(model: Model, request: Request, _heard: Heard, now: float) -> None:
    model.away = request.type == "away"
    _show(model, "You are away." if model.away else "You are back.", now)


def _bans(model: Model, request: Request, heard: Heard, now: float) -> None:
    rows = [("Banned", ban) for ban in heard.objects("bans")]
    rows += [("Muted", ban) for ban in heard.objects("mutes")]
    for what, ban in rows:
        until = f" until {_day_and_time(ban)}" if ban.text("until") else ""
        why = f": {ban.text('reason')}" if ban.text("reason") else ""
        _show(model, f"{what}: {ban.text('name')}, by {ban.text('by')}{until}{why}", now)
    if not rows:
        _show(model, f"Nobody is banned from {request.fields['room']}, or muted there.", now)


def _day_and_time(ban: Heard) -> str:
    """Until when, as clocks go here; what the server said, if that is no time."""
    at = ban.at(0.0, "until")
    return f"{datetime.fromtimestamp(at):%Y-%m-%d %H:%M}" if at else ban.text("until")


def _show(model: Model, text: str, now: float) -> None:
    _note(model, model.current, text, now)


def _note(model: Model, room: Room, text: str, at: float) -> None:
    model.add(room, Line("answer", text, at))


ANSWERS: Final[dict[str, Callable[[Model, Request, Heard, float], None]]] = {
    "login": _name,
    "register": _name,
    "nick": _name,
    "join": _join,
    "leave": _leave,
    "say": _say,
    "private": _private,
    "rooms": _rooms,
    "users": _users,
    "history": _history,
    "resume": _resume,
    "topic": _topic,
    "away": _away,
    "back": _away,
    "bans": _bans,
}

DONE: Final = {
    "kick": "{name} is out of {room}.",
    "ban": "{name} is banned from {room}.",
    "unban": "{name} may come into {room} again.",
    "mute": "{name} may only read in {room}.",
    "unmute": "{name} may speak in {room} again.",
    "op": "{name} is an operator of {room}.",
    "deop": "{name} is no operator of {room} any more.",
    "lock": "The topic of {room} is locked.",
    "unlock": "The topic of {room} is not locked any more.",
}
"""What it means that these were done, to who is not in the room."""
