"""The store's file: locked, checked and brought up to date; SQLite's errors in plain words."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Final

from chat.store import schema

try:
    import fcntl
except ImportError:  # not on this platform: nobody stops a second server there
    fcntl = None  # type: ignore[assignment]

try:
    import sqlite3
except ImportError:  # FreeBSD has it in a package of its own, and who keeps nothing needs none
    sqlite3 = None  # type: ignore[assignment]

CHECKED_MAX_BYTES = 64 * 1024 * 1024  # checked whole at the start: 0.1 s, more from a slow disk
BUSY_S = 0.1  # how long the loop waits while someone else writes, as an administrator may
LOG_MAX_PAGES = 16_384  # of 4 KiB; then the loop itself moves the log, and stands still for it

_HEADER = struct.Struct(">16s44xI4xI28x")  # SQLite's own: magic, our version, application
_MAGIC = b"SQLite format 3\0"

_SYSTEM_REASONS: Final = {
    errno.ENOENT: "no such folder",  # a file that is missing is made
    errno.EWOULDBLOCK: "in use by another server",
}
_OF_ONE_FILE: Final = {errno.EACCES, errno.EROFS}
_DATABASE_REASONS: dict[int, str] = {}
if sqlite3 is not None:
    _DATABASE_REASONS |= {
        sqlite3.SQLITE_FULL: "disk full",
        sqlite3.SQLITE_READONLY: "read-only",
        sqlite3.SQLITE_BUSY: "another program is writing to it",
        sqlite3.SQLITE_CORRUPT: "damaged",
        sqlite3.SQLITE_NOTADB: "not a database, or damaged",
    }


class StoreError(Exception):
    """What could not be kept or read, and why: one line, such as `chat.db: disk full`."""


class StoreFile:
    """A file that is ours while this is open. Raises StoreError if it can't be."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock: FileIO | None = None
        self._opened: os.stat_result  # to know the file again
        try:
            self._file = os.path.realpath(path)  # one lock, whatever links lead to it
        except ValueError:
            raise StoreError(f"{path!r}: not a path") from None

    def open(self) -> sqlite3.Connection:
        """Lock the file, check it and bring it up to date, make it if it is missing."""
        if sqlite3 is None:
            raise self.error("a store needs Python's module sqlite3, which is not installed")
        with self.plainly():
            # Not on the file itself: to close that while SQLite has it open would end the locks
            # that SQLite has on it, as POSIX wants it.
            self._lock = _open_private(f"{self._file}-lock")
            if fcntl is not None:  # the system lets go of it however the process ends
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            size = self._check_header()
            db = self.connect("rw")
            try:
                self._set_up(db, size)
            except BaseException:
                db.close()
                raise
        return db

    def connect(self, mode: str) -> sqlite3.Connection:
        """One more connection. `mode` is SQLite's: rw or ro."""
        return sqlite3.connect(
            f"{Path(self._file).as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,  # transactions begin where we say so
            check_same_thread=False,  # who makes a server need not be who runs it
        )

    def check_in_place(self) -> None:
        """SQLite goes on writing to a file that was deleted or replaced, as by a copy of it; when
        the server ends, all of that is gone."""
        try:
            in_place = os.path.samestat(os.stat(self._file), self._opened)
        except FileNotFoundError:
            in_place = False
        except OSError:  # who may not look there any more can still write
            in_place = True
        if not in_place:
            raise self.error("deleted or replaced")

    def close(self) -> None:
        """Let another server have it. Connections are closed first."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def error(self, reason: str) -> StoreError:
        """That, about this file."""
        return StoreError(f"{self.path}: {reason}")

    @contextmanager
    def plainly(self) -> Iterator[None]:
        """SQLite's errors and the system's as StoreErrors."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # above it: which kind of that
            raise self.error(_DATABASE_REASONS.get(code, str(error))) from error
        except OSError as error:
            reason = _SYSTEM_REASONS.get(error.errno or 0, error.strerror or str(error))
            if error.errno in _OF_ONE_FILE and error.filename:  # it may be that of the lock
                raise StoreError(f"{error.filename}: {reason}") from error
            raise self.error(reason) from error

    def _check_header(self) -> int:
        """The file's size. SQLite is not asked: it would begin by tidying up what a newer server
        has left behind, or a program that we know nothing of."""
        with _open_private(self._file) as file:
            self._opened = status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise self.error("not a file")
            header = file.read(_HEADER.size)
        if header:
            magic, version, application = _HEADER.unpack(header.ljust(_HEADER.size, b"\0"))
            if magic != _MAGIC:
                raise self.error("not a database")
            if application != schema.APPLICATION_ID:
                raise self.error("a database of something else")
            self._check_version(version)
        return status.st_size

    def _check_version(self, version: int) -> None:
        known = len(schema.MIGRATIONS)
        if version > known:
            raise self.error(f"made by a newer server: version {version}, known are up to {known}")

    def _set_up(self, db: sqlite3.Connection, size: int) -> None:
        if size <= CHECKED_MAX_BYTES:  # damage to a bigger one shows when it is read
            ((found,),) = db.execute("PRAGMA quick_check(1)")
            if found != "ok":
                raise self.error("damaged")
        ((version,),) = db.execute("PRAGMA user_version")
        self._check_version(version)  # again: the newest header may still be in the log
        for number, script in enumerate(schema.MIGRATIONS[version:], version + 1):
            db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")
        ((mode,),) = db.execute("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise self.error("no log is possible beside it")
        db.execute(f"PRAGMA wal_autocheckpoint = {LOG_MAX_PAGES}")


def _open_private(path: str) -> FileIO:
    """Open a file to read and write, make it if need be; nobody else may read what we make."""
    return open(
        path, "r+b", buffering=0, opener=lambda name, how: os.open(name, how | os.O_CREAT, 0o600)
    )
