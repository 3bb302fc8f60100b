"""A moment of a recording as the cells of a terminal. The terminal is tmux: it knows how."""

from __future__ import annotations

import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from tests.demo.cast import Cast
from tests.demo.tmux import Tmux, wait_until

PLAYED: Final = "played"
SET_TITLE: Final = f"\x1b]2;{PLAYED}\x07"
STYLE: Final = re.compile(r"\x1b\[([\d;]*)m")
ATTRIBUTES: Final = {1: "bold", 3: "italic", 7: "reverse"}


class Style(NamedTuple):
    """How a cell looks; the colour is one of the 256, None the terminal's own."""

    colour: int | None = None
    bold: bool = False
    italic: bool = False
    reverse: bool = False


class Cell(NamedTuple):
    """One character on the screen."""

    char: str
    style: Style


@dataclass(frozen=True)
class Screen:
    """Rows of cells, without those that are empty to the right; and where the cursor stands."""

    width: int
    height: int
    rows: tuple[tuple[Cell, ...], ...]
    cursor: tuple[int, int]  # column, row


def screen_at(cast: Cast, time: float) -> Screen:
    """What the recording shows just before a time. Raises DemoError if tmux is no help."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        # The title comes last: when it is there, all the rest has been painted.
        file.write(cast.output(before=time) + SET_TITLE)
        file.flush()
        play = f"stty -opost -echo; cat {shlex.quote(file.name)}; exec cat"
        with Tmux(cast.width, cast.height, play) as tmux:
            wait_until(lambda: tmux.ask(":", "#{pane_title}") == PLAYED, "the end of the recording")
            shown = tmux.run("capture-pane", "-e", "-p")
            column, row = tmux.ask(":", "#{cursor_x} #{cursor_y}").split()
    rows = tuple(rows_of(shown))
    return Screen(cast.width, cast.height, rows, (int(column), int(row)))


def rows_of(shown: str) -> Iterator[tuple[Cell, ...]]:
    """What tmux captured: text with styles in between, which go on from one line to the next."""
    style = Style()
    for line in shown.removesuffix("\n").split("\n"):
        cells: list[Cell] = []
        # Split at a pattern with a group, every second piece is what the group matched.
        for number, piece in enumerate(STYLE.split(line)):
            if number % 2:
                style = _change(style, piece)
            else:
                cells += [Cell(char, style) for char in piece]
        yield tuple(cells)


def _change(style: Style, codes: str) -> Style:
    """Only what tmux is told to use: raises ValueError for a style that nobody could draw here."""
    rest = [int(code or 0) for code in codes.split(";")]
    while rest:
        code = rest.pop(0)
        if code == 0:
            style = Style()
        elif code in ATTRIBUTES:
            style = style._replace(**{ATTRIBUTES[code]: True})
        elif code == 39:
            style = style._replace(colour=None)
        elif code == 38 and rest[:1] == [5]:
            style = style._replace(colour=rest[1])
            del rest[:2]
        elif code != 49:  # the background is always the terminal's own
            raise ValueError(f"not drawn: style {codes}")
    return style
