"""The end of a server, and new settings for one that goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat import Config
from chat.core.actions import Action
from chat.parsing import Listen, Rate
from chat.server import SHUTDOWN_S
from tests.chatting import HOST, Clock, Stepped

UNLIMITED = Rate(0, 0.0)


# --- stopping -------------------------------------------------------------------------------------


def test_everyone_is_told_and_nobody_of_everyone_else() -> None:
    with Stepped() as chat:
        people = [chat.log_in("Ann"), chat.log_in("Ben"), chat.connect()]
        chat.until(lambda: len(chat.connections) == 3, "the connections")
        chat.server.stop()
        for client in people:
            client.expect_end("INFO server-shutdown")
            client.hang_up()
        chat.until(lambda: chat.server.stopped, "the end")


def test_what_was_said_before_arrives_before() -> None:
    with Stepped(rate_limit=UNLIMITED) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        lines = [f"MSG {number} {'x' * 5000}" for number in range(100)]
        ann.send(*lines, "PING")
        ann.expect("PONG")
        chat.server.stop()
        ben.expect_end(*[line.replace("MSG", "MSG Ann") for line in lines], "INFO server-shutdown")


def test_what_is_said_after_is_not_heard() -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        chat.server.stop()
        chat.turns()
        ann.send("MSG too late", "QUIT")
        ann.expect_end("INFO server-shutdown")
        ben.expect_end("INFO server-shutdown")


def test_nobody_gets_in_any_more() -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        chat.server.stop()
        chat.turns()
        with pytest.raises(ConnectionRefusedError):
            chat.connect()
        ann.expect_end("INFO server-shutdown")


def test_who_never_reads_is_waited_for_no_longer_than_five_seconds() -> None:
    with Stepped(rate_limit=UNLIMITED) as chat:
        ann = chat.log_in("Ann")
        chat.log_in_slow_reader("Slow")
        ann.send(*["MSG " + "x" * 8000] * 20)
        chat.turns(10)
        assert chat.connections[-1].get_write_buffer_size() > 0
        chat.server.stop()
        ann.expect_end("INFO server-shutdown")
        ann.hang_up()
        chat.let_pass(SHUTDOWN_S - 0.1)
        assert len(chat.connections) == 1
        assert not chat.server.stopped
        chat.let_pass(0.2)
        assert chat.server.stopped


def test_who_reads_late_is_waited_for() -> None:
    with Stepped(rate_limit=UNLIMITED) as chat:
        ann, slow = chat.log_in("Ann"), chat.log_in_slow_reader("Slow")
        ann.send(*["MSG " + "x" * 8000] * 20)
        chat.turns(10)
        chat.server.stop()
        chat.let_pass(SHUTDOWN_S / 2)
        slow.expect_end(*["MSG Ann " + "x" * 8000] * 20, "INFO server-shutdown")


def test_a_flood_that_waits_does_not_hold_up_the_end() -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        ann.send(*["MSG hello"] * 200)
        ann.expect("INFO slow-down")
        chat.server.stop()
        ann.expect_end("INFO server-shutdown")
        ann.hang_up()
        chat.until(lambda: chat.server.stopped, "the end")
        chat.let_pass(60.0)


def test_stopping_twice_tells_everyone_once() -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        for _ in range(3):
            chat.server.stop()
            chat.turns()
        chat.server.close()
        ann.expect_end("INFO server-shutdown")


def test_an_empty_server_ends_at_once() -> None:
    with Stepped() as chat:
        chat.server.stop()
        chat.turns(1)
        assert chat.server.stopped


@pytest.mark.parametrize("names", [[], ["Ann", "Ben"]])
def test_an_end_that_fails_is_an_end(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever bug of ours it meets, with or without anyone here, a stopped server ends."""
    with Stepped() as chat:
        for name in names:
            chat.log_in(name)
        monkeypatch.setattr(chat.server.core, "shut_down", broken)
        began = chat.clock.now
        monkeypatch.setattr(chat.server.reactor, "_clock", Ticking(chat.clock))
        chat.server.stop()
        chat.server.serve_forever()
        chat.errors.take()
        assert SHUTDOWN_S <= chat.clock.now - began < SHUTDOWN_S + 1


class Ticking:
    """A clock that goes on whenever somebody looks at it, but not for ever."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now + 60.0

    def __call__(self) -> float:
        self._clock.now += 0.01
        assert self._clock.now < self._last, "it never ends"
        return self._clock.now


def broken() -> list[Action]:
    raise ValueError("on purpose")


# --- new settings ---------------------------------------------------------------------------------


def test_new_settings_take_effect_at_once() -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        new = replace(chat.server.config, greeting="hello", echo=True, join_notices=True)
        assert chat.server.reconfigure(new) == []
        assert chat.server.config == new
        ben = chat.connect()
        ben.expect("hello")
        ben.send("LOGIN Ben")
        ben.expect("OK")
        ann.send("MSG hi")
        ann.expect("INFO Ben joined the chat", "MSG Ann hi")


def test_new_limits_take_effect_at_once() -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        new = replace(chat.server.config, max_clients=1, rate_limit=Rate(1, 1.0), idle_timeout=10.0)
        assert chat.server.reconfigure(new) == []
        chat.connect().expect_end("ERR server-full")
        ann.send("MSG one", "MSG two")
        ben.expect("MSG Ann one")
        ann.expect("INFO slow-down")
        chat.time_flies = True
        ben.expect("MSG Ann two")


def test_a_rate_limit_may_be_turned_off_and_on() -> None:
    with Stepped() as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        chat.server.reconfigure(replace(chat.server.config, rate_limit=UNLIMITED))
        ann.send(*["MSG hello"] * 100)
        ben.expect(*["MSG Ann hello"] * 100)
        chat.server.reconfigure(replace(chat.server.config, rate_limit=Rate(2, 1.0)))
        ann.send(*["MSG hello"] * 3)
        ben.expect(*["MSG Ann hello"] * 2)
        ann.expect("INFO slow-down")


def test_where_it_listens_waits_for_a_restart() -> None:
    with Stepped() as chat:
        before = chat.server.addresses
        new = Config(
            host="0.0.0.0",
            port=1,
            listen=(Listen("line", (HOST, 2)),),
            unix="/nowhere/chat.sock",
            log_format="json",
            echo=True,
        )
        waits = chat.server.reconfigure(new)
        assert waits == ["host", "port", "listen", "unix", "log-format"]
        assert chat.server.addresses == before
        assert chat.server.config == replace(Config(port=0), echo=True)
        assert chat.server.reconfigure(new) == waits  # it still does
        chat.log_in("Ann").expect_nothing()
