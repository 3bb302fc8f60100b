"""What can be done with a store: keep messages and records, read them, let go of old ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

from chat.core.events import Said
from chat.core.value import value
from chat.store.file import StoreFile

if TYPE_CHECKING:
    import sqlite3

CHECKPOINT_PAGES = 4_096  # of 4 KiB: a longer log makes the next start and every read slower
CHECKPOINT_PASSES = 4  # enough at 1,000 commits a second; after one, there would be more to move
TEXT_PAGE_CHARS = 1_024  # fill a page at most, whatever the script
ROOM_IDS_KEPT = 10_000  # in memory, to save a look-up per room and commit
PRUNE_STEP = 500  # rows that one call deletes: about half a millisecond
PRUNE_ROOM_COST = 5  # what it costs to look at a room, in deleted rows

NEW_EPOCH = "UPDATE file SET epoch = lower(hex(randomblob(8)))"
ADD_ROOM = "INSERT INTO rooms (key, name, seq, spoken_at) VALUES (?, '', 0, 0)"
ADD_MESSAGE = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)"
UPDATE_ROOM = "UPDATE rooms SET name = ?, seq = ?, spoken_at = ? WHERE id = ? AND seq < ?"
ALL_ROOMS = "SELECT key, name, seq FROM rooms WHERE key IS NOT NULL ORDER BY spoken_at, id"
NEXT_ROOM = "SELECT id, key IS NULL, seq FROM rooms WHERE id > ? ORDER BY id LIMIT 1"
FIRST_MESSAGES = "SELECT seq, at FROM messages WHERE room = ? ORDER BY seq LIMIT ?"
LAST_MESSAGES = """
    SELECT rooms.name, messages.seq, at, messages.name, text, act, tag
    FROM rooms JOIN messages ON room = id WHERE key = ? AND messages.seq > ?
    ORDER BY messages.seq DESC LIMIT ?
