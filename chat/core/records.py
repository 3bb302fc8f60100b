"""What outlives the server, where it has a store: accounts, rooms' charters, and bans.

All of it is values: a change replaces one by another, which is saved before it is true.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import field, fields
from typing import Any, Final, Literal, TypeVar

from chat.core.value import value

Kind = Literal["account", "ban", "charter"]

YEAR_10000: Final = 253_402_300_800.0
"""In seconds since the epoch: no calendar of ours goes as far."""


@value
class Account:
    """A name that belongs to whoever knows its password (of which there is only the hash)."""

    name: str
    password: str = field(repr=False)
    at: float = 0.0


@value
class Ban:
    """Someone who may not come in, or may not speak, and who said so. `until` is in seconds
    since the epoch; 0: for good."""

    name: str
    by: str
    reason: str = ""
    until: float = 0.0

    def holds(self, now: float) -> bool:
        """Whether it has not run out."""
        return not self.until or now < self.until


@value
class Charter:
    """What has been settled about a room. `owner` and `operators` are accounts, by their folded
    names, as are the names in front of bans and mutes.

    With an owner, or once something has been settled about the lobby, it is saved.
    """

    name: str
    owner: str = ""
    topic: str = ""
    locked: bool = False
    operators: tuple[str, ...] = ()
    bans: tuple[tuple[str, Ban], ...] = ()
    mutes: tuple[tuple[str, Ban], ...] = ()


Content = Account | Ban | Charter

C = TypeVar("C", Account, Ban, Charter)


@value
class Record:
    """What is now true of `key`; None: nothing any more."""

    kind: Kind
    key: str
    content: Content | None


def encode(record: Record) -> tuple[str, str, str | None]:
    """Kind, key and content, the latter as one line of JSON; None for what is to be deleted."""
    content = record.content
    return record.kind, record.key, _written(content) if content is not None else None


def _fields(content: Content) -> dict[str, Any]:
    return {each.name: getattr(content, each.name) for each in fields(content)}


# A charter is saved whole with each topic. To copy it first, as `asdict` does, takes 2.6 ms where
# there are 400 bans, and this 0.9.
_written: Final = json.JSONEncoder(
    check_circular=False, separators=(",", ":"), default=_fields
).encode


def decode(kind: str, key: str, text: str) -> Record:
    """What `encode` made. Raises ValueError for anything else."""
    try:
        return _DECODE[kind](key, json.loads(text))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"no such {kind!r} as {key!r} can be: {error}") from error


def _account(key: str, content: dict[str, Any]) -> Record:
    return Record("account", key, _checked(Account(**content)))


def _ban(key: str, content: dict[str, Any]) -> Record:
    return Record("ban", key, _checked(Ban(**content)))


def _charter(key: str, content: dict[str, Any]) -> Record:
    content["operators"] = tuple([_text(name) for name in _list(content["operators"])])
    for listed in ("bans", "mutes"):
        pairs = [(_text(name), _checked(Ban(**ban))) for name, ban in _list(content[listed])]
        content[listed] = tuple(pairs)
    return Record("charter", key, _checked(Charter(**content)))


_DECODE: Final = {"account": _account, "ban": _ban, "charter": _charter}


def _checked(content: C) -> C:
    """The same. Raises TypeError or ValueError for a field that is not what it should be."""
    for each in fields(content):
        value = getattr(content, each.name)
        if not isinstance(value, tuple):  # JSON has none: it was looked at when it was made
            _CHECKS.get(each.name, _text)(value)
    return content


def _text(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError("something is no text")  # what it is may be a secret
    text.encode()  # half a character could be shown to nobody
    return text


def _list(items: object) -> list[Any]:
    if not isinstance(items, list):
        raise TypeError("something is no list")
    return items


def _time(at: object) -> None:
    if type(at) not in (int, float) or not 0 <= at < YEAR_10000:  # type: ignore[operator]
        raise ValueError("something is no time")


def _truth(answer: object) -> None:
    if not isinstance(answer, bool):
        raise TypeError("something is neither true nor false")


_CHECKS: Final[dict[str, Callable[[object], object]]] = {
    "at": _time,
    "until": _time,
    "locked": _truth,
}
"""By the name of a field; any other is a text."""
