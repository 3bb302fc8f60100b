"""What the server bears: a full house, silence, floods, slow readers, a crowd. In virtual time."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chat import LocalUser
from chat.core.events import Said
from chat.parsing import Rate
from chat.shell import TIDY_S
from reactor import ConnectionLimits
from tests.chatting import Client, Stepped, Threaded

UNLIMITED = Rate(0, 0.0)
PAGE = [f"line {number} of a page" for number in range(200)]
CROWD = 1000
MEBIBYTE = 1 << 20


def texts(bot: LocalUser) -> list[str]:
    """What a local user has heard since they were last asked, in short."""
    heard = iter(lambda: bot.next_event(timeout=0), None)
    return [
        event.text if isinstance(event, Said) else f"({type(event).__name__})" for event in heard
    ]


# --- a full house ---------------------------------------------------------------------------------


def test_one_too_many_is_told_and_sent_away() -> None:
    with Stepped(max_clients=2) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        late = chat.connect()
        late.expect_end("ERR server-full")
        late.hang_up()
        ben.hang_up()
        ann.expect("INFO Ben disconnected")
        chat.log_in("Eve").expect_nothing()
        ann.expect_nothing()


def test_who_is_too_many_is_not_heard() -> None:
    with Stepped(max_clients=1) as chat:
        ann = chat.log_in("Ann")
        late = chat.connect()
        late.send("LOGIN Late", "MSG let me in")
        late.expect_end("ERR server-full")
        ann.expect_nothing()
        ann.send("WHO")
        ann.expect("USER Ann")


def test_local_users_take_up_room_too() -> None:
    with Stepped(max_clients=1) as chat:
        chat.server.join("bot")
        chat.connect().expect_end("ERR server-full")


# --- silence --------------------------------------------------------------------------------------


def test_silence_is_ended_and_the_others_are_told() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        chat.let_pass(59.9)
        assert len(chat.connections) == 1
        chat.let_pass(0.2)
        ann.expect_end("INFO idle-timeout")
        assert bot.who() == ("bot",)


def test_who_never_logs_in_is_sent_away_as_well() -> None:
    with Stepped(idle_timeout=10.0) as chat:
        silent = chat.connect()
        chat.until(lambda: chat.connections, "the connection")
        chat.let_pass(10.1)
        silent.expect_end("INFO idle-timeout")


@pytest.mark.parametrize("input_", [b"PING\n", b"\n", b"half a li", b"\xff\xf1"])
def test_whatever_comes_in_ends_the_silence(input_: bytes) -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        for _ in range(3):
            chat.let_pass(50.0)
            ann.send_bytes(input_)
            chat.until(lambda: chat.connections[0].heard_at >= chat.clock.now, "the input")
        chat.let_pass(59.9)
        assert len(chat.connections) == 1
        chat.let_pass(0.2)
        ann.expect_lost()


def test_hearing_others_is_silence_all_the_same() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        for _ in range(7):
            chat.let_pass(9.0)
            bot.say("still there?")
        ann.expect_end(*["MSG bot still there?"] * 6, "INFO idle-timeout")


@pytest.mark.parametrize("store", ["", "chat.db"])
def test_who_is_silent_for_long_is_shown_as_away(store: str, tmp_path: Path) -> None:
    with Stepped(store=store and str(tmp_path / store), idle_timeout=0.0, away_after=20) as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        chat.let_pass(15.0)
        bot.who()
        chat.let_pass(10.0)
        assert texts(bot) == ["(StatusChanged)"]
        ann.send("PING")
        ann.expect("PONG")
        bot.who()
        chat.let_pass(10.0)
        assert texts(bot) == ["(StatusChanged)"]
        chat.server.reconfigure(replace(chat.server.config, away_after=0))
        chat.let_pass(1000.0)
        assert texts(bot) == []


def test_where_nobody_is_nothing_wakes_the_server() -> None:
    with Stepped() as chat:
        chat.turns()
        assert chat.server.timeout() is None
        for _ in range(2):
            bot = chat.server.join("bot")
            chat.let_pass(100.0)
            assert chat.server.timeout() is not None
            bot.leave()
            chat.let_pass(TIDY_S)  # the last look around
            assert chat.server.timeout() is None


def test_each_is_timed_out_alone_and_in_the_order_in_which_they_came() -> None:
    with Stepped(idle_timeout=10.0) as chat:
        clients = [chat.log_in(name) for name in ("a", "b", "c", "d")]
        chat.let_pass(5.0)
        clients[1].send("PING")
        clients[1].expect("PONG")
        chat.let_pass(5.1)
        clients[1].expect(*[f"INFO {name} disconnected" for name in ("a", "c", "d")])
        chat.let_pass(4.8)
        assert len(chat.connections) == 1
        chat.let_pass(0.2)
        clients[1].expect_end("INFO idle-timeout")


def test_no_idle_timeout() -> None:
    with Stepped(idle_timeout=0.0) as chat:
        ann = chat.log_in("Ann")
        chat.let_pass(1e9)
        ann.expect_nothing()


def test_lines_that_wait_their_turn_are_no_silence() -> None:
    """At one line a second a page takes longer than anyone may be silent. Silence begins behind it,
    not where the page was pasted."""
    with Stepped(idle_timeout=5.0, rate_limit=Rate(2, 1.0)) as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        ann.send(*[f"MSG {text}" for text in PAGE[:30]])
        began = chat.clock.now
        chat.time_flies = True
        ann.expect_end("INFO slow-down", "INFO idle-timeout")
        assert chat.clock.now - began == pytest.approx(29 + 5, abs=0.5)
        assert texts(bot) == [*PAGE[:30], "(Disconnected)"]


def test_a_timeout_may_change_while_people_are_silent() -> None:
    with Stepped(idle_timeout=60.0) as chat:
        ann = chat.log_in("Ann")
        chat.server.reconfigure(replace(chat.server.config, idle_timeout=0.0))
        for _ in range(100):
            chat.let_pass(60.0)
        assert len(chat.connections) == 1
        chat.server.reconfigure(replace(chat.server.config, idle_timeout=10.0))
        chat.turns()
        ann.expect_end("INFO idle-timeout")


def test_a_timeout_that_is_turned_on_is_everyones() -> None:
    with Stepped(idle_timeout=0.0) as chat:
        ann = chat.log_in("Ann")
        chat.server.reconfigure(replace(chat.server.config, idle_timeout=10.0))
        chat.let_pass(9.9)
        assert len(chat.connections) == 1
        chat.let_pass(0.2)
        ann.expect_end("INFO idle-timeout")


@pytest.mark.parametrize("idle_timeout", [30 * 86_400.0, 1e300])
def test_a_wait_may_be_longer_than_the_system_can_count(idle_timeout: float) -> None:
    """`epoll` counts milliseconds in 31 bits: 24.8 days."""
    with Threaded(idle_timeout=idle_timeout) as chat:
        ann = chat.log_in("Ann")
        ann.expect_nothing()


# --- floods ---------------------------------------------------------------------------------------


def test_a_pasted_page_arrives_whole_and_in_order() -> None:
    with Stepped() as chat:
        ann, ben, eve = chat.log_in("Ann"), chat.log_in("Ben"), chat.log_in("Eve")
        ann.send(*[f"MSG {text}" for text in PAGE])
        ben.expect(*[f"MSG Ann {text}" for text in PAGE[:19]])  # a burst of 20, with LOGIN
        eve.send("MSG are you copying a book?")
        ben.expect("MSG Eve are you copying a book?")  # at once: only who floods has to wait
        began = chat.clock.now
        chat.time_flies = True
        ben.expect(*[f"MSG Ann {text}" for text in PAGE[19:]])
        assert chat.clock.now - began == pytest.approx(18.1, abs=0.5)
        ann.expect("INFO slow-down", "MSG Eve are you copying a book?")
        ann.expect_nothing()
        ben.expect_nothing()


def test_who_has_slowed_down_may_paste_again_and_is_told_again() -> None:
    with Stepped(rate_limit=Rate(5, 1.0), idle_timeout=0.0) as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        for _ in range(2):
            chat.let_pass(60.0)
            ann.send(*["MSG again"] * 7)
            ann.expect("INFO slow-down")
        chat.time_flies = True
        ann.expect_nothing()
        assert texts(bot) == ["again"] * 14


def test_a_page_from_a_pipe_arrives_before_its_sender_has_left() -> None:
    with Stepped() as chat:
        bot, pipe = chat.server.join("bot"), chat.connect()
        pipe.send("LOGIN pipe", *[f"MSG {text}" for text in PAGE])
        pipe.send_end()
        chat.time_flies = True
        pipe.expect_end("OK", "INFO slow-down")
        assert texts(bot) == [*PAGE, "(Disconnected)"]


def test_no_rate_limit() -> None:
    with Stepped(rate_limit=UNLIMITED) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        ann.send(*[f"MSG {text}" for text in PAGE * 5])
        ben.expect(*[f"MSG Ann {text}" for text in PAGE * 5])
        ann.expect_nothing()


def test_lines_that_are_too_long_make_those_behind_them_wait() -> None:
    with Stepped(rate_limit=Rate(3, 1.0)) as chat:
        ann = chat.log_in("Ann")
        ann.send("x" * 9000, "y" * 9000, "z" * 9000, "PING")
        ann.expect(*["ERR line-too-long"] * 3, "INFO slow-down")
        chat.let_pass(1.9)
        ann.send("PING")
        chat.let_pass(0.2)
        ann.expect("PONG")


# --- slow readers ---------------------------------------------------------------------------------


def test_who_does_not_read_is_dropped_and_the_others_are_told() -> None:
    with Stepped(rate_limit=UNLIMITED) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        slow = chat.log_in_slow_reader("Slow")
        most = speak_until(chat, ann, ben, slow)
        assert most < 2 * ConnectionLimits().output_max_bytes
        ann.expect("INFO Slow disconnected")
        ann.expect_nothing()
        chat.log_in("Slow").expect_nothing()


def test_a_slow_reader_who_catches_up_has_missed_nothing() -> None:
    with Stepped(rate_limit=UNLIMITED) as chat:
        ann, slow = chat.log_in("Ann"), chat.log_in_slow_reader("Slow")
        said = [f"{number} " + "x" * 4000 for number in range(200)]
        for text in said:
            ann.send(f"MSG {text}")
            chat.turns(1)
        slow.expect(*[f"MSG Ann {text}" for text in said])
        slow.send("MSG sorry")
        ann.expect("MSG Slow sorry")


def test_who_does_not_read_their_own_answers_gets_no_more_of_them() -> None:
    """They are not dropped, but nothing is read from them until they have read."""
    with Stepped(rate_limit=UNLIMITED, idle_timeout=0.0) as chat:
        asker = chat.log_in_slow_reader("Asker")
        asker.send(*["HELP"] * 1_000)
        chat.turns(100)
        (connection,) = chat.connections
        high_water = ConnectionLimits().high_water_bytes
        assert high_water // 2 < connection.get_write_buffer_size() < 2 * high_water
        asker.send("QUIT")
        answers = "\n".join(asker.read_rest())
        assert answers.count("INFO HELP") == 1_000
        assert answers.endswith("BYE")


def speak_until(chat: Stepped, speaker: Client, reader: Client, slow: Client) -> int:
    """Speak until the slow one is dropped. Returns the most that was kept for anyone, in bytes."""
    line = "x" * 8000
    most = 0
    for _ in range(64 * MEBIBYTE // len(line)):
        speaker.send(f"MSG {line}")
        (heard,) = reader.read(1)
        if heard == "INFO Slow disconnected":
            slow.expect_lost()
            return most
        assert heard == f"MSG Ann {line}"
        most = max(most, *[one.get_write_buffer_size() for one in chat.connections])
    raise AssertionError("was never dropped")


# --- a crowd --------------------------------------------------------------------------------------


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """A crowd takes two each, as both ends are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * CROWD + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"a process may have only {hard} descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_who_say_nothing_disturb_nobody() -> None:
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        silent = [chat.connect() for _ in range(CROWD)]
        ben = chat.log_in("Ben")
        assert len(chat.connections) == CROWD + 2
        ann.send("MSG hello")
        ben.expect("MSG Ann hello")
        ben.send("MSG hello, hello")
        ann.expect("MSG Ben hello, hello")
        silent[0].expect_nothing()
        silent[-1].expect_nothing()
        for someone in silent:
            someone.hang_up()
        chat.until(lambda: len(chat.connections) == 2, "the others to be gone")
        ann.expect_nothing()
