"""The dialect of users in this process: they ask with commands and hear events, as they are."""

from __future__ import annotations

from chat.core.commands import Command, Malformed
from chat.core.events import Event


class LocalDialect:
    """No text either way."""

    name = "local"
    arrival = None
    reads_history = False

    def parse(self, line: bytes) -> Command:  # noqa: ARG002 - the protocol of all dialects
        """Nobody sends a local user's lines: their commands are submitted."""
        return Malformed("unknown-command")

    def answer(self, event: Event, _tag: str) -> Event:
        """The same: a program in process is answered where it asks."""
        return event

    def render(self, event: Event) -> Event:
        """The event itself."""
        return event
