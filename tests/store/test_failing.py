"""A full disk, a busy file, a killed process: what was kept stays, and the store goes on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from chat.store import Store, StoreError, file
from tests.store.support import DEADLINE_S, keyed, python, said

PLENTY = 1 << 30


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "chat.db")


def fill(kept: Store) -> int:
    """Keep messages until there is no room. Returns the number of the last that was kept."""
    for seq in range(0, 1000, 10):
        try:
            kept.append(keyed(*[said(seq + more, "x" * 1000) for more in range(1, 11)]))
        except StoreError as error:
            assert str(error).endswith("chat.db: disk full")  # noqa: PT017 - it comes some time
            return seq
    pytest.fail("there was room for all of it")


def test_a_full_disk(path: str) -> None:
    with closing(Store(path)) as kept:
        kept._db.execute("PRAGMA max_page_count = 50")
        last = fill(kept)
        assert last > 0
        with pytest.raises(StoreError, match="disk full"):
            kept.save([("user", "ann", "x" * 100_000)])
        assert [m.seq for m in kept.recall("lobby", PLENTY, PLENTY)] == [*range(1, last + 1)]
        kept._db.execute("PRAGMA max_page_count = 1000")
        kept.append(keyed(said(last + 1)))
        assert kept.rooms()[0].seq == last + 1


def test_room_is_made_by_pruning(path: str) -> None:
    with closing(Store(path)) as kept:
        kept._db.execute("PRAGMA max_page_count = 50")
        last = fill(kept)
        while kept.prune(5, 0, 0):
            pass
        kept.append(keyed(said(last + 1)))
        assert len(kept.recall("lobby", PLENTY, PLENTY)) == 6


# A limit on the size of files fails in the middle of a write, as some full disks do.
LIMITED = """
import resource, signal, sys
from chat.core.events import Said
from chat.store import Store, StoreError

def fill(first):
    for seq in range(first, 1000):
        try:
            store.append([("lobby", Said(1, "Ann", "Lobby", seq, 1.0, "x" * 1000))])
        except StoreError as error:
            print(error)
            return seq

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
seq = fill(1)
seq = fill(seq)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
store.append([("lobby", Said(1, "Ann", "Lobby", seq, 1.0, "there is room again"))])
found = store.recall("lobby", 2000, 1 << 30)
assert [said.seq for said in found] == [*range(1, seq + 1)], found
store.close()
print("kept", seq > 10)
"""


def test_a_write_that_fails_half_way(path: str) -> None:
    pytest.importorskip("resource", reason="no limits on this platform")
    with python(LIMITED, path) as process:
        output, _ = process.communicate(timeout=DEADLINE_S)
    first, second, end = output.splitlines()
    assert first == second == f"{path}: disk I/O error"
    assert end == "kept True"


def test_another_program_that_writes(path: str) -> None:
    with closing(Store(path)) as kept, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program is writing to it"):
            kept.append(keyed(said(1)))
        other.rollback()
        kept.append(keyed(said(1)))
        assert kept.recall("lobby", 1, PLENTY) == (said(1),)


def test_another_program_that_writes_and_is_done_soon(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "BUSY_S", DEADLINE_S)
    other = sqlite3.connect(path, check_same_thread=False)
    with closing(Store(path)) as kept, closing(other):
        other.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.05, other.rollback)
        done.start()
        kept.append(keyed(said(1)))
        done.join()
        assert kept.recall("lobby", 1, PLENTY) == (said(1),)


def test_another_program_that_reads_stops_nobody(path: str) -> None:
    with closing(Store(path)) as kept, closing(sqlite3.connect(path)) as other:
        kept.append(keyed(said(1)))
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM messages").fetchone() == (1,)
        kept.append(keyed(said(2)))
        kept.checkpoint()
        assert len(kept.recall("lobby", 5, PLENTY)) == 2


@pytest.mark.skipif(os.name == "nt", reason="nobody can move an open file there")
@pytest.mark.parametrize("instead", [None, "a copy", "another store"])
def test_a_file_that_is_not_where_it_was(path: str, instead: str | None) -> None:
    """What is written to it then would be gone with the process, and nobody have been told. And
    what took its place is not to get pages of it."""
    away = f"{path}.away"
    with closing(Store(path)) as kept:
        kept.append(keyed(said(1)))
        os.rename(path, away)
        if instead == "a copy":
            shutil.copy(away, path)
        elif instead == "another store":
            Store(f"{path}.other").close()
            os.rename(f"{path}.other", path)
        for use in (
            lambda: kept.append(keyed(said(2))),
            lambda: kept.save([("user", "ann", "{}")]),
            lambda: kept.prune(0, 0, 0),
            lambda: kept.recall("lobby", PLENTY, PLENTY),
            kept.checkpoint,
        ):
            with pytest.raises(StoreError, match=f"^{path}: deleted or replaced$"):
                use()
        os.replace(away, path)
        kept.append(keyed(said(2)))
        assert kept.recall("lobby", PLENTY, PLENTY) == (said(1), said(2))


# Says what is kept once it is: 3 messages, a line with the number of the last.
TALK = """
import sys
from chat.core.events import Said
from chat.store import Store
store = Store(sys.argv[1])
(seq,) = [room.seq for room in store.rooms()] or [0]
while True:
    messages = [Said(1, "Ann", "Lobby", seq + more, 1.0, "x" * 500) for more in (1, 2, 3)]
    store.append([("lobby", said) for said in messages])
    seq += 3
    print(seq, flush=True)
    if seq % 300 == 0:
        store.checkpoint()
"""


def killed(process: subprocess.Popen[str], after_lines: int) -> int:
    """Kill a process after some of its lines. Returns the last number that it got to say."""
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(after_lines)]
    process.kill()
    lines += process.stdout.read().splitlines(keepends=True)
    return int([line for line in lines if line.endswith("\n")][-1])


def test_what_was_said_to_be_kept_outlives_a_kill(path: str) -> None:
    for round_number in range(10):
        with python(TALK, path) as process:
            acknowledged = killed(process, after_lines=20 + 37 * round_number)
        with closing(Store(path)) as kept:
            found = [message.seq for message in kept.recall("lobby", PLENTY, PLENTY)]
            assert found == [*range(1, len(found) + 1)]
            assert len(found) >= acknowledged
            assert len(found) % 3 == 0  # a turn's messages, all or none
            assert kept.rooms()[0].seq == len(found)
