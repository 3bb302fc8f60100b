"""The server with a store: history over a restart, a disk that is full, the order of a turn."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from chat import LocalUser
from chat.core import commands
from chat.core.errors import Refusal
from chat.core.events import Recalled, Said
from chat.durable import WAITING_MAX_BYTES
from chat.parsing import Rate
from chat.shell import TIDY_S
from chat.store import Store, StoreError
from tests.chatting import Stepped, Threaded
from tests.keeping import UNLIMITED, durable, full_disk, history, kept, shell_of, store_of
from tests.programs import Output, Program, start

PASSWORD = "open sesame"


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "chat.db")


def check_said_once(chat: Stepped, caplog: pytest.LogCaptureFixture) -> None:
    """That it began, and that it ended."""
    assert chat.errors.take() == "chat.db: disk full; nothing can be said until this is mended"
    assert [r.message for r in caplog.records].count("the store works again") == 1


# --- history --------------------------------------------------------------------------------------


def test_history_over_a_restart(path: str) -> None:
    """More of it than the server holds in memory."""
    texts = [f"message {number}" for number in range(70)]
    with durable(path) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        ann.send(*[f"MSG {text}" for text in texts])
        ben.expect(*[f"MSG Ann {text}" for text in texts])
        assert history(ben) == texts
        assert history(ben, count=3) == texts[-3:]
    with durable(path) as chat:
        ben, cleo = chat.log_in("Ben"), chat.connect()
        assert history(ben) == texts
        cleo.send("/join lobby", "/history 2")
        cleo.expect("Welcome to room lobby!", "Current users: Ben, guest1")
        assert [line.partition("] ")[2] for line in cleo.read(2)] == [
            f"Ann: {text}" for text in texts[-2:]
        ]
        cleo.send("and on")
        ben.expect("INFO guest1 joined lobby", "MSG guest1 and on")
        assert history(ben) == [*texts, "and on"]
        assert [seq for seq, _ in kept(chat)] == [*range(1, 72)]


def test_a_room_that_was_left_has_its_history_and_goes_on_counting(path: str) -> None:
    with durable(path) as chat:
        ann = chat.log_in("Ann")
        for _ in range(2):
            ann.send("JOIN den", "SAY den hello", "ME den waves", "LEAVE den")
            ann.expect("OK", "OK")
        ann.send("JOIN Den")
        ann.expect("OK")
        assert history(ann, "den") == ["hello", "/me waves"] * 2
        assert [seq for seq, _ in kept(chat, "den")] == [1, 2, 3, 4]


def test_who_asks_in_the_turn_of_a_message_is_told_of_it(path: str) -> None:
    with durable(path) as chat:
        ann, bot = chat.log_in("Ann"), chat.server.join("bot")
        ann.send("MSG one", "HISTORY lobby", "MSG two", "PING")
        first, second = ann.read(2)
        assert first.endswith("Ann one")
        assert second == "PONG"
        (answer,) = bot.ask(commands.Recall("lobby", 5))
        assert isinstance(answer, Recalled)
        assert [said.text for said in answer.messages if isinstance(said, Said)] == ["one", "two"]


# --- a full disk ----------------------------------------------------------------------------------


def test_a_full_disk(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who speaks is told; nobody hears it; all else goes on, in its order; and it ends."""
    caplog.set_level(logging.INFO, "chat")
    with durable(path) as chat:
        ann, ben, cleo = chat.log_in("Ann"), chat.log_in("Ben"), chat.connect()
        cleo.send("/join lobby", "before")
        cleo.expect("Welcome to room lobby!", "Current users: Ann, Ben, guest1")
        for client in (ann, ben):
            client.expect("INFO guest1 joined lobby", "MSG guest1 before")
        with full_disk(chat):
            for _ in range(3):
                ann.send("MSG lost", "DM Ben hi", "WHO", "MSG lost", "PING")
                ann.expect("ERR not-saved", "USER Ann", "USER Ben", "USER guest1")
                ann.expect("ERR not-saved", "PONG")
                ben.expect("DM Ann hi")
                cleo.send("lost")
                cleo.expect("Error: That could not be saved. Try again later.")
                chat.let_pass(TIDY_S)
            assert history(ben) == ["before"]
        ann.send("MSG again")
        ben.expect("MSG Ann again")
        cleo.expect("Ann: again")
        assert kept(chat) == [(1, "before"), (2, "again")]
        assert history(ben) == ["before", "again"]
        check_said_once(chat, caplog)
        chat.server.core.world.check_invariants()


