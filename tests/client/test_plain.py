"""`echo hi | chat connect`: without a terminal, as the program it is."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.client import plain
from chat.client.plain import AHEAD_MAX, LINE_MAX_BYTES
from tests.chatting import DEADLINE_S
from tests.client.standin import Aside
from tests.programs import ROOT, Output, Program


@pytest.fixture
def aside() -> Iterator[Aside]:
    with Aside() as aside:
        yield aside


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "TZ": "UTC",
    }


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "chat", "connect", *arguments],
        cwd=ROOT,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def talk(folder: Path, typed: str, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a client that is told this."""
    with start(folder, *arguments) as process:
        out, err = process.communicate(typed.encode(), DEADLINE_S)
    return process.returncode, out.decode(), err.decode()


def test_what_comes_in_is_said(aside: Aside, tmp_path: Path) -> None:
    status, out, err = talk(
        tmp_path, "hi\n//x\n/me waves", aside.server.url, "--room", "tea", "--name", "ann"
    )
    assert (status, err) == (0, "")
    assert aside.server.texts() == ["hi", "/x", "waves"]
    assert out.split(" ", 1)[1] == "tea You are in tea: ann.\n"
    assert not (tmp_path / "state").exists()


def test_commands_are_waited_for(aside: Aside, tmp_path: Path) -> None:
    typed = "/join work\nhi\n/leave\nback\n/leave\nnowhere\n"
    status, _, err = talk(tmp_path, typed, aside.server.url, "--room", "tea", "--name", "ann")
    assert (aside.server.texts("work"), aside.server.texts()) == (["hi"], ["back"])
    assert status == 1
    assert err.endswith("You are in no room. /join one first.\n")


def test_nothing_comes_in(aside: Aside, tmp_path: Path) -> None:
    assert talk(tmp_path, "", aside.server.url, "--name", "ann")[0] == 0


def test_many_lines_are_said_in_order(aside: Aside, tmp_path: Path) -> None:
    texts = [str(number) for number in range(500)]
    typed = "\n".join(texts)
    assert talk(tmp_path, typed, aside.server.url, "--room", "tea", "--name", "a")[0] == 0
    assert aside.server.texts() == texts


def test_what_others_say_comes_out_clean(aside: Aside, tmp_path: Path) -> None:
    process = start(tmp_path, aside.server.url, "--room", "tea", "--name", "ann")
    with Program(process) as program:
        assert process.stdout
        assert process.stdin
        output = Output(process.stdout.fileno())
        assert output.read_line().endswith("You are in tea: ann.")
        aside.do(aside.server.say("bob", "\x1b[2Jhi\nthere"))
        assert output.read_line() == "14:03 tea bob: [2Jhi there"
        process.stdin.write(b"/quit\nnever said\n")
        process.stdin.flush()
        assert output.read_rest() == ""
        assert program.wait() == 0
    assert aside.server.texts() == ["\x1b[2Jhi\nthere"]


def test_what_is_refused(aside: Aside, tmp_path: Path) -> None:
    aside.server.refused["say"] = "muted"
    status, _, err = talk(tmp_path, "hi", aside.server.url, "--room", "tea", "--name", "ann")
    assert status == 1
    assert err.endswith("tea Not sent: hi (No: muted.)\n")


@pytest.mark.parametrize("over", [1, LINE_MAX_BYTES, 2 * LINE_MAX_BYTES])
def test_no_part_of_a_line_that_is_too_long(aside: Aside, tmp_path: Path, over: int) -> None:
    typed = f"{'x' * (LINE_MAX_BYTES - 1)}{'/nick eve'.rjust(over)}\nhi\n"
    status, _, err = talk(tmp_path, typed, aside.server.url, "--room", "tea", "--name", "ann")
    assert status == 1
    assert err.endswith(f"tea That line is too long: {LINE_MAX_BYTES} bytes at most.\n")
    assert len(err.splitlines()) == 1
    assert aside.server.texts() == ["hi"]
    assert "nick" not in {asked["type"] for asked in aside.server.heard}


