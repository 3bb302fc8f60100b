"""Rooms, as those who are in them see it (`transcript.py`): in both dialects, and in one room."""

from __future__ import annotations

import pytest

from chat.core import LOBBY, Limits, Settings
from chat.core.actions import Publish
from chat.core.records import Ban, Charter, Record
from chat.dialects import DIALECTS
from chat.dialects.admin import AdminDialect
from tests.core.support import NOW, UNLIMITED, Chat
from tests.core.transcript import play

# Seed 3's own texts, byte for byte.
SEED_3 = """
    ann> (connects, for the slash dialect)
    ann> /join tea
    ann< Welcome to room tea!
    ann< Current users: guest1
    ben> (connects, for the slash dialect)
    ben> /join tea
    ben< Welcome to room tea!
    ben< Current users: guest1, guest2
    ann< guest2 has joined the room.
    ann> milk  or  lemon?
    ben< guest1: milk  or  lemon?
    ben> /leave
    ben< You have left room tea.
    ann< guest2 has left the room.
    ben> /join tea
    ben< Welcome to room tea!
    ben< Current users: guest1, guest2
    ann< guest2 has joined the room.
    ben> /quit
    ben< Goodbye!
    ben< (closed: quit)
    ann< guest2 has disconnected.
    eve> (connects, for the slash dialect)
    eve> /join tea
    eve< Welcome to room tea!
    eve< Current users: guest1, guest3
    ann< guest3 has joined the room.
    eve> (is lost)
    ann< guest3 has disconnected.
"""

MIXED = """
    ann> LOGIN Ann
    ann< OK
    ben> (connects, for the slash dialect)
    ben> /nick Ben
    ben< You are now Ben.
    ann> JOIN #Tea
    ann< OK
    ben> /join tea
    ben< Welcome to room Tea!
    ben< Current users: Ann, Ben
    ann< INFO Ben joined Tea
    ben> hello, Ann
    ann< SAID Tea Ben hello, Ann
    ann> say tea hello,   Ben
    ben< Ann: hello, Ben
    ben> /me waves
    ann< ME Tea Ben waves
    ann> ME tea nods
    ben< * Ann nods
    ann> TOPIC tea milk first?
    ann< INFO Ann set the topic of Tea: milk first?
    ben< Ann has set the topic: milk first?
    ben> /topic
    ben< Topic: milk first?
    ann> MSG only for the lobby
    ben> /msg ann psst,  you
    ann< DM Ben psst,  you
    ann> DM ben yes?
    ben< [private] Ann: yes?
    ann> NICK Anna
    ann< OK
    ben< Ann is now Anna.
    ann> WHO
    ann< USER Anna
    ann< USER Ben
    ann> ROOMS
    ann< ROOM lobby 1
    ann< ROOM Tea 2
    ben> /rooms
    ben< Rooms: lobby (1), Tea (2)
    ben> /users
    ben< Current users: Anna, Ben
    ann> NAMES TEA
    ann< USER Anna
    ann< USER Ben
    ann> LEAVE tea
    ann< OK
    ben< Anna has left the room.
    ben> /history 2
    ben< [2023-11-14 22:13:20] * Ben waves
    ben< [2023-11-14 22:13:20] * Ann nods
    ann> HISTORY tea
    ann< ERR not-in-room
    ben> /leave
    ben< You have left room Tea.
    ann> NAMES tea
    ann< ERR no-such-room
"""

LOBBY_OF_BOTH = """
    ann> LOGIN Ann
    ann< OK
    ben> (connects, for the slash dialect)
    ben> /join lobby
    ben< Welcome to room lobby!
    ben< Current users: Ann, guest1
    ann< INFO guest1 joined lobby
    ben> hello
    ann< MSG guest1 hello
    ann> MSG hello
    ben< Ann: hello
    cleo> LOGIN Cleo
    cleo< OK
    ben> /leave
    ben< You have left room lobby.
    ann< INFO guest1 left lobby
    cleo< INFO guest1 left lobby
"""

ONE_ROOM_AT_A_TIME = """
    ann> (connects, for the slash dialect)
    ann> /join tea
    ann< Welcome to room tea!
    ann< Current users: guest1
    ben> (connects, for the slash dialect)
    ben> /join tea
    ben< Welcome to room tea!
    ben< Current users: guest1, guest2
    ann< guest2 has joined the room.
    ann> /join coffee
    ann< Welcome to room coffee!
    ann< Current users: guest1
    ben< guest1 has left the room.
    ben> anyone?
    ben> /join coffee
    ben< Welcome to room coffee!
    ben< Current users: guest1, guest2
    ann< guest2 has joined the room.
    ben> /rooms
    ben< Rooms: lobby (0), coffee (2)
"""

