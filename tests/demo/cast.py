"""The file that is recorded: asciinema's format, version 2.

https://docs.asciinema.org/manual/asciicast/v2/
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

CAST: Final = Path(__file__).with_name("chat.cast")

OUTPUT: Final = "o"
MARKER: Final = "m"


class Event(NamedTuple):
    """At `time`, in seconds: `data` reached the terminal, or the chapter of that name began."""

    time: float
    kind: str
    data: str


@dataclass(frozen=True)
class Cast:
    """A recording. What made it (a user, a machine, the date) is nobody's business."""

    width: int
    height: int
    title: str
    events: tuple[Event, ...]

    def output(self, before: float = float("inf")) -> str:
        """All that reached the terminal before a time."""
        return "".join(
            event.data for event in self.events if event.kind == OUTPUT and event.time < before
        )

    def start_of(self, chapter: str) -> float:
        """When a chapter begins. Raises KeyError if there is none of that name."""
        times = {event.data: event.time for event in self.events if event.kind == MARKER}
        return times[chapter]


def write(path: Path, cast: Cast) -> None:
    """Write a recording: the header, then one event a line."""
    header = {"version": 2, "width": cast.width, "height": cast.height, "title": cast.title}
    rows: Iterable[object] = (header, *cast.events)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def read(path: Path) -> Cast:
    """Read a recording back. Raises ValueError for what is none."""
    # Not splitlines(): it would end a line at characters that JSON leaves as they are.
    first, *rest = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    header = json.loads(first)
    if header["version"] != 2:
        raise ValueError(f"{path.name}: not version 2 of the format")
    events = tuple(Event(*json.loads(line)) for line in rest)
    return Cast(header["width"], header["height"], header["title"], events)
