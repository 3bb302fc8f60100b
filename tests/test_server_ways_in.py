"""The ways in: IPv4 and IPv6, a second port, a Unix socket, TLS. The same conversation on each."""

from __future__ import annotations

import socket
import ssl
import stat
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat import ChatServer, Config
from chat.parsing import Listen
from reactor import Address, Connection, Handler, Reactor
from tests.chatting import (
    CERT,
    DEADLINE_S,
    HOST,
    KEY,
    OTHER_CERT,
    OTHER_KEY,
    Chat,
    Stepped,
    Threaded,
    has_ipv6,
    trusting,
)

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def converse(chat: Chat, address: Address, tls: ssl.SSLContext | None = None) -> None:
    """Two people at one address."""
    ann, ben = (
        chat.log_in("Ann", address=address, tls=tls),
        chat.log_in("Ben", address=address, tls=tls),
    )
    ann.send("MSG Grüße, 你好 😀")
    ben.expect("MSG Ann Grüße, 你好 😀")
    ben.send("QUIT")
    ben.expect_end("BYE")
    ben.hang_up()
    ann.expect("INFO Ben disconnected")
    ann.send("QUIT")
    ann.expect_end("BYE")
    ann.hang_up()


# --- addresses ------------------------------------------------------------------------------------


def test_an_address_that_cannot_be_had_for_a_reason_of_which_there_is_no_number() -> None:
    """As Windows has it: `os.strerror` knows nothing of its sockets."""

    def bind(_address: Address, **_options: Any) -> socket.socket:
        where = "(while attempting to bind on address ('127.0.0.1', 4000))"
        raise OSError(10048, f"Only one usage of each address is permitted {where}")

    with pytest.raises(OSError, match="one usage") as error:
        ChatServer(reactor=Reactor(bind=bind))
    assert error.value.strerror == "Only one usage of each address is permitted"
    assert error.value.filename == "127.0.0.1:4000"


@needs_ipv6
def test_ipv6() -> None:
    with Stepped(host="::1") as chat:
        assert chat.server.address[0] == "::1"
        converse(chat, chat.server.address)


@needs_ipv6
def test_every_address_of_ipv6_is_every_address() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine keeps IPv4 and IPv6 apart")
    with Stepped(host="::") as chat:
        port = chat.server.address[1]
        converse(chat, ("::1", port))
        converse(chat, (HOST, port))


def test_a_name() -> None:
    with Stepped(host="localhost") as chat:
        converse(chat, chat.server.address)


