"""Process: one that runs on this machine, and what it takes, as Linux tells in /proc."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

OURS: Final = Path("/proc/self")
LISTENS: Final = "0A"  # a state of sockets
POLL_S: Final = 0.02
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

    def ends_within(self, seconds: float) -> bool:
        """Whether it has ended, or does in so long."""
        until = time.monotonic() + seconds
        while self.is_alive and time.monotonic() < until:
            time.sleep(POLL_S)
        return not self.is_alive

    def descriptors(self) -> int:
        """How many it has open: files, connections and whatever else."""
        return len(os.listdir(self._folder / "fd"))

    def listens(self, port: int) -> bool | None:
        """Whether it has a TCP socket that listens there; None: that can't be known."""
        try:
            networks = [(folder / "ns" / "net").readlink() for folder in (self._folder, OURS)]
            held = {_linked(link) for link in (self._folder / "fd").iterdir()}
            listening = _listening(port)
        except OSError:  # not ours to look at, or told otherwise than Linux does
            return None
        return bool(held & listening) if len(set(networks)) == 1 else None

    def memory_bytes(self) -> int:
        """What it holds of the machine's memory."""
        pages = (self._folder / "statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _linked(link: Path) -> str:
    """What a descriptor is; nothing if it was closed since it was listed."""
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


def _listening(port: int) -> set[str]:
    """The sockets that listen there, as descriptors are linked to them."""
    found = set()
    for table in ("tcp", "tcp6"):
        path = OURS / "net" / table
        rows = path.read_text(encoding="ascii").splitlines()[1:] if path.exists() else []
        for row in rows:
            _, local, _, state, _, _, _, _, _, inode, *_ = row.split()
            if state == LISTENS and int(local.rpartition(":")[2], 16) == port:
                found.add(f"socket:[{inode}]")
    return found
