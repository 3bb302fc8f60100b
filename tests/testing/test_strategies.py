"""The strategies make what they say, simplest first; and the well-meant ones nothing else."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from chat.core.commands import Blank, Command, Malformed, Tagged
from chat.core.dialect import Dialect as CoreDialect
from chat.dialects import ADMIN, DIALECTS, JSON
from chat.dialects.admin import VERBS as ADMIN_VERBS
from chat.dialects.json_asked import TYPES
from chat.dialects.line import VERBS as LINE_VERBS
from chat.dialects.slash import VERBS as SLASH_VERBS
from chat.testing.strategies import (
    COMMANDS,
    PEOPLE,
    Conversation,
    Dialect,
    Step,
    conversations,
    hostile_conversations,
    hostile_lines,
    lines,
    streams,
    torn,
    visits,
)
from chat.testing.strategies.steps import TALKING
from chat.testing.strategies.values import HOSTILE, PLAIN
from chat.testing.strategies.verbs import ARGUMENTS, PROMISED
from reactor import LineFramer

PARSERS: dict[Dialect, CoreDialect] = {
    "line": DIALECTS["line"],
    "slash": DIALECTS["slash"],
    "json": JSON,
    "admin": ADMIN,
}
VERBS = {
    "line": {*LINE_VERBS},
    "slash": {"", *(verb.lower() for verb in SLASH_VERBS)},
    "json": {*TYPES},
    "admin": {*ADMIN_VERBS},
}
ALL: tuple[Dialect, ...] = get_args(Dialect)
QUICK = settings(max_examples=50)

AT_ALL = settings(max_examples=1000, phases=[Phase.generate])  # and no simpler

each_dialect = pytest.mark.parametrize("dialect", ALL)


def parsed(dialect: Dialect, line: bytes) -> Command:
    """What a line asks for."""
    command = PARSERS[dialect].parse(line)
    return command.command if isinstance(command, Tagged) else command


@each_dialect
def test_every_verb_has_a_row(dialect: Dialect) -> None:
    assert set(ARGUMENTS[dialect]) == VERBS[dialect]
    assert set(PROMISED[dialect]) <= VERBS[dialect]


def test_both_tables_of_values_have_the_same_rows() -> None:
    assert PLAIN.keys() == HOSTILE.keys()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_a_command_is_what_its_row_says(command: type[Command]) -> None:
    assert isinstance(find(COMMANDS[command], lambda _: True, settings=AT_ALL), command)


@each_dialect
def test_a_well_meant_line_is_understood(dialect: Dialect) -> None:
    @given(lines(dialect))
    @QUICK
    def check(line: bytes) -> None:
        assert not isinstance(parsed(dialect, line), Malformed | Blank)
        assert line.decode().isprintable()

    check()


@each_dialect
@pytest.mark.parametrize(
    "what",
    [
        lambda dialect, line: isinstance(parsed(dialect, line), Malformed),
        lambda dialect, line: not isinstance(parsed(dialect, line), Malformed),
        lambda _, line: b"\n" in line,
        lambda _, line: b"\xff" in line,
    ],
    ids=["not understood", "understood", "several lines", "no UTF-8"],
)
def test_a_hostile_line_can_be_anything(dialect: Dialect, what: object) -> None:
    assert callable(what)
    find(hostile_lines(dialect), lambda line: what(dialect, line), settings=AT_ALL)


@given(streams(lines("line")), st.data())
@QUICK
def test_what_is_torn_is_the_same_in_the_end(stream: bytes, data: st.DataObject) -> None:
    pieces = data.draw(torn(stream))
    assert b"".join(pieces) == stream
    whole, framer = LineFramer(), LineFramer()
    assert [line for piece in pieces for line in framer.feed(piece)] == whole.feed(stream)


def test_what_is_torn_shrinks_to_one_piece() -> None:
    assert find(torn(b"MSG hi\n"), lambda _: True, settings=QUICK) == [b"MSG hi\n"]
    assert find(torn(b"MSG hi\n"), lambda pieces: len(pieces) > 1, settings=QUICK) == [
        b"M",
        b"SG hi\n",
    ]
    assert b"".join(find(torn(b""), lambda _: True, settings=QUICK)) == b""


# --- conversations --------------------------------------------------------------------------------


@given(conversations())
@QUICK
def test_a_well_meant_conversation_is_one_that_every_server_understands(
    conversation: Conversation,
) -> None:
    here: set[str] = set()
    dialects = dict(conversation.dialects)
    assert set(dialects) == {step.who for step in conversation.steps} <= set(PEOPLE)
    for step in conversation.steps:
        assert (step.who in here) is (step.deed != "connects")
        if step.deed == "connects":
            here.add(step.who)
        elif step.deed == "hangs up":
            here.discard(step.who)
        else:
            dialect = dialects[step.who]
            command = parsed(dialect, step.data.removesuffix(b"\n"))
            assert not isinstance(command, Malformed | Blank)
            if type(command).__name__ == "Quit":
                here.discard(step.who)


@given(hostile_conversations())
@QUICK
def test_in_a_hostile_one_too_nobody_does_anything_who_is_not_there(
    conversation: Conversation,
) -> None:
    for who in PEOPLE:
        deeds = [step.deed for step in conversation.of(who)]
        assert not deeds or deeds[0] == "connects"
        assert all(after == "connects" for before, after in pairwise(deeds) if before == "hangs up")


@pytest.mark.parametrize("dialect", TALKING)
def test_a_visit_is_whole(dialect: Dialect) -> None:
    @given(visits(dialect, "ben"))
    @QUICK
    def check(visit: Conversation) -> None:
        assert visit.dialects == (("ben", dialect),)
        assert visit.steps == visit.of("ben")
        assert visit.steps[0].deed == "connects"
        assert visit.steps[-1].deed == "hangs up" or b"quit" in visit.steps[-1].data.lower()

    check()


def test_the_simplest_conversation() -> None:
    simplest = find(conversations(), lambda _: True, settings=QUICK)
    ((who, dialect),) = simplest.dialects
    assert str(simplest) == f"{who}> (connects)\n{who}> LOGIN {who}\n{who}> PING"
    assert dialect == "line"


def test_the_simplest_in_which_two_talk() -> None:
    def of_two(talk: Conversation) -> bool:
        return all(talk.of(who)[-1:] == (Step(who, "sends", b"MSG hi\n"),) for who in PEOPLE[:2])

    simplest = find(conversations(["line"]), of_two)
    assert str(simplest).splitlines() == [
        *("ann> (connects)", "ann> LOGIN ann", "ann> MSG hi"),
        *("ben> (connects)", "ben> LOGIN ben", "ben> MSG hi"),
    ]


def test_a_conversation_in_three_dialects() -> None:
    find(conversations(), lambda talk: len({*dict(talk.dialects).values()}) == 3, settings=AT_ALL)


def test_a_transcript_shows_what_nobody_can_type() -> None:
    assert str(Step("ann", "sends", b"MSG hi\n")) == "ann> MSG hi"
    assert str(Step("ann", "sends", b"MSG hi")) == "ann> (sends b'MSG hi')"
    assert str(Step("ann", "sends", b"\xff\n")) == r"ann> (sends b'\xff\n')"
    assert str(Step("ann", "hangs up")) == "ann> (hangs up)"