TOLD_ONCE = """
    ann> LOGIN Ann
    ann< OK
    ben> LOGIN Ben
    ben< OK
    cleo> (connects, for the slash dialect)
    cleo> /join tea
    cleo< Welcome to room tea!
    cleo< Current users: guest1
    ann> JOIN tea
    ann< OK
    cleo< Ann has joined the room.
    ben> JOIN tea
    ben< OK
    ann< INFO Ben joined tea
    cleo< Ben has joined the room.
    ann> NICK Anna
    ann< OK
    ben< INFO Ann is now Anna
    cleo< Ann is now Anna.
    ann> (is lost)
    ben< INFO Anna disconnected
    cleo< Anna has disconnected.
"""

REFUSED = """
    ann> (connects, for the slash dialect)
    ann> anyone there?
    ann< You are in no room. /join one first.
    ann> /leave
    ann< You are in no room. /join one first.
    ann> /nonsense and more
    ann< Error: unknown command /nonsense. Try /help.
    ann> /join
    ann< Error: Something is missing there.
    ann> /join two words
    ann< Error: A room's name is a short word of letters, digits, _, - and . alone.
    ann> /nick
    ann< Error: Something is missing there.
    ann> /nick two words
    ann< Error: A name is a short word of letters, digits, _, - and . alone.
    ann> /msg nobody hello
    ann< Error: There is nobody of that name here.
    ann> /JOIN Tea
    ann< Welcome to room Tea!
    ann< Current users: guest1
    ann> /join TEA
    ann< Error: You are in that room already.
    ann> /me
    ann< Error: There is nothing in that message.
    ann> //nonsense is a word
    ann> /history many
    ann< Error: That number is too small, too large, or none. Times are 90s, 10m, 2h, 7d.
    ann> /history
    ann< [2023-11-14 22:13:20] guest1: /nonsense is a word
    ann> /topic
    ann< No topic is set.
"""

LINE_REFUSED = """
    ann> JOIN tea
    ann< ERR not-logged-in
    ann> LOGIN Ann
    ann< OK
    ann> JOIN
    ann< ERR missing-argument
    ann> JOIN two words
    ann< ERR invalid-room-name
    ann> JOIN lobby
    ann< ERR already-in-room
    ann> SAY tea hello
    ann< ERR no-such-room
    ann> SAY lobby
    ann< ERR empty-message
    ann> SAY
    ann< ERR missing-argument
    ann> TOPIC
    ann< ERR missing-argument
    ann> TOPIC lobby
    ann< TOPIC lobby
    ann> HISTORY
    ann< ERR missing-argument
    ann> HISTORY lobby 0
    ann< ERR invalid-number
    ann> LEAVE lobby
    ann< OK
    ann> MSG hello?
    ann< ERR not-in-room
"""

TRANSCRIPTS = {
    "seed 3": SEED_3,
    "two dialects in one room": MIXED,
    "the lobby is a room as well": LOBBY_OF_BOTH,
    "one room at a time": ONE_ROOM_AT_A_TIME,
    "in two rooms together, told once": TOLD_ONCE,
    "what can't be done, with slashes": REFUSED,
    "what can't be done, with verbs": LINE_REFUSED,
}


