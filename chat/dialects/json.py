"""The JSON dialect: one object a message, for programs; over WebSocket, a text frame each. Seed 4.

What a client asks has a `type` and, if it likes, an `id`, which the answer carries. `schema.json`
beside this file says what the objects look like, and the tests hold every one to it.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

from chat.core import commands, events
from chat.core.commands import Command, Malformed, Tagged
from chat.core.text import is_tag
from chat.dialects.base import rfc3339
from chat.dialects.json_asked import TYPES, Fields, Missing, Object
from chat.dialects.json_told import RENDERERS, encoded, message_line


class JsonDialect:
    """One object serves all connections: it has no state."""

    name = "json"
    arrival: Command | None = commands.Hello()
    reads_history = True

    def parse(self, line: bytes) -> Command | Tagged:
        """What an object asks for."""
        try:
            given = _decoded(line.decode())
        except (ValueError, RecursionError):  # no UTF-8, no JSON, or too deep
            return Malformed("bad-message")
        if not isinstance(given, dict):
            return Malformed("bad-message")
        if "id" not in given:
            return self._command(given)
        tag = given["id"]
        if not isinstance(tag, str) or not tag or not is_tag(tag):
            return Malformed("bad-message", "id")
        return Tagged(self._command(given), tag)

    def _command(self, given: Object) -> Command:
        kind = given.get("type")
        if not isinstance(kind, str):
            return Malformed("bad-message", "type")
        if kind not in TYPES:
            return Malformed("unknown-command", kind)
        try:
            return TYPES[kind][1](Fields(given))
        except Missing as missing:
            return Malformed("bad-message", str(missing))

    def render(self, event: events.Event) -> bytes:
        """One object, and a line end behind it; nothing about what needs no words."""
        if type(event) is events.Said:
            return message_line(event)
        renderer = RENDERERS.get(type(event))
        return encoded(renderer(event)) if renderer is not None else b""

    def answer(self, event: events.Event, tag: str) -> bytes:
        """The same, with the `id`. That something was said is answered with its number alone."""
        if type(event) is events.Said:
            at = rfc3339(event.at)
            answer = {"type": "ok", "room": event.room, "seq": event.seq, "time": at}
        else:
            answer = RENDERERS.get(type(event), RENDERERS[events.Done])(event)
        return encoded({"type": answer["type"], "id": tag} | answer)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decoder: Final = json.JSONDecoder(parse_constant=_refuse)


def _decoded(text: str) -> object:
    """What `_decoder.decode(text)` is; that takes 0.7 us more to look for the blanks."""
    text = text.strip(" \t\n\r")
    value, end = _decoder.raw_decode(text)
    if end != len(text):
        raise ValueError("there is more than one value")
    return value
