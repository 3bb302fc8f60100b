"""Scrolling: which rows of a room are on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chat.client.lines import Line
from chat.client.model import SCROLLBACK_MAX, Room
from chat.client.show import Look, fragments
from chat.client.wrap import Row, Width, wrap

WRAPPED_MAX: Final = 2 * SCROLLBACK_MAX  # lines; all that a room has, and then some that come


class Viewport:
    """Which rows of a room are on the screen: the last ones, or (`back` > 0) so many before. What
    arrives does not move what one is reading."""

    def __init__(self, look: Look, width: Width) -> None:
        self.back = 0
        self._look = look
        self._width = width
        self._room: Room | None = None
        self._counted = 0
        self._columns = 0
        self._wraps: dict[Line, list[Row]] = {}  # of this room, so many columns wide

    def clear(self, room: Room) -> None:
        """Show none of what was there so far."""
        room.cleared = room.counted
        self.back = 0

    def rows(self, room: Room, below: list[Row], columns: int, height: int) -> list[Row]:
        """Exactly `height` rows; `below` stands under the lines."""
        self._follow(room, columns)
        wanted = height + self.back
        rows = list(reversed(below))
        for line in self._lines(room):
            if len(rows) >= wanted:
                break
            rows += reversed(self._wrapped(line, columns))
        self.back = max(0, min(self.back, len(rows) - height))
        shown = rows[self.back : self.back + height]
        shown.reverse()
        return [*([[]] * (height - len(shown))), *shown]

    def _follow(self, room: Room, columns: int) -> None:
        if room is not self._room or columns != self._columns:
            self._wraps.clear()
            self._columns = columns
        if room is not self._room:
            self.back, self._room = 0, room
        elif self.back:
            new = room.counted - self._counted
            lines = [line for line, _ in zip(self._lines(room), range(new), strict=False)]
            self.back += sum(len(self._wrapped(line, columns)) for line in lines)
        self._counted = room.counted

    def _lines(self, room: Room) -> Iterator[Line]:
        """Those that are shown, the last first."""
        shown = min(len(room.lines), room.counted - room.cleared)
        for at in range(1, shown + 1):
            yield room.lines[-at]

    def _wrapped(self, line: Line, columns: int) -> list[Row]:
        """Once for each line: who reads the first of an evening has all others below."""
        if line not in self._wraps:
            if len(self._wraps) >= WRAPPED_MAX:
                self._wraps.clear()
            front, rest = fragments(line, self._look)
            self._wraps[line] = wrap(front, rest, columns, self._width)
        return self._wraps[line]
