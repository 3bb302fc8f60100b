"""What the server's workers do: nobody who wants to read waits for passwords."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from chat.core.commands import Recall
from chat.core.errors import Refusal
from chat.core.events import Recalled
from chat.core.jobs import HashPassword, ReadHistory
from reactor import loop as loop_module
from tests.chatting import DEADLINE_S, Stepped


def test_history_is_read_while_all_workers_hash(tmp_path: Path) -> None:
    enough = threading.Event()
    begun: list[str] = []

    def hash_slowly(job: HashPassword) -> str:
        begun.append(job.name)
        enough.wait(DEADLINE_S)
        return "hashed"

    with Stepped(store=str(tmp_path / "chat.db")) as chat:
        chat.server._shell.work[HashPassword] = hash_slowly
        ann = chat.log_in("Ann")
        waiting = [chat.connect() for _ in range(loop_module.WORKERS + 1)]
        for number, client in enumerate(waiting):
            client.send(f"REGISTER u{number} password")
        chat.until(lambda: len(begun) == loop_module.WORKERS, "all workers hash")
        ann.send("MSG hello", "HISTORY lobby 1000", "PING")
        assert "hello" in ann.read(1)[0]
        enough.set()
        for client in waiting:
            client.expect("OK")


def fail(*_anything: object) -> None:
    raise RuntimeError("on purpose")


def test_a_job_that_fails_in_process_may_be_tried_again(tmp_path: Path) -> None:
    store = str(tmp_path / "chat.db")
    with Stepped(store=store) as chat:
        chat.server.join("Ann").say("hello")
    with Stepped(store=store) as chat:  # which has nothing in memory
        ann, work = chat.server.join("Ann"), chat.server._shell.work
        works, work[ReadHistory] = work[ReadHistory], fail
        with pytest.raises(Refusal, match="try-again"):
            ann.ask(Recall("lobby", 2))
        assert "on purpose" in chat.errors.take()
        work[ReadHistory] = works
        (recalled,) = ann.ask(Recall("lobby", 2))
        assert isinstance(recalled, Recalled)
        assert [said.text for said in recalled.messages] == ["hello"]


def test_whom_the_core_fails_on_after_a_job_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        monkeypatch.setattr(chat.server.core, "finish", fail)
        ann.send("REGISTER Ann password", "PING")
        ann.expect_end()
        assert "the core failed on what a job came to" in chat.errors.take()
        ben.expect("INFO Ann disconnected")
