"""Connection: lines in, bytes out, pausing, slow readers, and all the ways in which it ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from selectors import EVENT_READ
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor import Connection, ConnectionLimits, Group, Handler, LineFramer
from reactor.connection import BY_USER
from tests.reactor.conftest import MakeWorld
from tests.reactor.support import (
    HOST,
    Client,
    Clock,
    Recorder,
    World,
    echo,
    fill_up,
    replace_socket,
)

Logged = Callable[[], list[str]]

SMALL = ConnectionLimits(
    line_max_bytes=100, read_max_bytes=4096, high_water_bytes=1000, output_max_bytes=3000
)
REFUSED = b"\xff\xfe\x01"  # the answer to IAC WILL 1
OFFER = b"\xff\xfb\x01"


def pause_at(line: bytes) -> Callable[[Connection, bytes], None]:
    """For `on_line`: pause at that one."""
    return lambda connection, given: connection.pause_reading() if given == line else None


def close_at(line: bytes) -> Callable[[Connection, bytes], None]:
    return lambda connection, given: connection.close() if given == line else None


def fail(*_arguments: object) -> None:
    raise ValueError("on purpose")


# --- lines in, bytes out --------------------------------------------------------------------------


def test_lines_come_in_order_and_answers_go_out_in_order(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    client = world.connect()
    client.send(b"one\r\ntwo\n\nthr")
    client.expect(b"one\ntwo\n\n")
    client.send(b"ee\n")
    client.expect(b"three\n")
    assert world.handler.lines() == [b"one", b"two", b"", b"three"]


def test_all_that_a_turn_says_to_one_leaves_in_one_send(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    client = world.connect()
    fussy = replace_socket(client.connection)
    client.send(b"one\ntwo\nthree\n")
    world.turns()
    assert fussy.sends == [b"one\ntwo\nthree\n"]


def test_a_connection_knows_who_and_since_when(make_world: MakeWorld) -> None:
    clock = Clock(100.0)
    world = make_world(clock=clock)
    client = world.connect()
    connection = client.connection
    assert connection.peer == f"{HOST}:{client.sock.getsockname()[1]}"
    assert repr(connection) == f"<Connection {connection.id} {connection.peer}>"
    assert connection.is_open
    assert connection.context is None
    clock.now = 107.0
    client.send(b"x\n")
    world.until(world.handler.lines)
    assert (connection.opened_at, connection.heard_at) == (100.0, 107.0)


def test_a_line_too_long_is_told_in_its_place(make_world: MakeWorld) -> None:
    world = make_world(limits=SMALL)
    client = world.connect()
    client.send(b"a\n" + b"x" * 101 + b"\nb\n")
    world.until(lambda: world.handler.told()[-1:] == [("line", b"b")])
    assert world.handler.told() == [("line", b"a"), ("too long", None), ("line", b"b")]


def test_telnet_is_answered_and_not_handed_on(world: World) -> None:
    client = world.connect()
    client.send(b"a" + OFFER + b"b\n")
    client.expect(REFUSED)
    assert world.handler.lines() == [b"ab"]


def test_writing_nothing_is_fine(world: World) -> None:
    client = world.connect()
    client.connection.write(b"")
    client.connection.write(b"x")
    client.connection.write(b"")
    client.expect(b"x")


def test_a_handler_may_override_as_little_as_it_likes(make_world: MakeWorld) -> None:
    """Handler's own callbacks do nothing, but hang up when the client does."""
    world = make_world()
    listener = world.reactor.listen((HOST, 0), Handler(), limits=SMALL)
    sock = world.knock(listener)
    sock.sendall(b"line\n" + b"x" * 200 + b"\n")
    world.until(lambda: world.reactor.connections)
    connection = next(iter(world.reactor.connections.values()))
    client = Client(world, sock, connection)
    client.send_end()
    client.expect_end()
    assert not connection.is_open


def test_readiness_that_turns_out_to_be_none_is_fine(world: World) -> None:
    """Linux says so itself: a readable socket may have nothing to read after all."""
    client = world.connect()
    client.connection.ready(EVENT_READ)
    assert client.connection.is_open


