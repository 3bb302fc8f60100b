"""Turn: what a turn of the loop has left to do at its end, and the doing of it."""

from __future__ import annotations

from itertools import count
from typing import Protocol

# What a line counts for beside its own bytes. However short they are, a turn is to end before
# there are too many: who leaves is handed all of them, and when all leave at once, that adds up.
LINE_BYTES = 256


class Peer(Protocol):
    """A connection, as the end of a turn sees it."""

    def flush(self) -> None:
        """Send what is due, as far as the socket takes it."""
        ...

    def destroy(self) -> None:
        """Close, and tell the handler."""
        ...


class Speaker(Protocol):
    """A group, as the end of a turn sees it."""

    def flush(self, *, alone: bool) -> None:
        """Send what was said to every member. `alone`: no other group spoke this turn."""
        ...

    def end_turn(self) -> None:
        """Forget what was said."""
        ...


class Turn:
    """Connections, listeners and groups put down here what they need; the loop has it done."""

    def __init__(self) -> None:
        self.flushing: list[Peer] = []
        """Have output, or wait to be closed when they have none."""
        self.doomed: list[Peer] = []
        """Are to be closed at the end of the turn."""
        self.spoken: list[Speaker] = []
        """Groups that have said something, in the order in which they began."""
        self.speaking: Speaker | None = None
        """The one of them that spoke last."""
        self.expecting = False
        """Something will be said in `before_flush`, which has not begun since that was known."""
        self.owed_bytes = 0
        """What groups said, or are expected to say: to be sent to each member."""
        self._runs = count(1)

    @property
    def is_over(self) -> bool:
        """Nothing is left to do."""
        return not (self.spoken or self.expecting or self.flushing or self.doomed)

    @property
    def has_spoken(self) -> bool:
        """A group has said something, or is expected to: there will be a `send` to each member."""
        return bool(self.spoken) or self.expecting

    def expect(self, size: int) -> None:
        """A line of about `size` bytes will be said in `before_flush`, once what it tells of is
        safe. The turn goes on and ends as if it had been said already.

        In `before_flush` itself: in the next one, which comes before the turn is over.
        """
        self.expecting = True
        self.owed_bytes += size + LINE_BYTES

    def next_run(self, group: Speaker, *, is_first: bool) -> int:
        """`group` takes the word, for the first time in this turn or again; returns a number that
        grows with every change of speaker."""
        if is_first:
            self.spoken.append(group)
        self.speaking = group
        return next(self._runs)

    def flush(self) -> None:
        """Groups first: what they owe to those with output of their own goes behind that."""
        spoken, self.spoken = self.spoken, []
        for group in spoken:
            group.flush(alone=len(spoken) == 1)
        flushing, self.flushing = self.flushing, []
        for connection in flushing:
            connection.flush()
        for group in spoken:
            group.end_turn()
        self.speaking = None
        self.owed_bytes = 0

    def reap(self) -> None:
        """Close who is to be closed. Their handlers may have something to say about it."""
        doomed, self.doomed = self.doomed, []
        for connection in doomed:
            connection.destroy()
