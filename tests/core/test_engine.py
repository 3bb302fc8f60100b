"""ChatCore: its inputs, the gate, and the one place where the world changes.

What people see of it is in `test_transcripts.py` and `test_flood.py`; here are the actions.
"""

from __future__ import annotations

from typing import Any

import pytest

from chat.core import LOBBY, ChatCore, Limits, Settings, events
from chat.core.actions import (
    Audience,
    Close,
    Enter,
    Exit,
    Forget,
    Hold,
    Publish,
    Report,
    RunJob,
    Save,
    Send,
    Store,
)
from chat.core.commands import (
    Act,
    Administer,
    Announce,
    Authenticate,
    Away,
    Back,
    BanUser,
    Blank,
    CloseRoom,
    Command,
    Disconnect,
    Enrol,
    Exclude,
    Expel,
    Guest,
    Hello,
    Help,
    Join,
    Kick,
    Leave,
    ListBans,
    ListConnections,
    ListExclusions,
    ListLimits,
    ListMembers,
    ListRooms,
    LockTopic,
    Login,
    MakeOperator,
    Malformed,
    Mute,
    Nick,
    Ping,
    Quit,
    Readmit,
    Recall,
    Register,
    RemoveOperator,
    Resume,
    Say,
    SetLimit,
    Settle,
    SetTopic,
    ShowStats,
    ShowTopic,
    Stop,
    Tell,
    Tidy,
    UnbanUser,
    Unmute,
    Unregister,
    Who,
)
from chat.core.engine import HOLD_MIN_S
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.jobs import ReadHistory
from chat.core.records import Account, Ban, Charter, Record
from chat.core.registry import READS, REGISTRY, ROWS, SERVER, Row
from chat.core.session import REFUSED_IN, State
from chat.dialects import LOCAL
from chat.dialects.admin import AdminDialect
from tests.core.support import LINE, NOW, Chat, contents, replayed

ON_LINES = Audience(LOBBY, "line")
IN_PROCESS = Audience(LOBBY, "local")


def core_with(*users: str, settings: Settings | None = None) -> ChatCore:
    """A core with users of the line dialect; the first has session 1, the next 2."""
    core = ChatCore(settings=settings)
    for session, user in enumerate(users, start=1):
        core.connect(session, LINE, NOW)
        core.receive(session, f"LOGIN {user}".encode(), NOW)
    return core


# --- the inputs -----------------------------------------------------------------------------------


def test_connect() -> None:
    assert ChatCore().connect(1, LINE, NOW) == []


def test_connect_with_a_greeting() -> None:
    core = ChatCore(settings=Settings(greeting="Hello."))
    assert core.connect(1, LINE, NOW) == [Send(1, b"Hello.\n")]


def test_connect_to_a_full_server() -> None:
    core = ChatCore(Limits(clients_max=0))
    assert core.connect(1, LINE, NOW) == [
        Send(1, b"ERR server-full\n"),
        Close(1, "refused: server-full"),
    ]
    assert core.receive(1, b"PING", NOW) == []


def test_receive() -> None:
    core = ChatCore()
    core.connect(7, LINE, NOW)
    assert core.receive(7, b"LOGIN bob", NOW) == [
        Send(7, b"OK\n"),
        Report(7, "logged in", "bob"),
        Enter(7, ON_LINES),
    ]
    assert core.receive(7, b"MSG hi", NOW) == [Publish(ON_LINES, b"MSG bob hi\n", 7)]


def test_receive_over_the_rate() -> None:
    core = ChatCore(Limits(rate_burst=1, rate_per_s=4.0))
    core.connect(1, LINE, NOW)
    core.receive(1, b"PING", NOW)
    assert core.receive(1, b"PING", NOW) == [Send(1, b"INFO slow-down\n"), Hold(1, b"PING", 0.25)]
    assert core.receive(1, b"PING", NOW + 0.125) == [Hold(1, b"PING", 0.125)]
    assert core.receive(1, b"PING", NOW + 0.25 - 1e-6) == [Hold(1, b"PING", HOLD_MIN_S)]
    assert core.receive(1, b"PING", NOW + 0.25) == [Send(1, b"PONG\n")]


def test_receive_too_long() -> None:
    assert core_with("bob").receive_too_long(1, NOW) == [Send(1, b"ERR line-too-long\n")]


