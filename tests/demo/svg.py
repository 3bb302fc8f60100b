"""A screen as a picture: a terminal window, in SVG, with whatever monospaced font is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from tests.demo.screen import Cell, Screen, Style

FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
FONT_SIZE = 14
CELL_WIDTH, CELL_HEIGHT = 8.4, 19
BASELINE = 14  # from the top of a cell
MARGIN = 14
BAR_HEIGHT = 34

# Dark, but lighter than a dark page, and with a border: to be seen on either.
BACKGROUND, BAR, BORDER = "#161b22", "#21262d", "#3d444d"
TEXT, TITLE, CURSOR = "#e6edf3", "#9198a1", "#768390"
BUTTONS: Final = ("#ff5f57", "#febc2e", "#28c840")

# Lines are drawn as lines: those of a font leave gaps from one row to the next.
HORIZONTAL, VERTICAL = frozenset("─┬┴┼"), frozenset("│┬┴┼")
STARTS_BELOW = "┬"
TO_EDGE = MARGIN - 1  # how far a line goes on where the screen ends, to meet the frame
LINE_AT = 0.3  # of its cell: text begins right behind it
EMPTY: Final = Cell(" ", Style())


def draw(screen: Screen, title: str) -> str:
    """The text of an SVG file."""
    width = round(screen.width * CELL_WIDTH + 2 * MARGIN)
    height = BAR_HEIGHT + screen.height * CELL_HEIGHT + 2 * MARGIN
    size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    root = ET.Element("svg", size, xmlns="http://www.w3.org/2000/svg", role="img")
    ET.SubElement(root, "title").text = title
    _window(root, width, height, title)
    style = {"font-family": FONT, "font-size": str(FONT_SIZE), "fill": TEXT}
    place = f"translate({MARGIN} {BAR_HEIGHT + MARGIN})"
    content = ET.SubElement(root, "g", style, transform=place)
    _cursor(content, *screen.cursor)
    _lines(content, screen)
    for number, row in enumerate(screen.rows):
        _reversed(content, row, number)
        _text(content, row, number)
    ET.indent(root, " ")
    return ET.tostring(root, "unicode") + "\n"


def _window(root: ET.Element, width: int, height: int, title: str) -> None:
    """The frame, and a title bar with the three buttons that everyone knows."""
    frame = {"x": "0.5", "y": "0.5", "width": str(width - 1), "height": str(height - 1), "rx": "9"}
    ET.SubElement(root, "rect", frame, fill=BACKGROUND, stroke=BORDER)
    right, corner = width - 1, f"a8.5 8.5 0 0 1 8.5 -8.5 H{width - 9.5} a8.5 8.5 0 0 1 8.5 8.5"
    ET.SubElement(root, "path", d=f"M1 9.5 {corner} V{BAR_HEIGHT} H1 Z", fill=BAR)
    ET.SubElement(root, "path", d=f"M1 {BAR_HEIGHT + 0.5} H{right}", stroke=BORDER)
    for number, colour in enumerate(BUTTONS):
        at = {"cx": str(20 + 20 * number), "cy": str(BAR_HEIGHT // 2), "r": "6"}
        ET.SubElement(root, "circle", at, fill=colour)
    style = {"font-family": FONT, "font-size": "13", "text-anchor": "middle", "fill": TITLE}
    bar = ET.SubElement(root, "text", style, x=str(width / 2), y=str(BAR_HEIGHT // 2 + 5))
    bar.text = title


def _cursor(parent: ET.Element, column: int, row: int) -> None:
    at = {"x": _number(column * CELL_WIDTH), "y": str(row * CELL_HEIGHT)}
    size = {"width": _number(CELL_WIDTH), "height": str(CELL_HEIGHT)}
    ET.SubElement(parent, "rect", at | size, fill=CURSOR)


def _reversed(parent: ET.Element, row: tuple[Cell, ...], number: int) -> None:
    """What lies under text of the background's colour."""
    for start, end, style, _ in _runs(row, frozenset(cell.char for cell in row)):
        if style.reverse:
            at = {"x": _number(start * CELL_WIDTH), "y": str(number * CELL_HEIGHT)}
            size = {"width": _number((end - start) * CELL_WIDTH), "height": str(CELL_HEIGHT)}
            # Sharp edges: soft ones would let the background through between two of them.
            sharp = {"shape-rendering": "crispEdges"}
            ET.SubElement(parent, "rect", at | size | sharp, fill=_colour(style))


def _lines(parent: ET.Element, screen: Screen) -> None:
    """The borders of the panes: for each run of them in a row or column, one line."""
    for row, cells in enumerate(screen.rows):
        y = (row + 0.5) * CELL_HEIGHT
        for start, end, style, _ in _runs(cells, HORIZONTAL):
            left = start * CELL_WIDTH - TO_EDGE * (start == 0)
            right = end * CELL_WIDTH + TO_EDGE * (end == screen.width)
            _line(parent, f"M{_number(left)} {y:g} H{_number(right)}", style)
    for column in range(screen.width):
        cells = tuple(row[column] if column < len(row) else EMPTY for row in screen.rows)
        x = _number((column + LINE_AT) * CELL_WIDTH)
        for start, end, style, text in _runs(cells, VERTICAL):
            top = (start + 0.5 * text.startswith(STARTS_BELOW)) * CELL_HEIGHT
            bottom = end * CELL_HEIGHT + TO_EDGE * (end == screen.height)
            _line(parent, f"M{x} {top:g} V{bottom}", style)


def _line(parent: ET.Element, path: str, style: Style) -> None:
    ET.SubElement(parent, "path", d=path, stroke=_colour(style))


def _runs(cells: Iterable[Cell], wanted: frozenset[str]) -> Iterator[tuple[int, int, Style, str]]:
    """Wanted characters side by side, in one style: from where to where, and the text."""
    start = 0
    for (style, is_wanted), run in groupby(cells, lambda cell: (cell.style, cell.char in wanted)):
        text = "".join(cell.char for cell in run)
        if is_wanted:
            yield start, start + len(text), style, text
        start += len(text)


def _text(parent: ET.Element, row: tuple[Cell, ...], number: int) -> None:
    """A row's text. Whatever the font, each piece is as wide as its cells."""
    characters = frozenset(cell.char for cell in row) - HORIZONTAL - VERTICAL
    for start, _, style, run in _runs(row, characters):
        text = run.strip()
        if not text:
            continue
        column = start + len(run) - len(run.lstrip())
        element = ET.SubElement(parent, "text", {"xml:space": "preserve"})
        element.set("x", _number(column * CELL_WIDTH))
        element.set("y", str(number * CELL_HEIGHT + BASELINE))
        element.set("textLength", _number(len(text) * CELL_WIDTH))
        if style.reverse:
            element.set("fill", BACKGROUND)
        elif style.colour is not None:
            element.set("fill", _colour(style))
        if style.bold:
            element.set("font-weight", "bold")
        if style.italic:
            element.set("font-style", "italic")
        element.text = text


def _colour(style: Style) -> str:
    """Of the 256: those of the cube and of the greys. The first 16 differ between terminals."""
    number = style.colour
    if number is None:
        return TEXT
    if number < 16:
        raise ValueError(f"not drawn: colour {number}")
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    levels = (0, 95, 135, 175, 215, 255)
    red, rest = divmod(number - 16, 36)
    return "#" + "".join(f"{levels[level]:02x}" for level in (red, *divmod(rest, 6)))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
