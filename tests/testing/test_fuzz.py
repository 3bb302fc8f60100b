"""`chat fuzz` finds what is wrong with servers, and nothing where nothing is."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain, repeat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chat.cli import main
from chat.fuzz import DIALECTS
from chat.testing.fuzzing import campaign, command, conversation, growth, probing
from chat.testing.fuzzing.campaign import CALM_PACE_S, Campaign, Plan
from chat.testing.fuzzing.conversation import Conversation, Deed, NoConversationError
from chat.testing.fuzzing.drawing import draw
from chat.testing.fuzzing.growth import MIB, WARM_UP_RUNS, Growth
from chat.testing.fuzzing.playing import Player
from chat.testing.fuzzing.process import Process
from chat.testing.fuzzing.tongues import TONGUES, tongue
from chat.testing.fuzzing.watching import Problem
from tests.chatting import DEADLINE_S, HOST
from tests.programs import ROOT, Server, running_server

SEED = "1"
SECONDS = "30"  # of which a finding takes one or two
QUICK_S = 0.5  # in which servers as small as these have answered, and closed what was left


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "ANSWER_S", QUICK_S)
    monkeypatch.setattr(probing, "GREETING_S", 0.05)
    monkeypatch.setattr(growth, "DESCRIPTORS_S", QUICK_S)
    monkeypatch.setattr(campaign, "SHRINK_S", 0.0)


@pytest.fixture
def badly() -> Iterator[Callable[[str], Server]]:
    """Starts a server with a bug."""
    servers: list[Server] = []

    def start(bug: str) -> Server:
        command = [sys.executable, "-m", "tests.testing.badly", bug]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
        servers.append(Server(process))
        servers[-1].port = int(servers[-1].read_address().rpartition(":")[2])
        return servers[-1]

    yield start
    for server in servers:
        with server:
            pass


def fuzz(server: Server, folder: Path, *arguments: str) -> int:
    where = f"{HOST}:{server.port}"
    saving = ("--save", str(folder), "--seconds", SECONDS)
    return main(["fuzz", where, "--pid", str(server.process.pid), *saving, *arguments])


def kinds(folder: Path) -> set[str]:
    """Of what was saved."""
    return {json.loads(path.read_text().splitlines()[0])["kind"] for path in folder.glob("*.jsonl")}


BUGS = {
    "Crashing": "crash",
    "Leaking": "descriptors",
    "Hanging": "hang",
    "Telling": "overheard",
    "Unclean": "control characters",
    "Open": "overheard",
    "Growing": "memory",
    "Undoing": "overheard",
}
"""Which kind of finding. In how many runs is up to the seed, and to all that people may type: each
is looked for until it is found."""


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found(
    bug: str, badly: Callable[[str], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "WARM_UP_RUNS", 1)
    monkeypatch.setattr(campaign, "FATAL", {*BUGS.values()})
    assert fuzz(badly(bug), tmp_path, "--seed", SEED, "--memory-mib", "16") == 1
    assert kinds(tmp_path) == {BUGS[bug]}


TOLD = Conversation(
    "line",
    tuple(
        [
            Deed(who, "type", b"LOGIN %s\n" % name)
            for who, name in enumerate((b"ann", b"bob", b"cat"))
        ]
        + [Deed(2, "type", b"MSG <s2.%d> hi\n" % number) for number in range(9)]
        + [Deed(0, "type", b"DM bob <d0.1>\n")]
    ),
)
"""In which a server that is Telling tells cat what is for bob. Cat is owed nothing else by then, as
that could hold it up on the way for longer than anybody listens."""


@pytest.fixture
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what is drawn, and played slowly enough for everybody to be there when it is said."""
    monkeypatch.setattr(command, "draw", lambda *_: TOLD)
    monkeypatch.setattr(
        campaign, "Player", lambda address, spoken, _: Player(address, spoken, CALM_PACE_S)
    )


