"""What the Tab key offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from chat.client.model import Model
from chat.client.typed import COMMANDS
from chat.core.text import fold

OFFERED_MAX: Final = 200


class Offer(NamedTuple):
    """Replace the last `length` characters by `text`; `meaning` stands beside it."""

    text: str
    length: int
    meaning: str = ""


def complete(before: str, model: Model) -> list[Offer]:
    """What could stand in front of the cursor."""
    start, _, word = before.rpartition(" ")
    command, _, arguments = before.lstrip().partition(" ")
    if not start.strip() and word.startswith("/") and not word.startswith("//"):
        rows = [(name, row.summary) for name, row in COMMANDS.items()]
        return [
            Offer(f"{name} ", len(word), summary)
            for name, summary in rows
            if name.startswith(word.lower())
        ]
    row = COMMANDS.get(command.lower())
    if row is None:
        ending = ": " if not start.strip() else " "
        return _matching(word, names(model), ending) if word else []
    usage = row.usage.split()
    place = min(arguments.count(" "), len(usage) - 1)
    kind = usage[place].strip("<>[]") if usage else ""
    if kind == "text" and not word:
        return []
    return _matching(word, CANDIDATES[kind](model), " ") if kind in CANDIDATES else []


def names(model: Model) -> list[str]:
    """Those who are here, then those elsewhere."""
    rooms = [model.current, *model.joined]
    everyone = [name for room in rooms for name in room.names] + model.people
    return [name for name in dict.fromkeys(everyone) if fold(name) != fold(model.me)]


def rooms(model: Model) -> list[str]:
    """Those that one is in, then others of which one has heard."""
    return list(dict.fromkeys([*(room.name for room in model.listed), *model.elsewhere]))


CANDIDATES: Final[dict[str, Callable[[Model], list[str]]]] = {
    "room": rooms,
    "name": names,
    "text": names,
    "reason": names,
    "command": lambda _model: list(COMMANDS),
}


def _matching(word: str, candidates: Iterable[str], ending: str) -> list[Offer]:
    start = fold(word.removeprefix("@"))
    found = [name for name in candidates if fold(name).startswith(start)]
    return [Offer(f"{name}{ending}", len(word)) for name in found[:OFFERED_MAX]]
