"""Handlers: of the world and an entry alone, without a session, a gate or a dialect."""

# Letters that look like others are what is tested here.
# ruff: noqa: RUF001

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from chat.core import events
from chat.core.commands import (
    Act,
    BanUser,
    Blank,
    Command,
    Disconnect,
    Enrol,
    Exclude,
    Help,
    Join,
    Login,
    MakeOperator,
    Malformed,
    Mute,
    Nick,
    Ping,
    Quit,
    Register,
    Say,
    SetLimit,
    Tell,
    Unregister,
    Who,
)
from chat.core.entry import Entry
from chat.core.errors import Refusal
from chat.core.events import Event
from chat.core.limits import Limits
from chat.core.registry import REGISTRY, ROWS
from chat.core.world import LOBBY, World
from tests.core.support import NOW, contents


class Stage:
    """A world, and what is done in it. The users' sessions are 1, 2 ..., in order of login."""

    def __init__(self, *users: str, limits: Limits | None = None) -> None:
        self.world = World(limits)
        for session, user in enumerate(users, start=1):
            self.do(session, Login(user))

    def do(self, session: int, command: Command) -> tuple[Event, ...]:
        """What happens. Raises Refusal; sees to it that nothing has changed then."""
        user = self.world.sessions.get(session)
        entry = Entry[Any](NOW, session, user.name if user else "", command)
        before = contents(self.world)
        try:
            happened: Any = REGISTRY[type(command)].handler(self.world, entry)
            return happened if isinstance(happened, tuple) else self.world.run(happened)
        except Refusal:
            assert contents(self.world) == before
            raise
        finally:
            self.world.check_invariants()

    def refusal(self, session: int, command: Command) -> tuple[str, str]:
        """Why something isn't done."""
        with pytest.raises(Refusal) as caught:
            self.do(session, command)
        return caught.value.code, caught.value.detail

    def names(self) -> list[str]:
        """Who is there, in order of login."""
        return [user.name for user in self.world.sessions.values()]


# --- account --------------------------------------------------------------------------------------


def test_login() -> None:
    stage = Stage()
    assert stage.do(7, Login("Bob")) == (
        events.LoggedIn("Bob"),
        events.Joined(7, "Bob", LOBBY, NOW, by_login=True),
    )
    assert list(stage.world.rooms[LOBBY].members) == [7]


@pytest.mark.parametrize("name", ["bob", "BOB", "Ｂｏｂ", "bob\ufe0f"])
def test_login_with_a_name_that_is_in_use(name: str) -> None:
    assert Stage("Bob").refusal(7, Login(name)) == ("username-taken", name)


@pytest.mark.parametrize("name", ["server", "Error", "ＴＯＰＩＣ"])
def test_nobody_bears_a_name_that_is_the_servers_own(name: str) -> None:
    stage = Stage("anna")
    assert stage.refusal(7, Login(name)) == ("username-taken", name)
    assert stage.refusal(1, Nick(name)) == ("username-taken", name)


@pytest.mark.parametrize("name", ["", "two words", "x" * 33, "#", "\x1b[31m", "\ud800"])
def test_login_with_what_is_no_name(name: str) -> None:
    assert Stage().refusal(7, Login(name)) == ("invalid-username", name)


def test_the_length_of_a_name_is_a_limit() -> None:
    stage = Stage(limits=Limits(username_max_chars=3))
    stage.do(1, Login("bob"))
    assert stage.refusal(2, Login("anna")) == ("invalid-username", "anna")


def test_nick() -> None:
    stage = Stage("anna", "bob")
    assert stage.do(1, Nick("Zoë")) == (
        events.Named("Zoë"),
        events.Renamed(1, "anna", "Zoë", (LOBBY,), NOW),
    )
    assert stage.names() == ["Zoë", "bob"]


def test_nick_to_the_own_name_in_other_letters() -> None:
    stage = Stage("anna")
    stage.do(1, Nick("ANNA"))
    assert stage.names() == ["ANNA"]


def test_nick_to_a_name_that_was_given_up() -> None:
    stage = Stage("anna", "bob")
    stage.do(1, Nick("zoe"))
    stage.do(2, Nick("anna"))
    assert stage.names() == ["zoe", "anna"]


