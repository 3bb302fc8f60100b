"""What Linux says about a process and this machine, and where processes may run."""

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Descriptors that a server or the load generator has beside its clients' sockets.
SPARE_FILES = 64


@dataclass(frozen=True)
class Cores:
    """The core of the server and the core of the load generator; None: not pinned."""

    server: int | None = None
    load: int | None = None

    def __str__(self) -> str:
        if self.server is None:
            return "nothing is pinned"
        return f"server on core {self.server}, load generator on core {self.load}"


def choose_cores() -> Cores:
    """The first two cores that this process may use, if there are two and it may choose."""
    if not hasattr(os, "sched_setaffinity"):
        return Cores()
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], allowed[1]) if len(allowed) > 1 else Cores()


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Run this thread, and what it starts meanwhile, on `core` alone (None: anywhere)."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process so far, in steps of 0.01 s."""
    # The name in parentheses may hold blanks, so that fields count from its end.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    utime, stime = int(fields[11]), int(fields[12])
    return (utime + stime) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    """Resident memory of a process in KiB, without what the kernel holds for its sockets."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(f"process {pid} has ended")


def raise_file_limit() -> int:
    """Raise the soft limit on open files to the hard one; returns how many clients fit.

    Servers inherit the limit, so the answer holds for both ends.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - SPARE_FILES


def describe(cores: Cores) -> str:
    """One line: the interpreter, the processor, and what is pinned where."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {_processor()}, {os.cpu_count()} cores, {cores}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
