"""Who is away, and who is there: said, or looked after."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import LOBBY, Limits
from chat.core.actions import Publish
from chat.core.commands import Away, Back, Join, Say
from chat.dialects import DIALECTS, JSON, LOCAL
from tests.core.json_people import UNHURRIED, answer, ask, come
from tests.core.support import Chat
from tests.core.transcript import play

AFTER_S = UNHURRIED.away_after_s
AT = "2023-11-14T22:13:20.000Z"


def room(*names: str, limits: Limits = UNHURRIED) -> Chat:
    """People who speak JSON, in one room; and Cid, who doesn't."""
    chat = Chat("cid", limits=limits)
    chat.send("cid", "JOIN tea")
    come(chat, *names)
    for name in names:
        ask(chat, name, type="join", room="tea")
    chat.read_all()
    return chat


def told(chat: Chat, who: str) -> list[tuple[str, str]]:
    """What somebody reads of who is away and who isn't."""
    return [
        (found["from"], found["status"]) for found in chat.objects(who) if found["type"] == "status"
    ]


def statuses(chat: Chat, who: str, **asked: object) -> dict[str, str]:
    """The same, when they ask."""
    users = answer(chat, who, **{"type": "users", **asked})["users"]
    return {user["name"]: user["status"] for user in users}


# --- said -----------------------------------------------------------------------------------------


def test_who_is_away_says_so_and_why() -> None:
    chat = room("ann", "bob")
    ask(chat, "ann", type="away", text=" lunch\x1b ")
    status = {"type": "status", "from": "ann", "status": "away", "text": "lunch", "time": AT}
    assert chat.objects("bob") == [status]
    assert chat.objects("ann") == [status, {"type": "ok"}]
    assert chat.lines("cid") == ["INFO ann is away: lunch"]
    ask(chat, "ann", type="back")
    assert chat.objects("bob") == [{**status, "status": "active", "text": ""}]
    assert chat.lines("cid") == ["INFO ann is back"]


def test_in_other_dialects() -> None:
    chat = Chat("ann", "bob")
    play(
        chat,
        """
        ann> AWAY
        ann< INFO ann is away
        bob< INFO ann is away
        ann< OK
        ann> AWAY  for   tea
        ann< INFO ann is away: for tea
        bob< INFO ann is away: for tea
        ann< OK
        eve> (connects, for the slash dialect)
        eve> /away
        eve< guest1 is away.
        eve> /back
        eve< guest1 is back.
        eve> /back
        eve> /join lobby
        eve< Welcome to room lobby!
        eve< Current users: ann, bob, guest1
        ann< INFO guest1 joined lobby
        bob< INFO guest1 joined lobby
        ann> MSG here
        ann< INFO ann is back
        bob< INFO ann is back
        eve< ann is back.
        bob< MSG ann here
        eve< ann: here
        ann> BACK
        ann< OK
        """,
    )


def test_it_is_shown_to_those_who_ask_and_who_join() -> None:
    chat = room("ann", "bob")
    ask(chat, "ann", type="away")
    there = {"cid": "active", "ann": "away", "bob": "active"}
    assert statuses(chat, "bob") == there
    assert statuses(chat, "bob", room="tea") == there
    come(chat, "eve")
    ask(chat, "eve", type="join", room="tea")
    assert {"name": "ann", "status": "away"} in chat.objects("eve")[0]["users"]


@pytest.mark.parametrize("act", [False, True])
def test_who_says_something_is_back(act: bool) -> None:
    chat = room("ann", "bob")
    ask(chat, "ann", type="away")
    chat.read_all()
    ask(chat, "ann", type="say", room="tea", text="here", act=act)
    assert [found["type"] for found in chat.objects("bob")] == ["status", "message"]
    assert [found["type"] for found in chat.objects("ann")] == ["status"]


def test_who_asks_something_is_not() -> None:
    chat = room("ann", "bob")
    ask(chat, "ann", type="away")
    chat.read_all()
    ask(chat, "ann", type="ping")
    ask(chat, "ann", type="private", to="bob", text="psst")
    chat.tidy()
    assert told(chat, "bob") == []
    assert statuses(chat, "bob")["ann"] == "away"


def test_each_hears_of_it_once() -> None:
    """However many rooms they share; and who shares none doesn't."""
    chat = room("ann", "bob")
    come(chat, "eve")
    for who in ("ann", "bob"):
        ask(chat, who, type="join", room="den")
    chat.read_all()
    ask(chat, "ann", type="away")
    assert told(chat, "ann") == told(chat, "bob") == [("ann", "away")]
    assert chat.lines("cid") == ["INFO ann is away"]
    assert chat.objects("eve") == []


# --- looked after ---------------------------------------------------------------------------------


def test_who_is_silent_for_long_is_away() -> None:
    chat = room("ann", "bob")
    chat.wait(AFTER_S - 1)
    ask(chat, "bob", type="ping")
    chat.send("cid", "PING")
    chat.read_all()
    chat.tidy()
    assert chat.read_all() == {}
    chat.wait(1)
    chat.tidy()
    assert told(chat, "ann") == told(chat, "bob") == [("ann", "away")]
    assert chat.lines("cid") == []
    chat.tidy()
    assert chat.read_all() == {}
    assert statuses(chat, "bob") == {"cid": "active", "ann": "away", "bob": "active"}