def test_nick_refused() -> None:
    stage = Stage("anna", "bob")
    assert stage.refusal(1, Nick("BOB")) == ("username-taken", "BOB")
    assert stage.refusal(1, Nick("b b")) == ("invalid-username", "b b")


@pytest.mark.parametrize(
    ("command", "reason", "farewell"),
    [(Quit(), "quit", [events.SaidGoodbye()]), (Disconnect("reset"), "reset", [])],
)
def test_leaving(command: Command, reason: str, farewell: list[Event]) -> None:
    stage = Stage("anna", "bob")
    gone = events.Disconnected(1, "anna", (LOBBY,), NOW, reason)
    assert stage.do(1, command) == (gone, *farewell)
    assert stage.names() == ["bob"]
    stage.do(3, Login("anna"))  # the name is free again
    assert stage.names() == ["bob", "anna"]


@pytest.mark.parametrize(
    ("command", "farewell"), [(Quit(), (events.SaidGoodbye(),)), (Disconnect("reset"), ())]
)
def test_leaving_without_having_been_there(command: Command, farewell: tuple[Event]) -> None:
    stage = Stage("anna")
    assert stage.do(2, command) == farewell
    assert stage.names() == ["anna"]


# --- messages -------------------------------------------------------------------------------------


def test_say() -> None:
    stage = Stage("anna", "bob")
    assert stage.do(1, Say(LOBBY, "hi")) == (events.Said(1, "anna", LOBBY, 1, NOW, "hi"),)
    assert stage.do(2, Say("LOBBY", "ho")) == (events.Said(2, "bob", LOBBY, 2, NOW, "ho"),)


def test_what_is_refused_is_not_counted() -> None:
    stage = Stage("anna")
    assert stage.refusal(1, Say(LOBBY, "")) == ("empty-message", "")
    (said,) = stage.do(1, Say(LOBBY, "hi"))
    assert isinstance(said, events.Said)
    assert said.seq == 1


def test_say_in_the_wrong_room() -> None:
    stage = Stage("anna", "bob")
    stage.do(2, Join("attic"))
    assert stage.refusal(1, Say("Attic", "hi")) == ("not-in-room", "Attic")
    assert stage.refusal(1, Say("cellar", "hi")) == ("no-such-room", "cellar")


def test_tell() -> None:
    stage = Stage("anna", "Bob")
    assert stage.do(1, Tell("BOB", "hi")) == (events.Told(2, "anna", NOW, "hi"),)
    assert stage.do(1, Tell("anna", "hi")) == (events.Told(1, "anna", NOW, "hi"),)
    assert stage.refusal(1, Tell("eve", "hi")) == ("no-such-user", "eve")


SPOKEN = [Say(LOBBY, ""), Tell("anna", "")]


@pytest.mark.parametrize("command", SPOKEN, ids=["say", "tell"])
@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("hi", "hi"),
        ("line\nend", "line end"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202eturned", "turned"),
        ("half \ud83d", "half"),
        (" blanks  inside ", "blanks  inside"),
        ("\n\u3000blanks of other kinds\xa0\t", "blanks of other kinds"),
        ("x" * 8192, "x" * 8192),
    ],
)
def test_what_is_said_is_fit_to_be_shown(command: Any, text: str, heard: str) -> None:
    """Also what comes from a program, past every dialect."""
    command = Say(LOBBY, text) if isinstance(command, Say) else Tell("anna", text)
    (event,) = Stage("anna").do(1, command)
    assert isinstance(event, events.Said | events.Told)
    assert event.text == heard


@pytest.mark.parametrize("command", SPOKEN, ids=["say", "tell"])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-message"),
        ("  ", "empty-message"),
        ("\n\u2028\u3000", "empty-message"),
        ("\x1b\x07\ufeff", "empty-message"),
        ("x" * 8193, "text-too-long"),
    ],
)
def test_what_can_not_be_said(command: Any, text: str, code: str) -> None:
    command = Say(LOBBY, text) if isinstance(command, Say) else Tell("anna", text)
    assert Stage("anna").refusal(1, command) == (code, "")


@pytest.mark.parametrize(
    "password", [" in front", "behind it\t", " " * 9, "with a \x07beep", "half \ud83d of one"]
)
def test_what_no_line_can_say_is_no_password(password: str) -> None:
    """Whoever chose it by JSON would be kept out of all other dialects."""
    assert Stage("anna").refusal(1, Enrol("anna", password)) == ("invalid-password", "")


