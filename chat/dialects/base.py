"""What dialects share: from bytes to text and back, by way of two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chat.core.commands import Command, Malformed
from chat.core.events import Event
from chat.core.text import visible

Renderer = Callable[[Any], str]


class TextDialect:
    """A dialect of UTF-8 lines. Subclasses say what a line of text means, and have a table of
    what each event looks like: without its last line end; "" where there is nothing to say."""

    name: str
    renderers: Mapping[type[Event], Renderer]

    def parse(self, line: bytes) -> Command:
        """What a line asks for; Malformed if nobody could say."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return Malformed("invalid-utf-8")
        return self.parse_text(text if text.isprintable() else visible(text))

    def parse_text(self, text: str) -> Command:
        """What a line of text without control characters asks for."""
        raise NotImplementedError

    def render(self, event: Event) -> bytes:
        """What to send about an event."""
        text = self.renderers[type(event)](event)
        return (text + "\n").encode() if text else b""
