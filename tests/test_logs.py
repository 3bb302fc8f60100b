"""The log: what is in it, what must not be, and that all of it gets out, in order."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from chat import Config, logs
from tests.chatting import DEADLINE_S, Stepped

ROOT = Path(__file__).parent.parent
SECRET = "correct-horse"


class Stderr:
    """All that a test has written there."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


class Counting(io.StringIO):
    """A stream, with a count of how often it is written to."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """`set_up` is for a program's whole life; here it must not outlive a test."""
    known = [logging.getLogger(name) for name in ("chat", "reactor")]
    before = [(list(one.handlers), one.level, one.propagate) for one in known]
    wide = (logging._srcfile, logging.logThreads, logging.logProcesses, logging.logMultiprocessing)
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)
    for one, (handlers, level, propagate) in zip(known, before, strict=True):
        for handler in one.handlers:
            handler.flush()
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)
    logging._srcfile, logging.logThreads, logging.logProcesses = wide[:3]
    logging.logMultiprocessing = wide[3]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Stderr:
    return Stderr(capsys)


def logging_chat(**settings: Any) -> Stepped:
    """A server whose log is on."""
    chat = Stepped(**settings)
    logs.set_up(chat.server.config, chat.server.reactor.call_soon_threadsafe)
    return chat


def visit(chat: Stepped) -> None:
    """Ann comes, talks and goes; Ben finds the house full."""
    ann = chat.log_in("Ann")
    chat.connect().expect_end("ERR server-full")
    ann.send(f"MSG {SECRET}", "QUIT")
    ann.expect_end("BYE")
    chat.clock.now += 1.5
    for client in chat.clients:
        client.hang_up()
    chat.until(lambda: not chat.connections, "the end of both")
    chat.turns(2)


# --- what is in it --------------------------------------------------------------------------------


def test_a_visit_as_text(stderr: Stderr) -> None:
    with logging_chat(max_clients=1) as chat:
        visit(chat)
        peer = r"2\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d info 127\.0\.0\.1:\d+"
        expected = [
            f"{peer} #1 logged in as Ann",
            rf"{peer} #1 closed after 1\.500 s: quit",
            rf"{peer} #2 closed after 1\.500 s: refused: server-full",
        ]
        lines = stderr.text.splitlines()
        assert [
            line for line, form in zip(lines, expected, strict=True) if re.fullmatch(form, line)
        ] == lines


def test_a_visit_as_json(stderr: Stderr) -> None:
    with logging_chat(max_clients=1, log_format="json") as chat:
        visit(chat)
        entries = [json.loads(line) for line in stderr.text.splitlines()]
    assert [(entry["connection"], entry["event"]) for entry in entries] == [
        (1, "logged in"),
        (1, "closed"),
        (2, "closed"),
    ]
    assert entries[0]["user"] == "Ann"
    assert (entries[1]["reason"], entries[1]["seconds"]) == ("quit", pytest.approx(1.5))
    for entry in entries:
        assert entry["level"] == "info"
        assert entry["peer"].startswith("127.0.0.1:")
        assert entry["message"].startswith(f"{entry['peer']} #{entry['connection']} ")
        assert entry["time"] > 1.6e9  # seconds since the epoch


def test_who_never_logs_in_is_in_it_all_the_same(stderr: Stderr) -> None:
    with logging_chat() as chat:
        chat.connect().hang_up()
        chat.until(lambda: "closed" in stderr.text, "the line about it")
    assert len(stderr.text.splitlines()) == 1


def test_a_level_below_info_tells_who_has_come(stderr: Stderr) -> None:
    with logging_chat(log_level="debug") as chat:
        chat.connect()
        chat.until(lambda: "debug 127.0.0.1:" in stderr.text, "the line about it")
        assert stderr.text.endswith(" #1 opened\n")


def test_how_connections_end(stderr: Stderr) -> None:
    with logging_chat() as chat:
        chat.log_in("Ann").reset()
        chat.log_in("Ben").hang_up()
        chat.log_in("Eve")
        chat.until(lambda: len(chat.connections) == 1, "the end of two")
        chat.let_pass(61)
        chat.let_pass(6)
    reasons = re.findall(r"closed after .* s: (.*)", stderr.text)
    assert reasons == ["Connection reset by peer", "closed by client", "idle timeout"]


