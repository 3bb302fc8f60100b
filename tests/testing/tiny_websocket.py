"""TinyWebSocket: JSON over WebSocket, as little of it as is right; and faults of it."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from functools import partial
from typing import Any, Final

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.testing import shared_faults as shared
from tests.testing.shared_faults import planted
from tests.testing.tiny_chat import Someone, TinyChat

HISTORY = 50
NOON = "2026-01-01T12:00:00+00:00"  # when everything is said

Object = dict[str, Any]


class TinyWebSocket(TinyChat):
    """A method for each type of object that is asked, which returns the answer. Frames are the
    library's business."""

    def __init__(self) -> None:
        super().__init__()
        self.protocols: dict[Someone, ServerProtocol] = defaultdict(ServerProtocol)
        self.rooms: dict[Someone, set[str]] = defaultdict(set)
        self.said: dict[str, deque[Object]] = defaultdict(partial(deque, maxlen=HISTORY))

    def received(self, one: Someone, data: bytes) -> None:
        protocol = self.protocols[one]
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.line(one, bytes(event.data))
        one.owed += b"".join(protocol.data_to_send())
        if protocol.close_sent:
            self.goodbye(one)

    def goodbye(self, one: Someone) -> None:
        self.ending(one)

    def write(self, one: Someone, line: str) -> None:
        protocol = self.protocols[one]
        protocol.send_text(line.encode())
        one.owed += b"".join(protocol.data_to_send())

    def send(self, one: Someone, told: Object) -> None:
        self.write(one, json.dumps(told))

    def members(self, room: str) -> list[Someone]:
        return [one for one in self.everyone if room in self.rooms[one]]

    def tell_room(self, room: str, told: Object, but: Someone) -> None:
        for one in self.members(room):
            if one is not but:
                self.send(one, told)

    def gone(self, one: Someone) -> None:
        self.tell(json.dumps({"type": "status", "from": one.name, "status": "offline"}))

    def line(self, one: Someone, data: bytes) -> None:
        one.lines += 1
        try:
            asked = json.loads(data)
            answer = getattr(self, f"on_{asked['type']}")(one, asked)
        except (AttributeError, KeyError, TypeError, ValueError):
            asked, answer = {}, {"type": "error", "code": "bad-message"}
        self.send(one, {"id": asked.get("id")} | answer)

    def on_login(self, one: Someone, asked: Object) -> Object:
        if asked["name"] in self.taken:
            return {"type": "error", "code": "username-taken"}
        one.name = asked["name"]
        self.taken.add(one.name)
        return {"type": "ok"}

    def on_join(self, one: Someone, asked: Object) -> Object:
        self.rooms[one].add(room := asked["room"])
        self.tell_room(room, {"type": "join", "room": room, "from": one.name}, but=one)
        self.send(one, {"type": "history", "room": room, "messages": list(self.said[room])})
        return {"type": "ok"}

    def on_leave(self, one: Someone, asked: Object) -> Object:
        self.rooms[one].discard(room := asked["room"])
        self.tell_room(room, {"type": "leave", "room": room, "from": one.name}, but=one)
        return {"type": "ok"}

    def on_users(self, _one: Someone, asked: Object) -> Object:
        users = [{"name": member.name} for member in self.members(asked["room"])]
        return {"type": "users", "users": users}

    def on_private(self, one: Someone, asked: Object) -> Object:
        for user in self.users:
            if user.name == asked["to"]:
                self.send(user, {"type": "private", "from": one.name, "text": asked["text"]})
        return {"type": "ok"}

    def on_say(self, one: Someone, asked: Object) -> Object:
        self.do_msg(one, f"{asked['room']} {asked['text']}")
        return {"type": "ok", "time": NOON}

    def do_msg(self, one: Someone, text: str) -> None:
        room, _, text = text.partition(" ")
        said = {"type": "message", "room": room, "from": one.name, "time": NOON, "text": text}
        self.said[room].append(said)
        self.tell_room(room, said, but=one)


class CutsOffLongMessages(TinyWebSocket):
    """In the middle: that is allowed, too."""

    def __init__(self) -> None:
        super().__init__()
        self.protocols = defaultdict(partial(ServerProtocol, max_size=shared.LINE_MAX_BYTES))


class SaysNotWhen(TinyWebSocket):
    def on_say(self, one: Someone, asked: Object) -> Object:
        super().on_say(one, asked)
        return {"type": "ok"}


class EchoesSometimes(TinyWebSocket):
    def do_msg(self, one: Someone, text: str) -> None:
        super().do_msg(one, text)
        if one.lines % 2:
            self.send(one, self.said[text.partition(" ")[0]][-1])


class LeavesTheFirstRoom(TinyWebSocket):
    def on_join(self, one: Someone, asked: Object) -> Object:
        self.rooms[one].clear()
        return super().on_join(one, asked)


class IsOneBigRoom(TinyWebSocket):
    def tell_room(self, _room: str, told: Object, but: Someone) -> None:
        self.tell(json.dumps(told), but)


class IgnoresGoodbyes(TinyWebSocket):
    def goodbye(self, one: Someone) -> None:
        self.everyone.remove(one)
        self.kept = one


class HangsUpOnGoodbyes(TinyWebSocket):
    def goodbye(self, one: Someone) -> None:
        one.owed.clear()
        self.ending(one)


class HasFiftySeats(shared.HasFewSeats, TinyWebSocket):
    seats = 50


FAULTS: Final[dict[type[TinyChat], set[str]]] = {
    SaysNotWhen: {"acknowledged"},
    EchoesSometimes: {"echo"},
    LeavesTheFirstRoom: {"several-rooms"},
    IsOneBigRoom: {"several-rooms"},
    IgnoresGoodbyes: {"goodbye"},
    HangsUpOnGoodbyes: {"goodbye"},
    HasFiftySeats: {"hundred-users"},
    planted(shared.SwapsWhatDoraSays, TinyWebSocket): {"order"},
    planted(shared.FallsOverLongLines, TinyWebSocket): {"long-message"},
    planted(shared.TellsTwice, TinyWebSocket): {"disconnect-once"},
    planted(shared.TellsNobodyOfResets, TinyWebSocket): {"disconnect-reset"},
    planted(shared.KeepsNames, TinyWebSocket): {"name-free"},
    planted(shared.WaitsForSlowReaders, TinyWebSocket): {"slow-reader"},
}