def test_being_full_all_of_a_sudden_loses_nothing(world: World) -> None:
    client = world.connect()
    filled = fill_up(client.connection)
    client.connection.write(b"end")
    world.turns()
    assert client.connection.get_write_buffer_size() == 3
    client.expect(b"~" * filled + b"end")
    assert client.connection.get_write_buffer_size() == 0


def test_output_goes_out_in_parts_and_in_order(make_world: MakeWorld) -> None:
    world = make_world(limits=ConnectionLimits(output_max_bytes=1 << 30))
    client = world.connect()
    big = b"".join(b"%07d\n" % number for number in range(1_000_000))
    client.connection.write(big)
    world.turns()
    assert 0 < client.connection.get_write_buffer_size() < len(big)
    client.connection.write(b"end")
    client.expect(big + b"end")


def test_every_part_is_as_small_as_the_socket_wants(world: World) -> None:
    client = world.connect()
    fussy = replace_socket(client.connection)
    client.connection.write(b"abcdefg")
    fussy.allowance = 3
    world.turns()
    fussy.allowance = 0
    world.turns()
    assert client.look() == b"abc"
    fussy.allowance = None
    client.expect(b"abcdefg")
    assert fussy.sends == [b"abc", b"defg"]


def test_a_handler_may_be_replaced_from_the_next_line_on(make_world: MakeWorld) -> None:
    later = Recorder()

    def hand_over(connection: Connection, line: bytes) -> None:
        if line == b"two":
            connection.handler = later

    world = make_world(Recorder(on_line=hand_over), limits=SMALL)
    client = world.connect()
    client.send(b"one\ntwo\nthree\n" + b"x" * 101 + b"\nfour")
    client.send_end()
    world.until(later.lost)
    assert world.handler.told() == [("line", b"one"), ("line", b"two")]
    assert later.told() == [
        ("line", b"three"),
        ("too long", None),
        ("line", b"four"),
        ("end", None),
        ("lost", "closed"),
    ]


# --- pausing --------------------------------------------------------------------------------------


def test_pausing_holds_the_lines_from_the_next_one_on(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=pause_at(b"two")))
    client = world.connect()
    client.send(b"one\ntwo\nthree\nfour\n")
    world.turns(3)
    client.send(b"five\n")
    world.turns(3)
    assert world.handler.lines() == [b"one", b"two"]
    assert client.connection.has_waiting_lines
    client.connection.resume_reading()
    world.until(lambda: len(world.handler.lines()) == 5)
    assert world.handler.lines() == [b"one", b"two", b"three", b"four", b"five"]
    assert not client.connection.has_waiting_lines


@pytest.mark.parametrize("resumed_first", [True, False])
def test_lines_wait_until_no_reason_is_left(make_world: MakeWorld, resumed_first: bool) -> None:
    def answer_and_pause(connection: Connection, _line: bytes) -> None:
        connection.write(b"x" * 1001)
        connection.pause_reading()

    world = make_world(Recorder(on_line=answer_and_pause), limits=SMALL)
    client = world.connect()
    fussy = replace_socket(client.connection)
    fussy.allowance = 0
    client.send(b"one\ntwo\n")
    world.turns(3)

    def drain() -> None:
        fussy.allowance = None
        client.expect(b"x" * 1001)

    reasons = [client.connection.resume_reading, drain]
    for end_reason in reasons if resumed_first else reversed(reasons):
        assert world.handler.lines() == [b"one"]
        end_reason()
        world.turns(3)
    assert world.handler.lines() == [b"one", b"two"]


def test_a_paused_connection_is_not_read_at_all(world: World) -> None:
    client = world.connect()
    fussy = replace_socket(client.connection)
    client.connection.pause_reading()
    paused = client.connection.is_paused
    client.send(b"x\n" * 1000)
    world.turns(3)
    assert fussy.reads == 0
    client.connection.resume_reading()
    assert (paused, client.connection.is_paused) == (True, False)
    world.until(lambda: len(world.handler.lines()) == 1000)


