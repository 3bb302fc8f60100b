"""What the server's workers do: nobody who wants to read waits for passwords."""

from __future__ import annotations

import threading
from pathlib import Path

from chat.core.jobs import HashPassword
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
