"""Signals: INT and TERM end the server in order, HUP has it read its settings again
or, in a terminal, ends it, too."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat import ChatServer
from chat.serve import _handle_signals
from chat.server import SHUTDOWN_S
from tests.chatting import CERT, DEADLINE_S, HOST, KEY, OTHER_CERT, OTHER_KEY, Client, trusting
from tests.programs import Server, running_server, start, wait_for_data

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no signals here")


def test_who_embeds_it_may_close_it_from_a_handler_of_their_own() -> None:
    """In the middle of waiting for something to happen."""
    server = ChatServer(port=0)
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: server.close())
    later = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        server.reactor.call_soon(later.start)
        server.serve_forever()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert server.stopped


def test_a_signal_ends_the_wait_whichever_thread_gets_it() -> None:
    """See `Wakeup.wake_on_signals`."""
    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    before = {number: signal.getsignal(number) for number in numbers}
    server = ChatServer(port=0)
    try:
        _handle_signals(server, None, {})
        assert signal.set_wakeup_fd(-1) == server.reactor._wakeup._writer.fileno()
    finally:
        server.close()
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_is_told_and_orderly(number: signal.Signals) -> None:
    with running_server("0") as server:
        ann, silent = server.log_in("Ann"), server.connect()
        server.signal(number)
        for client in (ann, silent):
            client.expect_end("INFO server-shutdown")
            client.hang_up()
        assert server.wait() == 0
        log = server.log.read_rest()
        assert log.count("s: shutdown\n") == 2
        assert "Traceback" not in log


def test_an_empty_server_ends_at_once() -> None:
    with running_server("0") as server:
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert server.log.read_rest() == ""


@contextmanager
def server_with_one_who_never_reads(path: Path) -> Iterator[Server]:
    """More is due to them than the system takes: a Unix socket's buffer does not grow."""
    with running_server("0", "--rate-limit", "0", "--unix", str(path)) as server:
        server.read_address()
        ann, ben = server.log_in("Ann"), server.log_in("Ben")
        slow = Client(str(path), wait_for_data)
        slow.send("LOGIN Slow")
        slow.expect("OK")
        ann.send(*["MSG " + "x" * 8000] * 100)
        ben.expect(*["MSG Ann " + "x" * 8000] * 100)
        ann.hang_up()
        ben.hang_up()
        yield server
        slow.hang_up()


def test_who_never_reads_does_not_keep_it_up_for_long(tmp_path: Path) -> None:
    """Nor do several signals, when they come from two programs."""
    with server_with_one_who_never_reads(tmp_path / "chat.sock") as server:
        began = time.monotonic()
        server.signal(signal.SIGINT)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert SHUTDOWN_S - 1 < time.monotonic() - began < SHUTDOWN_S + 3


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_who_presses_ctrl_c_again_waits_no_longer(first: signal.Signals, tmp_path: Path) -> None:
    with server_with_one_who_never_reads(tmp_path / "chat.sock") as server:
        witness = server.log_in("Eve")
        began = time.monotonic()
        server.signal(first)
        witness.expect_end("INFO server-shutdown")
        witness.hang_up()
        server.signal(signal.SIGINT)
        assert server.wait() == 0
        assert time.monotonic() - began < SHUTDOWN_S - 1
        assert "Traceback" not in server.log.read_rest()


@contextmanager
def a_terminal() -> Iterator[int]:
    """One end of it; there is somebody at the other until the end of the `with`."""
    keyboard, screen = os.openpty()
    try:
        yield screen
    finally:
        os.close(screen)
        os.close(keyboard)


def test_a_terminal_that_is_closed_ends_what_was_started_there() -> None:
    with a_terminal() as terminal, running_server("0", stdin=terminal) as server:
        ann = server.log_in("Ann")
        server.signal(signal.SIGHUP)
        ann.expect_end("INFO server-shutdown")
        ann.hang_up()
        assert server.wait() == 0
        assert "reloaded" not in server.log.read_rest()


def test_the_port_is_free_again_at_once() -> None:
    with running_server("0") as server:
        ann = server.log_in("Ann")
        server.signal(signal.SIGTERM)
        ann.expect_end("INFO server-shutdown")
        ann.hang_up()
        assert server.wait() == 0
        with running_server(str(server.port)) as again:
            again.log_in("Ann").hang_up()


