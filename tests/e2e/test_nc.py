"""`nc` and `ncat` beyond the transcripts: pipes, files, nonsense, TLS, Unix sockets."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from tests.chatting import CERT, DEADLINE_S, HOST, KEY
from tests.e2e.support import Netcat, nc
from tests.programs import needs, running_server


def piped(port: int, text: str) -> str:
    """printf '...' | nc -N"""
    ran = subprocess.run(
        ["nc", "-N", HOST, str(port)],
        input=text.encode(),
        stdout=subprocess.PIPE,
        timeout=DEADLINE_S,
        check=True,
    )
    return ran.stdout.decode()


@needs("nc")
def test_a_pipe_into_nc() -> None:
    with running_server("0") as server, nc(server.port) as ann:
        ann.log_in("Ann")
        assert piped(server.port, "LOGIN a\nMSG hi\n") == "OK\n"
        ann.expect("MSG a hi", "INFO a disconnected")
        assert piped(server.port, "LOGIN b\nWHO\nQUIT\n") == "OK\nUSER Ann\nUSER b\nBYE\n"
        ann.expect("INFO b disconnected")
        assert piped(server.port, "LOGIN c\nMSG no line end") == "OK\n"
        ann.expect("MSG c no line end", "INFO c disconnected")
        assert piped(server.port, "") == ""
        ann.interrupt()


@needs("nc")
def test_a_file_into_nc_arrives_whole() -> None:
    """Within the burst that everyone has; a longer one takes its time."""
    lines = [f"MSG line {number} of a file" for number in range(18)]
    with running_server("0") as server, nc(server.port) as ann:
        ann.log_in("Ann")
        assert piped(server.port, "\n".join(["LOGIN file", *lines])) == "OK\n"
        ann.expect(*[line.replace("MSG", "MSG file") for line in lines], "INFO file disconnected")
        ann.interrupt()


@needs("nc")
def test_typing_nonsense() -> None:
    with running_server("0", "--rate-limit", "0") as server, nc(server.port) as one:
        one.send("hello?", "help", "", "   ", "LOGIN", "LOGIN a b", "LOGIN \x1b[31mred", "x" * 9000)
        one.expect("ERR unknown-command")
        assert one.output.read_line().startswith("INFO LOGIN <username>")
        one.output.read_past("INFO QUIT")
        one.output.read_line()
        one.expect("ERR missing-argument", "ERR not-registered", "ERR invalid-username")
        one.expect("ERR line-too-long")
        one.log_in("Ann")
        one.send("LOGIN Ben", "MSG", "MSG  ", "DM", "DM Nobody hi", "NICK Ann Ann", "WHO")
        one.expect("ERR already-logged-in", "ERR empty-message", "ERR empty-message")
        one.expect("ERR missing-argument", "ERR no-such-user", "ERR invalid-username", "USER Ann")
        one.interrupt()


@needs("nc")
def test_bytes_that_are_no_text() -> None:
    with running_server("0") as server, nc(server.port) as one:
        assert one.process.stdin is not None
        one.process.stdin.write(bytes(range(1, 255)) + b"\n\x80\n\x00\nPING\n")
        one.process.stdin.flush()
        one.expect("ERR invalid-utf-8", "ERR invalid-utf-8", "PONG")
        one.interrupt()


@needs("nc")
def test_crlf() -> None:
    with running_server("0") as server, nc(server.port, "-C") as one, nc(server.port) as two:
        one.log_in("Ann")
        two.log_in("Ben")
        one.send("MSG from another system")
        two.expect("MSG Ann from another system")
        one.interrupt()
        two.interrupt()


@needs("nc")
def test_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "chat.sock")
    with (
        running_server("0", "--unix", path) as server,
        Netcat("nc", "-U", path) as one,
        nc(server.port) as two,
    ):
        one.log_in("Ann")
        two.log_in("Ben")
        one.send("MSG from this machine")
        two.expect("MSG Ann from this machine")
        one.interrupt()
        two.expect("INFO Ann disconnected")
        two.interrupt()


@needs("nc")
def test_the_end_of_the_server_is_read() -> None:
    with running_server("0") as server, nc(server.port) as one:
        one.log_in("Ann")
        server.signal(signal.SIGINT)
        one.expect("INFO server-shutdown")
        one.interrupt()
        assert server.wait() == 0
        assert one.screen == b"OK\nINFO server-shutdown\n"


@needs("ncat")
def test_ncat_with_tls() -> None:
    with running_server("0", "--tls-cert", CERT, "--tls-key", KEY) as server:
        command = ["ncat", "--ssl-verify", "--ssl-trustfile", CERT, "localhost", str(server.port)]
        with Netcat(*command) as one, Netcat(*command) as two:
            one.log_in("Ann")
            two.log_in("Ben")
            one.send("MSG under the rose")
            two.expect("MSG Ann under the rose")
            two.send("QUIT")
            two.expect("BYE")
            one.expect("INFO Ben disconnected")
            one.interrupt()


@needs("ncat")
def test_ncat_without_tls_on_a_tls_port_is_sent_away() -> None:
    with (
        running_server("0", "--tls-cert", CERT, "--tls-key", KEY) as server,
        Netcat("ncat", HOST, str(server.port)) as one,
    ):
        one.send("LOGIN Ann")
        assert "OK" not in one.read_rest()


@needs("nc")
def test_the_administration(tmp_path: Path) -> None:
    store = str(tmp_path / "chat.db")
    with (
        running_server("0", "--store", store) as server,
        nc(server.port) as ann,
        Netcat("nc", "-U", f"{store}.admin") as admin,
    ):
        ann.log_in("Ann")
        admin.send("users", "announce tea is ready", "json", "users", "shutdown")
        ann.expect("INFO server: tea is ready", "INFO server-shutdown")
        admin.expect("USER Ann", "OK", "OK", '{"users": ["Ann"]}', '{"ok": true}')
        for one in (ann, admin):
            one.interrupt()
        assert server.wait() == 0
