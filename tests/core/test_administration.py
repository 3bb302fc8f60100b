"""The server's administration, from its own socket: what each command does to the people who are
there. What the answers look like: `tests/dialects/test_admin.py`.

Root administers. Ann and Bob speak the line dialect; Sam speaks the slash dialect.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given, settings

from chat.core import ChatCore, Limits
from chat.core.actions import Close, Save, Send, StopServer
from chat.core.commands import (
    Announce,
    CloseRoom,
    Command,
    Exclude,
    Expel,
    ListConnections,
    ListExclusions,
    ListLimits,
    Readmit,
    SetLimit,
    ShowStats,
    Stop,
    Unregister,
)
from chat.core.limits import LIMIT_MAX
from chat.core.registry import ROWS, SERVER, Row
from chat.core.session import State
from chat.dialects import DIALECTS, LOCAL
from chat.dialects.admin import AdminDialect
from chat.testing.strategies import COMMANDS
from tests.core.support import LINE, NOW, UNLIMITED, Chat, contents
from tests.core.transcript import play

ADMIN = AdminDialect()


def administered(*, limits: Limits = UNLIMITED, durable: bool = False) -> Chat:
    """Root, Ann, Bob and Sam."""
    chat = Chat(limits=limits, durable=durable)
    chat.connect("root", ADMIN)
    for who in ("ann", "bob"):
        chat.connect(who)
        chat.send(who, f"LOGIN {who}")
    chat.connect("sam", DIALECTS["slash"])
    chat.send("sam", "/nick sam")
    chat.read_all()
    return chat


TRANSCRIPTS: dict[str, str] = {
    "users, rooms and who is in one": """
        root> users
        root< USER ann
        root< USER bob
        root< USER sam
        root< OK
        root> rooms
        root< ROOM lobby 2
        root< OK
        root> names #lobby
        root< USER ann
        root< USER bob
        root< OK
        root> names nowhere
        root< ERR no-such-room There is no such room.
    """,
    "announce: to everyone, in a room or in none, logged in or not": """
        new> (connects)
        root> announce  back in  5 minutes
        ann< INFO server: back in  5 minutes
        bob< INFO server: back in  5 minutes
        sam< [server] back in  5 minutes
        new< INFO server: back in  5 minutes
        root< OK
        root> announce
        root< ERR empty-message There is nothing in that message.
    """,
    "kick: disconnected, told why, and free to come back": """
        root> kick BOB  enough of that
        bob< INFO you were disconnected: enough of that
        bob< (closed: kicked)
        ann< INFO bob disconnected
        root< OK
        root> kick sam
        sam< You were disconnected.
        sam< (closed: kicked)
        root< OK
        again> LOGIN bob
        again< OK
        root> kick eve
        root< ERR no-such-user There is nobody of that name here.
        root> kick
        root< ERR missing-argument Something is missing there.
    """,
    "ban a name: sent away, and kept out until it has run out": """
        root> ban Bob 1m spam and eggs
        bob< INFO you are banned from this server: spam and eggs
        bob< (closed: banned)
        ann< INFO bob disconnected
        root< OK
        again> LOGIN bob
        again< ERR banned
        again> LOGIN robert
        again< OK
        again> NICK Bob
        again< ERR banned
        again> REGISTER bob correct horse
        again< ERR banned
        root> bans
        root< BAN Bob until 2023-11-14T22:14:20.000Z spam and eggs
        root< OK
        everyone> (waits)
        root> bans
        root< OK
        again> NICK Bob
        again< OK
        ann< INFO robert is now Bob
    """,
    "ban a name for good, and let it in again": """
        root> ban sam
        sam< You are banned from this server.
        sam< (closed: banned)
        root< OK
        everyone> (waits)
        new> LOGIN sam
        new< ERR banned
        root> unban SAM
        root< OK
        new> LOGIN sam
        new< OK
        root> unban sam
        root< ERR no-such-ban There is no such ban.
    """,
    "no guest is called what is banned": """
        root> ban guest2
        root< OK
        new> (connects, for the slash dialect)
        new> /join den
        new< Welcome to room den!
        new< Current users: guest3
    """,
    "close a room: everyone is out of it, and it is another one afterwards": """
        ann> REGISTER ann correct horse
        ann< OK
        ann> JOIN tea
        ann< OK
        sam> /join tea
        sam< Welcome to room tea!
        sam< Current users: ann, sam
        ann< INFO sam joined tea
        ann> TOPIC tea leaves
        ann< INFO ann set the topic of tea: leaves
        sam< ann has set the topic: leaves
        root> close #Tea
        ann< INFO tea was closed
        sam< Room tea was closed.
        root< OK
        sam> hello?
        sam< You are in no room. /join one first.
        ann> MSG still in the lobby
        bob< MSG ann still in the lobby
        bob> JOIN tea
        bob< OK
        bob> TOPIC tea
        bob< TOPIC tea
        root> close tea
        bob< INFO tea was closed
        root< OK
        root> close tea
        root< ERR no-such-room There is no such room.
        root> close lobby
        root< ERR not-allowed That is not for you to do.
    """,
    "close a room in which nobody is, but which somebody owns": """
        ann> REGISTER ann correct horse
        ann< OK
        ann> JOIN tea
        ann< OK
        ann> LEAVE tea
        ann< OK
        root> close tea
        root< OK
        root> rooms
        root< ROOM lobby 2
        root< OK
    """,
    "unregister: rooms lose their owner, and end when they are empty": """
        ann> REGISTER ann correct horse
        ann< OK
        ann> JOIN tea
        ann< OK
        ann> JOIN den
        ann< OK
        ann> LOCK den
        ann< INFO ann has locked the topic of den
        ann< OK
        ann> BAN den eve
        ann< INFO eve was banned from den by ann
        ann< OK
        sam> /join den
        sam< Welcome to room den!
        sam< Current users: ann, sam
        ann< INFO sam joined den
        ann> LEAVE tea
        ann< OK
        root> unregister Ann
        root< OK
        root> rooms
        root< ROOM lobby 2
        root< ROOM den 2
        root< OK
        sam> /topic still locked?
        sam< Error: That is not for you to do.
        eve> LOGIN eve
        eve< OK
        eve> JOIN den
        eve< ERR banned
        ann> LEAVE den
        ann< OK
        sam< ann has left the room.
        sam> /leave
        sam< You have left room den.
        root> rooms
        root< ROOM lobby 3
        root< OK
        root> unregister ann
        root< ERR not-registered That name is not registered.
    """,
    "unregister: whoever has the name next operates nothing by it": """
        ann> REGISTER ann correct horse
        ann< OK
        bob> REGISTER bob correct horse
        bob< OK
        ann> JOIN tea
        ann< OK
        root> op tea bob
        ann< INFO bob was made an operator of tea by the server
        bob< INFO bob was made an operator of tea by the server
        root< OK
        root> unregister bob
        root< OK
        bob> REGISTER bob another horse
        bob< OK
        bob> LOCK tea
        bob< ERR not-allowed
        root> deop tea bob
        root< ERR no-such-operator Nobody of that name is an operator there.
    """,
    "op: there is a room, and somebody in it": """
        sam> /join den
        sam< Welcome to room den!
        sam< Current users: sam
        root> op den ann
        root< ERR no-such-user There is nobody of that name here.
        root> op nowhere ann
        root< ERR no-such-room There is no such room.
        root> op # ann
        root< ERR no-such-room There is no such room.
        root> deop den SAM
        sam< sam is no operator of den any more, says the server.
        root< OK
        sam> /lock
        sam< Error: That is not for you to do.
    """,
    "a limit holds from the next time on": """
        root> limit rooms_max 1
        root< OK
        ann> JOIN tea
        ann< ERR too-many-rooms
        root> LIMIT rooms_max 2
        root< OK
        ann> JOIN tea
        ann< OK
        root> limit no_such 1
        root< ERR no-such-limit There is no limit of that name.
        root> limit rooms_max
        root< ERR missing-argument Something is missing there.
    """,
    "what is not for the administration": """
        root> nick root
        root< ERR unknown-command There is no such command.
        root> help me
        root< INFO users: list who is here
        root< INFO rooms: list the rooms
        root< INFO names <room>: list who is in a room
        root< INFO connections: list the connections
        root< INFO stats: show how much there is of everything
        root< INFO announce <text>: say something to everyone
        root< INFO kick <username> [<reason>]: disconnect a user
        root< INFO ban <username or address> [<time>] [<reason>]: keep a user or an address out
        root< INFO unban <username or address>: let a user or an address in again
        root< INFO bans: list who is kept out
        root< INFO op <room> <username>: make someone an operator
        root< INFO deop <room> <username>: make someone no operator
        root< INFO close <room>: put everyone out of a room
        root< INFO unregister <username>: give a registered name free
        root< INFO limit [<name> <value>]: set a limit
        root< INFO shutdown: shut the server down
        root< INFO ping: see whether the server is there
        root< INFO help: list the commands
        root< INFO quit: leave
        root< OK
    """,
    "quit: the administration goes, and nobody hears of it": """
        root> ping
        root< PONG
        root< OK
        root> quit
        root< OK
        root< (closed: quit)
    """,
    "stopping: nobody comes in any more, not even the administration": """
        server> (stops)
        ann< INFO server-shutdown
        ann< (closed: shutdown)
        bob< INFO server-shutdown
        bob< (closed: shutdown)
        sam< The server is shutting down. Goodbye!
        sam< (closed: shutdown)
        root< (closed: shutdown)
        other> (connects to the administration's socket)
        other< ERR shutting-down The server is shutting down.
        other< (closed: refused: shutting-down)
    """,
}


@pytest.mark.parametrize("durable", [False, True], ids=["memory", "store"])
@pytest.mark.parametrize("title", TRANSCRIPTS)
def test_conversation(title: str, durable: bool) -> None:
    """The same, whether there is a store or not."""
    play(administered(durable=durable), TRANSCRIPTS[title])


# --- who may --------------------------------------------------------------------------------------

ADMINISTERING: list[Command] = [
    ListConnections(),
    Expel("bob"),
    Exclude("bob"),
    Readmit("eve"),
    ListExclusions(),
    Unregister("bob"),
    Announce("hello"),
    CloseRoom("tea"),
    SetLimit("rooms_max", 1),
    ListLimits(),
    ShowStats(),
    Stop(),
]


def test_the_list_is_complete() -> None:
    rows = {row.command for row in ROWS if row.states == SERVER}
    assert {type(command) for command in ADMINISTERING} == rows


@pytest.mark.parametrize("command", ADMINISTERING, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("who", ["ann", "sam", "new", "bot"])
def test_nobody_else_may(who: str, command: Command) -> None:
    chat = administered()
    chat.connect("new")
    chat.connect("bot", LOCAL)
    before = contents(chat.core.world)
    chat.ask(who, command)
    pieces = chat.take(who)
    refusal = [str(p) if who == "bot" else p.decode() for p in pieces]
    assert len(refusal) == 1
    assert "not-allowed" in refusal[0] or refusal == ["Error: That is not for you to do.\n"]
    assert chat.read_all() == {}
    assert contents(chat.core.world) == before
    assert not chat.stopped


NOT_OURS = [row for row in ROWS if State.OPERATOR not in row.states]


@pytest.mark.parametrize("row", NOT_OURS, ids=lambda row: row.command.__name__)
def test_the_administration_does_not_chat(row: Row) -> None:
    """It has no user: what needs one is refused, whatever it is about."""

    @given(COMMANDS[row.command])
    @settings(max_examples=10)
    def check(command: Command) -> None:
        chat = administered()
        before = contents(chat.core.world)
        chat.ask("root", command)
        assert chat.read_all() == {"root": ["ERR not-allowed That is not for you to do."]}
        assert contents(chat.core.world) == before

    check()


# --- addresses ------------------------------------------------------------------------------------


def core_with(*addresses: str, limits: Limits | None = None) -> ChatCore:
    """Session 1 administers, 2 and so on are people from these addresses."""
    core = ChatCore(limits)
    core.connect(1, ADMIN, NOW)
    for number, address in enumerate(addresses, start=2):
        core.connect(number, LINE, NOW, address)
        core.receive(number, f"LOGIN user{number}".encode(), NOW)
    return core


HERE = ["192.0.2.7", "::ffff:192.0.2.9", "2001:db8::7", "fe80::1%eth0", ""]

# What is excluded, and who of the above has to go.
AWAY: list[tuple[str, list[str]]] = [
    ("192.0.2.7", ["192.0.2.7"]),
    ("::ffff:192.0.2.7", ["192.0.2.7"]),
    ("192.0.2.9", ["::ffff:192.0.2.9"]),
    ("192.0.2.0/24", ["192.0.2.7", "::ffff:192.0.2.9"]),
    ("::ffff:192.0.2.0/120", ["192.0.2.7", "::ffff:192.0.2.9"]),
    ("0.0.0.0/0", ["192.0.2.7", "::ffff:192.0.2.9"]),
    ("::/0", ["2001:db8::7", "fe80::1%eth0"]),
    ("2001:DB8:0::/64", ["2001:db8::7"]),
    ("fe80::/10", ["fe80::1%eth0"]),
    ("198.51.100.0/24", []),
    ("user6", [""]),
]


@pytest.mark.parametrize(("target", "away"), AWAY)
def test_exclude(target: str, away: list[str]) -> None:
    core = core_with(*HERE)
    actions = core.receive(1, f"BAN {target} 1m why not".encode(), NOW)
    told = b"INFO you are banned from this server: why not\n"
    gone = [number for number, address in enumerate(HERE, start=2) if address in away]
    assert [a.session for a in actions if isinstance(a, Close)] == gone
    assert [a.session for a in actions if isinstance(a, Send) and a.data == told] == gone
    assert [session.id for session in core._sessions.values()] == [
        number for number in range(1, 2 + len(HERE)) if number not in gone
    ]
    core.world.check_invariants()


@pytest.mark.parametrize(("target", "away"), AWAY[:-1])
def test_newcomers_from_there(target: str, away: list[str]) -> None:
    """Until it has run out, or has been taken back."""
    core = core_with()
    core.receive(1, f"BAN {target} 1m".encode(), NOW)
    core.receive(1, b"BAN 203.0.113.0/24", NOW)
    refused = [Send(9, b"ERR banned\n"), Close(9, "refused: banned")]
    for address in HERE:
        came = core.connect(9, LINE, NOW + 59, address)
        assert came == (refused if address in away else [])
        assert core.receive(9, b"PING", NOW + 59) == ([] if came else [Send(9, b"PONG\n")])
        core.disconnect(9, "gone", NOW + 59)
        assert core.connect(9, LINE, NOW + 60, address) == []
        core.disconnect(9, "gone", NOW + 60)
    assert core.receive(1, f"UNBAN {target}".encode(), NOW) == [Send(1, b"OK\n")]
    assert [core.connect(9 + n, LINE, NOW, address) for n, address in enumerate(HERE)] == [[]] * 5


def test_who_has_not_logged_in_is_sent_away_as_well() -> None:
    core = core_with()
    core.connect(2, LINE, NOW, "192.0.2.7")
    actions = core.receive(1, b"BAN 192.0.2.7", NOW)
    assert Close(2, "banned") in actions


def test_the_administration_keeps_nobody_of_itself_out() -> None:
    core = core_with()
    core.connect(2, ADMIN, NOW, "192.0.2.7")
    assert not any(isinstance(a, Close) for a in core.receive(2, b"BAN 192.0.2.7", NOW))
    core.connect(3, ADMIN, NOW, "192.0.2.7")
    assert core.receive(3, b"PING", NOW) == [Send(3, b"PONG\nOK\n")]


@pytest.mark.parametrize(
    "target", ["", " ", "two words", "x" * 33, "10.0.0.0/33", "\x1b[31m", "\ud800"]
)
def test_what_is_neither_a_name_nor_an_address(target: str) -> None:
    chat = administered()
    before = contents(chat.core.world)
    chat.ask("root", Exclude(target))
    chat.ask("root", Readmit(target))
    refused = [line.split()[1] for line in chat.lines("root")]
    assert refused == ["no-such-user"] * 2
    assert contents(chat.core.world) == before


@pytest.mark.parametrize("seconds", [-1.0, 1e300, float("inf"), float("nan")])
def test_a_length_of_time_is_one_that_can_be_shown(seconds: float) -> None:
    chat = administered()
    chat.ask("root", Exclude("eve", seconds))
    assert [line.split()[1] for line in chat.lines("root")] == ["invalid-number"]
    assert chat.core.world.bans == {}


def test_so_many_bans_and_no_more() -> None:
    chat = administered(limits=replace(UNLIMITED, bans_max=2), durable=True)
    chat.send("root", "ban one 1m", "ban two", "ban three", "ban TWO again")
    answers = [line.split()[:2] for line in chat.lines("root")]
    assert answers == [["OK"], ["OK"], ["ERR", "too-many-bans"], ["OK"]]
    chat.wait(60)
    chat.send("root", "ban three")
    assert chat.lines("root") == ["OK"]
    saved = chat.outputs[-2]  # the last one is what became of it
    assert isinstance(saved[0], Save)
    kept = [(record.key, record.content is not None) for record in saved[0].records]
    assert kept == [("one", False), ("three", True)]
    assert list(chat.core.world.bans) == ["two", "three"]


# --- the rest -------------------------------------------------------------------------------------


def test_the_administration_is_let_in_when_the_server_is_full() -> None:
    core = core_with("192.0.2.7", limits=Limits(clients_max=2))
    assert core.connect(8, LINE, NOW)[-1] == Close(8, "refused: server-full")
    core.connect(9, ADMIN, NOW)
    assert core.receive(9, b"PING", NOW) == [Send(9, b"PONG\nOK\n")]


def test_connections_are_all_of_them() -> None:
    core = core_with("192.0.2.7")
    core.connect(3, DIALECTS["slash"], NOW, "2001:db8::7")
    core.connect(4, LINE, NOW)
    assert core.receive(1, b"CONNECTIONS", NOW) == [
        Send(
            1,
            b"CONNECTION #1 local admin\nCONNECTION #2 192.0.2.7 line user2\n"
            b"CONNECTION #3 2001:db8::7 slash guest1\nCONNECTION #4 local line\nOK\n",
        )
    ]


def test_stats_count_what_there_is() -> None:
    chat = administered(durable=True)
    chat.send("ann", "MSG one", "JOIN tea", "SAY tea two", "LEAVE tea", "JOIN den")
    chat.send("root", "BAN eve")
    chat.read_all()
    chat.send("root", "STATS")
    numbers = dict(line.split()[1:] for line in chat.lines("root")[:-1])
    assert numbers == {
        **{"connections": "4", "users": "3", "rooms": "2"},
        **{"accounts": "0", "bans": "1", "messages": "2"},
    }


def test_shutdown_is_for_the_shell_to_do() -> None:
    assert core_with().receive(1, b"shutdown", NOW) == [Send(1, b"OK\n"), StopServer()]
    chat = administered()
    chat.send("root", "SHUTDOWN now")
    assert chat.stopped


def test_every_limit_can_be_seen_and_set() -> None:
    chat = administered()
    chat.send("root", "LIMIT")
    *shown, end = chat.lines("root")
    assert end == "OK"
    assert {name: float(n) for _, name, n in map(str.split, shown)} == asdict(UNLIMITED)
    for field in fields(Limits):
        chat.send("root", f"LIMIT {field.name} 7")
    assert set(chat.lines("root")) == {"OK"}
    chat.send("root", "LIMIT rate_per_s 0.125", f"LIMIT accounts_max {LIMIT_MAX}", "LIMIT")
    lines = chat.lines("root")
    assert "LIMIT rate_per_s 0.125" in lines
    assert f"LIMIT accounts_max {LIMIT_MAX}" in lines
    assert type(chat.core.world.limits.rooms_max) is int


@pytest.mark.parametrize("name", ["rooms_max", "history_kept", "rate_per_s", "rate_burst"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), -float("inf"), LIMIT_MAX + 1])
def test_a_limit_is_one_that_can_be_kept(name: str, value: float) -> None:
    chat = administered()
    chat.ask("root", SetLimit(name, value))
    assert [line.split()[1] for line in chat.lines("root")] == ["invalid-number"]
    assert chat.core.world.limits == UNLIMITED


@pytest.mark.parametrize("typed", ["rooms_max 2.5", "rate_per_s 0", "rooms_max x", "rooms_max 1 2"])
def test_a_limit_is_a_number(typed: str) -> None:
    chat = administered()
    chat.send("root", f"LIMIT {typed}")
    assert [line.split()[1] for line in chat.lines("root")] == ["invalid-number"]
    assert chat.core.world.limits == UNLIMITED


@pytest.mark.parametrize("limits", [{"rooms_max": -1}, {"rate_per_s": 0}, {"rate_per_s": 1e10}])
def test_nor_is_one_that_comes_from_elsewhere(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        replace(UNLIMITED, **limits)


@pytest.mark.parametrize("back_s", [0.0, 3600.0])
def test_a_rate_holds_from_now_on_for_who_was_there(back_s: float) -> None:
    """Also if the clock was set back, and not only once it is where it was."""
    chat = administered()
    chat.send("ann", "PING")
    chat.now -= back_s
    chat.send("root", "LIMIT rate_burst 2")
    chat.wait(1)
    chat.read("ann")
    chat.send("ann", *["PING"] * 3)
    assert chat.lines("ann") == ["PONG", "PONG", "INFO slow-down"]


def test_what_is_announced_is_a_text() -> None:
    chat = administered(limits=replace(UNLIMITED, text_max_chars=10))
    chat.ask("root", Announce(" \x1b[2J\ud800hello "))
    assert chat.lines("ann") == ["INFO server: [2Jhello"]
    chat.ask("root", Announce("x" * 11))
    chat.ask("root", Announce("\x1b \n"))
    assert [line.split()[1] for line in chat.lines("root")[1:]] == [
        "text-too-long",
        "empty-message",
    ]


@pytest.mark.parametrize("verb", ["KICK", "BAN"])
def test_a_reason_is_a_sentence(verb: str) -> None:
    chat = administered(limits=replace(UNLIMITED, reason_max_chars=5))
    chat.send("root", f"{verb} bob longer")
    assert chat.read_all() == {"root": ["ERR text-too-long That message is too long."]}
    chat.send("root", f"{verb} bob short")
    assert chat.lines("root") == ["OK"]
    assert chat.closed("bob")


def test_who_waits_for_a_password_can_be_disconnected() -> None:
    chat = administered()
    chat.send("bob", "REGISTER bob correct horse")
    chat.send("root", "KICK bob")
    chat.read_all()
    chat.finish_jobs()
    assert chat.read_all() == {}
    assert chat.core.world.accounts == {}
