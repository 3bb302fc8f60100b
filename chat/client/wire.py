"""The server's objects, read with distrust: of the right shape, and safe to show on a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chat.core.text import visible

DEPTH_MAX: Final = 6  # a list of messages, in an object, is 3
TIME_MAX_S: Final = 32_503_680_000  # the year 3000; every system can tell the day until then
NUMBER_MAX: Final = 2**53 - 1  # larger ones are not exact in every language


class WireError(ValueError):
    """What came is no object of the protocol: one line that says why."""


class Heard(Mapping[str, Any]):
    """An object of the server. No text in it can move a cursor, and asking for a field that is
    missing, or of another type, gives an empty one."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Any:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def text(self, name: str) -> str:
        """A text, or ""."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A whole number from 0, or 0."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return 0
        return int(value) if 0 <= value <= NUMBER_MAX else 0

    def true(self, name: str) -> bool:
        """Whether a field says true."""
        return self._fields.get(name) is True

    def objects(self, name: str) -> list[Heard]:
        """The objects of a list."""
        value = self._fields.get(name)
        items = value if isinstance(value, list) else []
        return [Heard(item) for item in items if isinstance(item, dict)]

    def at(self, otherwise: float, name: str = "time") -> float:
        """A time, in seconds since the epoch; what the caller says where there is none."""
        try:
            at = datetime.fromisoformat(self.text(name)).timestamp()
        except (ValueError, OverflowError, OSError):
            return otherwise
        return at if 0 <= at <= TIME_MAX_S else otherwise


def read(frame: str | bytes) -> Heard:
    """An object of the server. Raises WireError for what is none."""
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        raise WireError("The server sent something that is not JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise WireError("The server sent something that is no message")
    cleaned: dict[str, Any] = _clean(value, DEPTH_MAX)
    return Heard(cleaned)


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if value.isprintable() else visible(value)
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise WireError("The server sent something that is too deeply nested")
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    return {_clean(name, 0): _clean(item, depth - 1) for name, item in value.items()}


def write(fields: Mapping[str, Any]) -> str:
    """An object for the server."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
