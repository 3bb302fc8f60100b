"""What a server with a store does now and then: old messages and rooms, and the log."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from chat.core import commands
from chat.core.events import Recalled
from chat.durable import STEP_S
from chat.shell import TIDY_S
from chat.store import StoreError
from chat.store import store as store_module
from tests.chatting import Client, Stepped
from tests.keeping import durable, full_disk, kept, shell_of, store_of

DAY_S = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "chat.db")


def test_the_last_messages_of_each_room_are_kept(path: str) -> None:
    with durable(path, keep_messages=10) as chat:
        ann = chat.log_in("Ann")
        ann.send("JOIN den", *[f"MSG {n}" for n in range(30)], *[f"SAY den {n}" for n in range(5)])
        ann.expect("OK")
        ann.expect_nothing()
        chat.let_pass(TIDY_S)
        assert kept(chat) == [(number + 1, str(number)) for number in range(20, 30)]
        assert len(kept(chat, "den")) == 5
        chat.server.reconfigure(replace(chat.server.config, keep_messages=3))
        chat.let_pass(TIDY_S)
        assert [len(kept(chat, room)) for room in ("lobby", "den")] == [3, 3]
        ann.send("MSG 30", "PING")
        ann.expect("PONG")
        assert kept(chat)[-1] == (31, "30")


def test_old_messages_are_deleted(path: str) -> None:
    with durable(path, keep_days=2.0) as chat:
        ann = chat.log_in("Ann")
        for day in range(4):
            ann.send(f"MSG day {day}", "PING")
            ann.expect("PONG")
            chat.let_pass(DAY_S)
        chat.let_pass(TIDY_S)
        assert kept(chat) == [(4, "day 3")]


def kept_count(path: str) -> int:
    """How many messages are in the file."""
    with closing(sqlite3.connect(path)) as db:
        count: int = db.execute("SELECT count(*) FROM messages").fetchone()[0]
    return count


def test_deleting_goes_step_by_step(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step at a time, however long it takes: others have their turn in between."""
    monkeypatch.setattr(store_module, "PRUNE_STEP", 10)
    with durable(path, keep_messages=1) as chat:
        ann = chat.log_in("Ann")
        ann.send(*["MSG x"] * 5001)
        ann.expect_nothing()
        chat.let_pass(TIDY_S)
        left = [kept_count(path)]
        for _ in range(400):  # 20 seconds: twice the time after which a new round would begin
            chat.let_pass(STEP_S)
            left.append(kept_count(path))
        assert {before - after for before, after in pairwise(left)} == {10}
        ann.send("MSG y", "PING")
        ann.expect("PONG")


