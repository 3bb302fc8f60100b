"""What outlives the server: nothing is heard before it is kept, nothing is true before it is saved,
and what could not be kept never was."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chat.core import LOBBY, ChatCore, Limits
from chat.core.actions import Audience, Forget, Publish, RunJob, Save, Send, Store
from chat.core.entry import decode, encode
from chat.core.errors import Refusal
from chat.core.events import Said
from chat.core.jobs import ReadHistory
from chat.core.records import Account, Ban, Charter, Record
from chat.dialects.admin import AdminDialect
from tests.core.support import LINE, NOW, UNLIMITED, Chat, contents, replayed

PASSWORD = "correct horse"
AT = "2023-11-14T22:13:20.000Z"  # NOW, as people read it


def durable(*users: str, limits: Limits = UNLIMITED) -> Chat:
    """People in a core with a store."""
    return Chat(*users, limits=limits, durable=True)


def register(chat: Chat, who: str) -> None:
    """Someone has their name for themselves."""
    chat.send(who, f"REGISTER {who} {PASSWORD}")
    chat.finish_jobs()
    chat.read_all()


def kept(chat: Chat) -> list[tuple[str, int, str]]:
    """What the store has been given of what was said."""
    return [(said.room, said.seq, said.text) for said in chat.messages]


def stored(records: list[Record]) -> list[Record]:
    """What a store holds that was given all these, one after the other."""
    latest = {(record.kind, record.key): record for record in records}
    return [record for record in latest.values() if record.content is not None]


# --- what is said ---------------------------------------------------------------------------------


def core_with_ann_and_bob() -> ChatCore:
    """Sessions 1 and 2."""
    core = ChatCore(durable=True)
    for session, name in enumerate((b"ann", b"bob"), start=1):
        core.connect(session, LINE, NOW)
        core.receive(session, b"LOGIN " + name, NOW)
    return core


def test_what_is_said_is_kept_before_it_is_heard() -> None:
    core = core_with_ann_and_bob()
    said = Said(1, "ann", LOBBY, 1, NOW, "hello")
    heard = Publish(Audience(LOBBY, "line"), b"MSG ann hello\n", 1)
    assert core.receive(1, b"MSG hello", NOW) == [Store(LOBBY, said, [heard], LINE)]
    lobby = core.world.rooms[LOBBY]
    assert [*lobby.history] == []
    core.settle(True, NOW)
    assert [*lobby.history] == [said]
    assert lobby.seq == 1
    assert core.world.unsettled == []


def test_what_is_said_where_nobody_listens_is_kept_as_well() -> None:
    core = ChatCore(durable=True)
    core.connect(1, LINE, NOW)
    core.receive(1, b"LOGIN ann", NOW)
    core.receive(1, b"JOIN #Tea", NOW)
    (store,) = core.receive(1, b"SAY tea hello", NOW)
    assert isinstance(store, Store)
    assert (store.key, store.message.room, store.message.seq) == ("tea", "Tea", 1)


def test_what_could_not_be_kept_was_never_said() -> None:
    core = core_with_ann_and_bob()
    core.receive(1, b"MSG one", NOW)
    core.settle(True, NOW)
    before = contents(core.world)
    (lost,) = core.receive(1, b"MSG two", NOW)
    core.receive(2, b"ME lobby too", NOW)
    core.settle(False, NOW)
    assert contents(core.world) == before
    assert isinstance(lost, Store)
    assert core.refuse(lost) == [Send(1, b"ERR not-saved\n")]
    (store,) = core.receive(1, b"MSG three", NOW)
    assert isinstance(store, Store)
    assert store.message.seq == 2


def test_nobody_hears_what_could_not_be_kept() -> None:
    chat = durable("ann", "bob")
    chat.full = True
    chat.send("ann", "MSG hello?")
    assert chat.read_all() == {"ann": ["ERR not-saved"]}
    chat.full = False
    chat.send("ann", "MSG hello")
    assert chat.read_all() == {"bob": ["MSG ann hello"]}
    assert kept(chat) == [(LOBBY, 1, "hello")]


@pytest.mark.parametrize("full", [False, True])
def test_a_turn_is_kept_as_a_whole_or_not_at_all(full: bool) -> None:
    """What people read about other things comes where it belongs, between what was said."""
    chat = durable("ann", "bob")
    chat.send("ann", "JOIN tea")
    chat.read_all()
    chat.gathering, chat.full = True, full
    chat.send("ann", "MSG one", "SAY tea two", "MSG three")
    chat.send("bob", "PING", "JOIN tea", "SAY tea four")
    assert chat.read_all() == {}
    chat.end_turn()
    read = chat.read_all()
    if full:
        assert read["ann"] == ["ERR not-saved"] * 3 + ["INFO bob joined tea"]
        assert read["bob"] == ["PONG", "OK", "ERR not-saved"]
        assert kept(chat) == []
    else:
        assert read["ann"] == ["INFO bob joined tea", "SAID tea bob four"]
        assert read["bob"] == ["MSG ann one", "MSG ann three", "PONG", "OK"]
        assert kept(chat) == [
            *((LOBBY, 1, "one"), ("tea", 1, "two"), (LOBBY, 2, "three"), ("tea", 2, "four")),
        ]


def test_who_is_gone_by_then_is_told_nothing() -> None:
    chat = durable("ann", "bob")
    chat.gathering = chat.full = True
    chat.send("ann", "MSG hello")
    chat.lose("ann")
    chat.end_turn()
    assert chat.read_all() == {"bob": ["INFO ann disconnected"]}


def test_who_says_something_and_leaves_at_once_is_told_that_it_was_not_kept() -> None:
    chat = durable("ann", "bob")
    chat.gathering = chat.full = True
    chat.send("ann", "MSG hello", "QUIT")
    chat.end_turn()
    assert chat.read_all() == {
        "ann": ["ERR not-saved", "BYE"],
        "bob": ["INFO ann disconnected"],
    }


def test_direct_messages_are_nobody_elses_business() -> None:
    chat = durable("ann", "bob")
    chat.full = True
    chat.send("ann", "DM bob psst")
    assert chat.read_all() == {"bob": ["DM ann psst"]}
    assert kept(chat) == []


# --- rooms that end, and come back ----------------------------------------------------------------


def test_a_room_that_is_made_again_goes_on_counting() -> None:
    chat = durable("ann")
    chat.send("ann", "JOIN tea", "SAY tea one", "LEAVE tea")
    assert [*chat.core.world.remembered] == ["tea"]
    assert not chat.core.world.remembered["tea"].history
    chat.send("ann", "JOIN TEA", "SAY tea two", "LEAVE tea", "JOIN tea", "HISTORY tea")
    chat.finish_jobs()
    assert kept(chat) == [("tea", 1, "one"), ("TEA", 2, "two")]
    assert chat.lines("ann")[-2:] == [f"PAST tea {AT} ann one", f"PAST TEA {AT} ann two"]


@pytest.mark.parametrize("full", [False, True])
def test_within_one_turn_as_well(full: bool) -> None:
    chat = durable("ann")
    chat.send("ann", "JOIN tea", "SAY tea one")
    chat.gathering, chat.full = True, full
    chat.send("ann", "SAY tea two", "LEAVE tea", "JOIN tea", "SAY tea three")
    chat.end_turn()
    chat.gathering = chat.full = False
    chat.send("ann", "SAY tea four")
    numbers = {text: seq for _, seq, text in kept(chat)}
    assert numbers == (
        {"one": 1, "four": 2} if full else {"one": 1, "two": 2, "three": 3, "four": 4}
    )


def test_what_is_kept_after_the_end_of_its_room_stays_out_of_memory() -> None:
    chat = durable("ann")
    chat.gathering = True
    chat.send("ann", "JOIN tea", "SAY tea one", "LEAVE tea")
    chat.end_turn()
    assert kept(chat) == [("tea", 1, "one")]
    assert not chat.core.world.remembered["tea"].history


def test_a_room_in_which_nothing_was_said_is_not_remembered() -> None:
    chat = durable("ann")
    chat.send("ann", "JOIN tea", "LEAVE tea")
    assert not chat.core.world.remembered


def test_so_many_rooms_are_remembered_and_no_more() -> None:
    limits = replace(UNLIMITED, rooms_remembered_max=2, forgotten_at_once=2)
    chat = durable("ann", limits=limits)
    for room in ("one", "two", "three", "four", "one", "five"):
        chat.send("ann", f"JOIN {room}", f"SAY {room} hello", f"LEAVE {room}")
    assert [*chat.core.world.remembered] == ["two", "three", "four", "one", "five"]
    chat.tidy()
    assert chat.outputs[-1] == [Forget("two"), Forget("three")]  # left longest ago, so many at once
    chat.tidy()
    chat.tidy()
    assert chat.forgotten == ["two", "three", "four"]
    assert kept(chat) == [("one", 1, "hello"), ("one", 2, "hello"), ("five", 1, "hello")]
    chat.send("ann", "JOIN two", "SAY two again")
    assert kept(chat)[-1] == ("two", 1, "again")


def test_a_room_is_not_forgotten_while_something_is_being_kept_of_it() -> None:
    chat = durable("ann", limits=replace(UNLIMITED, rooms_remembered_max=0))
    chat.gathering = True
    chat.send("ann", "JOIN tea", "SAY tea one", "LEAVE tea")
    chat.tidy()
    assert chat.forgotten == []
    chat.end_turn()
    chat.tidy()
    assert chat.forgotten == ["tea"]
    assert kept(chat) == []


# --- reading it again -----------------------------------------------------------------------------


def history(chat: Chat, who: str, typed: str) -> list[str]:
    """What somebody is answered, who may have to wait for it."""
    chat.send(who, typed)
    chat.finish_jobs()
    return [line.rpartition(" ")[2] for line in chat.lines(who)]


def test_what_is_in_memory_is_read_from_there() -> None:
    chat = durable("ann", limits=replace(UNLIMITED, history_kept=2))
    assert history(chat, "ann", "HISTORY lobby 1") == []
    chat.send("ann", "MSG one", "MSG two")
    chat.send("ann", "HISTORY lobby 2")
    assert not chat.jobs
    assert len(chat.lines("ann")) == 2
    assert history(chat, "ann", "HISTORY lobby 1") == ["two"]
    assert not any(isinstance(a, RunJob) for actions in chat.outputs for a in actions)
    chat.send("ann", "HISTORY lobby 20")  # there are no more than two, and both are here
    assert not chat.jobs


def test_what_is_older_is_read_from_the_store() -> None:
    chat = durable("ann", limits=replace(UNLIMITED, history_kept=2, history_read_max=3))
    chat.send("ann", *[f"MSG {number}" for number in range(5)])
    chat.send("ann", "HISTORY lobby 3")
    assert chat.outputs[-1] == [RunJob(1, ReadHistory(LOBBY, LOBBY, 3))]
    chat.send("ann", "PING")  # waits
    assert chat.lines("ann") == []
    chat.finish_jobs()
    assert chat.lines("ann") == [*[f"PAST lobby {AT} ann {n}" for n in (2, 3, 4)], "PONG"]
    assert history(chat, "ann", "HISTORY lobby 999") == ["2", "3", "4"]  # as far as one may ask


def test_what_is_being_kept_is_read_from_the_store_when_it_is() -> None:
    chat = durable("ann")
    chat.send("ann", "MSG zero")
    chat.gathering = True
    chat.send("ann", "MSG one", "HISTORY lobby 1")
    assert chat.jobs == {1: ReadHistory(LOBBY, LOBBY, 1)}
    chat.end_turn()
    chat.finish_jobs()
    assert chat.lines("ann") == [f"PAST lobby {AT} ann one"]


def test_what_can_not_be_read() -> None:
    chat = durable("ann", limits=replace(UNLIMITED, history_kept=0))
    chat.send("ann", "MSG one", "HISTORY lobby")
    chat.fail_jobs()
    assert chat.lines("ann") == ["ERR try-again"]
    chat.send("ann", "HISTORY lobby")
    chat.lose("ann")
    chat.finish_jobs()  # for nobody
    assert chat.outputs[-1] == []


def test_one_thing_at_a_time() -> None:
    """A program in process might ask again while it waits."""
    chat = durable("ann", limits=replace(UNLIMITED, history_kept=0))
    chat.send("ann", "MSG one", "HISTORY lobby")
    chat.ask("ann", LINE.parse(b"HISTORY lobby"))
    assert chat.lines("ann") == ["ERR try-again"]
    chat.finish_jobs()
    assert chat.lines("ann") == [f"PAST lobby {AT} ann one"]


# --- what is saved first --------------------------------------------------------------------------

# Who does what, and what is saved then, by kind and key.
SAVED: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("ann", "JOIN new", [("charter", "new")]),
    ("ann", "TOPIC tea leaves", [("charter", "tea")]),
    ("ann", "LOCK tea", [("charter", "tea")]),
    ("ann", "BAN tea bob", [("charter", "tea")]),
    ("ann", "MUTE tea bob", [("charter", "tea")]),
    ("ann", "UNBAN tea eve", [("charter", "tea")]),
    ("ann", "UNMUTE tea eve", [("charter", "tea")]),
    ("ann", "OP tea cleo", [("charter", "tea")]),
    ("ann", "DEOP tea dora", [("charter", "tea")]),
    ("root", "BAN bob", [("ban", "bob")]),
    ("root", "UNBAN mallory", [("ban", "mallory")]),
    ("root", "UNREGISTER ann", [("charter", "tea"), ("account", "ann")]),
    ("root", "UNREGISTER dora", [("charter", "tea"), ("account", "dora")]),
    ("root", "CLOSE tea", [("charter", "tea")]),
    ("root", "OP lobby ann", [("charter", "lobby")]),
]


def settled() -> Chat:
    """Ann, Cleo and Dora have accounts; tea is Ann's, with Bob in it, and all the rest."""
    chat = durable("ann", "bob", "cleo", "dora")
    for who in ("ann", "cleo", "dora"):
        register(chat, who)
    chat.connect("root", AdminDialect())
    chat.send("ann", "JOIN tea", "BAN tea eve", "MUTE tea eve", "OP tea dora")
    chat.send("bob", "JOIN tea", "JOIN snug")
    chat.send("root", "BAN mallory")
    chat.read_all()
    return chat


