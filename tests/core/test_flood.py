"""Flood control: a bucket for each session. What is over its rate waits, in order; none is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.core import Limits
from chat.core.actions import Hold
from chat.core.commands import Help, Ping, Who
from chat.core.engine import HOLD_MIN_S
from chat.core.registry import REGISTRY
from chat.core.session import REFILL_S
from chat.dialects.admin import AdminDialect
from tests.core.support import NOW, Chat

LIMITS = Limits(rate_burst=20, rate_per_s=10.0)
PAGE = [f"MSG line {number}" for number in range(100)]
SLOW_DOWN = ["INFO slow-down"]


def ready(limits: Limits = LIMITS) -> Chat:
    """anna and bob have been there for an hour; their buckets are full."""
    chat = Chat("anna", "bob", limits=limits)
    chat.wait(3600)
    return chat


def heard(chat: Chat) -> int:
    """How many lines bob has read since he read last."""
    return len(chat.lines("bob"))


def test_a_page_arrives_whole_and_in_order() -> None:
    chat = ready()
    chat.send("anna", *PAGE)
    chat.wait(60)
    assert chat.lines("bob") == [line.replace("MSG", "MSG anna") for line in PAGE]
    assert chat.lines("anna") == SLOW_DOWN


def test_twenty_at_once_and_then_ten_a_second() -> None:
    chat = ready()
    chat.send("anna", *PAGE)
    assert heard(chat) == 20
    chat.wait(0.05)
    assert heard(chat) == 0
    chat.wait(0.06)
    assert heard(chat) == 1
    chat.wait(0.90)
    assert heard(chat) == 9
    chat.wait(2)
    assert heard(chat) == 20
    chat.wait(4.9)
    assert heard(chat) == 49
    chat.wait(0.2)
    assert heard(chat) == 1


def test_twenty_at_once_from_the_start() -> None:
    chat = Chat(limits=LIMITS)
    chat.connect("anna")
    chat.send("anna", *["PING"] * 21)
    assert chat.lines("anna") == ["PONG"] * 20 + SLOW_DOWN


def test_nobody_has_two_bursts_however_long_they_were_silent() -> None:
    chat = Chat("anna", "bob", limits=LIMITS)
    for _ in range(3):
        chat.wait(3600)
        chat.send("anna", *PAGE)
        assert heard(chat) == 20
        chat.wait(8.2)
        assert heard(chat) == 80


def test_who_stays_below_the_rate_never_waits() -> None:
    chat = ready()
    for line in PAGE:
        chat.send("anna", line)
        assert heard(chat) == 1
        chat.wait(0.101)
    assert chat.lines("anna") == []


def test_one_persons_flood_slows_nobody_else() -> None:
    chat = ready()
    chat.send("anna", *PAGE)
    chat.send("bob", "MSG hi")
    assert chat.lines("anna") == [*SLOW_DOWN, "MSG bob hi"]


def test_it_is_said_again_only_after_they_have_caught_up() -> None:
    chat = ready()
    chat.send("anna", *PAGE[:30])
    assert chat.lines("anna") == SLOW_DOWN
    chat.wait(1.5)  # all are through, but the bucket isn't full yet
    chat.send("anna", *PAGE[:30])
    assert chat.lines("anna") == []
    chat.wait(6)
    chat.send("anna", *PAGE[:30])
    assert chat.lines("anna") == SLOW_DOWN


@pytest.mark.parametrize("burst", [1, 2, 3])
def test_it_is_said_once_also_when_each_line_waits_for_a_full_bucket(burst: int) -> None:
    chat = ready(Limits(rate_burst=burst, rate_per_s=10.0))
    chat.send("anna", *PAGE)
    chat.wait(60)
    assert chat.lines("anna") == SLOW_DOWN
    assert heard(chat) == 100


def test_everything_that_is_typed_counts() -> None:
    """Also what is refused, and what is nothing at all."""
    for line in ("", "FOO", "MSG", b"\xff", "LOGIN anna", "PING"):
        chat = ready()
        chat.send("anna", *[line] * 20)
        assert "INFO slow-down" not in chat.lines("anna")
        chat.send("anna", line)
        assert chat.lines("anna") == SLOW_DOWN


@pytest.mark.parametrize(("verb", "command"), [("WHO", Who), ("HELP", Help)])
def test_what_causes_many_lines_costs_more(verb: str, command: type[Who | Help]) -> None:
    assert REGISTRY[command].cost == 5 > REGISTRY[Ping].cost
    chat = ready()
    chat.send("anna", verb, verb, verb, verb)
    assert "INFO slow-down" not in chat.lines("anna")
    chat.send("anna", verb)
    assert chat.lines("anna") == SLOW_DOWN
    chat.wait(0.49)
    assert chat.lines("anna") == []
    chat.wait(0.02)
    assert len(chat.lines("anna")) > 1


def test_what_costs_more_than_the_bucket_holds_is_to_be_had_when_it_is_full() -> None:
    chat = ready(Limits(rate_burst=3, rate_per_s=10.0))
    chat.send("anna", "WHO")
    assert chat.lines("anna") == ["USER anna", "USER bob"]
    chat.send("anna", "WHO", "PING")
    assert chat.lines("anna") == SLOW_DOWN
    chat.wait(0.31)
    assert chat.lines("anna") == ["USER anna", "USER bob"]
    chat.wait(0.1)
    assert chat.lines("anna") == ["PONG"]


def test_leaving_is_free() -> None:
    chat = ready()
    chat.send("anna", *PAGE[:20], "QUIT")
    assert chat.lines("anna") == ["BYE"]


def test_leaving_waits_for_what_was_said_before() -> None:
    chat = ready()
    chat.send("anna", *PAGE[:21], "QUIT")
    assert chat.lines("anna") == SLOW_DOWN
    chat.wait(0.101)
    assert chat.lines("anna") == ["BYE"]
    assert chat.lines("bob")[-2:] == ["MSG anna line 20", "INFO anna disconnected"]


def test_what_waits_is_lost_with_the_connection() -> None:
    chat = ready()
    chat.send("anna", *PAGE)
    chat.read("bob")
    chat.lose("anna")
    chat.wait(60)
    assert chat.lines("bob") == ["INFO anna disconnected"]


def test_without_a_limit_nothing_waits() -> None:
    chat = ready(Limits(rate_burst=0))
    chat.send("anna", *PAGE * 10)
    assert heard(chat) == 1000
    assert chat.lines("anna") == []


def test_who_asks_in_process_does_not_wait() -> None:
    chat = ready()
    for _ in range(100):
        chat.ask("anna", Ping())
    assert chat.lines("anna") == ["PONG"] * 100
    chat.send("anna", *PAGE[:20])
    assert chat.lines("anna") == []


# --- clocks that don't tell the time --------------------------------------------------------------


@pytest.mark.parametrize("back_s", [0.01, 5, 3600, NOW])
def test_a_clock_that_is_set_back_makes_nobody_wait_the_longer(back_s: float) -> None:
    chat = ready()
    chat.send("anna", *PAGE[:20])
    chat.now -= back_s
    chat.read("bob")
    chat.send("anna", *PAGE)
    assert heard(chat) == 0
    chat.wait(1.001)
    assert heard(chat) == 10


def test_a_clock_that_is_set_back_fills_no_bucket() -> None:
    chat = ready()
    for _ in range(50):
        chat.now -= 10
        chat.send("anna", "PING")
    assert chat.lines("anna") == ["PONG"] * 20 + SLOW_DOWN


@pytest.mark.parametrize("forward_s", [3600, 1e9, 1e300])
def test_a_clock_that_is_set_far_forward_fills_the_bucket_once(forward_s: float) -> None:
    chat = ready()
    chat.send("anna", *PAGE[:20])
    chat.now += forward_s
    chat.send("anna", *PAGE[:20], "QUIT")
    assert heard(chat) == 41
    assert chat.lines("anna") == ["BYE"]


def test_a_clock_that_is_set_forward_and_back_again() -> None:
    chat = ready()
    chat.now += 1e6
    chat.send("anna", "MSG from the future")
    chat.now -= 1e6
    chat.send("anna", *PAGE)
    chat.wait(10)
    assert heard(chat) == 101
    assert chat.lines("anna") == SLOW_DOWN


@pytest.mark.parametrize("now", [0.0, 1e6, NOW, 1e11])
@pytest.mark.parametrize("rate", [0.001, 3.0, 1e4, 1e9])
def test_time_never_stands_still(now: float, rate: float) -> None:
    """Where time passes only when somebody waits, a wait that is too short to count would be
    asked for again for ever. The driver looks at each."""
    chat = Chat("anna", limits=Limits(rate_burst=1, rate_per_s=rate), now=now)
    chat.wait(1e5)
    chat.read("anna")
    chat.send("anna", *["PING"] * 20)
    chat.wait(1e5)
    assert chat.lines("anna").count("PONG") == 20


# --- other limits while the server runs -----------------------------------------------------------


def test_turning_the_limit_off() -> None:
    chat = ready()
    chat.send("anna", *PAGE)
    chat.configure(Limits(rate_burst=0))
    chat.wait(0.101)  # what waits, waits its time; what comes after it doesn't
    assert heard(chat) == 100


def test_turning_the_limit_off_and_on() -> None:
    """Whoever was told to slow down is told again: it's another story."""
    chat = ready()
    chat.send("anna", *PAGE)
    chat.configure(Limits(rate_burst=0))
    chat.wait(1)
    chat.configure(LIMITS)
    assert chat.lines("anna") == SLOW_DOWN
    chat.read("bob")
    chat.send("anna", *PAGE)
    assert heard(chat) == 20
    assert chat.lines("anna") == SLOW_DOWN


