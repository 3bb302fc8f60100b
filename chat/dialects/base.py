"""What dialects share: from bytes to text and back, by way of two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chat.core.commands import Blank, Command, Malformed
from chat.core.events import Event
from chat.core.text import visible

HISTORY_COUNT = 20  # messages, where nobody says how many: a screenful
DIGITS_MAX = 9  # of a number that someone types: there are no more messages than that

Renderer = Callable[[Any], str]


class Verb(NamedTuple):
    """How a command is written."""

    command: type[Command]
    usage: str  # of its arguments
    parse: Callable[[str], Command]  # of what stands behind the verb and its blanks


def alone(command: Callable[[], Command]) -> Callable[[str], Command]:
    """A verb without arguments; what stands behind it is nobody's business."""
    return lambda _rest: command()


def named(command: Callable[[str], Command]) -> Callable[[str], Command]:
    """A verb with one name. Two words are given on as they are: no name has a blank in it."""
    return lambda rest: command(rest.rstrip()) if rest else Malformed("missing-argument")


def room_name(word: str) -> str:
    """Rooms may be written `#so`, as on IRC."""
    return word.removeprefix("#")


def count(word: str, default: int) -> int | None:
    """A whole number from 1, or the default where there is no word; None for anything else."""
    if not word:
        return default
    return (
        int(word) if word.isascii() and word.isdecimal() and 0 < len(word) <= DIGITS_MAX else None
    )


def rfc3339(at: float) -> str:
    """Seconds since the epoch as 2026-11-21T14:03:07.125Z (RFC 3339, UTC, milliseconds)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class TextDialect:
    """A dialect of UTF-8 lines, most of which begin with a verb. Subclasses have two tables: what
    the verbs mean, in capitals, and what each event looks like (without its last line end; "" if
    there is nothing to say)."""

    name: str
    arrival: Command | None = None  # what somebody asks for by being there
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
            return self.other(text, words[0])
        return verb.parse(words[1] if len(words) > 1 else "")

    def other(self, text: str, word: str) -> Command:  # noqa: ARG002 - subclasses may use it
        """What a line asks for whose first word is no verb."""
        return Malformed("unknown-command", word)

    def render(self, event: Event) -> bytes:
        """What to send about an event."""
        text = self.renderers[type(event)](event)
        return (text + "\n").encode() if text else b""
