"""Styled text in rows of no more than so many columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

Fragment = tuple[str, str]  # a style, and text in it
Row = list[Fragment]
Width = Callable[[str], int]  # of a character, in columns

INDENT_MIN_COLUMNS: Final = 30  # narrower screens have no room for an indent


def wrap(front: Row, rest: Row, columns: int, width: Width) -> list[Row]:
    """Rows of no more than so many columns; all but the first are as far in as `front` is wide.
    Words stay whole where they can, and a letter keeps the marks that stand on it."""
    indent = sum(width(char) for _, text in front for char in text)
    if columns < INDENT_MIN_COLUMNS or indent > columns // 2:
        front, rest, indent = [], [*front, *rest], 0
    rows: list[Row] = []
    for cells in _broken(cells_of(rest, width), max(columns - indent, 2)):
        start: Row = front if not rows else [("", " " * indent)] if indent else []
        rows.append([*start, *joined(cells)])
    return rows or [list(front)]


class Cell(NamedTuple):
    """A character with the marks on it, and how many columns it takes."""

    style: str
    text: str
    columns: int


def cells_of(row: Row, width: Width) -> list[Cell]:
    """A row, character by character."""
    cells: list[Cell] = []
    for style, text in row:
        for char in text:
            columns = width(char)
            if columns or not cells:
                cells.append(Cell(style, char, columns))
            else:
                last = cells[-1]
                cells[-1] = last._replace(text=last.text + char)
    return cells


def _broken(cells: list[Cell], columns: int) -> Iterator[list[Cell]]:
    """At the last blank that fits, or where the row is full."""
    start = 0
    while start < len(cells):
        end, used = start, 0
        while end < len(cells) and used + cells[end].columns <= columns:
            used += cells[end].columns
            end += 1
        if end == len(cells):
            yield cells[start:]
            return
        end = max(end, start + 1)
        blanks = [at for at in range(start + 1, end + 1) if cells[at].text == " "]
        if blanks:
            yield cells[start : blanks[-1]]
            start = blanks[-1] + 1
        else:
            yield cells[start:end]
            start = end


def joined(cells: list[Cell]) -> Row:
    """The row that these are."""
    row: Row = []
    for cell in cells:
        if row and row[-1][0] == cell.style:
            row[-1] = (cell.style, row[-1][1] + cell.text)
        else:
            row.append((cell.style, cell.text))
    return row
