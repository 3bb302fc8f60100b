"""Users in this process: what they ask, what they hear, and how that ends."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import pytest

from chat import LOBBY, ChatServer, LocalUser, Refusal, local
from chat.core.commands import (
    Join,
    Kick,
    Mute,
    Nick,
    Ping,
    Quit,
    Register,
    Who,
)
from chat.core.events import (
    Disconnected,
    Event,
    Joined,
    Named,
    Ponged,
    Renamed,
    Said,
    ShutDown,
    Told,
)
from tests.chatting import DEADLINE_S, Stepped, Threaded


def heard(user: LocalUser) -> list[Event]:
    """All that a user has heard since they were last asked."""
    return list(iter(lambda: user.next_event(timeout=0), None))


def refused(ask: Callable[..., object], *arguments: object) -> str:
    """The code with which something is refused."""
    with pytest.raises(Refusal) as raised:
        ask(*arguments)
    return raised.value.code


def in_thread(work: Callable[[], object]) -> Future[object]:
    """Do something in a thread that nobody has to wait for."""
    done: Future[object] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done


# --- talking --------------------------------------------------------------------------------------


def test_local_users_and_those_on_the_wire_are_in_one_room() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        bot.say("hello from inside")
        ann.expect("MSG bot hello from inside")
        ann.send("MSG hello yourself")
        ann.expect_nothing()
        (event,) = heard(bot)
        assert isinstance(event, Said)
        assert (event.name, event.room, event.text) == ("Ann", LOBBY, "hello yourself")
        assert event.at == chat.clock.now


def test_local_users_hear_each_other_and_not_themselves() -> None:
    with Stepped() as chat:
        one, two = chat.server.join("one"), chat.server.join("two")
        one.say("hello", room="lobby")
        assert heard(one) == []
        assert [event.text for event in heard(two) if isinstance(event, Said)] == ["hello"]


def test_with_echo_they_hear_themselves() -> None:
    with Stepped(echo=True) as chat:
        bot = chat.server.join("bot")
        bot.say("hello")
        assert [type(event) for event in heard(bot)] == [Said]


def test_private_messages_both_ways() -> None:
    with Stepped() as chat:
        bot, ann, ben = chat.server.join("bot"), chat.log_in("Ann"), chat.log_in("Ben")
        bot.tell("ann", "psst")
        ann.expect("DM bot psst")
        ann.send("DM BOT what is it?")
        ann.expect_nothing()
        ben.expect_nothing()
        assert heard(bot) == [Told(bot.session, "Ann", chat.clock.now, "what is it?")]


def test_who_is_here() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        assert bot.who() == ("bot", "Ann")
        ann.send("WHO")
        ann.expect("USER bot", "USER Ann")


def test_any_command_and_its_answer() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        assert bot.ask(Ping()) == [Ponged()]
        assert bot.ask(Nick("robot")) == [Named("robot")]
        ann.expect("INFO bot is now robot")


def test_coming_going_and_changing_names_are_heard() -> None:
    with Stepped(join_notices=True) as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        ann.send("NICK Anna", "QUIT")
        ann.expect_end("OK", "BYE")
        assert [type(event) for event in heard(bot)] == [Joined, Renamed, Disconnected]


def test_others_are_told_when_a_local_user_joins_and_leaves() -> None:
    with Stepped(join_notices=True) as chat:
        ann = chat.log_in("Ann")
        bot = chat.server.join("bot")
        bot.leave()
        bot.leave()
        ann.expect("INFO bot joined the chat", "INFO bot disconnected")
        ann.expect_nothing()


def test_a_local_user_is_neither_idle_nor_too_fast() -> None:
    with Stepped(away_after=0) as chat:
        bot, other = chat.server.join("bot"), chat.server.join("other")
        chat.let_pass(100_000.0)
        for _ in range(500):
            bot.say("hello")
        assert len(heard(other)) == 500


# --- refusals -------------------------------------------------------------------------------------


def test_a_name_is_taken_on_either_side() -> None:
    with Stepped() as chat:
        chat.server.join("bot")
        ann = chat.log_in("Ann")
        assert refused(chat.server.join, "bot") == "username-taken"
        assert refused(chat.server.join, "ANN") == "username-taken"
        other = chat.connect()
        other.send("LOGIN Bot")
        other.expect("ERR username-taken")
        ann.expect_nothing()


def test_whoever_was_refused_is_not_there() -> None:
    with Stepped(greeting="hello", max_clients=2) as chat:
        ann = chat.connect()
        ann.send("LOGIN Ann")
        ann.expect("hello", "OK")
        for _ in range(5):
            assert refused(chat.server.join, "not a name") == "invalid-username"
        bot = chat.server.join("bot")
        assert bot.who() == ("Ann", "bot")
        assert refused(chat.server.join, "late") == "server-full"
        bot.leave()
        chat.server.join("late")
        ann.expect("INFO bot disconnected")


def test_what_can_not_be_done_is_raised() -> None:
    with Stepped() as chat:
        bot = chat.server.join("bot")
        assert refused(bot.say, " \t ") == "empty-message"
        assert refused(bot.say, "x" * 8193) == "text-too-long"
        assert refused(bot.say, "hello", "nowhere") == "no-such-room"
        assert refused(bot.tell, "nobody", "hello") == "no-such-user"
        assert refused(bot.ask, Nick("")) == "invalid-username"


def test_what_is_of_the_wrong_type_is_no_command() -> None:
    with Stepped() as chat:
        bot = chat.server.join("bot")
        with pytest.raises(TypeError, match=r"^Say.text: bytes instead of str$"):
            bot.say(b"hi")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^no command: <class "):
            bot.ask(Who)  # type: ignore[arg-type]
        assert heard(bot) == []


def test_a_bot_operates_the_rooms_that_it_makes_and_hears_on_when_it_is_muted() -> None:
    with Stepped() as chat:
        host, bot = chat.server.join("host"), chat.server.join("bot")
        host.ask(Join("tea"))
        bot.ask(Join("tea"))
        assert refused(bot.ask, Kick("tea", "host")) == "not-allowed"
        host.ask(Mute("tea", "bot"))
        assert refused(bot.say, "hello", "tea") == "muted"
        heard(bot)
        host.say("hello", "tea")
        assert [type(event) for event in heard(bot)] == [Said]
        host.ask(Kick("tea", "bot"))
        assert refused(bot.say, "hello", "tea") == "not-in-room"


def test_a_name_that_is_no_text_leaves_nobody_behind() -> None:
    with Stepped() as chat:
        with pytest.raises(TypeError, match=r"^Login.name: int instead of str$"):
            chat.server.join(5)  # type: ignore[arg-type]
        assert chat.server.join("bot").who() == ("bot",)
        assert len(chat.server.core._delivery.sessions) == 1


def test_a_password_that_is_not_hashed_is_registered_by_nobody() -> None:
    with Stepped() as chat:
        bot = chat.server.join("bot")
        assert refused(bot.ask, Register("bot", "correct horse")) == "not-allowed"


def test_control_characters_do_not_pass() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        bot.say("two\nMSG lines\x1b[2J\udcff!")
        ann.expect("MSG bot two MSG lines[2J!")
        ann.expect_nothing()


# --- the end --------------------------------------------------------------------------------------


def test_leaving_ends_the_events() -> None:
    with Stepped() as chat:
        bot, other = chat.server.join("bot"), chat.server.join("other")
        other.say("before")
        bot.leave()
        other.say("after")
        assert [event.text for event in bot if isinstance(event, Said)] == ["before"]
        assert list(bot) == []
        assert bot.next_event() is None
        assert refused(bot.say, "I am not here") == "not-logged-in"
        assert [type(event) for event in heard(other)] == [Disconnected]


def test_quitting_is_leaving() -> None:
    with Stepped() as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        bot.ask(Quit())
        assert list(bot) == []
        bot.leave()
        ann.expect("INFO bot disconnected")
        ann.expect_nothing()
        chat.server.join("bot")


def test_the_end_of_the_server_ends_the_events() -> None:
    with Threaded() as chat:
        bot = chat.server.join("bot")
        listening = in_thread(lambda: list(bot))
        chat.server.join("other").say("hello")
    events = listening.result(DEADLINE_S)
    assert isinstance(events, list)
    assert [type(event) for event in events] == [Said, ShutDown]
    assert bot.next_event() is None


def test_closing_a_stepped_server_ends_the_events() -> None:
    with Stepped() as chat:
        bot = chat.server.join("bot")
        chat.server.close()
        assert list(bot) == [ShutDown()]
        assert list(bot) == []


def test_after_the_end_of_the_server() -> None:
    with Threaded() as chat:
        bot = chat.server.join("bot")
    for ask in (bot.who, lambda: bot.say("hello"), lambda: chat.server.join("late")):
        with pytest.raises(RuntimeError, match="stopped"):
            ask()
    bot.leave()


def test_a_local_user_who_does_not_listen_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "EVENTS_MAX", 5)
    with Stepped() as chat:
        deaf, bot, ann = chat.server.join("deaf"), chat.server.join("bot"), chat.log_in("Ann")
        hears = []
        for number in range(10):
            ann.send(f"MSG {number}")
            chat.until(bot._events.qsize, "the message")
            hears += heard(bot)
        ann.expect("INFO deaf disconnected")
        assert len(hears) == 11
        assert [event.text for event in deaf if isinstance(event, Said)] == list("01234")
        assert refused(deaf.say, "what?") == "not-logged-in"
        assert bot.who() == ("bot", "Ann")


# --- threads --------------------------------------------------------------------------------------


def test_many_threads_talk_at_once() -> None:
    with Threaded() as chat:
        ann = chat.log_in("Ann")

        def talk(number: int) -> None:
            user = chat.server.join(f"n{number}")
            for count in range(25):
                user.say(f"{count}")
            user.leave()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(talk, range(8)))
        lines = ann.read(8 * 26)
        for number in range(8):
            theirs = [line for line in lines if f" n{number} " in line]
            said = [f"MSG n{number} {count}" for count in range(25)]
            assert theirs == [*said, f"INFO n{number} disconnected"]
        ann.expect_nothing()


@pytest.mark.usefixtures("busy_threads")
def test_many_threads_talk_at_once_before_anybody_runs_the_loop() -> None:
    """Whoever asks does it, but no two of them at the same time."""
    server = ChatServer(port=0)
    with closing(server):
        ann = server.join("Ann")

        def talk(number: int) -> None:
            user = server.join(f"n{number}")
            for count in range(25):
                user.say(f"{count}")
            user.leave()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(talk, range(8)))
        said = [event for event in heard(ann) if isinstance(event, Said)]
        assert [event.seq for event in said] == [*range(1, 8 * 25 + 1)]
        server.core.world.check_invariants()


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """They take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_waiting_for_an_event_from_another_thread() -> None:
    with Threaded() as chat:
        bot = chat.server.join("bot")
        assert bot.next_event(timeout=0) is None
        assert bot.next_event(timeout=0.001) is None
        waiting = in_thread(bot.next_event)
        chat.server.join("other").say("hello")
        assert isinstance(waiting.result(DEADLINE_S), Said)


