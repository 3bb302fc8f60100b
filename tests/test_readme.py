"""README.md says nothing that isn't so: its examples run, its tables are those of the code."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chat import ChatServer, Config
from chat.cli import main
from chat.config import OPTIONS, load
from chat.store import Store
from tests.store.support import keyed, said

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

RUNS = re.findall(r"<!-- runs -->\n```python\n(.*?)```\n```text\n(.*?)```", README, re.DOTALL)
DEADLINE_S = 20.0


@pytest.mark.parametrize(("code", "output"), RUNS)
def test_an_example_prints_what_stands_below_it(code: str, output: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (output, "")


def test_every_python_example_is_marked_to_run() -> None:
    assert len(RUNS) == README.count("```python") == 3


def test_the_transcript() -> None:
    """Played over real sockets, line by line in the order in which the two could have seen it."""
    naman, yudi = transcripts()
    with ChatServer(port=0) as server:
        first = Terminal(server)
        second = Terminal(server)
        first.type("LOGIN Naman", "OK")
        second.type("LOGIN Yudi", "OK")
        first.type("MSG hi everyone!")
        second.read("MSG Naman hi everyone!")
        first.type("MSG how are you?")
        second.read("MSG Naman how are you?")
        second.type("MSG hello Naman!")
        first.read("MSG Yudi hello Naman!")
        first.close()
        second.read("INFO Naman disconnected")
        second.close()
    assert [first.screen, second.screen] == [naman, yudi]


def test_the_table_of_settings() -> None:
    """`python3 -m tests.test_readme` prints the table that belongs there."""
    assert settings_table() in README


def test_the_configuration_file_of_the_deployment(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "chat.toml"
    path.write_text(text, encoding="utf-8")
    assert load(str(path), {}, {}) != Config()


def transcripts() -> list[list[str]]:
    """What stands in README of each terminal, without the command and the key that ends it."""
    shown = README[README.index("<!-- transcript -->") :]
    blocks = re.findall(r"```text\n(.*?)```", shown, re.DOTALL)[:2]
    return [block.removesuffix("^C\n").splitlines()[1:] for block in blocks]


class Terminal:
    """One person with `nc`: what they type and what they read, as it stands on their screen."""

    def __init__(self, server: ChatServer) -> None:
        self._socket = socket.create_connection(server.address, timeout=DEADLINE_S)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        self.screen: list[str] = []

    def type(self, line: str, answer: str = "") -> None:
        self._socket.sendall(f"{line}\n".encode())
        self.screen.append(line)
        if answer:
            self.read(answer)

    def read(self, line: str) -> None:
        assert self._lines.readline() == f"{line}\n"
        self.screen.append(line)

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def settings_table() -> str:
    rows = [
        f"| `--{option.flag}{' ' + option.metavar if option.metavar else ''}` | {option.help} |"
        for option in OPTIONS
    ]
    return "\n".join(["| setting | what it does |", "| --- | --- |", *rows])


if __name__ == "__main__":
    print(settings_table())


def test_the_administration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (shown,) = re.findall(r"<!-- admin -->\n```text\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAT_STORE", "chat.db")
    with ChatServer(port=0, store="chat.db") as server:
        for name in ("Ann", "Ben"):
            server.join(name)
        for step in shown.split("$ ")[2:]:
            command, *expected = step.splitlines()
            main(command.split()[1:])
            printed = capsys.readouterr()
            assert (printed.out + printed.err).splitlines() == expected, command


def test_a_copy_of_the_store_and_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server was killed, which leaves a log beside what the copy takes the place of."""
    (copies,) = re.findall(r'`sqlite3 /var/lib/chat/chat.db "(.*)"`', README)
    monkeypatch.chdir(tmp_path)
    with closing(Store("running.db")) as kept, closing(sqlite3.connect("running.db")) as tool:
        kept.append(keyed(said(1)))
        tool.execute(copies)
        kept.append(keyed(said(2)))
        for end in "", "-wal":
            shutil.copy(f"running.db{end}", f"chat.db{end}")
    Path("chat.db-wal").unlink()
    shutil.copyfile("copy.db", "chat.db")
    with closing(Store("chat.db")) as kept:
        assert kept.recall("lobby", 10, 1 << 20) == (said(1),)
        kept.append(keyed(said(2)))