def test_a_pause_takes_hold_at_once_even_of_who_is_readable_already(world: World) -> None:
    """Both have sent when the turn begins; whoever comes first pauses the other."""
    clients = [world.connect(), world.connect()]

    def pause_other(connection: Connection, _line: bytes) -> None:
        other = clients[connection is clients[0].connection].connection
        other.pause_reading()

    world.handler.on_line = pause_other
    for client in clients:
        client.send(b"x\n")
    world.turns()
    assert len(world.handler.lines()) == 1


def test_put_back_gives_the_same_line_again_and_then_the_others(make_world: MakeWorld) -> None:
    times_put_back = count()

    def put_back_twice(connection: Connection, line: bytes) -> None:
        if line == b"two" and next(times_put_back) < 2:
            connection.put_back(line)
            connection.pause_reading()

    world = make_world(Recorder(on_line=put_back_twice))
    client = world.connect()
    client.send(b"one\ntwo\nthree\n")
    expected = [b"one", b"two"]
    for more in ([], [b"two"], [b"two", b"three"]):
        expected += more
        world.turns(3)
        assert world.handler.lines() == expected
        client.connection.resume_reading()


def test_put_back_of_the_last_line_keeps_later_input_behind_it(make_world: MakeWorld) -> None:
    def put_back_first(connection: Connection, line: bytes) -> None:
        if len(world.handler.lines()) == 1:
            connection.put_back(line)
            connection.pause_reading()

    world = make_world(Recorder(on_line=put_back_first))
    client = world.connect()
    client.send(b"one\n")
    world.until(world.handler.lines)
    client.send(b"two\n")
    world.turns(3)
    client.connection.resume_reading()
    world.until(lambda: len(world.handler.lines()) == 3)
    assert world.handler.lines() == [b"one", b"one", b"two"]


def test_resuming_what_is_not_paused_does_nothing(world: World) -> None:
    client = world.connect()
    client.connection.resume_reading()
    assert world.reactor.timeout() is None
    client.send(b"x\n")
    world.until(world.handler.lines)


def test_pausing_again_right_after_resuming_holds(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=pause_at(b"one")))
    client = world.connect()
    client.send(b"one\ntwo\n")
    world.until(world.handler.lines)
    client.connection.resume_reading()
    client.connection.pause_reading()
    world.turns(3)
    assert world.handler.lines() == [b"one"]


def test_resuming_twice_gives_the_lines_once(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=pause_at(b"one")))
    client = world.connect()
    client.send(b"one\ntwo\n")
    world.until(world.handler.lines)
    for _ in range(2):
        client.connection.resume_reading()
        client.connection.pause_reading()
        client.connection.resume_reading()
    world.turns(3)
    assert world.handler.lines() == [b"one", b"two"]


def test_pausing_a_connection_that_is_gone_does_nothing(world: World) -> None:
    """A timer of the handler's may come that late; here it even was still writing."""
    client = world.connect()
    fill_up(client.connection)
    client.connection.write(b"x")
    world.turns()
    client.connection.abort()
    client.connection.pause_reading()
    world.turns()
    assert world.handler.lost() == ["aborted"]
    client.connection.pause_reading()
    client.connection.resume_reading()
    world.turns()


ANSWER = 300  # bytes; a few of them are over the mark of SMALL

pausings = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 40)),
        st.tuples(st.just("allow"), st.sampled_from((0, 1, 100, 1000, None))),
        st.sampled_from((("pause",), ("resume",), ("resume",), ("turn",), ("turn",))),
    ),
    max_size=20,
)


