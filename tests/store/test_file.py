"""What is no store of ours, or can't be used, is refused in one line and left as it was."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from chat.store import Store, StoreError, file, schema
from tests.store.support import keyed, python, said

PLENTY = 1 << 30
NOBODY = 65_534  # the user who owns nothing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.db"


def make(path: Path, messages: int = 3) -> None:
    with closing(Store(str(path))) as kept:
        kept.append(keyed(*[said(seq) for seq in range(1, messages + 1)]))
        kept.save([("user", "ann", "{}")])


def refusal(path: Path | str) -> str:
    """Why a store is refused, without its path."""
    with pytest.raises(StoreError) as caught:
        Store(str(path))
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


def contents(path: Path) -> object:
    with closing(Store(str(path))) as kept:
        return kept.rooms(), kept.records(), kept.recall("lobby", PLENTY, PLENTY)


def other_database(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in ("CREATE TABLE notes (text)", *statements):
            db.execute(statement)
        db.commit()


# --- refused ------------------------------------------------------------------------------------


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("Dear diary, " * 999), "not a database"),
    "a few bytes": (lambda path: path.write_bytes(b"SQLite"), "not a database"),
    "the magic alone": (
        lambda path: path.write_bytes(b"SQLite format 3\0"),
        "a database of something else",
    ),
    "not ours": (other_database, "a database of something else"),
    "not ours, with a version": (
        lambda path: other_database(path, "PRAGMA user_version = 1"),
        "a database of something else",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_store_is_left_as_it_was(path: Path, kind: str) -> None:
    write, reason = WRONG[kind]
    write(path)
    before = path.read_bytes()
    assert refusal(path) == reason
    assert path.read_bytes() == before


def test_a_newer_version_is_left_as_it_was(path: Path) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    before = path.read_bytes()
    assert refusal(path) == "made by a newer server: version 2, known are up to 1"
    assert path.read_bytes() == before
    assert not Path(f"{path}-wal").exists()


def test_a_newer_version_that_was_killed_is_left_as_it_was(path: Path) -> None:
    """Its log is still there, and is not tidied up."""
    make(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
        db.execute("PRAGMA wal_checkpoint")
        db.execute("INSERT INTO records VALUES ('a', 'b', 'c')")
        db.commit()
        files = [path, Path(f"{path}-wal")]
        left_behind = [one.read_bytes() for one in files]
    for one, data in zip(files, left_behind, strict=True):
        one.write_bytes(data)
    assert "newer server" in refusal(path)
    assert [one.read_bytes() for one in files] == left_behind


def test_a_newer_version_that_only_the_log_knows_of(path: Path) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
        files = [path, Path(f"{path}-wal")]
        left_behind = [one.read_bytes() for one in files]
    for one, data in zip(files, left_behind, strict=True):
        one.write_bytes(data)
    assert "newer server" in refusal(path)


def test_a_file_that_was_cut_off(path: Path) -> None:
    make(path, messages=1000)
    data = path.read_bytes()
    for size in range(100, len(data), 4096):
        path.write_bytes(data[:size])
        assert refusal(path) in {"damaged", "not a database, or damaged"}
        assert path.read_bytes() == data[:size]


@pytest.mark.parametrize("change", ["DELETE FROM file", "INSERT INTO file SELECT * FROM file"])
def test_a_file_without_its_one_epoch(path: Path, change: str) -> None:
    make(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()
    with closing(Store(str(path))) as kept, pytest.raises(StoreError, match=r"chat\.db: damaged"):
        _ = kept.epoch


def test_a_page_of_noise(path: Path) -> None:
    make(path, messages=1000)
    data = path.read_bytes()
    damaged = data[: 4 * 4096] + b"\x55" * 4096 + data[5 * 4096 :]
    path.write_bytes(damaged)
    assert refusal(path) == "damaged"
    assert path.read_bytes() == damaged


def test_damage_to_a_big_file_shows_when_it_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "CHECKED_MAX_BYTES", 0)
    make(path, messages=1000)
    data = path.read_bytes()
    path.write_bytes(data[:-4096] + b"\x55" * 4096)
    with closing(Store(str(path))) as kept:
        assert kept.records() == [("user", "ann", "{}")]
        with pytest.raises(StoreError, match=r"chat\.db: damaged"):
            kept.recall("lobby", PLENTY, PLENTY)


@pytest.mark.parametrize("offset", range(100))
def test_a_damaged_header_is_refused_or_does_no_harm(path: Path, offset: int) -> None:
    make(path)
    before = contents(path)
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)
    try:
        after = contents(path)
    except StoreError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017 - either is right
    else:
        assert after == before


PLACES: dict[str, tuple[str, str]] = {
    "no such folder": ("missing/chat.db", "no such folder"),
    "a file for a folder": ("file/chat.db", "Not a directory"),
    "a folder": ("", "Is a directory"),
    "a name that is too long": ("x" * 300, "File name too long"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_where_no_store_can_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    where, reason = PLACES[place]
    assert refusal(tmp_path / where) == reason


def test_a_path_that_is_none() -> None:
    with pytest.raises(StoreError, match=r"^'chat\\x00\.db': not a path$"):
        Store("chat\0.db")


def test_a_pipe(path: Path) -> None:
    os.mkfifo(path)
    assert refusal(path) == "not a file"


@contextmanager
def as_anybody() -> Iterator[None]:
    """Not as root, who may do everything."""
    if os.geteuid():
        yield
    else:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)


@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_may_only_be_read(which: str) -> None:
    with TemporaryDirectory() as folder:  # pytest's own are root's alone
        os.chmod(folder, 0o777)
        path = Path(folder) / "chat.db"
        with as_anybody():
            make(path)
        Path(f"{path}-lock").unlink()
        os.chmod(path if which == "file" else folder, 0o555)
        with as_anybody(), pytest.raises(StoreError) as caught:
            Store(str(path))
        refused = path if which == "file" else f"{path}-lock"
        assert str(caught.value) == f"{os.path.realpath(refused)}: Permission denied"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc here")
def test_a_folder_in_which_nobody_may_write() -> None:
    """Not even root."""
    assert refusal("/proc/self/chat.db") == "no such folder"


def test_a_reason_that_has_no_words_of_ours(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", ("SELECT nonsense",))
    assert refusal(path) == "no such column: nonsense"


# --- one server ---------------------------------------------------------------------------------

HOLD = """
import sys
from chat.store import Store
store = Store(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_two_processes(path: Path) -> None:
    with python(HOLD, str(path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        assert refusal(path) == "in use by another server"
        process.kill()
    make(path)


def test_two_stores_in_one_process(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with closing(Store(str(path))) as kept:
        assert refusal(path) == refusal(link) == "in use by another server"
        kept.append(keyed(said(1)))
    make(link, 0)


def test_another_thread_may_run_what_one_has_made(path: Path) -> None:
    with closing(Store(str(path))) as kept:
        thread = threading.Thread(target=kept.append, args=(keyed(said(1)),))
        thread.start()
        thread.join()
        assert kept.recall("lobby", 1, 10) == (said(1),)


def test_a_platform_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "fcntl", None)
    with closing(Store(str(path))), closing(Store(str(path))):
        pass


def test_nobody_else_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Store(str(path))) as kept:
            kept.append(keyed(said(1)))
            modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    finally:
        os.umask(before)
    names = ["chat.db", "chat.db-lock", "chat.db-shm", "chat.db-wal"]
    assert modes == dict.fromkeys(names, 0o600)


@pytest.mark.parametrize("name", ["a b?mode=memory#x%41.db", "zoë\udcff.db", "'; DROP.db"])
def test_a_name_with_letters_that_mean_something_elsewhere(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    make(path)
    assert sorted(os.listdir(tmp_path)) == sorted([name, f"{name}-lock"])
    with closing(Store(str(path))) as kept:
        assert len(kept.recall("lobby", 10, PLENTY)) == 3


# --- from version to version --------------------------------------------------------------------


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        ((number,),) = db.execute("PRAGMA user_version")
        return int(number)


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    make(path)
    assert version(path) == len(schema.MIGRATIONS)


@pytest.mark.parametrize("number", range(len(schema.MIGRATIONS)))
def test_each_script_leads_to_the_next_version(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = schema.MIGRATIONS
    for known in range(number, number + 2):
        monkeypatch.setattr(schema, "MIGRATIONS", scripts[:known])
        if known:
            Store(str(path)).close()
            assert version(path) == known


NEXT = "ALTER TABLE rooms ADD COLUMN topic TEXT NOT NULL DEFAULT ''"


def test_what_is_there_stays_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    before = contents(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, NEXT))
    assert contents(path) == before
    assert version(path) == len(schema.MIGRATIONS)


def test_a_script_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    before = contents(path)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, f"{NEXT}; SELECT nonsense"))
        assert refusal(path) == "no such column: nonsense"
    assert version(path) == len(schema.MIGRATIONS)
    assert contents(path) == before
