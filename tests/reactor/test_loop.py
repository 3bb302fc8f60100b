"""Reactor: the turn and its order, callbacks, timers, threads, and being a part of another loop."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from reactor import Connection, Group, Reactor
from reactor import loop as loop_module
from reactor.wakeup import Wakeup
from tests.reactor.conftest import MakeWorld
from tests.reactor.support import (
    DEADLINE_S,
    HOST,
    Clock,
    NeverBlocking,
    Recorder,
    World,
    echo,
    replace_socket,
)

Logged = Callable[[], list[str]]


def fail(*_arguments: object) -> None:
    raise ValueError("on purpose")


def in_thread(work: Callable[[], object]) -> None:
    """Do something in another thread, and wait until it is done."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


@pytest.fixture
def selector() -> NeverBlocking:
    return NeverBlocking()


@pytest.fixture
def timed(clock: Clock, selector: NeverBlocking) -> Iterator[Reactor]:
    """A reactor in the test's own time."""
    reactor = Reactor(clock=clock, selector=selector)
    yield reactor
    reactor.close()


# --- the turn -------------------------------------------------------------------------------------


def test_a_turn_reads_then_runs_timers_then_callbacks_then_commits_then_sends(
    make_world: MakeWorld,
) -> None:
    clock = Clock()
    world = make_world(clock=clock)
    client = world.connect()
    done: list[object] = []

    def on_line(connection: Connection, line: bytes) -> None:
        world.reactor.call_soon(done.append, "callback")
        done.append("line")
        echo(connection, line)

    world.handler.on_line = on_line
    world.reactor.call_later(1.0, done.append, "timer")
    world.reactor.before_flush.append(lambda: done.append(("commit", client.look())))
    clock.now += 1.0
    client.send(b"x\n")
    world.turns()
    assert done == ["line", "timer", "callback", ("commit", b"")]
    assert client.look() == b"x\n"


