"""The servers that are compared, one row each, and how one is started and stopped."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import IO

from tests.bench.accounts import register
from tests.bench.machine import on_core

HOST = "127.0.0.1"
START_TIMEOUT_S = 20.0
POLL_S = 0.01
STDERR_MAX_BYTES = 65536
DISK = "/var/tmp"  # where stores are; /tmp is memory on many machines


class ServerError(Exception):
    """A server that did not start."""


@dataclass(frozen=True)
class Server:
    """A row of the comparison. In `arguments`, `{port}` stands for a free port, and `{folder}` for
    one on the disk that is gone afterwards."""

    name: str
    module: str
    arguments: tuple[str, ...] = ("{port}",)
    needs: str | None = None
    """The package without which this server is left out."""
    announces: bool = False
    """It binds a port of its own choice and says so on stderr."""
    stores: bool = False
    """It keeps accounts, and what is said, on the disk."""

    def missing(self) -> str | None:
        """Why this server can't be measured here, or None."""
        if self.needs is None or importlib.util.find_spec(self.needs):
            return None
        return f"{self.name} is left out: no package {self.needs} (pip install '.[bench]')"


# Flood control and the idle timeout are on, as in real use, and never reached: their cost counts,
# their pauses and farewells do not.
PLAIN = Server(
    "reactor-chat",
    "chat",
    ("--rate-limit", "10000000:10000000", "--idle-timeout", "3600", "--port", "0"),
    announces=True,
)
STORING = replace(
    PLAIN,
    name="reactor-chat+store",
    arguments=(*PLAIN.arguments, "--store", "{folder}/chat.db"),
    stores=True,
)
RECORDING = replace(
    PLAIN,
    name="reactor-chat+record",
    arguments=(*PLAIN.arguments, "--record", "{folder}/run.log"),
)
OURS = (PLAIN, STORING, RECORDING)

LINE_SERVERS = (
    *OURS,
    Server("threads", "tests.bench.peers.threads_chat"),
    Server("asyncio", "tests.bench.peers.asyncio_chat"),
    Server("uvloop", "tests.bench.peers.uvloop_chat", needs="uvloop"),
    Server("Twisted", "tests.bench.peers.twisted_chat", needs="twisted"),
)
WEBSOCKET_SERVERS = (
    PLAIN,
    Server("websockets", "tests.bench.peers.websockets_chat", needs="websockets"),
)
SERVERS = tuple(dict.fromkeys(LINE_SERVERS + WEBSOCKET_SERVERS))


@dataclass(frozen=True)
class Running:
    """A started server: where it listens, and the process to read CPU and memory of."""

    port: int
    pid: int


@contextmanager
def start(server: Server, core: int | None, names: Sequence[str] = ()) -> Iterator[Running]:
    """Run a server on one core until the block ends. One that stores has accounts with these
    `names`. Raises ServerError if it doesn't start."""
    with tempfile.TemporaryDirectory(prefix="chat-bench-", dir=DISK) as folder:
        if names:
            register(os.path.join(folder, "chat.db"), names)
        port = 0 if server.announces else _free_port()
        arguments = [argument.format(port=port, folder=folder) for argument in server.arguments]
        with _process(server, arguments, core, port) as running:
            yield running


@contextmanager
def _process(
    server: Server, arguments: Sequence[str], core: int | None, port: int
) -> Iterator[Running]:
    # A file, not a pipe: nobody reads a pipe while load is being made, and it would fill up.
    with tempfile.TemporaryFile() as stderr:
        with on_core(core):
            process = subprocess.Popen(
                [sys.executable, "-m", server.module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        try:
            yield Running(_wait(server, process, port, stderr), process.pid)
        except Exception as error:
            error.add_note(f"the server's last line: {_last_line(stderr)}")
            raise
        finally:
            process.kill()  # nothing is worth saving, and a polite end takes its time
            process.wait()


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as sock:
        return int(sock.getsockname()[1])


def _wait(server: Server, process: subprocess.Popen[bytes], port: int, stderr: IO[bytes]) -> int:
    """The port on which the server accepts, once it does."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        found = _announced(stderr) if server.announces else _accepts(port)
        if found:
            return found
        time.sleep(POLL_S)
    state = "is silent" if process.returncode is None else f"ended with {process.returncode}"
    raise ServerError(f"{server.name} {state} instead of starting")


def _announced(stderr: IO[bytes]) -> int | None:
    match = re.search(r"listening on \S+:(\d+)\s", _text(stderr))
    return int(match[1]) if match else None


def _accepts(port: int) -> int | None:
    with suppress(OSError), socket.create_connection((HOST, port)):
        return port
    return None


def _text(stderr: IO[bytes]) -> str:
    # pread, because the server writes at the position that this descriptor shares with it.
    start = max(0, os.fstat(stderr.fileno()).st_size - STDERR_MAX_BYTES)
    return os.pread(stderr.fileno(), STDERR_MAX_BYTES, start).decode(errors="replace")


def _last_line(stderr: IO[bytes]) -> str:
    lines = _text(stderr).strip().splitlines()
    return lines[-1] if lines else "(nothing on stderr)"