@pytest.mark.parametrize(("who", "line", "saved"), SAVED, ids=[line for _, line, _ in SAVED])
def test_nothing_is_so_before_it_is_saved(
    who: str, line: str, saved: list[tuple[str, str]]
) -> None:
    chat = settled()
    before, records = contents(chat.core.world), [*chat.records]
    chat.full = True
    chat.send(who, line)
    (save,) = chat.outputs[-2]
    assert isinstance(save, Save)
    assert [(record.kind, record.key) for record in save.records] == saved
    assert contents(chat.core.world) == before
    (answer,) = chat.read_all()[who]
    assert answer.startswith("ERR not-saved")
    assert chat.records == records

    chat.full = False
    chat.send(who, line)
    assert chat.records == [*records, *save.records]
    assert contents(chat.core.world) != before
    assert not any("ERR" in answer for answer in chat.lines(who))


@pytest.mark.parametrize(
    "line",
    [
        "JOIN other",
        "TOPIC snug ours",
        "LOCK snug",
        "BAN snug eve",
        "MUTE snug eve",
        "DEOP snug bob",
    ],
)
def test_what_nobody_owns_is_not_saved(line: str) -> None:
    chat = settled()
    chat.full = True
    before = contents(chat.core.world)
    chat.send("bob", line)
    assert not any(isinstance(action, Save) for action in chat.outputs[-1])
    assert "ERR not-saved" not in chat.lines("bob")
    assert contents(chat.core.world) != before