def test_a_step_returns_with_the_answers_sent(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    client = world.connect()
    client.send(b"question\n")
    world.turns()
    assert client.look() == b"question\n"


def test_a_step_without_anything_to_do_returns(world: World) -> None:
    world.turns()


def test_what_callbacks_say_is_sent_in_the_same_turn(world: World) -> None:
    client = world.connect()
    world.reactor.call_soon(client.connection.write, b"x")
    world.turns()
    assert client.look() == b"x"


def test_what_is_said_between_turns_is_waited_for_by_nobody(world: World) -> None:
    """A turn that waits for an event first would sit on it."""
    client = world.connect()
    group = Group(world.reactor)
    group.add(client.connection)
    deeds: list[tuple[Callable[..., None], object]] = [
        (client.connection.write, b"x"),
        (group.send, b"y"),
        (client.connection.abort, "enough"),
    ]
    for do, argument in deeds:
        assert world.reactor.timeout() is None
        do(argument)
        assert world.reactor.timeout() == 0.0
        world.reactor.run_once()
    client.expect_end(b"xy")


def test_a_commit_comes_before_each_sending_and_may_speak(world: World) -> None:
    client, other = world.connect(), world.connect()
    commits: list[bytes] = []

    def commit() -> None:
        commits.append(client.look())
        client.connection.write(b"%d" % len(commits))

    world.reactor.before_flush.append(commit)
    world.handler.on_lost = lambda _connection, _reason: client.connection.write(b"lost ")
    client.connection.write(b"x ")
    other.connection.abort()
    world.turns()
    assert commits == [b"", b"x 1"]
    assert client.look() == b"x 1lost 2"
    world.turns(3)
    assert len(commits) == 2  # no output, no commit


def test_a_commit_that_fails_is_logged(world: World, logged: Logged) -> None:
    client = world.connect()
    world.reactor.before_flush.append(fail)
    client.connection.write(b"x")
    client.expect(b"x")
    assert logged() == [f"a callback failed: {fail!r}"]


def test_numbers_of_connections_are_never_used_twice(world: World) -> None:
    ids = [world.connect().connection.id, world.reactor.next_id()]
    world.handler.connections[0].abort()
    world.turns()
    ids += [world.connect().connection.id, world.reactor.next_id()]
    assert len(set(ids)) == 4


def test_what_comes_in_before_groups_are_heard_is_heard_in_the_same_turn(world: World) -> None:
    one, two = world.connect(), world.connect()
    group = Group(world.reactor)
    group.add(one.connection)
    fussy = replace_socket(one.connection)

    def say(_connection: Connection, line: bytes) -> None:
        group.send(line)
        if line == b"first":
            two.send(b"second\n")

    world.handler.on_line = say
    one.send(b"first\n")
    world.turns()
    assert fussy.sends == [b"firstsecond"]


@pytest.mark.parametrize(("to_group", "lines"), [(True, 1 + loop_module.GATHER_ROUNDS), (False, 1)])
def test_who_never_pauses_does_not_hold_up_the_turn(
    world: World, to_group: bool, lines: int
) -> None:
    """Nor is anything gathered that the connections' own answers would have to wait for."""
    client = world.connect()
    group = Group(world.reactor)
    group.add(client.connection)

    def ask_again(connection: Connection, line: bytes) -> None:
        say = group.send if to_group else connection.write
        say(line)
        client.send(b"x\n")

    world.handler.on_line = ask_again
    client.send(b"x\n")
    world.turns()
    assert len(world.handler.lines()) == lines
    assert client.look() == b"x" * lines


# --- running and stopping -------------------------------------------------------------------------


def test_it_runs_until_it_is_stopped_and_can_run_again(world: World) -> None:
    done: list[int] = []
    for number in range(2):
        world.reactor.call_soon(done.append, number)
        world.reactor.call_soon(world.reactor.stop)
        world.reactor.run()
    assert done == [0, 1]


def test_the_turn_in_which_it_is_stopped_is_finished(make_world: MakeWorld) -> None:
    world = make_world()
    client = world.connect()

    def answer_and_stop(connection: Connection, line: bytes) -> None:
        world.reactor.stop()
        world.reactor.stop()
        echo(connection, line)

    world.handler.on_line = answer_and_stop
    client.send(b"x\n")
    world.reactor.run()
    assert client.look() == b"x\n"


def test_stopped_before_it_runs_it_does_not_run(world: World) -> None:
    world.reactor.call_soon(fail)
    world.reactor.stop()
    world.reactor.run()
    assert world.reactor.timeout() == 0.0


def test_it_is_stopped_from_another_thread(world: World) -> None:
    threading.Timer(0, world.reactor.stop).start()
    world.reactor.run()


def test_a_turn_does_not_wait_once_it_was_told_to_stop(
    timed: Reactor, selector: NeverBlocking
) -> None:
    timed.stop()
    timed.run_once()
    assert selector.asked == [0]


def test_an_interrupt_passes_and_leaves_the_loop_usable(world: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    client = world.connect()
    client.connection.write(b"x")
    world.reactor.call_soon(interrupt)
    with pytest.raises(KeyboardInterrupt):
        world.turns()
    client.expect(b"x")


# --- callbacks ------------------------------------------------------------------------------------


def test_callbacks_run_in_order_with_their_arguments(world: World) -> None:
    done: list[tuple[int, ...]] = []
    for number in range(3):
        world.reactor.call_soon(lambda *given: done.append(given), number, number)
    world.turns()
    assert done == [(0, 0), (1, 1), (2, 2)]


def test_what_a_callback_adds_waits_for_the_next_turn(world: World) -> None:
    done: list[str] = []

    def add() -> None:
        done.append("now")
        world.reactor.call_soon(done.append, "next")
        assert world.reactor.timeout() == 0.0

    world.reactor.call_soon(add)
    world.turns()
    assert done == ["now"]
    world.turns()
    assert done == ["now", "next"]


def test_a_callback_that_fails_is_logged_and_the_next_one_runs(
    world: World, logged: Logged
) -> None:
    done: list[str] = []
    world.reactor.call_soon(fail)
    world.reactor.call_soon(done.append, "next")
    world.turns()
    assert done == ["next"]
    assert logged() == [f"a callback failed: {fail!r}"]


# --- timers ---------------------------------------------------------------------------------------


def test_timers_run_when_they_are_due(timed: Reactor, clock: Clock) -> None:
    done: list[str] = []
    timed.call_later(2.0, done.append, "later")
    timed.call_at(101.0, done.append, "at")
    never = timed.call_later(1.5, done.append, "never")
    moved = timed.call_later(0.5, done.append, "moved")
    timed.cancel(never)
    timed.rearm(moved, 103.0)
    seen = []
    for _ in range(7):
        timed.run_once()
        seen.append(list(done))
        clock.now += 0.5
    assert seen == [[], [], ["at"], ["at"], *[["at", "later"]] * 2, ["at", "later", "moved"]]


def test_the_loop_has_two_readings_of_its_clock(timed: Reactor, clock: Clock) -> None:
    assert (timed.now, timed.time()) == (100.0, 100.0)
    clock.now = 101.0
    assert (timed.now, timed.time()) == (100.0, 101.0)
    timed.run_once()
    assert timed.now == 101.0


def test_a_turn_waits_no_longer_than_the_next_timer(
    timed: Reactor, clock: Clock, selector: NeverBlocking
) -> None:
    assert timed.timeout() is None
    timed.run_once()
    timed.run_once(7.0)
    timer = timed.call_later(3.0, bool)
    clock.now += 1.0
    assert timed.timeout() == 2.0
    timed.run_once()
    timed.run_once(7.0)
    timed.run_once(0.5)
    clock.now += 9.0
    assert timed.timeout() == 0.0
    timed.cancel(timer)
    timed.call_soon(bool)
    timed.run_once(7.0)
    assert selector.asked == [None, 7.0, 2.0, 2.0, 0.5, 0.0]


def test_no_wait_is_too_long_for_the_system(timed: Reactor, selector: NeverBlocking) -> None:
    """Some count milliseconds in 31 bits; waking up once a day for nothing harms nobody."""
    timed.call_later(1e9, bool)
    assert timed.timeout() == loop_module.WAIT_MAX_S  # also for a loop that steps this one
    timed.run_once()
    timed.run_once(1e8)
    assert selector.asked == [loop_module.WAIT_MAX_S] * 2
    assert loop_module.WAIT_MAX_S * 1000 < 2**31


def test_a_timer_that_fails_is_logged_and_the_next_one_runs(
    timed: Reactor, clock: Clock, logged: Logged
) -> None:
    done: list[str] = []
    timed.call_later(1.0, fail)
    timed.call_later(1.0, done.append, "next")
    clock.now += 1.0
    timed.run_once()
    assert done == ["next"]
    assert logged() == [f"a callback failed: {fail!r}"]


def test_all_timers_that_are_due_run_in_one_turn_also_those_that_were_moved(
    timed: Reactor, clock: Clock
) -> None:
    done: list[int] = []
    for number in range(20):
        timed.rearm(timed.call_later(1.0, done.append, number), clock.now + 2.0)
    clock.now += 2.0
    timed.run_once()
    assert done == list(range(20))


# --- other threads --------------------------------------------------------------------------------


def test_another_thread_ends_the_wait_to_call_back(world: World) -> None:
    done: list[threading.Thread] = []

    def call_back() -> None:
        done.append(threading.current_thread())
        world.reactor.stop()

    threading.Timer(0, world.reactor.call_soon_threadsafe, (call_back,)).start()
    world.reactor.run()
    assert done == [threading.current_thread()]


def test_callbacks_of_many_threads_all_run(world: World) -> None:
    done: list[int] = []

    def add_many() -> None:
        for number in range(1000):
            world.reactor.call_soon_threadsafe(done.append, number)

    threads = [threading.Thread(target=add_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    world.until(lambda: len(done) == 4000)
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(list(range(1000)) * 4)


def test_a_worker_works_elsewhere_and_the_result_comes_here(world: World) -> None:
    seen: list[object] = []

    def then(future: Future[tuple[int, bool]]) -> None:
        seen.append(threading.current_thread())
        seen.append(future.result())

    main = threading.current_thread()
    world.reactor.run_in_worker(
        lambda a, b: (a + b, threading.current_thread() is main), 1, 2, then=then
    )
    world.until(lambda: len(seen) == 2)
    assert seen == [main, (3, False)]


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has its own priority")
def test_a_worker_lets_the_loop_go_first(world: World) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    seen: list[Future[int]] = []
    world.reactor.run_in_worker(os.getpriority, os.PRIO_PROCESS, 0, then=seen.append)
    world.until(lambda: seen)
    assert seen[0].result() == min(19, mine + loop_module.WORKER_NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is asked for elsewhere")
def test_a_worker_steps_back_only_where_that_is_about_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[int] = []
    monkeypatch.setattr(os, "nice", steps.append)
    for platform in ("linux", "darwin"):
        monkeypatch.setattr(sys, "platform", platform)
        loop_module._step_back()
    assert steps == [loop_module.WORKER_NICENESS]


def test_a_worker_that_may_not_step_back_works_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_by: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "nice", forbidden)
    seen: list[Future[int]] = []
    world.reactor.run_in_worker(abs, -1, then=seen.append)
    world.until(lambda: seen)
    assert seen[0].result() == 1


def test_what_a_worker_raises_comes_here_too(world: World) -> None:
    seen: list[Future[None]] = []
    world.reactor.run_in_worker(fail, then=seen.append)
    world.until(lambda: seen)
    with pytest.raises(ValueError, match="on purpose"):
        seen[0].result()


def test_that_there_is_no_thread_is_heard_of_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    seen: list[Future[int]] = []
    world.reactor.run_in_worker(abs, -1, then=seen.append)
    world.until(lambda: seen)
    with pytest.raises(RuntimeError, match="can't start"):
        seen[0].result()


def test_then_that_does_not_handle_it_is_a_callback_that_fails(
    world: World, logged: Logged
) -> None:
    world.reactor.run_in_worker(fail, then=Future[None].result)
    world.until(logged)
    assert logged()[0].startswith("a callback failed")


def test_all_workers_work_at_the_same_time(world: World) -> None:
    """Each waits for the others: with fewer threads none would return."""
    meeting = threading.Barrier(loop_module.WORKERS, timeout=DEADLINE_S)
    seen: list[Future[int]] = []
    for _ in range(loop_module.WORKERS):
        world.reactor.run_in_worker(meeting.wait, then=seen.append)
    world.until(lambda: len(seen) == loop_module.WORKERS)
    assert sorted(future.result() for future in seen) == list(range(loop_module.WORKERS))


def test_work_waits_for_no_work_of_another_kind(world: World) -> None:
    enough = threading.Event()
    done: list[str] = []
    for _ in range(loop_module.WORKERS + 1):
        world.reactor.run_in_worker(
            enough.wait, DEADLINE_S, then=lambda _: done.append("slow"), kind="slow"
        )
    world.reactor.run_in_worker(bool, then=lambda _: done.append("quick"))
    world.until(lambda: done)
    enough.set()
    world.until(lambda: len(done) == loop_module.WORKERS + 2)
    assert done == ["quick"] + ["slow"] * (loop_module.WORKERS + 1)


# --- in a loop of one's own -----------------------------------------------------------------------


def is_readable(reactor: Reactor) -> bool:
    return bool(select.select([reactor], [], [], 0)[0])


def test_its_fileno_is_readable_when_a_client_has_sent(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    client = world.connect()
    assert not is_readable(world.reactor)
    client.send(b"x\n")
    assert is_readable(world.reactor)
    world.turns()
    assert client.look() == b"x\n"
    assert not is_readable(world.reactor)


def test_its_fileno_is_readable_when_someone_connects(world: World) -> None:
    world.knock()
    assert is_readable(world.reactor)
    world.turns()
    assert not is_readable(world.reactor)


def test_within_a_turn_a_call_from_its_own_thread_needs_no_wake_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a handler's log line asks to be written: the turn looks for callbacks itself."""
    woken: list[str] = []
    monkeypatch.setattr(Wakeup, "wake", lambda _self: woken.append("woken"))
    done: list[str] = []
    world.handler.on_line = lambda *_: world.reactor.call_soon_threadsafe(done.append, "called")
    client = world.connect()
    client.send(b"x\n")
    world.until(world.handler.lines)
    assert (done, woken) == (["called"], [])


@pytest.mark.parametrize("name", ["call_soon", "call_soon_threadsafe"])
def test_its_fileno_is_readable_when_there_is_a_callback(world: World, name: str) -> None:
    done: list[str] = []
    getattr(world.reactor, name)(done.append, "x")
    assert is_readable(world.reactor)
    assert world.reactor.timeout() == 0.0
    world.turns()
    assert done == ["x"]
    assert not is_readable(world.reactor)
    assert world.reactor.timeout() is None


def test_its_fileno_is_readable_when_somebody_lost_leaves_something_to_do(
    make_world: MakeWorld,
) -> None:
    done: list[str] = []
    world = make_world(Recorder(on_lost=lambda *_: world.reactor.call_soon(done.append, "x")))
    connection = world.connect().connection
    connection.abort()
    world.turns(1)
    assert is_readable(world.reactor)
    world.turns()
    assert done == ["x"]


def test_its_fileno_is_readable_when_another_thread_wants_something(world: World) -> None:
    done: list[str] = []
    in_thread(lambda: world.reactor.call_soon_threadsafe(done.append, "x"))
    assert is_readable(world.reactor)
    world.turns()
    assert done == ["x"]
    in_thread(world.reactor.stop)
    assert is_readable(world.reactor)


# --- the end --------------------------------------------------------------------------------------


def test_closing_ends_everything_at_once(world: World) -> None:
    client, other = world.connect(), world.connect()
    client.connection.write(b"never sent")
    other.connection.close("closing already")
    world.reactor.run_in_worker(bool, then=fail)
    world.reactor.close()
    assert client.connection.sock.fileno() == -1
    assert sorted(world.handler.lost()) == ["closing already", "reactor closed"]
    assert (world.reactor.connections, world.reactor.listeners) == ({}, [])
    client.expect_end()
    with pytest.raises(ConnectionRefusedError):
        world.knock()


def test_closing_twice_is_closing_once(world: World) -> None:
    world.connect()
    world.reactor.close()
    world.reactor.close()
    assert world.handler.lost() == ["reactor closed"]


def test_closing_leaves_no_descriptor_open() -> None:
    before = len(os.listdir("/dev/fd"))
    with World() as world:
        clients = [world.connect(), world.connect()]
        assert clients[0].connection.is_open
    assert len(os.listdir("/dev/fd")) == before


def test_signals_wake_it_until_it_is_closed(world: World) -> None:
    world.reactor.wake_on_signals()
    woken = signal.set_wakeup_fd(-1)
    assert woken != -1
    signal.set_wakeup_fd(woken)
    world.reactor.close()
    assert signal.set_wakeup_fd(-1) == -1


def test_another_thread_may_come_too_late(world: World) -> None:
    world.reactor.close()
    in_thread(lambda: world.reactor.call_soon_threadsafe(fail))
    in_thread(world.reactor.stop)


def test_a_worker_may_come_too_late(world: World) -> None:
    """Closing waits for none; and what was not begun is not begun any more."""
    everyone = threading.Barrier(loop_module.WORKERS + 1, timeout=DEADLINE_S)
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        everyone.wait()  # all workers are busy
        everyone.wait()  # the reactor is closed

    for number in range(loop_module.WORKERS + 3):
        world.reactor.run_in_worker(work, number, then=fail)
    everyone.wait()
    world.reactor.close()
    everyone.wait()
    assert sorted(begun) == list(range(loop_module.WORKERS))


def test_a_handler_that_fails_when_all_is_closed_does_not_stop_it(
    make_world: MakeWorld, logged: Logged
) -> None:
    world = make_world(Recorder(on_lost=fail))
    clients = [world.connect(), world.connect()]
    world.reactor.close()
    for client in clients:
        client.expect_end()
    assert len(logged()) == 2


def test_one_reactor_may_have_many_listeners_and_handlers(world: World) -> None:
    other = world.reactor.listen((HOST, 0), world.handler)
    first, second = world.connect(), world.connect(other)
    assert len(world.reactor.listeners) == 2
    assert set(world.reactor.connections.values()) == {first.connection, second.connection}
