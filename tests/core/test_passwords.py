"""Names that belong to someone: LOGIN and REGISTER with a password, and what becomes of the jobs.

The driver "hashes" a password by writing it backwards, and does so when it is told to.
"""

from __future__ import annotations

from typing import Any

import pytest

from chat.core import ChatCore, Limits, events
from chat.core.actions import Hold, RunJob, Save
from chat.core.commands import Authenticate, Enrol, Exclude, Login, Nick, Register, Unregister
from chat.core.jobs import CheckPassword, HashPassword
from chat.core.records import Account, Ban, Charter, Record
from chat.dialects import DIALECTS, JSON, LOCAL
from chat.dialects.admin import AdminDialect
from tests.core.json_people import ask
from tests.core.support import LINE, NOW, UNLIMITED, Chat
from tests.core.transcript import play

SECRET = "open sesame"
STORED = SECRET[::-1]
RATELESS = {"rate_burst": 0}


def chat_of(*users: str, owner: str = "Bob", **options: Any) -> Chat:
    """A chat in which a name is registered, whose owner is elsewhere."""
    chat = Chat(limits=options.pop("limits", UNLIMITED), **options)
    chat.core.load([Record("account", owner.lower(), Account(owner, STORED, NOW))], [])
    for user in users:
        chat.connect(user)
        chat.send(user, f"LOGIN {user}")
    chat.read_all()
    return chat


TRANSCRIPTS: dict[str, tuple[str, str]] = {
    "register: before login, and one is in": (
        "anna",
        """
        new> REGISTER Zoë open sesame
        new< OK
        new> MSG hi
        anna< MSG Zoë hi
        new> QUIT
        new< BYE
        new< (closed: quit)
        anna< INFO Zoë disconnected
        zoe> LOGIN zoë
        zoe< ERR password-required
        zoe> LOGIN ZOË open sesame
        zoe< OK
        zoe> WHO
        zoe< USER anna
        zoe< USER ZOË
        """,
    ),
    "register: the name that one has": (
        "anna ben",
        """
        anna> REGISTER anna open sesame
        anna< OK
        anna> MSG hi
        ben< MSG anna hi
        """,
    ),
    "register: another name, which one has from then on": (
        "anna ben",
        """
        anna> REGISTER Zoë open sesame
        anna< OK
        ben< INFO anna is now Zoë
        new> LOGIN anna
        new< OK
        """,
    ),
    "register: the name that one has, in other letters": (
        "anna ben",
        """
        anna> REGISTER ANNA open sesame
        anna< OK
        ben< INFO anna is now ANNA
        """,
    ),
    "register: again, and it is another password": (
        "",
        """
        anna> REGISTER anna open sesame
        anna< OK
        anna> REGISTER anna shut sesame
        anna< OK
        anna> QUIT
        anna< BYE
        anna< (closed: quit)
        new> LOGIN anna open sesame
        new< ERR wrong-password
        new> LOGIN anna shut sesame
        new< OK
        """,
    ),
    "register: what is no name, or another's, or too short": (
        "anna ben",
        f"""
        anna> REGISTER @anna open sesame
        anna< ERR invalid-username
        anna> REGISTER ben open sesame
        anna< ERR username-taken
        anna> REGISTER Bob open sesame
        anna< ERR password-required
        anna> REGISTER anna 1234567
        anna< ERR invalid-password
        anna> REGISTER anna {"x" * 129}
        anna< ERR invalid-password
        anna> REGISTER anna
        anna< ERR missing-argument
        anna> REGISTER anna {"x" * 128}
        anna< OK
        """,
    ),
    "login: a name that is registered": (
        "anna",
        """
        new> LOGIN bob
        new< ERR password-required
        new> LOGIN bob open  sesame
        new< ERR wrong-password
        new> LOGIN bob open sesame
        new< OK
        other> LOGIN bob open sesame
        other< ERR username-taken
        anna> LOGIN bob open sesame
        anna< ERR username-taken
        """,
    ),
    "login: one that isn't, with a password": (
        "anna",
        """
        new> LOGIN zoe open sesame
        new< ERR not-registered
        new> LOGIN @zoe open sesame
        new< ERR invalid-username
        new> LOGIN anna open sesame
        new< ERR username-taken
        new> LOGIN zoe
        new< OK
        """,
    ),
    "login: with a password, by another name already": (
        "anna ben",
        """
        anna> NICK bob
        anna< ERR password-required
        anna> LOGIN bob open sesame
        anna< OK
        ben< INFO anna is now bob
        anna> LOGIN bob open sesame
        anna< OK
        anna> NICK anna
        anna< OK
        ben< INFO bob is now anna
        anna> NICK bob
        anna< ERR password-required
        """,
    ),
    "with slashes": (
        "anna",
        """
        ben> (connects, for the slash dialect)
        ben> /nick bob
        ben< Error: That name has a password.
        ben> /login bob sesame, open
        ben< Error: That is not the password.
        ben> /login bob open sesame
        ben< You are now bob.
        ben> /nick ben
        ben< You are now ben.
        ben> /register ben my own secret
        ben< The name ben is yours now.
        ben> /register benny my own secret
        ben< The name benny is yours now.
        ben< You are now benny.
        anna> NICK ben
        anna< ERR password-required
        """,
    ),
}


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize(("here", "transcript"), TRANSCRIPTS.values(), ids=TRANSCRIPTS)
def test_transcript(here: str, transcript: str, durable: bool) -> None:
    play(chat_of(*here.split(), durable=durable), transcript)


