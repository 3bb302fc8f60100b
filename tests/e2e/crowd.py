"""A crowd that talks to a real server through plain sockets, and notes what each of them hears.

Every text is one of its kind: it says in which room, in which life of the server, by whom and as
which of theirs it was said.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import NamedTuple

from chat.core import LOBBY
from tests.chatting import DEADLINE_S, HOST

AT_ONCE_MAX = 12  # lines in one packet
AHEAD_MAX = 150  # messages that were sent, but not heard by anybody yet


class Text(NamedTuple):
    """What is said. Written with dots between."""

    room: str
    life: int
    speaker: str
    number: int

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> Text:
        """What `str` wrote."""
        room, life, speaker, number = text.split(".")
        return cls(room, int(life), speaker, int(number))


class Person:
    """Someone in these rooms, by the line or the slash dialect. Who speaks hears others, too."""

    def __init__(self, name: str, dialect: str, rooms: tuple[str, ...], *, speaks: bool) -> None:
        self.name = name
        self.dialect = dialect
        self.rooms = rooms
        self.speaks = speaks
        self.said = 0
        self.heard: list[Text] = []
        self._data = b""
        self._unsent = b""

    def come(self, port: int, life: int) -> None:
        """Come in, and into the rooms."""
        self.life, self.said, self._data, self._unsent = life, 0, b"", b""
        self.heard = []
        self.socket = socket.create_connection((HOST, port), timeout=DEADLINE_S)
        if self.dialect == "line":
            joins = [f"JOIN {room}" for room in self.rooms if room != LOBBY]
            self.ask(f"LOGIN {self.name}", *joins, "PING", until="PONG")
        else:
            (room,) = self.rooms
            self.ask(f"/join {room}", f"/nick {self.name}", until=f"You are now {self.name}.")

    def ask(self, *lines: str, until: str) -> list[str]:
        """All that comes up to an answer, which has to come."""
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())
        answers = [""]
        while answers[-1] != until:
            assert self.read(), f"no {until!r} after {answers}"
            answers += self._lines()
        return answers[1:-1]

    def speak(self, random: Random) -> int:
        """Say a few things at once. Returns how many; none while the last are on their way."""
        number = 0 if self._unsent else random.randint(1, AT_ONCE_MAX)
        for _ in range(number):
            self.said += 1
            text = Text(random.choice(self.rooms), self.life, self.name, self.said)
            self._unsent += f"{self._command(text)}\n".encode()
        with suppress(BlockingIOError):
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        return number

    def listen(self) -> None:
        """Note what has come."""
        for line in self._lines():
            try:
                text = Text.read(line.rpartition(" ")[2])
            except ValueError:
                continue  # a notice
            assert line == self._heard(text), line
            self.heard.append(text)

    def read(self) -> bool:
        """Read on. False at the end; a reset is one, too."""
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self._data += data
        return bool(data)

    def read_rest(self) -> None:
        """All that the server got to send. A line that it did not finish was not heard."""
        self.socket.settimeout(DEADLINE_S)
        while self.read():
            pass
        self.listen()
        self.socket.close()

    def _lines(self) -> Iterator[str]:
        *lines, self._data = self._data.split(b"\n")
        return (line.decode() for line in lines)

    def _command(self, text: Text) -> str:
        if self.dialect == "slash":
            return str(text)
        return f"MSG {text}" if text.room == LOBBY else f"SAY {text.room} {text}"

    def _heard(self, text: Text) -> str:
        if self.dialect == "slash":
            return f"{text.speaker}: {text}"
        where = "MSG" if text.room == LOBBY else f"SAID {text.room}"
        return f"{where} {text.speaker} {text}"


def talk(people: list[Person], random: Random, enough: int) -> None:
    """Until somebody has heard so much: then at once. Many lines are on their way at any time."""
    for person in people:
        person.socket.setblocking(False)
    speakers = [person for person in people if person.speaks]
    sent = most = 0
    while True:
        may_speak = sent - most < AHEAD_MAX
        if may_speak:
            sent += random.choice(speakers).speak(random)
        patience_s = 0 if may_speak else DEADLINE_S
        ready, _, _ = select.select([p.socket for p in people], [], [], patience_s)
        assert ready or may_speak, "nobody hears anything"
        for person in people:
            if person.socket in ready:
                assert person.read(), f"{person.name} was disconnected"
                person.listen()
                most = max(most, len(person.heard))
                if most >= enough:
                    return
