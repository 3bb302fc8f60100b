"""Order in a room: who may keep it, what those concerned hear of it, and that there is no way
around it. Conversations (`transcript.py`) of people of both dialects in one room.

Ann has an account, Bob and Cleo have none, Sam speaks the slash dialect, and root is of the
server's administration. Nobody is in the lobby.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat.core import LOBBY, Limits
from chat.core.commands import (
    BanUser,
    Command,
    Kick,
    ListBans,
    LockTopic,
    MakeOperator,
    Mute,
    RemoveOperator,
    UnbanUser,
    Unmute,
)
from chat.dialects import DIALECTS
from chat.dialects.admin import AdminDialect
from tests.core.support import UNLIMITED, Chat, contents
from tests.core.transcript import play

PASSWORD = "correct horse"

TEA = """
    ann> JOIN tea
    ann< OK
    bob> JOIN tea
    bob< OK
    ann< INFO bob joined tea
    sam> /join tea
    sam< Welcome to room tea!
    sam< Current users: ann, bob, sam
    ann< INFO sam joined tea
    bob< INFO sam joined tea
"""
"""Ann's room, with Bob and Sam in it."""

SNUG = """
    bob> JOIN snug
    bob< OK
    cleo> JOIN snug
    cleo< OK
    bob< INFO cleo joined snug
"""
"""Bob's room, which nobody owns."""


def people(*, limits: Limits = UNLIMITED) -> Chat:
    """Ann, who has an account, Bob, Cleo, Sam and root."""
    chat = Chat("bob", "cleo", limits=limits)
    chat.send("bob", "LEAVE lobby")
    chat.send("cleo", "LEAVE lobby")
    chat.connect("ann")
    register(chat, "ann")
    chat.send("ann", "LEAVE lobby")
    chat.connect("sam", DIALECTS["slash"])
    chat.send("sam", "/nick sam")
    chat.connect("root", AdminDialect())
    chat.read_all()
    return chat


def register(chat: Chat, who: str, name: str = "") -> None:
    """Someone of the line dialect has their name for themselves."""
    chat.send(who, f"REGISTER {name or who} {PASSWORD}")
    chat.finish_jobs()


def log_in_again(chat: Chat, who: str) -> None:
    """Someone who has an account comes back."""
    chat.connect(who)
    chat.send(who, f"LOGIN {who} {PASSWORD}")
    chat.finish_jobs()
    chat.send(who, "LEAVE lobby")
    chat.read_all()