def test_submit() -> None:
    core = core_with("anna")
    core.connect(2, LOCAL, NOW)
    assert core.submit(2, Login("bot"), NOW) == [
        Send(2, events.LoggedIn("bot")),
        Report(2, "logged in", "bot"),
        Enter(2, IN_PROCESS),
    ]
    said = events.Said(2, "bot", LOBBY, 1, NOW, "hi")
    assert core.submit(2, Say(LOBBY, "hi"), NOW) == [
        Publish(ON_LINES, b"MSG bot hi\n", 2),
        Publish(IN_PROCESS, said, 2),
    ]
    assert core.submit(2, Tell("anna", "ho"), NOW) == [Send(1, b"DM bot ho\n")]
    assert core.receive(1, b"DM bot well", NOW) == [Send(2, events.Told(2, "anna", NOW, "well"))]
    assert core.submit(2, Tell("eve", "hi"), NOW) == [
        Send(2, events.Refused("no-such-user", "eve"))
    ]


def test_what_a_program_submits_is_as_fit_to_be_shown_as_what_people_type() -> None:
    core = core_with("anna", "bob")
    assert core.submit(1, Say(LOBBY, "a\nMSG bob b\x1b"), NOW) == [
        Publish(ON_LINES, b"MSG anna a MSG bob b\n", 1)
    ]
    assert core.submit(1, Nick("eve\nMSG"), NOW) == [Send(1, b"ERR invalid-username\n")]


def test_disconnect() -> None:
    core = core_with("anna", "bob")
    assert core.disconnect(1, "reset", NOW) == [
        Exit(1, ON_LINES),
        Publish(ON_LINES, b"INFO anna disconnected\n", None),
    ]
    assert core.disconnect(2, "reset", NOW) == [Exit(2, ON_LINES)]


def test_time_out() -> None:
    core = core_with("anna", "bob")
    assert core.time_out(1, NOW) == [
        Exit(1, ON_LINES),
        Publish(ON_LINES, b"INFO anna disconnected\n", None),
        Send(1, b"INFO idle-timeout\n"),
        Close(1, "idle timeout"),
    ]


def test_shut_down() -> None:
    core = core_with("anna", "bob")
    assert core.shut_down(NOW) == [
        Send(1, b"INFO server-shutdown\n"),
        Close(1, "shutdown"),
        Send(2, b"INFO server-shutdown\n"),
        Close(2, "shutdown"),
    ]
    assert core.shut_down(NOW) == []
    assert not core.world.sessions


def test_nobody_comes_in_after_the_end() -> None:
    core = core_with("anna")
    core.shut_down(NOW)
    assert core.connect(9, LINE, NOW) == [
        Send(9, b"ERR shutting-down\n"),
        Close(9, "refused: shutting-down"),
    ]


