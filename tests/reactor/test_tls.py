"""TLS: connections with a layer in between behave as those without, and break alone.

The certificate in data/ is for localhost, signed by itself and good until 2120.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from reactor import Connection, ConnectionLimits, Group
from reactor.tls import READ_BYTES, TlsLayer
from tests.reactor.conftest import MakeWorld
from tests.reactor.support import (
    HOST,
    Client,
    Clock,
    Recorder,
    World,
    echo,
    replace_socket,
)

DATA = Path(__file__).parent / "data"
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
CLOSE_NOTIFY = bytes.fromhex("15 0303 0002 0100")  # as a warning alert, not encrypted
GARBAGE = bytes.fromhex("17 0303 0020") + b"g" * 32  # looks like a record, but doesn't decrypt

with_every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA / "cert.pem", DATA / "key.pem")
    return context


def client_context(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=DATA / "cert.pem")
    context.maximum_version = version
    return context


class ClientTls:
    """The client's end of a session, without a socket."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.goodbye = False
        """The server has said that it will send no more."""

    def shake_hands(self) -> bool:
        """Go on with it; True when it is over."""
        with suppress(ssl.SSLWantReadError):
            self.session.do_handshake()
            return True
        return False

    def encrypt(self, data: bytes) -> bytes:
        if data:
            self.session.write(data)
        return self.outgoing.read()

    def decrypt(self, data: bytes) -> bytes:
        self.incoming.write(data)
        plain = b""
        try:
            while more := self.session.read(1 << 20):
                plain += more
            self.goodbye = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:  # the same, where this side has said goodbye before
            self.goodbye = True
        return plain

    def end(self) -> bytes:
        """What says that this side will send no more."""
        with suppress(ssl.SSLWantReadError):
            self.session.unwrap()
        return self.outgoing.read()


class TlsClient(Client):
    """Sends and expects plain text, as Client does; what travels is encrypted."""

    def __init__(self, world: World, connection: Connection, plain: Client, tls: ClientTls):
        super().__init__(world, plain.sock, connection)
        self.tls = tls
        self.raw = b""
        """What has arrived, as it has."""
        self.hung_up = False
        """The connection below has ended."""

    def shake_hands(self) -> None:
        def over() -> bool:
            assert not self.hung_up
            done = self.tls.shake_hands()
            self.send_raw(self.tls.outgoing.read())
            if not done:
                with suppress(BlockingIOError):
                    self.tls.incoming.write(self._receive_raw())
            return done

        self._world.until(over, "handshake")
        self._world.turns()  # now the server knows, too

    def send(self, data: bytes) -> None:
        self.send_raw(self.tls.encrypt(data))

    def send_raw(self, data: bytes) -> None:
        super().send(data)

    def send_end(self) -> None:
        self.send_raw(self.tls.end())

    def _receive(self) -> bytes:
        while not self.tls.goodbye and not self.hung_up:
            if plain := self.tls.decrypt(self._receive_raw()):
                return plain
        return b""

    def _receive_raw(self) -> bytes:
        data = super()._receive()
        self.raw += data
        self.hung_up = not data
        return data


MakeTlsWorld = Callable[..., World]


@pytest.fixture
def make_tls_world(make_world: MakeWorld) -> MakeTlsWorld:
    def make(handler: Recorder | None = None, **listening: object) -> World:
        return make_world(handler, tls=server_context(), **listening)

    return make


def connect_tls(
    world: World, context: ssl.SSLContext | None = None, *, shake_hands: bool = True
) -> TlsClient:
    plain = world.connect()
    tls = ClientTls(context or client_context())
    client = TlsClient(world, plain.connection, plain, tls)
    if shake_hands:
        client.shake_hands()
    return client


# --- as without it --------------------------------------------------------------------------------


@with_every_version
def test_lines_and_answers(make_tls_world: MakeTlsWorld, version: ssl.TLSVersion) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    client = connect_tls(world, client_context(version))
    client.send(b"one\ntw")
    client.expect(b"one\n")
    client.send(b"o\n")
    client.expect(b"two\n")
    assert world.handler.lines() == [b"one", b"two"]
    assert b"one" not in client.raw


