"""What the core asks of a dialect. The dialects themselves are in `chat/dialects/`."""

from __future__ import annotations

from typing import Any, Protocol

from chat.core.commands import Command, Tagged
from chat.core.events import Event

Rendered = Any
"""What a dialect made of an event: bytes, for every dialect that goes over a wire."""


class Dialect(Protocol):
    """Wire text to commands, events to wire text; neither knows anything of the chat's state."""

    @property
    def name(self) -> str:
        """As in `--listen NAME:ADDRESS`."""
        ...

    @property
    def arrival(self) -> Command | None:
        """What somebody asks for by being there, if anything."""
        ...

    @property
    def reads_history(self) -> bool:
        """Whether somebody who has joined a room is shown what was said there, unasked."""
        ...

    def parse(self, line: bytes) -> Command | Tagged:
        """What a line asks for. Never raises: what can't be understood is Malformed."""
        ...

    def render(self, event: Event) -> Rendered:
        """What to send about an event."""
        ...

    def answer(self, event: Event, tag: str) -> Rendered:
        """The same, to who asked for it with a Tagged command."""
        ...
