"""Session: its state, and a bucket of tokens."""

from __future__ import annotations

from math import inf

import pytest

from chat.core.errors import ERRORS
from chat.core.limits import Limits
from chat.core.session import REFUSED_IN, Session, State
from tests.core.support import LINE, NOW, UNLIMITED

LIMITS = Limits(rate_burst=20, rate_per_s=10.0)


def new(limits: Limits = LIMITS) -> Session:
    """Just connected."""
    return Session(7, LINE, limits, NOW)


def test_a_new_session_has_no_name() -> None:
    session = new()
    assert (session.id, session.dialect) == (7, LINE)
    assert (session.state, session.name) == (State.CONNECTED, "")
    assert not session.slowed


def test_it_has_one_between_logging_in_and_logging_out() -> None:
    session = new()
    session.log_in("bob")
    assert (session.state, session.name) == (State.READY, "bob")
    session.log_out()
    assert (session.state, session.name) == (State.CONNECTED, "")


def test_each_state_has_its_refusal() -> None:
    assert set(REFUSED_IN) == set(State)
    assert set(REFUSED_IN.values()) <= set(ERRORS)


def test_the_bucket_is_full_at_first() -> None:
    assert new().tokens == 20


@pytest.mark.parametrize(
    ("tokens", "seconds", "then"),
    [
        (0, 0, 0),
        (0, 0.5, 5),
        (0, 2, 20),
        (0, 3600, 20),
        (20, 0, 20),
        (20, 1, 20),
        (15, 0.25, 17.5),
        (-100, 1, -90),
        (-100, 3600, 20),
        (5, -3600, 5),  # a clock that was set back fills no bucket and empties none
        (-5, -3600, -5),
        (0, 1e300, 20),
    ],
)
def test_it_fills_at_a_steady_rate(tokens: float, seconds: float, then: float) -> None:
    session = new()
    session.tokens = tokens
    session.refill(LIMITS, NOW + seconds)
    assert session.tokens == pytest.approx(then)


def test_time_counts_once() -> None:
    session = new()
    session.tokens = 0
    for _ in range(3):
        session.refill(LIMITS, NOW + 1)
    assert session.tokens == 10


def test_after_a_clock_was_set_back_time_counts_from_there() -> None:
    session = new()
    session.tokens = 0
    session.refill(LIMITS, NOW - 3600)
    session.refill(LIMITS, NOW - 3599)
    assert session.tokens == 10


def test_without_a_limit_it_is_never_empty() -> None:
    session = new(UNLIMITED)
    assert session.tokens == inf
    session.refill(UNLIMITED, NOW)
    assert session.tokens == inf


def test_a_limit_that_is_turned_on_and_off() -> None:
    session = new(UNLIMITED)
    session.refill(LIMITS, NOW)
    assert session.tokens == 20
    session.tokens = -3
    session.refill(UNLIMITED, NOW)
    assert session.tokens == inf


@pytest.mark.parametrize(("seconds", "slowed"), [(0, True), (2, True), (2.15, False), (60, False)])
def test_it_has_caught_up_when_the_bucket_is_full_with_a_line_to_spare(
    seconds: float, slowed: bool
) -> None:
    session = new()
    session.tokens = 0
    session.slowed = True
    session.refill(LIMITS, NOW + seconds)
    assert session.slowed is slowed


def test_it_has_caught_up_when_there_is_no_limit_any_more() -> None:
    session = new()
    session.slowed = True
    session.refill(UNLIMITED, NOW)
    assert not session.slowed


def test_a_full_bucket_slows_nobody_down_by_itself() -> None:
    session = new()
    session.tokens = 3
    session.refill(LIMITS, NOW)
    assert not session.slowed
