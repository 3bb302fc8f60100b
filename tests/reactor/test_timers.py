"""TimerQueue: against a model, and the promises about its cost."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from reactor import Timer, TimerQueue
from reactor.timers import DEAD_MIN


def nothing() -> None:
    """What a timer calls here: who takes it out of the queue decides about calling."""


def names(queue: TimerQueue, now: float) -> list[Any]:
    """The first argument of each timer that is due."""
    return [timer.args[0] for timer in queue.due(now)]


def test_timers_come_in_order_of_time_then_of_adding() -> None:
    queue = TimerQueue()
    for name, when in (("c", 2.0), ("a", 1.0), ("d", 2.0), ("b", 1.0), ("later", 2.5)):
        queue.add(when, nothing, name)
    assert names(queue, 2.0) == ["a", "b", "c", "d"]
    assert names(queue, 2.0) == []


def test_a_timer_keeps_its_callback_and_arguments() -> None:
    timer = TimerQueue().add(1.0, nothing, 1, "two")
    assert (timer.callback, timer.args, timer.when) == (nothing, (1, "two"), 1.0)


def test_a_timer_is_active_until_it_is_due_or_cancelled() -> None:
    queue = TimerQueue()
    first, second = queue.add(1.0, nothing), queue.add(1.0, nothing)
    assert [first.active, second.active, len(queue)] == [True, True, 2]
    assert next(queue.due(1.0)) is first
    assert [first.active, second.active, len(queue)] == [False, True, 1]
    queue.cancel(second)
    assert [first.active, second.active, len(queue)] == [False, False, 0]


def test_an_empty_queue_has_nothing_next() -> None:
    queue = TimerQueue()
    assert queue.next_when() is None
    queue.cancel(queue.add(1.0, nothing))
    assert queue.next_when() is None


def test_cancelling_twice_or_after_it_ran_does_nothing() -> None:
    queue = TimerQueue()
    kept, ran = queue.add(2.0, nothing, "kept"), queue.add(1.0, nothing, "ran")
    assert names(queue, 1.0) == ["ran"]
    queue.cancel(ran)
    cancelled = queue.add(1.0, nothing)
    queue.cancel(cancelled)
    queue.cancel(cancelled)
    assert len(queue) == 1
    assert kept.active
    assert names(queue, 9.0) == ["kept"]


def test_rearming_moves_a_timer_either_way() -> None:
    queue = TimerQueue()
    later, earlier = queue.add(1.0, nothing, "later"), queue.add(5.0, nothing, "earlier")
    queue.rearm(later, 4.0)
    queue.rearm(earlier, 2.0)
    assert queue.next_when() == 2.0
    assert names(queue, 3.0) == ["earlier"]
    assert names(queue, 4.0) == ["later"]


def test_rearming_brings_back_what_ran_or_was_cancelled() -> None:
    queue = TimerQueue()
    ran, cancelled = queue.add(1.0, nothing, "ran"), queue.add(1.0, nothing, "cancelled")
    assert next(queue.due(1.0)) is ran
    queue.cancel(cancelled)
    queue.rearm(ran, 2.0)
    queue.rearm(cancelled, 3.0)
    assert len(queue) == 2
    assert names(queue, 3.0) == ["ran", "cancelled"]


def test_moved_later_and_back_it_comes_at_the_last_time_it_was_given() -> None:
    queue = TimerQueue()
    timer = queue.add(1.0, nothing, "it")
    queue.rearm(timer, 9.0)
    assert queue.next_when() == 9.0
    queue.rearm(timer, 3.0)
    assert (names(queue, 2.9), names(queue, 3.0), names(queue, 9.0)) == ([], ["it"], [])


def test_one_that_runs_may_cancel_the_next() -> None:
    queue = TimerQueue()
    first, second = queue.add(1.0, nothing, "first"), queue.add(1.0, nothing, "second")
    for timer in queue.due(1.0):
        assert timer is first
        queue.cancel(second)


def test_one_that_rearms_itself_for_now_waits_for_the_next_time() -> None:
    queue = TimerQueue()
    queue.add(1.0, nothing)
    for rounds in range(1, 4):
        for due, timer in enumerate(queue.due(float(rounds)), 1):
            assert due == 1
            queue.rearm(timer, float(rounds))


def test_timers_that_were_moved_later_are_all_due_at_once() -> None:
    """Each of them is put back only when it comes up, which must not end the batch."""
    queue = TimerQueue()
    for number in range(50):
        queue.rearm(queue.add(0.0, nothing, number), float(number))
    assert names(queue, 49.0) == list(range(50))


def test_moving_a_timer_later_does_not_lose_its_place_among_equals() -> None:
    queue = TimerQueue()
    moved = queue.add(1.0, nothing, "moved")
    queue.rearm(moved, 5.0)
    not_moved = queue.add(5.0, nothing, "not moved")
    queue.add(5.0, nothing, "newest")
    assert queue.next_when() == 5.0
    queue.rearm(not_moved, 5.0)
    assert names(queue, 5.0) == ["moved", "not moved", "newest"]


def test_moving_timers_later_never_grows_the_heap() -> None:
    queue = TimerQueue()
    timers = [queue.add(float(number), nothing) for number in range(10)]
    for step in range(1000):
        for timer in timers:
            queue.rearm(timer, step + 10.0)
        assert len(queue._heap) == len(timers)
        queue.next_when()
        assert len(queue._heap) == len(timers)


def test_moving_timers_earlier_leaves_a_bounded_number_of_dead_entries() -> None:
    queue = TimerQueue()
    timers = [queue.add(1e6, nothing) for _ in range(10)]
    for step in range(1000):
        for timer in timers:
            queue.rearm(timer, 1e6 - step)
        assert len(queue._heap) <= len(timers) + DEAD_MIN
    assert len(queue) == len(timers)


def test_sweeping_dead_entries_keeps_the_live_ones_in_order() -> None:
    queue = TimerQueue()
    chance = random.Random(1)
    timers = [queue.add(chance.random(), nothing, number) for number in range(8 * DEAD_MIN)]
    chance.shuffle(timers)
    for timer in timers[: 6 * DEAD_MIN]:
        queue.cancel(timer)
    assert len(queue._heap) < 6 * DEAD_MIN  # it did sweep
    live = sorted(timers[6 * DEAD_MIN :], key=lambda timer: timer.when)
    assert list(queue.due(1.0)) == live


@pytest.mark.parametrize(("live", "dead"), [(0, DEAD_MIN), (10 * DEAD_MIN, 2 * DEAD_MIN)])
def test_there_is_no_sweep_for_a_few_dead_entries(live: int, dead: int) -> None:
    """Few in number, or few among many: a sweep costs all of them, and must pay."""
    queue = TimerQueue()
    timers = [queue.add(1.0, nothing) for _ in range(live + dead)]
    for timer in timers[:dead]:
        queue.cancel(timer)
    assert len(queue) == live
    assert len(queue._heap) == live + dead


times = st.integers(0, 30).map(float)
steps = st.integers(0, 12).map(float)
# What callbacks do while a batch is under way; the numbers choose a timer and a time.
meddling = st.lists(
    st.tuples(st.sampled_from(("add", "rearm", "cancel")), st.integers(0, 1000), steps),
    max_size=6,
)


class QueueAgainstModel(RuleBasedStateMachine):
    """The model is a dict of who is due when."""

    timers: Bundle[Timer] = Bundle("timers")

    def __init__(self) -> None:
        super().__init__()
        self.queue = TimerQueue()
        self.model: dict[Timer, float] = {}
        self.now = 0.0

    def _add(self, when: float) -> Timer:
        timer = self.queue.add(when, nothing)
        self.model[timer] = when
        return timer

    @rule(target=timers, when=times)
    def add(self, when: float) -> Timer:
        return self._add(when)

    @rule(timer=timers, when=times)
    def rearm(self, timer: Timer, when: float) -> None:
        self.queue.rearm(timer, when)
        self.model[timer] = when

    @rule(timer=timers)
    def cancel(self, timer: Timer) -> None:
        self.queue.cancel(timer)
        self.model.pop(timer, None)

    @rule(step=steps)
    def time_passes(self, step: float) -> None:
        self.now += step
        expected = sorted(when for when in self.model.values() if when <= self.now)
        due = list(self.queue.due(self.now))
        assert [self.model.pop(timer) for timer in due] == expected
        assert not any(timer.active for timer in due)

    @rule(step=steps, deeds=meddling)
    def time_passes_and_callbacks_meddle(
        self, step: float, deeds: list[tuple[str, int, float]]
    ) -> None:
        self.now += step
        deeds = list(deeds)
        waiting: set[Timer] = set()  # may be for the next time, although due
        last = float("-inf")
        for timer in self.queue.due(self.now):
            when = self.model.pop(timer)
            assert last <= when <= self.now
            last = when
            if deeds:
                self._meddle(waiting, *deeds.pop())
        assert all(when > self.now or timer in waiting for timer, when in self.model.items())
        for timer in self.queue.due(self.now):
            assert timer in waiting
            assert self.model.pop(timer) == self.now
        assert not any(when <= self.now for when in self.model.values())

    def _meddle(self, waiting: set[Timer], deed: str, which: int, step: float) -> None:
        chosen = list(self.model)[which % len(self.model)] if self.model else None
        if deed == "cancel" and chosen is not None:
            self.cancel(chosen)
        elif deed == "rearm" and chosen is not None:
            self.rearm(chosen, self.now + step)
            waiting.add(chosen)
        else:
            waiting.add(self._add(self.now + step))

    @invariant()
    def looks_the_same(self) -> None:
        assert len(self.queue) == len(self.model)
        assert self.queue.next_when() == min(self.model.values(), default=None)
        assert all(timer.active and timer.when == when for timer, when in self.model.items())


QueueAgainstModel.TestCase.settings = settings(max_examples=50, stateful_step_count=30)
test_queue_against_model = QueueAgainstModel.TestCase
