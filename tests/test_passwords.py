"""Passwords: what is kept of them, and how people use them; and that they get nowhere else."""

from __future__ import annotations

import logging
import threading
import time
import unicodedata
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.parsing import Rate
from chat.passwords import COST, MEMORY_MAX_BYTES, Cost, hash_password, is_password
from tests.chatting import DEADLINE_S, Client, Stepped, Threaded
from tests.programs import running_server

CHEAP = Cost(2, 1, 1)
MEDIUM = Cost(2**12, 8, 1)  # some ten milliseconds
SECRET = "correct horse battery"
OTHER = "staple it all together"
# As they come over a wire. (HMAC, inside of scrypt, takes no notice of NULs at the end.)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]))
SALT = b64encode(b"0123456789abcdef").decode()

# --- what is kept ---------------------------------------------------------------------------------


@given(TEXTS, TEXTS)
def test_a_password_is_itself_and_no_other(password: str, other: str) -> None:
    kept = hash_password(password, CHEAP)
    assert is_password(password, kept)
    assert is_password(other, kept) == (
        unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", password)
    )


def test_half_a_character_is_one_too() -> None:
    """As a program in process may give us."""
    kept = hash_password(SECRET + "\ud83d", CHEAP)
    assert is_password(SECRET + "\ud83d", kept)
    assert not is_password(SECRET + "\ud83e", kept)


def test_it_is_kept_as_rfc_7914_has_it() -> None:
    """The RFC's third test vector, cut to our length, as the text that we keep."""
    salt = b64encode(b"SodiumChloride").decode()
    vector = bytes.fromhex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    kept = f"scrypt$16384$8$1${salt}${b64encode(vector).decode()}"
    assert is_password("pleaseletmein", kept)
    assert not is_password("pleaseletmeout", kept)


def test_the_usual_cost() -> None:
    kept = hash_password(SECRET)
    assert kept.startswith("scrypt$16384$8$5$")
    assert SECRET not in kept
    assert is_password(SECRET, kept)
    assert 128 * COST.n * COST.r <= 16 * 1024 * 1024


def test_the_salt_is_another_one_each_time() -> None:
    assert hash_password(SECRET, CHEAP) != hash_password(SECRET, CHEAP)


def test_what_was_kept_at_another_cost_is_as_good() -> None:
    for cost in (CHEAP, Cost(16, 8, 1), Cost(4, 2, 3)):
        kept = hash_password(SECRET, cost)
        assert is_password(SECRET, kept)
        assert not is_password(OTHER, kept)


