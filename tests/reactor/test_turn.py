"""Turn: what is expected to be said, in `before_flush`, counts as said."""

from __future__ import annotations

import pytest

from reactor import Connection, Group
from reactor import loop as loop_module
from reactor.turn import LINE_BYTES
from tests.reactor.support import Client, World


class Store:
    """Lines are safe, and said to a group, once a turn's end has written them all down."""

    def __init__(self, world: World, *clients: Client) -> None:
        self.turn = world.reactor.turn
        self.commits: list[list[bytes]] = []
        self.group = Group(world.reactor)
        for client in clients:
            self.group.add(client.connection)
        self._lines: list[bytes] = []
        world.reactor.before_flush.append(self.commit)

    def say(self, line: bytes) -> None:
        self._lines.append(line)
        self.turn.expect(len(line))

    def commit(self) -> None:
        lines, self._lines = self._lines, []
        self.commits.append(lines)
        for line in lines:
            self.group.send(line)


def test_what_is_expected_is_committed_and_sent_in_the_same_turn(world: World) -> None:
    client = world.connect()
    store = Store(world, client)
    assert world.reactor.timeout() is None
    store.say(b"one ")
    store.say(b"two")
    assert world.reactor.timeout() == 0.0
    world.turns()
    assert client.look() == b"one two"
    assert world.reactor.timeout() is None
    world.turns()
    assert store.commits == [[b"one ", b"two"]]


def test_what_comes_in_before_it_is_said_is_heard_and_committed_in_the_same_turn(
    world: World,
) -> None:
    one, two = world.connect(), world.connect()
    store = Store(world, one)

    def say(connection: Connection, line: bytes) -> None:
        store.say(line)
        if connection is one.connection:
            two.sock.send(b"answer\n")

    world.handler.on_line = say
    one.send(b"question \n")
    world.turns()
    assert store.commits == [[b"question ", b"answer"]]


def test_much_that_is_expected_leaves_before_the_turn_reads_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "TURN_OUTPUT_BYTES", LINE_BYTES + 100)
    clients = [world.connect(), world.connect()]
    store = Store(world)
    world.handler.on_line = lambda _connection, line: store.say(line)
    for size in (101, 100, 1):
        store.commits.clear()
        for client in clients:
            client.send(b"x" * size + b"\n")
        world.turns()
        line = b"x" * size
        assert store.commits == ([[line], [line]] if size == 101 else [[line, line]])


def test_what_a_commit_expects_is_committed_before_the_turn_is_over(world: World) -> None:
    """So is what someone's leaving leads to."""
    client, other = world.connect(), world.connect()
    store = Store(world, client)
    world.reactor.before_flush.append(
        lambda: store.say(b"counted ") if len(store.commits) == 1 else None
    )
    world.handler.on_lost = lambda _connection, reason: store.say(reason.encode())
    other.connection.abort("left")
    world.turns()
    assert store.commits == [[], [b"counted ", b"left"]]
    assert client.look() == b"counted left"