@pytest.mark.parametrize("tag", ["half \ud83d", "two\nlines", "x" * 65])
@pytest.mark.parametrize("command", [Say, Act])
def test_what_no_message_is_called(command: type[Say | Act], tag: str) -> None:
    """Also by a program, past every dialect: a store could not keep the first."""
    stage = Stage("anna")
    assert stage.refusal(1, command(LOBBY, "hi", tag)) == ("bad-message", "tag")
    assert stage.do(1, command(LOBBY, "hi", "x" * 64))


def test_the_length_of_a_text_is_a_limit() -> None:
    stage = Stage("anna", limits=Limits(text_max_chars=3))
    stage.do(1, Say(LOBBY, "abc"))
    stage.do(1, Say(LOBBY, "ab\x1bc"))  # counted is what is said
    assert stage.refusal(1, Say(LOBBY, "abcd"))[0] == "text-too-long"


# --- info -----------------------------------------------------------------------------------------


def test_who() -> None:
    stage = Stage("cleo", "Anna", "bob")
    assert stage.do(1, Who()) == (events.UsersListed(("cleo", "Anna", "bob")),)


def test_who_after_some_coming_and_going() -> None:
    stage = Stage("cleo", "anna", "bob")
    stage.do(1, Nick("zoe"))
    stage.do(2, Quit())
    stage.do(2, Login("anna"))
    assert stage.do(1, Who()) == (events.UsersListed(("zoe", "bob", "anna")),)


def test_ping_and_blank() -> None:
    assert Stage().do(1, Ping()) == (events.Ponged(),)
    assert Stage().do(1, Blank()) == ()


def test_malformed() -> None:
    malformed = Malformed("unknown-command", "FOO")
    assert Stage().refusal(1, malformed) == ("unknown-command", "FOO")


def test_help() -> None:
    (listed,) = Stage().do(1, Help())
    assert listed == events.CommandsListed(
        tuple((row.command, row.summary) for row in ROWS if row.summary)
    )


# --- what has no end, or no name ------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-1.0, nan, inf, 1e300, Limits().ban_max_s + 1])
@pytest.mark.parametrize("command", [BanUser, Mute], ids=["ban", "mute"])
def test_a_length_of_time_is_one_that_ends(command: type[BanUser | Mute], seconds: float) -> None:
    """Or it could be written in no calendar when the bans are listed."""
    stage = Stage("anna")
    assert stage.refusal(1, command(LOBBY, "eve", seconds)) == ("invalid-number", "")
    assert stage.refusal(9, Exclude("eve", seconds)) == ("invalid-number", "")
    stage.do(1, command(LOBBY, "eve", Limits().ban_max_s))


@pytest.mark.parametrize("name", ["", "two words", "x" * 33, "\x1b[31m"])
@pytest.mark.parametrize("command", [BanUser, Mute], ids=["ban", "mute"])
def test_what_is_no_name_is_nobody_to_keep_out(command: type[BanUser | Mute], name: str) -> None:
    assert Stage("anna").refusal(1, command(LOBBY, name)) == ("no-such-user", name)


def test_a_name_that_is_given_free_operates_nothing() -> None:
    """Whoever registers it next is somebody else."""
    stage = Stage("anna", "bob")
    for session, name in enumerate(("anna", "bob"), start=1):
        stage.do(session, Register(name, "hash"))
    stage.do(1, Join("attic"))
    stage.do(1, MakeOperator("attic", "bob"))
    stage.do(9, Unregister("bob"))
    stage.do(2, Register("bob", "hash"))
    stage.do(2, Join("attic"))
    assert not stage.world.operates(stage.world.sessions[2], "attic")


@pytest.mark.parametrize("value", [-1.0, nan, inf, 1e300])
def test_a_limit_is_set_to_what_can_be_one(value: float) -> None:
    for name in ("rooms_max", "rate_per_s"):
        assert Stage().refusal(9, SetLimit(name, value)) == ("invalid-number", "")
    assert Stage().refusal(9, SetLimit("rate_per_s", 0.0)) == ("invalid-number", "")
