"""Keys as readline has them, and the history of what was typed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chat.client.keys import HISTORY_MAX, TypedHistory, editing_mode, vi_keys


@pytest.mark.parametrize(
    ("inputrc", "mode"),
    [
        ("", "emacs"),
        ("set editing-mode vi\n", "vi"),
        ("  SET Editing-Mode VI", "vi"),
        ("set editing-mode vi\nset editing-mode emacs", "emacs"),
        ("# set editing-mode vi", "emacs"),
        ("set editing-mode nano", "emacs"),
        ("$if mode=emacs\nset editing-mode vi\n$endif", "emacs"),
        ("$if mode=emacs\n$endif\nset editing-mode vi", "vi"),
        ("$endif\nset editing-mode vi", "vi"),
    ],
)
def test_editing_mode(inputrc: str, mode: str) -> None:
    assert editing_mode(inputrc) == mode


def test_where_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "inputrc"
    monkeypatch.setenv("INPUTRC", str(path))
    assert not vi_keys("inputrc")
    path.write_bytes(b"# \xff\nset editing-mode vi\n")
    assert vi_keys("inputrc")
    assert not vi_keys("emacs")
    path.unlink()
    assert vi_keys("vi")


def test_history_is_kept_for_oneself_without_passwords(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    history = TypedHistory(path)
    for entry in ("one", "two\nlines", "/login ann secret", "x" * 10_001):
        history.append_string(entry)
    assert history.get_strings() == ["one", "two\nlines"]
    assert list(TypedHistory(path).load_history_strings()) == ["two\nlines", "one"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret" not in path.read_text()


def test_history_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("".join(f'"{number}"\n' for number in range(2 * HISTORY_MAX + 1)))
    entries = list(TypedHistory(path).load_history_strings())
    assert len(entries) == HISTORY_MAX
    assert entries[0] == str(2 * HISTORY_MAX)
    assert len(path.read_text().splitlines()) == HISTORY_MAX


def test_a_history_that_is_broken_or_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"\xff\n{}\n" + b"[" * 20_000 + b'\n"one"\n')
    assert list(TypedHistory(path).load_history_strings()) == ["one"]
    nowhere = TypedHistory(path / "history")
    nowhere.append_string("two")
    assert nowhere.get_strings() == ["two"]