def test_a_refusal_is_raised_in_the_thread_that_asked() -> None:
    with Threaded() as chat:
        bot = chat.server.join("bot")
        assert refused(chat.server.join, "bot") == "username-taken"
        assert refused(bot.say, "") == "empty-message"
        bot.say("and goes on")


def test_other_threads_wait_for_a_stepped_server_to_be_stepped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They must not get in between: what they ask is done in the thread that steps."""
    with Stepped() as chat:
        ann = chat.log_in("Ann")
        joining = in_thread(lambda: chat.server.join("bot"))
        chat.until(joining.done, "a turn that had the other thread's user join")
        bot = joining.result()
        assert isinstance(bot, LocalUser)
        ran_in: list[int] = []
        monkeypatch.setattr(chat.server.core, "submit", note_thread(chat.server, ran_in))
        saying = in_thread(lambda: bot.say("hello from the thread"))
        chat.until(saying.done, "a turn that had it talk")
        ann.expect("MSG bot hello from the thread")
        assert ran_in == [threading.get_ident()]


def test_who_was_about_to_join_a_server_that_ends_is_not_left_waiting() -> None:
    with Stepped() as chat:
        chat.turns()
        listening = in_thread(lambda: list(chat.server.join("late")))
        chat.until(lambda: chat.server.reactor.timeout() == 0 or listening.done(), "the request")
        chat.server.close()
        try:
            listening.result(DEADLINE_S)
        except (RuntimeError, Refusal) as error:
            assert re.search("stopped|shutting-down", str(error))  # noqa: PT017 - which of the two comes first is open


def note_thread(server: ChatServer, ran_in: list[int]) -> Callable[..., object]:
    """The core's `submit`, with a note of the thread that it runs in."""
    submit: Callable[..., object] = server.core.submit

    def noting(*arguments: object) -> object:
        ran_in.append(threading.get_ident())
        return submit(*arguments)

    return noting
