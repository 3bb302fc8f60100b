"""What the tests of a server with a store share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chat.durable import DurableShell
from chat.parsing import Rate
from chat.store import Store, StoreError
from tests.chatting import Client, Stepped

UNLIMITED = Rate(0, 0.0)


def durable(path: str, **settings: Any) -> Stepped:
    """A server with a store, in which nobody is slowed down or idle."""
    defaults = {"store": path, "rate_limit": UNLIMITED, "idle_timeout": 0.0}
    return Stepped(**{**defaults, **settings})


def shell_of(chat: Stepped) -> DurableShell:
    shell = chat.server._shell
    assert isinstance(shell, DurableShell)
    return shell


def store_of(chat: Stepped) -> Store:
    return shell_of(chat).store


def history(client: Client, room: str = "lobby", count: int = 1000) -> list[str]:
    """The texts that HISTORY tells."""
    client.send(f"HISTORY {room} {count}", "PING")
    found: list[str] = []
    while (line := client.read(1)[0]) != "PONG":
        verb, _room, _at, _name, text = line.split(" ", 4)
        assert verb == "PAST", line
        found.append(text)
    return found


def kept(chat: Stepped, room: str = "lobby") -> list[tuple[int, str]]:
    """Number and text of what is in the store."""
    return [(m.seq, m.text) for m in store_of(chat).recall(room, 10_000, 1 << 30)]


@contextmanager
def full_disk(chat: Stepped) -> Iterator[None]:
    """Nothing can be kept meanwhile."""
    store = store_of(chat)
    changes = ("append", "save", "forget")

    def refuse(*_arguments: object) -> None:
        raise StoreError("chat.db: disk full")

    for change in changes:
        setattr(store, change, refuse)
    yield
    for change in changes:
        delattr(store, change)