# What it is about, and what happens.
TRANSCRIPTS: dict[str, str] = {
    "who makes a room operates it": SNUG
    + """
        cleo> KICK snug bob
        cleo< ERR not-allowed
        bob> KICK snug cleo
        bob< INFO cleo was kicked from snug by bob
        cleo< INFO cleo was kicked from snug by bob
        bob< OK
    """,
    "without an account, for as long as they are in it": SNUG
    + """
        bob> LEAVE snug
        bob< OK
        cleo< INFO bob left snug
        bob> JOIN snug
        bob< OK
        cleo< INFO bob joined snug
        bob> KICK snug cleo
        bob< ERR not-allowed
        cleo> KICK snug bob
        cleo< ERR not-allowed
    """,
    "an operator without an account may go by another name": SNUG
    + """
        bob> NICK rob
        bob< OK
        cleo< INFO bob is now rob
        bob> KICK snug cleo
        bob< INFO cleo was kicked from snug by rob
        cleo< INFO cleo was kicked from snug by rob
        bob< OK
    """,
    "a room without an owner ends with all that was settled about it": SNUG
    + """
        bob> BAN snug sam
        bob< INFO sam was banned from snug by bob
        cleo< INFO sam was banned from snug by bob
        sam< sam was banned from snug by bob.
        bob< OK
        bob> TOPIC snug ours
        bob< INFO bob set the topic of snug: ours
        cleo< INFO bob set the topic of snug: ours
        bob> LEAVE snug
        bob< OK
        cleo< INFO bob left snug
        cleo> LEAVE snug
        cleo< OK
        sam> /join snug
        sam< Welcome to room snug!
        sam< Current users: sam
    """,
    "who makes a room and has an account owns it: it stays": TEA
    + """
        ann> TOPIC tea leaves
        ann< INFO ann set the topic of tea: leaves
        bob< INFO ann set the topic of tea: leaves
        sam< ann has set the topic: leaves
        ann> BAN tea cleo noise
        ann< INFO cleo was banned from tea by ann: noise
        bob< INFO cleo was banned from tea by ann: noise
        sam< cleo was banned from tea by ann: noise.
        cleo< INFO cleo was banned from tea by ann: noise
        ann< OK
        ann> LEAVE tea
        ann< OK
        bob< INFO ann left tea
        sam< ann has left the room.
        bob> LEAVE tea
        bob< OK
        sam< bob has left the room.
        sam> /leave
        sam< You have left room tea.
        sam> /rooms
        sam< Rooms: lobby (0), tea (0)
        cleo> JOIN tea
        cleo< ERR banned
        bob> JOIN tea
        bob< OK
        bob> TOPIC tea
        bob< TOPIC tea leaves
        bob> UNBAN tea cleo
        bob< ERR not-allowed
        ann> UNBAN tea cleo
        bob< INFO cleo may come into tea again, says ann
        cleo< INFO cleo may come into tea again, says ann
        ann< OK
    """,
    "the owner operates their room from anywhere": TEA
    + """
        ann> LEAVE tea
        ann< OK
        bob< INFO ann left tea
        sam< ann has left the room.
        ann> KICK tea bob
        bob< INFO bob was kicked from tea by ann
        sam< bob was kicked from tea by ann.
        ann< OK
    """,
    "the lobby has no owner": """
        ann> JOIN lobby
        ann< OK
        cleo> JOIN lobby
        cleo< OK
        ann< INFO cleo joined lobby
        ann> KICK lobby cleo
        ann< ERR not-allowed
        ann> TOPIC lobby all may set it
        ann< INFO ann set the topic of lobby: all may set it
        cleo< INFO ann set the topic of lobby: all may set it
    """,
    "the lobby's operators are made by the server's administration, and stay": """
        cleo> JOIN lobby
        cleo< OK
        root> op lobby ann
        cleo< INFO ann was made an operator of lobby by the server
        ann< INFO ann was made an operator of lobby by the server
        root< OK
        ann> BAN lobby cleo
        cleo< INFO cleo was banned from lobby by ann
        ann< OK
        cleo> MSG still here?
        cleo< ERR not-in-room
        cleo> JOIN lobby
        cleo< ERR banned
        root> deop lobby ann
        ann< INFO ann is no operator of lobby any more, says the server
        root< OK
        ann> UNBAN lobby cleo
        ann< ERR not-allowed
    """,
    "who is banned from the lobby logs in to no room": """
        root> op lobby ann
        ann< INFO ann was made an operator of lobby by the server
        root< OK
        ann> BAN lobby eve 1m
        ann< OK
        eve> LOGIN eve
        eve< OK
        eve> MSG hello
        eve< ERR not-in-room
        eve> JOIN lobby
        eve< ERR banned
        everyone> (waits)
        eve> JOIN lobby
        eve< OK
    """,
    "kick: out, told why, and free to come back": TEA
    + """
        ann> kick #TEA Sam   too   loud
        ann< INFO sam was kicked from tea by ann: too loud
        bob< INFO sam was kicked from tea by ann: too loud
        sam< sam was kicked from tea by ann: too loud.
        ann< OK
        sam> am I?
        sam< You are in no room. /join one first.
        ann> SAY tea gone
        bob< SAID tea ann gone
        sam> /join tea
        sam< Welcome to room tea!
        sam< Current users: ann, bob, sam
        ann< INFO sam joined tea
        bob< INFO sam joined tea
        ann> KICK tea cleo
        ann< ERR no-such-user
        ann> KICK tea nobody
        ann< ERR no-such-user
        ann> KICK nowhere bob
        ann< ERR no-such-room
    """,
    "kick: the last one out ends the room": """
        bob> JOIN snug
        bob< OK
        bob> KICK snug bob
        bob< INFO bob was kicked from snug by bob
        bob< OK
        bob> ROOMS
        bob< ROOM lobby 0
    """,
    "ban: out, and kept out until it has run out": TEA
    + """
        ann> BAN tea bob 1m calm down
        ann< INFO bob was banned from tea by ann for 1m: calm down
        bob< INFO bob was banned from tea by ann for 1m: calm down
        sam< bob was banned from tea by ann for 1m: calm down.
        ann< OK
        bob> JOIN tea
        bob< ERR banned
        bob> SAY tea hi
        bob< ERR not-in-room
        ann> BANS tea
        ann< BAN tea bob by ann until 2023-11-14T22:14:20.000Z calm down
        everyone> (waits)
        ann> BANS tea
        bob> JOIN tea
        bob< OK
        ann< INFO bob joined tea
        sam< bob has joined the room.
    """,
    "ban: for good, also of who is elsewhere or not there at all": TEA
    + """
        ann> BAN tea cleo
        ann< INFO cleo was banned from tea by ann
        bob< INFO cleo was banned from tea by ann
        sam< cleo was banned from tea by ann.
        cleo< INFO cleo was banned from tea by ann
        ann< OK
        ann> BAN tea eve 2 times
        ann< INFO eve was banned from tea by ann: 2 times
        bob< INFO eve was banned from tea by ann: 2 times
        sam< eve was banned from tea by ann: 2 times.
        ann< OK
        everyone> (waits)
        cleo> JOIN TEA
        cleo< ERR banned
        ann> BANS tea
        ann< BAN tea cleo by ann
        ann< BAN tea eve by ann 2 times
    """,
    "ban: again is another one": TEA
    + """
        ann> BAN tea eve 7d
        ann< INFO eve was banned from tea by ann for 7d
        bob< INFO eve was banned from tea by ann for 7d
        sam< eve was banned from tea by ann for 7d.
        ann< OK
        ann> BAN tea EVE 90s
        ann< INFO EVE was banned from tea by ann for 90s
        bob< INFO EVE was banned from tea by ann for 90s
        sam< EVE was banned from tea by ann for 90s.
        ann< OK
        ann> BANS tea
        ann< BAN tea EVE by ann until 2023-11-14T22:14:50.000Z
        ann> UNBAN tea eve
        ann< INFO eve may come into tea again, says ann
        bob< INFO eve may come into tea again, says ann
        sam< eve may come into tea again, says ann.
        ann< OK
        ann> UNBAN tea eve
        ann< ERR no-such-ban
    """,
    "ban: not by way of another's name": TEA
    + """
        ann> BAN tea eve
        ann< INFO eve was banned from tea by ann
        bob< INFO eve was banned from tea by ann
        sam< eve was banned from tea by ann.
        ann< OK
        bob> NICK Eve
        bob< ERR banned
        bob> WHO
        bob< USER bob
        bob< USER cleo
        bob< USER ann
        bob< USER sam
    """,
    "mute: in the room, and silent there alone": TEA
    + """
        ann> MUTE tea bob 1m
        ann< INFO bob was muted in tea by ann for 1m
        bob< INFO bob was muted in tea by ann for 1m
        sam< bob was muted in tea by ann for 1m.
        ann< OK
        bob> SAY tea hello?
        bob< ERR muted
        bob> ME tea mutters
        bob< ERR muted
        bob> TOPIC tea hello?
        bob< ERR muted
        bob> AWAY hello?
        bob< ERR muted
        bob> DM ann why?
        ann< DM bob why?
        bob> JOIN snug
        bob< OK
        bob> SAY snug hello
        ann> SAY tea quiet here
        bob< SAID tea ann quiet here
        sam< ann: quiet here
        ann> BANS tea
        ann< MUTE tea bob by ann until 2023-11-14T22:14:20.000Z
        everyone> (waits)
        bob> SAY tea at last
        ann< SAID tea bob at last
        sam< bob: at last
    """,
    "mute: not to be evaded by another name": TEA
    + """
        ann> MUTE tea bob
        ann< INFO bob was muted in tea by ann
        bob< INFO bob was muted in tea by ann
        sam< bob was muted in tea by ann.
        ann< OK
        bob> NICK rob
        bob< ERR muted
        bob> REGISTER rob correct horse
        bob< ERR muted
        bob> NICK BOB
        bob< OK
        ann< INFO bob is now BOB
        sam< bob is now BOB.
        bob> SAY tea hello?
        bob< ERR muted
        ann> UNMUTE tea bob
        ann< INFO BOB may speak in tea again, says ann
        bob< INFO BOB may speak in tea again, says ann
        sam< BOB may speak in tea again, says ann.
        ann< OK
        bob> NICK rob
        bob< OK
        ann< INFO BOB is now rob
        sam< BOB is now rob.
        ann> UNMUTE tea bob
        ann< ERR no-such-ban
    """,
    "the slash dialect does it in the room one is in": """
        sam> /register sam correct horse
        sam< The name sam is yours now.
        sam> /kick bob
        sam< You are in no room. /join one first.
        sam> /join den
        sam< Welcome to room den!
        sam< Current users: sam
        bob> JOIN den
        bob< OK
        sam< bob has joined the room.
        sam> /bans
        sam< Nobody is banned from den, or muted there.
        sam> /mute bob 2h too  loud
        sam< bob was muted in den by sam for 2h: too loud.
        bob< INFO bob was muted in den by sam for 2h: too loud
        sam> /ban cleo
        sam< cleo was banned from den by sam.
        bob< INFO cleo was banned from den by sam
        cleo< INFO cleo was banned from den by sam
        sam> /bans
        sam< Banned: cleo, by sam
        sam< Muted: bob, by sam until 2023-11-15T00:13:20.000Z: too loud
        sam> /unmute bob
        sam< bob may speak in den again, says sam.
        bob< INFO bob may speak in den again, says sam
        sam> /unban cleo
        sam< cleo may come into den again, says sam.
        bob< INFO cleo may come into den again, says sam
        cleo< INFO cleo may come into den again, says sam
        sam> /op bob
        sam< bob was made an operator of den by sam.
        bob< INFO bob was made an operator of den by sam
        sam> /deop bob
        sam< bob is no operator of den any more, says sam.
        bob< INFO bob is no operator of den any more, says sam
        sam> /lock
        sam< sam has locked the topic of den.
        bob< INFO sam has locked the topic of den
        sam> /unlock
        sam< sam has unlocked the topic of den.
        bob< INFO sam has unlocked the topic of den
        sam> /kick bob good   night
        sam< bob was kicked from den by sam: good   night.
        bob< INFO bob was kicked from den by sam: good   night
        sam> /kick bob
        sam< Error: There is nobody of that name here.
        sam> /kick sam
        sam< Error: That is not for you to do.
    """,
    "op: who has an account is one wherever they are": TEA
    + """
        bob> REGISTER bob correct horse
        bob< OK
        ann> OP tea bob
        ann< INFO bob was made an operator of tea by ann
        bob< INFO bob was made an operator of tea by ann
        sam< bob was made an operator of tea by ann.
        ann< OK
        bob> LEAVE tea
        bob< OK
        ann< INFO bob left tea
        sam< bob has left the room.
        bob> MUTE tea sam
        ann< INFO sam was muted in tea by bob
        sam< sam was muted in tea by bob.
        bob< OK
        ann> DEOP tea bob
        ann< INFO bob is no operator of tea any more, says ann
        sam< bob is no operator of tea any more, says ann.
        bob< INFO bob is no operator of tea any more, says ann
        ann< OK
        bob> UNMUTE tea sam
        bob< ERR not-allowed
        ann> DEOP tea bob
        ann< ERR no-such-operator
    """,
    "op: who has none is one until they leave": TEA
    + """
        ann> OP tea bob
        ann< INFO bob was made an operator of tea by ann
        bob< INFO bob was made an operator of tea by ann
        sam< bob was made an operator of tea by ann.
        ann< OK
        bob> LOCK tea
        ann< INFO bob has locked the topic of tea
        bob< INFO bob has locked the topic of tea
        sam< bob has locked the topic of tea.
        bob< OK
        bob> LEAVE tea
        bob< OK
        ann< INFO bob left tea
        sam< bob has left the room.
        bob> UNLOCK tea
        bob< ERR not-allowed
        ann> OP tea cleo
        ann< ERR no-such-user
        ann> DEOP tea bob
        ann< ERR no-such-operator
    """,
    "a ban takes the operator's rights along": TEA
    + """
        bob> REGISTER bob correct horse
        bob< OK
        ann> OP tea bob
        ann< INFO bob was made an operator of tea by ann
        bob< INFO bob was made an operator of tea by ann
        sam< bob was made an operator of tea by ann.
        ann< OK
        ann> BAN tea bob
        ann< INFO bob was banned from tea by ann
        bob< INFO bob was banned from tea by ann
        sam< bob was banned from tea by ann.
        ann< OK
        bob> UNBAN tea bob
        bob< ERR not-allowed
    """,
    "the owner can't be turned out of their own room": TEA
    + """
        ann> OP tea bob
        ann< INFO bob was made an operator of tea by ann
        bob< INFO bob was made an operator of tea by ann
        sam< bob was made an operator of tea by ann.
        ann< OK
        bob> KICK tea ann
        bob< ERR not-allowed
        bob> BAN tea Ann
        bob< ERR not-allowed
        bob> MUTE tea ann
        bob< ERR not-allowed
        bob> DEOP tea ann
        bob< ERR not-allowed
        root> deop tea ann
        root< ERR not-allowed That is not for you to do.
    """,
    "a locked topic is for operators": TEA
    + """
        bob> TOPIC tea biscuits
        ann< INFO bob set the topic of tea: biscuits
        bob< INFO bob set the topic of tea: biscuits
        sam< bob has set the topic: biscuits
        ann> LOCK tea
        ann< INFO ann has locked the topic of tea
        bob< INFO ann has locked the topic of tea
        sam< ann has locked the topic of tea.
        ann< OK
        bob> TOPIC tea more biscuits
        bob< ERR not-allowed
        bob> TOPIC tea
        bob< TOPIC tea biscuits
        ann> TOPIC tea leaves
        ann< INFO ann set the topic of tea: leaves
        bob< INFO ann set the topic of tea: leaves
        sam< ann has set the topic: leaves
        ann> UNLOCK tea
        ann< INFO ann has unlocked the topic of tea
        bob< INFO ann has unlocked the topic of tea
        sam< ann has unlocked the topic of tea.
        ann< OK
        sam> /topic biscuits
        ann< INFO sam set the topic of tea: biscuits
        bob< INFO sam set the topic of tea: biscuits
        sam< sam has set the topic: biscuits
    """,
}