def test_the_same_letters_from_another_keyboard() -> None:
    together, apart = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert together != apart
    assert is_password(apart, hash_password(together, CHEAP))
    assert is_password(together, hash_password(apart, CHEAP))


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plain text",
        "$$$$$",
        f"bcrypt$2$1$1${SALT}${SALT}",
        f"scrypt$2$1${SALT}${SALT}",
        f"scrypt$2$1$1$1${SALT}${SALT}",
        f"scrypt$two$1$1${SALT}${SALT}",
        f"scrypt$3$1$1${SALT}${SALT}",
        f"scrypt$0$1$1${SALT}${SALT}",
        f"scrypt$-2$1$1${SALT}${SALT}",
        f"scrypt$2$0$1${SALT}${SALT}",
        f"scrypt$2$1$0${SALT}${SALT}",
        f"scrypt${2**80}$8$1${SALT}${SALT}",
        f"scrypt$2${2**80}$1${SALT}${SALT}",
        f"scrypt$2$1$1$x${SALT}",
        f"scrypt$2$1$1${SALT}$\u00e9",
    ],
)
def test_what_we_have_not_kept(kept: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever says so
        is_password(SECRET, kept)


def test_a_hash_cannot_ask_for_all_the_memory() -> None:
    """Whoever wrote that into the store does not bring the server down."""
    n = MEMORY_MAX_BYTES // (128 * 8)
    with pytest.raises(ValueError, match="memory limit exceeded"):
        is_password(SECRET, f"scrypt${n}$8$1${SALT}${SALT}")


# --- over sockets ---------------------------------------------------------------------------------


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """For servers in this process, where it is not the hashing that is tested."""
    monkeypatch.setattr("chat.shell.hash_password", lambda password: hash_password(password, CHEAP))


@pytest.mark.usefixtures("cheap")
def test_a_name_of_ones_own_by_lines(tmp_path: Path) -> None:
    store = str(tmp_path / "chat.db")
    with Stepped(store=store) as chat:
        ann, ben = chat.connect(), chat.log_in("Ben")
        ann.send("REGISTER Ann short", f"REGISTER Ann {SECRET}", "MSG mine", "QUIT")
        ann.expect_end("ERR invalid-password", "OK", "BYE")
        ben.expect("MSG Ann mine", "INFO Ann disconnected")
    with Stepped(store=store) as chat:
        ben, ann = chat.log_in("Ben"), chat.connect()
        ben.send(f"REGISTER ann {OTHER}", f"LOGIN Bob {OTHER}", "NICK ANN")
        ben.expect("ERR password-required", "ERR not-registered", "ERR password-required")
        ann.send("LOGIN Ann", f"LOGIN Ann {OTHER}", f"LOGIN ann {SECRET}", "MSG me again")
        ann.expect("ERR password-required", "ERR wrong-password", "OK")
        ben.expect("MSG ann me again")


@pytest.mark.usefixtures("cheap")
def test_a_name_of_ones_own_by_slashes(tmp_path: Path) -> None:
    store = str(tmp_path / "chat.db")
    with Stepped(store=store) as chat:
        cleo = chat.connect()
        cleo.send("/join den", f"/register Cleo {SECRET}", "/users", "/quit")
        cleo.expect("Welcome to room den!", "Current users: guest1")
        cleo.expect("The name Cleo is yours now.", "You are now Cleo.")
        cleo.expect_end("Current users: Cleo", "Goodbye!")
    with Stepped(store=store) as chat:
        cleo = chat.connect()
        cleo.send("/nick Cleo", f"/login Cleo {OTHER}", f"/login Cleo {SECRET}", "/who")
        cleo.expect("Error: That name has a password.", "Error: That is not the password.")
        cleo.expect("You are now Cleo.", "Current users: Cleo")


@pytest.mark.usefixtures("cheap")
def test_another_password_for_ones_own_name() -> None:
    with Stepped() as chat:
        ann, again = chat.connect(), chat.connect()
        ann.send(f"REGISTER Ann {SECRET}", f"REGISTER Ann {OTHER}", "QUIT")
        ann.expect_end("OK", "OK", "BYE")
        again.send(f"LOGIN Ann {SECRET}", f"LOGIN Ann {OTHER}")
        again.expect("ERR wrong-password", "OK")


@pytest.mark.usefixtures("cheap")
def test_lines_behind_a_password_wait_for_it() -> None:
    """In order, the end as well: `printf ... | nc -N`."""
    with Stepped() as chat:
        ben, ann = chat.log_in("Ben"), chat.connect()
        ann.send(f"REGISTER Ann {SECRET}", "MSG one", "QUIT")
        ann.expect_end("OK", "BYE")
        ben.expect("MSG Ann one", "INFO Ann disconnected")
        pipe = chat.connect()
        pipe.send(f"LOGIN Ann {SECRET}", "MSG two")
        pipe.send_end()
        pipe.expect_end("OK")
        ben.expect("MSG Ann two", "INFO Ann disconnected")


@pytest.mark.usefixtures("cheap")
def test_who_leaves_while_a_password_is_checked() -> None:
    with Stepped() as chat:
        ben, ann = chat.log_in("Ben"), chat.connect()
        ann.send(f"REGISTER Ann {SECRET}")
        ann.reset()
        chat.until(lambda: len(chat.connections) == 1, "Ann to be gone")
        chat.until(lambda: not chat.server.core._jobs, "the hash")
        ben.send("WHO", "PING")
        ben.expect("USER Ben", "PONG")


@pytest.mark.usefixtures("cheap")
def test_passwords_can_only_be_tried_so_often() -> None:
    with Stepped(rate_limit=Rate(0, 0.0)) as chat:
        ann, eve = chat.connect(), chat.connect()
        ann.send(f"REGISTER Ann {SECRET}", "QUIT")
        ann.expect_end("OK", "BYE")
        eve.send(*[f"LOGIN Ann {OTHER}"] * 5, f"LOGIN Ann {SECRET}")
        eve.expect(*["ERR wrong-password"] * 5, "ERR rate-limited")
        chat.let_pass(10.1)
        eve.send(f"LOGIN Ann {SECRET}")
        eve.expect("OK")


def test_who_waits_for_a_password_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be many others before it. Silence begins with the answer."""
    hashing = threading.Event()

    def hash_in_turn(password: str) -> str:
        assert hashing.wait(DEADLINE_S)
        return hash_password(password, CHEAP)

    monkeypatch.setattr("chat.shell.hash_password", hash_in_turn)
    with Stepped(idle_timeout=10.0) as chat:
        ann = chat.connect()
        ann.send(f"REGISTER Ann {SECRET}")
        chat.until(lambda: chat.server.core._jobs, "the job")
        for _ in range(3):
            chat.let_pass(9.0)
        hashing.set()
        ann.expect("OK")
        for _ in range(2):
            chat.let_pass(10.1)
        ann.expect_end("INFO idle-timeout")


def test_a_job_that_fails_is_told_and_logged_without_the_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_password: str) -> str:
        raise MemoryError("no memory left")

    monkeypatch.setattr("chat.shell.hash_password", fail)
    with Stepped() as chat:
        ann = chat.connect()
        ann.send(f"REGISTER Ann {SECRET}", "LOGIN Ann")
        ann.expect("ERR try-again", "OK")
        logged = chat.errors.take()
        assert "no memory left" in logged
        assert SECRET not in logged


CROWD = 100


def let_them_try(chat: Threaded) -> None:
    """As often as they like."""
    limits = replace(
        chat.server.config.limits,
        attempts_per_account_burst=2 * CROWD,
        attempts_in_all_burst=2 * CROWD,
        attempts_per_address_burst=2 * CROWD,
    )
    now = time.time()
    chat.server._in_loop(chat.server.core.configure, limits, chat.server.config.settings, now)


def test_a_hundred_logins_while_others_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever talks does not wait for them."""
    monkeypatch.setattr("chat.shell.hash_password", lambda text: hash_password(text, MEDIUM))
    with Threaded(rate_limit=Rate(0, 0.0)) as chat:
        ann, ben, eve = chat.log_in("Ann"), chat.log_in("Ben"), chat.connect()
        let_them_try(chat)
        eve.send(f"REGISTER Eve {SECRET}")
        eve.expect("OK")
        eve.send("QUIT")
        ann.expect("INFO Eve disconnected")
        ben.expect("INFO Eve disconnected")
        crowd = [chat.connect() for _ in range(CROWD)]
        for client in crowd:
            client.send(f"LOGIN Eve {SECRET if client is crowd[-1] else OTHER}")
        ann.send("MSG meanwhile")
        ben.expect("MSG Ann meanwhile")
        waiting = chat.server._in_loop(lambda: len(chat.server.core._jobs))
        assert waiting > 0, "they were all done before anybody could say anything"
        answers = [client.read(1)[0] for client in crowd]
        assert answers == ["ERR wrong-password"] * (CROWD - 1) + ["OK"]


# --- nowhere else ---------------------------------------------------------------------------------


def use_passwords(by_lines: Client, by_slashes: Client, again: Client) -> None:
    """In every way, and some wrong ones."""
    by_lines.send(f"REGISTER Ann {SECRET}", f"LOGIN Ann {SECRET}", f"REGSTER Ann {SECRET}")
    by_lines.read(3)
    by_lines.send(f"LOGIN {SECRET}", SECRET, f"MSG ok then\x01{'x' * 9000}{SECRET}")
    by_lines.read(3)
    by_lines.send("QUIT")
    by_lines.read_rest()
    by_slashes.send(f"/register Cleo {SECRET}", f"/login Cleo {OTHER}", f"/lgoin {SECRET}")
    by_slashes.read(3)
    again.send(f"LOGIN Ann {OTHER}", f"LOGIN Ann {SECRET}")
    again.expect("ERR wrong-password", "OK")
    again.send("QUIT")
    again.read_rest()


def check_nowhere(text: str) -> None:
    for secret in (SECRET, OTHER, *SECRET.split(), *OTHER.split()[:1], "scrypt"):
        assert secret not in text


@pytest.mark.usefixtures("cheap")
def test_passwords_are_in_no_log(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    for name in ("chat", "reactor"):
        caplog.set_level(logging.DEBUG, name)
    with Stepped(store=str(tmp_path / "chat.db"), rate_limit=Rate(0, 0.0)) as chat:
        use_passwords(chat.connect(), chat.connect(), chat.connect())
    assert "registered" in caplog.text
    check_nowhere(caplog.text)


@pytest.mark.parametrize("blank", [" ", "\u3000"])
def test_passwords_are_not_in_the_log_of_a_bug(
    blank: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the line nor the command is in what is logged of it."""

    def fail(job: object, *_rest: object) -> None:
        raise RuntimeError(f"a bug with {job!r}")

    with Stepped() as chat:
        monkeypatch.setattr(chat.server.core._attempts, "check", fail)
        ann = chat.connect()
        ann.send(f"REGISTER{blank}Ann{blank}{SECRET}")
        ann.expect_lost()
        check_nowhere(chat.errors.take())
    check_nowhere(caplog.text)


def test_passwords_are_in_nothing_that_the_program_writes(tmp_path: Path) -> None:
    """Neither on stderr, at any level, nor in any of the store's files; while it runs, as after."""
    store = str(tmp_path / "chat.db")
    with running_server(
        *("0", "--store", store, "--log-level", "debug", "--rate-limit", "0")
    ) as server:
        use_passwords(server.connect(), server.connect(), server.connect())
        check_files(tmp_path)
        server.process.terminate()
        log = server.log.read_rest()
        assert "registered" in log
        check_nowhere(log)
    check_files(tmp_path)


def check_files(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.is_file()]
    data = b"".join([path.read_bytes() for path in files])
    assert b"scrypt$" in data
    for secret in (SECRET, OTHER):
        assert secret.encode() not in data
