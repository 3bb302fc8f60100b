"""How the model looks: rows of styled text, as wide as the screen is."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from zlib import crc32

from chat.client.conversation import Conversation
from chat.client.lines import Line
from chat.client.model import HOME, Model, Room
from chat.client.wrap import Cell, Row, Width, cells_of, joined, wrap
from chat.core.text import fold

USER_STYLES: Final = 12

STATES: Final = {
    "away": "offline",
    "greeting": "connecting",
    "entering": "connecting",
    "asking": "no name",
    "ready": "online",
}


class Look(NamedTuple):
    """What a person may choose about it."""

    time_format: str = "%H:%M"


def user_style(name: str) -> str:
    """Everyone has a colour, the same at every screen."""
    return f"class:user{crc32(fold(name).encode()) % USER_STYLES}"


def fragments(line: Line, look: Look) -> tuple[Row, Row]:
    """A line as what stands in front, and the rest."""
    stamp = datetime.fromtimestamp(line.at).strftime(look.time_format)
    front = [("class:time", f"{stamp} ")] if stamp else []
    style = "class:mention" if line.mention else f"class:{line.kind}"
    if not line.who:
        return front, [(style, line.head + line.text)]
    who = "class:own" if line.own and line.kind != "private" else user_style(line.who)
    return front, [(who, line.head), (style, line.text)]


def pending_rows(conversation: Conversation, room: Room, columns: int, width: Width) -> list[Row]:
    """One's own words that are on their way."""
    rows: list[Row] = []
    for request in conversation.pending(room):
        head = f"* {conversation.name} " if request.fields.get("act") else f"{conversation.name}: "
        text = [("class:pending", f"{head}{request.fields['text']}")]
        rows += wrap([("class:pending", "... ")], text, columns, width)
    return rows


# --- the status line --------------------------------------------------------------------------


def status(conversation: Conversation, columns: int, width: Width, *, more: bool = False) -> Row:
    """The connection, oneself, the room, whether there is more of it below, how long an answer
    takes, and what waits elsewhere."""
    model = conversation.model
    state = STATES[conversation.state]
    retry = "" if conversation.retry_s is None else f"{conversation.retry_s:.0f}s "
    parts: Row = [(f"class:status.{state.replace(' ', '')}", f" {state} {retry}")]
    parts.append(("class:status", f" {conversation.name}{' (away)' if model.away else ''} "))
    parts.append(("class:status.room", _place(model.current) + (" ↓ more" if more else "")))
    unsent = conversation.unsent if conversation.state != "ready" else 0
    if unsent:
        parts.append(("class:status.unread", f" {unsent} waiting"))
    parts += _elsewhere(model)
    if conversation.latency_s is not None:
        parts.insert(3, ("class:status", f" {conversation.latency_s * 1000:.0f}ms"))
    return _cut(parts, columns, width)


def _place(room: Room) -> str:
    if room.name == HOME:
        return "no room"
    return f"{room.name} ({len(room.members)})" if room.joined else f"{room.name} (out)"


def _elsewhere(model: Model) -> Row:
    row: Row = []
    for number, room in enumerate(model.listed, start=1):
        if room is model.current:
            continue
        style = "class:status.mention" if room.mentioned else "class:status.unread"
        unread = f"({room.unread}{'!' if room.mentioned else ''})" if room.unread else ""
        row.append((style if room.unread else "class:status", f" {number}:{room.name}{unread}"))
    row.sort(key=lambda fragment: fragment[0] == "class:status")  # those with something new first
    return row


def _cut(row: Row, columns: int, width: Width) -> Row:
    """A row of exactly so many columns."""
    cells = cells_of(row, width)
    used = sum(cell.columns for cell in cells)
    if used > columns:
        while cells and used > columns - 1:
            used -= cells.pop().columns
        cells.append(Cell("class:status", "…", 1))
        used += 1
    return [*joined(cells), ("class:status", " " * (columns - used))]