def test_guests_skip_registered_names() -> None:
    chat = chat_of("guest1", owner="guest2")
    play(
        chat,
        """
        ann> (connects, for the slash dialect)
        ann> /join lobby
        ann< Welcome to room lobby!
        ann< Current users: guest1, guest3
        guest1< INFO guest3 joined lobby
        """,
    )


def test_there_may_be_too_many_accounts() -> None:
    chat = chat_of("anna", "bea", limits=Limits(accounts_max=2, **RATELESS))
    play(
        chat,
        """
        anna> REGISTER anna open sesame
        anna< OK
        bea> REGISTER bea open sesame
        bea< ERR too-many-accounts
        anna> REGISTER anna shut sesame
        anna< OK
        """,
    )


# --- while something is computed ------------------------------------------------------------------


def test_nothing_is_done_before_the_password_is_checked() -> None:
    chat = chat_of("anna")
    chat.connect("new")
    chat.send("new", f"LOGIN bob {SECRET}", "MSG hi", "WHO")
    assert chat.read_all() == {}
    job = CheckPassword("bob", STORED, SECRET, Login("bob", proven=True))
    assert chat.outputs[-1] == [RunJob(chat.people["new"].session, job)]
    chat.finish_jobs()
    assert chat.read_all() == {"new": ["OK", "USER anna", "USER bob"], "anna": ["MSG bob hi"]}


def test_what_is_hashed_is_what_was_said() -> None:
    chat = chat_of("anna")
    chat.send("anna", f"REGISTER Anna {SECRET}")
    assert chat.outputs[-1] == [RunJob(1, HashPassword("Anna", SECRET))]
    chat.finish_jobs()
    assert chat.core.world.accounts["anna"] == Account("Anna", STORED, NOW)


def test_a_worker_that_failed() -> None:
    chat = chat_of("anna")
    chat.connect("new")
    chat.send("new", f"LOGIN bob {SECRET}")
    chat.send("anna", f"REGISTER anna {SECRET}")
    chat.fail_jobs()
    assert chat.read_all() == {"new": ["ERR try-again"], "anna": ["ERR try-again"]}
    assert list(chat.core.world.accounts) == ["bob"]
    chat.send("new", f"LOGIN bob {SECRET}")
    chat.finish_jobs()
    assert chat.lines("new") == ["OK"]


@pytest.mark.parametrize("line", [f"LOGIN bob {SECRET}", f"REGISTER zoe {SECRET}"])
def test_a_session_that_is_gone_meanwhile(line: str) -> None:
    chat = chat_of("anna")
    chat.connect("new")
    chat.send("new", line)
    chat.lose("new")
    chat.finish_jobs()
    assert chat.outputs[-1] == []
    assert list(chat.core.world.accounts) == ["bob"]
    assert list(chat.core.world.users) == ["anna"]
    assert not chat.core._jobs


def test_a_server_that_stops_meanwhile() -> None:
    chat = chat_of()
    chat.connect("new")
    chat.send("new", f"LOGIN bob {SECRET}")
    chat.shut_down()
    assert chat.read_all() == {"new": ["INFO server-shutdown"]}
    chat.finish_jobs()
    assert chat.outputs[-1] == []