@pytest.mark.usefixtures("_told")
def test_a_finding_is_played_again(
    badly: Callable[[str], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(campaign, "SHRINK_S", 5.0)
    assert fuzz(badly("Telling"), tmp_path, "--runs", "1") == 1
    (file,) = tmp_path.glob("*.jsonl")
    assert len(conversation.read(file).deeds) <= 6, "it was not shrunk"
    capsys.readouterr()
    again = ("--replay", str(file), "--dialect", "slash")
    assert fuzz(badly("Telling"), tmp_path / "again", *again) == 1
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"dialect line, as {file} says"
    assert second.startswith("run 1: overheard: ")
    assert fuzz(badly("WellServer"), tmp_path / "again", *again) == 0
    assert not (tmp_path / "again").exists()


def test_the_folder_is_looked_at_first(
    badly: Callable[[str], Server], tmp_path: Path, capsys: Any
) -> None:
    server, file = badly("Telling"), tmp_path / "file"
    file.touch()
    assert fuzz(server, file, "--runs", "1") == 2
    assert capsys.readouterr() == ("", f"chat: --save: {file} is no folder\n")
    assert fuzz(server, file / "folder", "--runs", "1") == 2
    said = f"chat: --save: {file}/folder: Not a directory\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.usefixtures("_told")
def test_what_can_not_be_saved_is_told(
    badly: Callable[[str], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def write(*_args: object, **_about: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(conversation, "write", write)
    assert fuzz(badly("Telling"), tmp_path, "--runs", "1") == 1
    _, told, saved, _ = capsys.readouterr().out.splitlines()
    assert told.startswith("run 1: overheard: ")
    assert saved.startswith("    could not be saved: ")
    assert saved.endswith(": No space left on device")


def test_the_first_look_is_interrupted(
    badly: Callable[[str], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def probe(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(probing, "probe", probe)
    assert fuzz(badly("WellServer"), tmp_path) == 130
    assert capsys.readouterr() == ("", "interrupted before the first run\n")


@pytest.mark.usefixtures("_told")
def test_an_interrupted_finding_is_saved(
    badly: Callable[[str], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def take_out(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(campaign, "take_out", take_out)
    assert fuzz(badly("Telling"), tmp_path) == 1
    assert "interrupted\n" in capsys.readouterr().out
    assert kinds(tmp_path) == {"overheard"}


@pytest.mark.parametrize("dialect", TONGUES)
def test_nothing_is_found_here(dialect: str, tmp_path: Path, capsys: Any) -> None:
    with running_server("--port", "0", "--rate-limit", "0") as server:
        status = fuzz(server, tmp_path, "--dialect", dialect, "--runs", "3")
    assert (status, kinds(tmp_path)) == (0, set()), capsys.readouterr().out


# --- the parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", TONGUES)
def test_a_seed_is_a_conversation(dialect: str, tmp_path: Path) -> None:
    """Always the same, and a file of it is one, too."""
    for run in range(30):
        drawn = draw(tongue(dialect), 1, run)
        assert drawn == draw(tongue(dialect), 1, run) != draw(tongue(dialect), 2, run)
        conversation.write(tmp_path / "file", drawn, about="?")
        assert conversation.read(tmp_path / "file") == drawn


NO_CONVERSATIONS = {
    "": "line 1 does not say",
    "[]": "line 1 is no object",
    '{"dialect":"line"}\n{': "line 2 is no object",
    '{"dialect":"line"}\n{"who":-1,"does":"read"}': "line 2: `who`",
    '{"dialect":"line"}\n{"who":1,"does":"fly"}': "line 2: `does`",
    '{"dialect":"line"}\n{"who":1,"does":"type","what":3}': "line 2: `what`",
    '{"dialect":"line"}\n{"who":1,"does":"type","what":"\\ud800"}': "line 2: `what`",
}


@pytest.mark.parametrize("text", NO_CONVERSATIONS)
def test_what_is_no_conversation(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text(text, encoding="ascii")
    with pytest.raises(NoConversationError, match=NO_CONVERSATIONS[text]):
        conversation.read(file)


class Grown:
    """A process of which we say what it takes."""

    is_alive = True
    memory = 10 * MIB
    open = 5

    def descriptors(self) -> int:
        return self.open

    def memory_bytes(self) -> int:
        return self.memory


def test_growth_is_told_once() -> None:
    process = Grown()
    grown = Growth(process, 20)  # type: ignore[arg-type]
    process.memory = 50 * MIB
    for _ in range(WARM_UP_RUNS):
        assert list(grown.problems()) == []
    process.memory = 71 * MIB
    process.open = 30
    assert [problem.kind for problem in grown.problems()] == ["descriptors", "memory"]
    assert list(grown.problems()) == []


class Dying(Grown):
    """A process that has just hung up on everyone."""

    def ends_within(self, _seconds: float) -> bool:
        return True


CUT_OFF, CRASH = Problem("cut off", "?"), Problem("crash", "connections are refused")


@pytest.mark.parametrize(
    ("process", "probed", "kind"),
    [
        (Dying(), [None, CUT_OFF], "crash"),
        (None, [None, CUT_OFF, CRASH], "crash"),
        (None, [None, CUT_OFF, None], "cut off"),
        (None, [None, CUT_OFF, CUT_OFF], "cut off"),
    ],
)
def test_who_dies_hangs_up_first(
    process: Any, probed: list[Problem | None], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(probed)
    monkeypatch.setattr(probing, "probe", lambda *_: next(answers))
    monkeypatch.setattr(probing, "greetings", lambda *_: [])
    with socket.create_server((HOST, 0)) as listener:
        nobody = listener.getsockname()[:2]
    plan = Plan(nobody, tongue("line"), "x", 10.0, None, 100, 0.0)
    campaign = Campaign(plan, process, lambda _: None)
    campaign.run([draw(plan.tongue, 1, 1)])
    assert [problem.kind for problem in campaign.found] == [kind]


def test_what_is_found_is_kept_although_nobody_reads_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = chain([None], repeat(CUT_OFF))
    monkeypatch.setattr(probing, "probe", lambda *_: next(answers))
    monkeypatch.setattr(probing, "greetings", lambda *_: [])

    def unread(_text: str) -> None:
        raise BrokenPipeError

    with socket.create_server((HOST, 0)) as listener:
        nobody = listener.getsockname()[:2]
    plan = Plan(nobody, tongue("line"), "x", 10.0, tmp_path, 100, 0.0)
    with pytest.raises(BrokenPipeError):
        Campaign(plan, None, unread).run([draw(plan.tongue, 1, 1)])
    assert [path.name for path in tmp_path.iterdir()] == ["x-1-cut-off.jsonl"]


def test_who_reads_no_more_is_no_fault_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(*_arguments: object) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(command, "_run", unread)
    assert main(["fuzz", "127.0.0.1:1"]) == 141


def test_a_process_ends() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as cat:
        process = Process(cat.pid)
        assert not process.ends_within(0.0)
        assert cat.stdin
        cat.stdin.close()
        assert process.ends_within(DEADLINE_S)


def test_the_dialects_are_those_of_the_command() -> None:
    assert set(DIALECTS) == set(TONGUES)


# --- the command ----------------------------------------------------------------------------------

WRONG = {
    ("192.0.2.1:4000",): "192.0.2.1 is not this machine; if it is yours: --i-own-this-server",
    ("localhost",): "'localhost': say HOST:PORT",
    (f"{HOST}:0",): f"'{HOST}:0': nobody can listen on port 0",
    (f"{HOST}:x",): "'x' is not a port: 0 to 65535",
    (f"{HOST}:1",): f"{HOST}:1: nobody is there (Connection refused)",
    (
        f"{HOST}:1",
        "--pid",
        "4194305",
    ): "process 4194305 can't be watched: No such file or directory",
    (f"{HOST}:1", "--runs", "0"): "--runs: '0' is not a whole number from 1",
    (f"{HOST}:1", "--seed", "x"): "--seed: 'x' is not a whole number from 1",
    (f"{HOST}:1", "--pid", "0"): "--pid: '0' is not a whole number from 1",
    (f"{HOST}:1", "--seconds", "0"): "--seconds: nothing comes in no time",
    (f"{HOST}:1", "--replay", "/nowhere"): "/nowhere: No such file or directory",
}


@pytest.mark.parametrize("arguments", WRONG)
def test_mistakes(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", *arguments]) == 2
    assert capsys.readouterr().err == f"chat: {WRONG[arguments]}\n"


def test_another_process(badly: Callable[[str], Server], tmp_path: Path, capsys: Any) -> None:
    other = str(os.getpid())
    assert fuzz(badly("WellServer"), tmp_path, "--pid", other) == 2
    assert capsys.readouterr().err == f"chat: --pid: process {other} does not listen there\n"


def test_who_listens() -> None:
    ours = Process(os.getpid())
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        assert ours.listens(port) is True
    assert ours.listens(port) is False


@pytest.mark.parametrize("dialect", TONGUES)
def test_something_else_is_there(dialect: str, tmp_path: Path, capsys: Any) -> None:
    with HTTPServer((HOST, 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        where = f"{HOST}:{server.server_port}"
        status = main(["fuzz", where, "--dialect", dialect, "--save", str(tmp_path / "folder")])
        server.shutdown()
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("chat: ")]
    assert status == 2
    assert said[0].startswith(f"chat: {where}: nobody can log in there: ")
    assert said[0].endswith(f"; does it speak {dialect}?")


def test_a_run_is_counted(badly: Callable[[str], Server], tmp_path: Path, capsys: Any) -> None:
    assert fuzz(badly("WellServer"), tmp_path, "--seed", SEED, "--runs", "1") == 0
    assert "\n1 run, 0 found; " in capsys.readouterr().out