def test_a_disk_that_is_really_full(path: str) -> None:
    """Some of it fits, some does not; and in a turn it is all or nothing."""
    with durable(path) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        store_of(chat)._db.execute("PRAGMA max_page_count = 20")
        long = "x" * 8000
        answers = []
        for number in range(20):
            ann.send(f"MSG {number} {long}", f"MSG {number} {long}", "PING")
            answers.append(ann.read(1)[0])
            if answers[-1] == "ERR not-saved":
                ann.expect("ERR not-saved", "PONG")
        assert set(answers) == {"PONG", "ERR not-saved"}
        heard = [f"{n} {long}" for n, answer in enumerate(answers) if answer == "PONG"] * 2
        heard.sort(key=lambda text: int(text.split()[0]))
        ben.expect(*[f"MSG Ann {text}" for text in heard])
        ben.expect_nothing()
        assert kept(chat) == [*enumerate(heard, 1)]
        assert "disk full" in chat.errors.take()


@pytest.mark.parametrize("goodbye", [["QUIT"], []], ids=["quits", "hangs up"])
def test_who_has_left_already_is_told_all_the_same(path: str, goodbye: list[str]) -> None:
    """`printf 'LOGIN a\\nMSG hi\\n' | nc -N` reads what became of it."""
    with durable(path) as chat:
        ben, pipe = chat.log_in("Ben"), chat.connect()
        with full_disk(chat):
            pipe.send("LOGIN pipe", "MSG lost", *goodbye)
            pipe.send_end()
            pipe.expect_end("OK", "ERR not-saved", *["BYE"] * len(goodbye))
        ben.expect("INFO pipe disconnected")
        ben.expect_nothing()
        chat.errors.take()


