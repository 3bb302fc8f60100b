"""How the server behaves where the original descriptions of the protocol differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Manners, not bounds (those are Limits). All off: the plainest variety of the protocol.

    Raises ValueError for a greeting that is more than one line.
    """

    greeting: str = ""
    """One line that everybody reads on connecting; empty for none."""

    echo: bool = False
    """Whether who says something in a room hears it too."""

    join_notices: bool = False
    """Whether the others are told that someone joined."""

    def __post_init__(self) -> None:
        if not self.greeting.isprintable():
            raise ValueError(f"greeting is one line of plain text, not {self.greeting!r}")
