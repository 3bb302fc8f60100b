"""Tables for people (aligned, and valid Markdown) and JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

Figures = dict[str, float]


@dataclass(frozen=True)
class Column:
    """One figure of a scenario: its key, its heading with the unit, its decimal places."""

    key: str
    heading: str
    digits: int

    def show(self, figures: Figures) -> str:
        return f"{figures[self.key]:,.{self.digits}f}"


@dataclass
class Result:
    """All rounds of one server in one case of a scenario."""

    scenario: str
    case: int
    server: str
    rounds: list[Figures] = field(default_factory=list)
    error: str | None = None
    """Why there are no figures; the first failure ends the rounds."""

    def medians(self) -> Figures:
        """The median over the rounds, for each figure by itself."""
        return {key: median(one[key] for one in self.rounds) for key in self.rounds[0]}


def table(title: str, case_heading: str, columns: Sequence[Column], results: list[Result]) -> str:
    """One scenario: a line per case and server, then the reasons for what is missing."""
    rows = [[case_heading, "server", *(column.heading for column in columns)]]
    for result in results:
        if result.error is None:
            cells = [column.show(result.medians()) for column in columns]
        else:
            cells = ["-"] * len(columns)
        rows.append([f"{result.case:,}", result.server, *cells])
    reasons = [
        f"- {result.server}, {result.case:,}: {result.error}"
        for result in results
        if result.error is not None
    ]
    parts = [f"### {title}", _aligned(rows)]
    return "\n\n".join(parts + (["\n".join(reasons)] if reasons else []))


def _aligned(rows: list[list[str]]) -> str:
    """A Markdown table; the second column is text, all others are numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = [
        "-" * width if index == 1 else "-" * (width - 1) + ":" for index, width in enumerate(widths)
    ]
    return "\n".join([lines[0], _line(rule, widths), *lines[1:]])


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [
        cell.ljust(width) if index == 1 else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def write_json(path: Path, machine: str, results: list[Result]) -> None:
    """All rounds and their medians."""
    rows = [
        asdict(result) | {"median": result.medians() if result.error is None else None}
        for result in results
    ]
    path.write_text(json.dumps({"machine": machine, "results": rows}, indent=2) + "\n")