@pytest.mark.parametrize("in_a_folder", [True, False])
def test_a_service_manager_is_told_when_it_may_be_told_to_read_its_file(
    in_a_folder: bool, tmp_path: Path
) -> None:
    """Before that, HUP would end it."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    name = f"{tmp_path}/notify" if in_a_folder else f"@reactor-chat-{os.getpid()}"
    try:
        manager.bind(name.replace("@", "\0", 1))
    except OSError:
        pytest.skip("names without a folder are Linux's")
    manager.settimeout(DEADLINE_S)
    with manager, Server(start("0", environment={"NOTIFY_SOCKET": name})) as server:
        assert manager.recv(100) == b"READY=1"
        server.signal(signal.SIGHUP)
        server.log.read_past("reloaded\n")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_a_service_manager_that_is_not_there_is_missed_aloud(tmp_path: Path) -> None:
    where = str(tmp_path / "notify")
    with running_server("0", environment={"NOTIFY_SOCKET": where}) as server:
        server.log.read_past(f"NOTIFY_SOCKET={where}: No such file or directory\n")
        server.log_in("Ann").hang_up()


def test_it_reads_its_file_again(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('port = 0\ngreeting = "one"\n', encoding="ascii")
    with running_server("--config", str(file), "--no-echo") as server:
        ann = server.connect()
        ann.send("LOGIN Ann")
        ann.expect("one", "OK")
        file.write_text('port = 1\ngreeting = "two"\necho = true\n', encoding="ascii")
        server.signal(signal.SIGHUP)
        server.log.read_past("warning reloaded; after a restart: port\n")
        ben = server.connect()
        ben.send("LOGIN Ben", "MSG hi")
        ben.expect("two", "OK")
        ann.expect("MSG Ben hi")
        ben.expect_nothing()  # flags still go over the file
        ann.hang_up()
        ben.hang_up()


def test_a_mistake_in_the_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('port = 0\ngreeting = "one"\n', encoding="ascii")
    with running_server("--config", str(file)) as server:
        for text, problem in [
            ("port = 0\nprot = 1\n", "unknown setting 'prot'"),
            ("port =", "Invalid value (at end of document)"),
            ('port = 0\nrate-limit = "1"\n', "rate-limit: '1' is not a rate"),
        ]:
            file.write_text(text, encoding="ascii")
            server.signal(signal.SIGHUP)
            server.log.read_past(f"error not reloaded: {file}: {problem}")
        file.unlink()
        server.signal(signal.SIGHUP)
        server.log.read_past(f"error not reloaded: {file}: No such file or directory\n")
        ann = server.connect()
        ann.expect("one")
        ann.hang_up()


def test_the_level_of_the_log_changes(tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text('port = 0\nlog-level = "error"\n', encoding="ascii")
    with running_server("--config", str(file)) as server:
        server.log_in("Ann").hang_up()
        file.write_text("port = 0\n", encoding="ascii")
        server.signal(signal.SIGHUP)
        assert "opened" not in server.log.read_past("info reloaded\n").partition("reloaded")[0]
        server.log_in("Ben").hang_up()
        server.log.read_past("logged in as Ben\n")


def test_it_reads_its_certificate_again(tmp_path: Path) -> None:
    """As it is after certbot has renewed it: other contents under the same names."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    shutil.copy(CERT, cert)
    shutil.copy(KEY, key)
    with running_server("0", "--tls-cert", str(cert), "--tls-key", str(key)) as server:
        before = server.connect(tls=trusting(CERT))
        shutil.copy(OTHER_CERT, cert)
        server.signal(signal.SIGHUP)
        server.log.read_past(f"error not reloaded: {cert}, {key}: not a certificate and its key")
        shutil.copy(OTHER_KEY, key)
        server.signal(signal.SIGHUP)
        server.log.read_past("info reloaded\n")
        after = server.connect(tls=trusting(OTHER_CERT))
        with pytest.raises(ssl.SSLCertVerificationError):
            server.connect(tls=trusting(CERT))
        for client in (before, after):
            client.expect_nothing()
            client.hang_up()


def test_a_broken_pipe_for_a_log_stops_nothing() -> None:
    """`chat 2>&1 | head -1`"""
    with running_server("0") as server:
        assert server.process.stderr is not None
        server.process.stderr.close()
        ann = server.log_in("Ann")
        ann.expect_nothing()
        server.signal(signal.SIGHUP)
        ann.expect_nothing()
        ann.hang_up()
        with socket.create_connection((HOST, server.port)):
            pass
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