"""


@value
class Remembered:
    """A room that was spoken in: its key, its name as shown, the number of its last message."""

    key: str
    name: str
    seq: int


class Store:
    """One file, made if it is missing, for its owner's eyes alone: it holds password hashes.

    Raises StoreError for one that can't be used, and leaves that as it was. So do all methods;
    one that changes something has then changed nothing, and may work again the next time.

    Everything is to be called in the loop's thread, and is short, unless it says "from any
    thread". With `sync`, what is kept outlives a power cut.
    """

    def __init__(self, path: str, sync: bool = False) -> None:
        self._room_ids: dict[str, int] = {}  # by key
        self._pruned = 0  # id of the last room that this round of pruning is done with
        self._log_pages = 0  # about as many were written since the last checkpoint
        self._closed = False
        self._file = StoreFile(path)
        try:
            self._db = self._file.open()
        except BaseException:
            self._file.close()
            raise
        self._db.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")

    @property
    def epoch(self) -> str:
        """A text that no other store has, nor this one before a room was forgotten."""
        with self._file.plainly():
            rows = self._db.execute("SELECT epoch FROM file").fetchall()
        if len(rows) != 1:
            raise self._file.error("damaged")
        return str(rows[0][0])

    # --- records ----------------------------------------------------------------------------------

    def records(self) -> list[tuple[str, str, str]]:
        """Every record: kind, key, JSON text."""
        with self._file.plainly():
            return self._db.execute("SELECT kind, key, value FROM records").fetchall()

    def save(self, records: Sequence[tuple[str, str, str | None]]) -> None:
        """Keep records (kind, key, JSON text) in place of those of the same kind and key; None
        deletes. All or none."""
        texts = {(kind, key): text for kind, key, text in records}  # the last one counts
        gone = [name for name, text in texts.items() if text is None]
        kept = [(*name, text) for name, text in texts.items() if text is not None]
        with self._transaction():
            self._db.executemany("DELETE FROM records WHERE kind = ? AND key = ?", gone)
            self._db.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", kept)
        text_pages = sum(map(len, filter(None, texts.values()))) // TEXT_PAGE_CHARS
        self._log_pages += text_pages + 2 * len(texts)

    # --- messages ---------------------------------------------------------------------------------

    def rooms(self) -> list[Remembered]:
        """Every room, least recently spoken in first."""
        with self._file.plainly():
            return [Remembered(*row) for row in self._db.execute(ALL_ROOMS)]

    def append(self, messages: Sequence[tuple[str, Said]]) -> None:
        """Keep messages, each with its room's key, in the order of their numbers. All or none;
        none, too, if a room's number was given out before, which is a bug of ours."""
        if not messages:
            return
        first, last = dict(reversed(messages)), dict(messages)
        with self._transaction():
            ids = {key: self._room_id(key) for key in last}
            rows = [
                (ids[key], said.seq, said.at, said.name, said.text, int(said.act), said.tag)
                for key, said in messages
            ]
            self._db.executemany(ADD_MESSAGE, rows)
            spoken = [
                (said.room, said.seq, said.at, ids[key], first[key].seq)
                for key, said in last.items()
            ]
            if self._db.executemany(UPDATE_ROOM, spoken).rowcount != len(spoken):
                raise self._file.error("a message has a number that was given out before")
        text_pages = sum([len(said.text) for _, said in messages]) // TEXT_PAGE_CHARS
        self._log_pages += text_pages + 3 * len(last) + 2  # a leaf, its neighbour, their parent

    def recall(self, key: str, count: int, max_bytes: int, after: int = 0) -> tuple[Said, ...]:
        """The last `count` messages of a room, of those with a number over `after`, oldest first;
        fewer if the text of all would be more than `max_bytes` of UTF-8. Their `session` is 0. From
        any thread.

        Opens the file anew: to keep it open would save 0.2 ms of a worker's time, and somebody
        would have to close it. It never makes the writer wait.
        """
        found: list[Said] = []
        with self._file.plainly(), closing(self._connect("ro")) as db:
            rows = db.execute(LAST_MESSAGES, (key, after, max(0, count)))
            for room, seq, at, name, text, act, tag in rows:
                max_bytes -= len(text.encode())
                if max_bytes < 0:
                    break
                found.append(Said(0, name, room, seq, at, text, bool(act), tag))
        return tuple(reversed(found))

    def _room_id(self, key: str) -> int:
        found = self._room_ids.get(key)
        if found is None:
            row = self._db.execute("SELECT id FROM rooms WHERE key = ?", (key,)).fetchone()
            found = row[0] if row else self._db.execute(ADD_ROOM, (key,)).lastrowid
            assert found is not None  # it is there after every INSERT
            if len(self._room_ids) >= ROOM_IDS_KEPT:
                self._room_ids.clear()
            self._room_ids[key] = found
        return found

    # --- letting go -------------------------------------------------------------------------------

    def forget(self, *keys: str) -> None:
        """Rooms are no more: their keys are free for others, whose numbers begin at 1. `prune`
        deletes what was said in them, bit by bit. All or none."""
        with self._transaction():
            forgotten = [(key,) for key in keys]
            self._db.executemany("UPDATE rooms SET key = NULL WHERE key = ?", forgotten)
            self._db.execute(NEW_EPOCH)
        for key in keys:
            self._room_ids.pop(key, None)

    def prune(self, keep_messages: int, keep_s: float, now: float) -> bool:
        """Delete what is old: all but the last `keep_messages` of each room, and what was said more
        than `keep_s` seconds before `now` (0: however many, however old). The space is used again,
        the file does not shrink.

        One short step. True: there is more to do. After False, the next call begins a new round.
        """
        oldest = now - keep_s if keep_s else float("-inf")
        left = PRUNE_STEP
        with self._transaction():
            while left > 0:
                room = self._db.execute(NEXT_ROOM, (self._pruned,)).fetchone()
                if room is None:
                    self._pruned = 0
                    return False
                room_id, forgotten, seq = room
                if forgotten:
                    deleted = self._delete_first(room_id, seq, oldest, left)
                else:
                    unkept = seq - keep_messages if keep_messages else 0
                    deleted = self._delete_first(room_id, unkept, oldest, left)
                if deleted < left:
                    self._pruned = room_id
                    if forgotten:
                        self._db.execute("DELETE FROM rooms WHERE id = ?", (room_id,))
                self._log_pages += 1 + deleted // 8
                left -= deleted + PRUNE_ROOM_COST
        return True

    def _delete_first(self, room_id: int, last: int, oldest: float, most: int) -> int:
        """Delete a room's first messages as far as they are up to number `last` or from before
        `oldest`, but not more than `most`. Returns how many."""
        with closing(self._db.execute(FIRST_MESSAGES, (room_id, most))) as first:
            gone = [seq for seq, _ in takewhile(lambda m: m[0] <= last or m[1] < oldest, first)]
        if gone:
            delete = "DELETE FROM messages WHERE room = ? AND seq <= ?"
            self._db.execute(delete, (room_id, gone[-1]))
        return len(gone)

    # --- the log ----------------------------------------------------------------------------------

    @property
    def checkpoint_due(self) -> bool:
        """The log, where commits go first (the file `-wal`), is long: it is time for `checkpoint`.
        Costs nothing to ask."""
        return self._log_pages >= CHECKPOINT_PAGES

    def checkpoint(self) -> None:
        """Move the log into the database. From any thread, best not the loop's: it waits for the
        disk, while the loop can go on writing.

        The log begins anew when all of it has been moved and nobody reads in it. What is written
        during one pass is left to the next, which is the shorter. Where all is never moved, or
        nobody calls this, a commit moves it that finds it over LOG_MAX_PAGES.
        """
        self._log_pages = 0  # first: what is written meanwhile counts for the next time
        with self._file.plainly(), closing(self._connect("rw")) as db:
            for _ in range(CHECKPOINT_PASSES):
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Move the log into the database and let another server have the file. More than once is
        once."""
        self._closed = True
        self._db.close()  # SQLite moves the log with its last connection, or at the next start
        self._file.close()

    # --- transactions -----------------------------------------------------------------------------

    def _connect(self, mode: str) -> sqlite3.Connection:
        if self._closed:
            raise self._file.error("closed")
        self._file.check_in_place()
        return self._file.connect(mode)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is done inside, or nothing of it."""
        with self._file.plainly():
            self._file.check_in_place()
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._room_ids.clear()  # some may be of rooms that are not there now
                if self._db.in_transaction:  # SQLite rolls back by itself after some errors
                    self._db.execute("ROLLBACK")
                raise
