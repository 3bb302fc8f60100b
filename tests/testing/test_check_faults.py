"""`chat check` finds what is wrong with a server, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from importlib import import_module
from typing import Any

import pytest

from chat.check import TABLES
from chat.core.events import Said
from chat.dialects import SlashDialect, json, json_told
from chat.testing.check import line_table, shared_rules, websocket_table
from chat.testing.check.line_person import LinePerson
from chat.testing.check.rules import Broken, NotOfferedError, Outcome, Rule, Verdict
from chat.testing.check.run import look, look_at
from chat.testing.check.stage import Target
from chat.testing.check.websocket_person import WebSocketPerson
from tests.chatting import Threaded
from tests.testing import faulty, tiny_slash, tiny_websocket
from tests.testing.checking import HURRY_S, PATIENCE_S, broken, checked, reasons
from tests.testing.faulty import (
    Babbles,
    GoesOnWithoutEnd,
    HangsSoon,
    HangsUpOnStrangers,
    KnowsCapitals,
    LeavesOutLineEnds,
    LogsInOnce,
    SaysAllTwice,
)
from tests.testing.shared_faults import FallsOverResets
from tests.testing.tiny_chat import TinyChat
from tests.testing.tiny_slash import AsksForNames, TinySlash
from tests.testing.tiny_websocket import CutsOffLongMessages, TinyWebSocket

Object = dict[str, Any]


def test_nothing_is_wrong_with_what_the_faults_are_planted_in() -> None:
    with TinyChat() as server:
        verdicts = checked(server.address)
    assert reasons(verdicts) == {}
    assert set(reasons(verdicts, Outcome.SKIP)) == {"idle"}


@pytest.mark.parametrize(
    ("server", "dialect"), [(TinySlash, "slash"), (AsksForNames, "slash"), (TinyWebSocket, "ws")]
)
def test_nor_with_those_of_other_dialects(server: type[TinyChat], dialect: str) -> None:
    with server() as running:
        verdicts = checked(running.address, dialect)
    assert reasons(verdicts) == reasons(verdicts, Outcome.SKIP) == {}


@pytest.mark.parametrize("server", [HangsUpOnStrangers, LogsInOnce])
def test_a_mistake_may_be_answered_by_hanging_up_or_not_at_all(server: type[TinyChat]) -> None:
    with server() as running:
        verdicts = checked(running.address)
    assert reasons(verdicts) == {}
    assert set(reasons(verdicts, Outcome.SKIP)) == {"idle"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [("ERR what?", "login is answered with 'ERR what?'"), ("", "login is not answered")],
)
def test_who_knows_capitals_alone_is_told_how_login_is_answered(answer: str, why: str) -> None:
    with KnowsCapitals(answer) as server:
        verdicts = checked(server.address)
    assert reasons(verdicts) == {}
    assert reasons(verdicts, Outcome.SKIP)["any-case"] == why


def test_who_says_too_much_may_be_cut_off_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_rules, "LONG_LINE_BYTES", 2**23)  # no system has room for all of it
    (rule,) = [rule for rule in websocket_table.RULES if rule.name == "long-message"]
    with CutsOffLongMessages() as server:
        verdict = look_at(rule, Target(server.address, PATIENCE_S), WebSocketPerson)
    assert verdict.outcome is Outcome.PASS, verdict


TAKE_TIME = {"hundred-users", "slow-reader"}
FAULTS = {"line": faulty.FAULTS, "slash": tiny_slash.FAULTS, "ws": tiny_websocket.FAULTS}


@pytest.mark.parametrize(
    ("dialect", "fault"),
    [(dialect, fault) for dialect, faults in FAULTS.items() for fault in faults],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_fault_breaks_the_rule_that_it_is_against(dialect: str, fault: type[TinyChat]) -> None:
    meant = FAULTS[dialect][fault]
    but = TAKE_TIME - meant if dialect == "ws" else ()

    def looked_at(patience_s: float) -> list[Verdict]:
        with fault() as server:
            return checked(server.address, dialect, patience_s=patience_s, but=but)

    found = broken(looked_at, meant)
    assert set(found) == meant, found


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (SaysAllTwice, r"^(\w+) heard ('.*') again instead of (?!\2)'.*'$"),
        (LeavesOutLineEnds, r"never came to \w+, but 'MSG .*' without the end of a line$"),
    ],
)
def test_a_common_fault_is_told_clearly(fault: type[TinyChat], reason: str) -> None:
    rules = [rule for rule in line_table.RULES if rule.name in {"variety", "order"}]
    with fault() as server:
        target = Target(server.address, PATIENCE_S)
        found = reasons(list(look(rules, target, LinePerson)))
    assert any(re.search(reason, told) for told in found.values()), found


# --- faults of our own server ---------------------------------------------------------------------


def ours(dialect: str, but: Container[str] = ()) -> Callable[[float], list[Verdict]]:
    """How our own server is looked at."""

    def looked_at(patience_s: float) -> list[Verdict]:
        with Threaded() as running:
            return checked(running.server.address, dialect, patience_s=patience_s, but=but)

    return looked_at


SLASH_FAULTS = {
    "join": (b"Welcome to room", b"You are in"),
    "broadcast": (b": hello", b"> hello"),
    "leave-told": (b"has left the room", b"has gone"),
    "users": (b"Current users: .*, ", b"Current users: "),
    "join-told": (b".* has joined the room.\n", b""),
    "unknown-command": (b"Error: .*\n", b""),
    "disconnect": (b"has disconnected", b"is gone"),
    "disconnect-once": (b"(.* has disconnected.\n)", rb"\1\1"),
    "text-as-typed": (b"%s", b""),
}


@pytest.mark.parametrize("rule", SLASH_FAULTS)
def test_another_text_of_the_slash_dialect(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern, other = SLASH_FAULTS[rule]
    render = SlashDialect.render
    monkeypatch.setattr(
        SlashDialect, "render", lambda self, event: re.sub(pattern, other, render(self, event))
    )
    found = broken(ours("slash"), {rule})
    assert set(found) == {rule}, found


def changed(kind: str, **fields: Any) -> Callable[[Object], Object]:
    """Objects of a kind get other fields."""
    return lambda sent: sent | fields if sent.get("type") == kind else sent


def without_the_last(sent: Object, name: str) -> Object:
    return sent | {name: sent[name][:-1]} if name in sent else sent


WEBSOCKET_FAULTS: dict[str, Callable[[Object], Object]] = {
    "login": lambda sent: sent | {"type": "fine"} if sent["type"] == "ok" else sent,
    "broadcast": changed("message", **{"from": "somebody"}),
    "acknowledged": lambda sent: (
        sent | {"type": "yes"} if "seq" in sent and "text" not in sent else sent
    ),
    "name-taken": changed("error", code="in-use"),
    "members": lambda sent: without_the_last(sent, "users"),
    "join-and-leave": changed("leave", type="system"),
    "private": changed("private", **{"from": ""}),
    "times": changed("message", time="2023-11-14T22:13:20.000"),
    "history": lambda sent: without_the_last(sent, "messages"),
    "text-as-typed": lambda sent: (
        sent | {"text": sent["text"].replace("%s", "")} if "text" in sent else sent
    ),
    "no-object": lambda sent: (
        sent | {"type": "oops"} if sent.get("code") == "bad-message" else sent
    ),
    "disconnect": changed("status", status="away"),
}


def _no_shorter_way(said: Said) -> bytes:
    """As everything else is written."""
    return json_told.encoded(json_told.message(said))


@pytest.mark.parametrize("rule", WEBSOCKET_FAULTS)
def test_another_object_over_websocket(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write, fault = json_told._written, WEBSOCKET_FAULTS[rule]
    monkeypatch.setattr(json_told, "_written", lambda sent: write(fault(sent)))
    monkeypatch.setattr(json, "message_line", _no_shorter_way)
    found = broken(ours("ws", but=TAKE_TIME), {rule})
    assert set(found) == {rule}, found


FOUND_HERE = {"line": {"idle"}, "slash": {*SLASH_FAULTS}, "ws": {*WEBSOCKET_FAULTS}}


@pytest.mark.parametrize("dialect", TABLES)
def test_every_rule_can_be_broken(dialect: str) -> None:
    breakable = FOUND_HERE[dialect].union(*FAULTS[dialect].values())
    assert {rule.name for rule in import_module(TABLES[dialect]).RULES} == breakable


def test_who_is_left_alone_for_too_long() -> None:
    with Threaded() as running:
        found = reasons(checked(running.server.address, idle_s=0.3))
    assert list(found) == ["idle"]
    assert "silent for 0.3 s, and nothing happens" in found["idle"]


def test_who_is_disconnected_too_soon() -> None:
    with Threaded(idle_timeout=0.5) as running:
        found = reasons(checked(running.server.address, idle_s=5.0))
    assert list(found) == ["idle"]
    assert "was disconnected after" in found["idle"]


# --- rules that need others -----------------------------------------------------------------------


def not_so(_stage: object) -> None:
    raise Broken("no")


def not_offered(_stage: object) -> None:
    raise NotOfferedError("there is no dance")


def test_what_needs_something_is_skipped_for_the_same_reason() -> None:
    rules = [
        Rule("sing", "", not_so),
        Rule("dance", "", not_offered),
        Rule("sing-twice", "", not_so, needs=("sing",)),
        Rule("dance-twice", "", not_so, needs=("dance",)),
        Rule("sing-thrice", "", not_so, needs=("sing-twice",)),
    ]
    with TinyChat() as server:
        found = reasons(list(look(rules, Target(server.address), LinePerson)), Outcome.SKIP)
    assert found == {
        "dance": "there is no dance",
        "sing-twice": "nothing to be found out without sing",
        "dance-twice": "there is no dance",
        "sing-thrice": "nothing to be found out without sing",
    }


# --- servers that end, and servers that don't -----------------------------------------------------


def test_of_a_server_that_falls_over_nothing_more_is_asked() -> None:
    with FallsOverResets() as server:
        verdicts = checked(server.address)
    names = [verdict.rule.name for verdict in verdicts]
    after = verdicts[names.index("resets") + 1 :]
    assert {verdict.reason for verdict in after} == {"since resets, nobody can come in any more"}
    assert {(verdict.outcome, verdict.tried) for verdict in after} == {(Outcome.SKIP, False)}


@pytest.mark.parametrize("server", [HangsSoon, GoesOnWithoutEnd])
def test_a_server_that_hangs_or_babbles_is_not_waited_for(server: type[TinyChat]) -> None:
    with server() as running:
        assert reasons(checked(running.address, patience_s=HURRY_S))


@pytest.mark.parametrize("dialect", TABLES)
def test_whatever_comes_is_no_more_than_wrong(dialect: str) -> None:
    with Babbles() as server:
        assert reasons(checked(server.address, dialect, patience_s=HURRY_S))


def test_every_rule_has_a_name_of_its_own() -> None:
    for dialect in TABLES:
        rules = import_module(TABLES[dialect]).RULES
        names = [rule.name for rule in rules]
        assert len(set(names)) == len(names)
        assert {need for rule in rules for need in rule.needs} <= set(names)
