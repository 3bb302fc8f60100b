"""Subject: what is under test; something that people can connect to, wherever it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final, Protocol

from chat.core.settings import Settings
from chat.parsing import Rate

UNHURRIED: Final[dict[str, Any]] = {"rate_limit": Rate(0, 0.0), "idle_timeout": 0.0}
"""What a server under test is set to: a machine types faster than people, and may think longer."""


class Connection(Protocol):
    """Someone's end of a connection; `Call` is one."""

    def send(self, line: bytes) -> None:
        """Send a line; it gets its end here. Raises CallEndedError when nobody takes it."""
        ...

    def receive(self, timeout_s: float) -> bytes | None:
        """The next line, without its end; None if none is due, or comes within the time. Raises
        CallEndedError when all that came has been received, and the other side has ended."""
        ...

    def close(self) -> None:
        """Hang up; more than once is once."""
        ...


class Subject(ABC):
    """What is under test. Between `begin` and `end` it holds one example."""

    prefix = ""
    """What every name begins with in this example; empty where nobody else is there."""

    @abstractmethod
    def begin(self, settings: Settings) -> Settings:
        """Start afresh, set like this if that can be; say how it is set."""

    @abstractmethod
    def connect(self) -> Connection:
        """Someone comes in. What they speak is told by their first line."""

    @abstractmethod
    def end(self) -> None:
        """Everyone has hung up. Twice is once."""