def test_a_name_that_is_taken(aside: Aside, tmp_path: Path) -> None:
    aside.server.taken.add("ann")
    status, _, err = talk(tmp_path, "hi\nho\n", aside.server.url, "--room", "tea", "--name", "ann")
    assert status == 3
    assert "That name is in use." in err
    assert re.search(r"\nchat: (1 or more|2|2 or more) not sent\n$", err)  # as they come in
    assert aside.server.texts() == []
    status, _, _ = talk(tmp_path, "/nick anna\nhi\n", aside.server.url, "--room", "tea")
    assert aside.server.texts() == ["hi"]


def test_whoever_has_more_to_say_than_is_taken(aside: Aside, tmp_path: Path) -> None:
    """The thread that reads waits for the loop, and the loop ends."""
    aside.server.taken.add("ann")
    typed = "hi\n" * (AHEAD_MAX + 100)
    status, _, err = talk(tmp_path, typed, aside.server.url, "--room", "tea", "--name", "ann")
    assert status == 3
    assert [line[-8:] for line in err.splitlines()] == ["ck NAME.", "not sent"]


def test_what_comes_in_after_the_end_is_nobodys(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder, tmp_path: Path
) -> None:
    typed = tmp_path / "typed"
    typed.write_text("hi\n", encoding="ascii")
    loop = asyncio.new_event_loop()
    loop.close()
    with typed.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        plain._read(loop, asyncio.Queue())
    assert not recwarn.list


def test_a_password_comes_in_with_the_lines(aside: Aside, tmp_path: Path) -> None:
    aside.server.taken.add("ann")
    talk(tmp_path, "/login anna secret\nhi\n", aside.server.url, "--room=tea", "--name=ann")
    logins = [asked for asked in aside.server.heard if asked["type"] == "login"]
    assert logins[1]["password"] == "secret"
    assert aside.server.texts() == ["hi"]


def test_a_connection_that_breaks(aside: Aside, tmp_path: Path) -> None:
    aside.server.deaf = 1
    (tmp_path / "config" / "reactor-chat").mkdir(parents=True)
    settings = tmp_path / "config" / "reactor-chat" / "client.toml"
    settings.write_text(f'url = "{aside.server.url}"\nrooms = ["tea"]\nretry_first = 0.01\n')
    status, _, err = talk(tmp_path, "one\ntwo\n")
    assert status == 0
    assert "The connection is lost" in err
    assert aside.server.texts() == ["one", "two"]


