"""Coming in, talking, losing the connection and coming back: no gap, and nothing twice."""

from __future__ import annotations

import pytest

from chat.client.conversation import ENTER_S, PING_S
from chat.client.naming import GHOST_RETRY_S, GHOST_S
from tests.client.support import TIME, Paper, message


def test_coming_in() -> None:
    paper = Paper("tea", "work")
    paper.enter()
    assert [room.name for room in paper.model.joined] == ["tea", "work"]
    assert paper.model.current.name == "tea"
    assert paper.shown() == ["You are in tea: ann, bob."]
    assert paper.shown("") == []


def test_a_server_that_gives_another_name() -> None:
    paper = Paper()
    paper.open()
    paper.hear(type="ok", id=paper.only("login")["id"], name="ann2")
    assert paper.shown("") == ["You are ann2."]
    assert paper.talk.name == "ann2"


def test_history_is_shown_and_nobody_is_told() -> None:
    paper = Paper()
    paper.enter(message(1, "hi"), message(2, "ann?"))
    assert paper.shown() == ["You are in tea: ann, bob.", "bob: hi", "bob: ann?"]
    assert ("tea", "bob: hi") not in paper.told


def test_what_is_said_is_pending_until_it_is_acknowledged() -> None:
    paper = Paper()
    paper.enter()
    paper.type("hello")
    say = paper.only("say")
    assert (say["room"], say["text"]) == ("tea", "hello")
    assert paper.talk.unsent == 1
    paper.hear(**message(1, "first"))
    paper.hear(type="ok", id=say["id"], room="tea", seq=2, time=TIME)
    assert paper.shown()[1:] == ["bob: first", "ann: hello"]
    assert paper.talk.unsent == 0


def test_what_is_refused_comes_back() -> None:
    paper = Paper()
    paper.enter()
    paper.type("hello")
    paper.hear(type="error", id=paper.only("say")["id"], code="muted", text="You may not speak.")
    assert paper.shown()[1:] == ["Not sent: hello (You may not speak.)"]
    assert paper.talk.unsent == 0


@pytest.mark.parametrize("echo_first", [True, False])
def test_a_server_that_echoes(echo_first: bool) -> None:
    paper = Paper()
    paper.enter()
    paper.type("hello")
    say = paper.only("say")
    heard = [
        message(1, "hello", "ann", id=say["id"]),
        {"type": "ok", "id": say["id"], "room": "tea", "seq": 1, "time": TIME},
    ]
    for fields in heard if echo_first else reversed(heard):
        paper.hear(**fields)
    assert paper.shown()[1:] == ["ann: hello"]
    assert paper.talk.unsent == 0


# --- a lost connection --------------------------------------------------------------------------


def come_back(paper: Paper, *missed: object, complete: bool = True, epoch: str = "e1") -> None:
    paper.log_in(epoch)
    join = paper.only("join")
    paper.let_in(join, message(1, "the server's last 50"), epoch=epoch)
    resume = paper.only("resume")
    paper.hear(
        type="history",
        id=resume["id"],
        room="tea",
        epoch=epoch,
        complete=complete,
        messages=list(missed),
    )
    assert paper.talk.state == "ready"


def test_what_was_missed_is_told_once() -> None:
    paper = Paper()
    paper.enter(message(1, "one"))
    paper.hear(**message(2, "two"))
    paper.talk.lost("no answer", paper.now)
    assert paper.shown()[-1] == "The connection is lost: no answer."
    paper.log_in()
    paper.let_in(paper.only("join"), message(1, "one"), message(2, "two"), message(3, "three"))
    paper.hear(**message(5, "five"))  # while the answer is due
    resume = paper.only("resume")
    assert (resume["epoch"], resume["seq"]) == ("e1", 2)
    missed = [message(3, "three"), message(4, "four"), message(5, "five")]
    paper.hear(
        type="history", id=resume["id"], room="tea", epoch="e1", complete=True, messages=missed
    )
    paper.hear(**message(6, "six"))
    assert paper.shown()[-5:] == [
        *("bob: three", "bob: four", "bob: five", "Connected again.", "bob: six")
    ]
    assert ("tea", "bob: three") in paper.told


def test_what_is_typed_meanwhile_is_sent_once_and_in_order() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    for line in ("one", "/topic tea time", "two"):
        paper.type(line)
    assert paper.sent() == []
    room = paper.model.room("tea")
    assert room
    assert [request.fields["text"] for request in paper.talk.pending(room)] == ["one", "two"]
    come_back(paper)
    assert [fields.get("text") for fields in paper.sent()] == ["one", "tea time", "two"]
    assert paper.sent() == []