ENDS: dict[str, Any] = {
    "never there": lambda _: None,
    "quit": lambda core: core.receive(1, b"QUIT", NOW),
    "lost": lambda core: core.disconnect(1, "reset", NOW),
    "idle": lambda core: core.time_out(1, NOW),
    "stopped": lambda core: core.shut_down(NOW),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_input_for_a_session_that_has_ended_is_ignored(end: Any) -> None:
    """It may have crossed a Close on its way."""
    core = core_with(*(["anna"] if end is not ENDS["never there"] else []))
    end(core)
    before = contents(core.world)
    assert core.receive(1, b"MSG hi", NOW) == []
    assert core.receive_too_long(1, NOW) == []
    assert core.submit(1, Ping(), NOW) == []
    assert core.disconnect(1, "reset", NOW) == []
    assert core.time_out(1, NOW) == []
    assert contents(core.world) == before


def test_configure_says_nothing_to_anyone() -> None:
    core = core_with("anna")
    core.configure(Limits(text_max_chars=1), Settings(echo=True), NOW)
    assert core.receive(1, b"MSG a", NOW) == [Publish(ON_LINES, b"MSG anna a\n", None)]
    assert core.receive(1, b"MSG ab", NOW) == [Send(1, b"ERR text-too-long\n")]


# --- what the shell did ---------------------------------------------------------------------------


def durable_core(*records: Record, limits: Limits | None = None) -> ChatCore:
    """A core with a store, and Anna, who is registered, in it under session 1."""
    core = ChatCore(limits, durable=True)
    core.load([Record("account", "anna", Account("Anna", "hash", NOW)), *records], [])
    core.connect(1, LOCAL, NOW)
    core.submit(1, Login("Anna", proven=True), NOW)
    return core


def test_what_is_saved_is_true_when_it_is_kept() -> None:
    core = durable_core()
    owned = Record("charter", "attic", Charter("Attic", owner="anna"))
    assert core.submit(1, Join("Attic"), NOW) == [Save((owned,))]
    assert "attic" not in core.world.rooms
    assert core.saved(True, NOW) == [
        Send(1, events.Entered("Attic", ("Anna",), "")),
        Enter(1, Audience("Attic", "local")),
    ]
    assert core.world.rooms["attic"].charter == owned.content


def test_what_is_saved_never_was_when_it_is_not_kept() -> None:
    core = durable_core()
    before = contents(core.world)
    core.submit(1, Join("Attic"), NOW)
    assert core.saved(False, NOW) == [Send(1, events.Refused("not-saved"))]
    assert contents(core.world) == before
    with pytest.raises(AssertionError, match="nothing is being saved"):
        core.saved(True, NOW)


def test_what_is_refused_is_not_saved() -> None:
    core = durable_core()
    assert core.submit(1, Join("no room"), NOW) == [
        Send(1, events.Refused("invalid-room-name", "no room"))
    ]


def test_what_outlives_nobody_is_not_saved() -> None:
    core = durable_core()
    core.connect(2, LINE, NOW)
    core.receive(2, b"LOGIN bob", NOW)
    assert core.receive(2, b"JOIN tea", NOW) == [
        Send(2, b"OK\n"),
        Enter(2, Audience("tea", "line")),
    ]


def test_what_is_said_is_history_when_it_is_kept() -> None:
    core = durable_core()
    said = events.Said(1, "Anna", LOBBY, 1, NOW, "hi")
    publish = Publish(IN_PROCESS, said, 1)
    assert core.submit(1, Say(LOBBY, "hi"), NOW) == [Store(LOBBY, said, [publish], LOCAL)]
    read = RunJob(1, ReadHistory(LOBBY, LOBBY, 9))  # it is the store's to say
    assert core.submit(1, Recall(LOBBY, 9), NOW) == [read]
    core.settle(True, NOW)
    assert core.finish(1, (said,), NOW) == [Send(1, events.Recalled(LOBBY, (said,)))]
    assert core.submit(1, Recall(LOBBY, 9), NOW) == [Send(1, events.Recalled(LOBBY, (said,)))]


def test_what_is_said_was_never_said_when_it_is_not_kept() -> None:
    core = durable_core()
    before = contents(core.world)
    (store,) = core.submit(1, Say(LOBBY, "hi"), NOW)
    core.submit(1, Say(LOBBY, "ho"), NOW)
    core.settle(False, NOW)
    assert contents(core.world) == before
    assert isinstance(store, Store)
    assert core.refuse(store) == [Send(1, events.Refused("not-saved"))]


def test_history_further_back_than_memory_goes_is_read_from_the_store() -> None:
    core = ChatCore(durable=True)
    core.load([], [(LOBBY, LOBBY, 7)])
    core.connect(1, LINE, NOW)
    core.receive(1, b"LOGIN bob", NOW)
    read = RunJob(1, ReadHistory(LOBBY, LOBBY, 7))
    assert core.receive(1, b"HISTORY lobby 7", NOW) == [read]
    assert core.finish(1, None, NOW) == [Send(1, b"ERR try-again\n")]
    assert core.submit(1, Recall(LOBBY, -1), NOW) == []


def test_rooms_of_which_too_many_are_remembered_are_forgotten() -> None:
    limits = Limits(rooms_remembered_max=1, forgotten_at_once=2)
    core = ChatCore(limits, durable=True)
    core.load([], [(name, name, 1) for name in ("a", "b", "c", "d")])
    assert core.tidy(NOW) == [Forget("a"), Forget("b")]
    assert core.tidy(NOW) == [Forget("c")]
    assert core.tidy(NOW) == []


def test_who_is_kept_out_does_not_come_in() -> None:
    core = durable_core(
        Record("ban", "10.0.0.0/8", Ban("10.0.0.0/8", "the server", "spam", NOW + 60)),
        Record("ban", "eve", Ban("Eve", "the server")),
    )
    refused = [Send(2, b"ERR banned\n"), Close(2, "refused: banned")]
    assert core.connect(2, LINE, NOW, "10.1.2.3") == refused
    assert core.connect(3, LINE, NOW, "11.1.2.3") == []
    assert core.receive(3, b"LOGIN eve", NOW) == [Send(3, b"ERR banned\n")]
    assert core.connect(4, LINE, NOW + 60, "10.1.2.3") == []
    assert core.connect(5, AdminDialect(), NOW, "10.1.2.3") == [Report(5, "administers the server")]


def test_who_is_kept_out_is_sent_away() -> None:
    """Under the name or from the address that this is about, and nobody else."""
    core = core_with("Anna", "Ben")
    core.connect(3, LINE, NOW, "10.1.2.3")
    core.connect(4, AdminDialect(), NOW, "10.1.2.3")
    assert [type(action) for action in core.submit(4, Exclude("11.0.0.0/8"), NOW)] == [Report, Send]
    assert core.submit(4, Exclude("10.0.0.0/8"), NOW)[-3:] == [
        Send(3, b"INFO you are banned from this server\n"),
        Report(3, "expelled"),
        Close(3, "banned"),
    ]
    assert core.submit(4, Exclude("ANNA", reason="spam"), NOW)[-5:] == [
        Send(1, b"INFO you are banned from this server: spam\n"),
        Report(1, "expelled: Anna"),
        Exit(1, ON_LINES),
        Publish(ON_LINES, b"INFO Anna disconnected\n", None),
        Close(1, "banned"),
    ]
    assert [user.name for user in core.world.sessions.values()] == ["Ben"]


# --- the gate -------------------------------------------------------------------------------------

SAMPLES: dict[type[Command], Command] = {
    Authenticate: Authenticate("zoe", "a secret"),
    Enrol: Enrol("zoe", "a secret"),
    Register: Register("zoe", "a hash"),
    Kick: Kick(LOBBY, "anna"),
    BanUser: BanUser(LOBBY, "anna"),
    UnbanUser: UnbanUser(LOBBY, "anna"),
    ListBans: ListBans(LOBBY),
    Mute: Mute(LOBBY, "anna"),
    Unmute: Unmute(LOBBY, "anna"),
    MakeOperator: MakeOperator(LOBBY, "anna"),
    RemoveOperator: RemoveOperator(LOBBY, "anna"),
    LockTopic: LockTopic(LOBBY, True),
    Administer: Administer(),
    ListConnections: ListConnections(),
    Expel: Expel("anna"),
    Exclude: Exclude("eve"),
    Readmit: Readmit("eve"),
    ListExclusions: ListExclusions(),
    Unregister: Unregister("zoe"),
    Announce: Announce("tea"),
    CloseRoom: CloseRoom("attic"),
    SetLimit: SetLimit("rooms_max", 9),
    ListLimits: ListLimits(),
    ShowStats: ShowStats(),
    Stop: Stop(),
    Settle: Settle(True),
    Tidy: Tidy(),
    Login: Login("zoe"),
    Guest: Guest(),
    Nick: Nick("zoe"),
    Join: Join("attic"),
    Leave: Leave(LOBBY),
    Say: Say(LOBBY, "hi"),
    Act: Act(LOBBY, "waves"),
    SetTopic: SetTopic(LOBBY, "this and that"),
    ShowTopic: ShowTopic(LOBBY),
    ListRooms: ListRooms(),
    ListMembers: ListMembers(LOBBY),
    Recall: Recall(LOBBY, 1),
    Resume: Resume(LOBBY, "", 0),
    Away: Away("lunch"),
    Back: Back(),
    Hello: Hello(),
    Tell: Tell("anna", "hi"),
    Malformed: Malformed("unknown-command"),
    Who: Who(),
    Help: Help(),
    Ping: Ping(),
    Quit: Quit(),
    Blank: Blank(),
    Disconnect: Disconnect("reset"),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.command.__name__)
def test_the_gate_lets_pass_what_may_come_in_a_state(row: Row, state: State) -> None:
    chat = Chat("anna")
    chat.connect("new")
    chat.connect("admin", AdminDialect())
    who = {State.CONNECTED: "new", State.READY: "anna", State.OPERATOR: "admin"}[state]
    chat.core.world.rooms[LOBBY].operators.add(chat.people["anna"].session)
    chat.ask(who, SAMPLES[row.command])
    code = REFUSED_IN[state] if row.states - SERVER else "not-allowed"
    refused = any(line.startswith(f"ERR {code}") for line in chat.lines(who))
    assert refused is (state not in row.states)


def test_a_session_whose_user_has_gone_can_log_in_again() -> None:
    """As when a program asks for a Disconnect, which nobody types: the session is still there."""
    chat = Chat("anna", "bob")
    chat.ask("anna", Disconnect("done here"))
    chat.ask("anna", Nick("zoe"))
    assert chat.lines("anna") == ["ERR not-logged-in"]
    assert chat.lines("bob") == ["INFO anna disconnected"]
    chat.ask("anna", Login("zoe"))
    chat.ask("bob", Say(LOBBY, "hi"))
    assert chat.lines("anna") == ["OK", "MSG bob hi"]


# --- the seam -------------------------------------------------------------------------------------


def test_what_changes_the_world_is_committed_and_nothing_else() -> None:
    chat = Chat("anna")
    chat.core.entries.clear()
    chat.connect("bob")
    chat.send("bob", "LOGIN anna", "LOGIN bob", "WHO", "PING", "HELP", "", "FOO", "DM anna hi")
    chat.wait(5)
    chat.send("bob", "MSG hi", "LOGIN again", "NICK bo", "QUIT")
    chat.lose("anna", "reset")
    later = NOW + 5
    assert chat.core.entries == [
        Entry(NOW, 2, "", Login("anna")),  # refused, as it turns out
        Entry(NOW, 2, "", Login("bob")),
        Entry(later, 2, "bob", Say(LOBBY, "hi")),
        Entry(later, 2, "bob", Nick("bo")),
        Entry(later, 2, "bo", Quit()),
        Entry(later, 1, "anna", Disconnect("reset")),
    ]


def test_commit_does_what_the_registry_says() -> None:
    core = core_with("anna")
    assert core.commit(Entry(NOW, 9, "", Login("bob"))) == (
        events.LoggedIn("bob"),
        events.Joined(9, "bob", LOBBY, NOW, by_login=True),
    )
    assert [user.name for user in core.world.sessions.values()] == ["anna", "bob"]
    with pytest.raises(Refusal, match="username-taken"):
        core.commit(Entry(NOW, 10, "", Login("bob")))


def test_asking_is_not_committed_and_reads_the_same_world() -> None:
    core = core_with("anna")
    assert REGISTRY[Who].effect is READS
    assert core.receive(1, b"WHO", NOW) == [Send(1, b"USER anna\n")]


# --- the driver of these tests --------------------------------------------------------------------


def test_the_driver_keeps_the_same_books() -> None:
    chat = Chat("anna", "bob")
    chat.connect("bot", LOCAL)
    chat.ask("bot", Login("bot"))
    assert chat.members(ON_LINES) == ["anna", "bob"]
    assert chat.members(IN_PROCESS) == ["bot"]
    chat.lose("anna")
    assert chat.members(ON_LINES) == ["bob"]
    assert [type(event).__name__ for event in chat.take("bot")] == ["LoggedIn", "Disconnected"]
    assert replayed(chat) == chat.outputs


def test_the_driver_notices_a_refusal_that_changed_something() -> None:
    chat = Chat("anna")
    world = chat.core.world

    def spoil(_world: object, _entry: object) -> Any:
        world.rooms[LOBBY].seq += 1
        raise Refusal("empty-message")

    row = REGISTRY[Say]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(REGISTRY, Say, Row(Say, spoil, row.effect, row.states, row.cost))
        with pytest.raises(AssertionError, match="refused, and yet"):
            chat.send("anna", "MSG hi")


def test_how_it_looks_can_be_asked() -> None:
    core = core_with("Ann", settings=Settings(greeting="hello"))
    assert core.settings.greeting == "hello"
    core.configure(core.world.limits, Settings(), NOW)
    assert core.settings == Settings()


def test_who_is_let_in_is_known_until_they_are_gone() -> None:
    core = ChatCore(Limits(clients_max=1))
    for session in (1, 2):
        core.connect(session, LINE, NOW)
    assert [core.knows(session) for session in (1, 2, 3)] == [True, False, False]
    core.disconnect(1, "closed by client", NOW)
    assert not core.knows(1)