def test_who_was_silent_and_says_something_is_back_at_once() -> None:
    chat = room("ann", "bob")
    chat.wait(AFTER_S)
    chat.tidy()
    chat.read_all()
    ask(chat, "ann", type="say", room="tea", text="here")
    assert [found["type"] for found in chat.objects("bob")] == ["status", "message"]
    assert chat.lines("cid") == ["SAID tea ann here"]
    chat.tidy()
    assert told(chat, "bob") == []


def test_who_was_silent_and_is_heard_again_is_back_soon() -> None:
    chat = room("ann", "bob")
    chat.wait(AFTER_S)
    chat.tidy()
    chat.wait(1)
    ask(chat, "ann", type="ping")
    chat.read_all()
    assert statuses(chat, "bob")["ann"] == "away"
    chat.tidy()
    assert told(chat, "bob") == [("ann", "active"), ("bob", "active")]
    assert chat.lines("cid") == []


def test_who_said_so_stays_away_whatever_is_heard() -> None:
    chat = room("ann", "bob")
    ask(chat, "ann", type="away")
    chat.read_all()
    chat.wait(AFTER_S)
    for who in ("ann", "bob"):
        ask(chat, who, type="ping")
    chat.tidy()
    assert told(chat, "bob") == [("cid", "away")]


def test_who_says_so_after_all() -> None:
    """From idle to away: it is news again, and no more undone by a ping."""
    chat = room("ann", "bob")
    chat.wait(AFTER_S)
    chat.tidy()
    chat.read_all()
    ask(chat, "ann", type="away", text="lunch")
    ask(chat, "bob", type="ping")
    chat.tidy()
    assert told(chat, "bob") == [("ann", "away"), ("bob", "active")]
    assert chat.lines("cid") == ["INFO ann is away: lunch"]


def test_never() -> None:
    chat = room("ann", limits=Limits(rate_burst=0, away_after_s=0))
    chat.wait(1e9)
    chat.tidy()
    assert chat.read_all() == {}


def test_other_limits_hold_from_then_on() -> None:
    chat = room("ann", "bob")
    chat.wait(AFTER_S)
    chat.tidy()
    assert ("ann", "away") in told(chat, "bob")
    chat.configure(Limits(rate_burst=0, away_after_s=0))
    chat.tidy()
    assert told(chat, "bob") == [("cid", "active"), ("ann", "active"), ("bob", "active")]


def test_whoever_has_no_name_is_nowhere() -> None:
    chat = Chat(limits=UNHURRIED)
    chat.connect("new", JSON)
    chat.read_all()
    chat.wait(AFTER_S)
    chat.tidy()
    assert chat.read_all() == {}


def test_a_program_in_process_is_heard_by_what_it_asks() -> None:
    chat = Chat("ann", limits=UNHURRIED)
    chat.connect("bot", LOCAL)
    chat.core.world.limits = Limits(away_after_s=9)
    chat.send("ann", "PING")
    chat.ask("bot", Join(LOBBY))  # refused, but asked
    chat.wait(8)
    chat.ask("bot", Say(LOBBY, "hi"))
    chat.wait(8)
    chat.tidy()
    assert chat.core.world.users["ann"].away


def test_not_everyone_at_once() -> None:
    names = [f"u{number}" for number in range(9)]
    chat = room(*names, limits=Limits(rate_burst=0, told_at_once=4))
    chat.wait(AFTER_S)
    rounds = []
    for _ in range(8):
        chat.tidy()
        rounds.append(len(told(chat, "u0")))
    assert sum(rounds) == len([*names, "cid"])
    assert max(rounds) <= 4
    assert rounds[-1] == 0


def test_rooms_and_those_who_are_told_count_as_well() -> None:
    """Cid is in two rooms, in one of which somebody is to be told."""
    chat = room("ann", "ben", limits=Limits(rate_burst=0, told_at_once=4))
    chat.wait(AFTER_S)
    chat.tidy()
    assert [name for name, user in chat.core.world.users.items() if user.away] == ["cid"]


def test_text_dialects_are_told_nothing_at_all() -> None:
    """Not even an empty line."""
    chat = Chat("ann", "bob")
    chat.connect("eve", DIALECTS["slash"])
    chat.wait(AFTER_S)
    chat.tidy()
    assert not [action for action in chat.outputs[-1] if isinstance(action, Publish)]


@pytest.mark.parametrize("command", [Away(idle=True), Back(idle=True)])
def test_what_nobody_asked_for_is_not_answered(command: Away | Back) -> None:
    chat = room("ann")
    chat.ask("ann", command)
    assert [found for found in chat.objects("ann") if found["type"] != "status"] == []


DEEDS = st.sampled_from(["say", "ping", "away", "back", "tidy", "wait", "long"])


@given(st.lists(st.tuples(DEEDS, st.sampled_from(["ann", "bob"])), max_size=20))
def test_what_is_told_is_what_is_so(deeds: list[Any]) -> None:
    """Who hears all the news, and who asks at the end, know the same."""
    chat = room("ann", "bob", "eve")
    known = {"ann": "active", "bob": "active", "eve": "active", "cid": "active"}
    for deed, who in deeds:
        if deed == "tidy":
            chat.tidy()
        elif deed in {"wait", "long"}:
            chat.wait(AFTER_S / 3 if deed == "wait" else AFTER_S)
        else:
            more = {"room": "tea", "text": "hi"} if deed == "say" else {}
            ask(chat, who, type=deed, **more)
    known |= dict(told(chat, "eve"))
    assert statuses(chat, "eve") | {"cid": "", "eve": ""} == known | {"cid": "", "eve": ""}
