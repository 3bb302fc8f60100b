"""`chat check`, the command: what it prints, its exit status, and what can be mistyped."""

from __future__ import annotations

import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from chat.cli import main
from tests.chatting import DEADLINE_S, HOST, Threaded
from tests.programs import start
from tests.testing.faulty import SaysTakenItsOwnWay


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with Threaded() as running:
        host, port = running.server.address
        yield f"{host}:{port}"


def test_a_line_for_each_rule_and_a_count(server: str, capsys: Any) -> None:
    assert main(["check", server]) == 0
    *lines, empty, count = capsys.readouterr().out.splitlines()
    assert lines[0] == "pass  login"
    assert "skip  idle " in "\n".join(lines)
    assert not empty
    assert count.startswith("38 pass, 0 fail, 1 skip (")


def test_what_fails_is_the_exit_status(capsys: Any) -> None:
    with SaysTakenItsOwnWay() as faulty:
        assert main(["check", "{}:{}".format(*faulty.address)]) == 1
    out = capsys.readouterr().out
    assert "FAIL  name-taken " in out
    says = "“If the username is already in use, reply with: ERR username-taken” "
    says += "LOGIN with a name that is taken was answered with 'ERR name in use'"
    assert says in " ".join(out.split())  # folded


def test_no_line_is_wider_than_the_terminal(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    assert main(["check", server]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 50
    assert "pass  variety           no greeting, no echo, no\n" in out


def test_without_a_basic_rule_the_others_are_one_line(capsys: Any) -> None:
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        assert main(["check", f"{HOST}:{port}", "--patience", "0.1"]) == 1
    out = capsys.readouterr().out
    *_, empty, others, count = out.splitlines()
    assert not empty
    assert others == "38 other rules were not tried: nothing to be found out without login"
    assert count.startswith("0 pass, 1 fail, 38 skip (")
    assert "skip  " not in out


def test_json_and_nothing_else(server: str, capsys: Any) -> None:
    assert main(["check", server, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["server"], found["dialect"], found["fail"]) == (server, "line", 0)
    assert found["variety"].startswith("no greeting, no echo")


def test_junit_is_written_beside_it(server: str, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "check.xml"
    assert main(["check", server, "--dialect", "slash", "--junit", str(file)]) == 0
    assert "pass" in capsys.readouterr().out
    assert ElementTree.parse(file).getroot().get("failures") == "0"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["4000"], "'4000': say HOST:PORT"),
        ([":4000"], "':4000': say HOST:PORT"),
        (["localhost:"], "'localhost:': say HOST:PORT"),
        (["localhost:0"], "'localhost:0': nobody can listen on port 0"),
        (["ws://localhost:4000"], "'ws://localhost:4000': say HOST:PORT, without ws://"),
        (["localhost:http"], "'http' is not a port: 0 to 65535"),
        (["localhost:1", "--idle", "soon"], "--idle: 'soon' is not a number of seconds"),
        (["localhost:1", "--patience", "0"], "--patience: nothing comes in no time"),
        (["nosuch.invalid:4000"], "nosuch.invalid:4000: nobody is there ("),
    ],
)
def test_what_is_mistyped_is_one_line(arguments: list[str], says: str, capsys: Any) -> None:
    assert main(["check", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"chat: {says}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["localhost:1", "--dialect", "latin"]])
def test_what_argparse_refuses_is_one_line(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["check", *arguments])
    assert capsys.readouterr().err.count("\n") == 1


def test_nobody_is_there(capsys: Any) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    assert main(["check", f"{HOST}:{port}"]) == 2
    assert capsys.readouterr().err == f"chat: {HOST}:{port}: nobody is there (Connection refused)\n"


def test_a_file_that_can_not_be_written(server: str, capsys: Any) -> None:
    assert main(["check", server, "--junit", "/nowhere/check.xml"]) == 2
    says = "chat: /nowhere/check.xml: No such file or directory\n"
    assert capsys.readouterr() == ("", says)  # before any rule is looked at


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_nobody_reads_it_any_more(server: str, form: list[str]) -> None:
    process = start("check", server, *form)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, err) == (141, b"")


def test_ctrl_c_says_how_far_it_came() -> None:
    with socket.create_server((HOST, 0)) as silent:
        silent.settimeout(DEADLINE_S)
        port = silent.getsockname()[1]
        process = start("check", f"{HOST}:{port}", "--patience", str(2 * DEADLINE_S))
        caller, _ = silent.accept()  # whether somebody is there
        caller.close()
        caller, _ = silent.accept()  # the first rule
        with caller:
            caller.settimeout(DEADLINE_S)
            assert caller.recv(5) == b"LOGIN"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=DEADLINE_S)
    says = b"\ninterrupted: 0 pass, 0 fail, 0 skip\n"
    assert (process.returncode, out, err) == (130, b"", says)


def test_the_extra_that_is_missing_is_named(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "websockets"]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if "websocket" in name and name.startswith("chat.t")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "websockets", None)
    assert main(["check", server, "--dialect", "ws"]) == 2
    says = "chat: --dialect ws needs: pip install 'reactor-chat[websocket]'\n"
    assert capsys.readouterr().err == says
