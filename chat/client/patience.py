"""How long to wait for something that takes its time, but gets done."""

from __future__ import annotations


class Patience:
    """Lasts as long as what is left gets less: so many seconds from when it last did."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._least: int | None = None
        self._until = 0.0

    def lasts(self, left: int, now: float) -> bool:
        """Whether to go on waiting, with so much left. `now` is never less than it was."""
        if self._least is None or left < self._least:
            self._least, self._until = left, now + self._seconds
        return left > 0 and now < self._until