def test_a_handshake_byte_by_byte(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    client = connect_tls(world, shake_hands=False)

    def bytewise(data: bytes) -> None:
        for byte in data:
            client.send_raw(bytes((byte,)))
            world.turns()

    while not client.tls.shake_hands():
        bytewise(client.tls.outgoing.read())
        client.tls.incoming.write(client._receive_raw())
    bytewise(client.tls.encrypt(b"line\n"))
    client.expect(b"line\n")


def test_a_handshake_and_the_first_lines_in_one_piece(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    client = connect_tls(world, shake_hands=False)
    client.tls.shake_hands()
    client.send_raw(client.tls.outgoing.read())
    world.turns()
    client.tls.incoming.write(client._receive_raw())
    assert client.tls.shake_hands()
    client.send(b"in a hurry\n")
    client.expect(b"in a hurry\n")


def test_many_records_in_one_read(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world()
    client = connect_tls(world)
    lines = [b"%d" % number for number in range(100)]
    client.send_raw(b"".join(client.tls.encrypt(line + b"\n") for line in lines))
    world.turns()
    assert world.handler.lines() == lines


def test_more_than_is_read_at_once(make_tls_world: MakeTlsWorld) -> None:
    limits = ConnectionLimits(line_max_bytes=1 << 20)
    world = make_tls_world(Recorder(on_line=echo), limits=limits)
    client = connect_tls(world)
    line = bytes(range(11, 251)) * 1000
    assert len(line) > 2 * READ_BYTES
    client.send(line + b"\n")
    client.expect(line + b"\n")


def test_what_is_said_before_the_handshake_arrives_after_it(make_tls_world: MakeTlsWorld) -> None:
    def greet(connection: Connection) -> None:
        connection.write(b"hello ")
        connection.write(b"")
        connection.write(b"you\n")

    world = make_tls_world(Recorder(on_made=greet))
    client = connect_tls(world, shake_hands=False)
    group = Group(world.reactor)
    group.add(client.connection)
    group.send(b"news\n")
    world.turns()
    assert client.tls.incoming.pending == 0
    client.shake_hands()
    client.connection.write(b"after\n")
    client.expect(b"hello you\nnews\nafter\n")
    layer = client.connection._tls
    assert layer is not None
    assert layer.early_bytes == 0  # not kept any longer


def test_a_group_reaches_plain_and_encrypted_members_in_order(make_world: MakeWorld) -> None:
    world = make_world()
    listener = world.reactor.listen((HOST, 0), world.handler, tls=server_context())
    plain, plain_connection = world.connect(), world.handler.connections[-1]
    below = world.connect(listener)
    secret = TlsClient(world, below.connection, below, ClientTls(client_context()))
    secret.shake_hands()
    group, other = Group(world.reactor), Group(world.reactor)
    for connection in (plain_connection, secret.connection):
        group.add(connection)
        other.add(connection)
    group.send(b"1 ")
    other.send(b"2 ")
    secret.connection.write(b"own ")
    group.send(b"plain only ", but=secret.connection)
    group.send(b"secret only ", but=plain_connection)
    world.turns()
    group.send(b"end")
    plain.expect(b"1 2 plain only end")
    secret.expect(b"1 2 own secret only end")
    assert plain_connection.direct
    assert not secret.connection.direct


def test_a_turn_costs_one_send(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world()
    client = connect_tls(world)
    fussy = replace_socket(client.connection)
    group = Group(world.reactor)
    group.add(client.connection)
    group.send(b"x")
    client.connection.write(b"y")
    client.connection.write(b"z")
    world.turns()
    assert len(fussy.sends) == 1
    client.expect(b"xyz")


def test_output_goes_out_in_whatever_parts_the_socket_takes(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world()
    client = connect_tls(world)
    fussy = replace_socket(client.connection)
    client.connection.write(b"x" * 1000)
    for _ in range(100):
        fussy.allowance = 7
        world.turns()
    assert client.look() == b""  # not a whole record
    client.connection.write(b"end")
    fussy.allowance = None
    client.expect(b"x" * 1000 + b"end")


def test_who_does_not_read_is_dropped(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(limits=ConnectionLimits(high_water_bytes=100, output_max_bytes=1000))
    client = connect_tls(world)
    replace_socket(client.connection).allowance = 0
    for _ in range(20):
        client.connection.write(b"x" * 100)
        world.turns()
    assert world.handler.lost() == ["too slow a reader"]


def test_a_new_certificate_serves_who_comes_from_then_on(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    before = connect_tls(world)
    old_only = server_context()
    old_only.maximum_version = ssl.TLSVersion.TLSv1_2
    world.listener.tls = old_only
    after = connect_tls(world)
    assert [c.tls.session.version() for c in (before, after)] == ["TLSv1.3", "TLSv1.2"]
    for client in (before, after):
        client.send(b"x\n")
        client.expect(b"x\n")


# --- the end --------------------------------------------------------------------------------------


@with_every_version
def test_closing_says_goodbye(make_tls_world: MakeTlsWorld, version: ssl.TLSVersion) -> None:
    world = make_tls_world()
    client = connect_tls(world, client_context(version))
    client.connection.write(b"bye\n")
    client.connection.close("enough")
    client.expect_end(b"bye\n")
    assert client.tls.goodbye
    assert world.handler.lost() == []
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lost() == ["enough"]


@with_every_version
def test_a_goodbye_is_an_end(make_tls_world: MakeTlsWorld, version: ssl.TLSVersion) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    client = connect_tls(world, client_context(version))
    client.send_raw(client.tls.encrypt(b"one\ntwo") + client.tls.end())
    client.expect_end(b"one\ntwo\n")
    assert client.tls.goodbye
    assert world.handler.told() == [
        ("line", b"one"),
        ("line", b"two"),
        ("end", None),
        ("lost", "closed"),
    ]


def test_a_goodbye_waits_for_a_pause_to_end(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_line=lambda connection, _line: connection.pause_reading()))
    client = connect_tls(world)
    client.send_raw(client.tls.encrypt(b"one\n") + client.tls.end())
    world.turns(3)
    assert world.handler.told() == [("line", b"one")]
    client.connection.write(b"late answer")
    client.connection.resume_reading()
    client.expect_end(b"late answer")


def test_hanging_up_without_a_goodbye_is_an_end_too(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    client = connect_tls(world)
    client.send(b"line")
    Client.send_end(client)
    client.expect_end(b"line\n")
    assert world.handler.told()[-1] == ("lost", "closed")


def test_aborting_says_nothing(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world()
    client = connect_tls(world)
    client.connection.write(b"never sent")
    client.connection.abort()
    client.expect_end()
    assert client.hung_up
    assert not client.tls.goodbye


@pytest.mark.parametrize("hello", [False, True])
def test_leaving_during_the_handshake_is_an_end(make_tls_world: MakeTlsWorld, hello: bool) -> None:
    world = make_tls_world()
    client = connect_tls(world, shake_hands=False)
    if hello:
        client.tls.shake_hands()
        client.send_raw(client.tls.outgoing.read())
        world.turns()
        client._receive_raw()  # leaving it unread would be a reset
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.told() == [("end", None), ("lost", "closed")]


def test_a_goodbye_during_the_handshake_is_an_end(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world()
    client = connect_tls(world, shake_hands=False)
    client.tls.shake_hands()
    client.send_raw(client.tls.outgoing.read())
    world.turns()
    client.send_raw(CLOSE_NOTIFY)
    world.until(world.handler.lost)
    assert world.handler.told() == [("end", None), ("lost", "closed")]


# --- those who don't know how ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"hello\n", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\0\0", b"\xff" * 9]
)
def test_who_does_not_speak_tls_is_closed_and_nobody_notices(
    make_tls_world: MakeTlsWorld, data: bytes
) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    good, bad = connect_tls(world), world.connect()
    bad.connection.write(b"secret")
    bad.send(data)
    world.until(lambda: bad.look() is not None and bad.ended)
    assert b"secret" not in bad.received
    bad.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lost()[0].startswith("TLS: ")
    good.send(b"still here\n")
    good.expect(b"still here\n")
    assert world.handler.lines() == [b"still here"]


def test_who_does_not_trust_the_certificate_is_closed(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world()
    client = connect_tls(world, ssl.create_default_context(), shake_hands=False)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.shake_hands()
    client.send_raw(client.tls.outgoing.read())  # says so
    client.hang_up()
    world.until(world.handler.lost)
    assert "UNKNOWN_CA" in world.handler.lost()[0]


def test_a_session_that_breaks_ends_that_connection_alone(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_line=echo))
    client, other = connect_tls(world), connect_tls(world)
    client.send_raw(GARBAGE)
    world.turns(2)
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lost()[0].startswith("TLS: ")
    other.send(b"still here\n")
    other.expect(b"still here\n")


def test_a_session_may_break_while_its_connection_is_owed_something(
    make_tls_world: MakeTlsWorld,
) -> None:
    """What can't be encrypted any more is dropped; the others get it."""
    world = make_tls_world()
    client, other = connect_tls(world), connect_tls(world)
    group = Group(world.reactor)
    for member in (client, other):
        group.add(member.connection)
    client.send_raw(GARBAGE)
    group.send(b"news")
    other.expect(b"news")
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.told()[0][0] == "lost"


def test_no_line_comes_of_a_session_that_broke(make_tls_world: MakeTlsWorld) -> None:
    """The line was good, but comes with what closes the connection, and a closed one is silent."""
    world = make_tls_world()
    client = connect_tls(world)
    client.send_raw(client.tls.encrypt(b"line\nline\n") + GARBAGE)
    world.turns(2)
    client.hang_up()
    world.until(world.handler.lost)
    assert [what for what, _ in world.handler.told()] == ["lost"]


def test_a_layer_that_broke_stays_broken() -> None:
    layer = TlsLayer(server_context())
    assert layer.receive(b"plain text\n") == (b"", "WRONG_VERSION_NUMBER")
    assert layer.receive(b"more")[1]
    assert layer.send(b"x", last=True) == b""


# --- closing and keeping before the handshake is over ---------------------------------------------


def test_who_never_shakes_hands_is_dropped(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(limits=ConnectionLimits(high_water_bytes=100, output_max_bytes=1000))
    client = connect_tls(world, shake_hands=False)
    for _ in range(20):
        client.connection.write(b"x" * 100)
        world.turns()
    assert world.handler.lost() == ["too slow a reader"]


def turn_away(connection: Connection) -> None:
    connection.write(b"closed ")
    connection.write(b"today\n")
    connection.close("turned away")


@with_every_version
def test_closing_on_arrival_sends_what_is_due(
    make_tls_world: MakeTlsWorld, version: ssl.TLSVersion
) -> None:
    world = make_tls_world(Recorder(on_made=turn_away))
    client = connect_tls(world, client_context(version))
    client.expect_end(b"closed today\n")
    assert client.tls.goodbye
    assert world.handler.lost() == []
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.told() == [("lost", "turned away")]


def test_lines_of_one_turned_away_on_arrival_are_thrown_away(make_tls_world: MakeTlsWorld) -> None:
    world = make_tls_world(Recorder(on_made=turn_away))
    client = connect_tls(world)
    client.send(b"too late\n")
    client.expect_end(b"closed today\n")
    client.hang_up()
    world.until(world.handler.lost)
    assert world.handler.lines() == []


@pytest.mark.parametrize("data", [b"", b"not a handshake\n"])
def test_one_turned_away_who_does_not_shake_hands_is_let_go(
    make_tls_world: MakeTlsWorld, data: bytes
) -> None:
    world = make_tls_world(Recorder(on_made=turn_away))
    client = world.connect()
    client.send(data)
    client.send_end()
    world.until(world.handler.lost)
    assert world.handler.lost() == ["turned away"]
    assert b"closed" not in client.look()


def test_one_turned_away_who_says_nothing_is_given_up_on(make_tls_world: MakeTlsWorld) -> None:
    clock = Clock()
    limits = ConnectionLimits(flush_s=3.0)
    world = make_tls_world(Recorder(on_made=turn_away), clock=clock, limits=limits)
    world.connect()
    clock.now += 2.9
    world.turns(3)
    assert world.handler.lost() == []
    clock.now += 0.2
    world.turns()
    assert world.handler.lost() == ["turned away"]


def test_a_context_for_clients_is_refused_before_anybody_connects(make_world: MakeWorld) -> None:
    world = make_world()
    with pytest.raises(ssl.SSLError, match="CLIENT"):
        world.reactor.listen((HOST, 0), world.handler, tls=client_context())
    assert len(world.reactor.listeners) == 1