@pytest.mark.parametrize("title", TRANSCRIPTS)
def test_conversation(title: str) -> None:
    play(people(), TRANSCRIPTS[title])


# --- who may not ----------------------------------------------------------------------------------

MODERATING: list[Command] = [
    Kick("tea", "bob"),
    BanUser("tea", "bob"),
    UnbanUser("tea", "eve"),
    ListBans("tea"),
    Mute("tea", "bob"),
    Unmute("tea", "eve"),
    MakeOperator("tea", "cleo"),
    RemoveOperator("tea", "ann"),
    LockTopic("tea", True),
]


@pytest.mark.parametrize("who", ["bob", "cleo", "sam"])
@pytest.mark.parametrize("command", MODERATING, ids=lambda command: type(command).__name__)
def test_who_does_not_operate_a_room_can_change_nothing_in_it(command: Command, who: str) -> None:
    """Whether they are in it or not; and nobody but they hears of it."""
    chat = people()
    play(chat, TEA)
    before = contents(chat.core.world)
    chat.ask(who, command)
    refused = "Error: That is not for you to do." if who == "sam" else "ERR not-allowed"
    assert chat.read_all() == {who: [refused]}
    assert contents(chat.core.world) == before


def test_an_owner_is_one_again_after_they_come_back() -> None:
    chat = people()
    play(chat, TEA)
    chat.lose("ann")
    chat.lose("bob")
    chat.send("sam", "/leave")
    log_in_again(chat, "ann")
    play(chat, "ann> KICK tea bob\nann< ERR no-such-user\nann> LOCK tea\nann< OK")


