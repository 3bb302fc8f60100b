"""Person: someone on a server, who hears, and waits for what should come.

What a person hears is looked for by its kind, and lines of other kinds wait: so a join notice, or
what strangers say to each other, is in nobody's way. Whether something does *not* come is never
waited for: someone says something afterwards, and when that has come, it would have come, too.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chat.testing.calls import Call, CallEndedError
from chat.testing.check.rules import Broken

LINES_MAX: Final = 100_000  # that one person keeps; a server that says more than that is ill
QUOTED_MAX_CHARS: Final = 100


class Person(ABC):
    """Someone on the server, or on the way in. Nothing is waited for longer than `patience_s`."""

    def __init__(self, name: str, call: Call, patience_s: float) -> None:
        self.name = name
        self.call = call
        self.patience_s = patience_s
        self.log: list[str] = []
        """All that came, in its order."""
        self._unread: list[str] = []
        self._heard: set[tuple[str, str]] = set()  # who has said what, and it was due
        self._ends_in_cr: bool | None = None  # whether the server ends its lines in CRLF

    # --- what differs between dialects ---

    @abstractmethod
    def come_in(self) -> None:
        """Become someone who hears and is heard. Raises Broken."""

    @abstractmethod
    def line_of(self, text: str) -> str:
        """The line that says something to everyone."""

    @abstractmethod
    def hears(self, speaker: Person, text: str) -> None:
        """The next that comes of what `speaker` says to everyone has to be this. Raises Broken."""

    @abstractmethod
    def hears_gone(self, name: str) -> None:
        """It is told that someone is gone. Raises Broken."""

    # --- what doesn't ---

    def send(self, *lines: str) -> None:
        """Type lines."""
        for line in lines:
            self.call.send(line.encode())

    def say(self, text: str) -> None:
        """Say something to everyone."""
        self.send(self.line_of(text))

    def next(self, wanted: Callable[[str], bool], what: str) -> str:
        """The first line of a kind that wasn't asked for yet. Raises Broken, with `what` it is
        that never came."""
        until = time.monotonic() + self.patience_s
        looked_at = 0
        while True:
            for index in range(looked_at, len(self._unread)):
                if wanted(self._unread[index]):
                    return self._unread.pop(index)
            looked_at = len(self._unread)
            if not self._read(until):
                raise Broken(f"{what} never came to {self.name}{self._instead()}")

    def next_with(self, part: str) -> str:
        """The first line with something in it that wasn't asked for yet. Raises Broken."""
        return self.next(lambda line: part in line, f"a line with {quoted(part)}")

    def listen(self, timeout_s: float) -> bool:
        """Whether another line has come in that time; it waits for `next`. Raises Broken."""
        return self._read(time.monotonic() + timeout_s)

    def expect_said(self, speaker: Person, heard: str, wanted: str) -> None:
        """What has come of what `speaker` says is what was due. Raises Broken."""
        if heard != wanted:
            again = " again" if (speaker.name, heard) in self._heard else ""
            raise Broken(f"{self.name} heard {quoted(heard)}{again} instead of {quoted(wanted)}")
        self._heard.add((speaker.name, heard))

    def expect_end(self) -> None:
        """The server has to hang up. Raises Broken."""
        until = time.monotonic() + self.patience_s
        while not self.call.how_it_ended:
            if not self._read(until) and not self.call.how_it_ended:
                raise Broken(f"the server doesn't hang up on {self.name}")

    def heard(self, part: str) -> int:
        """In how many lines, of those that were read so far, something stands."""
        return sum(part in line for line in self.log)

    def _read(self, until: float) -> bool:
        """A line has come in time. Raises Broken for too many."""
        line = None
        if (timeout_s := until - time.monotonic()) >= 0:  # or who babbles would be heard for ever
            with suppress(CallEndedError):
                line = self.call.receive(timeout_s)
        if line is None:
            return False
        if self._ends_in_cr is None:
            self._ends_in_cr = line.endswith(b"\r")
        text = (line.removesuffix(b"\r") if self._ends_in_cr else line).decode(errors="replace")
        self.log.append(text)
        self._unread.append(text)
        if len(self.log) > LINES_MAX:
            raise Broken(f"the server sends {self.name} lines without end")
        return True

    def _instead(self) -> str:
        """What there is to say about something that never came."""
        if rest := self.call.unfinished:
            shown = quoted(rest.decode(errors="replace"))
            return f", but {shown} without the end of a {self.call.unit}"
        if self._unread:
            return f", but {quoted(self._unread[0])}"
        return f": the connection has ended ({ended})" if (ended := self.call.how_it_ended) else ""


def quoted(text: str) -> str:
    """As it can be shown: in one line, and not too long."""
    shown = repr(text)
    return shown if len(shown) <= QUOTED_MAX_CHARS else f"{shown[:QUOTED_MAX_CHARS]}…"