def test_a_name_that_is_taken_meanwhile() -> None:
    chat = chat_of("anna")
    for who in ("one", "two"):
        chat.connect(who)
        chat.send(who, f"LOGIN bob {SECRET}")
    chat.finish_jobs()
    assert chat.read_all() == {"one": ["OK"], "two": ["ERR username-taken"]}
    chat.send("two", f"REGISTER zoe {SECRET}")
    chat.connect("three")
    chat.send("three", "LOGIN zoe")
    chat.finish_jobs()
    assert chat.read_all() == {"two": ["ERR username-taken"], "three": ["OK"]}
    assert "zoe" not in chat.core.world.accounts


def test_a_name_that_two_register_at_once() -> None:
    """Neither is there any more when the other's turn comes."""
    chat = chat_of()
    for who in ("one", "two"):
        chat.connect(who)
        chat.send(who, f"REGISTER zoe {who} {SECRET}")
    two = chat.jobs.pop(chat.people["two"].session)
    chat.finish_jobs()
    chat.send("one", "QUIT")
    chat.jobs[chat.people["two"].session] = two
    chat.finish_jobs()
    assert chat.lines("two") == ["ERR password-required"]
    assert chat.core.world.accounts["zoe"].password == f"one {SECRET}"[::-1]


def test_a_password_that_is_changed_meanwhile() -> None:
    """Whoever's it was: it is not the account's any more."""
    chat = chat_of()
    chat.connect("new")
    chat.connect("admin", AdminDialect())
    chat.send("new", f"LOGIN bob {SECRET}")
    chat.ask("admin", Unregister("bob"))
    chat.connect("other")
    chat.ask("other", Register("bob", "another hash"))
    chat.send("other", "QUIT")
    chat.finish_jobs()
    assert chat.lines("new") == ["ERR wrong-password"]


def test_an_account_that_is_gone_meanwhile() -> None:
    chat = chat_of()
    chat.connect("new")
    chat.connect("admin", AdminDialect())
    chat.send("new", f"LOGIN bob {SECRET}")
    chat.ask("admin", Unregister("bob"))
    chat.finish_jobs()
    assert chat.lines("new") == ["ERR wrong-password"]


def test_someone_who_is_kept_out_meanwhile() -> None:
    chat = chat_of()
    chat.connect("new")
    chat.connect("admin", AdminDialect())
    chat.send("new", f"LOGIN bob {SECRET}")
    chat.ask("admin", Exclude("bob"))
    chat.finish_jobs()
    assert chat.lines("new") == ["ERR banned"]


def test_a_program_has_one_job_at_a_time() -> None:
    """It can ask without waiting for the answer."""
    chat = chat_of()
    chat.connect("bot", LOCAL)
    chat.ask("bot", Authenticate("bob", SECRET))
    chat.ask("bot", Enrol("zoe", SECRET))
    assert chat.take("bot") == [events.Refused("try-again")]
    chat.ask("bot", Login("bot"))  # no job
    chat.finish_jobs()
    assert chat.take("bot")[-1] == events.Refused("already-logged-in")


def test_too_many_jobs_at_once_are_sent_away() -> None:
    chat = chat_of("anna", "ben", limits=Limits(jobs_max=1, **RATELESS))
    chat.send("anna", f"REGISTER anna {SECRET}")
    chat.send("ben", f"REGISTER ben {SECRET}")
    assert chat.read_all() == {"ben": ["ERR rate-limited"]}
    chat.finish_jobs()
    chat.send("ben", f"REGISTER ben {SECRET}")
    chat.finish_jobs()
    assert chat.read_all() == {"anna": ["OK"], "ben": ["OK"]}


# --- how often ------------------------------------------------------------------------------------


def tries(chat: Chat, who: str, line: str, count: int = 10) -> list[str]:
    """What comes of trying so often."""
    for _ in range(count):
        chat.send(who, line)
        chat.finish_jobs()
    return chat.lines(who)


def test_guesses_are_limited_for_a_name_wherever_they_come_from() -> None:
    chat = chat_of(limits=Limits(attempts_in_all_burst=5, **RATELESS))
    for number in range(6):
        chat.connect(f"new{number}", LINE, f"10.0.0.{number}")
        wrong = "ERR wrong-password" if number < 5 else "ERR rate-limited"
        assert tries(chat, f"new{number}", "LOGIN bob guess", 1) == [wrong]
    assert tries(chat, "new0", f"LOGIN bob {SECRET}", 1) == ["ERR rate-limited"]
    chat.wait(10)
    assert tries(chat, "new0", f"LOGIN bob {SECRET}", 1) == ["OK"]