def test_who_takes_an_owners_name_while_it_is_free_owns_nothing() -> None:
    """Nobody can without the password; unless the administration has given the name free."""
    chat = people()
    play(chat, TEA)
    chat.lose("ann")
    chat.connect("eve")
    chat.read_all()
    play(
        chat,
        """
        eve> LOGIN ann
        eve< ERR password-required
        root> unregister ann
        root< OK
        eve> LOGIN ann
        eve< OK
        eve> KICK tea bob
        eve< ERR not-allowed
        eve> REGISTER ann another horse
        eve< OK
        eve> KICK tea bob
        eve< ERR not-allowed
        """,
    )


# --- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["BAN", "MUTE"])
def test_so_many_bans_and_no_more(verb: str) -> None:
    chat = people(limits=replace(UNLIMITED, bans_per_room_max=2))
    chat.send("ann", "JOIN tea", f"{verb} tea one 1m", f"{verb} tea two")
    chat.read_all()
    before = contents(chat.core.world)
    chat.send("ann", f"{verb} tea three")
    assert chat.lines("ann") == ["ERR too-many-bans"]
    assert contents(chat.core.world) == before
    chat.send("ann", f"{verb} tea TWO")  # in place of the old one
    assert chat.lines("ann")[-1] == "OK"
    chat.wait(60)
    chat.send("ann", f"{verb} tea three")  # the first has run out
    assert chat.lines("ann")[-1] == "OK"
    chat.send("ann", "BANS tea")
    assert [line.split()[2] for line in chat.lines("ann")] == ["TWO", "three"]