def test_pruning_that_fails_is_tried_again(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with durable(path, keep_messages=1) as chat:
        ann = chat.log_in("Ann")
        ann.send("MSG one", "MSG two")
        ann.expect_nothing()

        def refuse(*_arguments: object) -> bool:
            raise StoreError("chat.db: another program is writing to it")

        with monkeypatch.context() as patch:
            patch.setattr(store_of(chat), "prune", refuse)
            for _ in range(3):
                chat.let_pass(TIDY_S)
        assert "another program" in chat.errors.take()
        chat.let_pass(TIDY_S)
        assert kept(chat) == [(2, "two")]


def leave_rooms(client: Client, *rooms: str) -> None:
    """Rooms in which something was said, and nobody is any more."""
    for room in rooms:
        client.send(f"JOIN {room}", f"SAY {room} hi", f"SAY {room} ho", f"LEAVE {room}")
        client.expect("OK", "OK")


def remember_rooms(chat: Stepped, most: int) -> None:
    core = chat.server.core
    limits = replace(core.world.limits, rooms_remembered_max=most)
    core.configure(limits, chat.server.config.settings, chat.clock())


def test_rooms_are_forgotten_when_there_are_too_many(path: str) -> None:
    with durable(path) as chat:
        ann = chat.log_in("Ann")
        leave_rooms(ann, "a", "b", "c", "d")
        remember_rooms(chat, 2)
        chat.let_pass(TIDY_S)
        assert [room.key for room in store_of(chat).rooms()] == ["c", "d"]
        leave_rooms(ann, "a")
        assert kept(chat, "a") == [(1, "hi"), (2, "ho")]


def test_many_rooms_are_forgotten_in_one_commit(path: str) -> None:
    """A hundred commits would hold up everyone."""
    with durable(path) as chat:
        leave_rooms(chat.log_in("Ann"), "a", "b", "c", "d")
        remember_rooms(chat, 0)
        done: list[str] = []
        store_of(chat)._db.set_trace_callback(done.append)
        chat.let_pass(TIDY_S)
        assert store_of(chat).rooms() == []
        assert done.count(store_module.NEW_EPOCH) == 1


def test_a_room_that_could_not_be_forgotten(path: str) -> None:
    """Its name is as good as any other once the store works again."""
    with durable(path) as chat:
        ann = chat.log_in("Ann")
        leave_rooms(ann, "a")
        remember_rooms(chat, 0)
        with full_disk(chat):
            chat.let_pass(TIDY_S)
        assert "disk full" in chat.errors.take()
        ann.send("JOIN a", "SAY a new", "MSG others", "PING")
        ann.expect("OK", "PONG")
        assert kept(chat, "a") == [(1, "new")]
        assert kept(chat) == [(1, "others")]


def test_a_room_that_could_not_be_forgotten_has_no_history_for_its_successor(path: str) -> None:
    with durable(path) as chat:
        ann, bot = chat.log_in("Ann"), chat.server.join("bot")
        leave_rooms(ann, "a")
        remember_rooms(chat, 0)
        with full_disk(chat):
            chat.let_pass(TIDY_S)
            bot.ask(commands.Join("a"))
            (recalled,) = bot.ask(commands.Resume("a", "of the room before", 1))
            assert isinstance(recalled, Recalled)
            assert recalled.messages == ()
        assert "disk full" in chat.errors.take()


def test_a_room_that_is_spoken_in_as_it_is_forgotten(path: str) -> None:
    """All in one turn: its last words, its end, and another one of its name."""
    with durable(path) as chat:
        ann, bot = chat.log_in("Ann"), chat.server.join("bot")
        leave_rooms(ann, "a")
        remember_rooms(chat, 0)
        ann.send("JOIN a", "SAY a last", "LEAVE a")
        chat.clock.now += TIDY_S
        chat.server.reactor.call_soon(bot.ask, commands.Join("a"))
        chat.server.reactor.call_soon(bot.say, "new", "a")
        ann.expect("OK", "OK")
        assert kept(chat, "a") == [(1, "new")]


def test_the_log_is_moved_in_a_worker(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "CHECKPOINT_PAGES", 1)
    with durable(path) as chat:
        ann = chat.log_in("Ann")
        threads: list[str] = []
        checkpoint = store_of(chat).checkpoint

        def watched() -> None:
            threads.append(threading.current_thread().name)
            checkpoint()
            if len(threads) > 1:
                raise StoreError("chat.db: disk full")

        monkeypatch.setattr(store_of(chat), "checkpoint", watched)
        for number in (1, 2):
            ann.send("MSG x")
            chat.until(lambda: len(threads) == number, "a checkpoint")  # noqa: B023
            chat.until(lambda: not shell_of(chat)._moving_log, "its end")
        assert all(name.startswith("reactor-worker") for name in threads)
        assert "disk full" in chat.errors.take()


def test_a_server_that_has_ended_leaves_the_store_to_another(path: str) -> None:
    with durable(path) as chat:
        ann = chat.log_in("Ann")
        ann.send("MSG last words", "HISTORY lobby")
        chat.turns(1)
        with pytest.raises(StoreError, match="in use by another server"):
            durable(path)
        chat.server.close()
        with durable(path) as another:
            assert kept(another) == [(1, "last words")]
