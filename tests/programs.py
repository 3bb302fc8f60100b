"""Real programs for tests: the server as a process of its own, and what others print, by lines.

Nothing sleeps: a line is waited for until it is there, and not longer than DEADLINE_S.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from tests.chatting import DEADLINE_S, HOST, Client

ROOT = Path(__file__).parent.parent
LISTENING = re.compile(r"listening on (.*)")


class Output:
    """What comes out of a descriptor, in the order in which it comes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ahead = b""  # read, but nobody asked for it yet
        self.seen = b""
        """All that was asked for so far."""

    def read_line(self) -> str:
        """The next line, without its end; what is left when there is none; "" at the end."""
        return self.read_until(lambda data: data.find(b"\n") + 1).removesuffix("\n")

    def read_past(self, text: str) -> str:
        """All up to a text, which has to come."""
        wanted = text.encode()
        found = self.read_until(
            lambda data: data.find(wanted) + len(wanted) if wanted in data else 0
        )
        assert found.endswith(text), f"waited for {text!r}, got {found!r}"
        return found

    def read_rest(self) -> str:
        """All up to the end, which has to come."""
        return self.read_until(lambda _data: 0)

    def read_until(self, length: Callable[[bytes], int]) -> str:
        """Read until `length` says how much of what is there is wanted, or up to the end."""
        deadline = time.monotonic() + DEADLINE_S
        while not length(self._ahead) and self._more(deadline):
            pass
        size = length(self._ahead) or len(self._ahead)
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        self.seen += taken
        return taken.decode()

    def _more(self, deadline: float) -> bool:
        left = max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([self._descriptor], [], [], left)
        assert ready, f"nothing more after {(self.seen + self._ahead)!r}"
        try:
            data = os.read(self._descriptor, 65_536)
        except OSError:  # a terminal whose program has ended
            data = b""
        self._ahead += data
        return bool(data)


class Program:
    """A process with its output; gone at the end of a `with`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(DEADLINE_S)


class Server(Program):
    """`python3 -m chat` with these arguments, listening."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(process)
        assert process.stderr is not None
        self.log = Output(process.stderr.fileno())
        self.addresses: list[str] = []
        self.port = 0

    def read_address(self) -> str:
        """The next place where it says that it listens."""
        line = self.log.read_line()
        match = LISTENING.fullmatch(line)
        assert match, line or self.log.read_rest()
        self.addresses.append(match[1])
        return match[1]

    def connect(self, **options: Any) -> Client:
        """Someone comes in."""
        return Client((HOST, self.port), wait_for_data, **options)

    def log_in(self, name: str) -> Client:
        """Someone comes in and says who they are."""
        client = self.connect()
        client.send(f"LOGIN {name}")
        client.expect("OK")
        return client


def wait_for_data(client: Client) -> None:
    """For clients of servers that run by themselves."""
    select.select([client.sock], [], [], DEADLINE_S)


def start(
    *arguments: str,
    python: tuple[str, ...] = (sys.executable,),
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start `python3 -m chat` from a folder, with no variables of ours but those given."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("CHAT_")}
    return subprocess.Popen(
        [*python, "-m", "chat", *arguments],
        cwd=folder,
        env=ours | dict(environment or {}),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@contextmanager
def running_server(
    *arguments: str,
    python: tuple[str, ...] = (sys.executable,),
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    stdin: int = subprocess.DEVNULL,
) -> Iterator[Server]:
    """A server that listens; on a port that the system chose, if none is given."""
    process = start(*arguments, python=python, environment=environment, folder=folder, stdin=stdin)
    with Server(process) as server:
        server.port = int(server.read_address().rpartition(":")[2])
        yield server


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where a program is missing; but where CI says that it is not, let it fail."""
    missing = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(
        bool(missing) and "CI" not in os.environ, reason=f"not installed here: {' '.join(missing)}"
    )