@settings(max_examples=100)
@given(pausings, st.dictionaries(st.integers(0, 30), st.sampled_from(("pause", "put back"))))
def test_however_lines_are_held_up_each_is_handled_once_in_order_and_answered(
    deeds: list[tuple[Any, ...]], moods: dict[int, str]
) -> None:
    """`moods`: what the handler does at the line of that number, the first time it sees it."""
    handled: list[int] = []

    def on_line(connection: Connection, line: bytes) -> None:
        mood = moods.pop(int(line), None)
        if mood is not None:
            connection.pause_reading()
        if mood == "put back":
            connection.put_back(line)
        else:
            handled.append(int(line))
            connection.write(line.zfill(ANSWER))

    with World(Recorder(on_line=on_line), limits=SMALL) as world:
        client = world.connect()
        fussy = replace_socket(client.connection)
        data = b"".join(b"%d\n" % number for number in range(60))
        for name, *detail in deeds:
            if name == "send":
                client.send(data[: detail[0]])
                data = data[detail[0] :]
            elif name == "allow":
                fussy.allowance = detail[0]
            elif name == "pause":
                client.connection.pause_reading()
            elif name == "resume":
                client.connection.resume_reading()
            world.turns()
        fussy.allowance = None
        client.send(data)
        client.send_end()
        while len(handled) < 60:
            client.connection.resume_reading()
            world.until(lambda: len(handled) == 60 or client.connection._paused & BY_USER)
        client.connection.resume_reading()
        client.expect_end(b"".join((b"%d" % number).zfill(ANSWER) for number in range(60)))
        assert handled == list(range(60))


# --- the other side sends no more -----------------------------------------------------------------


def test_at_the_end_all_lines_are_handled_and_all_answers_sent(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=echo))
    client = world.connect()
    client.send(b"one\ntwo\nthree")
    client.send_end()
    client.expect_end(b"one\ntwo\nthree\n")
    assert world.handler.told()[-2:] == [("end", None), ("lost", "closed")]
    assert not client.was_reset


def test_answers_longer_than_the_socket_takes_arrive_after_the_end(make_world: MakeWorld) -> None:
    big = b"x" * 10_000_000
    answer = Recorder(on_line=lambda connection, _line: connection.write(big))
    world = make_world(answer, limits=ConnectionLimits(output_max_bytes=1 << 30))
    client = world.connect()
    client.send(b"give\n")
    client.send_end()
    client.expect_end(big)


def test_one_that_only_came_to_leave_is_told_so(world: World) -> None:
    client = world.connect()
    client.send_end()
    client.expect_end()
    assert world.handler.told() == [("end", None), ("lost", "closed")]


def test_the_end_need_not_be_the_end(make_world: MakeWorld) -> None:
    """A handler may have more to say to one who said all."""
    world = make_world(Recorder(on_end=bool))
    client = world.connect()
    client.send_end()
    world.until(world.handler.told)
    client.connection.write(b"news\n")
    client.expect(b"news\n")
    assert world.handler.told() == [("end", None)]
    client.connection.close("enough")
    client.expect_end()
    assert world.handler.lost() == ["enough"]


@pytest.mark.parametrize("data", [b"one\ntwo\n", b"one\ntwo"])
def test_the_end_waits_for_a_pause_that_began_with_the_last_line(
    make_world: MakeWorld, data: bytes
) -> None:
    """Who pauses is still busy with the line, and has yet to answer it."""
    world = make_world(Recorder(on_line=pause_at(b"two")))
    client = world.connect()
    client.send(data)
    client.send_end()
    world.turns(5)
    assert world.handler.told() == [("line", b"one"), ("line", b"two")]
    client.connection.write(b"late answer\n")
    client.connection.resume_reading()
    client.expect_end(b"late answer\n")


def test_lines_that_wait_are_given_before_the_end(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=pause_at(b"one")))
    client = world.connect()
    client.send(b"one\ntwo\nthree")
    client.send_end()
    world.turns(5)
    assert world.handler.told() == [("line", b"one")]
    client.connection.resume_reading()
    world.until(world.handler.lost)
    assert world.handler.told()[1:4] == [("line", b"two"), ("line", b"three"), ("end", None)]


def test_the_end_waits_while_too_much_is_unsent(make_world: MakeWorld) -> None:
    def answer(connection: Connection, _line: bytes) -> None:
        connection.write(b"x" * 1001)

    world = make_world(Recorder(on_line=answer), limits=SMALL)
    client = world.connect()
    fussy = replace_socket(client.connection)
    fussy.allowance = 0
    client.send(b"no line end")
    client.send_end()
    world.turns(5)
    assert world.handler.told() == [("line", b"no line end")]
    fussy.allowance = None
    client.expect_end(b"x" * 1001)


