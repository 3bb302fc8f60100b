"""What dialects share: from bytes to text and back, by way of two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chat.core.commands import Blank, Command, Malformed
from chat.core.events import Event
from chat.core.text import visible

Renderer = Callable[[Any], str]


class Verb(NamedTuple):
    """How a command is written."""

    command: type[Command]
    usage: str  # of its arguments
    parse: Callable[[str], Command]  # of what stands behind the verb and its blanks


class TextDialect:
    """A dialect of UTF-8 lines, most of which begin with a verb. Subclasses have two tables: what
    the verbs mean, in capitals, and what each event looks like (without its last line end; "" if
    there is nothing to say)."""

    name: str
    verbs: Mapping[str, Verb]
    renderers: Mapping[type[Event], Renderer]

    def parse(self, line: bytes) -> Command:
        """What a line asks for; Malformed if nobody could say."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return Malformed("invalid-utf-8")
        if not text.isprintable():
            text = visible(text)
        words = text.split(None, 1)
        if not words:
            return Blank()
        verb = self.verbs.get(words[0]) or self.verbs.get(words[0].upper())
        if verb is None:
            return Malformed("unknown-command", words[0])
        return verb.parse(words[1] if len(words) > 1 else "")

    def render(self, event: Event) -> bytes:
        """What to send about an event."""
        text = self.renderers[type(event)](event)
        return (text + "\n").encode() if text else b""