@pytest.mark.parametrize("verb", ["BAN", "MUTE"])
def test_all_that_is_listed_is_not_too_long(verb: str) -> None:
    """It is saved as a whole, however short what is new of it."""
    chat, reason = people(), "\N{GRINNING FACE}" * UNLIMITED.reason_max_chars
    chat.send("ann", "JOIN tea", *[f"{verb} tea n{i} {reason}" for i in range(200)])
    assert chat.lines("ann")[-1] == "ERR too-many-bans"
    charter = chat.core.world.rooms["tea"].charter
    listed = charter.bans or charter.mutes
    size = sum([len(key + ban.name + ban.by + ban.reason) for key, ban in listed])
    assert 0 <= UNLIMITED.bans_per_room_max_chars - size < 300
    chat.send("ann", f"UN{verb} tea n0", f"{verb} tea other")
    assert chat.lines("ann")[-1] == "OK"


def test_so_many_operators_and_no_more() -> None:
    chat = people(limits=replace(UNLIMITED, bans_per_room_max=1))
    register(chat, "bob")
    register(chat, "cleo")
    chat.send("ann", "JOIN tea", "OP tea bob")
    chat.read_all()
    before = contents(chat.core.world)
    chat.send("ann", "OP tea cleo")
    assert chat.lines("ann") == ["ERR too-many-bans"]
    assert contents(chat.core.world) == before


