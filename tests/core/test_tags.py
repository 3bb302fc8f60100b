"""A client's `id`: whatever is asked has one answer that carries it, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import Limits, Settings
from chat.dialects import JSON
from chat.dialects.json_asked import TYPES
from tests.core.json_people import UNHURRIED, Object, answer, answers, ask, come
from tests.core.support import Chat

PASSWORD = "long enough"

# What is asked, and of which type its answer is. Ann has made the room; Bob is in it.
ASKED: list[tuple[Object, str]] = [
    ({"type": "login", "name": "eve"}, "error"),
    ({"type": "register", "name": "ann", "password": PASSWORD}, "ok"),
    ({"type": "register", "name": "anna", "password": PASSWORD}, "ok"),
    ({"type": "register", "name": "anna", "password": "short"}, "error"),
    ({"type": "nick", "name": "anna"}, "ok"),
    ({"type": "nick", "name": "ann"}, "ok"),
    ({"type": "nick", "name": "bob"}, "error"),
    ({"type": "join", "room": "den"}, "ok"),
    ({"type": "join", "room": "tea"}, "error"),
    ({"type": "leave", "room": "tea"}, "ok"),
    ({"type": "leave", "room": "den"}, "error"),
    ({"type": "say", "room": "tea", "text": "hello"}, "ok"),
    ({"type": "say", "room": "tea", "text": "waves", "act": True}, "ok"),
    ({"type": "say", "room": "tea", "text": ""}, "error"),
    ({"type": "private", "to": "bob", "text": "psst"}, "ok"),
    ({"type": "private", "to": "ann", "text": "to myself"}, "ok"),
    ({"type": "private", "to": "eve", "text": "psst"}, "error"),
    ({"type": "rooms"}, "rooms"),
    ({"type": "users"}, "users"),
    ({"type": "users", "room": "tea"}, "users"),
    ({"type": "users", "room": "den"}, "error"),
    ({"type": "history", "room": "tea"}, "history"),
    ({"type": "history", "room": "tea", "count": 1000}, "history"),
    ({"type": "resume", "room": "tea", "epoch": "e", "seq": 0}, "history"),
    ({"type": "resume", "room": "tea", "epoch": "", "seq": 9}, "history"),
    ({"type": "resume", "room": "den", "epoch": "e", "seq": 0}, "error"),
    ({"type": "topic", "room": "tea"}, "topic"),
    ({"type": "topic", "room": "tea", "text": "milk"}, "ok"),
    ({"type": "away", "text": "lunch"}, "ok"),
    ({"type": "away", "text": "x" * 201}, "error"),
    ({"type": "back"}, "ok"),
    ({"type": "kick", "room": "tea", "name": "bob"}, "ok"),
    ({"type": "kick", "room": "tea", "name": "eve"}, "error"),
    ({"type": "ban", "room": "tea", "name": "bob", "seconds": 60}, "ok"),
    ({"type": "unban", "room": "tea", "name": "bob"}, "error"),
    ({"type": "bans", "room": "tea"}, "bans"),
    ({"type": "mute", "room": "tea", "name": "bob"}, "ok"),
    ({"type": "unmute", "room": "tea", "name": "bob"}, "error"),
    ({"type": "op", "room": "tea", "name": "bob"}, "ok"),
    ({"type": "deop", "room": "tea", "name": "bob"}, "error"),
    ({"type": "lock", "room": "tea"}, "ok"),
    ({"type": "unlock", "room": "tea"}, "ok"),
    ({"type": "ping"}, "pong"),
    ({"type": "help"}, "help"),
    ({"type": "quit"}, "system"),
]


def room(*, durable: bool = False, settings: Settings | None = None) -> Chat:
    """Ann and Bob, who speak JSON, and Cid, who doesn't, in a room that Ann owns."""
    chat = Chat("cid", limits=UNHURRIED, durable=durable, epoch="e", settings=settings)
    come(chat, "ann", "bob")
    ask(chat, "ann", type="register", name="ann", password=PASSWORD)
    for who in ("ann", "bob"):
        ask(chat, who, type="join", room="tea")
    chat.send("cid", "JOIN tea", "SAY tea hello")
    chat.read_all()
    return chat