def test_turning_the_limit_on() -> None:
    chat = ready(Limits(rate_burst=0))
    chat.send("anna", *PAGE)
    chat.configure(LIMITS)
    chat.read("bob")
    chat.send("anna", *PAGE)
    assert heard(chat) == 20
    chat.wait(0.101)
    assert heard(chat) == 1


@pytest.mark.parametrize(
    ("limits", "at_once", "in_a_second"),
    [
        (Limits(rate_burst=5, rate_per_s=10.0), 5, 10),
        (Limits(rate_burst=20, rate_per_s=2.0), 20, 2),
        (Limits(rate_burst=1, rate_per_s=1.0), 1, 1),
    ],
)
def test_lower_limits(limits: Limits, at_once: int, in_a_second: int) -> None:
    chat = ready()
    chat.configure(limits)
    chat.send("anna", *PAGE)
    assert heard(chat) == at_once
    chat.wait(1.01)
    assert heard(chat) == in_a_second


def test_higher_limits() -> None:
    chat = ready()
    chat.send("anna", *PAGE[:20])
    chat.read("bob")
    chat.configure(Limits(rate_burst=50, rate_per_s=100.0))
    chat.wait(0.5)
    chat.send("anna", *PAGE)
    assert heard(chat) == 50
    chat.wait(0.101)
    assert heard(chat) == 10


