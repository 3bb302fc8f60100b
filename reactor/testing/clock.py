"""FakeClock: time that passes when somebody says so."""

from __future__ import annotations

START_S = 1_000_000.0  # some clock's reading: not 0, which would hide who forgets to add


class FakeClock:
    """Call it for the time, in seconds; set `now` to have it pass."""

    __slots__ = ("now",)

    def __init__(self, now: float = START_S) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
