"""Clients as they come: from pipes, byte by byte, through telnet, broken off, with bad intent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chat.core.actions import Action
from chat.core.session import Session
from chat.core.world import User
from chat.parsing import Rate
from chat.shell import TIDY_S
from reactor import Connection, Group, Timer
from reactor.framing import LineFramer
from tests.chatting import Client, Stepped, without_garbage

IAC, DONT, DO, WONT, WILL = b"\xff", b"\xfe", b"\xfd", b"\xfc", b"\xfb"
ECHO, TIMING_MARK, INTERRUPT = b"\x01", b"\x06", b"\xf4"


# --- how lines come in ----------------------------------------------------------------------------


def test_a_client_that_sends_byte_by_byte() -> None:
    with Stepped(echo=True) as chat:
        client = chat.connect()
        for byte in "LOGIN Änne\r\nMSG  Grüße   😀 \r\nWHO\n".encode():
            client.send_bytes(bytes([byte]))
            chat.turns(1)
        client.expect("OK", "MSG Änne Grüße 😀", "USER Änne")


def test_a_client_that_sends_everything_at_once() -> None:
    with Stepped() as chat:
        client = chat.connect()
        client.send_bytes(b"login Ann\r\nPING\n\n\r\n  \nwho\r\nQUIT\nPING\n")
        client.expect_end("OK", "PONG", "USER Ann", "BYE")


def test_a_pipe_gets_its_answers_before_the_end() -> None:
    """printf 'LOGIN pipe\\nMSG hi\\nWHO' | nc -N"""
    with Stepped() as chat:
        ann, pipe = chat.log_in("Ann"), chat.connect()
        pipe.send_bytes(b"LOGIN pipe\nMSG hi\nWHO")
        pipe.send_end()
        pipe.expect_end("OK", "USER Ann", "USER pipe")
        ann.expect("MSG pipe hi", "INFO pipe disconnected")


def test_a_pipe_that_says_nothing() -> None:
    with Stepped() as chat:
        ann, pipe = chat.log_in("Ann"), chat.connect()
        pipe.send_end()
        pipe.expect_end()
        ann.expect_nothing()


def test_telnet_negotiates_and_talks() -> None:
    with Stepped() as chat:
        ann, telnet = chat.log_in("Ann"), chat.connect()
        telnet.send_bytes(IAC + DO + ECHO + b"LOG" + IAC + WILL + ECHO + b"IN tel\r\n")
        telnet.expect_bytes(IAC + WONT + ECHO + IAC + DONT + ECHO + b"OK\n")
        telnet.send_bytes(b"MSG hi\r\n")
        ann.expect("MSG tel hi")


def test_telnet_goes_on_after_an_interrupt() -> None:
    """Telnet shows nothing after a Ctrl-C until its question for a timing mark is answered."""
    with Stepped() as chat:
        ann, telnet = chat.log_in("Ann"), chat.log_in("tel")
        telnet.send_bytes(b"MSG half a li" + IAC + INTERRUPT + IAC + DO + TIMING_MARK)
        telnet.expect_bytes(IAC + WONT + TIMING_MARK)
        telnet.send_bytes(b"ne\r\nPING\r\n")
        telnet.expect("PONG")
        ann.expect("MSG tel half a line")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"hello?", "ERR unknown-command"),
        (b"\x00\x01\x02?", "ERR unknown-command"),
        (b"MSG \xc3\x28", "ERR invalid-utf-8"),
        (b"MSG " + IAC + IAC, "ERR invalid-utf-8"),
        (b"MSG \x1b[2J\x1b]0;gotcha\x07", "ERR not-logged-in"),
        (b"LOGIN", "ERR missing-argument"),
        (b"LOGIN two words", "ERR not-registered"),
        (b"x" * 100_000, "ERR line-too-long"),
    ],
)
def test_nonsense_is_answered_and_survived(line: bytes, answer: str) -> None:
    with Stepped() as chat:
        client = chat.connect()
        client.send_bytes(line + b"\n")
        client.expect(answer)
        client.send("LOGIN Ann")
        client.expect("OK")


def test_a_web_browser_is_turned_away_and_nothing_of_it_is_obeyed() -> None:
    with Stepped() as chat:
        ann, browser = chat.log_in("Ann"), chat.connect()
        browser.send_bytes(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nLOGIN eve\nMSG buy this\n")
        browser.expect("HTTP/1.1 405 Method Not Allowed\r")
        browser.expect_lost()
        ann.expect_nothing()


def test_the_first_line_tells_which_dialect_somebody_speaks() -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.connect()
        ben.send("", "/join lobby", "hello")
        ben.expect("Welcome to room lobby!", "Current users: Ann, guest1")
        ann.expect("INFO guest1 joined lobby", "MSG guest1 hello")


def test_no_escape_sequence_gets_from_one_terminal_into_another() -> None:
    with Stepped(join_notices=True) as chat:
        ann, eve = chat.log_in("Ann"), chat.connect()
        eve.send(
            "LOGIN \x1b[31mEve", "LOGIN Eve", "MSG \x1b[2Jboo\x07\x9b31m\u202e!", "DM Ann \x1b[A"
        )
        eve.expect("ERR invalid-username", "OK")
        ann.expect("INFO Eve joined the chat", "MSG Eve [2Jboo31m!", "DM Eve [A")


# --- how they go ----------------------------------------------------------------------------------


def test_a_reset_connection_is_told_of_once() -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        ben.reset()
        ann.expect("INFO Ben disconnected")
        ann.expect_nothing()
        ann.send("WHO")
        ann.expect("USER Ann")


@pytest.mark.parametrize("way", [Client.hang_up, Client.reset, Client.send_end])
@pytest.mark.parametrize("last", ["", "QUIT\n", "MSG half a li"])
def test_however_it_ends_the_others_are_told_once(way: object, last: str) -> None:
    assert callable(way)
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        ben.send_bytes(last.encode())
        if last:
            chat.turns()
        way(ben)
        heard = ann.read(1)
        if heard == ["MSG Ben half a li"]:  # the last line needs no line end, if it gets there
            heard = ann.read(1)
        assert heard == ["INFO Ben disconnected"]
        ann.expect_nothing()
        chat.log_in("Ben")


def test_who_sends_no_more_is_gone_even_if_there_is_more_to_read() -> None:
    with Stepped(rate_limit=Rate(0, 0.0)) as chat:
        ann, slow = chat.log_in("Ann"), chat.log_in_slow_reader("Slow")
        said = [f"MSG {number} {'x' * 8000}" for number in range(7)]
        ann.send(*said)
        ann.expect_nothing()
        slow.send_end()
        ann.expect("INFO Slow disconnected")
        assert len(chat.connections) == 2
        slow.expect_end(*[line.replace("MSG", "MSG Ann") for line in said])


def test_those_who_are_gone_leave_nothing_behind() -> None:
    with Stepped() as chat:
        nothing = left_behind(chat)
        for number in range(20):
            client = chat.log_in(f"n{number}")
            client.send(*["MSG hello"] * 30)  # some of these still wait when it goes
            client.expect("INFO slow-down")
            (client.reset, client.hang_up, client.send_end)[number % 3]()
        chat.server.join("bot").leave()
        chat.let_pass(30.0)
        chat.until(lambda: not chat.connections, "the end of all")
        chat.let_pass(TIDY_S)  # the last look around
        assert left_behind(chat) == nothing


def left_behind(chat: Stepped) -> list[object]:
    """All that a server keeps of those who are here."""
    server = chat.server
    shell, core = server._shell, server.core
    people = [dict(shell.locals), dict(core._sessions), dict(core.world.users)]
    return [*people, dict(shell._groups), server.timeout()]


def test_many_go_at_once() -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        crowd = [chat.log_in(f"n{number}") for number in range(50)]
        for number, client in enumerate(crowd):
            client.send("MSG goodbye all")
            (client.reset if number % 2 else client.hang_up)()
        heard = [line for line in ann.read(50) if line.startswith("INFO")]
        while len(heard) < 50:
            heard += [line for line in ann.read(1) if line.startswith("INFO")]
        assert sorted(heard) == sorted(f"INFO n{number} disconnected" for number in range(50))
        ann.expect_nothing()


# --- bugs of ours ---------------------------------------------------------------------------------


class Broken:
    """A core that fails on some input, as one with a bug would."""

    def __init__(self, chat: Stepped, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = getattr(chat.server.core, method)
        self.fails = True
        monkeypatch.setattr(chat.server.core, method, self)

    def __call__(self, session: int, *rest: object) -> list[Action]:
        if self.fails and session == 1 and rest[0] != b"PING":
            raise ValueError("on purpose")
        happened: list[Action] = self._real(session, *rest)
        return happened


def test_an_exception_in_the_core_ends_that_connection_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        Broken(chat, "receive", monkeypatch)
        ann.expect_nothing()
        ann.send("MSG the secret words", "PING")
        ann.expect_end()
        ben.expect("INFO Ann disconnected")
        ben.expect_nothing()
        error = chat.errors.take()
        assert "b'MSG'" in error
        assert "Traceback" in error
        assert "secret" not in error


@pytest.mark.parametrize("method", ["connect", "disconnect", "time_out", "receive_too_long"])
def test_wherever_the_core_fails_the_server_runs_and_stops(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stepped() as chat:
        broken = Broken(chat, method, monkeypatch)
        ann = chat.connect()
        ann.send_bytes(b"LOGIN Ann\n" + b"x" * 9000 + b"\n")
        chat.turns(5)
        chat.let_pass(61)
        ann.hang_up()
        chat.turns(5)
        chat.errors.take()
        broken.fails = False
        ben = chat.log_in("Ben")
        ben.expect_nothing()
        chat.server.stop()
        ben.expect_end("INFO server-shutdown")
        ben.hang_up()
        chat.until(lambda: chat.server.stopped, "the end")


def test_a_core_that_fails_on_silence_ends_that_connection_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        Broken(chat, "time_out", monkeypatch)
        chat.let_pass(61)
        ann.expect_end()
        assert "on purpose" in chat.errors.take()
        ben.expect_end("INFO idle-timeout")


def test_whom_the_core_still_believes_in_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        Broken(chat, "disconnect", monkeypatch)
        ann.reset()
        chat.until(lambda: chat.errors.texts, "the error")
        chat.errors.take()
        ben.send("DM Ann are you there?", "WHO")
        ben.expect("USER Ann", "USER Ben")
        chat.server.stop()
        ben.expect_end("INFO server-shutdown")


def test_who_is_being_closed_is_in_nobodys_way() -> None:
    """As after nonsense under TLS: in no group any more, while the core still counts on them."""
    with Stepped() as chat:
        ann = chat.log_in("ann")
        chat.log_in("bob")
        chat.connections[1].close("TLS: nonsense")
        ann.send("LEAVE lobby")
        ann.expect("OK")
        chat.let_pass(10.0)
        assert len(chat.connections) == 1
        ann.send("JOIN lobby", "PING")
        ann.expect("OK", "PONG")


# --- what is left of them -------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Client.hang_up, Client.reset, Client.send_end])
def test_who_is_gone_leaves_no_garbage(how: Callable[[Client], None]) -> None:
    with Stepped() as chat, without_garbage(Connection, Group, LineFramer, Session, Timer, User):
        ann = chat.log_in("Ann")
        ann.send("JOIN tea", "SAY tea hi", "PING")
        ann.expect("OK", "PONG")
        how(ann)
        chat.until(lambda: not chat.connections, "the end")
        chat.let_pass(TIDY_S)  # a timer that was taken back is forgotten when its time has come
