"""What is due when. Pure: the present is an argument, never asked of a clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

DEAD_MIN = 64  # below this many dead entries a sweep costs more than it frees


class Timer:
    """A callback that is due at `when`. Made by TimerQueue.add; `when` is read-only for others."""

    __slots__ = ("args", "callback", "entry", "queued", "when")

    def __init__(self, when: float, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.when = when
        self.callback = callback
        self.args = args
        self.queued = when  # the time its live heap entry stands under: never after `when`
        self.entry = 0  # the serial number of that entry; 0 once it ran or was cancelled

    @property
    def active(self) -> bool:
        """Still going to run?"""
        return self.entry != 0


class TimerQueue:
    """Timers in order of time, and of adding where times are equal.

    `add` and `due` cost O(log n). Moving a timer later, which an idle clock does on every
    line, costs O(1) and never grows the heap: its entry stays where it is and is put back under
    the later time when it comes up.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._serial = count(1)
        self._dead = 0

    def __len__(self) -> int:
        """How many timers are still going to run."""
        return len(self._heap) - self._dead

    def add(self, when: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Have `callback(*args)` due at `when`, in the caller's own clock."""
        timer = Timer(when, callback, args)
        self._push(timer)
        return timer

    def rearm(self, timer: Timer, when: float) -> None:
        """Move a timer, whether it is waiting, has run or was cancelled, to `when`."""
        timer.when = when
        if timer.entry and when >= timer.queued:
            return
        self.cancel(timer)
        self._push(timer)

    def cancel(self, timer: Timer) -> None:
        """Take a timer out. One that ran, or is cancelled already, is left as it is."""
        if not timer.entry:
            return
        timer.entry = 0
        self._dead += 1
        if self._dead > DEAD_MIN and self._dead * 2 > len(self._heap):
            self._heap = [item for item in self._heap if item[2].entry == item[1]]
            heapq.heapify(self._heap)
            self._dead = 0

    def next_when(self) -> float | None:
        """When the earliest timer is due; None when there is none."""
        self._tidy_top()
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> Iterator[Timer]:
        """Take out what is due at `now`, earliest first, one at a time.

        One that runs may so cancel the next. What is added meanwhile waits for the next call,
        so that a timer that re-arms itself for `now` can't hold up the loop.
        """
        if not self._heap or self._heap[0][0] > now:  # no entry stands under too late a time
            return
        last = next(self._serial)
        while (when := self.next_when()) is not None and when <= now and self._heap[0][1] < last:
            timer = heapq.heappop(self._heap)[2]
            timer.entry = 0
            yield timer

    def _push(self, timer: Timer) -> None:
        timer.queued = timer.when
        timer.entry = next(self._serial)
        heapq.heappush(self._heap, (timer.when, timer.entry, timer))

    def _tidy_top(self) -> None:
        """Drop dead entries from the top, and put postponed ones where they belong now."""
        while self._heap:
            _, entry, timer = self._heap[0]
            if entry != timer.entry:
                heapq.heappop(self._heap)
                self._dead -= 1
            elif timer.when > timer.queued:
                timer.queued = timer.when
                heapq.heapreplace(self._heap, (timer.when, entry, timer))
            else:
                return
