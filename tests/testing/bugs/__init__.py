"""Bugs as people make them: each an edit of the source that stands exactly once in its file."""

from __future__ import annotations

from typing import Final

from tests.testing.bugs import core, dialects, framing, reactor, shell, websocket
from tests.testing.bugs.bug import Bug

BUGS: Final[tuple[Bug, ...]] = (
    *framing.BUGS,
    *reactor.BUGS,
    *shell.BUGS,
    *core.BUGS,
    *dialects.BUGS,
    *websocket.BUGS,
)