def test_what_cannot_be_saved_is_not_true(path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat")
    with durable(path) as chat:
        ann, ben = chat.connect(), chat.log_in("Ben")
        with full_disk(chat):
            ann.send(f"REGISTER Ann {PASSWORD}", "LOGIN Ann")
            ann.expect("ERR not-saved", "OK")
        ann.send(f"REGISTER Ann {PASSWORD}", "JOIN den")
        ann.expect("OK", "OK")
        ben.send("JOIN den")
        ben.expect("OK")
        ann.expect("INFO Ben joined den")
        with full_disk(chat):
            ann.send("BAN den Ben", "TOPIC den better", "LOCK den", "TOPIC den", "BANS den", "PING")
            ann.expect(*["ERR not-saved"] * 3, "TOPIC den", "PONG")
            ben.send("SAY den lost")
            ben.expect("ERR not-saved")
        ann.send("BAN den Ben")
        ann.expect("INFO Ben was banned from den by Ann", "OK")
        ben.expect("INFO Ben was banned from den by Ann")
        chat.errors.texts.sort()
        assert len(chat.errors.texts) == 2  # the disk was full twice
        chat.errors.texts.clear()
        chat.server.core.world.check_invariants()


def test_a_program_in_process_is_refused(path: str) -> None:
    with durable(path) as chat:
        bot, other = chat.server.join("bot"), chat.server.join("other")
        with full_disk(chat), pytest.raises(Refusal, match="not-saved"):
            bot.say("lost")
        chat.errors.take()
        assert other.next_event(timeout=0) is None
        bot.say("again")
        assert said_to(other) == ["again"]
        assert said_to(bot) == []
        assert kept(chat) == [(1, "again")]


def test_a_history_that_cannot_be_read(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks may try again; the log says why, in one line each time."""

    def refuse(*_arguments: object) -> None:
        raise StoreError("chat.db: damaged")

    with durable(path) as chat:
        chat.log_in("Ann").send("MSG one")
        chat.until(lambda: kept(chat), "the message")
    with durable(path) as chat:  # which has nothing in memory
        ann, bot = chat.log_in("Ann"), chat.server.join("bot")
        with monkeypatch.context() as patch:
            patch.setattr(store_of(chat), "recall", refuse)
            ann.send("HISTORY lobby 5", "PING")
            ann.expect("ERR try-again", "PONG")
            assert chat.errors.take() == "no history was read: chat.db: damaged"
            with pytest.raises(Refusal, match="try-again"):
                bot.ask(commands.Recall("lobby", 5))
            assert chat.errors.take() == "no history was read: chat.db: damaged"
        assert history(ann) == ["one"]


def test_a_bug_in_the_store_leaves_nobody_waiting(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with durable(path) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        with monkeypatch.context() as patch:
            patch.setattr(store_of(chat), "append", lambda _messages: 1 // 0)
            ann.send("MSG lost", "QUIT")
            ann.expect_end("ERR not-saved", "BYE")
        assert "ZeroDivisionError" in chat.errors.take()
        ben.expect("INFO Ann disconnected")
        ben.send("MSG on we go")
        chat.until(lambda: kept(chat), "the message")
        assert kept(chat) == [(1, "on we go")]


def said_to(user: LocalUser) -> list[str]:
    """The texts that a local user has heard."""
    heard = iter(lambda: user.next_event(timeout=0), None)
    return [event.text for event in heard if isinstance(event, Said)]


# --- the order of a turn --------------------------------------------------------------------------

SCRIPT = (
    *("MSG one", "DM Ben two", "JOIN den", "SAY den three", "WHO", "MSG four", "NICK Anna"),
    *("MSG five", "TOPIC den six", "LEAVE den", "ME lobby seven", "NICK Ben", "DM Anna eight"),
    *("JOIN attic", "SAY attic nine", "BAN attic Ben", "ROOMS", "MSG ten", "QUIT", "MSG never"),
)


def seen_in_one_turn(store: str) -> list[list[str]]:
    """What everyone sees when a line user does all there is to do in one packet."""
    with durable(store) as chat:
        ann, ben, cleo = chat.log_in("Ann"), chat.log_in("Ben"), chat.connect()
        cleo.send("/join den")
        cleo.expect("Welcome to room den!", "Current users: guest1")
        ben.send("JOIN den")
        ben.expect("OK")
        ann.send(*SCRIPT)
        seen = [ann.read_rest()]
        for client, goodbye in ((ben, "QUIT"), (cleo, "/quit")):
            client.send(goodbye)
            seen.append(client.read_rest())
        return seen


def test_the_order_of_a_turn(path: str) -> None:
    """That of the same server without a store."""
    ann, ben, cleo = seen_in_one_turn(path)
    assert [ann, ben, cleo] == seen_in_one_turn("")
    assert ann[-1] == "BYE"
    assert ben[:5] == [
        *("MSG Ann one", "DM Ann two", "INFO Ann joined den", "SAID den Ann three", "MSG Ann four")
    ]
    assert "Ann: three" in cleo


LINES = ("MSG {}", "DM Ben {}", "SAY den {}", "JOIN den", "LEAVE den", "NICK {}", "WHO", "PING")
SLASHES = ("{}", "/msg Ann {}", "/join den", "/join lobby", "/leave", "/nick {}", "/users")


def seen_by_chance(store: str, seed: int) -> list[list[str]]:
    """What two line users and a slash user see who do anything at all, many things a turn."""
    random = Random(seed)
    with durable(store) as chat:
        clients = [chat.log_in("Ann"), chat.log_in("Ben"), chat.connect()]
        clients[2].send("/join lobby")
        clients[2].read(2)
        for turn in range(5):
            for number, client in enumerate(clients):
                forms = random.choices(SLASHES if number == 2 else LINES, k=random.randrange(8))
                client.send(*[form.format(f"x{turn}{number}{n}") for n, form in enumerate(forms)])
                if random.random() < 0.5:
                    chat.turns(2)
            chat.turns(4)
        for client in clients:
            client.send_end()
            chat.turns(4)
        return [client.read_rest() for client in clients]


@pytest.mark.parametrize("seed", range(20))
def test_a_store_changes_nothing_of_what_is_seen(tmp_path: Path, seed: int) -> None:
    with_store = seen_by_chance(str(tmp_path / "chat.db"), seed)
    assert with_store == seen_by_chance("", seed)


def test_a_message_from_a_pipe(path: str) -> None:
    with durable(path) as chat:
        ben, pipe = chat.log_in("Ben"), chat.connect()
        pipe.send("LOGIN pipe", "MSG hi")
        pipe.send_end()
        pipe.expect_end("OK")
        ben.expect("MSG pipe hi", "INFO pipe disconnected")
        assert kept(chat) == [(1, "hi")]


def test_lines_that_wait_their_turn(path: str) -> None:
    with durable(path, rate_limit=Rate(3, 1.0)) as chat:
        ben, ann = chat.log_in("Ben"), chat.connect()
        ann.send("LOGIN Ann", *[f"MSG {number}" for number in range(9)], "QUIT")
        chat.time_flies = True
        ann.expect_end("OK", "INFO slow-down", "BYE")
        ben.expect(*[f"MSG Ann {number}" for number in range(9)], "INFO Ann disconnected")
        assert len(kept(chat)) == 9


def test_a_listener_who_is_lost_in_the_turn_of_a_message(path: str) -> None:
    with durable(path) as chat:
        ann, ben, eve = chat.log_in("Ann"), chat.log_in("Ben"), chat.log_in("Eve")
        eve.reset()
        ann.send("MSG hello")
        assert sorted(ben.read(2)) == ["INFO Eve disconnected", "MSG Ann hello"]
        ann.expect("INFO Eve disconnected")
        assert kept(chat) == [(1, "hello")]


def test_a_program_in_process_that_leaves_in_the_turn_of_a_message(path: str) -> None:
    """It hears what was said before, then the end; nothing is left of it in the room."""
    with durable(path) as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        ann.send("MSG hello")
        chat.server.reactor.call_soon(bot.leave)
        ann.expect("INFO bot disconnected")
        assert said_to(bot) == ["hello"]
        with pytest.raises(Refusal, match="not-logged-in"):
            bot.who()
        assert [audience.dialect for audience in shell_of(chat)._groups] == ["line"]


def test_a_program_in_process_that_speaks_in_the_turn_of_a_message(path: str) -> None:
    with durable(path) as chat:
        bot, ann, ben = chat.server.join("bot"), chat.log_in("Ann"), chat.log_in("Ben")
        ann.send("MSG first")
        chat.server.reactor.call_soon(bot.say, "second")
        ben.expect("MSG Ann first", "MSG bot second")
        ann.expect("MSG bot second")
        assert kept(chat) == [(1, "first"), (2, "second")]


def test_the_last_words_before_the_server_stops(path: str) -> None:
    with durable(path) as chat:
        bot, ann, ben = chat.server.join("bot"), chat.log_in("Ann"), chat.log_in("Ben")
        ann.send("MSG last words")
        chat.server.stop()
        ben.expect_end("MSG Ann last words", "INFO server-shutdown")
        ann.expect_end("INFO server-shutdown")
        assert [type(event).__name__ for event in bot] == ["Said", "ShutDown"]
        assert kept(chat) == [(1, "last words")]


def test_who_says_goodbye_as_the_server_stops_hears_no_more_than_that(path: str) -> None:
    with durable(path) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        ann.send("MSG last words", "QUIT")
        chat.server.stop()
        ann.expect_end("BYE")
        ben.expect_end("MSG Ann last words", "INFO Ann disconnected", "INFO server-shutdown")


def test_a_turns_messages_are_kept_together(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with durable(path) as chat:
        ann, ben = chat.log_in("Ann"), chat.log_in("Ben")
        sizes = []
        append = store_of(chat).append

        def counting(messages: list[tuple[str, Said]]) -> None:
            sizes.append(len(messages))
            append(messages)

        monkeypatch.setattr(store_of(chat), "append", counting)
        ann.send(*["MSG x"] * 100)
        ben.expect(*["MSG Ann x"] * 100)
        assert sizes == [100]


def test_answers_that_wait_for_a_commit_are_bounded(path: str) -> None:
    """As without a store: who does not read their answers gets no more of them."""
    with durable(path) as chat:
        asker = chat.log_in_slow_reader("Asker")
        asker.send("MSG first", *["HELP"] * 4_000)
        chat.turns(20)
        (connection,) = chat.connections
        assert connection.get_write_buffer_size() < 2 * WAITING_MAX_BYTES
        asker.send("QUIT")
        assert "\n".join(asker.read_rest()).count("INFO HELP") == 4_000


def test_in_a_thread(path: str) -> None:
    """In real time, with real workers."""
    with Threaded(store=path, rate_limit=UNLIMITED) as chat:
        bot, ann = chat.server.join("bot"), chat.log_in("Ann")
        ann.send(*[f"MSG {number}" for number in range(100)])
        heard = [event.text for event in islice(bot, 100) if isinstance(event, Said)]
        assert heard == [str(number) for number in range(100)]
        bot.say("thank you")
        ann.expect("MSG bot thank you")
        assert history(ann, count=101) == [*heard, "thank you"]
        bot.leave()
        ann.expect("INFO bot disconnected")


# --- a store that can't be had --------------------------------------------------------------------


def refused(path: Path) -> str:
    """What the real program says of a store."""
    with Program(start("0", "--store", str(path))) as program:
        assert program.process.stderr is not None
        said = Output(program.process.stderr.fileno()).read_rest()
        assert program.wait() == 2
    line, end = said.split("\n")
    assert not end
    return line.removeprefix(f"chat: {path}: ")


def test_stores_that_cannot_be_had(tmp_path: Path) -> None:
    garbage, newer = tmp_path / "garbage.db", tmp_path / "newer.db"
    garbage.write_bytes(b"not a database at all")
    Store(str(newer)).close()
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 99")
    strange = tmp_path / "strange.db"
    with closing(Store(str(strange))) as store:
        store.save([("account", "ann", '{"nickname": "Ann"}')])
    assert refused(strange).startswith("no such 'account' as 'ann' can be")
    assert refused(tmp_path / "none/chat.db") == "no such folder"
    assert refused(garbage) == "not a database"
    assert refused(newer).startswith("made by a newer server")
    assert refused(tmp_path) == "Is a directory"
    with closing(Store(str(tmp_path / "chat.db"))):
        assert refused(tmp_path / "chat.db") == "in use by another server"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write it all")
def test_a_store_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    Store(str(path)).close()
    path.chmod(0o400)
    assert refused(path) == "Permission denied"
