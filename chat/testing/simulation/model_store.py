"""ModelStore: a Store as simple as can be, which fails and survives as the simulation wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import dropwhile
from random import Random
from typing import Final

from chat.core.events import Said
from chat.core.records import Charter, decode
from chat.store import Remembered, Store, StoreError

MARK: Final = re.compile(rb"<s\d+\.\d+>")
"""What people say carries one: see `scripts.py`."""

MORE_TO_PRUNE: Final = 0.5  # how often it says that it is not done yet


class ModelStore(Store):
    """Keeps in memory what a file would: it outlives the server, but not the simulation.

    `call` is called at the beginning and at the end of each change: the process may end there.
    """

    def __init__(self, random: Random, call: Callable[[], object]) -> None:
        self.failures = 0.0
        self.kept: set[bytes] = set()  # the marks of all that was ever said, and kept
        self.faulty: list[str] = []  # what it was asked for that can't be right
        self._epoch = 1
        self._random = random
        self._call = call
        self._records: dict[tuple[str, str], str] = {}
        self._rooms: dict[str, list[Said]] = {}
        self._last: dict[str, tuple[str, int]] = {}  # name and seq, the latest spoken in last

    def records(self) -> list[tuple[str, str, str]]:
        """See Store; so for all that follow."""
        return [(kind, key, text) for (kind, key), text in self._records.items()]

    def charters(self) -> list[Charter]:
        """What is settled about rooms."""
        decoded = [decode(*record).content for record in self.records()]
        return [content for content in decoded if isinstance(content, Charter)]

    def messages(self) -> list[list[Said]]:
        """Of each room, what is kept."""
        return list(self._rooms.values())

    def save(self, records: Sequence[tuple[str, str, str | None]]) -> None:
        self._begin()
        for kind, key, text in records:
            self._records.pop((kind, key), None)
            if text is not None:
                self._records[kind, key] = text
        self._call()

    def rooms(self) -> list[Remembered]:
        return [Remembered(key, name, seq) for key, (name, seq) in self._last.items()]

    def append(self, messages: Sequence[tuple[str, Said]]) -> None:
        self._begin()
        for key, said in messages:
            _, last = self._last.pop(key, ("", 0))
            if said.seq != last + 1:
                self.faulty.append(f"{key}: message {said.seq} comes after {last}")
            self._last[key] = said.room, said.seq
            self._rooms.setdefault(key, []).append(said)
            self.kept.update(MARK.findall(said.text.encode()))
        self._call()

    def recall(self, key: str, count: int, max_bytes: int, after: int = 0) -> tuple[Said, ...]:
        found: list[Said] = []
        later = [said for said in self._rooms.get(key, []) if said.seq > after]
        for said in later[: -count - 1 : -1] if count > 0 else ():
            max_bytes -= len(said.text.encode())
            if max_bytes < 0:
                break
            found.append(said)
        return tuple(reversed(found))

    def forget(self, *keys: str) -> None:
        self._begin()
        for key in keys:
            self._last.pop(key, None)
            self._rooms.pop(key, None)
        self._epoch += 1
        self._call()

    @property
    def epoch(self) -> str:
        return str(self._epoch)

    def prune(self, keep_messages: int, keep_s: float, now: float) -> bool:
        self._begin()
        for key, messages in self._rooms.items():
            kept = messages[-keep_messages:] if keep_messages else messages
            if keep_s:  # from the first on: what was said later stays, whatever its clock was
                kept = [*dropwhile(lambda said: said.at < now - keep_s, kept)]
            self._rooms[key] = kept
        return self._random.random() < MORE_TO_PRUNE

    @property
    def checkpoint_due(self) -> bool:
        return self._random.random() < 0.02

    def checkpoint(self) -> None:
        self._fail()

    def close(self) -> None:
        """Nothing to give back: what is kept is there for the next server."""

    def _begin(self) -> None:
        self._call()
        self._fail()

    def _fail(self) -> None:
        if self._random.random() < self.failures:
            raise StoreError("a fault of the simulation: disk full")