def test_a_reset_loses_that_connection_only(world: World) -> None:
    client, other = world.connect(), world.connect()
    client.reset()
    world.until(world.handler.lost)
    assert world.handler.lost() == ["Connection reset by peer"]
    other.send(b"still here\n")
    world.until(world.handler.lines)
    assert list(world.reactor.connections) == [other.connection.id]


def test_a_reset_is_noticed_in_sending_too(world: World) -> None:
    client = world.connect()
    client.connection.pause_reading()
    client.reset()
    world.turns()
    assert client.connection.is_open  # nobody looked
    client.connection.write(b"x")
    world.until(world.handler.lost)
    assert world.handler.lost()[0] in ("Connection reset by peer", "Broken pipe")


def test_a_reset_is_noticed_while_waiting_for_room(world: World) -> None:
    client = world.connect()
    client.connection.pause_reading()
    fill_up(client.connection)
    client.connection.write(b"x")
    world.turns()
    client.reset()
    world.until(world.handler.lost)


# --- those who don't read -------------------------------------------------------------------------


def test_who_does_not_read_gets_no_more_answers_until_he_does(make_world: MakeWorld) -> None:
    def answer(connection: Connection, line: bytes) -> None:
        connection.write(line * 50)

    world = make_world(Recorder(on_line=answer), limits=SMALL)
    client = world.connect()
    fussy = replace_socket(client.connection)
    fussy.allowance = 0
    lines = [b"%06d" % number for number in range(500)]
    client.send(b"\n".join(lines) + b"\n")
    world.turns(5)
    handled = len(world.handler.lines())
    assert 0 < handled < 10  # a few were over the mark of 1000 bytes
    assert client.connection.get_write_buffer_size() == handled * 300
    assert client.connection.has_waiting_lines

    fussy.allowance = 300  # not below half of the mark yet
    world.turns(5)
    assert len(world.handler.lines()) == handled
    fussy.allowance = None
    client.expect(b"".join(line * 50 for line in lines))
    assert world.handler.lines() == lines


def test_who_does_not_read_is_dropped_for_others_lines(make_world: MakeWorld) -> None:
    world = make_world(limits=SMALL)
    slow, quick = world.connect(), world.connect()
    group = Group(world.reactor)
    for client in (slow, quick):
        group.add(client.connection)
    replace_socket(slow.connection).allowance = 0
    for number in range(30):
        group.send(b"%0100d" % number)
        world.turns()
        assert slow.connection.is_open
    group.send(b"one too many")
    world.turns()
    assert world.handler.lost() == ["too slow a reader"]
    quick.expect(b"".join(b"%0100d" % number for number in range(30)) + b"one too many")
    assert len(group) == 1


def test_more_than_may_be_kept_is_fine_if_the_socket_takes_it(make_world: MakeWorld) -> None:
    world = make_world(limits=SMALL)
    client = world.connect()
    for _ in range(3):
        client.connection.write(b"x" * 2000)
    client.expect(b"x" * 6000)
    assert client.connection.is_open


def test_more_than_may_be_kept_and_not_taken_drops_at_once(make_world: MakeWorld) -> None:
    world = make_world(limits=SMALL)
    client = world.connect()
    replace_socket(client.connection).allowance = 10
    client.connection.write(b"x" * 3011)
    world.turns()
    assert world.handler.lost() == ["too slow a reader"]


def test_who_is_over_the_mark_for_a_turn_only_loses_no_line(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=lambda c, _line: c.write(b"x" * 1001)), limits=SMALL)
    client = world.connect()
    client.send(b"1\n2\n3\n")
    client.expect(b"x" * 3003)
    assert world.handler.lines() == [b"1", b"2", b"3"]


def test_telnet_answers_over_the_mark_make_lines_wait(make_world: MakeWorld) -> None:
    world = make_world(limits=ConnectionLimits(high_water_bytes=5, output_max_bytes=10))
    client = world.connect()
    client.send(OFFER * 2 + b"line\n")
    client.expect(REFUSED * 2)
    world.until(world.handler.lines)