def test_a_name_that_could_not_be_saved_belongs_to_nobody() -> None:
    chat = durable()
    chat.connect("ann")
    chat.send("ann", f"REGISTER ann {PASSWORD}")
    chat.full = True
    chat.finish_jobs()
    assert chat.lines("ann") == ["ERR not-saved"]
    assert chat.core.world.accounts == {}
    chat.full = False
    register(chat, "ann")
    assert chat.records == [Record("account", "ann", Account("ann", PASSWORD[::-1], NOW))]


def test_what_is_refused_is_not_saved() -> None:
    chat = settled()
    records = [*chat.records]
    chat.send("ann", "JOIN tea", "JOIN two words", "BAN tea ann", "OP tea nobody", "DEOP tea bob")
    assert all(line.startswith("ERR") for line in chat.lines("ann"))
    assert chat.records == records


def test_a_room_that_has_lost_its_owner_is_not_saved_with_its_operators() -> None:
    chat = durable()
    for name in ("ann", "bob"):
        chat.connect(name)
        chat.send(name, f"LOGIN {name}")
        register(chat, name)
    chat.connect("root", AdminDialect())
    chat.send("ann", "JOIN tea")
    chat.send("bob", "JOIN tea")
    chat.send("ann", "OP tea bob")
    chat.send("root", "unregister ann", "unregister bob")
    assert not any(record.kind == "charter" and record.content for record in stored(chat.records))
    assert chat.core.world.rooms["tea"].charter.operators == ()