@pytest.mark.parametrize("transcript", TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_transcript(transcript: str) -> None:
    play(Chat(limits=UNLIMITED), transcript)


def test_a_dialect_that_shows_later() -> None:
    """On the port where all are spoken; the greeting came first, in nobody's dialect."""
    play(
        Chat(settings=Settings(greeting="Hello.")),
        """
        ann> (connects)
        ann< Hello.
        ann> (turns out to speak the slash dialect)
        ann> (turns out to speak the slash dialect)
        ann> /join tea
        ann< Welcome to room tea!
        ann< Current users: guest1
        ann> (is lost)
        ann> (turns out to speak the slash dialect)
        """,
    )


def test_a_guest_has_a_name_that_is_free() -> None:
    chat = Chat("guest1", "guest2", limits=UNLIMITED)
    play(
        chat,
        """
        ann> (connects, for the slash dialect)
        ann> /join lobby
        ann< Welcome to room lobby!
        ann< Current users: guest1, guest2, guest3
        guest1< INFO guest3 joined lobby
        guest2< INFO guest3 joined lobby
        """,
    )


def test_a_full_room() -> None:
    limits = Limits(room_members_max=1, rooms_max=2, rooms_per_user_max=2)
    play(
        Chat("ann", "ben", "cleo", limits=limits),
        """
        ann> JOIN tea
        ann< OK
        ben> JOIN tea
        ben< ERR room-full
        ben> JOIN coffee
        ben< ERR too-many-rooms
        ann> LEAVE tea
        ann< OK
        ann> JOIN coffee
        ann< OK
        ann> JOIN water
        ann< ERR too-many-rooms
        """,
    )


def test_rooms_that_are_only_kept_leave_room_for_others() -> None:
    play(
        Chat("ann", "ben", limits=Limits(rooms_max=2, rooms_kept_max=2)),
        """
        ann> REGISTER ann long enough
        ann< OK
        ann> JOIN tea
        ann< OK
        ann> LEAVE tea
        ann< OK
        ann> JOIN coffee
        ann< OK
        ben> JOIN water
        ben< ERR too-many-rooms
        ann> LEAVE coffee
        ann< OK
        ben> JOIN water
        ben< OK
        ben> LEAVE water
        ben< OK
        ann> JOIN milk
        ann< OK
        ann> LEAVE milk
        ann< OK
        ben> ROOMS
        ben< ROOM lobby 2
        ben< ROOM tea 0
        ben< ROOM coffee 0
        """,
    )


def test_one_user_in_too_many_rooms() -> None:
    play(
        Chat("ann", limits=Limits(rooms_per_user_max=2)),
        """
        ann> JOIN tea
        ann< OK
        ann> JOIN coffee
        ann< ERR too-many-rooms
        """,
    )


def test_a_topic_may_be_too_long() -> None:
    chat = Chat("ann", limits=Limits(topic_max_chars=3))
    play(chat, "ann> TOPIC lobby tea\nann< INFO ann set the topic of lobby: tea")
    play(chat, "ann> TOPIC lobby teas\nann< ERR text-too-long")


def test_who_joins_reads_the_topic() -> None:
    chat = Chat("ann", limits=UNLIMITED)
    chat.send("ann", "JOIN tea", "TOPIC tea milk first?")
    chat.read_all()
    play(
        chat,
        """
        ben> (connects, for the slash dialect)
        ben> /join tea
        ben< Welcome to room tea!
        ben< Current users: ann, guest1
        ben< Topic: milk first?
        ann< INFO guest1 joined tea
        """,
    )


def test_a_room_remembers_the_last_of_what_was_said() -> None:
    chat = Chat("ann", limits=Limits(history_kept=3, rate_burst=0))
    chat.send("ann", *[f"MSG {number}" for number in range(5)], "HISTORY lobby 9")
    assert [line.split()[-1] for line in chat.lines("ann")] == ["2", "3", "4"]


def test_rooms_that_are_there_remember_less_or_more_at_once() -> None:
    chat = Chat("ann", limits=UNLIMITED)
    chat.connect("root", AdminDialect())
    chat.send("ann", "MSG 1", "MSG 2", "MSG 3")
    for kept, last in (2, ["2", "3"]), (3, ["2", "3", "4"]), (0, []):
        chat.send("root", f"limit history_kept {kept}")
        if kept == 3:
            chat.send("ann", "MSG 4")
        chat.send("ann", "HISTORY lobby 9")
        assert [line.split()[-1] for line in chat.lines("ann")] == last


def test_news_of_somebody_is_published_to_the_fullest_of_their_rooms() -> None:
    """Whichever they joined first: to tell each of a thousand others by themselves takes long."""
    chat = Chat("ann", "ben", "cleo", limits=UNLIMITED)
    chat.send("ann", "LEAVE lobby", "JOIN tea", "JOIN lobby")
    chat.send("ben", "JOIN tea")
    chat.outputs.clear()
    chat.send("ann", "NICK anna")
    (actions,) = chat.outputs
    published = [one.audience.room for one in actions if isinstance(one, Publish)]
    assert (published, len(actions)) == (["lobby"], 2)


def test_the_lobby_has_room_for_everyone_in_whatever_letters() -> None:
    chat = Chat("ann", limits=Limits(room_members_max=1))
    chat.connect("ben", DIALECTS["slash"])
    chat.send("ben", "/join #Lobby")
    assert chat.lines("ben")[0] == "Welcome to room lobby!"


def test_who_is_in_one_room_at_a_time_may_change_it_though_one_is_the_limit() -> None:
    chat = Chat(limits=Limits(rooms_per_user_max=1))
    chat.connect("ben", DIALECTS["slash"])
    for room in ("tea", "den"):
        chat.send("ben", f"/join {room}")
        assert f"Welcome to room {room}!" in chat.lines("ben")


def test_a_ban_from_the_lobby_that_has_run_out_keeps_nobody_out() -> None:
    chat = Chat("anna")
    bans = (("ben", Ban("Ben", "anna", until=NOW + 60)),)
    chat.core.load([Record("charter", LOBBY, Charter(LOBBY, bans=bans))], [])
    for waited, heard in (0, []), (61, ["MSG Ben hi"]):
        chat.wait(waited)
        chat.connect("ben")
        chat.send("ben", "LOGIN Ben", "MSG hi")
        assert chat.lines("anna") == heard
        chat.lose("ben")
        chat.read("anna")


@pytest.mark.parametrize("text", ["x" * 100, "\N{GRINNING FACE}" * 25])
def test_no_more_is_read_at_a_time_than_may_be(text: str) -> None:
    """The last of it; as from a store."""
    chat = Chat("ann", limits=Limits(rate_burst=0, history_read_max_bytes=399))
    chat.send("ann", *[f"MSG {text}"] * 9, "HISTORY lobby 9")
    assert len(chat.lines("ann")) == 3


def test_a_new_room_remembers_nothing_of_an_old_one() -> None:
    chat = Chat("ann", limits=UNLIMITED)
    chat.send("ann", "JOIN tea", "SAY tea hi", "LEAVE tea", "JOIN tea", "HISTORY tea")
    assert chat.lines("ann") == ["OK", "OK", "OK"]


# --- rooms with an owner --------------------------------------------------------------------------

OWNED = """
    ann> LOGIN Ann
    ann< OK
    ann> REGISTER Ann a fine secret
    ann< OK
    ann> JOIN Tea
    ann< OK
    ann> TOPIC tea milk first?
    ann< INFO Ann set the topic of Tea: milk first?
    ann> LOCK tea
    ann< INFO Ann has locked the topic of Tea
    ann< OK
    ann> LEAVE tea
    ann< OK
    ben> (connects, for the slash dialect)
    ben> /rooms
    ben< Rooms: lobby (1), Tea (0)
    ben> /join tea
    ben< Welcome to room Tea!
    ben< Current users: guest1
    ben< Topic: milk first?
    ben> /topic lemon!
    ben< Error: That is not for you to do.
    ben> /kick ann
    ben< Error: That is not for you to do.
    ann> JOIN tea
    ann< OK
    ben< Ann has joined the room.
    ann> TOPIC tea lemon?
    ann< INFO Ann set the topic of Tea: lemon?
    ben< Ann has set the topic: lemon?
    ann> KICK tea guest1
    ann< INFO guest1 was kicked from Tea by Ann
    ann< OK
    ben< guest1 was kicked from Tea by Ann.
    ben> hello?
    ben< You are in no room. /join one first.
"""

UNOWNED = """
    ann> LOGIN Ann
    ann< OK
    ann> JOIN tea
    ann< OK
    ann> LOCK tea
    ann< INFO Ann has locked the topic of tea
    ann< OK
    ben> LOGIN Ben
    ben< OK
    ben> JOIN tea
    ben< OK
    ann< INFO Ben joined tea
    ben> TOPIC tea lemon
    ben< ERR not-allowed
    ann> LEAVE tea
    ann< OK
    ben< INFO Ann left tea
    ann> JOIN tea
    ann< OK
    ben< INFO Ann joined tea
    ann> UNLOCK tea
    ann< ERR not-allowed
"""


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("transcript", [OWNED, UNOWNED], ids=["owned", "not owned"])
def test_who_makes_a_room_operates_it(transcript: str, durable: bool) -> None:
    play(Chat(limits=UNLIMITED, durable=durable), transcript)


def test_one_account_owns_so_many_rooms() -> None:
    """More are made as by anyone without an account."""
    chat = Chat("ann", limits=Limits(rooms_owned_max=1, rate_burst=0))
    chat.send("ann", "REGISTER ann a fine secret")
    chat.finish_jobs()
    chat.send("ann", "JOIN tea", "JOIN coffee", "LEAVE tea", "LEAVE coffee")
    chat.read_all()
    play(chat, "ann> ROOMS\nann< ROOM lobby 1\nann< ROOM tea 0")


def test_there_is_always_room_for_an_operator() -> None:
    chat = Chat("ann", "ben", limits=Limits(room_members_max=1, rate_burst=0))
    chat.send("ann", "REGISTER ann a fine secret")
    chat.finish_jobs()
    chat.send("ann", "JOIN tea", "LEAVE tea")
    chat.read_all()
    play(chat, "ben> JOIN tea\nben< OK\nann> JOIN tea\nann< OK\nben< INFO ann joined tea")


def test_who_is_muted_says_nothing_and_others_do() -> None:
    chat = Chat("ann", "ben", "cleo", limits=UNLIMITED)
    chat.send("ann", "JOIN tea")
    chat.send("ben", "JOIN tea")
    chat.send("cleo", "JOIN tea")
    chat.send("ann", "MUTE tea ben 1m", "MUTE tea dora")
    chat.read_all()
    play(
        chat,
        """
        ben> SAY tea hi
        ben< ERR muted
        ben> ME tea waves
        ben< ERR muted
        cleo> SAY tea hi
        ann< SAID tea cleo hi
        ben< SAID tea cleo hi
        everyone> (waits)
        ben> SAY tea hi
        ann< SAID tea ben hi
        cleo< SAID tea ben hi
        """,
    )
