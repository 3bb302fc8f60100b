"""Process: one that runs on this machine, and what it takes, as Linux tells in /proc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
GONE: Final = "ZX"  # states of what has ended, and may not have been waited for


class Process:
    """Raises OSError when there is none of that number, or it is not ours to look at."""

    def __init__(self, pid: int) -> None:
        self._folder = Path("/proc") / str(pid)
        self.descriptors()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        try:
            stat = (self._folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] not in GONE

    def descriptors(self) -> int:
        """How many it has open: files, connections and whatever else."""
        return len(os.listdir(self._folder / "fd"))

    def memory_bytes(self) -> int:
        """What it holds of the machine's memory."""
        pages = (self._folder / "statm").read_text(encoding="ascii").split()[1]
        return int(pages) * PAGE_BYTES
