"""Visitor: somebody on what is under test, who compares what they read with what was due."""

from __future__ import annotations

import time
from typing import Final, NoReturn

from chat.testing.calls import CallEndedError
from chat.testing.machine.model import Person
from chat.testing.machine.strangers import without_strangers
from chat.testing.machine.subjects.base import Connection

PATIENCE_S: Final = 5.0  # a server that takes so long to answer has lost the question


class Visitor:
    """Somebody: what they are to read, and what they have read since the two were compared. They
    wait for nothing longer than `patience_s`."""

    def __init__(
        self, label: str, person: Person, call: Connection, prefix: str, patience_s: float
    ) -> None:
        self.label = label
        self.person = person
        self.heard: list[str] = []
        self.call = call
        self._prefix = prefix
        self._patience_s = patience_s

    def send(self, line: str | bytes) -> None:
        """Type a line."""
        try:
            self.call.send(line if isinstance(line, bytes) else line.encode())
        except CallEndedError as ended:
            self.fail(f"was hung up on ({ended})")

    def read_until(self, line: str) -> None:
        """Read on until a line has come as often as it was due."""
        end = time.monotonic() + self._patience_s
        while self.heard.count(line) < self.person.due.count(line):
            if not self._read() or time.monotonic() > end:  # there may be no end of other lines
                self.fail(f"waits for {line!r}")

    def read_until_end(self) -> None:
        """Read on until the other side hangs up."""
        try:
            while self.call.receive(self._patience_s) is not None:
                self.fail("is told more than goodbye")
        except CallEndedError:
            return
        self.fail("has said goodbye, and is still connected")

    def compare(self) -> None:
        """What was read is what was due."""
        if self.heard != self.person.due:
            self.fail("has read something else")
        self.heard.clear()
        self.person.due.clear()

    def fail(self, what: str) -> NoReturn:
        """Raises AssertionError."""
        who = f"{self.label} ({self.person.name or 'no name yet'})"
        lines = "\n".join(["to read:", *self.person.due, "", "read:", *self.heard])
        raise AssertionError(f"{who} {what}\n{lines}")

    def hang_up(self) -> None:
        """Go."""
        self.call.close()

    def _read(self) -> bool:
        try:
            line = self.call.receive(self._patience_s)
        except CallEndedError as ended:
            self.fail(f"was hung up on ({ended})")
        if line is None:
            return False
        text = line.removesuffix(b"\r").decode(errors="backslashreplace")
        ours = without_strangers(text, self._prefix)
        if ours is not None:
            self.heard.append(ours)
        return True
