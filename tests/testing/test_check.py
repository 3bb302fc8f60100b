"""`chat check` on this server in all its varieties, and on the plain ones of the benchmark."""

from __future__ import annotations

import re
import threading
from itertools import product
from typing import Any

import pytest

from chat.cli import main
from chat.parsing import Rate, parse_listen
from chat.testing.check.rules import Outcome
from tests.bench.servers import Server, start
from tests.chatting import DEADLINE_S, HOST, Threaded
from tests.programs import ROOT
from tests.testing.checking import checked, reasons

GREETING = "Welcome! Please login with: LOGIN <username>"
VARIETIES = [
    {"greeting": greeting, "echo": echo, "join_notices": join_notices}
    for greeting, echo, join_notices in product(("", GREETING), (False, True), (False, True))
]


def named(settings: dict[str, Any]) -> str:
    return " ".join(name for name, value in settings.items() if value) or "plain"


@pytest.mark.parametrize("settings", VARIETIES, ids=named)
def test_lines(settings: dict[str, Any]) -> None:
    with Threaded(**settings) as running:
        verdicts = checked(running.server.address)
    assert reasons(verdicts) == {}
    assert set(reasons(verdicts, Outcome.SKIP)) == {"idle"}
    (variety,) = (verdict.reason for verdict in verdicts if verdict.rule.name == "variety")
    assert ("no greeting" in variety) is not bool(settings["greeting"])
    assert ("no echo" in variety) is not settings["echo"]
    assert ("no join notices" in variety) is not settings["join_notices"]


@pytest.mark.parametrize("settings", VARIETIES, ids=named)
@pytest.mark.parametrize("detected", [True, False], ids=["detected", "own port"])
def test_slashes(settings: dict[str, Any], detected: bool) -> None:
    with Threaded(**settings, listen=(parse_listen("slash:0"),)) as running:
        address = running.server.addresses[0 if detected else 1]
        verdicts = checked(address, "slash")
    assert reasons(verdicts) == reasons(verdicts, Outcome.SKIP) == {}


@pytest.mark.parametrize("echo", [False, True])
def test_websockets(echo: bool) -> None:
    with Threaded(echo=echo) as running:
        verdicts = checked(running.server.address, "ws")
    assert reasons(verdicts) == reasons(verdicts, Outcome.SKIP) == {}


def test_the_silent_are_disconnected() -> None:
    with Threaded(idle_timeout=2.0) as running:
        verdicts = checked(running.server.address, idle_s=2.0)
    assert reasons(verdicts) == reasons(verdicts, Outcome.SKIP) == {}


def test_strangers_who_talk_meanwhile_are_in_nobodys_way() -> None:
    done = threading.Event()

    def talk() -> None:
        while not done.wait(0.001):
            stranger.say("MSG hello, INFO you disconnected")

    with Threaded(echo=True, join_notices=True, rate_limit=Rate(0, 0.0)) as running:
        stranger = running.server.join("stranger")
        thread = threading.Thread(target=talk)
        thread.start()
        try:
            assert reasons(checked(running.server.address)) == {}
            assert reasons(checked(running.server.address, "ws")) == {}
        finally:
            done.set()
            thread.join(DEADLINE_S)


def test_the_page_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    page = (ROOT / "chat/testing/README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"<!-- check -->\n```text\n(.*?)```", page, re.DOTALL)
    with start(Server("threads", "tests.bench.peers.threads_chat"), None) as running:
        main(["check", f"{HOST}:{running.port}", "--patience", "1"])
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in shown.splitlines() if line not in printed] == []


PLAIN = {"no-name", "blanks", "empty-message", "disconnect"}
PEERS = {
    "asyncio": PLAIN | {"last-line"},
    "threads": PLAIN | {"slow-reader"},
    "twisted": PLAIN | {"last-line"},
}
"""What the plain servers leave out, and what each of them is bad at."""
CHANCE = {"twisted": {"half-close"}}
"""What they are bad at if the end arrives before an answer has left, which the system decides."""
NEEDS = {"twisted": "twisted"}


@pytest.mark.parametrize("name", PEERS)
def test_what_is_wrong_with_the_servers_of_the_benchmark(name: str) -> None:
    server = Server(name, f"tests.bench.peers.{name}_chat", needs=NEEDS.get(name))
    if missing := server.missing():
        pytest.skip(missing)
    with start(server, None) as running:
        verdicts = checked((HOST, running.port))
    found = reasons(verdicts)
    assert set(found) - CHANCE.get(name, set()) == PEERS[name], found
    for verb in ("who", "dm", "ping"):
        says = f"{verb.upper()} is answered with 'ERR unknown-command'"
        assert reasons(verdicts, Outcome.SKIP)[verb] == says