def test_telnet_answers_that_are_not_read_drop_before_the_lines(make_world: MakeWorld) -> None:
    """No callback may come for a connection that is about to be closed."""
    world = make_world(limits=ConnectionLimits(high_water_bytes=5, output_max_bytes=10))
    client = world.connect()
    replace_socket(client.connection).allowance = 0
    client.connection.write(b"x")
    world.turns()
    client.send(OFFER * 4 + b"line\n")
    world.until(world.handler.lost)
    assert world.handler.told() == [("lost", "too slow a reader")]


# --- closing --------------------------------------------------------------------------------------


def test_closing_sends_what_is_due_and_then_the_end(world: World) -> None:
    client = world.connect()
    client.connection.write(b"bye\n")
    client.connection.close("for a reason")
    assert not client.connection.is_open
    client.expect_end(b"bye\n")
    world.turns(3)
    assert world.handler.lost() == []  # the client has not hung up yet
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lost() == ["for a reason"]
    assert not world.reactor.connections


def test_the_end_is_said_once(make_world: MakeWorld) -> None:
    """Not every system takes it twice."""
    world = make_world(Recorder(on_line=lambda connection, _line: connection.close()))
    client = world.connect()
    fussy = replace_socket(client.connection)
    fussy.allowance = 0
    client.connection.write(b"never mind ")
    world.turns()
    client.connection.write(b"bye\n")
    client.send(b"x\n")
    world.turns()
    assert fussy.shutdowns == 0
    fussy.allowance = None
    client.expect_end(b"never mind bye\n")
    assert fussy.shutdowns == 1

    prompt = world.connect()
    fussy = replace_socket(prompt.connection)
    prompt.connection.write(b"bye\n")
    prompt.connection.close()
    prompt.expect_end(b"bye\n")
    assert fussy.shutdowns == 1


def test_what_comes_while_closing_is_thrown_away(world: World) -> None:
    """Otherwise it would be answered with a reset, which destroys what is on its way."""
    client = world.connect()
    client.connection.write(b"bye\n")
    client.connection.close()
    world.turns()
    client.send(b"too late\n" * 1000)
    client.expect_end(b"bye\n")
    assert not client.was_reset
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lines() == []


def test_closing_waits_for_the_socket_to_take_all(make_world: MakeWorld) -> None:
    big = b"x" * 10_000_000
    world = make_world(limits=ConnectionLimits(output_max_bytes=1 << 30))
    client = world.connect()
    client.connection.write(big)
    world.turns()
    client.connection.close()
    world.turns()
    client.expect_end(big)


def test_no_line_comes_after_closing(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=close_at(b"two")))
    client = world.connect()
    client.send(b"one\ntwo\nthree\nfour")
    client.send_end()
    world.until(world.handler.lost)
    assert world.handler.told() == [("line", b"one"), ("line", b"two"), ("lost", "closed")]


def test_lines_that_wait_are_dropped_by_closing(make_world: MakeWorld) -> None:
    world = make_world(Recorder(on_line=pause_at(b"one")))
    client = world.connect()
    client.send(b"one\ntwo\n")
    world.until(world.handler.lines)
    client.connection.resume_reading()
    client.connection.close()
    client.expect_end()
    assert world.handler.lines() == [b"one"]


def test_one_that_does_not_hang_up_is_given_up_on(make_world: MakeWorld) -> None:
    clock = Clock()
    world = make_world(clock=clock, limits=ConnectionLimits(linger_s=3.0))
    client = world.connect()
    client.connection.close("time to go")
    client.expect_end()
    clock.now += 2.9
    world.turns()
    assert world.handler.lost() == []
    clock.now += 0.2
    world.turns()
    assert world.handler.lost() == ["time to go"]


def test_one_that_does_not_take_what_is_due_is_given_up_on(make_world: MakeWorld) -> None:
    clock = Clock()
    world = make_world(clock=clock, limits=ConnectionLimits(flush_s=3.0))
    client = world.connect()
    replace_socket(client.connection).allowance = 0
    client.connection.write(b"never taken")
    client.connection.close()
    world.turns(3)
    assert world.handler.lost() == []
    clock.now += 3.1
    world.turns()
    assert world.handler.lost() == ["closed"]
    assert client.look() == b""


def test_one_that_hung_up_leaves_no_timer_behind(make_world: MakeWorld) -> None:
    world = make_world(clock=Clock())
    client = world.connect()
    client.connection.close()
    client.hang_up()
    world.until(world.handler.lost)
    assert world.reactor.timeout() is None


