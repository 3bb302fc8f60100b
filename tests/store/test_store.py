"""What is kept comes back, in order; what is let go of is gone; numbers never come twice."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core.events import Said
from chat.store import Remembered, Store, StoreError, file, store
from chat.testing.simulation.model_store import ModelStore
from tests.store.support import keyed, said

PLENTY = 1 << 30


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "chat.db")


@pytest.fixture
def kept(path: str) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        yield opened


def seqs(kept: Store, key: str = "lobby") -> list[int]:
    return [message.seq for message in kept.recall(key, PLENTY, PLENTY)]


def prune(kept: Store, keep_messages: int = 0, keep_s: float = 0, now: float = 0) -> int:
    """A whole round; in how many steps."""
    steps = 1
    while kept.prune(keep_messages, keep_s, now):
        steps += 1
    return steps


def rows(kept: Store, table: str) -> int:
    ((count,),) = kept._db.execute(f"SELECT count(*) FROM {table}")
    return int(count)


# --- messages -----------------------------------------------------------------------------------


def test_the_last_messages_come_back_oldest_first(kept: Store) -> None:
    messages = [said(seq, f"number {seq}", at=1e9 + seq / 7) for seq in range(1, 11)]
    kept.append(keyed(*messages))
    assert kept.recall("lobby", 3, PLENTY) == tuple(messages[-3:])
    assert kept.recall("lobby", 100, PLENTY) == tuple(messages)


def test_a_message_without_its_session(kept: Store) -> None:
    kept.append([("lobby", Said(7, "Ann", "Lobby", 1, 1.5, "waves", act=True))])
    (found,) = kept.recall("lobby", 1, PLENTY)
    assert found == Said(0, "Ann", "Lobby", 1, 1.5, "waves", act=True)
    assert found.act is True


@pytest.mark.parametrize("count", [0, -1])
def test_no_messages_asked_for(kept: Store, count: int) -> None:
    kept.append(keyed(said(1)))
    assert kept.recall("lobby", count, PLENTY) == ()


def test_no_such_room(kept: Store) -> None:
    assert kept.recall("attic", 10, PLENTY) == ()


@pytest.mark.parametrize(
    ("max_bytes", "found"), [(0, []), (5, []), (6, [3]), (10, [3]), (11, [2, 3])]
)
def test_text_is_counted_in_bytes(kept: Store, max_bytes: int, found: list[int]) -> None:
    kept.append(keyed(said(1, "x"), said(2, "hello"), said(3, "äöü")))
    assert [m.seq for m in kept.recall("lobby", 10, max_bytes)] == found


def test_an_older_message_does_not_slip_in_past_one_that_is_too_long(kept: Store) -> None:
    kept.append(keyed(said(1, "x"), said(2, "x" * 100), said(3, "x")))
    assert [m.seq for m in kept.recall("lobby", 10, 50)] == [3]


def test_rooms_come_least_recently_spoken_in_first(path: str) -> None:
    with closing(Store(path)) as kept:
        kept.append(keyed(said(1, room="Attic", at=5.0), said(1, room="Cellar", at=6.0)))
        kept.append(keyed(said(2, room="ATTIC", at=7.0), said(3, room="attic", at=8.0)))
    with closing(Store(path)) as kept:
        assert kept.rooms() == [Remembered("cellar", "Cellar", 1), Remembered("attic", "attic", 3)]
        assert [m.room for m in kept.recall("attic", 10, PLENTY)] == ["attic"] * 3


def test_nothing_to_keep(kept: Store) -> None:
    kept.append([])
    kept.save([])
    assert (kept.rooms(), kept.records()) == ([], [])


@pytest.mark.parametrize("numbers", [[1], [3], [4, 4], [4, 3], [2, 4]])
def test_a_number_that_was_given_out_is_an_error_and_keeps_nothing(
    kept: Store, numbers: list[int]
) -> None:
    kept.append(keyed(said(1), said(2), said(3)))
    new_room = keyed(said(1, room="attic"))
    with pytest.raises(StoreError, match=r"chat\.db: ."):
        kept.append(new_room + keyed(*[said(seq, "again") for seq in numbers]))
    assert kept.recall("lobby", 10, PLENTY) == (said(1), said(2), said(3))
    assert kept.rooms() == [Remembered("lobby", "Lobby", 3)]
    kept.append(new_room + keyed(said(4)))
    assert (seqs(kept), seqs(kept, "attic")) == ([1, 2, 3, 4], [1])


def test_a_number_that_was_pruned_is_given_out_no_more(kept: Store) -> None:
    kept.append(keyed(said(1), said(2)))
    prune(kept, keep_s=1, now=2e9)
    assert seqs(kept) == []
    with pytest.raises(StoreError, match="given out before"):
        kept.append(keyed(said(2)))
    assert kept.rooms() == [Remembered("lobby", "Lobby", 2)]


def test_a_surrogate_is_a_bug_and_harms_nothing(kept: Store) -> None:
    with pytest.raises(UnicodeEncodeError):
        kept.append(keyed(said(1), said(2, "\ud800")))
    kept.append(keyed(said(1)))
    assert seqs(kept) == [1]


def test_more_rooms_than_are_kept_in_memory(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ROOM_IDS_KEPT", 3)
    for seq in (1, 2):
        kept.append(keyed(*[said(seq, room=f"room{number}") for number in range(10)]))
        assert len(kept._room_ids) <= 3
    assert all(seqs(kept, f"room{number}") == [1, 2] for number in range(10))


any_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(any_text, any_text, st.booleans(), st.floats(allow_nan=False))))
def test_any_text_comes_back(contents: list[tuple[str, str, bool, float]]) -> None:
    messages = [
        Said(0, name, "\0 é", seq, at, text, act)
        for seq, (name, text, act, at) in enumerate(contents, 1)
    ]
    with TemporaryDirectory() as folder, closing(Store(f"{folder}/chat.db")) as kept:
        kept.append([("\0 é", message) for message in messages])
        assert kept.recall("\0 é", PLENTY, PLENTY) == tuple(messages)


# --- records ------------------------------------------------------------------------------------


def test_records(path: str) -> None:
    with closing(Store(path)) as kept:
        kept.save([("user", "ann", "{}"), ("user", "ben", "{}"), ("ban", "ann", "1")])
        kept.save(
            [("user", "ann", '{"role": "admin"}'), ("user", "ben", None), ("user", "x", None)]
        )
    with closing(Store(path)) as kept:
        assert kept.records() == [("ban", "ann", "1"), ("user", "ann", '{"role": "admin"}')]


def test_the_last_of_several_for_one_key_counts(kept: Store) -> None:
    kept.save([("user", "ann", "1"), ("user", "ann", None), ("user", "ben", "1")])
    kept.save([("user", "ben", None), ("user", "ben", "2"), ("user", "ben", "3")])
    assert kept.records() == [("user", "ben", "3")]


# --- letting go ---------------------------------------------------------------------------------


def test_a_forgotten_room_is_gone_at_once_and_its_rows_bit_by_bit(kept: Store) -> None:
    kept.append(keyed(*[said(seq) for seq in range(1, 1201)], said(1, room="attic")))
    kept.forget("lobby")
    assert kept.rooms() == [Remembered("attic", "attic", 1)]
    assert seqs(kept) == []
    kept.append(keyed(said(1, "a new beginning")))
    assert prune(kept) == 3
    assert (rows(kept, "messages"), rows(kept, "rooms")) == (2, 2)
    assert kept.recall("lobby", 10, PLENTY) == (said(1, "a new beginning"),)


def test_an_epoch_is_of_one_store_and_ends_as_a_room_is_forgotten(path: str) -> None:
    """From then on, numbers of that room stand for other messages."""
    with closing(Store(path)) as kept, closing(Store(f"{path}.other")) as other:
        epoch = kept.epoch
        assert len({epoch, other.epoch, ""}) == 3
        kept.append(keyed(said(1)))
        assert kept.epoch == epoch
    with closing(Store(path)) as kept:
        assert kept.epoch == epoch
        kept.forget("lobby")
        later = kept.epoch
        assert later != epoch
    with closing(Store(path)) as kept:
        assert kept.epoch == later


def test_recalling_what_came_after(kept: Store) -> None:
    kept.append(keyed(*[said(seq) for seq in range(1, 9)]))
    for after, count, expected in [(0, 2, [7, 8]), (5, 9, [6, 7, 8]), (5, 2, [7, 8]), (8, 9, [])]:
        assert [m.seq for m in kept.recall("lobby", count, PLENTY, after)] == expected


def test_a_tag_is_kept(kept: Store) -> None:
    message = replace(said(1), tag='a "1" 李')
    kept.append(keyed(message))
    assert kept.recall("lobby", 1, PLENTY) == (message,)


def test_a_forgotten_room_stays_so(path: str) -> None:
    with closing(Store(path)) as kept:
        kept.append(keyed(said(1), said(2)))
        kept.forget("lobby")
        kept.forget("never was")
    with closing(Store(path)) as kept:
        assert kept.rooms() == []
        prune(kept)
        assert (rows(kept, "messages"), rows(kept, "rooms")) == (0, 0)


@given(
    rooms=st.lists(st.lists(st.integers(0, 20), max_size=12), max_size=5),
    forgotten=st.sets(st.integers(0, 4)),
    keep_messages=st.integers(0, 8),
    keep_s=st.integers(0, 15),
    step=st.integers(1, 9),
    count=st.integers(-1, 12),
    max_bytes=st.integers(0, 20),
    after=st.integers(0, 12),
)
def test_it_does_what_the_model_does(
    rooms: list[list[int]],
    forgotten: set[int],
    keep_messages: int,
    keep_s: int,
    step: int,
    count: int,
    max_bytes: int,
    after: int,
) -> None:
    """A clock that goes back is no reason to leave holes: only what is first can go."""
    model = ModelStore(Random(0), lambda: None)
    with TemporaryDirectory() as folder, closing(Store(f"{folder}/chat.db")) as kept:
        for number, times in enumerate(rooms):
            room = [said(seq, room=f"R{number}", at=at) for seq, at in enumerate(times, 1)]
            for each in (kept, model):
                each.append(keyed(*room))
        for number in forgotten:
            for each in (kept, model):
                each.forget(f"r{number}")
        prune_by_steps(kept, keep_messages, keep_s, step)
        model.prune(keep_messages, keep_s, now=20)
        for number in range(len(rooms)):
            asked = f"r{number}", count, max_bytes, after
            assert kept.recall(*asked) == model.recall(*asked)
            assert seqs(kept, f"r{number}") == seqs(model, f"r{number}")
        assert sorted(kept.rooms(), key=repr) == sorted(model.rooms(), key=repr)
        assert rows(kept, "messages") == sum(map(len, model.messages()))


def prune_by_steps(kept: Store, keep_messages: int, keep_s: int, step: int) -> None:
    """When it is 20; each deletes so many at most."""
    left, more = rows(kept, "messages"), True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "PRUNE_STEP", step)
        while more:
            more = kept.prune(keep_messages, keep_s, now=20)
            before, left = left, rows(kept, "messages")
            assert before - left <= step


def test_a_round_that_finds_nothing_to_do_changes_nothing(kept: Store) -> None:
    kept.append(keyed(*[said(1, room=f"room{number}") for number in range(300)]))
    before = kept._db.total_changes
    assert prune(kept, keep_messages=1, keep_s=10, now=1e9) == 4  # 100 rooms a step, and the end
    assert kept._db.total_changes == before


# --- threads and the log ------------------------------------------------------------------------


def test_many_threads_recall_while_one_appends(kept: Store) -> None:
    done = threading.Event()

    def read() -> int:
        reads = 0
        while not done.is_set() or not reads:
            found = [message.seq for message in kept.recall("lobby", 20, PLENTY)]
            assert found == [*range(found[0], found[-1] + 1)] if found else True
            reads += 1
        return reads

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        try:
            for first in range(1, 2001, 10):
                kept.append(keyed(*[said(seq) for seq in range(first, first + 10)]))
                if first % 500 == 1:
                    threads.submit(kept.checkpoint)
        finally:
            done.set()
        assert all(reader.result() for reader in readers)
    assert seqs(kept) == [*range(1, 2001)]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="no /proc here")
def test_recalling_leaves_no_descriptors_behind(kept: Store) -> None:
    kept.append(keyed(said(1)))
    kept.recall("lobby", 1, PLENTY)  # SQLite keeps one, and uses it again
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        kept.recall("lobby", 1, PLENTY)
        kept.checkpoint()
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_a_checkpoint_is_due_now_and_then(kept: Store, path: str) -> None:
    log = Path(f"{path}-wal")
    seq = 0
    for _ in range(3):
        begin = seq
        while not kept.checkpoint_due:
            seq += 1
            kept.append(keyed(said(seq, "x" * 8000)))
        assert seq > begin + 100
        kept.checkpoint()
    assert log.stat().st_size < 2 * store.CHECKPOINT_PAGES * 4096


class InterruptedConnection:
    """Of a checkpoint: after each of its passes, something has been said meanwhile."""

    def __init__(self, db: sqlite3.Connection, say: Callable[[], None]) -> None:
        self.db = db
        self.say = say

    def execute(self, statement: str) -> None:
        self.db.execute(statement)
        self.say()

    def close(self) -> None:
        self.db.close()


def test_the_log_begins_anew_though_something_is_said_meanwhile(
    kept: Store, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all passes but the last."""
    due = iter(range(1, store.CHECKPOINT_PASSES + 1))
    connect = kept._connect

    def say() -> None:
        for seq in islice(due, 1):
            kept.append(keyed(said(seq)))

    say()
    with monkeypatch.context() as patch:
        patch.setattr(kept, "_connect", lambda mode: InterruptedConnection(connect(mode), say))
        kept.checkpoint()
    log = Path(f"{path}-wal")
    size = log.stat().st_size
    kept.append(keyed(said(store.CHECKPOINT_PASSES + 1)))
    assert log.stat().st_size == size
    assert seqs(kept) == [*range(1, store.CHECKPOINT_PASSES + 2)]


def test_without_checkpoints_the_log_does_not_grow_for_ever(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "LOG_MAX_PAGES", 50)
    with closing(Store(path)) as kept:
        for seq in range(1, 201):
            kept.append(keyed(said(seq, "x" * 8000)))
        assert Path(f"{path}-wal").stat().st_size < 100 * 4096


def test_closing(path: str, tmp_path: Path) -> None:
    kept = Store(path)
    kept.append(keyed(said(1)))
    kept.close()
    kept.close()
    assert sorted(os.listdir(tmp_path)) == ["chat.db", "chat.db-lock"]
    for use in (
        kept.records,
        kept.rooms,
        kept.checkpoint,
        lambda: kept.recall("lobby", 1, 1),
        lambda: kept.append(keyed(said(2))),
    ):
        with pytest.raises(StoreError, match=r"chat\.db: .*closed"):
            use()
    assert sorted(os.listdir(tmp_path)) == ["chat.db", "chat.db-lock"]


@pytest.mark.parametrize(("sync", "level"), [(False, 1), (True, 2)])
def test_sync(path: str, sync: bool, level: int) -> None:
    with closing(Store(path, sync=sync)) as kept:
        assert kept._db.execute("PRAGMA synchronous").fetchone() == (level,)
