"""A server of paper: says what a test has it say, and reads what the client sends."""

from __future__ import annotations

import json
from typing import Any

from chat.client.conversation import Conversation
from chat.client.lines import Line
from chat.client.model import Model, Room
from chat.client.typed import Ask, parse

NOW = 1_795_269_787.125
TIME = "2026-11-21T14:03:07.125Z"


class Paper:
    """A conversation, and the other side of it."""

    def __init__(self, *rooms: str, name: str = "ann") -> None:
        self.told: list[tuple[str, str]] = []
        self.model = Model(self._tell)
        self.talk = Conversation(self.model, name, rooms or ("tea",), "x")
        self.now = NOW

    def _tell(self, room: Room, line: Line) -> None:
        self.told.append((room.name, line.head + line.text))

    # --- the server's side --------------------------------------------------------------------

    def hear(self, **fields: Any) -> None:
        """The server says something; `sender` stands for `from`."""
        if "sender" in fields:
            fields["from"] = fields.pop("sender")
        self.talk.received(json.dumps(fields), self.now)

    def sent(self) -> list[dict[str, Any]]:
        """What the client sends now."""
        return [json.loads(frame) for frame in self.talk.frames()]

    def only(self, kind: str) -> dict[str, Any]:
        """The one thing that it sends now."""
        (fields,) = self.sent()
        assert fields["type"] == kind, fields
        return fields

    def open(self, epoch: str = "e1") -> None:
        """A connection, as far as the welcome."""
        self.talk.opened(self.now)
        assert self.sent() == []
        limits = {"text_max_chars": 8192}
        self.hear(type="welcome", server="s", version="1", epoch=epoch, limits=limits)

    def log_in(self, epoch: str = "e1") -> None:
        """A connection, and a name."""
        self.open(epoch)
        login = self.only("login")
        self.hear(type="ok", id=login["id"], name=login["name"])

    def enter(self, *messages: dict[str, Any], epoch: str = "e1") -> None:
        """A connection, a name, and the rooms, for the first time."""
        self.log_in(epoch)
        for join in self.sent():
            assert join["type"] == "join"
            self.let_in(join, *messages, epoch=epoch)
        assert self.talk.state == "ready"

    def let_in(self, join: dict[str, Any], *messages: Any, epoch: str = "e1") -> None:
        """Answer a `join`."""
        users = [{"name": name, "status": "active"} for name in ("ann", "bob")]
        self.hear(type="ok", id=join["id"], room=join["room"], topic="", users=users)
        self.hear(
            type="history", room=join["room"], epoch=epoch, complete=True, messages=list(messages)
        )

    # --- the person's side --------------------------------------------------------------------

    def type(self, line: str) -> None:
        """Something for the server is typed."""
        act = parse(line, self.talk.here)
        assert isinstance(act, Ask), act
        self.talk.ask(act, self.now)

    def shown(self, name: str = "tea") -> list[str]:
        """The lines of a room."""
        return [line.head + line.text for line in self.model.rooms[name].lines]


def message(seq: int, text: str, sender: str = "bob", **more: Any) -> dict[str, Any]:
    """Something said in tea."""
    said = {"type": "message", "room": "tea", "seq": seq, "time": TIME, "text": text}
    return {**said, "from": sender, **more}
