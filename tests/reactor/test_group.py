"""Group: every member gets exactly what it is due, in the order in which it was said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reactor import Connection, ConnectionLimits, Group
from reactor import loop as loop_module
from reactor.turn import LINE_BYTES
from tests.reactor.conftest import MakeWorld
from tests.reactor.support import (
    Client,
    FussySocket,
    World,
    fill_up,
    replace_socket,
)


def group_of(world: World, *clients: Client) -> Group:
    group = Group(world.reactor)
    for client in clients:
        group.add(client.connection)
    return group


def test_all_members_hear_all_that_is_said(world: World) -> None:
    clients = [world.connect() for _ in range(3)]
    group = group_of(world, *clients)
    for _ in range(2):
        group.send(b"one ")
        group.send(b"two ")
        world.turns()
    for client in clients:
        client.expect(b"one two one two ")


def test_a_turn_costs_one_send_per_member_and_shares_the_bytes(world: World) -> None:
    clients = [world.connect() for _ in range(3)]
    group = group_of(world, *clients)
    sockets = [replace_socket(client.connection) for client in clients]
    group.send(b"one ")
    group.send(b"two")
    world.turns()
    assert [sock.sends for sock in sockets] == [[b"one two"]] * 3
    assert len({id(sock.sends[0]) for sock in sockets}) == 1


def test_members_are_counted_and_found(world: World) -> None:
    one, two = world.connect().connection, world.connect().connection
    group = Group(world.reactor)
    assert len(group) == 0
    group.add(one)
    group.add(one)
    assert (len(group), one in group, two in group) == (1, True, False)
    assert list(one.groups) == [group]
    group.discard(two)
    group.discard(one)
    assert (len(group), one in group) == (0, False)
    assert list(one.groups) == []


def test_a_closed_connection_can_not_join(world: World) -> None:
    client = world.connect()
    client.connection.close()
    group = group_of(world, client)
    assert len(group) == 0


def test_one_may_be_left_out(world: World) -> None:
    clients = [world.connect() for _ in range(3)]
    group = group_of(world, *clients)
    group.send(b"all ")
    group.send(b"not 0 ", but=clients[0].connection)
    group.send(b"not 0 either ", but=clients[0].connection)
    group.send(b"not 1 ", but=clients[1].connection)
    group.send(b"all")
    clients[0].expect(b"all not 1 all")
    clients[1].expect(b"all not 0 not 0 either all")
    clients[2].expect(b"all not 0 not 0 either not 1 all")


def test_leaving_out_one_who_is_no_member_leaves_out_nobody(world: World) -> None:
    member, stranger = world.connect(), world.connect()
    group_of(world, member).send(b"x", but=stranger.connection)
    member.expect(b"x")
    assert stranger.look() == b""


def test_who_joins_hears_what_is_said_from_then_on(world: World) -> None:
    old, new = world.connect(), world.connect()
    group = group_of(world, old)
    group.send(b"before ")
    group.add(new.connection)
    group.send(b"after")
    old.expect(b"before after")
    new.expect(b"after")


def test_who_leaves_has_heard_what_was_said_until_then(world: World) -> None:
    one, two = world.connect(), world.connect()
    group = group_of(world, one, two)
    group.send(b"before ")
    group.discard(one.connection)
    group.send(b"after")
    two.expect(b"before after")
    one.expect(b"before ")
    world.turns()
    assert one.look() == b""


def test_who_leaves_and_comes_back_missed_what_was_said_meanwhile(world: World) -> None:
    one, two = world.connect(), world.connect()
    group = group_of(world, one, two)
    group.send(b"1")
    group.discard(one.connection)
    group.send(b"2")
    group.add(one.connection)
    group.send(b"3")
    two.expect(b"123")
    one.expect(b"13")


def test_own_writes_stay_in_order_with_what_groups_say(world: World) -> None:
    one, two = world.connect(), world.connect()
    group = group_of(world, one, two)
    group.send(b"1")
    one.connection.write(b"a")
    group.send(b"2")
    one.connection.write(b"b")
    group.send(b"3")
    two.expect(b"123")
    one.expect(b"1a2b3")


def test_several_groups_stay_in_order(world: World) -> None:
    both, only = world.connect(), world.connect()
    first, second = group_of(world, both), group_of(world, both, only)
    for number in range(3):
        first.send(b"%d" % number)
        second.send(b"%c" % (ord("a") + number))
    second.send(b"d")
    both.expect(b"0a1b2cd")
    only.expect(b"abcd")
    second.send(b"e")
    first.send(b"3", but=both.connection)
    first.send(b"4")
    both.expect(b"e4")


def test_to_be_in_a_quiet_group_too_costs_nothing(world: World) -> None:
    """Bytes are shared as if there were no such group, also when strangers speak elsewhere."""
    members, stranger = [world.connect(), world.connect()], world.connect()
    loud, _quiet = group_of(world, *members), group_of(world, *members)
    elsewhere = group_of(world, stranger)
    sockets = [replace_socket(client.connection) for client in members]
    loud.send(b"several ")
    elsewhere.send(b"x")
    loud.send(b"bytes")
    world.turns()
    assert sockets[0].sends == [b"several bytes"]
    assert sockets[0].sends[0] is sockets[1].sends[0]


def test_nothing_of_a_turn_is_kept(world: World) -> None:
    one, two = world.connect(), world.connect()
    first, second = group_of(world, one, two), group_of(world, one)
    for _ in range(3):
        first.send(b"x", but=one.connection)
        second.send(b"y")
        first.send(b"z")
        world.turns()
    for group in (first, second):
        assert [group._lines, group._runs, group._ahead] == [[], [], {}]


def test_closing_sends_what_was_said_before_it(world: World) -> None:
    client, other = world.connect(), world.connect()
    group = group_of(world, client, other)
    group.send(b"before ")
    client.connection.close()
    group.send(b"after")
    client.expect_end(b"before ")
    other.expect(b"before after")


def test_leaving_another_group_does_not_bring_back_what_was_not_for_one(world: World) -> None:
    client = world.connect()
    here, there = group_of(world, client), group_of(world, client)
    here.send(b"not for him", but=client.connection)
    there.discard(client.connection)
    world.turns()
    here.send(b"for all")
    client.expect(b"for all")


def test_moving_between_groups_does_not_bring_what_was_said_before(world: World) -> None:
    client, other = world.connect(), world.connect()
    old, new = group_of(world, client), group_of(world, other)
    new.send(b"he joins ")
    new.add(client.connection)
    old.discard(client.connection)
    new.send(b"welcome")
    client.expect(b"welcome")
    other.expect(b"he joins welcome")


def test_a_member_gets_the_direct_way_back_at_the_end_of_the_turn(world: World) -> None:
    """What the speed comes from: nothing of one turn may leave it on the slow way for good."""
    leaver, joiner, writer, left_out = clients = [world.connect() for _ in range(4)]
    group, other = group_of(world, leaver, writer, left_out), group_of(world, *clients)
    group.send(b"x")
    other.send(b"x", but=left_out.connection)
    writer.connection.write(b"x")
    group.add(joiner.connection)
    group.discard(leaver.connection)
    world.turns()
    assert [client.connection.direct for client in clients] == [True] * 4


def test_a_partial_send_goes_on_when_there_is_room(world: World) -> None:
    slow, quick = world.connect(), world.connect()
    group = group_of(world, slow, quick)
    fussy = replace_socket(slow.connection)
    fussy.allowance = 2
    group.send(b"abcde")
    world.turns()
    group.send(b"fgh")
    world.turns()
    quick.expect(b"abcdefgh")
    assert slow.look() == b"ab"
    assert slow.connection.get_write_buffer_size() == 6
    fussy.allowance = None
    slow.expect(b"abcdefgh")


def test_a_member_whose_buffer_is_full_gets_all_of_it_later(world: World) -> None:
    client = world.connect()
    group = group_of(world, client)
    filled = fill_up(client.connection)
    group.send(b"end")
    world.turns()
    client.expect(b"~" * filled + b"end")


def test_a_member_that_was_reset_is_found_out_and_disturbs_nobody(world: World) -> None:
    clients = [world.connect() for _ in range(3)]
    group = group_of(world, *clients)
    clients[0].connection.pause_reading()  # so that only sending can find it out
    clients[0].reset()
    world.turns()
    group.send(b"news")
    world.turns()
    for client in clients[1:]:
        client.expect(b"news")
    assert len(world.handler.lost()) == len(group) - 1 == 1


def test_a_member_that_was_aborted_hears_nothing_more(world: World) -> None:
    one, two = world.connect(), world.connect()
    group, other = group_of(world, one, two), group_of(world, one)
    group.send(b"x")
    other.send(b"y")
    one.connection.abort()
    group.send(b"z", but=one.connection)
    group.add(one.connection)
    group.discard(two.connection)
    two.expect(b"xz")
    one.expect_end()
    assert world.handler.lost() == ["aborted"]


def test_a_member_too_slow_for_what_one_turn_says_is_dropped(make_world: MakeWorld) -> None:
    """It gets there by several ways: past its buffer, and by taking over."""
    limits = ConnectionLimits(high_water_bytes=10, output_max_bytes=100)
    world = make_world(limits=limits)
    directly, taking_over, quick = clients = [world.connect() for _ in range(3)]
    group, other = group_of(world, *clients), group_of(world, taking_over)
    for client in (directly, taking_over):
        replace_socket(client.connection).allowance = 1
    group.send(b"x" * 60)
    other.send(b"y")
    group.send(b"x" * 60)
    world.turns()
    quick.expect(b"x" * 120)
    assert world.handler.lost() == ["too slow a reader"] * 2


def test_what_is_said_when_someone_is_lost_leaves_in_the_same_turn(world: World) -> None:
    client, other = world.connect(), world.connect()
    group = group_of(world, client, other)
    world.handler.on_lost = lambda _connection, reason: group.send(reason.encode())
    group.send(b"news ")
    client.connection.abort("he left")
    world.turns()
    assert other.look() == b"news he left"


def test_much_output_leaves_before_the_turn_reads_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "TURN_OUTPUT_BYTES", 2 * LINE_BYTES + 100)
    much = b"x" * (LINE_BYTES + 101)
    clients = [world.connect(), world.connect()]
    group = group_of(world, *clients)
    sockets = [replace_socket(client.connection) for client in clients]
    world.handler.on_line = lambda _connection, line: group.send(line)
    for client in clients:
        client.send(much + b"\n")
    world.turns()
    assert [sock.sends for sock in sockets] == [[much] * 2] * 2
    for client in clients:  # and this is counted for each turn
        client.send(b"four\n")
    world.turns()
    assert [sock.sends[2:] for sock in sockets] == [[b"fourfour"]] * 2


# --- the model ------------------------------------------------------------------------------------

MEMBERS, GROUPS = 2, 2  # with more, what goes wrong between two is found less often

members, groups = st.integers(0, MEMBERS - 1), st.integers(0, GROUPS - 1)
sayings = st.one_of(
    st.tuples(st.just("send"), groups, st.none()),
    st.tuples(st.just("send"), groups, members),
    st.tuples(st.just("join"), groups, members),
    st.tuples(st.just("leave"), groups, members),
    st.tuples(st.just("write"), members),
)
# Rarer, as who is closed or chokes is out of the game.
last_words = st.lists(
    st.tuples(st.just("trickle"), members, st.sampled_from((0, 1, 2, 5, None)))
    | st.tuples(st.just("close"), members),
    max_size=1,
)
turns = st.lists(
    st.tuples(st.lists(sayings, max_size=6), last_words, st.lists(sayings, max_size=2)).map(
        lambda parts: [deed for part in parts for deed in part]
    ),
    max_size=5,
)
memberships = st.sets(st.tuples(groups, members)) | st.just(
    {(group, member) for group in range(GROUPS) for member in range(MEMBERS)}
)


class Model:
    """What each is due, kept beside the real thing. Everything that is said is said once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients = [world.connect() for _ in range(MEMBERS)]
        self.sockets: list[FussySocket] = [replace_socket(c.connection) for c in self.clients]
        self.groups = [Group(world.reactor) for _ in range(GROUPS)]
        self.inside: list[set[int]] = [set() for _ in range(GROUPS)]
        self.due = [b""] * MEMBERS
        self.closed: set[int] = set()
        self._said = 0

    def connection(self, member: int) -> Connection:
        return self.clients[member].connection

    def saying(self) -> bytes:
        self._said += 1
        return b"%d " % self._said

    def send(self, group: int, but: int | None) -> None:
        data = self.saying()
        self.groups[group].send(data, None if but is None else self.connection(but))
        for member in self.inside[group] - {but}:
            self.due[member] += data

    def write(self, member: int) -> None:
        data = self.saying()
        self.connection(member).write(data)
        if member not in self.closed:
            self.due[member] += data

    def join(self, group: int, member: int) -> None:
        self.groups[group].add(self.connection(member))
        if member not in self.closed:
            self.inside[group].add(member)

    def leave(self, group: int, member: int) -> None:
        self.groups[group].discard(self.connection(member))
        self.inside[group].discard(member)

    def close(self, member: int) -> None:
        self.connection(member).close()
        self.closed.add(member)
        for inside in self.inside:
            inside.discard(member)

    def trickle(self, member: int, allowance: int | None) -> None:
        self.sockets[member].allowance = allowance

    def turn(self, deeds: list[tuple[object, ...]]) -> None:
        """Do it all in one turn, and look that nothing is out that isn't due."""

        def act() -> None:
            for name, *arguments in deeds:
                do: Callable[..., None] = getattr(self, str(name))
                do(*arguments)

        self.world.reactor.call_soon(act)
        self.world.turns()
        for client, fussy, due in zip(self.clients, self.sockets, self.due, strict=True):
            assert due.startswith(client.look())
            if fussy.allowance is None and not client.connection._blocked:
                assert client.received == due

    def end(self) -> None:
        for member, (client, fussy) in enumerate(zip(self.clients, self.sockets, strict=True)):
            fussy.allowance = None
            if member in self.closed:
                client.expect_end(self.due[member])
            else:
                client.expect(self.due[member])
                assert client.connection.direct
        self.world.turns()
        assert all(client.look() == b"" for client in self.clients)
        for group, inside in zip(self.groups, self.inside, strict=True):
            assert {m for m in range(MEMBERS) if self.connection(m) in group} == inside
            assert len(group) == len(inside)


@settings(max_examples=200)
@given(memberships, turns)
@example({(0, 0), (1, 0)}, [[("send", 0, 0), ("leave", 1, 0)]])
@example({(0, 0)}, [[("send", 1, None), ("join", 1, 0), ("leave", 0, 0)]])
def test_everyone_gets_what_is_due_in_order(
    at_first: set[tuple[int, int]], deeds: list[list[tuple[object, ...]]]
) -> None:
    with World() as world:
        model = Model(world)
        for group, member in at_first:
            model.join(group, member)
        for turn in deeds:
            model.turn(turn)
        model.end()