def test_a_connection_that_is_lost_for_good(aside: Aside, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("retry_first = 0.01\nretry_max = 0.01\ngive_up = 0.05")
    where = (aside.server.url, "--room", "tea", "--config", str(tmp_path / "config.toml"))
    process = start(tmp_path, *where)
    with Program(process) as program:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        Output(process.stdout.fileno()).read_line()
        aside.server.deaf, aside.server.refused["login"] = 1, "server-full"
        process.stdin.write(b"hi\n")
        process.stdin.flush()
        assert program.wait() == 3
        err = process.stderr.read().decode()
        assert err.endswith("chat: no connection for 0.05 s\nchat: 1 or more not sent\n")


def test_no_server(tmp_path: Path) -> None:
    with Aside() as aside:
        url = aside.server.url
    status, out, err = talk(tmp_path, "hi", url)
    assert (status, out, err) == (3, "", f"chat: {url}: Connection refused\n")


@pytest.mark.parametrize(
    ("arguments", "err"),
    [
        (
            ["http://x"],
            "url: 'http://x' is no address of a server, such as ws://127.0.0.1:4000",
        ),
        (
            ["chat..org"],
            "url: 'chat..org' is no address of a server, such as ws://127.0.0.1:4000",
        ),
        (["--config", "/nope.toml"], "/nope.toml: No such file or directory"),
        (["--name", "a b"], "name: 'a b' is more than one word"),
        (["--colour"], "unknown: --colour; try: chat connect --help"),
    ],
)
def test_usage(tmp_path: Path, arguments: list[str], err: str) -> None:
    assert talk(tmp_path, "", *arguments) == (2, "", f"chat: {err}\n")


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text("bell = 1")
    status, _, err = talk(tmp_path, "", "--config", str(path))
    assert (status, err) == (2, f"chat: {path}: bell: 1 is neither true nor false\n")


@pytest.mark.parametrize(
    ("closing", "err"),
    [("<&-", "standard input is closed"), (">&-", "standard output is closed")],
)
def test_a_stream_that_is_closed(tmp_path: Path, closing: str, err: str) -> None:
    ran = in_a_shell(tmp_path, closing)
    assert (ran.returncode, ran.stderr) == (2, f"chat: {err}\n")


def test_output_that_is_full(aside: Aside, tmp_path: Path) -> None:
    """What comes in is said all the same."""
    ran = in_a_shell(tmp_path, "> /dev/full", aside.server.url, "--room", "tea", "--name", "ann")
    assert ran.returncode == 2
    assert ran.stderr == "chat: standard output: No space left on device\n"
    assert aside.server.texts() == ["hi", "ho"]


def test_input_that_cannot_be_read(aside: Aside, tmp_path: Path) -> None:
    redirection = f"0> {tmp_path}/typed"
    ran = in_a_shell(tmp_path, redirection, aside.server.url, "--room", "tea", "--name", "ann")
    assert ran.returncode == 2
    assert ran.stderr == "chat: standard input: Bad file descriptor\n"


def test_errors_that_nobody_can_be_told(tmp_path: Path) -> None:
    with Aside() as aside:
        url = aside.server.url
    assert in_a_shell(tmp_path, "2> /dev/full", url).returncode == 3


def test_input_that_pauses_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that does not block, as whoever started us may have it, would end at the pause."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    lines: asyncio.Queue[bytes | OSError | None] = asyncio.Queue()

    async def scene() -> list[bytes | OSError | None]:
        await asyncio.to_thread(plain._read, asyncio.get_running_loop(), lines)
        return [lines.get_nowait() for _ in range(lines.qsize())]

    with open(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        os.write(writing, b"hi\nho")
        os.close(writing)
        assert asyncio.run(scene()) == [b"hi\n", b"ho", None]
        assert os.get_blocking(reading)


def in_a_shell(folder: Path, redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A client that is told two lines, and started with this."""
    return subprocess.run(
        [
            "sh",
            "-c",
            f'"$@" {redirection}',
            "",
            sys.executable,
            "-m",
            "chat",
            "connect",
            *arguments,
        ],
        cwd=ROOT,
        env=environment(folder),
        input="hi\nho\n",
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_an_interrupt(aside: Aside, tmp_path: Path) -> None:
    process = start(tmp_path, aside.server.url, "--room", "tea", "--name", "ann")
    with Program(process) as program:
        assert process.stdout
        assert process.stderr
        Output(process.stdout.fileno()).read_line()
        program.signal(signal.SIGINT)
        assert program.wait() == 130
        assert process.stderr.read() == b""
    assert aside.server.heard[-1]["type"] == "quit"


def test_without_what_it_needs(tmp_path: Path) -> None:
    """As it is after `pip install reactor-chat` alone."""
    code = "import sys; from chat.cli import main; sys.exit(main(sys.argv[1:]))"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code, "connect"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "chat: to connect takes more than Python: pip install 'reactor-chat[client]'\n"
    )


@pytest.mark.parametrize("error", [AttributeError, OSError])
def test_where_only_pipes_can_be_made_to_block(
    error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: what comes in is read all the same, up to its end."""

    def refuse(*_arguments: object) -> None:
        raise error

    async def read() -> list[bytes | OSError | None]:
        lines: asyncio.Queue[bytes | OSError | None] = asyncio.Queue()
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.to_thread(plain._read, asyncio.get_running_loop(), lines)
        return [lines.get_nowait() for _ in range(lines.qsize())]

    (tmp_path / "typed").write_bytes(b"one\ntwo")
    monkeypatch.setattr(os, "set_blocking", refuse)
    with (tmp_path / "typed").open() as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        assert asyncio.run(read()) == [b"one\n", b"two", None]