def test_users_in_this_process(stderr: Stderr) -> None:
    with logging_chat() as chat:
        chat.server.join("bot")
        chat.turns()
        assert stderr.text.endswith(" info in process #1 logged in as bot\n")


def test_nothing_that_anyone_said_is_in_it(stderr: Stderr) -> None:
    with logging_chat(log_level="debug", echo=True, join_notices=True) as chat:
        chat.log_in("Ben")
        ann = chat.connect()
        ann.send(f"LOGIN {SECRET} {SECRET}", f"{SECRET}", f"PASS {SECRET}", "LOGIN Ann")
        ann.send(f"MSG {SECRET}", f"DM Ben {SECRET}", f"MSG {SECRET * 1000}", f"DM {SECRET} x")
        ann.send(*[f"MSG {SECRET}"] * 30)
        chat.time_flies = True
        ann.send("QUIT")
        ann.expect_lost()
        chat.server.join("bot").say(SECRET)
        chat.turns()
    assert "logged in as Ann" in stderr.text
    assert SECRET not in stderr.text


def test_a_level_above_info(stderr: Stderr) -> None:
    with logging_chat(log_level="warning", max_clients=1) as chat:
        visit(chat)
        assert stderr.text == ""


# --- that it gets out -----------------------------------------------------------------------------


def test_the_lines_of_a_turn_leave_together() -> None:
    with redirect_stderr(Counting()) as stderr, logging_chat() as chat:
        for number in range(20):
            chat.connect().send(f"LOGIN n{number}")
        chat.until(lambda: stderr.getvalue().count("logged in") == 20, "all lines")
        assert stderr.writes <= 2  # one, if they all have arrived at once


def test_an_error_leaves_at_once_and_behind_what_was_before_it(stderr: Stderr) -> None:
    logs.set_up(Config(), lambda _flush: None)  # a loop that does not turn
    log = logging.getLogger("chat")
    log.info("one")
    assert stderr.text == ""
    log.warning("two")
    log.info("three")
    log.error("four")
    assert [line.split(" ", 2)[2] for line in stderr.text.splitlines()] == [
        "info one",
        "warning two",
        "info three",
        "error four",
    ]


def test_a_line_that_there_are_no_words_for_takes_no_other_with_it(stderr: Stderr) -> None:
    with logging_chat() as chat:
        log = logging.getLogger("chat")
        log.info("before")
        log.info("%d", "no number")
        log.info("behind")
        chat.turns()
    text = stderr.text
    assert text.count(" info before\n") == text.count(" info behind\n") == 1
    assert "TypeError" in text
    assert "Message: '%d'" in text


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback(stderr: Stderr, log_format: str) -> None:
    logs.set_up(Config(log_format=log_format), lambda _flush: None)
    try:
        raise ValueError("on purpose")
    except ValueError:
        logging.getLogger("reactor").exception("it failed: %s", "100 % ü")
    text = stderr.text
    if log_format == "json":
        (line,) = text.splitlines()
        entry = json.loads(line)
        assert entry["message"] == "it failed: 100 % ü"
        text = entry["traceback"]
    assert "Traceback (most recent call last)" in text
    assert text.rstrip().endswith("ValueError: on purpose")


def test_what_is_left_leaves_as_the_program_ends() -> None:
    code = (
        "import logging; from chat import Config, logs\n"
        "logs.set_up(Config(), lambda flush: None)\n"
        "logging.getLogger('chat').info('the last words')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    assert ran.stderr.endswith(" info the last words\n")


def test_setting_up_again_replaces_what_was_and_loses_nothing(stderr: Stderr) -> None:
    with logging_chat() as chat:
        chat.log_in("Ann")
        logs.set_up(Config(log_level="error"), chat.server.reactor.call_soon_threadsafe)
        chat.log_in("Ben")
        chat.turns()
        logging.getLogger("chat").error("said once")
    came, said = stderr.text.splitlines()
    assert came.endswith(" #1 logged in as Ann")
    assert said.endswith(" error said once")


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("I/O operation on closed file")])
def test_a_log_that_nobody_reads_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """`chat 2>&1 | head -1`: the chat goes on."""

    class Closed:
        def write(self, _text: str) -> None:
            raise error

    with logging_chat() as chat:
        monkeypatch.setattr(sys, "stderr", Closed())
        ann = chat.log_in("Ann")
        logging.getLogger("chat").warning("nobody reads this")
        ann.expect_nothing()
    monkeypatch.undo()