def test_only_the_first_closing_counts(world: World) -> None:
    client = world.connect()
    client.connection.write(b"bye\n")
    client.connection.close("first")
    client.connection.close("second")
    client.expect_end(b"bye\n")
    client.hang_up()
    world.until(world.handler.lost)
    client.connection.close("third")
    world.turns(3)
    assert world.handler.lost() == ["first"]


def test_writing_after_closing_is_dropped(world: World) -> None:
    client = world.connect()
    client.connection.close()
    client.connection.write(b"x")
    client.expect_end()
    client.hang_up()
    world.until(world.handler.lost)
    client.connection.write(b"x")
    world.turns()


def test_closing_one_that_was_reset_is_fine(world: World) -> None:
    client = world.connect()
    client.connection.pause_reading()
    client.reset()
    world.reactor.call_soon(client.connection.close, "late")
    world.turns()
    assert world.handler.lost() == ["late"]


def test_a_reset_while_lingering_ends_it(world: World) -> None:
    client = world.connect()
    client.connection.close("lingering")
    client.expect_end()
    client.reset()
    world.until(world.handler.lost)
    assert world.handler.lost() == ["lingering"]


def test_aborting_drops_what_is_due(world: World) -> None:
    client = world.connect()
    client.connection.write(b"never sent")
    client.connection.abort("now")
    assert not client.connection.is_open
    client.connection.write(b"nor this")
    assert client.connection.get_write_buffer_size() == 0
    world.turns()
    assert world.handler.lost() == ["now"]
    client.expect_end()


def test_aborting_again_and_again_is_aborting_once(world: World) -> None:
    client = world.connect()
    client.connection.abort("first")
    client.connection.abort("second")
    client.connection.close("third")
    world.turns()
    client.connection.abort("fourth")
    world.turns(2)
    assert world.handler.lost() == ["first"]


def test_aborting_cuts_closing_short(world: World) -> None:
    client = world.connect()
    client.connection.write(b"never sent")
    client.connection.close("closing")
    client.connection.abort("aborted")
    world.turns()
    assert world.handler.lost() == ["closing"]
    client.expect_end()


def test_what_is_owed_at_closing_may_be_too_much(make_world: MakeWorld) -> None:
    """Then it is dropped while it is being closed, once."""
    world = make_world(limits=SMALL)
    client = world.connect()
    group = Group(world.reactor)
    group.add(client.connection)
    replace_socket(client.connection).allowance = 0
    client.connection.write(b"x" * 2000)
    world.turns()
    group.send(b"y" * 2000)
    client.connection.close()
    client.connection.abort()
    world.turns()
    assert world.handler.lost() == ["too slow a reader"]


def test_within_a_turn_nobody_meets_a_dead_connection(world: World) -> None:
    """Both have sent when the turn begins; whoever comes first aborts the other."""
    clients = [world.connect(), world.connect()]

    def abort_other(connection: Connection, _line: bytes) -> None:
        other = clients[connection is clients[0].connection].connection
        other.abort()
        other.write(b"x")
        assert other.sock.fileno() != -1

    world.handler.on_line = abort_other
    for client in clients:
        client.send(b"x\n")
    world.turns()
    assert [what for what, _ in world.handler.told()] == ["line", "lost"]


def test_a_closed_connection_is_in_no_group(world: World) -> None:
    client = world.connect()
    groups = [Group(world.reactor), Group(world.reactor)]
    for group in groups:
        group.add(client.connection)
    client.connection.close()
    assert not any(client.connection in group for group in groups)
    assert list(client.connection.groups) == []


# --- handlers that fail ---------------------------------------------------------------------------


class Careful(Recorder):
    """Shows in the log what must not be a secret: the first letter."""

    def loggable(self, line: bytes) -> bytes:
        return line[:1] + b"..."


