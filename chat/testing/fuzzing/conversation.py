"""Conversation: who does what, one thing after the other. Plain data; in a file, a line of JSON for
each, after one that says what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

FILE_MAX_BYTES: Final = 64 * 2**20  # of a conversation: far more than is ever drawn
PEOPLE_MAX: Final = 64  # each is a connection
DEEDS: Final = (
    *("type", "type torn", "flood", "send raw", "read", "stop reading", "send end", "hang up"),
    "reset",
)
"""What somebody can do. `type` is whole lines, but for the last, which may have no end; `torn`: a
little at a time; `flood`: over and over. `send raw`: as it is, where the dialect would put a line
into a frame."""


class NoConversationError(ValueError):
    """A file holds something else. The message says what is wrong, in a line."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One of DEEDS. Whoever is not there comes first."""

    who: int
    does: str
    what: bytes = b""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is done, in this order."""

    dialect: str
    deeds: tuple[Deed, ...]


def line_by_line(deed: Deed) -> list[Deed]:
    """The same, but what is typed at once is as many deeds as lines."""
    lines = deed.what.split(b"\n") if deed.does == "type" else []
    parts = [line + b"\n" for line in lines[:-1]] + lines[-1:]
    return [replace(deed, what=part) for part in parts if part] or [deed]


def write(path: Path, conversation: Conversation, **about: object) -> None:
    """Make a file of it, and of what else there is to say. Raises OSError."""
    lines: list[dict[str, Any]] = [{"dialect": conversation.dialect, **about}]
    lines += [
        {"who": deed.who, "does": deed.does}
        | ({"what": deed.what.decode(errors="surrogateescape")} if deed.what else {})
        for deed in conversation.deeds
    ]
    path.write_text("".join([json.dumps(line) + "\n" for line in lines]), encoding="ascii")


def read(path: Path) -> Conversation:
    """What `write` wrote. Raises OSError or NoConversationError."""
    with path.open("rb") as file:
        data = file.read(FILE_MAX_BYTES + 1)
    if len(data) > FILE_MAX_BYTES:
        raise NoConversationError(f"is longer than {FILE_MAX_BYTES} bytes")
    head, *rest = list(_objects(data.splitlines())) or [{}]
    dialect = head.get("dialect")
    if not isinstance(dialect, str):
        raise NoConversationError("line 1 does not say which dialect is spoken")
    return Conversation(dialect, tuple([_deed(n, given) for n, given in enumerate(rest, 2)]))


def _objects(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            given = json.loads(line)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise NoConversationError(f"line {number} is no object of JSON")
        yield given


def _deed(number: int, given: dict[str, Any]) -> Deed:
    who, does, what = given.get("who"), given.get("does"), given.get("what", "")
    if type(who) is not int or not 0 <= who < PEOPLE_MAX:
        raise NoConversationError(f"line {number}: `who` is a number from 0 to {PEOPLE_MAX - 1}")
    if does not in DEEDS:
        raise NoConversationError(f"line {number}: `does` is one of: {', '.join(DEEDS)}")
    try:
        return Deed(who, does, what.encode(errors="surrogateescape"))
    except (AttributeError, UnicodeEncodeError):
        raise NoConversationError(f"line {number}: `what` is no text of ours") from None
