"""Whatever is sent: what must always be so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from chat.core import ChatCore, Limits, Settings
from chat.core.entry import decode, encode
from chat.core.errors import ERRORS, Refusal
from chat.testing.strategies import any_command, hostile_lines
from tests.core.support import Chat, contents, replayed

PEOPLE = ("anna", "bob", "cleo")

# What a line of the server can be: its words are its own, and what is quoted begins and ends
# with something that can be seen.
SERVER_LINE = re.compile(
    r"OK|BYE|PONG|Hello\.|USER \S+|(?:MSG|DM) \S+ \S(?:.*\S)?|INFO \S(?:.*\S)?"
    r"|ROOM \S+ \d+|TOPIC \S+( \S(?:.*\S)?)?|(?:SAID|ME) \S+ \S+ \S(?:.*\S)?"
    r"|PAST \S+ \S+Z \S+ \S(?:.*\S)?|(?:BAN|MUTE) \S+ \S+ by \S(?:.*\S)?"
    rf"|ERR (?:{'|'.join(ERRORS)})"
)

Step = tuple[str, str, Any]  # what happens, to whom, and with what

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(PEOPLE), hostile_lines("line")),
        st.tuples(st.just("send"), st.sampled_from(PEOPLE), hostile_lines("line")),
        st.tuples(st.just("ask"), st.sampled_from(PEOPLE), any_command),
        st.tuples(
            st.sampled_from(["too_long", "lose", "time_out", "connect", "finish", "fail"]),
            st.sampled_from(PEOPLE),
            st.none(),
        ),
        st.tuples(st.just("wait"), st.just(""), st.sampled_from([0.01, 1.0, 3600.0, -5.0])),
        st.tuples(st.just("configure"), st.just(""), st.integers(0, 5)),
    ),
    min_size=8,  # shorter ones are too short for much to happen
    max_size=50,
)
SETTINGS = st.builds(
    Settings,
    greeting=st.sampled_from(["", "Hello."]),
    echo=st.booleans(),
    join_notices=st.booleans(),
)
LIMITS = st.builds(
    Limits,
    clients_max=st.sampled_from([10_000, 10_000, 3, 2]),
    rate_burst=st.integers(0, 30),
    rate_per_s=st.sampled_from([0.5, 10.0]),
)


def connect(chat: Chat, who: str, _none: None = None) -> None:
    """Come, or come back: what an earlier connection of theirs read is done with."""
    if who not in chat.people or chat.people[who].gone:
        chat.connect(who)


def wait(chat: Chat, _nobody: str, seconds: float) -> None:
    """Time passes, or the clock is set back."""
    if seconds > 0:
        chat.wait(seconds)
    else:
        chat.now += seconds


HAPPENINGS: dict[str, Callable[[Chat, str, Any], None]] = {
    "send": lambda chat, who, line: chat.send(who, line),
    "ask": lambda chat, who, command: chat.ask(who, command),
    "too_long": lambda chat, who, _: chat.too_long(who),
    "lose": lambda chat, who, _: chat.lose(who),
    "time_out": lambda chat, who, _: chat.time_out(who),
    "connect": connect,
    "finish": lambda chat, _who, _: chat.finish_jobs(),
    "fail": lambda chat, _who, _: chat.fail_jobs(),
    "wait": wait,
    "configure": lambda chat, _, burst: chat.configure(Limits(rate_burst=burst)),
}


def perform(chat: Chat, steps: list[Step]) -> None:
    """Everyone connects, two have names, and then it happens. The driver looks after each step."""
    for who in PEOPLE:
        chat.connect(who)
    chat.send("anna", "LOGIN anna")
    chat.send("bob", "LOGIN Bob")
    for what, who, how in steps:
        HAPPENINGS[what](chat, who, how)


def fit_to_be_shown(line: str) -> bool:
    """Nothing in it that a terminal would obey."""
    obeyed = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    return not any(
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(char) in obeyed
        for char in line
    )


@given(LIMITS, SETTINGS, STEPS, st.booleans())
@example(Limits(), Settings(), [("send", "anna", b"LOGIN bob\rMSG x\x00\x85y\n\n")], False)
def test_everyone_reads_whole_lines_of_the_server(
    limits: Limits, settings: Settings, steps: list[Step], durable: bool
) -> None:
    chat = Chat(limits=limits, settings=settings, durable=durable)
    perform(chat, steps)
    for who in PEOPLE:
        read = chat.read(who)
        assert read == b"" or (read.endswith(b"\n") and not read.startswith(b"\n"))
        for line in read.decode().split("\n")[:-1]:
            assert SERVER_LINE.fullmatch(line), line
            assert fit_to_be_shown(line), line


@given(LIMITS, SETTINGS, STEPS, st.booleans())
def test_the_same_inputs_give_the_same_actions(
    limits: Limits, settings: Settings, steps: list[Step], durable: bool
) -> None:
    chat = Chat(limits=limits, settings=settings, durable=durable)
    perform(chat, steps)
    assert replayed(chat) == chat.outputs


@given(LIMITS, STEPS, st.booleans())
def test_the_entries_of_a_run_make_the_same_world_again(
    limits: Limits, steps: list[Step], durable: bool
) -> None:
    """Written down as JSON and read again, one after the other, by a world that knows no more."""
    chat = Chat(limits=limits, durable=durable)
    perform(chat, steps)
    again = ChatCore(limits, durable=durable)
    for entry in chat.core.entries:
        with suppress(Refusal):
            again.commit(decode(encode(entry)))
    assert contents(again.world) == contents(chat.core.world)


@given(STEPS)
def test_who_is_logged_in_is_in_the_world_and_nobody_else(steps: list[Step]) -> None:
    """Sessions and world are kept in two places; they agree whenever an input has been handled."""
    chat = Chat(limits=Limits(rate_burst=0))
    perform(chat, steps)
    sessions = chat.core._sessions
    named = {session.id: session.name for session in sessions.values() if session.name}
    assert named == {key: user.name for key, user in chat.core.world.sessions.items()}