def test_what_was_not_acknowledged_is_sent_again_if_it_did_not_arrive() -> None:
    paper = Paper()
    paper.enter(message(1, "one"))
    for text in ("a", "b"):
        paper.type(text)
    first, second = paper.sent()
    paper.talk.lost("no answer", paper.now)
    paper.type("c")
    come_back(paper, message(2, "a", "ann", id=first["id"]), message(3, "hm"))
    again, later = paper.sent()
    assert (again["id"], again["text"], later["text"]) == (second["id"], "b", "c")
    assert paper.shown()[-3:-1] == ["ann: a", "bob: hm"]


def test_the_id_of_another_is_not_mistaken() -> None:
    paper = Paper()
    paper.enter()
    paper.type("a")
    say = paper.only("say")
    paper.talk.lost("no answer", paper.now)
    come_back(paper, message(2, "a", "bob", id=say["id"]))
    assert paper.only("say")["id"] == say["id"]


def test_lost_again_before_the_history_came() -> None:
    paper = Paper()
    paper.enter()
    paper.type("a")
    say = paper.only("say")
    paper.talk.lost("no answer", paper.now)
    paper.type("b")
    paper.log_in()
    assert paper.only("join")
    paper.talk.lost("no answer", paper.now)
    come_back(paper, message(1, "a", "ann", id=say["id"]))
    assert paper.only("say")["text"] == "b"


def test_not_acknowledged_where_no_history_was_seen_yet() -> None:
    paper = Paper()
    paper.enter()
    room = paper.model.room("tea")
    assert room
    room.epoch = ""
    paper.type("a")
    say = paper.only("say")
    paper.talk.lost("no answer", paper.now)
    paper.log_in()
    paper.let_in(paper.only("join"), message(1, "a", "ann", id=say["id"]))
    assert paper.sent() == []
    assert paper.talk.unsent == 0


def test_another_epoch() -> None:
    paper = Paper()
    paper.enter(message(1, "one"), message(2, "two"))
    paper.talk.lost("gone", paper.now)
    come_back(paper, message(1, "new one"), complete=False, epoch="e2")
    assert paper.shown()[-3:-1] == ["There may be messages missing here.", "bob: new one"]
    paper.hear(**message(2, "new two"))
    assert paper.shown()[-1] == "bob: new two"


def test_what_nobody_can_know_is_said_without_the_password() -> None:
    paper = Paper()
    paper.enter()
    paper.type("/msg bob hi")
    paper.type("/register ann secret word")
    paper.sent()
    paper.talk.lost("no answer", paper.now)
    assert paper.shown()[-2:] == [
        "Nobody knows whether this was done: private bob hi",
        "Nobody knows whether this was done: register ann",
    ]
    come_back(paper)
    assert paper.sent() == []


def test_a_room_that_lets_nobody_back() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    paper.type("hello")
    paper.log_in()
    paper.hear(type="error", id=paper.only("join")["id"], code="banned", text="You are banned.")
    assert paper.talk.state == "ready"
    assert paper.model.joined == []
    paper.hear(type="error", id=paper.only("say")["id"], code="not-in-room", text="Not in it.")
    assert paper.shown()[-1] == "Not sent: hello (Not in it.)"


def test_a_history_that_is_refused_keeps_nothing_back() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    paper.log_in()
    paper.let_in(paper.only("join"))
    paper.hear(**message(1, "hi"))
    assert paper.shown()[-1] == "The connection is lost: no answer."
    paper.hear(type="error", id=paper.only("resume")["id"], code="try-again", text="Not now.")
    assert paper.shown()[-3:] == ["Not now.", "bob: hi", "Connected again."]


def test_a_room_that_one_is_in_by_coming_in() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    paper.log_in()
    paper.hear(type="error", id=paper.only("join")["id"], code="already-in-room", text="In it.")
    assert paper.only("resume")["room"] == "tea"
    assert "In it." not in paper.shown()


def test_a_server_that_never_answers() -> None:
    paper = Paper()
    paper.open()
    paper.talk.tick(paper.now + ENTER_S)
    drops = [paper.talk.drop]
    paper.talk.tick(paper.now + ENTER_S + 1)
    drops.append(paper.talk.drop)
    assert drops == ["", "the server does not answer"]


def test_a_loss_is_told_once_however_many_attempts_it_takes() -> None:
    paper = Paper()
    paper.enter()
    for _ in range(3):
        paper.talk.lost("no answer", paper.now)
        paper.open()
    assert paper.shown()[1:] == ["The connection is lost: no answer."]


