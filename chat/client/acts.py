"""What typed lines do, as far as it takes neither a terminal nor files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from chat.client.conversation import Conversation
from chat.client.lines import Line
from chat.client.model import Room
from chat.client.typed import (
    COMMANDS,
    PASTE_MAX,
    Act,
    Ask,
    Help,
    Nothing,
    Switch,
    Wrong,
    lines_of,
    say,
)

FILE_MAX_BYTES: Final = 262_144  # of a file to be said; PASTE_MAX lines are shorter


def act(talk: Conversation, what: Act, now: float) -> bool:
    """Do what was typed. False for what only the shell can do."""
    match what:
        case Ask():
            talk.ask(what, now)
        case Switch(name):
            switch(talk, name, now)
        case Help(about):
            for text in helping(about):
                talk.model.say(Line("answer", text, now))
        case Wrong(why):
            complain(talk, why, now)
        case Nothing():
            pass
        case _:
            return False
    return True


def complain(talk: Conversation, why: str, now: float) -> None:
    """Say what was wrong with what was typed."""
    talk.model.say(Line("error", why, now))


def switch(talk: Conversation, name: str, now: float) -> None:
    """Show another room: by its name, or by its number in the status line."""
    room = talk.model.room(name) or _numbered(talk, name)
    if room is None:
        complain(talk, f"You are not in {name}. /join it first.", now)
    else:
        talk.model.switch(room)


def _numbered(talk: Conversation, name: str) -> Room | None:
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 4 else 0
    rooms = talk.model.listed
    return rooms[number - 1] if 0 < number <= len(rooms) else None


def helping(about: str) -> list[str]:
    """All commands, or one."""
    name = "/" + about.removeprefix("/").lower()
    rows = {name: COMMANDS[name]} if about and name in COMMANDS else COMMANDS
    lines = [f"{name} {row.usage}".rstrip() + f": {row.summary}" for name, row in rows.items()]
    if rows is COMMANDS:
        lines.append("Anything else is said here; text that begins with a slash, with two: //")
    return lines


def say_lines(talk: Conversation, lines: list[str], now: float) -> None:
    """Say many lines, none of which is a command."""
    for line in lines:
        act(talk, say(line, talk.here), now)


def too_many(lines: list[str]) -> str:
    """What is wrong with so many; nothing, if there aren't."""
    return f"These are {len(lines)} lines; {PASTE_MAX} at most." if len(lines) > PASTE_MAX else ""


def read_lines(path: str) -> list[str]:
    """The lines of a text file. Raises ValueError, which says in one line why there are none."""
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
        text = data.decode()
    except (OSError, RuntimeError, ValueError) as error:  # not there, no such home, not UTF-8
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise ValueError(f"{path}: {why}") from None
    if len(data) > FILE_MAX_BYTES:
        raise ValueError(f"{path}: is larger than {FILE_MAX_BYTES} bytes")
    lines = lines_of(text)
    if not lines or too_many(lines):
        raise ValueError(f"{path}: {too_many(lines) or 'There is nothing in it.'}")
    return lines
