"""Scrolling: which rows of a room are on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from chat.client.lines import Line
from chat.client.model import SCROLLBACK_MAX, Room
from chat.client.show import Look, fragments
from chat.client.wrap import Row, Width, wrap

WRAPPED_MAX: Final = 2 * SCROLLBACK_MAX  # lines; all that a room has, and then some that come


class Viewport:
    """Which rows of a room are on the screen: the last ones, or (`back` > 0) so many before. What
    arrives does not move what one is reading, nor does another width."""

    def __init__(self, look: Look, width: Width) -> None:
        self.back = 0
        self._look = look
        self._width = width
        self._room: Room | None = None
        self._drawn = 0, 0, 0  # last: how many lines there were, rows under them, and columns
        self._wraps: dict[Line, list[Row]] = {}  # of this room, so many columns wide

    def clear(self, room: Room) -> None:
        """Show none of what was there so far."""
        room.cleared = room.counted
        self.back = 0

    def rows(self, room: Room, below: list[Row], columns: int, height: int) -> list[Row]:
        """Exactly `height` rows; `below` stands under the lines."""
        self._follow(room, len(below), columns)
        wanted = height + self.back
        rows = list(reversed(below))
        for line in self._lines(room):
            if len(rows) >= wanted:
                break
            rows += reversed(self._wrapped(line))
        self.back = max(0, min(self.back, len(rows) - height))
        shown = rows[self.back : self.back + height]
        shown.reverse()
        return [*([[]] * (height - len(shown))), *shown]

    def _follow(self, room: Room, below: int, columns: int) -> None:
        drawn = room.counted, below, columns
        place = None
        if room is not self._room:
            self.back = 0
        elif self.back and drawn != self._drawn:
            place = self._place(room)
        if room is not self._room or columns != self._drawn[-1]:
            self._wraps.clear()
        self._room, self._drawn = room, drawn
        if place is not None:
            self.back = below + self._rows_down_to(room, *place)

    def _place(self, room: Room) -> tuple[int, int]:
        """Where the screen ended when it was drawn last: under how many of the lines that there
        are now, and above how many rows of the next one."""
        counted, below, _ = self._drawn
        new, left = room.counted - counted, max(0, self.back - below)
        for number, line in enumerate(self._lines(room)):
            if number >= new:
                height = len(self._wrapped(line))
                if left < height:
                    return number, left
                left -= height
        return len(room.lines), 0

    def _rows_down_to(self, room: Room, lines: int, rest: int) -> int:
        """How many rows so many lines take, and some of the next one, which may have fewer now."""
        heights = [len(self._wrapped(line)) for line in islice(self._lines(room), lines + 1)]
        last = [min(rest, height - 1) for height in heights[lines:]]
        return sum(heights[:lines]) + sum(last)

    def _lines(self, room: Room) -> Iterator[Line]:
        """Those that are shown, the last first."""
        shown = min(len(room.lines), room.counted - room.cleared)
        for at in range(1, shown + 1):
            yield room.lines[-at]

    def _wrapped(self, line: Line) -> list[Row]:
        """Once for each line: who reads the first of an evening has all others below."""
        if line not in self._wraps:
            if len(self._wraps) >= WRAPPED_MAX:
                self._wraps.clear()
            front, rest = fragments(line, self._look)
            self._wraps[line] = wrap(front, rest, self._drawn[-1], self._width)
        return self._wraps[line]
