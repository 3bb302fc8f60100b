"""A line of the conversation, before anyone knows how wide the screen is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from chat.core.text import fold

Kind = Literal[
    "message",
    "act",
    "private",
    "notice",
    "topic",
    "moderation",
    "answer",
    "error",
    "system",
]

KINDS: Final[dict[Kind, str]] = {
    "message": "what someone says",
    "act": "what someone does: /me",
    "private": "what is said to one alone",
    "notice": "who comes, goes, is away",
    "topic": "topics",
    "moderation": "who was kicked, banned ...",
    "answer": "what a command answers",
    "error": "what went wrong",
    "system": "the server, and the connection to it",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What happened, when, and who did it. `own`: oneself. `mention`: it is about oneself."""

    kind: Kind
    text: str
    at: float  # seconds since the epoch
    who: str = ""
    own: bool = False
    mention: bool = False

    @property
    def head(self) -> str:
        """What stands in front of the text."""
        if self.kind == "private":
            return f"[to {self.who}] " if self.own else f"[from {self.who}] "
        if not self.who:
            return "* " if self.kind in {"notice", "topic", "moderation"} else ""
        return f"* {self.who} " if self.kind == "act" else f"{self.who}: "


def mentions(text: str, name: str) -> bool:
    """Whether a name stands in a text as a word of its own, in capitals or not."""
    if not name:
        return False
    return re.search(rf"(?<![\w-]){re.escape(fold(name))}(?![\w-])", fold(text)) is not None