@pytest.mark.parametrize("verb", ["KICK", "BAN", "MUTE"])
def test_a_reason_is_a_sentence(verb: str) -> None:
    chat = people(limits=replace(UNLIMITED, reason_max_chars=5))
    play(chat, TEA)
    chat.send("ann", f"{verb} tea bob five5")
    assert chat.lines("ann")[-1] == "OK"
    chat.send("ann", "UNBAN tea bob", "UNMUTE tea bob")
    chat.send("bob", "JOIN tea")
    chat.read_all()
    before = contents(chat.core.world)
    chat.send("ann", f"{verb} tea bob longer")
    assert chat.read_all() == {"ann": ["ERR text-too-long"]}
    assert contents(chat.core.world) == before


@pytest.mark.parametrize("command", [BanUser, Mute])
def test_a_length_of_time_is_one_that_can_be_shown(command: type[BanUser] | type[Mute]) -> None:
    chat = people()
    play(chat, TEA)
    before = contents(chat.core.world)
    for seconds in (-1.0, 1e300, float("inf"), float("nan")):
        chat.ask("ann", command("tea", "bob", seconds))
        assert chat.read_all() == {"ann": ["ERR invalid-number"]}
    chat.send("ann", f"{'BAN' if command is BanUser else 'MUTE'} tea bob 999999999d")
    assert chat.read_all() == {"ann": ["ERR invalid-number"]}
    assert contents(chat.core.world) == before
    chat.ask("ann", command("tea", "bob", Limits().ban_max_s))
    assert chat.lines("ann")[0].endswith("by ann for 3650d")
    chat.ask("ann", command("tea", "eve", 0.5))
    assert chat.lines("ann")[0].endswith("by ann for 0.5s")
    chat.send("ann", "BANS tea")
    assert [line.split()[6][:4] for line in chat.lines("ann")] == ["2033", "2023"]


