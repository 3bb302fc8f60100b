"""How the server behaves where the original descriptions of the protocol differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Manners, not bounds (those are Limits). All off: the plainest variety of the protocol."""

    greeting: str = ""
    """One line that everybody reads on connecting; empty for none."""

    echo: bool = False
    """Whether who says something in a room hears it too."""

    join_notices: bool = False
    """Whether the others are told that someone joined."""
