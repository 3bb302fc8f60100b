"""What the tests of the store share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from chat.core.events import Said

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 20.0


def said(seq: int, text: str = "hi", room: str = "Lobby", at: float = 1e9) -> Said:
    """What somebody said, as the store gives it back."""
    return Said(0, "Ann", room, seq, at, text)


def keyed(*messages: Said) -> list[tuple[str, Said]]:
    """Messages as the store wants them."""
    return [(message.room.lower(), message) for message in messages]


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own, which has the project and these arguments."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