def test_a_right_password_does_not_count() -> None:
    chat = chat_of()
    chat.connect("new", LINE, "10.0.0.1")
    for _ in range(60):
        assert tries(chat, "new", f"LOGIN bob {SECRET}", 1) == ["OK"]
    assert tries(chat, "new", "LOGIN bob guess").count("ERR wrong-password") == 5


def test_guesses_are_limited_for_an_address() -> None:
    limits = Limits(attempts_per_address_burst=3, **RATELESS)
    chat = chat_of(limits=limits)
    chat.connect("one", LINE, "10.0.0.1")
    chat.connect("two", LINE, "10.0.0.1")
    chat.connect("three", LINE, "10.0.0.2")
    chat.connect("here")
    assert tries(chat, "one", "LOGIN bob guess", 2) == ["ERR wrong-password"] * 2
    assert tries(chat, "two", f"REGISTER zoe {SECRET}", 1) == ["OK"]
    assert tries(chat, "two", f"REGISTER zoe {SECRET}", 1) == ["ERR rate-limited"]
    assert tries(chat, "three", "LOGIN bob guess", 1) == ["ERR wrong-password"]
    assert tries(chat, "here", f"REGISTER cleo {SECRET}", 5) == ["OK"] * 5
    chat.wait(2)
    assert tries(chat, "two", f"REGISTER zoe {SECRET}", 3) == ["OK"] * 2 + ["ERR rate-limited"]


# --- nobody slips through -------------------------------------------------------------------------


def test_who_is_muted_stays_so_under_a_registered_name() -> None:
    chat = Chat("anna", "ben", limits=UNLIMITED)
    chat.send("anna", "JOIN tea")
    chat.send("ben", "JOIN tea")
    chat.send("anna", "MUTE tea ben")
    chat.read_all()
    chat.send("ben", f"REGISTER benny {SECRET}")
    assert chat.lines("ben") == ["ERR muted"]
    chat.send("ben", f"REGISTER ben {SECRET}")
    chat.finish_jobs()
    chat.send("ben", "SAY tea hi")
    assert chat.lines("ben") == ["OK", "ERR muted"]


def test_who_is_muted_meanwhile_stays_so_as_well() -> None:
    chat = Chat("anna", "ben", limits=UNLIMITED)
    chat.send("anna", "JOIN tea")
    chat.send("ben", "JOIN tea", f"REGISTER benny {SECRET}")
    chat.send("anna", "MUTE tea ben")
    chat.read_all()
    chat.finish_jobs()
    assert chat.lines("ben") == ["ERR muted"]


def test_nobody_is_in_a_room_under_a_name_that_is_banned_there() -> None:
    chat = chat_of("anna", "ben")
    chat.send("anna", "JOIN tea", "BAN tea bob", "BAN tea zoe 1h")
    chat.send("ben", "JOIN tea")
    chat.read_all()
    chat.send("ben", f"LOGIN bob {SECRET}")
    chat.finish_jobs()
    chat.send("ben", f"REGISTER zoe {SECRET}")
    chat.send("ben", "NICK zoe")
    assert chat.lines("ben") == ["ERR banned"] * 3
    chat.wait(3600)
    chat.send("ben", "NICK zoe")
    assert chat.lines("ben") == ["OK"]


def test_who_is_banned_from_the_lobby_logs_in_without_it() -> None:
    chat = Chat("anna", limits=UNLIMITED)
    chat.core.load(
        [Record("charter", "lobby", Charter("lobby", bans=(("ben", Ban("Ben", "anna")),)))], []
    )
    play(
        chat,
        """
        ben> LOGIN Ben
        ben< OK
        ben> MSG hi
        ben< ERR not-in-room
        ben> JOIN lobby
        ben< ERR banned
        ben> NICK benny
        ben< OK
        ben> JOIN lobby
        ben< OK
        anna< INFO benny joined lobby
        """,
    )


# --- with a store ---------------------------------------------------------------------------------


