"""Growth: whether a process has more, after everybody has hung up, than it had before they came."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from chat.testing.fuzzing.process import Process
from chat.testing.fuzzing.watching import Problem

DESCRIPTORS_MORE_MAX: Final = 16  # that a server may open once, and keep: a log, a store, a pool
DESCRIPTORS_S: Final = 8.0  # in which those of who has hung up must be closed
POLL_S: Final = 0.05
WARM_UP_RUNS: Final = 50  # after which all that is made once has been made
MIB: Final = 2**20


class Growth:
    """Looks at a process after each run. `memory_more_max_mib`: than it had when it was warm."""

    def __init__(self, process: Process, memory_more_max_mib: int) -> None:
        self._process = process
        self._memory_more_max = memory_more_max_mib * MIB
        self._descriptors = process.descriptors()
        self._memory = process.memory_bytes()
        self._runs = 0

    def problems(self) -> Iterator[Problem]:
        """What is wrong after another run. What was told once is not told again."""
        self._runs += 1
        if self._runs <= WARM_UP_RUNS:
            self._memory = max(self._memory, self._process.memory_bytes())
        most = self._descriptors + DESCRIPTORS_MORE_MAX
        until = time.monotonic() + DESCRIPTORS_S
        while (found := self._process.descriptors()) > most:
            if time.monotonic() > until:
                about = f"{found}, and {self._descriptors} before anybody came"
                yield Problem("descriptors", about)
                self._descriptors = found
                break
            time.sleep(POLL_S)
        memory = self._process.memory_bytes()
        if memory > self._memory + self._memory_more_max:
            about = f"{memory / MIB:.0f} MiB, and {self._memory / MIB:.0f} MiB at the beginning"
            yield Problem("memory", about)
            self._memory = memory

    def __str__(self) -> str:
        """What it is now, and was."""
        process = self._process
        return (
            f"descriptors {self._descriptors} to {process.descriptors()}, "
            f"memory {self._memory / MIB:.1f} to {process.memory_bytes() / MIB:.1f} MiB"
        )
