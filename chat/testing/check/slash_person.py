"""Someone who speaks the slash dialect. What they are called is the server's business, mostly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chat.testing.calls import Call
from chat.testing.check.person import Person, quoted
from chat.testing.check.rules import Broken
from chat.testing.check.stage import Stage, Target

USERS: Final = "Current users: "


@dataclass(frozen=True)
class SlashVariety:
    """What the description leaves open."""

    asks_name: bool = False
    """The first line of a connection is a name."""
    echo: bool = False
    """Who sends a message is sent it, too."""

    def __str__(self) -> str:
        name = "asks for a name first" if self.asks_name else "names people itself"
        return f"{name}, {'echo of' if self.echo else 'no echo of'} one's own messages"


class SlashPerson(Person):
    """`/join`, and what comes of it."""

    def __init__(self, name: str, target: Target, narrow: bool) -> None:
        super().__init__(name, Call(target.address, narrow=narrow), target.patience_s)
        self.target = target
        self._came_in = False

    def come_in(self) -> None:
        users = self.join(self.target.room)
        if self.name not in users:
            listed = ", ".join(users) or "nobody"
            raise Broken(f"{self.name} has joined, and is not among the users: {listed}")

    def join(self, room: str) -> list[str]:
        """Join a room; returns who is there. Raises Broken without a welcome."""
        first, self._came_in = not self._came_in, True
        if first and self.target.variety.asks_name:
            self.send(self.name)
        self.send(f"/join {room}")
        welcome = f"Welcome to room {room}!"
        self.next(lambda line: line.endswith(welcome), quoted(welcome))
        line = self.next(lambda line: line.startswith(USERS), quoted(USERS))
        users = [name for name in line.removeprefix(USERS).split(", ") if name]
        if first and users and not self.target.variety.asks_name:
            strangers = [name for name in users if name not in self.target.present]
            self.name = (strangers or users)[-1]
        self.target.present.update(users)
        return users

    def line_of(self, text: str) -> str:
        return text

    def hears(self, speaker: Person, text: str) -> None:
        wanted = f"{speaker.name}: {text}"
        start = f"{speaker.name}: "
        heard = self.next(lambda line: f"{line} ".startswith(start), quoted(wanted))
        self.expect_said(speaker, heard, wanted)

    def hears_gone(self, name: str) -> None:
        wanted = f"{name} has disconnected."
        self.next(wanted.__eq__, quoted(wanted))


SlashStage = Stage[SlashPerson]