# --- coming back ----------------------------------------------------------------------------------


def test_load() -> None:
    ban = Ban("Mallory", "the server")
    charter = Charter("Tea", "ann", "leaves", True, ("bob",), (("eve", Ban("eve", "ann")),), ())
    core = ChatCore(durable=True)
    core.load(
        [
            Record("account", "ann", Account("Ann", "x", NOW)),
            Record("charter", "tea", charter),
            Record("ban", "mallory", ban),
            Record("charter", LOBBY, Charter(LOBBY, topic="hello")),
        ],
        [("old", "Old", 3), ("tea", "TEA", 7), (LOBBY, LOBBY, 2)],
    )
    world = core.world
    world.check_invariants()
    assert [*world.accounts] == ["ann"]
    assert world.bans == {"mallory": ban}
    assert [(room.name, room.seq, room.charter.topic) for room in world.rooms.values()] == [
        *((LOBBY, 2, "hello"), ("Tea", 7, "leaves")),
    ]
    assert world.rooms["tea"].charter == charter
    assert [(room.name, room.seq) for room in world.remembered.values()] == [("Old", 3)]


def restarted(chat: Chat) -> ChatCore:
    """A fresh core that was given what the store of another one holds."""
    core = ChatCore(UNLIMITED, durable=True)
    last: dict[str, tuple[str, str, int]] = {}
    for said in chat.messages:
        key = said.room.lower()
        last.pop(key, None)
        last[key] = key, said.room, said.seq
    core.load(stored(chat.records), last.values())
    return core