@pytest.mark.parametrize("name", ["", "two words", "x" * 33, "\x1b[31mbob", "\ud800"])
@pytest.mark.parametrize("command", [BanUser, Mute])
def test_a_ban_is_on_a_name(command: type[BanUser] | type[Mute], name: str) -> None:
    chat = people()
    play(chat, TEA)
    before = contents(chat.core.world)
    chat.ask("ann", command("tea", name))
    assert chat.read_all() == {"ann": ["ERR no-such-user"]}
    assert contents(chat.core.world) == before


def test_what_is_said_about_somebody_has_no_control_characters() -> None:
    chat = people()
    play(chat, TEA)
    chat.ask("ann", Kick("tea", "bob", " \x1b[2Jout\ud800\n "))
    assert chat.lines("bob") == ["INFO bob was kicked from tea by ann: [2Jout"]


def test_so_many_rooms_of_ones_own_and_no_more() -> None:
    """Beyond, a room is like anyone's."""
    chat = people(limits=replace(UNLIMITED, rooms_owned_max=1))
    chat.send("ann", "JOIN tea", "JOIN den", "LEAVE tea", "LEAVE den", "ROOMS")
    assert chat.lines("ann")[-2:] == ["ROOM lobby 0", "ROOM tea 0"]


def test_the_owner_comes_in_when_the_room_is_full() -> None:
    chat = people(limits=replace(UNLIMITED, room_members_max=1))
    chat.send("ann", "JOIN tea", "LEAVE tea")
    chat.send("bob", "JOIN tea")
    chat.send("cleo", "JOIN tea")
    assert chat.lines("cleo") == ["ERR room-full"]
    chat.send("ann", "JOIN tea")
    assert chat.lines("ann")[-1] == "OK"


def test_the_lobby_is_told_apart_by_its_name_alone() -> None:
    """Its operators are kept, though nobody owns it."""
    chat = people()
    chat.send("root", f"op {LOBBY} ann")
    assert chat.core.world.rooms[LOBBY].charter.operators == ("ann",)
    assert chat.core.world.rooms[LOBBY].charter.owner == ""