def test_every_type_is_here() -> None:
    assert {asked["type"] for asked, _ in ASKED} == set(TYPES)


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(("asked", "kind"), ASKED, ids=lambda it: str(it)[:60])
def test_whatever_is_asked_has_one_answer(asked: Object, kind: str, durable: bool) -> None:
    chat = room(durable=durable)
    assert answer(chat, "ann", **asked)["type"] == kind
    for other in ("bob", "cid"):
        assert '"id":"q"' not in "".join(
            [line for line in chat.lines(other) if '"type":"message"' not in line]
        )


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(("asked", "kind"), ASKED, ids=lambda it: str(it)[:60])
def test_the_id_changes_nothing_else(asked: Object, kind: str, durable: bool) -> None:  # noqa: ARG001
    """Bob and Cid, and the store, can't tell whether there was one, but in a message."""
    heard = []
    for more in ({}, {"id": "q"}):
        chat = room(durable=durable)
        ask(chat, "ann", **asked, **more)
        bob = [{**found, "id": ""} if "seq" in found else found for found in chat.objects("bob")]
        heard.append((bob, chat.lines("cid"), chat.records))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("echo", [False, True])
def test_who_says_something_is_answered_with_its_number(echo: bool) -> None:
    chat = room(settings=Settings(echo=echo))
    ask(chat, "ann", type="say", room="tea", text="hi", id="a1")
    said = {"room": "tea", "seq": 2, "time": "2023-11-14T22:13:20.000Z"}
    message = {"type": "message", **said, "from": "ann", "text": "hi", "id": "a1"}
    ok = {"type": "ok", "id": "a1", **said}
    assert chat.objects("ann") == ([message] if echo else []) + [ok]
    assert chat.objects("bob") == [message]
    assert chat.lines("cid") == ["SAID tea ann hi"]


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "nonsense"},
        {"type": 7},
        {"type": "say", "room": "tea"},
        {"type": "say", "room": "tea", "text": "\ud800"},
    ],
    ids=str,
)
def test_what_is_no_message_is_answered(asked: Object) -> None:
    chat = room()
    chat.send("ann", json.dumps({**asked, "id": "q"}))
    assert [found["type"] for found in answers(chat, "ann")] == ["error"]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "say", "room": "tea", "text": "hi"},
        {"type": "topic", "room": "tea", "text": "milk"},
        {"type": "register", "name": "anna", "password": PASSWORD},
        {"type": "lock", "room": "tea"},
    ],
    ids=str,
)
def test_what_could_not_be_saved_is_answered(asked: Object) -> None:
    chat = room(durable=True)
    chat.full = True
    assert answer(chat, "ann", **asked)["code"] == "not-saved"
    assert chat.read_all() == {}
    chat.full = False
    assert answer(chat, "ann", **asked)["type"] == "ok"


def test_of_several_that_could_not_be_saved_each_is_answered() -> None:
    chat = room(durable=True)
    chat.full = chat.gathering = True
    for number in range(3):
        ask(chat, "ann", type="say", room="tea", text="hi", id=f"a{number}")
    ask(chat, "ann", type="say", room="tea", text="hi")
    ask(chat, "ann", type="ping", id="p")
    chat.gathering = False
    chat.end_turn()
    found = chat.objects("ann")
    assert [(each["type"], each.get("id")) for each in found] == [
        *(("error", f"a{number}") for number in range(3)),
        ("error", None),
        ("pong", "p"),
    ]


def test_what_takes_a_while_is_answered_when_it_is_done() -> None:
    """And what happens meanwhile is nobody's answer."""
    chat = room()
    chat.connect("new", JSON)
    chat.read("new")
    asked = {"type": "login", "name": "eve", "password": "x", "id": "q1"}
    chat.send("new", json.dumps(asked))
    assert chat.objects("new")[0]["code"] == "not-registered"
    ask(chat, "ann", type="nick", name="anna", id="n")
    login = {"type": "login", "name": "ann", "password": PASSWORD}
    chat.send("new", json.dumps({**login, "id": "q2"}))
    chat.send("new", '{"type":"ping","id":"q3"}')
    assert chat.objects("new") == []
    chat.finish_jobs()
    assert chat.objects("new") == [
        {"type": "ok", "id": "q2", "name": "ann"},
        {"type": "pong", "id": "q3"},
    ]