def test_what_was_so_before_a_restart_is_so_after_it() -> None:
    chat = settled()
    chat.send("ann", "TOPIC tea leaves", "SAY tea one", "MSG two")
    chat.send("bob", "SAY snug three", "SAY tea four")
    again, world = restarted(chat).world, chat.core.world
    again.check_invariants()
    assert again.accounts == world.accounts
    assert again.bans == world.bans
    assert again.rooms["tea"].charter == world.rooms["tea"].charter
    assert {key: room.seq for key, room in again.rooms.items()} == {LOBBY: 1, "tea": 2}
    assert {key: room.seq for key, room in again.remembered.items()} == {"snug": 1}


# --- a store that fails at random -----------------------------------------------------------------

PEOPLE = st.sampled_from(["ann", "bob", "cleo"])
ROOMS = st.sampled_from(["tea", "den", "nook"])


class Keeping(RuleBasedStateMachine):
    """The model: who is in which room, who owns it, and what was kept. What could not be kept does
    not come into it, but for the answer to who said it."""

    def __init__(self) -> None:
        super().__init__()
        self.chat = durable("ann", "bob", "cleo", limits=replace(UNLIMITED, history_kept=3))
        self.rooms: dict[str, list[str]] = {}
        self.owned: set[str] = set()
        self.kept: dict[str, list[tuple[str, str]]] = {}
        self.said = 0
        # What people are to read: who, what, and the room and text if that depends on the store.
        self.turn: list[tuple[str, list[str], str, tuple[str, str] | None]] = []

    @initialize()
    def ann_has_an_account(self) -> None:
        register(self.chat, "ann")
        for who in ("ann", "bob", "cleo"):
            self.chat.send(who, "LEAVE lobby")
        self.chat.configure(replace(UNLIMITED, history_kept=3, rooms_remembered_max=1))
        self.chat.read_all()
        self.join("bob", "tea")
        self.join("ann", "den")
        for who in ("ann", "cleo"):
            self.join(who, "tea")

    @rule(full=st.booleans())
    def fills_up(self, full: bool) -> None:
        self.chat.full = full

    @rule()
    def a_turn_begins(self) -> None:
        self.chat.gathering = True

    @rule()
    def a_turn_ends(self) -> None:
        if self.chat.turn:
            self.chat.end_turn()
        self.chat.gathering = False
        self.everyone_reads()

    @rule(who=PEOPLE, room=ROOMS)
    def join(self, who: str, room: str) -> None:
        self.chat.send(who, f"JOIN {room}")
        if who in self.rooms.get(room, []):
            self.reads([who], "ERR already-in-room")
        elif room not in self.rooms and who == "ann" and self.chat.full:
            self.reads([who], "ERR not-saved")
        else:
            if room not in self.rooms and who == "ann":
                self.owned.add(room)
            self.reads([who], "OK")
            self.reads(self.rooms.get(room, []), f"INFO {who} joined {room}")
            self.rooms[room] = [*self.rooms.get(room, []), who]
        self.everyone_reads()

    @rule(who=PEOPLE, room=ROOMS)
    def leave(self, who: str, room: str) -> None:
        self.chat.send(who, f"LEAVE {room}")
        if room not in self.rooms:
            self.reads([who], "ERR no-such-room")
        elif who not in self.rooms[room]:
            self.reads([who], "ERR not-in-room")
        else:
            self.rooms[room] = [member for member in self.rooms[room] if member != who]
            self.reads([who], "OK")
            self.reads(self.rooms[room], f"INFO {who} left {room}")
            if not self.rooms[room] and room not in self.owned:
                del self.rooms[room]
        self.everyone_reads()

    @rule(who=PEOPLE, room=ROOMS, times=st.integers(1, 3))
    def say(self, who: str, room: str, times: int) -> None:
        """In that room, or another that they are in."""
        own = [name for name, members in self.rooms.items() if who in members]
        room = room if room in own or not own else own[0]
        for _ in range(times):
            self.said += 1
            text = str(self.said)
            self.chat.send(who, f"SAY {room} {text}")
            if not own:
                self.reads([who], f"ERR {'not-in-room' if room in self.rooms else 'no-such-room'}")
            else:
                others = [member for member in self.rooms[room] if member != who]
                self.turn.append((who, others, f"SAID {room} {who} {text}", (room, text)))
            self.everyone_reads()

    @rule(room=ROOMS)
    def all_leave(self, room: str) -> None:
        for who in self.rooms.get(room, []):
            self.leave(who, room)

    @precondition(lambda self: not self.chat.gathering)
    @rule(who=PEOPLE, room=ROOMS, count=st.integers(1, 9))
    def history(self, who: str, room: str, count: int) -> None:
        self.chat.send(who, f"HISTORY {room} {count}")
        self.chat.finish_jobs()
        if who in self.rooms.get(room, []):
            for name, text in self.kept.get(room, [])[-count:]:
                self.reads([who], f"PAST {room} {AT} {name} {text}")
        else:
            self.reads([who], f"ERR {'not-in-room' if room in self.rooms else 'no-such-room'}")
        self.everyone_reads()

    @rule()
    def tidy(self) -> None:
        known = len(self.chat.forgotten)
        self.chat.tidy()
        for key in self.chat.forgotten[known:]:
            assert key not in self.rooms
            self.kept.pop(key, None)

    # --- what follows from it -------------------------------------------------------------------

    def reads(self, who: list[str], line: str) -> None:
        self.turn.append(("", [*who], line, None))

    def everyone_reads(self) -> None:
        """Once the turn is over, everyone reads what has become of it, and nothing else."""
        if self.chat.gathering:
            return
        expected: dict[str, list[str]] = {}
        for speaker, hearers, line, said in self.turn:
            if said and self.chat.full:
                expected.setdefault(speaker, []).append("ERR not-saved")
                continue
            for who in hearers:
                expected.setdefault(who, []).append(line)
            if said:
                self.kept.setdefault(said[0], []).append((speaker, said[1]))
        self.turn.clear()
        assert self.chat.read_all() == expected
        self.the_store_is_the_models()

    def the_store_is_the_models(self) -> None:
        for room in ("tea", "den", "nook"):
            messages = [said for said in self.chat.messages if said.room == room]
            assert [said.seq for said in messages] == [*range(1, len(messages) + 1)]
            assert [(said.name, said.text) for said in messages] == self.kept.get(room, [])
        assert self.chat.core.world.unsettled == []

    def teardown(self) -> None:
        self.a_turn_ends()
        assert replayed(self.chat) == self.chat.outputs
        again = ChatCore(self.chat.made_with[0], durable=True)
        for entry in self.chat.core.entries:
            with suppress(Refusal):
                again.commit(decode(encode(entry)))
        world = self.chat.core.world
        assert contents(again.world) == contents(world)
        loaded = restarted(self.chat).world
        assert {room.name for room in loaded.rooms.values() if room.charter.owner} == self.owned
        for key, room in loaded.rooms.items() | loaded.remembered.items():
            there: Any = world.rooms.get(key) or world.remembered[key]
            assert room.seq == there.seq


TestKeeping = Keeping.TestCase
TestKeeping.settings = settings(max_examples=80, stateful_step_count=40)
