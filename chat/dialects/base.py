"""What dialects share: from bytes to text and back, by way of two tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from chat.core.commands import Blank, Command, Enrol, Malformed
from chat.core.events import CommandsListed, Deed, Event, Expelled, Moderated, StatusChanged
from chat.core.records import Ban
from chat.core.text import visible

HISTORY_COUNT = 20  # messages, where nobody says how many: a screenful
DIGITS_MAX = 9  # of a number that someone types: there are no more messages than that

MISTYPED_TIME = re.compile("[0-9]+(?!st)[smhdwy][0-9a-z]*", re.IGNORECASE)
"""1w, 10min, 1h30m, 0s; but not 1st, 2nd or 3x, as a reason may begin."""

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


def needing(words: int, parse: Callable[[str], Command]) -> Callable[[str], Command]:
    """A verb with so many arguments at least."""

    def checked(rest: str) -> Command:
        enough = len(rest.split(None, words - 1)) >= words
        return parse(rest) if enough else Malformed("missing-argument")

    return checked


def enrol(rest: str) -> Command:
    """A name and a password. Inside a password, blanks are kept."""
    name, password = rest.split(None, 1)
    return Enrol(name, password.rstrip())


def room_name(word: str) -> str:
    """Rooms may be written `#so`, as on IRC. `#` alone names none, not even the current one."""
    return word.removeprefix("#") or word


def of_room(command: Callable[[str], Command]) -> Callable[[str], Command]:
    """A verb with a room."""
    return named(lambda room: command(room_name(room)))


def of_member(command: Callable[[str, str], Command]) -> Callable[[str], Command]:
    """A verb with a room and a name."""

    def parse(rest: str) -> Command:
        room, name = rest.split(None, 1)
        return command(room_name(room), name.rstrip())

    return needing(2, parse)


def command_lines(
    event: CommandsListed, verbs: Mapping[str, Verb], shown: Callable[[str], str]
) -> list[str]:
    """How each verb is written, and what it does."""
    summaries = dict(event.summaries)
    return [
        f"{shown(verb)} {row.usage}".rstrip() + f": {summaries[row.command]}"
        for verb, row in verbs.items()
    ]


def count(word: str, default: int) -> int | None:
    """A whole number from 1, or the default where there is no word; None for anything else."""
    if not word:
        return default
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= DIGITS_MAX else None


def seconds(word: str) -> float | None:
    """A length of time, such as 90s, 10m, 2h or 7d; None for what is none."""
    number = count(word[:-1], 0)
    return number * float(_UNITS[word[-1]]) if number and word[-1] in _UNITS else None


def sanction(rest: str) -> tuple[str, float, str]:
    """Of a kick or ban: for whom, for how many seconds (0: for good), and why."""
    name, *words = rest.split()
    span = seconds(words[0]) if words else None
    if span is None and words and MISTYPED_TIME.fullmatch(words[0]):
        span = -1.0  # which is refused: it must not come to mean "for good"
    return name, span or 0.0, " ".join(words[span is not None :])


def duration(seconds: float) -> str:
    """` for 10m`, as `seconds` reads it; nothing where there is no end."""
    if not seconds:
        return ""
    for unit, size in reversed(_UNITS.items()):
        if seconds % size == 0:
            return f" for {seconds / size:.0f}{unit}"
    return f" for {seconds:g}s"


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def until(ban: Ban) -> str:
    """` until ...`, where there is an end."""
    return f" until {rfc3339(ban.until)}" if ban.until else ""


def moderated(event: Moderated) -> str:
    """What was done in a room, as a sentence without an end."""
    what = _DEEDS[event.deed].format(event.name, room=event.room, by=event.by)
    return what + duration(event.seconds) + (f": {event.reason}" if event.reason else "")


_DEEDS: dict[Deed, str] = {
    "kicked": "{} was kicked from {room} by {by}",
    "banned": "{} was banned from {room} by {by}",
    "unbanned": "{} may come into {room} again, says {by}",
    "muted": "{} was muted in {room} by {by}",
    "unmuted": "{} may speak in {room} again, says {by}",
    "made operator": "{} was made an operator of {room} by {by}",
    "made no operator": "{} is no operator of {room} any more, says {by}",
    "locked": "{by} has locked the topic of {room}",
    "unlocked": "{by} has unlocked the topic of {room}",
}


def status(event: StatusChanged, form: str) -> str:
    """Who is away, or there again; nothing about who only looks like it."""
    if event.idle:
        return ""
    why = f": {event.text}" if event.text else ""
    return form.format(f"{event.name} is away{why}" if event.away else f"{event.name} is back")


def expelled(event: Expelled) -> str:
    """What someone is told who has to go."""
    what = "you are banned from this server" if event.banned else "you were disconnected"
    return f"{what}: {event.reason}" if event.reason else what


def rfc3339(at: float) -> str:
    """Seconds since the epoch as 2026-11-21T14:03:07.125Z (RFC 3339, UTC, milliseconds)."""
    return _written(int(at * 1e3 + 5e-4))  # half a microsecond: what a float is short of


@lru_cache(maxsize=1)  # for all that is said in the same millisecond: 0.3 us a time, not 0.9
def _written(millisecond: int) -> str:
    second, rest = divmod(millisecond, 1000)
    return f"{_date_and_time(second)}.{rest:03}Z"


@lru_cache(maxsize=1)  # and in the same second: not 2.3
def _date_and_time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:-6]


def first_word(line: bytes) -> bytes:
    """The verb, where a TextDialect ends it: at any blank that there is, and not at ASCII's alone.
    Empty if there is none."""
    words = visible(line.decode(errors="replace")).split(None, 1)
    return words[0].encode() if words else b""


class TextDialect:
    """A dialect of UTF-8 lines, most of which begin with a verb. Subclasses have two tables: what
    the verbs mean, in capitals, and what each event looks like (without its last line end; "" if
    there is nothing to say)."""

    name: str
    arrival: Command | None = None  # what somebody asks for by being there
    reads_history = False
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
        """What to send about an event; nothing about one that it has no words for."""
        renderer = self.renderers.get(type(event))
        text = renderer(event) if renderer is not None else ""
        return (text + "\n").encode() if text else b""

    def answer(self, event: Event, _tag: str) -> bytes:
        """The same: nobody tags what they type."""
        return self.render(event)
