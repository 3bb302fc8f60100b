"""`import chat.core` brings the core alone; `chat` has every name that it promises all the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import chat
from chat.cli import COMMANDS
from tests.chatting import DEADLINE_S

IMPURE = {"_socket", "_sqlite3", "_ssl", "logging", "queue", "selectors", "socket", "sqlite3"}
IMPURE |= {"ssl", "threading"}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh Python has after some code."""
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    return set(ran.stdout.split())


@pytest.mark.parametrize("code", ["import chat.core", "import chat.dialects", "import chat"])
def test_the_core_comes_alone(code: str) -> None:
    assert not loaded_by(code) & IMPURE
    assert not any(name.startswith("reactor") for name in loaded_by(code))


def test_what_is_impure_would_be_seen() -> None:
    assert loaded_by("from chat import ChatServer") >= {"_socket", "_ssl", "threading", "reactor"}


def test_websockets_is_not_needed_to_serve() -> None:
    assert "websockets" not in loaded_by("import chat.serve, chat.server, reactor")


def test_sqlite_is_not_needed_where_nothing_is_kept(tmp_path: Path) -> None:
    """FreeBSD has it in a package of its own."""
    code = f"""
import sys
sys.modules["_sqlite3"] = None
import chat.serve
from chat import ChatServer
from chat.store import StoreError
ChatServer(port=0).close()
try:
    ChatServer(port=0, store={str(tmp_path / "chat.db")!r})
except StoreError as error:
    assert "sqlite3, which is not installed" in str(error), error
    sys.modules["refused"] = sys"""
    assert "refused" in loaded_by(code)


def test_scrypt_is_not_needed_where_nobody_has_a_password() -> None:
    """Python has none where it was made with LibreSSL, as on OpenBSD."""
    assert "chat.passwords" in loaded_by("import hashlib\ndel hashlib.scrypt\nimport chat.serve")


def test_what_windows_lacks_is_not_needed_to_fuzz() -> None:
    code = "import os\ndel os.sysconf\nimport chat.testing.fuzzing.command"
    assert "chat.testing.fuzzing.process" in loaded_by(code)


def test_a_command_is_loaded_when_it_is_asked_for() -> None:
    loaded = loaded_by("from chat.cli import main\nmain(['admin', '--socket', 'nosuch', 'users'])")
    assert {module for module, _ in COMMANDS.values()} & loaded == {"chat.admin"}
    assert "chat.testing" not in loaded


@pytest.mark.parametrize("name", chat.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(chat, name) is not None
    assert name in dir(chat)


def test_everything_is_imported_by_a_star() -> None:
    assert "chat.server" in loaded_by("from chat import *\nConfig, ChatServer, __version__")


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'chat' has no attribute 'Confg'"):
        getattr(chat, "Confg")  # noqa: B009 - mypy knows that there is none


def test_the_type_checker_reads_the_same_names_as_python() -> None:
    """They stand in three places: under TYPE_CHECKING, in `__all__`, and by their modules."""
    assert chat.__file__
    tree = ast.parse(Path(chat.__file__).read_text(encoding="utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and "not" not in ast.unparse(node.test)
    )
    typed = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == chat._MODULES
    assert {*typed, "__version__"} == set(chat.__all__)