def test_what_is_told_meanwhile_is_no_answer() -> None:
    chat = room(durable=True)
    login = {"type": "nick", "name": "ann", "password": "wrong " + PASSWORD, "id": "q"}
    chat.send("ann", json.dumps(login))
    ask_bob = {"type": "private", "to": "ann", "text": "psst", "id": "b"}
    chat.send("bob", json.dumps(ask_bob))
    (told,) = chat.objects("ann")
    assert told["type"] == "private"
    assert "id" not in told
    chat.finish_jobs()
    assert answers(chat, "ann")[0]["code"] == "wrong-password"


def test_a_job_that_fails_is_answered() -> None:
    chat = room()
    chat.send("ann", f'{{"type":"register","name":"eve","password":"{PASSWORD}","id":"q"}}')
    chat.fail_jobs()
    assert [found["code"] for found in answers(chat, "ann")] == ["try-again"]


def test_what_waits_its_turn_is_answered_once() -> None:
    chat = Chat(limits=Limits(rate_burst=2, rate_per_s=1.0))
    come(chat, "ann")
    for number in range(5):
        ask(chat, "ann", type="ping", id=f"p{number}")
    chat.wait(10)
    found = chat.objects("ann")
    assert [each.get("id") for each in found if each["type"] == "pong"] == [
        f"p{number}" for number in range(5)
    ]
    assert [each["code"] for each in found if each["type"] != "pong"] == ["slow-down"]


def test_whoever_is_gone_is_not_answered() -> None:
    chat = room()
    chat.send("ann", f'{{"type":"register","name":"eve","password":"{PASSWORD}","id":"q"}}')
    chat.lose("ann")
    chat.finish_jobs()
    assert chat.take("ann") == []


# --- who joins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("durable", [False, True])
def test_who_joins_is_told_what_was_said(durable: bool) -> None:
    chat = room(durable=durable)
    come(chat, "eve")
    ask(chat, "eve", type="join", room="#TEA", id="j")
    ok, history = chat.objects("eve")
    assert ok == {
        **{"type": "ok", "id": "j", "room": "tea", "topic": ""},
        "users": [{"name": name, "status": "active"} for name in ("ann", "bob", "cid", "eve")],
    }
    assert "id" not in history
    assert history["complete"] is True
    assert [message["text"] for message in history["messages"]] == ["hello"]
    assert [each["type"] for each in chat.objects("bob")] == ["join"]


def test_who_logs_in_is_in_no_room() -> None:
    chat = Chat("cid", settings=Settings(join_notices=True))
    come(chat, "ann")
    assert chat.read_all() == {}
    assert chat.core.world.users["ann"].rooms == ()


def test_welcome_comes_first() -> None:
    chat = Chat(settings=Settings(greeting="Hello."), epoch="e")
    chat.connect("ann", JSON)
    welcome, greeting = chat.objects("ann")
    assert (welcome["type"], welcome["epoch"]) == ("welcome", "e")
    assert greeting["text"] == "Hello."


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob"]),
            st.sampled_from([asked for asked, _ in ASKED if asked["type"] != "quit"]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.booleans(),
    st.booleans(),
)
def test_as_many_answers_as_ids(asked: list[Any], durable: bool, full: bool) -> None:
    chat = room(durable=durable)
    chat.full = full
    for number, (who, what, tagged) in enumerate(asked):
        ask(chat, who, **what, **({"id": f"{number}"} if tagged else {}))
    for who in ("ann", "bob"):
        expected = [f"{n}" for n, (asker, _, tagged) in enumerate(asked) if tagged and asker == who]
        assert [found["id"] for found in answers(chat, who)] == expected