def test_a_failing_handler_closes_that_connection_only(
    make_world: MakeWorld, logged: Logged
) -> None:
    world = make_world(Recorder())
    client, other = world.connect(), world.connect()
    world.handler.on_line = fail
    client.send(b"secret\nnext\n")
    world.until(world.handler.lost)
    world.handler.on_line = echo
    other.send(b"still here\n")
    other.expect(b"still here\n")
    assert world.handler.lost() == ["internal error"]
    assert world.handler.lines(client.connection) == [b"secret"]
    assert logged() == [f"{client.connection.peer}: a handler failed on b'(6 bytes)'"]


def test_a_handler_says_what_of_a_line_may_be_logged(make_world: MakeWorld, logged: Logged) -> None:
    world = make_world(Careful(on_line=fail))
    client = world.connect()
    client.send(b"secret\n")
    world.until(world.handler.lost)
    assert logged() == [f"{client.connection.peer}: a handler failed on b's...'"]


class Refusing(LineFramer):
    """Of somebody's own; it fails on what it doesn't like."""

    def feed(self, data: bytes) -> list[bytes]:
        if b"secret" in data:
            fail()
        return super().feed(data)


def test_a_failing_framer_closes_that_connection_only(
    make_world: MakeWorld, logged: Logged
) -> None:
    world = make_world(Recorder(on_line=echo))
    client, other = world.connect(), world.connect()
    client.connection.framer = Refusing(100)
    client.send(b"fine\n")
    client.expect(b"fine\n")
    client.send(b"secret\n")
    world.until(world.handler.lost)
    other.send(b"still here\n")
    other.expect(b"still here\n")
    assert world.handler.lost() == ["internal error"]
    assert logged() == [f"{client.connection.peer}: a framer failed on 7 bytes"]


@pytest.mark.parametrize("data", ["hello\n", bytearray(b"hello\n"), None])
def test_what_is_no_bytes_is_refused_where_it_is_written(world: World, data: Any) -> None:
    connection, group = world.connect().connection, Group(world.reactor)
    with pytest.raises(TypeError, match=r"a connection takes bytes, not (str|bytearray|NoneType)"):
        connection.write(data)
    with pytest.raises(TypeError, match=r"a group takes bytes, not (str|bytearray|NoneType)"):
        group.send(data)


def test_failing_on_a_line_too_long_closes(make_world: MakeWorld, logged: Logged) -> None:
    world = make_world(Recorder(on_too_long=fail), limits=SMALL)
    world.connect().send(b"x" * 101)
    world.until(world.handler.lost)
    assert world.handler.told() == [("too long", None), ("lost", "internal error")]
    assert len(logged()) == 1


def test_failing_at_the_end_closes(make_world: MakeWorld, logged: Logged) -> None:
    world = make_world(Recorder(on_end=fail))
    client = world.connect()
    client.send_end()
    client.expect_end()
    assert world.handler.told() == [("end", None), ("lost", "internal error")]
    assert len(logged()) == 1


def test_failing_over_a_lost_connection_is_logged(make_world: MakeWorld, logged: Logged) -> None:
    world = make_world(Recorder(on_lost=fail))
    client, other = world.connect(), world.connect()
    client.hang_up()
    other.hang_up()
    world.until(lambda: not world.reactor.connections)
    assert len(world.handler.lost()) == 2
    assert sorted(logged()) == sorted(
        f"{who.connection.peer}: a handler failed on connection_lost" for who in (client, other)
    )


def test_failing_after_closing_drops_what_was_due(make_world: MakeWorld, logged: Logged) -> None:
    def close_and_fail(connection: Connection, _line: bytes) -> None:
        connection.write(b"never sent")
        connection.close("meant well")
        fail()

    world = make_world(Recorder(on_line=close_and_fail))
    client = world.connect()
    client.send(b"x\n")
    client.expect_end()
    assert world.handler.lost() == ["meant well"]
    assert len(logged()) == 1


def test_a_failing_loggable_is_a_failing_handler(make_world: MakeWorld, logged: Logged) -> None:
    class Careless(Recorder):
        def loggable(self, line: bytes) -> bytes:
            raise ValueError(line)

    world = make_world(Careless(on_line=fail))
    world.connect().send(b"secret\n")
    world.until(world.handler.lost)
    assert world.handler.lost() == ["internal error"]
    assert len(logged()) == 1