# --- lines that nobody kept -----------------------------------------------------------------------


def test_lines_that_are_too_long_are_answered_at_once_and_paid_for_later() -> None:
    chat = ready()
    for _ in range(30):
        chat.too_long("anna")
    assert chat.lines("anna") == ["ERR line-too-long"] * 30
    chat.send("anna", "PING")
    assert chat.lines("anna") == SLOW_DOWN
    chat.wait(1.09)
    assert chat.lines("anna") == []
    chat.wait(0.02)
    assert chat.lines("anna") == ["PONG"]


def test_without_a_limit_they_cost_nothing() -> None:
    chat = ready(Limits(rate_burst=0))
    for _ in range(1000):
        chat.too_long("anna")
    chat.send("anna", "PING")
    assert chat.lines("anna")[-1] == "PONG"


def test_who_owes_something_must_pay_before_they_leave() -> None:
    chat = ready()
    for _ in range(25):
        chat.too_long("anna")
    chat.read("anna")
    chat.send("anna", "QUIT")
    assert chat.lines("anna") == SLOW_DOWN
    chat.wait(0.501)
    assert chat.lines("anna") == ["BYE"]


# --- against an exact bucket ----------------------------------------------------------------------

COSTS = {b"PING": 1, b"WHO": 5, b"": 1}


def exact(sent: Sequence[tuple[float, int]], limits: Limits) -> list[float]:
    """When each line is taken out of a bucket that is looked at all the time, each as it arrives
    and costs, one after the other."""
    times: list[float] = []
    tokens, at = float(limits.rate_burst), NOW
    for arrived, cost in sent:
        now = max(arrived, at)
        tokens = min(tokens + (now - at) * limits.rate_per_s, limits.rate_burst)
        missing = max(0.0, min(cost, limits.rate_burst) - tokens)
        at = now + missing / limits.rate_per_s
        tokens += missing - min(cost, limits.rate_burst)
        times.append(at)
    return times


def times_taken(chat: Chat) -> list[tuple[float, bytes]]:
    """When the core took which line."""
    return [
        (inputs[3], inputs[2])
        for inputs, actions in zip(chat.inputs, chat.outputs, strict=True)
        if inputs[0] == "receive" and not any(isinstance(action, Hold) for action in actions)
    ]


@given(
    st.builds(Limits, rate_burst=st.integers(1, 25), rate_per_s=st.floats(0.5, 100)),
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.0, 0.02, 0.5, 7.0]), st.sampled_from(list(COSTS))),
        max_size=60,
    ),
)
def test_never_more_than_the_rate_and_never_later_than_need_be(
    limits: Limits, typed: list[tuple[float, bytes]]
) -> None:
    chat = Chat("anna", limits=Limits(rate_burst=0))
    chat.configure(limits)
    begin = len(chat.inputs)
    sent: list[tuple[float, int]] = []
    for gap, line in typed:
        chat.wait(gap)
        chat.send("anna", line)
        sent.append((chat.now, COSTS[line]))
    chat.wait(1e4)
    del chat.inputs[:begin], chat.outputs[:begin]
    taken = times_taken(chat)
    assert [line for _, line in taken] == [line for _, line in typed]
    late = 0.0  # a wait that was rounded down is followed by another, of HOLD_MIN_S
    for (time, _), bound in zip(taken, exact(sent, limits), strict=True):
        late += HOLD_MIN_S
        assert time <= bound + late
    for first, (begin_at, _) in enumerate(taken):
        spent = 0
        for time, line in taken[first:]:
            spent += min(COSTS[line], limits.rate_burst)
            allowed = limits.rate_burst + (time - begin_at + REFILL_S) * limits.rate_per_s
            assert spent <= allowed + 0.001


def test_the_administration_has_no_rate() -> None:
    chat = Chat(limits=Limits(rate_burst=1, rate_per_s=0.1))
    chat.connect("admin", AdminDialect())
    chat.send("admin", *["ping"] * 100)
    assert chat.lines("admin") == ["PONG", "OK"] * 100