def name_several(monkeypatch: pytest.MonkeyPatch, **names: Sequence[str]) -> None:
    """Names that stand for these addresses."""
    look_up = socket.getaddrinfo

    def found(host: str, *rest: Any, **more: Any) -> list[Any]:
        return [one for name in names.get(host, [host]) for one in look_up(name, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("port", [0, 1])
def test_a_name_with_an_address_that_is_not_here(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `localhost` has where IPv6 is turned off."""
    name_several(monkeypatch, some=["198.51.100.1", HOST], none=["198.51.100.1", "198.51.100.2"])
    with socket.create_server((HOST, 0)) as free:
        port *= free.getsockname()[1]
    with Stepped(host="some", port=port) as chat:
        (address,) = chat.server.addresses
        converse(chat, address)
    with pytest.raises(OSError, match="Cannot assign") as error:
        Stepped(host="none", port=port)
    assert error.value.filename == f"198.51.100.2:{port}"


@needs_ipv6
def test_a_name_with_two_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `localhost` has on many machines. A port that the system chooses can't be on both."""
    name_several(monkeypatch, both=["::1", HOST])
    with Stepped(host="both") as chat:
        assert chat.server.addresses == [chat.server.address]
        port = chat.server.address[1]
    with Stepped(host="both", port=port) as chat:
        assert chat.server.addresses == [("::1", port), (HOST, port)]
        converse(chat, ("::1", port))
        converse(chat, (HOST, port))


@pytest.mark.parametrize("dialect", ["line", ""])
def test_a_second_port_is_the_same_chat(dialect: str) -> None:
    with Stepped(listen=(Listen(dialect, (HOST, 0)),)) as chat:
        first, second = chat.server.addresses
        assert first == chat.server.address
        assert first != second
        ann, ben = chat.log_in("Ann", address=first), chat.log_in("Ben", address=second)
        ben.send("MSG hello over there")
        ann.expect("MSG Ben hello over there")
        other = chat.connect(address=second)
        other.send("LOGIN ann")
        other.expect("ERR username-taken")


def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    with Stepped(unix=str(path)) as chat:
        assert chat.server.addresses == [chat.server.address, str(path)]
        assert stat.S_ISSOCK(path.stat().st_mode)
        converse(chat, str(path))
    assert not path.exists()


def test_a_unix_socket_that_a_killed_server_left(tmp_path: Path) -> None:
    path = tmp_path / "chat.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with Stepped(unix=str(path)) as chat:
        converse(chat, str(path))


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious.txt"
    path.write_text("still here", encoding="ascii")
    with pytest.raises(OSError, match=str(path)):
        Stepped(unix=str(path))
    assert path.read_text(encoding="ascii") == "still here"


# --- TLS ------------------------------------------------------------------------------------------


def test_tls() -> None:
    with Threaded(tls_cert=CERT, tls_key=KEY, greeting="hello") as chat:
        client = chat.connect(tls=trusting(CERT))
        client.expect("hello")
        client.hang_up()
    with Threaded(tls_cert=CERT, tls_key=KEY) as chat:
        converse(chat, chat.server.address, trusting(CERT))


def test_every_port_speaks_tls_and_a_unix_socket_does_not(tmp_path: Path) -> None:
    path = str(tmp_path / "chat.sock")
    listen = (Listen("line", (HOST, 0)), Listen("line", path))
    with Threaded(tls_cert=CERT, tls_key=KEY, listen=listen) as chat:
        converse(chat, chat.server.addresses[1], trusting(CERT))
        converse(chat, path)


def test_plain_text_on_a_tls_port_disturbs_nobody() -> None:
    with Threaded(tls_cert=CERT, tls_key=KEY) as chat:
        ann = chat.log_in("Ann", tls=trusting(CERT))
        lost = chat.connect()
        lost.send("LOGIN Ben")
        lost.expect_lost()
        ann.expect_nothing()


def test_the_end_of_a_tls_connection_is_told() -> None:
    with Threaded(tls_cert=CERT, tls_key=KEY) as chat:
        ann, ben = chat.log_in("Ann", tls=trusting(CERT)), chat.log_in("Ben", tls=trusting(CERT))
        ben.reset()
        ann.expect("INFO Ben disconnected")
        ann.expect_nothing()


def test_a_long_paste_over_tls() -> None:
    """More than a TLS record holds, and more lines than may come at once."""
    with Threaded(tls_cert=CERT, tls_key=KEY, rate_limit=Config().rate_limit) as chat:
        ann, ben = chat.log_in("Ann", tls=trusting(CERT)), chat.log_in("Ben", tls=trusting(CERT))
        lines = [f"{number} " + "x" * 6000 for number in range(15)]
        ann.send(*[f"MSG {line}" for line in lines])
        ben.expect(*[f"MSG Ann {line}" for line in lines])


def test_a_new_certificate_is_for_those_who_come_then() -> None:
    with Threaded(tls_cert=CERT, tls_key=KEY) as chat:
        before = chat.log_in("Ann", tls=trusting(CERT))
        config = Config(tls_cert=OTHER_CERT, tls_key=OTHER_KEY)
        reconfigure(chat, config)
        with pytest.raises(ssl.SSLCertVerificationError):
            chat.connect(tls=trusting(CERT))
        after = chat.log_in("Ben", tls=trusting(OTHER_CERT))
        after.send("MSG hello")
        before.expect("MSG Ben hello")


def test_a_certificate_that_is_no_good_changes_nothing(tmp_path: Path) -> None:
    with Threaded(tls_cert=CERT, tls_key=KEY) as chat:
        for cert, key in [(CERT, str(tmp_path / "none")), (CERT, OTHER_KEY), (CERT, CERT)]:
            config = Config(tls_cert=cert, tls_key=key, greeting="hello")
            with pytest.raises(OSError, match=key):
                reconfigure(chat, config)
        chat.log_in("Ann", tls=trusting(CERT)).expect_nothing()


def test_tls_is_not_turned_on_or_off_while_running() -> None:
    with Threaded(tls_cert=CERT, tls_key=KEY) as chat:
        assert reconfigure(chat, Config(port=0)) == ["tls-cert", "tls-key"]
        chat.log_in("Ann", tls=trusting(CERT)).expect_nothing()
    with Threaded() as chat:
        config = Config(port=0, tls_cert=CERT, tls_key=KEY)
        assert reconfigure(chat, config) == ["tls-cert", "tls-key"]
        assert reconfigure(chat, config) == ["tls-cert", "tls-key"]
        chat.log_in("Ann").expect_nothing()


class Counter(Handler):
    """Of a program's own: its connections' `context` is what it wants."""

    def connection_made(self, connection: Connection) -> None:
        connection.context = 0

    def line_received(self, connection: Connection, line: bytes) -> None:
        connection.context += 1
        connection.write(b"%d %s\n" % (connection.context, line))


def test_what_else_a_program_serves_on_the_same_loop_may_be_silent() -> None:
    with Stepped(idle_timeout=60.0) as chat:
        other = chat.connect(chat.server.reactor.listen((HOST, 0), Counter()).address)
        other.send("one")
        other.expect("1 one")
        chat.let_pass(600.0)
        chat.server.reconfigure(replace(chat.server.config, idle_timeout=10.0))
        chat.let_pass(600.0)
        other.send("two")
        other.expect("2 two")


def test_what_else_a_program_serves_on_the_same_loop_keeps_its_certificate() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERT, KEY)
    chat = Threaded(tls_cert=CERT, tls_key=KEY)
    listener = chat.server.reactor.listen((HOST, 0), Counter(), tls=tls)
    with chat:
        reconfigure(chat, Config(tls_cert=OTHER_CERT, tls_key=OTHER_KEY))
        other = chat.connect(listener.address, tls=trusting(CERT))
        other.send("one")
        other.expect("1 one")
        other.hang_up()  # nobody tells them when the server stops, and it would wait for them
        chat.log_in("Ann", tls=trusting(OTHER_CERT)).expect_nothing()


def reconfigure(chat: Chat, config: Config) -> list[str]:
    """In the loop's thread, as the signal's handler does it."""
    answered: Future[list[str]] = Future()

    def ask() -> None:
        try:
            answered.set_result(chat.server.reconfigure(config))
        except OSError as error:
            answered.set_exception(error)

    chat.server.reactor.call_soon_threadsafe(ask)
    return answered.result(DEADLINE_S)
