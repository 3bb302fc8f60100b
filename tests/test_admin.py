"""`chat admin`: what it asks, what it shows, and what it says of a socket that is none of ours."""

from __future__ import annotations

import errno
import io
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat import ChatServer, admin
from chat.cli import main
from chat.core.events import Announced
from tests.chatting import DEADLINE_S

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "admin")


@pytest.fixture
def server(path: str) -> Iterator[ChatServer]:
    with ChatServer(port=0, admin=path) as server:
        yield server


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What comes in on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_commands_from_standard_input(
    server: ChatServer, path: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    server.join("Ann")
    typed(monkeypatch, "users\n\nkick nobody\nquit\nusers\n")
    assert main(["admin", "--socket", path]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["USER Ann", "OK"]
    assert printed.err == "chat: There is nobody of that name here.\n"


def test_json_may_be_asked_for_by_typing_it(
    server: ChatServer, path: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    server.join("Ann")
    typed(monkeypatch, "users\nJSON\nusers\n")
    assert main(["admin", "--socket", path]) == 0
    text, ok, answer = capsys.readouterr().out.splitlines()
    assert (text, ok, json.loads(answer)) == ("USER Ann", "OK", {"users": ["Ann"]})


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_what_follows_the_end_of_a_line_is_no_other_command(
    server: ChatServer, path: str, end: str, capsys: Captured
) -> None:
    ann = server.join("Ann")
    assert main(["admin", "--socket", path, "announce", f"tea is ready{end}shutdown"]) == 0
    event = ann.next_event(DEADLINE_S)
    assert isinstance(event, Announced)
    assert event.text == "tea is ready shutdown"
    assert capsys.readouterr().out == "OK\n"


def test_a_server_that_others_look_after(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def refused(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refused)
    assert main(["admin", "--socket", path, "users"]) == 2
    assert capsys.readouterr().err == f"chat: {path}: Permission denied\n"


def test_where_there_are_no_unix_sockets(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """As on Windows."""
    monkeypatch.delattr(socket, "AF_UNIX")
    assert main(["admin", "--socket", path, "users"]) == 2
    assert capsys.readouterr().err == f"chat: {path}: Python has no Unix sockets on this system\n"


def test_no_server(path: str, capsys: Captured) -> None:
    assert main(["admin", "--socket", path, "users"]) == 2
    assert "no server is there (No such file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["users"], ["--json", "users"]])
def test_a_socket_for_people_is_no_administration(
    tmp_path: Path, arguments: list[str], capsys: Captured
) -> None:
    people = str(tmp_path / "people")
    with ChatServer(port=0, unix=people):
        assert main(["admin", "--socket", people, *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"chat: {people}: {admin.STRANGE}\n")


def test_what_answers_otherwise_is_no_administration(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        client = admin.Client(path, as_json=True)
        peer, _ = listener.accept()
        with peer:
            for answer in (b"hello\n", b"[1]\n", b"\xff\n", b"[" * 20_000 + b"\n"):
                peer.sendall(answer)
                with pytest.raises(admin.AdminError, match=admin.STRANGE):
                    client.ask("users")
            peer.sendall(b'{"users": ["Ann", "Be')
        with pytest.raises(admin.AdminError, match="the server is gone"):
            client.ask("users")
        client.close()


def test_a_server_that_hangs(path: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(admin, "CONNECT_S", 0.01)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert main(["admin", "--socket", path, "users"]) == 2
    assert capsys.readouterr().err == f"chat: {path}: no answer in 0.01 s\n"


@pytest.mark.usefixtures("server")
def test_who_has_seen_enough(path: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted(_client: admin.Client, _command: str) -> tuple[list[str], str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(admin.Client, "ask", interrupted)
    assert main(["admin", "--socket", path, "users"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("server")
def test_standard_input_may_be_closed(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["admin", "--socket", path]) == 0
