"""Someone who speaks JSON over WebSocket. Needs the extra `websocket`."""

from __future__ import annotations

import json
from typing import Any

from chat.testing.check.person import Person, quoted
from chat.testing.check.rules import Broken
from chat.testing.check.stage import Stage, Target
from chat.testing.websocket_calls import WebSocketCall


class WebSocketPerson(Person):
    """`login`, `join` and `say`, and what comes of them."""

    call: WebSocketCall

    def __init__(self, name: str, target: Target, narrow: bool) -> None:
        call = WebSocketCall(target.address, narrow=narrow, patience_s=target.patience_s)
        super().__init__(name, call, target.patience_s)
        self.target = target

    def come_in(self) -> None:
        for asked in ({"type": "login", "name": self.name}, {"type": "join"}):
            answer = self.ask(**({"room": self.target.room} | asked))
            if answer.get("type") != "ok":
                raise Broken(f"{asked['type']} was answered with {quoted(json.dumps(answer))}")

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Send an object; returns the one that answers it. Raises Broken without an answer."""
        number = self.target.word("id")
        self.send(json.dumps(asked | {"id": number}))
        what = f"the answer to {asked['type']}"
        return parse(self.next(lambda line: _answers(parse(line), number), what))

    def next_object(self, what: str, **fields: Any) -> dict[str, Any]:
        """The first object with these fields that wasn't asked for yet. Raises Broken, with `what`
        it is that never came."""
        return parse(self.next(lambda line: fields.items() <= _plain(line).items(), what))

    def line_of(self, text: str) -> str:
        return json.dumps({"type": "say", "room": self.target.room, "text": text})

    def hears(self, speaker: Person, text: str) -> None:
        said = {"type": "message", "room": self.target.room, "from": speaker.name}
        heard = self.next_object(f"a message {quoted(text)} from {speaker.name}", **said)
        self.expect_said(speaker, str(heard.get("text")), text)

    def hears_gone(self, name: str) -> None:
        gone = {"type": "status", "from": name, "status": "offline"}
        self.next_object(f"a status 'offline' of {name}", **gone)


def parse(line: str) -> dict[str, Any]:
    """An object; empty if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # no JSON, or too deep
        return {}
    return found if isinstance(found, dict) else {}


def _answers(came: dict[str, Any], number: str) -> bool:
    """A message has its sender's id, too."""
    return came.get("id") == number and came.get("type") != "message"


def _plain(line: str) -> dict[str, Any]:
    """The fields that can be compared: neither lists nor objects."""
    return {name: value for name, value in parse(line).items() if isinstance(value, str | int)}


WebSocketStage = Stage[WebSocketPerson]
