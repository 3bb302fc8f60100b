"""reactor/README.md: its programs run, and its tables are right."""

from __future__ import annotations

import queue
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from hashlib import scrypt
from pathlib import Path
from typing import Any

import pytest

import reactor
from reactor import ConnectionLimits, Reactor
from reactor.listener import ACCEPT_BURST
from reactor.loop import GATHER_ROUNDS
from reactor.testing.clock import START_S
from tests.reactor.support import DEADLINE_S

PACKAGE = Path(reactor.__file__).parent
TEXT = (PACKAGE / "README.md").read_text()
ECHO, ROOM, HASHING, OWN_LOOP, SIMULATED = re.findall(
    r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE
)

Connect = Callable[[], socket.socket]


def execute(program: str) -> dict[str, Any]:
    """Run one of the README's programs, on any free port instead of its own."""
    assert program.count(", 4000)") == 1
    variables: dict[str, Any] = {"__name__": "readme"}
    exec(compile(program.replace(", 4000)", ", 0)"), "README.md", "exec"), variables)
    return variables


@contextmanager
def running(program: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Have a program run in a thread; stop it when the block ends."""
    started: queue.SimpleQueue[Reactor] = queue.SimpleQueue()
    run = Reactor.run

    def run_and_tell(self: Reactor) -> None:
        started.put(self)
        run(self)

    monkeypatch.setattr(Reactor, "run", run_and_tell)
    thread = threading.Thread(target=execute, args=(program,), daemon=True)
    thread.start()
    loop = started.get(timeout=DEADLINE_S)
    address = loop.listeners[0].address
    assert isinstance(address, tuple)
    try:
        yield lambda: socket.create_connection(address, DEADLINE_S)
    finally:
        loop.stop()
        thread.join(DEADLINE_S)
        loop.close()
    assert not thread.is_alive()


def test_the_echo_server_is_short() -> None:
    assert len([line for line in ECHO.splitlines() if line]) < 15


def test_the_echo_server_echoes(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(ECHO, monkeypatch) as connect, connect() as client, client.makefile("rb") as lines:
        client.sendall(b"hello\nworld")
        client.shutdown(socket.SHUT_WR)
        assert lines.read() == b"hello\r\nworld\r\n"


def test_the_room_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(ROOM, monkeypatch) as connect, connect() as ann:
        ann_hears, ann_name = ann.makefile("rb"), b"127.0.0.1:%d" % ann.getsockname()[1]
        assert ann_hears.readline() == b"You are here with 0 others.\n"
        with connect() as bob:
            bob_hears, bob_name = bob.makefile("rb"), b"127.0.0.1:%d" % bob.getsockname()[1]
            assert bob_hears.readline() == b"You are here with 1 others.\n"
            assert ann_hears.readline() == bob_name + b" joins\n"
            ann.sendall(b"hello\n")
            assert bob_hears.readline() == ann_name + b": hello\n"
            bob_hears.close()
        assert ann_hears.readline() == bob_name + b" leaves (closed)\n"
        ann_hears.close()


def test_the_hashing_server_answers_each_line_and_ends_idle_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "IDLE_S = 60.0" in HASHING
    program = HASHING.replace("IDLE_S = 60.0", "IDLE_S = 1.0")  # a busy machine hashes slowly
    with running(program, monkeypatch) as connect, connect() as client:
        client.sendall(b"a\nb\n")
        with client.makefile("rb") as lines:
            answers = lines.read()  # up to the end, which comes of being idle
    assert answers == b"".join(
        scrypt(line, salt=b"salt", n=1024, r=8, p=1, dklen=8).hex().encode() + b"\n"
        for line in (b"a", b"b")
    )


def test_the_loop_of_ones_own_comes_to_its_end() -> None:
    assert execute(OWN_LOOP)["finished"] == [True]


def test_the_simulated_hour_passes() -> None:
    variables = execute(SIMULATED)
    assert variables["client"].received == b"how are you?\n"
    assert variables["network"].clock.now >= START_S + 3600.0


def test_the_table_of_files_is_complete() -> None:
    listed = re.findall(r"^\| `(\w+\.py)` \|", TEXT, re.MULTILINE)
    present = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert sorted(listed) == sorted(present)


def test_the_table_of_limits_is_right() -> None:
    listed = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", TEXT, re.MULTILINE)
    assert listed == [(field.name, str(field.default)) for field in fields(ConnectionLimits)]


def test_the_numbers_in_the_text_are_right() -> None:
    assert f"up to {ConnectionLimits().read_max_bytes // 1024} KiB of each" in TEXT
    assert f"up to {ACCEPT_BURST} arrivals" in TEXT
    assert f"up to {GATHER_ROUNDS} times" in TEXT