def test_an_account_is_saved_before_it_is_there() -> None:
    chat = Chat("anna", durable=True)
    chat.send("anna", f"REGISTER anna {SECRET}")
    chat.finish_jobs()
    assert chat.records == [Record("account", "anna", Account("anna", STORED, NOW))]
    (saving,) = [action for actions in chat.outputs for action in actions if type(action) is Save]
    assert saving.records == tuple(chat.records)
    assert chat.lines("anna") == ["OK"]


def test_an_account_that_can_not_be_saved_is_not_there() -> None:
    chat = Chat("anna", durable=True)
    chat.full = True
    chat.send("anna", f"REGISTER zoe {SECRET}")
    chat.finish_jobs()
    assert chat.lines("anna") == ["ERR not-saved"]
    assert (chat.records, chat.core.world.accounts) == ([], {})
    assert list(chat.core.world.users) == ["anna"]


def test_what_was_saved_is_there_in_the_next_run() -> None:
    chat = Chat("anna", durable=True)
    chat.send("anna", f"REGISTER anna {SECRET}")
    chat.finish_jobs()
    again = Chat(durable=True)
    again.core.load(chat.records, [])
    play(again, f"new> LOGIN anna\nnew< ERR password-required\nnew> LOGIN anna {SECRET}\nnew< OK")


# --- secrets --------------------------------------------------------------------------------------


def test_no_password_is_anywhere_but_in_a_job() -> None:
    chat = chat_of(durable=True, limits=Limits(rate_burst=5))
    chat.connect("new", LINE, "10.0.0.1")
    chat.connect("slash", DIALECTS["slash"])
    lines = [f"LOGIN bob x{SECRET}", f"LOGIN bob {SECRET}", f"REGISTER zoe {SECRET}"]
    chat.send("new", *lines)
    chat.send("slash", *[f"/{line.lower()}" for line in lines])
    for _ in range(8):
        chat.finish_jobs()
        chat.wait(1)
    seen = [action for actions in chat.outputs for action in actions]
    assert {RunJob, Hold} <= set(map(type, seen))
    assert SECRET not in repr(seen)
    assert SECRET not in repr(chat.core.entries)
    assert STORED not in repr(seen)
    assert STORED not in repr(chat.core.entries)
    for action in seen:  # nor in what a repr hides
        hidden = (RunJob, Hold)
        assert isinstance(action, hidden) or SECRET not in deeply(action), action


def deeply(value: Any) -> str:
    """All that is in a value, also what its repr hides."""
    if isinstance(value, list | tuple):
        return " ".join(map(deeply, value))
    if hasattr(value, "__slots__") and not isinstance(value, bytes | str):
        return " ".join([deeply(getattr(value, name)) for name in value.__slots__])
    return str(value)


@pytest.mark.parametrize(
    "secretive",
    [
        *(Authenticate("bob", SECRET), Enrol("bob", SECRET), Register("bob", SECRET)),
        *(HashPassword("bob", SECRET), CheckPassword("bob", SECRET, SECRET, Nick("bob"))),
        *(Account("bob", SECRET), Hold(1, f"LOGIN bob {SECRET}".encode(), 1.0)),
    ],
    ids=lambda secretive: type(secretive).__name__,
)
def test_it_keeps_its_secret(secretive: object) -> None:
    assert SECRET not in repr(secretive)
    assert SECRET in deeply(secretive)


@pytest.mark.parametrize("asked", ["register", "login"])
def test_who_proves_a_name_is_where_their_dialect_begins(asked: str) -> None:
    """In JSON, in no room."""
    chat = Chat(limits=UNLIMITED)
    for _ in range(1 if asked == "register" else 2):
        chat.connect("cleo", JSON)
        wanted = asked if chat.core.world.accounts else "register"
        ask(chat, "cleo", type=wanted, name="Cleo", password=SECRET)
        assert chat.core.world.users["cleo"].rooms == ()
        chat.lose("cleo")


def test_a_core_of_ones_own_says_what_is_to_be_done() -> None:
    """As an embedding program sees it."""
    core = ChatCore()
    core.connect(1, LOCAL, NOW)
    assert core.submit(1, Enrol("bob", SECRET), NOW) == [RunJob(1, HashPassword("bob", SECRET))]
    told = core.finish(1, "a hash", NOW)
    assert [getattr(action, "data", None) for action in told[:1]] == [events.Registered("bob")]
    assert core.world.accounts["bob"].password == "a hash"