def test_who_only_reads_is_there_too() -> None:
    paper = Paper()
    paper.enter()
    lines = paper.shown()
    for _ in range(2):
        paper.now += PING_S
        paper.talk.tick(paper.now)
        ping = paper.only("ping")
        paper.hear(type="pong", id=ping["id"])
        paper.talk.tick(paper.now + PING_S / 2)
        assert paper.sent() == []
    assert paper.shown() == lines
    assert paper.talk.unsent == 0


# --- names --------------------------------------------------------------------------------------


def refuse_name(paper: Paper, code: str) -> None:
    paper.hear(type="error", id=paper.only("login")["id"], code=code, text="No.")


def test_a_name_that_is_taken_at_first() -> None:
    paper = Paper()
    paper.open()
    refuse_name(paper, "username-taken")
    assert paper.talk.state == "asking"
    assert paper.shown("")[-1] == "No. Say /nick NAME."
    paper.type("/nick anna")
    assert paper.only("login")["name"] == "anna"


def test_what_is_typed_before_one_is_let_in_stands_below() -> None:
    paper = Paper("tea", "work")
    paper.open()
    refuse_name(paper, "username-taken")
    paper.type("hello?")
    nowhere = paper.model.current
    assert [request.fields["text"] for request in paper.talk.pending(nowhere)] == ["hello?"]
    paper.type("/nick anna")
    paper.hear(type="ok", id=paper.only("login")["id"], name="anna")
    for join in paper.sent():
        paper.let_in(join)
    tea = paper.model.current
    assert tea.name == "tea"
    assert [request.fields["text"] for request in paper.talk.pending(tea)] == ["hello?"]
    assert paper.only("say")["room"] == "tea"


def test_a_ghost_of_oneself() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    paper.type("not yet")
    paper.open()
    for _ in range(3):
        refuse_name(paper, "username-taken")
        assert paper.sent() == []
        paper.now += GHOST_RETRY_S
        paper.talk.tick(paper.now)
    assert paper.shown()[-1] == "The name ann is still in use: trying again."
    login = paper.only("login")
    paper.hear(type="ok", id=login["id"], name="ann")
    assert paper.only("join")


def test_a_ghost_that_stays() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    paper.open()
    refuse_name(paper, "username-taken")
    paper.now += GHOST_S
    paper.talk.tick(paper.now)
    refuse_name(paper, "username-taken")
    assert paper.talk.state == "asking"


def test_a_password_is_kept_for_the_way_back() -> None:
    paper = Paper()
    paper.open()
    refuse_name(paper, "password-required")
    paper.type("/login ann open sesame")
    login = paper.only("login")
    assert login["password"] == "open sesame"
    paper.hear(type="ok", id=login["id"], name="ann")
    paper.let_in(paper.only("join"))
    paper.talk.lost("no answer", paper.now)
    paper.open()
    assert paper.only("login")["password"] == "open sesame"


def test_a_name_typed_too_early_is_used_when_the_first_is_refused() -> None:
    paper = Paper()
    paper.open()
    login = paper.only("login")
    paper.type("/login anna secret")
    assert paper.sent() == []
    paper.hear(type="error", id=login["id"], code="username-taken", text="No.")
    assert paper.only("login")["password"] == "secret"


def test_a_full_server_is_tried_again_later() -> None:
    paper = Paper()
    paper.open()
    refuse_name(paper, "server-full")
    assert paper.talk.drop == "No."


# --- bounds -------------------------------------------------------------------------------------


def test_a_text_that_is_too_long() -> None:
    paper = Paper()
    paper.enter()
    paper.type("x" * 8193)
    assert paper.sent() == []
    assert paper.shown()[-1] == "That is too long: 8192 characters at most."


def test_an_outbox_that_is_full() -> None:
    paper = Paper()
    paper.enter()
    paper.talk.lost("no answer", paper.now)
    for _ in range(1_001):
        paper.type("x")
    assert paper.shown()[-1] == "Too much is waiting to be sent. Try again later."
    assert paper.talk.unsent == 1_000


def test_what_is_no_message_is_said_and_nothing_else() -> None:
    paper = Paper()
    paper.enter()
    for frame in ("", "\x00", "[" * 100_000):
        paper.talk.received(frame, paper.now)
        assert paper.shown()[-1] == "The server sent something that is not JSON."
    for frame in ("[]", "{}", '{"type":1}'):
        paper.talk.received(frame, paper.now)
        assert paper.shown()[-1] == "The server sent something that is no message."
    assert paper.talk.state == "ready"
