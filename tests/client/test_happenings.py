"""What the server tells and answers, as lines and as what is known afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.client.answers import ANSWERS, DONE
from chat.client.happenings import HAPPENINGS
from chat.client.model import ROOMS_MAX, SCROLLBACK_MAX
from tests.client.support import TIME, Paper, message


def inside(*rooms: str) -> Paper:
    paper = Paper(*rooms)
    paper.enter()
    return paper


HEARD: list[tuple[dict[str, Any], str]] = [
    (message(1, "hi"), "bob: hi"),
    (message(1, "waves", act=True), "* bob waves"),
    (message(1, "a\x1b[2Jb\n"), "bob: a[2Jb "),
    ({"type": "private", "sender": "bob", "text": "psst", "time": TIME}, "[from bob] psst"),
    ({"type": "join", "room": "tea", "sender": "eve", "time": TIME}, "* eve has joined."),
    ({"type": "leave", "room": "tea", "sender": "bob", "time": TIME}, "* bob has left."),
    ({"type": "nick", "sender": "bob", "to": "rob", "time": TIME}, "* bob is now rob."),
    ({"type": "status", "sender": "bob", "status": "away"}, "* bob is away."),
    ({"type": "status", "sender": "bob", "status": "away", "text": "tea"}, "* bob is away: tea"),
    ({"type": "status", "sender": "bob", "status": "active"}, "* bob is back."),
    ({"type": "status", "sender": "bob", "status": "offline"}, "* bob has disconnected."),
    ({"type": "status", "sender": "bob", "status": "busy"}, "* bob is busy."),
    (
        {"type": "topic", "room": "tea", "sender": "bob", "text": "Darjeeling"},
        "* bob has set the topic: Darjeeling",
    ),
    (
        {"type": "topic", "room": "tea", "sender": "bob", "text": ""},
        "* bob has taken the topic away.",
    ),
    (
        {"type": "moderation", "deed": "muted", "room": "tea", "name": "bob", "sender": "eve"}
        | {"seconds": 600, "reason": "loud"},
        "* bob was muted in tea by eve for 10m: loud.",
    ),
    (
        {"type": "moderation", "deed": "tickled", "room": "tea", "name": "bob", "sender": "eve"},
        "* bob was tickled in tea by eve.",
    ),
    ({"type": "system", "code": "shutdown", "text": "Goodbye!"}, "Goodbye!"),
    ({"type": "system", "code": "new-code"}, "new-code"),
    ({"type": "error", "code": "bad-message", "text": "What?"}, "What?"),
]


@pytest.mark.parametrize(("fields", "line"), HEARD)
def test_what_is_told(fields: dict[str, Any], line: str) -> None:
    paper = inside()
    paper.hear(**fields)
    assert paper.shown()[-1] == line


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where it is five hours later than in UTC, where nobody could tell one from the other."""
    monkeypatch.setenv("TZ", "XXX-5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


ANSWERED: list[tuple[str, dict[str, Any], str]] = [
    (
        "/rooms",
        {"type": "rooms", "rooms": [{"room": "tea", "members": 3}, {"room": "b", "members": 1}]},
        "Rooms: tea (3), b (1)",
    ),
    (
        "/users",
        {"type": "users", "room": "tea", "users": [{"name": "bob"}, {"name": "al"}]},
        "In tea (2): al, bob",
    ),
    (
        "/users *",
        {"type": "users", "users": [{"name": "bob", "status": "away"}]},
        "Here (1): bob (away)",
    ),
    ("/topic", {"type": "topic", "room": "tea", "text": "Assam"}, "Topic of tea: Assam"),
    ("/topic", {"type": "topic", "room": "tea", "text": ""}, "tea has no topic."),
    ("/away lunch", {"type": "ok"}, "You are away."),
    ("/back", {"type": "ok"}, "You are back."),
    ("/nick anna", {"type": "ok", "name": "anna"}, "You are anna now."),
    ("/login anna pw", {"type": "ok", "name": "anna"}, "You are anna now."),
    ("/register anna password", {"type": "ok", "name": "anna"}, "The name anna is yours now."),
    ("/msg bob hi", {"type": "ok"}, "[to bob] hi"),
    ("/kick bob", {"type": "ok"}, "You are in tea: ann, bob."),  # the room is told
    (
        "/mute bob 10m",
        {"type": "moderation", "deed": "muted", "room": "tea", "name": "bob", "from": "ann"}
        | {"seconds": 600.0},
        "* bob was muted in tea by ann for 10m.",
    ),
    (
        "/topic Assam",
        {"type": "topic", "room": "tea", "text": "Assam", "from": "ann"},
        "* ann has set the topic: Assam",
    ),
    (
        "/bans",
        {"type": "bans", "bans": [], "mutes": []},
        "Nobody is banned from tea, or muted there.",
    ),
    (
        "/bans",
        {"type": "bans", "bans": [{"name": "bob", "by": "eve", "reason": "loud"}]},
        "Banned: bob, by eve: loud",
    ),
    (
        "/bans",
        {"type": "bans", "mutes": [{"name": "bob", "by": "eve", "until": TIME}]},
        "Muted: bob, by eve until 2026-11-21 19:03",
    ),
    (
        "/bans",
        {"type": "bans", "mutes": [{"name": "bob", "by": "eve", "until": "doomsday"}]},
        "Muted: bob, by eve until doomsday",
    ),
    ("/history 2", {"type": "history", "messages": [message(1, "hi")]}, "bob: hi"),
    ("/kick bob", {"type": "error", "code": "not-allowed", "text": "Not you."}, "Not you."),
    ("/kick bob", {"type": "error", "code": "not-allowed"}, "not-allowed"),
    ("/msg eve psst", {"type": "error", "text": "Nobody."}, "Not sent: psst (Nobody.)"),
]


@pytest.mark.usefixtures("_elsewhere")
@pytest.mark.parametrize(("line", "fields", "shown"), ANSWERED)
def test_what_is_answered(line: str, fields: dict[str, Any], shown: str) -> None:
    paper = inside()
    paper.type(line)
    (asked,) = paper.sent()
    paper.hear(id=asked["id"], **fields)
    assert paper.shown()[-1] == shown
    assert paper.talk.unsent == 0


def test_what_was_done_in_a_room_that_one_is_not_in() -> None:
    paper = inside()
    paper.model.current.joined = False
    paper.type("/op bob")
    paper.hear(type="ok", id=paper.only("op")["id"])
    assert paper.shown()[-1] == "bob is an operator of tea."


def test_an_answer_nobody_waits_for() -> None:
    paper = inside()
    lines = paper.shown()
    for kind in ("ok", "pong", "help", "something-new"):
        paper.hear(type=kind, id="y1")
    assert paper.shown() == lines


# --- rooms --------------------------------------------------------------------------------------


def test_joining_shows_the_room_and_leaving_the_one_before() -> None:
    paper = inside()
    paper.type("/join work")
    paper.let_in(paper.only("join"))
    assert paper.model.current.name == "work"
    paper.type("/leave")
    paper.hear(type="ok", id=paper.only("leave")["id"])
    assert [room.name for room in paper.model.listed] == ["tea"]
    assert paper.shown()[-1] == "You have left work."


def test_joining_where_one_is_shows_the_room() -> None:
    paper = inside("tea", "work")
    paper.type("/join work")
    assert paper.sent() == []
    assert paper.model.current.name == "work"


def test_unread_messages_are_counted_and_mentions_marked() -> None:
    paper = inside("tea", "work")
    work = paper.model.room("work")
    assert work
    paper.hear(**message(1, "hi") | {"room": "work"})
    assert (work.unread, work.mentioned) == (1, False)
    paper.hear(**message(2, "hey, Ann!") | {"room": "work"})
    paper.hear(type="join", room="work", sender="eve")
    assert (work.unread, work.mentioned) == (2, True)
    paper.model.switch(work)
    assert (work.unread, work.mentioned) == (0, False)


def test_what_one_said_oneself_is_not_unread() -> None:
    """Confirmed, or seen again, while another room is shown."""
    paper = inside("tea", "work")
    work = paper.model.room("work")
    assert work
    paper.model.switch(work)
    paper.type("mine")
    tea = paper.model.room("tea")
    assert tea
    paper.model.switch(tea)
    paper.hear(type="ok", id=paper.only("say")["id"], room="work", seq=1)
    paper.hear(**message(2, "mine, too", "ann") | {"room": "work"})
    assert paper.shown("work")[-2:] == ["ann: mine", "ann: mine, too"]
    assert work.unread == 0


def test_out_of_a_room() -> None:
    """Its lines stay to be read, until one leaves it."""
    paper = inside()
    paper.hear(type="moderation", deed="kicked", room="tea", name="Ann", sender="eve")
    room = paper.model.room("tea")
    assert room
    assert not room.joined
    assert room.lines[-1].mention
    paper.type("/leave")
    assert paper.sent() == []
    assert paper.model.room("tea") is None


def test_a_room_that_one_was_put_into() -> None:
    paper = inside()
    paper.hear(**message(1, "hi") | {"room": "lobby"})
    assert [room.name for room in paper.model.joined] == ["tea", "lobby"]


def test_ones_own_name_changes() -> None:
    paper = inside()
    paper.hear(type="nick", sender="ann", to="anna")
    assert paper.talk.name == "anna"
    assert paper.model.current.names == ["anna", "bob"]


def test_ones_own_status() -> None:
    paper = inside()
    lines = paper.shown()
    paper.hear(type="status", sender="Ann", status="away", text="lunch")
    assert paper.model.away
    assert paper.shown() == lines


def test_who_comes_back_is_not_away() -> None:
    paper = inside()
    paper.hear(type="status", sender="Ann", status="away", text="lunch")
    paper.talk.lost("no answer", paper.now)
    assert paper.model.away
    paper.log_in()
    assert not paper.model.away


def test_a_correspondent() -> None:
    paper = inside()
    paper.hear(type="private", sender="bob", text="psst")
    paper.type("/reply hm")
    assert paper.only("private")["to"] == "bob"


def test_expelled() -> None:
    paper = inside()
    paper.hear(type="system", code="expelled", text="You are banned.")
    assert paper.talk.refused == "You are banned."


def test_another_day_is_told() -> None:
    paper = inside()
    paper.hear(**message(1, "hi") | {"time": "2026-11-24T14:03:07.125Z"})
    paper.hear(**message(2, "ho") | {"time": "2026-11-24T14:03:08.125Z"})
    assert paper.shown()[1:] == ["* Tuesday, 24 November 2026", "bob: hi", "bob: ho"]


def test_what_is_kept_is_bounded() -> None:
    paper = inside()
    for seq in range(1, SCROLLBACK_MAX + 100):
        paper.hear(**message(seq, "x", room=f"r{seq}"))
        paper.hear(**message(seq, "x"))
    assert len(paper.shown()) == SCROLLBACK_MAX
    assert len(paper.model.rooms) == ROOMS_MAX


VALUES: st.SearchStrategy[Any] = st.one_of(
    *(st.none(), st.integers(), st.booleans(), st.text(max_size=5), st.just("tea")),
    st.lists(st.dictionaries(st.sampled_from(["name", "room", "text"]), st.text())),
)
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            *("room", "from", "to", "name", "text", "seq", "epoch", "status", "deed", "users"),
            *("messages", "rooms", "bans", "mutes", "seconds", "code", "time", "topic", "limits"),
        ]
    ),
    VALUES | st.just("ann"),
)


@given(st.sampled_from([*HAPPENINGS, "ok", "error", "history", "welcome"]), FIELDS)
def test_whatever_a_server_tells(kind: str, fields: dict[str, Any]) -> None:
    paper = inside()
    paper.hear(**fields | {"type": kind})
    paper.sent()
    paper.hear(**message(1, "x"))


@given(st.sampled_from([*ANSWERS, *DONE]), st.sampled_from(["ok", "error", "history"]), FIELDS)
def test_whatever_a_server_answers(asked: str, kind: str, fields: dict[str, Any]) -> None:
    paper = inside()
    request = paper.talk.outbox.post({"type": asked, "room": "tea", "name": "x", "text": "t"})
    request.fields["to"] = "bob"
    paper.sent()
    paper.hear(**fields | {"type": kind, "id": request.id})
    paper.talk.lost("x", paper.now)
