"""InRoom: what somebody who speaks JSON knows of a room that they are in, by its numbers.

What is said there counts up by one. Who comes in is given the latest of it; who had been there
before asks for what they missed. Whatever comes first, all of it must fit together: nothing twice
but by asking for it, and nothing missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Held(NamedTuple):
    """Up to which number somebody has it all, and of which epoch (see World)."""

    epoch: str = ""
    seq: int = 0


NOTHING = Held()


class InRoom:
    """From coming in until leaving, of one person."""

    def __init__(self) -> None:
        self.epoch = ""  # not known before there is a history
        self._first = 0  # of what was said while they were there; 0: nothing yet
        self._last = 0

    @property
    def held(self) -> Held | None:
        """What they could go on from; None: nobody has told them yet."""
        return Held(self.epoch, self._last) if self.epoch else None

    def said(self, seq: int, untold: int) -> str:
        """Something is said; of `untold` things they don't know the number. What is wrong."""
        last, self._last = self._last, seq
        if self._first and not 0 < seq - last <= 1 + untold:
            return f"was shown {seq} where {last + 1} was next"
        if not self._first:
            self._first = seq
            if self.epoch and not 0 < seq - last <= 1 + untold:
                return f"was shown {seq}, though the history ended with {last}"
        return ""

    def skipped(self, seq: int) -> int:
        """How many numbers there are between the last one and this."""
        return max(0, seq - self._last - 1) if self._last else 0

    def recalled(self, epoch: str, seqs: Sequence[int], complete: bool, untold: int) -> str:
        """The latest of it is shown. What is wrong. Where all of it is too old to be kept, nobody
        is told up to where that went."""
        if not seqs and not complete:
            return ""
        if problem := _in_a_row(seqs):
            return problem
        end = seqs[-1] if seqs else 0
        if self._first and self._first > end + 1 + untold:
            return f"was given a history up to {end}, and first heard {self._first}"
        self.epoch = epoch
        self._last = max(self._last, end)
        return ""

    def resumed(
        self, since: Held, epoch: str, seqs: Sequence[int], complete: bool, untold: int
    ) -> str:
        """What was missed is shown, or not all of it. What is wrong."""
        if complete and epoch != since.epoch:
            return f"was given all since {since}, in another epoch: {epoch}"
        if complete and seqs and seqs[0] != since.seq + 1:
            return f"was given what was said from {seqs[0]} on, having asked for all since {since}"
        if not complete and epoch == since.epoch and seqs and seqs[0] <= since.seq + 1:
            return f"was told that of {list(seqs)} something is missing, having {since}"
        if not seqs:
            seqs = [since.seq] if complete else []
        return self.recalled(epoch, seqs, complete, untold) if seqs else ""


def _in_a_row(seqs: Sequence[int]) -> str:
    if seqs and list(seqs) != list(range(seqs[0], seqs[0] + len(seqs))):
        return f"was given a history with the numbers {list(seqs)}"
    return ""
